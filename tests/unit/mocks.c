#include "config.h"

#include "mock/mocks.h"

#include "tests/unit/tap.h"

/* The id of the route that answers, or "none". */
static struct str
answering(const struct mocks *m, const char *method, const char *path)
{
	const struct mock_reply *r;

	r = mocks_find(m, str_of(method), str_of(path));
	return r == NULL ? STR("none") : r->id;
}

static void
a_route_answers_its_method_and_path_only(void)
{
	struct mocks *m = mocks_new();

	mocks_add(m, "hello", "GET", "/hello", 200, "", "hi");
	CHECK_VIEW(answering(m, "GET", "/hello"), "hello");
	CHECK_VIEW(answering(m, "POST", "/hello"), "none");
	CHECK_VIEW(answering(m, "get", "/hello"), "none");
	CHECK_VIEW(answering(m, "GET", "/hello/"), "none");
	CHECK_VIEW(answering(m, "GET", "/Hello"), "none");
	CHECK_VIEW(answering(m, "GET", "/hell"), "none");
	CHECK_VIEW(answering(m, "GET", ""), "none");
	mocks_free(m);
}

static void
a_star_answers_any_method(void)
{
	struct mocks *m = mocks_new();

	mocks_add(m, "any", "*", "/a", 204, "", "");
	CHECK_VIEW(answering(m, "PROPFIND", "/a"), "any");
	CHECK_VIEW(answering(m, "GET", "/b"), "none");
	mocks_free(m);
}

static void
the_first_route_that_fits_wins(void)
{
	struct mocks *m = mocks_new();

	mocks_add(m, "get", "GET", "/a", 200, "", "1");
	mocks_add(m, "any", "*", "/a", 200, "", "2");
	mocks_add(m, "late", "POST", "/a", 200, "", "3");
	CHECK_VIEW(answering(m, "GET", "/a"), "get");
	CHECK_VIEW(answering(m, "POST", "/a"), "any");
	mocks_free(m);
}

static void
a_reply_is_a_copy_of_what_was_added(void)
{
	char id[] = "x", path[] = "/x", body[] = "{}";
	const struct mock_reply *r;
	struct mocks *m = mocks_new();

	mocks_add(m, id, "GET", path, 418, "A: b\r\nC: d\r\n", body);
	id[0] = path[1] = body[0] = '?';
	r = mocks_find(m, STR("GET"), STR("/x"));
	CHECK(r != NULL);
	CHECK_INT(r->status, 418);
	CHECK_VIEW(r->id, "x");
	CHECK_VIEW(r->headers, "A: b\r\nC: d\r\n");
	CHECK_VIEW(r->body, "{}");
	mocks_free(m);
}

static void
no_routes_answer_nothing(void)
{
	struct mocks *m = mocks_new();

	CHECK_VIEW(answering(m, "GET", "/"), "none");
	mocks_free(m);
	mocks_free(NULL);
}

static void
many_routes_are_all_found_in_their_order(void)
{
	struct mocks *m = mocks_new();
	char path[32];
	int i;

	for (i = 0; i < 5000; i++) {
		snprintf(path, sizeof(path), "/item/%d", i % 2500);
		mocks_add(
		    m, i < 2500 ? path : "second", "GET", path, 200, "", "");
	}
	for (i = 0; i < 2500; i++) {
		snprintf(path, sizeof(path), "/item/%d", i);
		CHECK_VIEW(answering(m, "GET", path), path);
	}
	CHECK_VIEW(answering(m, "GET", "/item/2500"), "none");
	mocks_free(m);
}

RUN(TEST(a_route_answers_its_method_and_path_only),
    TEST(a_star_answers_any_method), TEST(the_first_route_that_fits_wins),
    TEST(a_reply_is_a_copy_of_what_was_added), TEST(no_routes_answer_nothing),
    TEST(many_routes_are_all_found_in_their_order))
