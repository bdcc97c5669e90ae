#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "har/exchange.h"
#include "recorder/id_ranges.h"
#include "recorder/store.h"
#include "replay/errand.h"
#include "replay/form_data.h"
#include "replay/playwright.h"

#include "tap.h"
#include "tape.h"

static struct playwright *playwright;
static struct err e;

/* An entry of a HAR: method, URL, request fields, postData, status, response
 * fields (all but the first two as JSON, or "") and its body. */
struct entry {
	const char *method, *url, *fields, *post;
	int status;
	const char *answer, *body;
};

static void
add_entry(struct buf *har, const struct entry *x)
{
	buf_addf(har,
	    "%s{\"startedDateTime\":\"2026-01-01T00:00:00Z\",\"time\":1,"
	    "\"request\":{\"method\":\"%s\",\"url\":\"%s\","
	    "\"httpVersion\":\"HTTP/1.1\",\"cookies\":[],\"headers\":[%s],"
	    "\"queryString\":[],\"headersSize\":-1,\"bodySize\":-1%s%s},",
	    har->n > 0 ? "," : "", x->method, x->url,
	    x->fields != NULL ? x->fields : "",
	    x->post != NULL ? ",\"postData\":" : "",
	    x->post != NULL ? x->post : "");
	buf_addf(har,
	    "\"response\":{\"status\":%d,\"statusText\":\"\","
	    "\"httpVersion\":\"HTTP/1.1\",\"cookies\":[],\"headers\":[%s],"
	    "\"content\":{\"size\":%zu,\"mimeType\":\"text/plain\","
	    "\"text\":\"%s\"},\"redirectURL\":\"\",\"headersSize\":-1,"
	    "\"bodySize\":-1},\"cache\":{},"
	    "\"timings\":{\"send\":0,\"wait\":0,\"receive\":0}}",
	    x->status, x->answer != NULL ? x->answer : "", strlen(x->body),
	    x->body);
}

/* The HAR of those entries, behind what the tape has or as a new tape. */
static void
tape_of(bool more, const struct entry *x)
{
	struct buf entries = { 0 }, har = { 0 };
	int r;

	for (; x->method != NULL; x++)
		add_entry(&entries, x);
	buf_addf(&har,
	    "{\"log\":{\"version\":\"1.2\",\"creator\":{\"name\":\"t\","
	    "\"version\":\"1\"},\"entries\":[%s]}}",
	    buf_text(&entries));
	r = more ? tape_add(buf_text(&har), &e) : tape_new(buf_text(&har), &e);
	buf_free(&entries);
	buf_free(&har);
	if (r == -1)
		printf("# %s\n", e.text);
	CHECK_INT(r, 0);
	if (more)
		return;
	playwright_free(playwright);
	playwright = playwright_new();
}

#define ENTRIES(...) ((const struct entry[]){ __VA_ARGS__, { .method = NULL } })
#define TAPE(...) tape_of(false, ENTRIES(__VA_ARGS__))
#define MORE(...) tape_of(true, ENTRIES(__VA_ARGS__))
#define FIELD(name, value) "{\"name\":\"" name "\",\"value\":\"" value "\"}"
#define TEXT(text) "{\"mimeType\":\"text/plain\",\"text\":\"" text "\"}"

/* What was found: "200 body", "302 -> location" or a word. */
static const char *
word(enum found found, struct answer *a, char *text, size_t n)
{
	struct str to;

	switch (found) {
	case FOUND:
		to = headers_get(&a->headers, "Location");
		snprintf(text, n, "%d %s%.*s", a->status,
		    to.p != NULL ? "-> " : "",
		    STR_ARGS(to.p != NULL ? to : buf_str(&a->body->bytes)));
		answer_unref(a);
		return text;
	case FOUND_NOTHING:
		return e.text[0] != '\0' ? e.text : "nothing";
	case FOUND_UNUSABLE:
		return "never answered";
	default:
		break;
	}
	return "error";
}

/* By a reader that does not wait for the store. */
static enum found
found_from_far(
    struct reader *sends, const struct playwright_request *q, struct answer **a)
{
	struct reader *runs = errand_reader(tape.library, 0, &e);
	struct basket b = { 0 };
	struct errand *d;
	enum found found;

	CHECK(runs != NULL);
	reader_look(sends, &b);
	while ((found = playwright_answer(playwright, sends, q, a, &e)) ==
	       FOUND_LATER) {
		d = basket_take(&b);
		errand_run(d, runs);
		basket_put(&b, d);
	}
	basket_fini(&b);
	reader_close(runs);
	return found;
}

static const char *
answer_from_far(const struct playwright_request *q, char *text, size_t n)
{
	struct reader *sends = reader_that_sends(tape.library);
	struct answer *a;
	enum found found = found_from_far(sends, q, &a);

	reader_close(sends);
	return word(found, a, text, n);
}

/* What q is answered with, wherever the store is. */
static const char *
answer(const struct playwright_request *q)
{
	static char text[256], far[256];
	const char *said = answer_from_far(q, far, sizeof(far)), *near;
	struct answer *a;
	enum found found;

	if (said == e.text)
		said = strcpy(far, e.text);
	found = playwright_answer(playwright, tape.reader, q, &a, &e);
	near = word(found, a, text, sizeof(text));
	CHECK_STR(near, said);
	return near;
}

static const struct headers no_fields;

static const char *
ask(const char *method, const char *target, const char *body)
{
	struct playwright_request q = { .method = str_of(method),
		.scope = STR(""),
		.target = str_of(target),
		.headers = &no_fields,
		.body = str_of(body),
		.has_body = body != NULL };

	return answer(&q);
}

static const char *
ask_url(const char *url, bool navigation)
{
	struct playwright_request q = { .method = STR("GET"),
		.url = str_of(url),
		.headers = &no_fields,
		.navigation = navigation };

	return answer(&q);
}

static const char *
ask_with(const char *target, const char *name, const char *value)
{
	struct header f = { str_of(name), str_of(value) };
	struct headers h = { .v = &f, .n = 1 };
	struct playwright_request q = { .method = STR("GET"),
		.scope = STR(""),
		.target = str_of(target),
		.headers = &h };

	return answer(&q);
}

static void
what_the_gateway_was_asked_for_finds_entries_like_their_url(void)
{
	TAPE({ "GET", "http://h/a?x=1", .status = 200, .body = "a" });
	CHECK_STR(ask("GET", "/a?x=1", NULL), "200 a");
	CHECK_STR(ask_url("http://h/a?x=1", false), "200 a");
	CHECK_STR(ask("GET", "/a?x=2", NULL), "nothing");
	CHECK_STR(ask("HEAD", "/a?x=1", NULL), "nothing");
	CHECK_STR(ask_url("http://H/a?x=1", false), "nothing");
	CHECK_STR(ask_url("https://h/a?x=1", false), "nothing");
}

static void
the_same_question_has_the_same_answer_however_often(void)
{
	TAPE({ "GET", "http://h/a", .status = 200, .body = "1" },
	    { "GET", "http://h/a", .status = 200, .body = "2" });
	CHECK_STR(ask("GET", "/a", NULL), "200 1");
	CHECK_STR(ask("GET", "/a", NULL), "200 1");
}

static void
bodies_count_for_post_alone(void)
{
	TAPE({ "POST", "http://h/a", NULL, TEXT("x"), 200, NULL, "1" },
	    { "PUT", "http://h/a", NULL, TEXT("x"), 200, NULL, "2" },
	    { "POST", "http://h/b", .status = 200, .body = "3" },
	    { "POST", "http://h/c", NULL, TEXT(""), 200, NULL, "4" },
	    { "POST", "http://h/d", FIELD("Content-Length", "9"), NULL, 200,
		NULL, "5" });
	CHECK_STR(ask("POST", "/a", "x"), "200 1");
	CHECK_STR(ask("POST", "/a", "y"), "nothing");
	CHECK_STR(ask("POST", "/a", ""), "nothing");
	CHECK_STR(ask("POST", "/a", NULL), "200 1");
	CHECK_STR(ask("PUT", "/a", "y"), "200 2");
	CHECK_STR(ask("POST", "/b", "y"), "200 3");
	CHECK_STR(ask("POST", "/c", "y"), "nothing");
	CHECK_STR(ask("POST", "/c", ""), "200 4");
	CHECK_STR(ask("POST", "/d", "y"), "200 5"); /* nobody kept it */
}

static void
the_fields_that_agree_decide_and_then_the_order(void)
{
	TAPE({ "GET", "http://h/a", FIELD("X", "1"), NULL, 200, NULL, "1" },
	    { "GET", "http://h/a", FIELD("x", "2") "," FIELD("y", "3"), NULL,
		200, NULL, "2" },
	    { "GET", "http://h/a", FIELD("x", "2") "," FIELD("x", "2"), NULL,
		200, NULL, "3" });
	CHECK_STR(ask_with("/a", "x", "1"), "200 1");
	CHECK_STR(ask_with("/a", "X", "2"), "200 3");
	CHECK_STR(ask_with("/a", "Y", "3"), "200 2");
	CHECK_STR(ask_with("/a", "z", "4"), "200 1");
}

static void
redirects_are_followed_at_once(void)
{
	TAPE({ "GET", "http://h/a", NULL, NULL, 301, FIELD("location", "b?c"),
		 "" },
	    { "GET", "http://h/b?c", .status = 308,
		.answer = FIELD("Location", "//h2:80/c"), .body = "" },
	    { "GET", "http://h2/c", .status = 200, .body = "end" },
	    { "GET", "http://h/lost", .status = 302,
		.answer = FIELD("Location", "/gone"), .body = "x" });
	CHECK_STR(ask("GET", "/a", NULL), "200 end");
	CHECK_STR(ask("GET", "/lost", NULL), "nothing");
}

static void
a_circle_of_redirects_is_told(void)
{
	TAPE({ "GET", "http://h/a", .status = 302,
		 .answer = FIELD("Location", "/b"), .body = "" },
	    { "GET", "http://h/b", .status = 302,
		.answer = FIELD("Location", "/b"), .body = "" },
	    { "GET", "http://h/c", .status = 302,
		.answer = FIELD("Location", "http://:x/"), .body = "" });
	CHECK_STR(
	    ask("GET", "/a", NULL), "found redirect cycle for http://h/b");
	CHECK_STR(ask("GET", "/c", NULL), "Location \"http://:x/\" is no URL");
}

static void
a_navigation_is_sent_where_the_redirects_end(void)
{
	struct playwright_request q = { .method = STR("GET"),
		.scope = STR(""),
		.target = STR("/a"),
		.headers = &no_fields,
		.navigation = true };

	TAPE({ "GET", "http://h/a", .status = 302,
		 .answer = FIELD("Location", "/b"), .body = "" },
	    { "GET", "http://h/b", .status = 200, .body = "end" });
	CHECK_STR(answer(&q), "302 -> /b");
	CHECK_STR(ask_url("http://h/a", true), "302 -> http://h/b");
	q.target = STR("/b");
	CHECK_STR(answer(&q), "200 end");
	CHECK_STR(ask_url("http://h/b", true), "200 end");
}

static void
a_request_that_was_never_answered_is_told_apart(void)
{
	TAPE({ "GET", "http://h/a", .status = -1, .body = "" });
	CHECK_STR(ask("GET", "/a", NULL), "never answered");
}

static void
the_tape_is_followed_while_it_grows_and_shrinks(void)
{
	TAPE({ "GET", "http://h/a", .status = 200, .body = "1" },
	    { "GET", "http://h/a", .status = 200, .body = "2" });
	CHECK_STR(ask("GET", "/a", NULL), "200 1");
	CHECK_STR(ask("GET", "/b", NULL), "nothing");
	CHECK_INT(store_remove(tape.writer, 1, &e), 1);
	CHECK_STR(ask("GET", "/a", NULL), "200 2");
	MORE({ "GET", "http://h/b", .status = 200, .body = "3" });
	CHECK_STR(ask("GET", "/b", NULL), "200 3");
}

static void
thousands_of_entries_find_their_places(void)
{
	char urls[3000][24];
	struct entry *x = calloc(3001, sizeof(*x));
	int i;

	for (i = 0; i < 3000; i++) {
		snprintf(urls[i], sizeof(urls[i]), "http://h/%d", i % 1500);
		x[i] = (struct entry){ "GET", urls[i], .status = 200,
			.body = urls[i] + 9 };
	}
	tape_of(false, x);
	free(x);
	CHECK_STR(ask("GET", "/0", NULL), "200 0");
	CHECK_STR(ask("GET", "/1499", NULL), "200 1499");
	CHECK_STR(ask_url("http://h/777", false), "200 777");
	CHECK_STR(ask("GET", "/1500", NULL), "nothing");
}

static bool
same(const char *a, size_t na, const char *b, size_t nb)
{
	return form_data_same(
	    (struct str){ a, na }, STR("AA"), (struct str){ b, nb }, STR("B"));
}

#define SAME(a, b) same(a, sizeof(a) - 1, b, sizeof(b) - 1)

static void
form_data_compares_as_text_without_its_boundaries(void)
{
	CHECK(SAME("--AA\r\nx\r\n--AA--", "--B\r\nx\r\n--B--"));
	CHECK(!SAME("--AA\r\nx\r\n--AA--", "--B\r\ny\r\n--B--"));
	CHECK(SAME("", ""));
	CHECK(SAME("AA", "B"));
	CHECK(!SAME("A", ""));
	/* Bytes that are no text are all alike, one for each broken start. */
	CHECK(SAME("\xff\xc3\xa9", "\xfe\xc3\xa9"));
	CHECK(SAME("\xe2\x82x", "\xf0\x9f\x98x"));
	CHECK(!SAME("\xe0\x80x", "\xffx"));
	CHECK(!SAME("\xc3\xa9", "\xc3\xa8"));
}

static void
the_boundary_is_what_stands_behind_its_name(void)
{
	struct header f = { STR("content-type"),
		STR("multipart/form-data; boundary=\"a;b\"; c=d") };
	struct headers h = { .v = &f, .n = 1 };

	CHECK_VIEW(form_data_boundary(&h), "\"a;b\";");
	f.value = STR("multipart/form-data");
	CHECK_INT(form_data_boundary(&h).n, 0);
	f.value = STR("multipart/mixed; boundary=x");
	CHECK_INT(form_data_boundary(&h).n, 0);
	CHECK_INT(form_data_boundary(&no_fields).n, 0);
}

static void
a_look_up_that_was_not_run_is_an_error_that_says_why(void)
{
	struct playwright_request q = {
		.method = STR("GET"), .target = STR("/a"), .headers = &no_fields
	};
	struct basket b = { 0 };
	struct reader *sends;
	struct answer *a;

	TAPE({ "GET", "http://h/a", .status = 200, .body = "1" });
	sends = reader_that_sends(tape.library);
	reader_look(sends, &b);
	CHECK_INT(
	    playwright_answer(playwright, sends, &q, &a, &e), FOUND_LATER);
	errand_free(basket_take(&b));
	basket_fail(&b, "too late");
	CHECK_INT(
	    playwright_answer(playwright, sends, &q, &a, &e), FOUND_ERROR);
	CHECK_STR(e.text, "too late");
	basket_fini(&b);
	reader_close(sends);
}

static void
what_led_to_an_answer_from_far_was_used(void)
{
	struct playwright_request q = {
		.method = STR("GET"), .target = STR("/a"), .headers = &no_fields
	};
	struct id_ranges used = { 0 };
	struct reader *sends;
	struct answer *a;

	TAPE({ "GET", "http://h/a", .status = 302,
		 .answer = FIELD("Location", "/b"), .body = "" },
	    { "GET", "http://h/c", .status = 200, .body = "other" },
	    { "GET", "http://h/b", .status = 200, .body = "end" });
	sends = reader_that_sends(tape.library);
	CHECK_INT(found_from_far(sends, &q, &a), FOUND);
	answer_unref(a);
	library_used(tape.library, &used);
	CHECK(id_ranges_has(&used, 1) && id_ranges_has(&used, 3));
	CHECK(!id_ranges_has(&used, 2));
	id_ranges_fini(&used);
	reader_close(sends);
}

static void
without_a_tape_there_is_nothing(void)
{
	struct library_options o = { .tape = "other" };
	char path[64];

	TAPE({ "GET", "http://h/a", .status = 200, .body = "1" });
	reader_close(tape.reader);
	library_close(tape.library);
	tape.reader = NULL;
	snprintf(path, sizeof(path), "%s", tape.path);
	o.path = path;
	tape.library = library_open(&o, &e);
	CHECK(tape.library != NULL);
	tape.reader = reader_open(tape.library, &e);
	CHECK(tape.reader != NULL);
	CHECK_STR(ask("GET", "/a", NULL), "nothing");
}

/* The last one, for the leak checker. */
static void
everything_is_freed(void)
{
	playwright_free(playwright);
	playwright_free(NULL);
}

RUN(TEST(what_the_gateway_was_asked_for_finds_entries_like_their_url),
    TEST(the_same_question_has_the_same_answer_however_often),
    TEST(bodies_count_for_post_alone),
    TEST(the_fields_that_agree_decide_and_then_the_order),
    TEST(redirects_are_followed_at_once), TEST(a_circle_of_redirects_is_told),
    TEST(a_navigation_is_sent_where_the_redirects_end),
    TEST(a_request_that_was_never_answered_is_told_apart),
    TEST(the_tape_is_followed_while_it_grows_and_shrinks),
    TEST(thousands_of_entries_find_their_places),
    TEST(form_data_compares_as_text_without_its_boundaries),
    TEST(the_boundary_is_what_stands_behind_its_name),
    TEST(a_look_up_that_was_not_run_is_an_error_that_says_why),
    TEST(what_led_to_an_answer_from_far_was_used),
    TEST(without_a_tape_there_is_nothing), TEST(everything_is_freed))
