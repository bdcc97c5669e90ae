#include "config.h"

#include "base/arena.h"
#include "har/exchange.h"
#include "replay/choose.h"
#include "replay/cursor.h"
#include "replay/http_rules.h"
#include "replay/variant.h"

#include "tap.h"

/*
 * Recorded exchanges as rows: fields are written "Name: value", lines ending
 * in |.  Entry ids are given in order, from 1 on.
 */
struct row {
	int status;
	const char *request;
	const char *response;
};

#define MOST 8

static struct arena arena;
static struct variant *variants[MOST];
static size_t nvariants;
static bool rules; /* HTTP's own apply */

static struct headers
fields(const char *text)
{
	struct headers h = { 0 };
	struct str rest = str_of(text), line, name;

	while (rest.n > 0 && str_cut(&rest, '|', &line))
		if (str_cut(&line, ':', &name))
			headers_add(&h, &arena, name, str_trim(line));
	return h;
}

static struct variant *
variant(const struct row *row)
{
	struct exchange *x = exchange_new();
	struct variant *v;

	x->method = STR("GET");
	x->status = row->status;
	x->request.headers = fields(row->request);
	x->response.headers = fields(row->response);
	v = variant_new(x);
	exchange_free(x);
	return v;
}

/* Sorts the rows into variants, as a shelf does. */
static void
record(const struct row *rows, size_t n)
{
	struct variant *v;
	size_t i, k;

	while (nvariants > 0)
		variant_free(variants[--nvariants]);
	arena_fini(&arena);
	for (i = 0; i < n; i++) {
		v = variant(&rows[i]);
		for (k = 0; k < nvariants && variants[k]->id != v->id; k++)
			;
		if (k == nvariants)
			variants[nvariants++] = v;
		else
			variant_free(v);
		variant_add(variants[k],
		    &(struct variant_entry){ (int64_t)i + 1, 0, 1 });
	}
}

#define RECORD(rows) record(rows, sizeof(rows) / sizeof(*(rows)))

/* What is served to a session that has marks on variants, 0 for nothing. */
static int64_t
ask_from(const char *request, bool compare, int64_t *marks)
{
	const struct variant *best[MOST] = { NULL };
	struct headers asked = fields(request);
	struct variant_live live = { .headers = &asked };
	struct cursor_at at[MOST];
	int64_t entry;
	size_t i, k, n, which = 0;

	for (i = 0; i < nvariants; i++)
		best[i] = variants[i];
	n = choose_allowed(best, nvariants, &live);
	if (rules)
		n = choose_asked(best, n, http_rules_asks(STR("GET"), &asked));
	if (compare)
		n = choose_best(best, n, &live);
	if (n == 0)
		return 0;
	for (i = 0; i < n; i++)
		for (k = 0; k < nvariants; k++)
			if (best[i] == variants[k])
				at[i] = (struct cursor_at){ marks[k], 1 };
	entry = choose_next(best, at, n, &which);
	if (entry == 0)
		entry = choose_newest(best, n, &which);
	for (k = 0; k < nvariants; k++)
		if (best[which] == variants[k])
			marks[k] = entry;
	return entry;
}

static int64_t
ask(const char *request)
{
	int64_t marks[MOST] = { 0 };

	return ask_from(request, true, marks);
}

static void
equal_recordings_are_one_variant(void)
{
	static const struct row rows[] = {
		{ 200, "Accept: a|Host: x", "Vary: Accept" },
		{ 200, "accept: a|Content-Length: 3", "vary: accept" },
		{ 500, "Accept: a|Connection: x, close|X: y", "Vary: Accept" },
	};

	RECORD(rows);
	CHECK_INT(nvariants, 1);
	CHECK_INT(variants[0]->n, 3);
}

static void
whatever_a_request_can_tell_apart_is_another_variant(void)
{
	static const struct row rows[] = {
		{ 200, "Accept: a", "" },
		{ 304, "Accept: a", "" },
		{ 206, "Accept: a", "" },
		{ 200, "Accept: A", "" },
		{ 200, "Accept: a|Accept: a", "" },
		{ 200, "Accept: a", "Vary: Accept" },
		{ 200, "Accept: a", "Vary: Origin" },
		{ 200, "Accept: a|Origin:", "Vary: Origin" },
	};

	RECORD(rows);
	CHECK_INT(nvariants, 8);
}

static void
the_most_equal_headers_win(void)
{
	static const struct row rows[] = {
		{ 200, "baz: 1|Accept: a", "" },
		{ 200, "baz: 2|Accept: a", "" },
		{ 200, "baz: 3|Accept: a", "" },
	};

	RECORD(rows);
	CHECK_INT(ask("Accept: a|baz: 2"), 2);
	CHECK_INT(ask("BAZ: 3"), 3);
	CHECK_INT(ask("Baz: 1|Accept: b"), 1);
	CHECK_INT(ask("baz: 4|Accept: a"), 1);
	CHECK_INT(ask(""), 1);
}

/* The same when HTTP's own rules apply. */
static int64_t
ask_by_rules(const char *request)
{
	int64_t entry;

	rules = true;
	entry = ask(request);
	rules = false;
	return entry;
}

static void
an_entry_for_exactly_such_conditions_is_better_than_a_full_one(void)
{
	static const struct row rows[] = {
		{ 200, "A: 1", "" },
		{ 304, "If-None-Match: a", "" },
		{ 206, "Range: b", "" },
		{ 200, "Range: c", "" },
		{ 500, "If-None-Match: d|Range: b", "" },
	};

	RECORD(rows);
	CHECK_INT(ask_by_rules("A: 1|if-none-match: a"), 2);
	CHECK_INT(ask_by_rules("A: 1|Range: b"), 3);
	CHECK_INT(ask_by_rules("A: 1|Range: c"), 4);
	CHECK_INT(ask_by_rules("A: 1|Range: b|If-None-Match: d"), 5);
	CHECK_INT(ask_by_rules("A: 1|If-None-Match: e"), 1);
	CHECK_INT(ask_by_rules("A: 1|Range: e"), 1);
	CHECK_INT(ask_by_rules("A: 1|Range: b|If-None-Match: a"), 1);
}

static void
another_range_is_no_answer_but_another_304_is_the_last_resort(void)
{
	static const struct row rows[] = {
		{ 206, "Range: b", "" },
		{ 304, "If-None-Match: a", "" },
	};

	RECORD(rows);
	CHECK_INT(ask_by_rules("Range: c"), 0);
	CHECK_INT(ask("Range: c"), 1);
	CHECK_INT(ask_by_rules("If-None-Match: b"), 2);
	CHECK_INT(ask_by_rules("If-None-Match: b|Range: c"), 2);
}

static void
without_comparing_the_order_decides_alone(void)
{
	static const struct row rows[] = {
		{ 200, "baz: 1", "" },
		{ 200, "baz: 2", "" },
	};
	int64_t marks[MOST] = { 0 };

	RECORD(rows);
	CHECK_INT(ask_from("baz: 2", false, marks), 1);
	CHECK_INT(ask_from("baz: 2", false, marks), 2);
}

static void
fields_that_the_connection_makes_do_not_count(void)
{
	static const struct row rows[] = {
		{ 200, "A: 1", "" },
		{ 200,
		    "A: 2|Host: h|Content-Length: 0|Connection: keep-alive|"
		    "TE: x|Keep-Alive: 1",
		    "" },
	};

	RECORD(rows);
	CHECK_INT(ask("A: 1|Host: h|Content-Length: 0|"
		      "Connection: keep-alive|TE: x|Keep-Alive: 1"),
	    1);
}

static void
a_not_modified_answers_only_a_conditional_request(void)
{
	static const struct row rows[] = { { 304, "A: 1", "" } };

	RECORD(rows);
	CHECK_INT(ask("A: 1"), 0);
	CHECK_INT(ask("A: 1|Range: bytes=0-1"), 0);
	CHECK_INT(ask("if-none-match: x"), 1);
	CHECK_INT(ask("If-Modified-Since: x"), 1);
	CHECK_INT(ask("If-Match: x"), 1);
	CHECK_INT(ask("If-Unmodified-Since: x"), 1);
	CHECK_INT(ask("If-Range: x"), 1);
}

static void
a_part_answers_only_a_request_with_a_range(void)
{
	static const struct row rows[] = {
		{ 206, "A: 1", "" },
		{ 200, "B: 2", "" },
	};

	RECORD(rows);
	CHECK_INT(ask("A: 1"), 2);
	CHECK_INT(ask("A: 1|If-None-Match: x"), 2);
	CHECK_INT(ask("A: 1|Range: bytes=0-1"), 1);
}

static void
vary_chooses_by_the_named_fields(void)
{
	static const struct row rows[] = {
		{ 200, "Accept-Language: de|A: 1", "Vary: accept-language" },
		{ 200, "Accept-Language: fr", "Vary: Accept-Language" },
		{ 200, "A: 1|B: 2", "Vary: Accept-Language" },
	};

	RECORD(rows);
	CHECK_INT(ask("accept-language: fr|A: 1"), 2);
	CHECK_INT(ask("Accept-Language: de"), 1);
	CHECK_INT(ask("B: 2"), 3);
	CHECK_INT(ask("Accept-Language: it|A: 1|B: 2"), 0);
	CHECK_INT(ask("Accept-Language:|B: 2"), 0);
}

static void
vary_compares_the_combined_value(void)
{
	static const struct row rows[] = {
		{ 200, "Accept-Encoding: gzip, br", "Vary: Accept-Encoding" },
	};

	RECORD(rows);
	CHECK_INT(ask("Accept-Encoding: gzip,br"), 1);
	CHECK_INT(ask("Accept-Encoding:  gzip ,  br "), 1);
	CHECK_INT(ask("Accept-Encoding: gzip|X: y|accept-encoding: br"), 1);
	CHECK_INT(ask("Accept-Encoding: br, gzip"), 0);
	CHECK_INT(ask("Accept-Encoding: gzip"), 0);
	CHECK_INT(ask("Accept-Encoding: gzip, br, zstd"), 0);
	CHECK_INT(ask("Accept-Encoding: gzip, BR"), 0);
	CHECK_INT(ask(""), 0);
}

static void
every_name_of_every_vary_field_counts(void)
{
	static const struct row rows[] = {
		{ 200, "A: 1|B: 2|C: 3", "Vary: A, B|Vary: C" },
	};

	RECORD(rows);
	CHECK_INT(ask("A: 1|B: 2|C: 3"), 1);
	CHECK_INT(ask("A: 1|B: 2|C: 4"), 0);
	CHECK_INT(ask("A: 1|B: 4|C: 3"), 0);
	CHECK_INT(ask("A: 4|B: 2|C: 3"), 0);
}

static void
a_star_and_host_in_vary_count_for_nothing(void)
{
	static const struct row rows[] = {
		{ 200, "A: 1|Host: one", "Vary: *, A, Host, (), " },
	};

	RECORD(rows);
	CHECK_INT(ask("A: 1|Host: other"), 1);
	CHECK_INT(ask("A: 2|Host: one"), 0);
}

static void
the_oldest_not_served_yet_comes_next_and_the_last_one_stays(void)
{
	static const struct row rows[] = {
		{ 200, "A: 1", "" },
		{ 200, "A: 1", "" },
		{ 200, "A: 1", "" },
	};
	int64_t marks[MOST] = { 0 };

	RECORD(rows);
	CHECK_INT(ask_from("A: 1", true, marks), 1);
	CHECK_INT(ask_from("A: 1", true, marks), 2);
	CHECK_INT(ask_from("A: 1", true, marks), 3);
	CHECK_INT(ask_from("A: 1", true, marks), 3);
	CHECK_INT(ask_from("", true, marks), 3);
}

static void
equally_good_variants_take_turns_in_recorded_order(void)
{
	static const struct row rows[] = {
		{ 200, "Id: 1", "" },
		{ 200, "Id: 2", "" },
		{ 200, "Id: 1", "" },
		{ 200, "Id: 3", "" },
	};
	int64_t marks[MOST] = { 0 };

	RECORD(rows);
	CHECK_INT(ask_from("Id: 9", true, marks), 1);
	CHECK_INT(ask_from("Id: 9", true, marks), 2);
	CHECK_INT(ask_from("Id: 9", true, marks), 3);
	CHECK_INT(ask_from("Id: 1", true, marks), 3);
	CHECK_INT(ask_from("Id: 9", true, marks), 4);
	CHECK_INT(ask_from("Id: 9", true, marks), 4);
}

static void
a_blurred_variant_has_no_request_fields(void)
{
	static const struct row rows[] = {
		{ 200, "Id: 1|A: x", "Vary: A" },
		{ 200, "Id: 2|A: x", "Vary: A" },
		{ 200, "Id: 3|A: y", "Vary: A" },
	};

	RECORD(rows);
	variant_blur(variants[0]);
	variant_blur(variants[1]);
	variant_blur(variants[2]);
	CHECK(variants[0]->id == variants[1]->id);
	CHECK(variants[0]->id != variants[2]->id);
}

static void
more_fields_than_are_compared_do_no_harm(void)
{
	struct row rows[2] = { { 200, NULL, "" }, { 200, "A: 1", "" } };
	static char text[16 * (VARIANT_FIELDS + 10)];
	size_t i, n = 0;

	for (i = 0; i < VARIANT_FIELDS + 10; i++)
		n +=
		    (size_t)snprintf(text + n, sizeof(text) - n, "F%zu: v|", i);
	rows[0].request = text;
	RECORD(rows);
	CHECK_INT(variants[0]->nfields, VARIANT_FIELDS);
	CHECK_INT(ask(text), 1);
	CHECK_INT(ask("A: 1"), 2);
	record(NULL, 0);
}

RUN(TEST(equal_recordings_are_one_variant),
    TEST(whatever_a_request_can_tell_apart_is_another_variant),
    TEST(the_most_equal_headers_win),
    TEST(an_entry_for_exactly_such_conditions_is_better_than_a_full_one),
    TEST(another_range_is_no_answer_but_another_304_is_the_last_resort),
    TEST(without_comparing_the_order_decides_alone),
    TEST(fields_that_the_connection_makes_do_not_count),
    TEST(a_not_modified_answers_only_a_conditional_request),
    TEST(a_part_answers_only_a_request_with_a_range),
    TEST(vary_chooses_by_the_named_fields),
    TEST(vary_compares_the_combined_value),
    TEST(every_name_of_every_vary_field_counts),
    TEST(a_star_and_host_in_vary_count_for_nothing),
    TEST(the_oldest_not_served_yet_comes_next_and_the_last_one_stays),
    TEST(equally_good_variants_take_turns_in_recorded_order),
    TEST(a_blurred_variant_has_no_request_fields),
    TEST(more_fields_than_are_compared_do_no_harm))
