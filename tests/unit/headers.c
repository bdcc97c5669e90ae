#include "config.h"

#include "base/arena.h"
#include "base/buf.h"
#include "har/headers.h"
#include "tests/unit/tap.h"

static const char block[] = "Host: a\r\n"
			    "X-A: 1\r\n"
			    "x-a:  2\t\r\n"
			    "Connection: keep-alive, X-Hop\r\n"
			    "X-Hop: h\r\n"
			    "Connection: host, close\r\n"
			    "Empty:\r\n";

static struct headers
parsed(struct arena *a)
{
	struct headers h = { 0 };

	CHECK_INT(headers_parse(&h, a, STR(block)), 0);
	return h;
}

static void
order_case_and_duplicates_survive(void)
{
	struct arena a = { 0 };
	struct headers h = parsed(&a), copy = headers_copy(&h, &a);
	struct buf b = { 0 };

	CHECK_INT(h.n, 7);
	headers_render(&copy, &b);
	CHECK_STR(buf_text(&b), "Host: a\r\nX-A: 1\r\nx-a: 2\r\n"
				"Connection: keep-alive, X-Hop\r\n"
				"X-Hop: h\r\nConnection: host, close\r\n"
				"Empty: \r\n");
	buf_free(&b);
	arena_fini(&a);
}

static void
fields_are_found_by_name_in_any_case(void)
{
	struct arena a = { 0 };
	struct headers h = parsed(&a);
	size_t at = 0;

	CHECK_VIEW(headers_next(&h, "X-a", &at)->value, "1");
	CHECK_VIEW(headers_next(&h, "X-a", &at)->value, "2");
	CHECK(headers_next(&h, "X-a", &at) == NULL);
	CHECK(headers_get(&h, "EMPTY").p != NULL);
	CHECK(headers_get(&h, "none").p == NULL);
	arena_fini(&a);
}

static void
tokens_are_found_in_any_line_of_a_list(void)
{
	struct arena a = { 0 };
	struct headers h = parsed(&a);

	CHECK(headers_have_token(&h, "connection", "CLOSE"));
	CHECK(headers_have_token(&h, "connection", "x-hop"));
	CHECK(!headers_have_token(&h, "connection", "keep"));
	arena_fini(&a);
}

static void
hop_by_hop_fields_are_told_but_never_the_needed_ones(void)
{
	struct arena a = { 0 };
	struct headers h = parsed(&a);

	CHECK(headers_end_to_end(&h, &h.v[0])); /* Host, though named */
	CHECK(headers_end_to_end(&h, &h.v[1]));
	CHECK(!headers_end_to_end(&h, &h.v[3])); /* Connection */
	CHECK(!headers_end_to_end(&h, &h.v[4])); /* named by it */
	headers_add(&h, &a, STR("transfer-encoding"), STR("chunked"));
	headers_add(&h, &a, STR("Trailer"), STR("X-Sum"));
	CHECK(!headers_end_to_end(&h, &h.v[7]));
	CHECK(headers_end_to_end(&h, &h.v[8]));
	arena_fini(&a);
}

static void
a_block_that_is_not_of_lines_is_refused(void)
{
	struct arena a = { 0 };
	struct headers h = { 0 };

	CHECK_INT(headers_parse(&h, &a, STR("A: 1")), -1);
	CHECK_INT(headers_parse(&h, &a, STR("A 1\r\n")), -1);
	CHECK_INT(headers_parse(&h, &a, STR("")), 0);
	arena_fini(&a);
}

RUN(TEST(order_case_and_duplicates_survive),
    TEST(fields_are_found_by_name_in_any_case),
    TEST(tokens_are_found_in_any_line_of_a_list),
    TEST(hop_by_hop_fields_are_told_but_never_the_needed_ones),
    TEST(a_block_that_is_not_of_lines_is_refused))
