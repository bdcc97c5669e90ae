#include "config.h"

#include <math.h>
#include <string.h>

#include "mock/faker_priv.h"
#include "mock/text.h"

#define LOWER "abcdefghijklmnopqrstuvwxyz"
#define UPPER "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define DIGITS "0123456789"

struct str
faker_string_of(struct faker *f, struct str chars, double n)
{
	struct buf b = { 0 };
	size_t left = faker_count(f, n, FAKER_TEXT_MAX);
	char *p;

	if (left > 0 && chars.n == 0)
		faker_refuse(f, "Unable to generate string: No characters to "
				"select from.");
	for (; left > 0 && faker_ok(f); left--) {
		p = buf_reserve(&b, 1);
		*p = faker_pick_char(f, chars);
		b.n++;
	}
	return faker_text(f, &b);
}

/* The characters of a casing behind those of before; p is NULL and the call
 * has failed when there is no such casing. */
static struct str
string_cased(struct faker *f, struct str casing, const char *before)
{
	static const char *const casings[][2] = {
		{ "upper", UPPER },
		{ "lower", LOWER },
		{ "mixed", LOWER UPPER },
	};
	size_t i;

	for (i = 0; i < sizeof(casings) / sizeof(*casings); i++)
		if (str_is(casing, casings[i][0]))
			return faker_textf(f, "%s%s", before, casings[i][1]);
	faker_fail(
	    f, "casing %.*s: is none of upper, lower, mixed", STR_ARGS(casing));
	return STR("");
}

static struct str
string_from(struct faker *f, double n, struct str casing, const char *before,
    const char *without)
{
	struct str chars;

	if (n <= 0)
		return STR("");
	chars = faker_without(f, string_cased(f, casing, before), without);
	return faker_string_of(f, chars, n);
}

struct str
faker_string_alpha(
    struct faker *f, double n, struct str casing, const char *without)
{
	return string_from(f, n, casing, "", without);
}

struct str
faker_string_alphanumeric(
    struct faker *f, double n, struct str casing, const char *without)
{
	return string_from(f, n, casing, DIGITS, without);
}

static struct str
string_numeric(
    struct faker *f, double n, bool leading_zeros, const char *without)
{
	struct str chars, first = STR(""), rest;

	if (n <= 0)
		return first;
	chars = faker_without(f, STR(DIGITS), without);
	if (chars.n == 0 ||
	    (chars.n == 1 && !leading_zeros && chars.p[0] == '0'))
		faker_refuse(f, "Unable to generate numeric string, because "
				"all possible digits are excluded.");
	if (!leading_zeros && strchr(without, '0') == NULL)
		first = faker_string_of(f, faker_without(f, chars, "0"), 1);
	rest = faker_string_of(f, chars, n - (double)first.n);
	return faker_textf(f, "%.*s%.*s", STR_ARGS(first), STR_ARGS(rest));
}

struct str
faker_string_numeric(struct faker *f, double n, bool leading_zeros)
{
	return string_numeric(f, n, leading_zeros, "");
}

struct str
faker_string_hex(struct faker *f, double n)
{
	static const char digits[] = "0123456789abcdefABCDEF";

	return faker_lower(f, faker_string_of(f, str_of(digits), n));
}

/* Once for each of a range or number, which may be null. */
static double
string_length(struct faker *f, struct value options)
{
	struct value length = options.kind == VALUE_NUMBER
				  ? options
				  : faker_member(options, "length");

	if (value_is_nothing(length))
		return 1;
	return faker_range(f, length);
}

/* The single characters of the option exclude, a text or an array. */
static const char *
string_excluded(struct faker *f, struct value options)
{
	struct value exclude = faker_member(options, "exclude"), item;
	struct buf b = { 0 };
	size_t i;

	if (faker_is_text(exclude))
		buf_add_str(&b, exclude.text);
	else if (faker_is_given(exclude) && exclude.kind != VALUE_ARRAY)
		faker_fail(f, "exclude is neither a text nor an array");
	for (i = 0; exclude.kind == VALUE_ARRAY && i < exclude.array->n; i++) {
		item = exclude.array->at[i];
		if (faker_is_text(item) && item.text.n == 1)
			buf_add_str(&b, item.text);
	}
	return faker_text(f, &b).p;
}

static struct str
string_casing(struct faker *f, struct value options)
{
	return faker_opt_text(f, options, "casing", STR("mixed"));
}

static struct value
string_alpha(struct faker *f, const struct faker_call *c)
{
	struct value options = faker_options(f, c, 0);
	double n = string_length(f, options);

	if (n <= 0)
		return value_text(STR(""));
	return value_text(faker_string_alpha(
	    f, n, string_casing(f, options), string_excluded(f, options)));
}

static struct value
string_alphanumeric(struct faker *f, const struct faker_call *c)
{
	struct value options = faker_options(f, c, 0);
	double n = string_length(f, options);

	if (n <= 0)
		return value_text(STR(""));
	return value_text(faker_string_alphanumeric(
	    f, n, string_casing(f, options), string_excluded(f, options)));
}

static struct value
string_numeric_method(struct faker *f, const struct faker_call *c)
{
	struct value options = faker_options(f, c, 0);
	double n = string_length(f, options);

	if (n <= 0)
		return value_text(STR(""));
	return value_text(string_numeric(f, n,
	    faker_opt_bool(options, "allowLeadingZeros", true),
	    string_excluded(f, options)));
}

/* Binary and octal: a prefix and digits; their length is no option alone. */
static struct value
string_radix(struct faker *f, const struct faker_call *c, struct str prefix,
    struct str digits)
{
	struct value options = faker_options(f, c, 0), length;
	double n = 1;
	struct str text;

	prefix = faker_opt_text(f, options, "prefix", prefix);
	length = faker_member(options, "length");
	if (!value_is_nothing(length))
		n = faker_range(f, length);
	text = faker_string_of(f, digits, n);
	return value_text(
	    faker_textf(f, "%.*s%.*s", STR_ARGS(prefix), STR_ARGS(text)));
}

static struct value
string_binary(struct faker *f, const struct faker_call *c)
{
	return string_radix(f, c, STR("0b"), STR("01"));
}

static struct value
string_octal(struct faker *f, const struct faker_call *c)
{
	return string_radix(f, c, STR("0o"), STR("01234567"));
}

static struct value
string_hexadecimal(struct faker *f, const struct faker_call *c)
{
	struct value options = faker_options(f, c, 0), length;
	struct str prefix, casing, text;
	double n = 1;
	size_t i;

	casing = faker_opt_text(f, options, "casing", STR("mixed"));
	prefix = faker_opt_text(f, options, "prefix", STR("0x"));
	length = faker_member(options, "length");
	if (!value_is_nothing(length))
		n = faker_range(f, length);
	text = faker_string_of(f, STR("0123456789abcdefABCDEF"), n);
	if (str_is(casing, "lower"))
		text = faker_lower(f, text);
	for (i = 0; i < text.n && str_is(casing, "upper"); i++)
		if (text.p[i] >= 'a')
			((char *)text.p)[i] -= 0x20;
	return value_text(
	    faker_textf(f, "%.*s%.*s", STR_ARGS(prefix), STR_ARGS(text)));
}

/* Some of the characters of a text, or of the items of an array as texts. */
static struct value
string_from_characters(struct faker *f, const struct faker_call *c)
{
	struct value set = faker_arg(c, 0), length = faker_arg(c, 1);
	double n = faker_is_given(length) ? faker_range(f, length) : 1;
	size_t left = faker_count(f, n, FAKER_TEXT_MAX), i, chosen;
	struct value items = faker_items(f, set);
	struct buf b = { 0 };

	if (left > 0 && items.array->n == 0)
		faker_refuse(f, "Unable to generate string: No characters to "
				"select from.");
	for (i = 0; i < left && faker_ok(f); i++) {
		chosen = faker_pick(f, items.array->n);
		faker_add(
		    f, &b, value_to_str(&f->values, items.array->at[chosen]));
	}
	return value_text(faker_text(f, &b));
}

static struct value
string_sample(struct faker *f, const struct faker_call *c)
{
	struct value length = faker_arg(c, 0);
	double n = ceil(!faker_is_given(length) ? 10 : faker_range(f, length));
	size_t left = faker_count(f, n, FAKER_TEXT_MAX);
	struct buf b = { 0 };

	for (; left > 0 && faker_ok(f); left--)
		text_add_point(&b, (uint32_t)faker_int(f, 33, 125));
	return value_text(faker_text(f, &b));
}

struct str
faker_string_uuid(struct faker *f)
{
	static const char form[] = "xxxxxxxx-xxxx-4xxx-yxxx-xxxxxxxxxxxx";
	static const char digits[] = "0123456789abcdef";
	struct str text = arena_str(&f->arena, str_of(form));
	char *p = (char *)text.p, *at;

	for (at = p; *at != '\0'; at++)
		if (*at == 'x')
			*at = digits[(int)faker_int(f, 0, 15)];
	at = strchr(p, 'y');
	*at = digits[(int)faker_int(f, 8, 11)];
	return text;
}

static struct value
string_uuid(struct faker *f, const struct faker_call *c)
{
	(void)c;
	return value_text(faker_string_uuid(f));
}

static const char string_base32[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

static struct value
string_ulid(struct faker *f, const struct faker_call *c)
{
	double ms = faker_date_option(f, faker_options(f, c, 0), "refDate");
	char time[11] = "";
	struct str text;
	int i;

	if (ms < 0)
		faker_fail(f, "refDate lies before 1970");
	for (i = 9; i >= 0 && faker_ok(f); i--) {
		time[i] = string_base32[(int)fmod(ms, 32)];
		ms = floor(ms / 32);
	}
	text = faker_string_of(f, str_of(string_base32), 16);
	return value_text(faker_textf(f, "%s%.*s", time, STR_ARGS(text)));
}

static struct value
string_nanoid(struct faker *f, const struct faker_call *c)
{
	struct value length = faker_arg(c, 0);
	double n = ceil(!faker_is_given(length) ? 21 : faker_range(f, length));
	size_t left = faker_count(f, n, FAKER_TEXT_MAX);
	struct buf b = { 0 };
	char drawn;

	for (; left > 0 && faker_ok(f); left--) {
		drawn = faker_float(f, 0, 64) < 62
			    ? faker_pick_char(f, STR(DIGITS LOWER UPPER))
			    : faker_pick_char(f, STR("_-"));
		buf_add(&b, &drawn, 1);
	}
	return value_text(faker_text(f, &b));
}

static struct value
string_symbol(struct faker *f, const struct faker_call *c)
{
	struct value length = faker_arg(c, 0);
	double n = !faker_is_given(length) ? 1 : faker_range(f, length);

	return value_text(
	    faker_string_of(f, STR("!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~"), n));
}

const struct faker_method faker_string_methods[] = {
	{ "alpha", string_alpha, NULL },
	{ "alphanumeric", string_alphanumeric, NULL },
	{ "binary", string_binary, NULL },
	{ "fromCharacters", string_from_characters, NULL },
	{ "hexadecimal", string_hexadecimal, NULL },
	{ "nanoid", string_nanoid, NULL },
	{ "numeric", string_numeric_method, NULL },
	{ "octal", string_octal, NULL },
	{ "sample", string_sample, NULL },
	{ "symbol", string_symbol, NULL },
	{ "ulid", string_ulid, NULL },
	{ "uuid", string_uuid, NULL },
	{ NULL, NULL, NULL },
};
