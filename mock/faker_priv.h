#ifndef MOCK_FAKER_PRIV_H
#define MOCK_FAKER_PRIV_H

/*
 * What the modules of faker share.  A method that cannot go on says so with
 * faker_refuse() or faker_fail() and gives anything: after that nothing is
 * drawn any more, every loop ends at faker_ok(), and the first reason is what
 * the caller of faker_call() gets.
 *
 * Texts live in the words or in the arena of the call.
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"

#include "mock/faker.h"
#include "mock/faker_random.h"
#include "mock/faker_words.h"
#include "mock/value.h"

/* What one call may take: numbers drawn, bytes in a text and in all on the
 * way to it, items in a list, methods within methods. */
enum {
	FAKER_DRAWS_MAX = 1 << 22,
	FAKER_TEXT_MAX = 1 << 24,
	FAKER_BYTES_MAX = 1 << 26,
	FAKER_ITEMS_MAX = 1 << 16,
	FAKER_DEPTH_MAX = 32,
};

struct faker {
	struct faker_random random;
	struct faker_words *words;
	double date;
	struct arena arena;
	struct values values; /* in arena */
	unsigned draws;
	unsigned depth;
	enum faker_result result;
	struct err reason;
};

struct faker_method;

struct faker_call {
	const struct faker_method *method;
	const struct value *args;
	size_t n;
};

typedef struct value (*faker_method_fn)(
    struct faker *f, const struct faker_call *c);

/* A row of a module's table; words is for those that only choose from them. */
struct faker_method {
	const char *name;
	faker_method_fn run;
	const char *words;
};

/* The tables of the modules; a row without a name ends each. */
extern const struct faker_method faker_airline_methods[],
    faker_animal_methods[], faker_book_methods[], faker_color_methods[],
    faker_commerce_methods[], faker_company_methods[], faker_database_methods[],
    faker_datatype_methods[], faker_date_methods[], faker_finance_methods[],
    faker_food_methods[], faker_git_methods[], faker_hacker_methods[],
    faker_helpers_methods[], faker_image_methods[], faker_internet_methods[],
    faker_location_methods[], faker_lorem_methods[], faker_music_methods[],
    faker_number_methods[], faker_person_methods[], faker_phone_methods[],
    faker_science_methods[], faker_string_methods[], faker_system_methods[],
    faker_vehicle_methods[], faker_word_methods[];

/* faker.c: NULL when there is no such module or method. */
const struct faker_method *faker_module(struct str name);
const struct faker_method *faker_find(
    const struct faker_method *module, struct str name);
struct value faker_run(struct faker *f, const struct faker_method *m,
    const struct value *args, size_t n);

/* As faker_run() with an error of its own caught: false. */
bool faker_try(struct faker *f, const struct faker_method *m,
    const struct value *args, size_t n, struct value *to);

/* faker.c: the FakerError, or any other. */
void faker_refuse(struct faker *f, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
void faker_fail(struct faker *f, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
bool faker_ok(const struct faker *f);

/*
 * faker_draw.c: the numbers.
 */
double faker_next(struct faker *f);

/* Counts a step of what may have no end as if it drew a number. */
void faker_spend(struct faker *f);
bool faker_boolean(struct faker *f, double probability); /* at last false */
double faker_int(struct faker *f, double min, double max);
double faker_int_of(struct faker *f, double min, double max, double multiple);
double faker_float(struct faker *f, double min, double max);
double faker_float_of(struct faker *f, double min, double max, double multiple);
double faker_float_digits(
    struct faker *f, double min, double max, double digits);

/* An index below n; refuses when n is 0. */
size_t faker_pick(struct faker *f, size_t n);
char faker_pick_char(struct faker *f, struct str chars);
struct str faker_pick_str(struct faker *f, const char *const *texts, size_t n);

/* By its weight, the one of a list of { value, weight }. */
struct str faker_pick_weighted(struct faker *f, struct faker_node table);

/* number.int() of its options, and helpers.rangeToNumber(). */
double faker_int_options(struct faker *f, struct value options);
double faker_range(struct faker *f, struct value range);

/* A node that must be there: refuses in faker's words when it is not. */
struct faker_node faker_words(struct faker *f, const char *name);

/* One of a list of texts; "" and refused for any other node. */
struct str faker_pick_text(struct faker *f, struct faker_node list);
struct str faker_word(struct faker *f, const char *name);

/* The methods that only choose: a text or a row of .words, and helpers.fake()
 * of them. */
struct value faker_choose(struct faker *f, const struct faker_call *c);
struct value faker_choose_pattern(struct faker *f, const struct faker_call *c);

/*
 * faker_text.c: arguments.
 */
bool faker_is_given(struct value v); /* is not undefined */
bool faker_is_text(struct value v);
struct value faker_arg(const struct faker_call *c, size_t i);

/* The argument at i to take options from: fails when it is null. */
struct value faker_options(
    struct faker *f, const struct faker_call *c, size_t i);

/* The member of options, or what it is without. */
struct value faker_member(struct value options, const char *name);
double faker_opt_number(struct value options, const char *name, double other);
bool faker_opt_bool(struct value options, const char *name, bool other);
struct str faker_opt_text(
    struct faker *f, struct value options, const char *name, struct str other);

/* v.toString(radix) of an integer; v.toFixed(digits). */
struct str faker_number_radix(struct faker *f, double v, unsigned radix);
struct str faker_number_fixed(struct faker *f, double v, double digits);

/*
 * faker_text.c: texts.
 */

/* The object that is a row of a table. */
struct value faker_row_value(
    struct faker *f, struct faker_node table, size_t row);

/* In the arena: like printf, and what is in b, which is freed. */
struct str faker_textf(struct faker *f, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
struct str faker_text(struct faker *f, struct buf *b);

/* Appends, and fails when the text gets too long. */
void faker_add(struct faker *f, struct buf *b, struct str s);

/* How many times to do what is asked for v times: fails above most. */
size_t faker_count(struct faker *f, double v, size_t most);

/* Takes a code point off s; U+FFFD for what is none. */
uint32_t faker_point(struct str *s);

/* Without any byte of set. */
struct str faker_without(struct faker *f, struct str s, const char *set);

/*
 * faker_unicode.c
 */

/* With the first unit in upper case; all in lower case. */
struct str faker_capital(struct faker *f, struct str s);
struct str faker_lower(struct faker *f, struct str s);

/* normalize("NFKD") without U+0300 to U+036F. */
struct str faker_plain(struct faker *f, struct str s);

/* How internet.username writes a code point, "" when by its number. */
struct str faker_spelled(struct faker *f, uint32_t point);

/*
 * Of one module for others.
 */
struct str faker_string_of(struct faker *f, struct str chars, double n);
struct str faker_string_alpha(
    struct faker *f, double n, struct str casing, const char *without);
struct str faker_string_alphanumeric(
    struct faker *f, double n, struct str casing, const char *without);
struct str faker_string_numeric(struct faker *f, double n, bool leading_zeros);
struct str faker_string_hex(struct faker *f, double n);
struct str faker_string_uuid(struct faker *f);

struct str faker_fake(struct faker *f, struct str pattern);

/* helpers.fake() of a text or a list of them. */
struct str faker_fake_node(struct faker *f, struct faker_node patterns);

/* faker_eval.c: the text of an expression between {{ and }}. */
struct str faker_eval(struct faker *f, struct str expression);

/* The array a list is; of a text its characters.  Fails, with an empty array,
 * for anything that cannot be gone through. */
struct value faker_items(struct faker *f, struct value list);

/* One of an array or of the characters of a text. */
struct value faker_pick_item(struct faker *f, struct value list);

/* Puts what replace() gives in the place of each {{name}}; a dot in name
 * stands for any byte, as it does for any character in faker. */
typedef struct str (*faker_replace_fn)(struct faker *f, const void *arg);
struct str faker_mustache(struct faker *f, struct str text, struct str name,
    faker_replace_fn replace, const void *arg);
struct str faker_slugify(struct faker *f, struct str s);
struct str faker_replace_symbols(struct faker *f, struct str s);
struct str faker_replace_digits(struct faker *f, struct str s, uint32_t symbol);
struct str faker_replace_card(struct faker *f, struct str s, uint32_t symbol);
struct str faker_from_regexp(struct faker *f, struct str pattern);

/* Without "x{2}", "x{1,3}" and "[1-6]". */
struct str faker_expand_ranges(struct faker *f, struct str s);

/* Replaces each run of # by as many digits that do not begin with 0. */
struct str faker_replace_runs(struct faker *f, struct str s);

/* helpers.shuffle() of the numbers in order. */
void faker_shuffle(struct faker *f, size_t *order, size_t n);

enum faker_sex { FAKER_ANY, FAKER_FEMALE, FAKER_MALE };
struct str faker_first_name(struct faker *f, enum faker_sex sex);
struct str faker_last_name(struct faker *f, enum faker_sex sex);
struct str faker_full_name(struct faker *f, struct str first, struct str last);
struct str faker_sex_type(struct faker *f);

struct str faker_username(struct faker *f, struct str first, struct str last);
struct str faker_email(struct faker *f, struct str first, struct str last);
struct value faker_username_method(struct faker *f, const struct faker_call *c);
struct value faker_display_name_method(
    struct faker *f, const struct faker_call *c);
struct value faker_email_method(struct faker *f, const struct faker_call *c);
struct str faker_mac(struct faker *f, struct str separator);

/* In milliseconds; faker_date_option() is the refDate of options. */
double faker_date_option(
    struct faker *f, struct value options, const char *name);
double faker_date_recent(struct faker *f, double reference, double days);
double faker_date_soon(struct faker *f, double reference, double days);
double faker_date_anytime(struct faker *f, double reference);

/* Of a moment: year, month (0 to 11), day, hour, minute, second, day of the
 * week (0 is Sunday); and back. */
struct faker_civil {
	int64_t year;
	int month, day, hour, minute, second, weekday;
};
struct faker_civil faker_civil(double ms);
double faker_civil_day(int64_t year, int64_t month, int64_t day);

struct str faker_lorem_word(struct faker *f);
struct str faker_lorem_words(struct faker *f, double n);
struct str faker_word_words(struct faker *f);
struct str faker_rgb(struct faker *f, struct str prefix);

#endif
