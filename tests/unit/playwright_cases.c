/*
 * Every case of playwright-lookup.json, whose results were observed from
 * Playwright itself.  The file lies beside the checkout or nowhere.
 */
#include "config.h"

#include <stdlib.h>

#include <jansson.h>

#include "base/buf.h"
#include "base/err.h"
#include "har/base64.h"
#include "har/exchange.h"
#include "replay/playwright.h"

#include "tap.h"
#include "tape.h"

static struct playwright *playwright;

static struct str
member(const json_t *object, const char *name)
{
	const json_t *v = json_object_get(object, name);

	return (struct str){ json_string_value(v), json_string_length(v) };
}

/* The request of a case; its fields live in a, its body in body. */
static struct playwright_request
request(const json_t *r, struct arena *a, struct headers *h, struct buf *body)
{
	const json_t *field;
	unsigned odd;
	size_t i;

	json_array_foreach(json_object_get(r, "headers"), i, field)
	    headers_add(h, a, member(field, "name"), member(field, "value"));
	if (member(r, "bodyBase64").p != NULL)
		CHECK_INT(
		    base64_decode(member(r, "bodyBase64"), body, &odd), 0);
	return (struct playwright_request){
		.method = member(r, "method"),
		.url = member(r, "url"),
		.headers = h,
		.body = buf_str(body),
		.has_body = member(r, "bodyBase64").p != NULL,
		.navigation = json_is_true(json_object_get(r, "isNavigation")),
	};
}

static void
check_fulfilled(const struct playwright_request *q, const json_t *expect)
{
	json_int_t status =
	    json_integer_value(json_object_get(expect, "status"));
	struct answer *a = NULL;
	struct err e;
	enum found found =
	    playwright_answer(playwright, tape.reader, q, &a, &e);

	if (status == -1) { /* never answered */
		CHECK_INT(found, FOUND_UNUSABLE);
		return;
	}
	CHECK_INT(found, FOUND);
	CHECK_INT(a->status, status);
	CHECK_VIEW(buf_str(&a->body->bytes), member(expect, "bodyText").p);
	answer_unref(a);
}

static void
check_case(const json_t *c)
{
	static const char *const actions[] = { "noentry", "fulfill", "redirect",
		"error" };
	const json_t *expect = json_object_get(c, "expect");
	struct playwright_found f;
	struct arena a = { 0 };
	struct buf body = { 0 };
	struct headers h = { 0 };
	struct playwright_request q =
	    request(json_object_get(c, "request"), &a, &h, &body);
	struct err e = { "" };

	CHECK_INT(playwright_find(playwright, tape.reader, &q, &f, &e), 0);
	CHECK_STR(actions[f.action], member(expect, "action").p);
	if (f.action == PLAYWRIGHT_FULFILL)
		check_fulfilled(&q, expect);
	else if (f.action == PLAYWRIGHT_REDIRECT)
		CHECK_VIEW(f.x->url, member(expect, "redirectURL").p);
	else if (f.action == PLAYWRIGHT_ERROR)
		CHECK(strcasestr(member(expect, "message").p, e.text) != NULL);
	exchange_free(f.x);
	buf_free(&body);
	arena_fini(&a);
}

static json_t *
cases_open(void)
{
	const char *top = getenv("top_srcdir");
	char path[4096];

	snprintf(path, sizeof(path),
	    "%s/../shared/cases/playwright-lookup.json",
	    top != NULL ? top : ".");
	return json_load_file(path, 0, NULL);
}

/* Whether it is as expected. */
static bool
case_holds(const json_t *c)
{
	if (setjmp(tap_out) != 0)
		return false;
	check_case(c);
	return true;
}

/* Runs all; how many failed. */
static size_t
cases_run(const json_t *list)
{
	size_t i, failed = 0;
	const json_t *c;
	bool holds;

	printf("1..%zu\n", json_array_size(list));
	json_array_foreach(list, i, c)
	{
		holds = case_holds(c);
		failed += !holds;
		printf("%sok %zu - %s\n", holds ? "" : "not ", i + 1,
		    member(c, "name").p);
		fflush(stdout);
	}
	return failed;
}

int
main(void)
{
	json_t *file = cases_open();
	char *har;
	struct err e;
	size_t failed;

	if (file == NULL) {
		puts("1..0 # SKIP playwright-lookup.json is not beside the "
		     "checkout");
		return 0;
	}
	har = json_dumps(json_object_get(file, "har"), 0);
	if (har == NULL || tape_new(har, &e) == -1) {
		printf("Bail out! %s\n", har != NULL ? e.text : "no har");
		return 1;
	}
	playwright = playwright_new();
	failed = cases_run(json_object_get(file, "cases"));
	playwright_free(playwright);
	free(har);
	json_decref(file);
	return failed > 0;
}
