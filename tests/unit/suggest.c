#include "config.h"

#include <stdio.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "har/exchange.h"
#include "recorder/pseudonym.h"
#include "recorder/rules.h"
#include "replay/suggest.h"

#include "tap.h"

static struct suggest *s;
static struct rules *rules;

static void
begin(void)
{
	suggest_free(s);
	s = suggest_new(rules);
}

static void
set_body(struct body *b, const char *text)
{
	buf_add_text(&b->bytes, text);
	b->size = b->bytes.n;
}

/* "GET /path" or "GET host/path", a type, a body, and what was answered. */
static void
add(const char *line, const char *type, const char *body, const char *answer)
{
	struct exchange *x = exchange_new();
	struct str rest = str_of(line), method;
	const char *slash;

	CHECK(str_cut(&rest, ' ', &method));
	slash = memchr(rest.p, '/', rest.n);
	x->method = method;
	x->scope = (struct str){ rest.p, (size_t)(slash - rest.p) };
	x->target = (struct str){ slash, rest.n - (size_t)(slash - rest.p) };
	x->status = 200;
	if (type != NULL)
		headers_add(&x->request.headers, &x->arena, STR("Content-Type"),
		    str_of(type));
	set_body(&x->request.body, body);
	set_body(&x->response.body, answer);
	suggest_add(s, x);
	exchange_free(x);
}

static void
get(const char *target, const char *answer)
{
	char line[256];

	snprintf(line, sizeof(line), "GET %s", target);
	add(line, NULL, "", answer);
}

static void
post(const char *body)
{
	add("POST /a", "application/json", body, "");
}

/* All suggestions, a line each. */
static const char *
all(void)
{
	static struct buf out;
	const struct suggestion *v;
	struct rules *r;
	struct err e;
	size_t i, n;

	buf_clear(&out, 0);
	v = suggest_all(s, &n);
	for (i = 0; i < n; i++) {
		r = rules_new();
		CHECK_INT(rules_add(r, v[i].rule, &e), 0);
		rules_free(r);
		buf_addf(&out, "%s%.*s (%.*s, %zu)", i > 0 ? "\n" : "",
		    STR_ARGS(v[i].rule), STR_ARGS(v[i].why), v[i].recordings);
	}
	return buf_text(&out);
}

static void
a_time_in_a_query_is_left_out(void)
{
	begin();
	get("/a?ts=1700000000&x=1", "1");
	get("/a?ts=1700000005&x=1", "2");
	get("/a?ts=1700000009&x=2", "3");
	CHECK_STR(all(), "GET /a ignore query ts (always different, looks like "
			 "a time, new each time by its name, 2)");
}

static void
several_values_may_change_at_once(void)
{
	begin();
	post("{\"id\":\"6fa459ea-ee8a-3ca4-894e-db77e160355e\","
	     "\"at\":\"2026-01-02T03:04:05Z\",\"x\":1}");
	post("{\"id\":\"7fa459ea-ee8a-3ca4-894e-db77e160355e\","
	     "\"at\":\"2026-01-02T03:04:06Z\",\"x\":1}");
	post("{\"id\":\"8fa459ea-ee8a-3ca4-894e-db77e160355e\","
	     "\"at\":\"2026-01-02T03:04:07Z\",\"x\":2}");
	CHECK_STR(all(),
	    "POST /a ignore json /id (always different, looks like a UUID, 2)\n"
	    "POST /a ignore json /at (always different, looks like a time, 2)");
}

static void
values_in_arrays_are_one_place(void)
{
	begin();
	post("{\"e\":[{\"t\":1700000000},{\"t\":1700000001}]}");
	post("{\"e\":[{\"t\":1700000002},{\"t\":1700000003}]}");
	CHECK_STR(all(), "POST /a ignore json /e/*/t (always different, looks "
			 "like a time, new each time by its name, 2)");
}

static void
a_counter_in_a_body_is_left_out(void)
{
	begin();
	post("{\"id\":1,\"method\":\"a\"}");
	post("{\"id\":2,\"method\":\"b\"}");
	post("{\"id\":3,\"method\":\"a\"}");
	CHECK_STR(
	    all(), "POST /a ignore json /id (always different, counts up, 2)");
}

static void
what_names_things_stays(void)
{
	begin();
	get("/users/1", "a");
	get("/users/2", "b");
	get("/users/3", "c");
	get("/list?page=1", "a");
	get("/list?page=2", "b");
	get("/list?page=3", "c");
	get("/by?id=6fa459ea-ee8a-3ca4-894e-db77e160355e", "a");
	get("/by?id=7fa459ea-ee8a-3ca4-894e-db77e160355e", "b");
	CHECK_STR(all(), "");
}

static void
what_makes_no_difference_to_the_answer_goes(void)
{
	begin();
	get("/a?session=1&x=1", "one");
	get("/a?session=2&x=1", "one");
	get("/a?session=7&x=1", "one");
	get("/a?session=7&x=2", "two");
	get("/b?page=1", "one");
	get("/b?page=2", "one");
	get("/b?page=3", "two");
	CHECK_STR(all(), "GET /a ignore query session (often different, and "
			 "the answers are the same, 3)");
}

static void
a_client_s_own_id_in_a_path_is_left_out(void)
{
	begin();
	add("PUT x.test/u/1/d/6fa459ea-ee8a-3ca4-894e-db77e160355e", NULL, "a",
	    "");
	add("PUT x.test/u/1/d/7fa459ea-ee8a-3ca4-894e-db77e160355e", NULL, "a",
	    "");
	add("PUT x.test/u/2/d/8fa459ea-ee8a-3ca4-894e-db77e160355e", NULL, "a",
	    "");
	CHECK_STR(all(),
	    "PUT x.test/u/*/d/* path ^/u/([^/]+)/d/[^/]+ /u/$1/d/N "
	    "(always different, looks like a UUID, 2)");
}

static void
fields_of_forms_and_parts_are_looked_at(void)
{
	const char *form = "application/x-www-form-urlencoded";
	const char *parts = "multipart/form-data; boundary=x";

	begin();
	add("POST /f", form, "user=a&nonce=x1", "");
	add("POST /f", form, "user=a&nonce=y2", "");
	add("POST /m", parts,
	    "--x\r\nContent-Disposition: form-data; name=\"k\"\r\n\r\n"
	    "eyJh.eyJi.c\r\n--x--\r\n",
	    "");
	add("POST /m", parts,
	    "--x\r\nContent-Disposition: form-data; name=\"k\"\r\n\r\n"
	    "eyJh.eyJj.d\r\n--x--\r\n",
	    "");
	CHECK_STR(all(),
	    "POST /f ignore form nonce (always different, new each time by "
	    "its name, 2)\n"
	    "POST /m ignore part k (always different, looks like a JWT, 2)");
}

static void
what_is_missing_at_times_is_told(void)
{
	begin();
	get("/a?x=1", "1");
	get("/a?x=1&_=1700000000123", "2");
	CHECK_STR(all(), "GET /a ignore query _ (not always there, looks like "
			 "a time, new each time by its name, 2)");
}

static void
rules_in_force_are_not_suggested(void)
{
	struct err e;

	rules = rules_new();
	CHECK_INT(rules_add(rules, STR("* /a ignore query ts"), &e), 0);
	begin();
	get("/a?ts=1700000000&nonce=1", "1");
	get("/a?ts=1700000005&nonce=2", "2");
	CHECK_STR(all(), "GET /a ignore query nonce (always different, new "
			 "each time by its name, 2)");
	suggest_free(s);
	s = NULL;
	rules_free(rules);
	rules = NULL;
}

static void
requests_that_differ_otherwise_are_no_proof(void)
{
	begin();
	get("/a?ts=1700000000&x=1", "1");
	get("/a?ts=1700000005&x=2", "2");
	add("POST /b", NULL, "one", "");
	add("POST /b", NULL, "two", "");
	CHECK_STR(all(), "");
}

static void
secrets_need_no_rules(void)
{
	struct pseudonyms *p = pseudonyms_new(STR("key"));
	struct buf target = { 0 };
	char secret[16];
	int i;

	begin();
	for (i = 0; i < 4; i++) {
		buf_clear(&target, 64);
		buf_addf(&target, "/a?ts=%d&token=", 1700000000 + i);
		snprintf(secret, sizeof(secret), "s%d", i);
		pseudonym_add(p, str_of(secret), &target);
		get(buf_text(&target), "x");
	}
	CHECK_STR(all(), "GET /a ignore query ts (always different, looks like "
			 "a time, new each time by its name, 4)");
	buf_free(&target);
	pseudonyms_free(p);
}

static void
failed_recordings_do_not_count(void)
{
	struct exchange *x = exchange_new();

	begin();
	get("/a?ts=1700000000", "1");
	x->method = STR("GET");
	x->target = STR("/a?ts=1700000001");
	x->outcome = OUTCOME_RESET;
	suggest_add(s, x);
	exchange_free(x);
	CHECK_STR(all(), "");
}

/* As many as there may be, and more: nothing is taken for equal that has
 * values beyond them. */
static void
what_is_too_much_stays_different(void)
{
	struct buf body = { 0 };
	char target[64];
	int i, k;

	begin();
	for (i = 0; i < 3; i++) {
		buf_clear(&body, 0);
		buf_addf(&body, "{\"ts\":170000000%d", i);
		for (k = 0; k < 2000; k++)
			buf_addf(&body, ",\"k%d_%d\":%d", k, i, i);
		buf_add_text(&body, "}");
		post(buf_text(&body));
	}
	for (i = 0; i < 2 * SUGGEST_ENTRIES; i++) {
		snprintf(target, sizeof(target), "/n?ts=%d", 1700000000 + i);
		get(target, "");
	}
	for (i = 0; i < SUGGEST_ENDPOINTS + 10; i++) {
		snprintf(target, sizeof(target), "/%c%c%c%c", 'a' + i % 16,
		    'a' + i / 16 % 16, 'a' + i / 256 % 16, 'a' + i / 4096);
		get(target, "");
	}
	CHECK_STR(all(), "GET /n ignore query ts (always different, looks like "
			 "a time, new each time by its name, 256)");
	buf_free(&body);
	suggest_free(s);
}

RUN(TEST(a_time_in_a_query_is_left_out),
    TEST(several_values_may_change_at_once),
    TEST(values_in_arrays_are_one_place), TEST(a_counter_in_a_body_is_left_out),
    TEST(what_names_things_stays),
    TEST(what_makes_no_difference_to_the_answer_goes),
    TEST(a_client_s_own_id_in_a_path_is_left_out),
    TEST(fields_of_forms_and_parts_are_looked_at),
    TEST(what_is_missing_at_times_is_told),
    TEST(rules_in_force_are_not_suggested),
    TEST(requests_that_differ_otherwise_are_no_proof),
    TEST(secrets_need_no_rules), TEST(failed_recordings_do_not_count),
    TEST(what_is_too_much_stays_different))
