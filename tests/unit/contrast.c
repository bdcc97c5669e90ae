#include "config.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "har/coding.h"
#include "har/headers.h"
#include "recorder/pseudonym.h"
#include "recorder/rules.h"
#include "replay/contrast.h"

#include "tap.h"

/* A request as a test writes it: "POST host/path?query", fields, body. */
struct request {
	const char *line;
	const char *fields;
	const char *body;
	size_t size; /* of a body with NULs, 0: its length */
};

static struct arena arena;
static struct contrast d;
static struct rules *rules;

static struct compared
compared(const struct request *r)
{
	struct headers *h = arena_zalloc(&arena, sizeof(*h));
	struct str rest = str_of(r->line), method;
	const char *slash;
	size_t n;

	CHECK(str_cut(&rest, ' ', &method));
	slash = memchr(rest.p, '/', rest.n);
	n = slash != NULL ? (size_t)(slash - rest.p) : 0;
	CHECK_INT(headers_parse(h, &arena, str_of(r->fields)), 0);
	return (struct compared){
		.method = method,
		.scope = { rest.p, n },
		.target = { rest.p + n, rest.n - n },
		.headers = h,
		.body = r->size > 0 ? (struct str){ r->body, r->size }
				    : str_of(r->body),
		.size = r->size > 0 ? r->size : str_of(r->body).n,
		.known = true,
	};
}

static void
find(const struct request *recorded, const struct request *live,
    const char *vary)
{
	struct compared a = compared(recorded), b = compared(live);
	struct headers answer = { 0 };

	if (vary != NULL)
		headers_add(&answer, &arena, STR("Vary"), str_of(vary));
	contrast_fini(&d);
	contrast_find(&d, &a, &b,
	    &(struct contrast_by){
		.answer = &answer, .rules = rules, .lines = true });
}

/* Each rule has to be one. */
static void
check_rule(struct str line)
{
	struct rules *r = rules_new();
	struct err e;
	int rc = rules_add(r, line, &e);

	if (rc != 0)
		printf("# %s\n", e.text);
	rules_free(r);
	CHECK_INT(rc, 0);
}

/* All that was found, a line each with its rule. */
static const char *
found(void)
{
	static struct buf out;
	size_t i;

	buf_clear(&out, 0);
	for (i = 0; i < d.n; i++) {
		if (i > 0)
			buf_add_text(&out, "\n");
		difference_text(&d.v[i], &out);
		if (d.v[i].rule.p != NULL) {
			check_rule(d.v[i].rule);
			buf_addf(&out, " | %.*s", STR_ARGS(d.v[i].rule));
		}
	}
	return buf_text(&out);
}

static const char *
lines(const char *recorded, const char *live)
{
	find(&(struct request){ .line = recorded },
	    &(struct request){ .line = live }, NULL);
	return found();
}

static const char *
bodies(const char *fields, const char *recorded, const char *live)
{
	find(&(struct request){ "POST /a", fields, recorded, 0 },
	    &(struct request){ "POST /a", fields, live, 0 }, NULL);
	return found();
}

static const char *
json(const char *recorded, const char *live)
{
	return bodies("Content-Type: application/json\r\n", recorded, live);
}

static void
equal_requests_do_not_differ(void)
{
	CHECK_STR(lines("GET /a?b=1", "GET /a?b=1"), "");
	CHECK_INT(d.distance, 0);
	CHECK_STR(json("{\"a\":1}", "{\"a\":1}"), "");
}

static void
the_method_and_the_host_are_told(void)
{
	CHECK_STR(lines("GET /a", "PUT /a"), "method: recorded GET, asked PUT");
	CHECK_STR(lines("GET x.test/a", "GET /a"),
	    "host: recorded x.test, asked nothing");
}

static void
each_segment_of_a_path_is_told(void)
{
	CHECK_STR(lines("GET /users/1/posts", "GET /users/2/posts"),
	    "path 2: recorded 1, asked 2 | "
	    "GET /users/*/posts path ^/users/[0-9]+ /users/N");
	CHECK_STR(lines("GET /v1.0/a$/1/b/x-7", "GET /v1.0/a$/2/b/y-8"),
	    "path 3: recorded 1, asked 2 | GET /v1.0/a$/*/b/* path "
	    "^/v1\\.0/a\\$/[0-9]+/b/[^/]+ /v1.0/a$$/N/b/N\n"
	    "path 5: recorded x-7, asked y-8 | GET /v1.0/a$/*/b/* path "
	    "^/v1\\.0/a\\$/[0-9]+/b/[^/]+ /v1.0/a$$/N/b/N");
	CHECK_STR(lines("GET /users", "GET /usres"),
	    "path 1: recorded users, asked usres");
	CHECK_STR(lines("GET /a/b", "GET /a"), "path: recorded /a/b, asked /a");
	CHECK_STR(lines("GET /a", "GET /a/"), "path: recorded /a, asked /a/");
}

static void
each_key_of_a_query_is_told(void)
{
	CHECK_STR(lines("GET /a/1?x=1&page=1&z", "GET /a/1?page=2&x=1&y=3"),
	    "query page: recorded 1, asked 2 | GET /a/* ignore query page\n"
	    "query z: recorded , not asked | GET /a/* ignore query z\n"
	    "query y: not recorded, asked 3 | GET /a/* ignore query y");
	CHECK_STR(lines("GET h.test/a", "GET h.test/a?q=1"),
	    "query q: not recorded, asked 1 | GET h.test/a ignore query q");
	CHECK_STR(lines("GET /a?x=1&x=2", "GET /a?x=1&x=3"),
	    "query x: recorded 2, asked 3 | GET /a ignore query x");
	CHECK_STR(lines("GET /a?x%5B%5d=a+b", "GET /a?x[]=c%"),
	    "query x[]: recorded a b, asked c% | GET /a ignore query x[]");
}

static void
the_order_of_a_query_is_told(void)
{
	CHECK_STR(lines("GET /a?x=1&y=2", "GET /a?y=2&x=1"),
	    "query: the same in another order | "
	    "GET /a compare query-as-set");
	CHECK_STR(lines("GET /a?", "GET /a"),
	    "query: the same, written otherwise | "
	    "GET /a compare query-as-set");
	CHECK_STR(lines("GET /a?x&%79=+", "GET /a?&x=&y=%20"),
	    "query: the same, written otherwise | "
	    "GET /a compare query-as-set");
}

static void
the_order_of_what_stays_counts_beside_other_differences(void)
{
	CHECK_STR(lines("GET /a?x=1&y=2&z=3", "GET /a?z=3&x=9&y=2"),
	    "query x: recorded 1, asked 9 | GET /a ignore query x\n"
	    "query: the same in another order | "
	    "GET /a compare query-as-set");
	CHECK_STR(lines("GET /a?x=1&y=2&x=3", "GET /a?x=3&y=2&x=4"),
	    "query x: recorded 1, asked 4 | GET /a ignore query x");
}

static void
words_of_a_rule_are_quoted(void)
{
	CHECK_STR(json("{\"a b\":1}", "{\"a b\":2}"),
	    "json /a b: recorded 1, asked 2 | "
	    "POST /a ignore json '/a b'");
	CHECK_STR(lines("GET /a?'x=1", "GET /a?'x=2"),
	    "query 'x: recorded 1, asked 2 | GET /a ignore query '''x'");
	CHECK_STR(lines("GET /a?=1", "GET /a?=2"),
	    "query: recorded 1, asked 2 | GET /a ignore query ''");
}

static void
a_rule_that_cannot_be_written_is_none(void)
{
	CHECK_STR(json("{\"a\\nb\":1}", "{\"a\\nb\":2}"),
	    "json /a\nb: recorded 1, asked 2");
	CHECK_STR(lines("GET /a?\xff=1", "GET /a?\xff=2"),
	    "query \xff: recorded 1, asked 2");
}

static void
fields_that_the_answer_varies_by_are_told(void)
{
	struct request a = { .line = "GET /a",
		.fields = "Accept: a/b\r\nX-One: 1\r\nX-Two: 2\r\n"
			  "accept: c/d\r\n" };
	struct request b = { .line = "GET /a",
		.fields = "Accept: a/b,x/y\r\nX-One: 2\r\nX-Three: 1\r\n" };

	find(&a, &b, "Accept, X-Two,X-Three , *, Host, X-None");
	CHECK_STR(found(), "header Accept: recorded a/b, c/d, asked a/b, x/y | "
			   "GET /a ignore header Accept\n"
			   "header X-Two: recorded 2, not asked | "
			   "GET /a ignore header X-Two\n"
			   "header X-Three: not recorded, asked 1 | "
			   "GET /a ignore header X-Three");
}

static void
another_type_of_body_is_told(void)
{
	struct request a = { "POST /a",
		"Content-Type: multipart/form-data; boundary=x\r\n", "a", 0 };
	struct request b = { "POST /a",
		"Content-Type: multipart/form-data; boundary=y\r\n", "a", 0 };
	struct request c = { "POST /a", "Content-Type: text/plain\r\n", "b",
		0 };

	find(&a, &b, NULL);
	CHECK_STR(found(), "");
	find(&a, &c, NULL);
	CHECK_STR(found(),
	    "body byte 0: recorded a, asked b | POST /a ignore body\n"
	    "header Content-Type: recorded multipart/form-data; boundary=x, "
	    "asked text/plain");
	c.body = "a";
	find(&a, &c, NULL);
	CHECK_STR(found(), "");
}

static void
json_is_compared_value_by_value(void)
{
	CHECK_STR(json("{\"id\":1,\"n\":{\"a\":\"x\",\"b\":true},\"o\":1}",
		      "{\"n\":{\"a\":\"y\",\"c\":null},\"id\":1,\"o\":\"1\"}"),
	    "json /n/a: recorded \"x\", asked \"y\" | "
	    "POST /a ignore json /n/a\n"
	    "json /n/b: recorded true, not asked | "
	    "POST /a ignore json /n/b\n"
	    "json /n/c: not recorded, asked null | "
	    "POST /a ignore json /n/c\n"
	    "json /o: recorded 1, asked \"1\" | POST /a ignore json /o");
	CHECK_STR(json("{\"a/b~\":{}}", "{\"a/b~\":{\"x\":1}}"),
	    "json /a~1b~0/x: not recorded, asked 1 | "
	    "POST /a ignore json /a~1b~0/x");
	CHECK_STR(json("{}", "[]"),
	    "json: recorded {}, asked [] | POST /a ignore body");
	CHECK_STR(json("{\"a\":[]}", "{\"a\":{\"b\":1}}"),
	    "json /a: recorded [], asked {...} | POST /a ignore json /a");
}

static void
items_of_arrays_are_told_by_their_place(void)
{
	CHECK_STR(json("[{\"id\":1,\"t\":5},{\"id\":2,\"t\":5}]",
		      "[{\"id\":1,\"t\":6},{\"id\":2,\"t\":7}]"),
	    "json /0/t: recorded 5, asked 6 | POST /a ignore json /*/t\n"
	    "json /1/t: recorded 5, asked 7 | POST /a ignore json /*/t");
	CHECK_STR(json("{\"a\":1,\"a\":2}", "{\"a\":2}"),
	    "body byte 5: recorded 1,\"a\":2}, asked 2} | "
	    "POST /a ignore body");
	CHECK_STR(json("[1,2,3]", "[1,3]"),
	    "json /1: recorded 2, not asked | POST /a ignore json /*");
	CHECK_STR(json("[1,2]", "[1,2,3]"),
	    "json /2: not recorded, asked 3 | POST /a ignore json /*");
}

static void
the_order_of_an_array_is_told(void)
{
	CHECK_STR(
	    json("{\"a\":[1,2,{\"b\":[3,4]}]}", "{\"a\":[2,1,{\"b\":[3,4]}]}"),
	    "json /a: the same in another order | "
	    "POST /a compare json-as-set /a");
	CHECK_STR(
	    json("{\"a\":[1,2,{\"b\":[3,4]}]}", "{\"a\":[1,2,{\"b\":[4,3]}]}"),
	    "json /a/2/b: the same in another order | "
	    "POST /a compare json-as-set /a/*/b");
	CHECK_STR(json("[1,2]", "[2,1]"),
	    "json: the same in another order | POST /a compare json-as-set $");
}

static void
json_that_is_written_otherwise_is_told(void)
{
	const char *same = "json: the same, written otherwise | "
			   "POST /a compare json";

	CHECK_STR(json("{\"a\":1,\"b\":2}", "{ \"b\":2, \"a\":1}"), same);
	CHECK_STR(
	    json("[1.50,100,0,\"\\u0041\"]", "[15e-1,1E+2,-0.0,\"A\"]"), same);
	CHECK_STR(json("[1]", "[1.0000000000000000000000001]"),
	    "json /0: recorded 1, asked 1.0000000000000000000000001 | "
	    "POST /a ignore json /*");
	CHECK_STR(json("[1e9999999999]", "[1e9999999998]"),
	    "json /0: recorded 1e9999999999, asked 1e9999999998 | "
	    "POST /a ignore json /*");
	CHECK_STR(json("[0.001, 1e-3]", "[1e-3,0.001]"), same);
}

static void
what_is_not_json_is_compared_by_bytes(void)
{
	CHECK_STR(json("{\"a\":", "{\"a\":1"),
	    "body byte 5: recorded nothing, asked 1 | POST /a ignore body");
	CHECK_STR(bodies("", "hello world", "hello there"),
	    "body byte 6: recorded world, asked there | POST /a ignore body");
	CHECK_STR(bodies("", "a\xc3\xa4", "a\xc3\xb6"),
	    "body byte 1: recorded \xc3\xa4, asked \xc3\xb6 | "
	    "POST /a ignore body");
	CHECK_STR(bodies("", "ab", "a\xff\xff"),
	    "body byte 1: recorded 2 bytes, asked 3 bytes"
	    " | POST /a ignore body");
}

static void
a_body_that_only_one_has_is_told(void)
{
	CHECK_STR(bodies("", "", "x"),
	    "body: not recorded, asked x | POST /a ignore body");
	CHECK_STR(bodies("", "x", ""),
	    "body: recorded x, not asked | POST /a ignore body");
}

static void
a_body_that_is_not_known_does_not_differ(void)
{
	struct request q = { "POST /a", "", "x", 0 };
	struct compared a = compared(&q), b = compared(&q);

	contrast_fini(&d);
	a.known = false;
	a.body = (struct str){ NULL, 0 };
	contrast_find(&d, &a, &b, &(struct contrast_by){ .lines = true });
	CHECK_INT(d.n, 0);
	/* One that is too large to be at hand differs by its size. */
	a.known = true;
	a.size = 7;
	contrast_find(&d, &a, &b, &(struct contrast_by){ .lines = true });
	CHECK_STR(found(),
	    "body: recorded 7 bytes, asked 1 bytes | POST /a ignore body");
}

static void
forms_are_compared_field_by_field(void)
{
	const char *form =
	    "Content-Type: application/x-www-form-urlencoded\r\n";

	CHECK_STR(bodies(form, "user=a&nonce=1", "user=b&x=2"),
	    "form user: recorded a, asked b | POST /a ignore form user\n"
	    "form nonce: recorded 1, not asked | POST /a ignore form nonce\n"
	    "form x: not recorded, asked 2 | POST /a ignore form x");
	CHECK_STR(bodies(form, "a=1&b=2", "b=2&a=1"),
	    "form: the same in another order | POST /a compare form-as-set");
}

#define PART(boundary, name, more, text) \
	"--" boundary "\r\nContent-Disposition: form-data; name=\"" name \
	"\"" more "\r\n\r\n" text "\r\n"

static void
multiparts_are_compared_part_by_part(void)
{
	struct request a = { "POST /a",
		"Content-Type: multipart/form-data; boundary=x\r\n",
		PART("x", "same", "", "1") PART("x", "id", "", "2")
		    PART("x", "file", "; filename=\"a\"", "3")
			PART("x", "old", "", "4") "--x--\r\n",
		0 };
	struct request b = { "POST /a",
		"Content-Type: multipart/form-data; boundary=yy\r\n",
		PART("yy", "id", "", "5") PART("yy", "same", "", "1")
		    PART("yy", "file", "; filename=\"b\"", "3")
			PART("yy", "new", "", "\xff") "--yy--\r\n",
		0 };

	find(&a, &b, NULL);
	CHECK_STR(found(),
	    "part id: recorded 2, asked 5 | POST /a ignore part id\n"
	    "part file: recorded Content-Disposition: form-data; "
	    "name=\"file\"; filename=\"a\", asked Content-Disposition: "
	    "form-data; name=\"file\"; filename=\"b\" | "
	    "POST /a ignore part file\n"
	    "part old: recorded 4, not asked | POST /a ignore part old\n"
	    "part new: not recorded, asked 1 bytes | "
	    "POST /a ignore part new");
}

static void
parts_in_another_order_are_told(void)
{
	struct request a = { "POST /a",
		"Content-Type: multipart/mixed; boundary=x\r\n",
		PART("x", "a", "", "1") PART("x", "b", "", "2") "--x--\r\n",
		0 };
	struct request b = a;

	b.body = PART("x", "b", "", "2") PART("x", "a", "", "1") "--x--\r\n";
	find(&a, &b, NULL);
	CHECK_STR(found(), "part: the same in another order");
}

static void
bodies_are_compared_without_their_coding(void)
{
	struct buf coded[2] = { { 0 } };
	struct request a, b;

	CHECK_INT(coding_encode(STR("gzip"), STR("{\"a\":1}"), &coded[0]), 0);
	CHECK_INT(coding_encode(STR("br"), STR("{\"a\":2}"), &coded[1]), 0);
	a = (struct request){ "POST /a", "Content-Encoding: gzip\r\n",
		coded[0].p, coded[0].n };
	b = (struct request){ "POST /a", "Content-Encoding: br\r\n", coded[1].p,
		coded[1].n };
	find(&a, &b, NULL);
	CHECK_STR(
	    found(), "json /a: recorded 1, asked 2 | POST /a ignore json /a");
	b = (struct request){ "POST /a", "", "{\"a\":1}", 0 };
	find(&a, &b, NULL);
	CHECK_STR(found(),
	    "body: the same, written otherwise | POST /a compare json");
	a.body = "no gzip";
	a.size = 0;
	find(&a, &b, NULL);
	CHECK_STR(found(), "body byte 0: recorded no gzip, asked {\"a\":1} | "
			   "POST /a ignore body");
	buf_free(&coded[0]);
	buf_free(&coded[1]);
}

static void
values_and_lists_of_them_are_cut(void)
{
	struct buf a = { 0 }, b = { 0 };
	int i;

	buf_add_text(&a, "GET /a?x=");
	for (i = 0; i < 100; i++)
		buf_add_text(&a, "\xc3\xa4");
	lines(buf_text(&a), "GET /a");
	CHECK_INT(d.v[0].recorded.n, 120 + 3);
	CHECK(str_is_utf8(d.v[0].recorded));
	buf_clear(&a, 0);
	buf_add_text(&a, "GET /a?");
	buf_add_text(&b, "GET /a?");
	for (i = 0; i < 40; i++) {
		buf_addf(&a, "k%d=1&", i);
		buf_addf(&b, "k%d=2&", i);
	}
	lines(buf_text(&a), buf_text(&b));
	CHECK_INT(d.n, CONTRAST_MOST);
	CHECK(d.more);
	CHECK_INT(d.distance, 40 * 4);
	buf_free(&a);
	buf_free(&b);
}

static void
too_many_keys_differ_as_one(void)
{
	struct buf a = { 0 };
	int i;

	buf_add_text(&a, "GET /a?");
	for (i = 0; i < 300; i++)
		buf_addf(&a, "k%d=1&", i);
	lines(buf_text(&a), "GET /a?x=1");
	CHECK_INT(d.n, 1);
	CHECK_INT(d.v[0].name.n, 0);
	buf_free(&a);
}

static void
json_that_is_too_deep_or_too_much_is_bytes(void)
{
	struct buf a = { 0 }, b = { 0 };
	int i;

	for (i = 0; i < 100; i++)
		buf_add_text(&a, "[");
	for (i = 0; i < 100; i++)
		buf_add_text(&a, "]");
	buf_add_str(&b, buf_str(&a));
	b.p[99] = ' ';
	b.p[100] = ' ';
	CHECK(strstr(json(buf_text(&a), buf_text(&b)), "body byte 99") != NULL);
	buf_clear(&a, 0);
	buf_add_text(&a, "[");
	for (i = 0; i < 60000; i++)
		buf_add_text(&a, "1,");
	buf_add_text(&a, "1]");
	CHECK(strstr(json(buf_text(&a), "[1]"), "body byte 2") != NULL);
	buf_free(&a);
	buf_free(&b);
}

static void
rule(const char *line)
{
	struct err e;

	if (rules == NULL)
		rules = rules_new();
	CHECK_INT(rules_add(rules, str_of(line), &e), 0);
}

static void
what_rules_leave_out_does_not_differ(void)
{
	const char *form =
	    "Content-Type: application/x-www-form-urlencoded\r\n";

	rule("* * ignore query ts");
	rule("* * replace query t");
	CHECK_STR(lines("GET /a?ts=1&t=1&x=1", "GET /a?t=2&x=2"),
	    "query x: recorded 1, asked 2 | GET /a ignore query x");
	CHECK_STR(lines("GET /a?t=1", "GET /a"),
	    "query t: recorded 1, not asked | GET /a ignore query t");
	CHECK_STR(lines("GET /a?b=%41&c", "GET /a?b=A&c="), "");
	CHECK_STR(lines("GET /a?b=1&c=1", "GET /a?c=1&b=1"),
	    "query: the same in another order | GET /a compare query-as-set");
	rule("* * compare query-as-set");
	CHECK_STR(lines("GET /a?b=1&c=1", "GET /a?c=1&b=1"), "");
	rule("* * path ^/u/[0-9]+ /u/N");
	CHECK_STR(lines("GET /u/1/2", "GET /u/2/3"),
	    "path 3: recorded 2, asked 3 | GET /u/*/* path "
	    "^/u/N/[0-9]+ /u/N/N");
	rule("* /a ignore json /id /items/*/id");
	rule("* /a replace json /at");
	rule("* /a compare json-as-set $.set");
	CHECK_STR(json("{\"id\":1,\"at\":1,\"items\":[{\"id\":1}]}",
		      "{ \"at\":2,\"items\":[{\"id\":2}]}"),
	    "");
	CHECK_STR(json("{\"at\":1,\"set\":[1,2]}", "{\"set\":[2,1]}"),
	    "json /at: recorded 1, not asked | POST /a ignore json /at");
	rule("* * ignore form n*");
	CHECK_STR(bodies(form, "nonce=1&x=1", "nonce=2&x=2"),
	    "form x: recorded 1, asked 2 | POST /a ignore form x");
	rule("POST * ignore body");
	CHECK_STR(bodies(form, "x=1", "x=2"), "");
	rules_free(rules);
	rules = NULL;
}

static void
fields_that_rules_compare_are_told(void)
{
	struct request a = { .line = "GET /a",
		.fields = "X-A: 1\r\nX-B: 1\r\nX-C: 1\r\nx-c: 3\r\n" };
	struct request b = { .line = "GET /a",
		.fields = "X-A: 2\r\nx-b: 2\r\nX-C: 1\r\nX-D: 1\r\n" };

	rule("* * compare header X-*");
	rule("* * ignore header x-a");
	find(&a, &b, NULL);
	CHECK_STR(found(),
	    "header X-B: recorded 1, asked 2 | GET /a ignore header X-B\n"
	    "header X-C: recorded 1, 3, asked 1 | GET /a ignore header X-C\n"
	    "header X-D: not recorded, asked 1 | GET /a ignore header X-D");
	rules_free(rules);
	rules = NULL;
}

static void
which_secret_it_was_makes_no_difference(void)
{
	struct pseudonyms *p = pseudonyms_new(STR("key"));
	struct buf a = { 0 }, b = { 0 };

	buf_add_text(&a, "{\"n\":1,\"t\":\"x ");
	buf_add_text(&b, "{\"n\":2,\"t\":\"x ");
	pseudonym_add(p, STR("one"), &a);
	pseudonym_add(p, STR("two"), &b);
	buf_add_text(&a, "\"}");
	buf_add_text(&b, "\"}");
	CHECK_STR(json(buf_text(&a), buf_text(&b)),
	    "json /n: recorded 1, asked 2 | POST /a ignore json /n");
	CHECK_INT(d.distance, 2);
	buf_free(&a);
	buf_free(&b);
	pseudonyms_free(p);
}

static void
nearer_requests_have_smaller_distances(void)
{
	unsigned query, id, name, method;

	lines("GET /users/1?a=1", "GET /users/1?a=2");
	query = d.distance;
	lines("GET /users/1?a=1", "GET /users/2?a=1");
	id = d.distance;
	lines("PUT /users/1?a=1", "GET /users/1?a=1");
	method = d.distance;
	lines("GET /users/1?a=1", "GET /posts/1?a=1");
	name = d.distance;
	CHECK(query < id && id < method && method < name);
	contrast_fini(&d);
	arena_fini(&arena);
}

RUN(TEST(equal_requests_do_not_differ), TEST(the_method_and_the_host_are_told),
    TEST(each_segment_of_a_path_is_told), TEST(each_key_of_a_query_is_told),
    TEST(the_order_of_a_query_is_told),
    TEST(the_order_of_what_stays_counts_beside_other_differences),
    TEST(words_of_a_rule_are_quoted),
    TEST(a_rule_that_cannot_be_written_is_none),
    TEST(fields_that_the_answer_varies_by_are_told),
    TEST(another_type_of_body_is_told), TEST(json_is_compared_value_by_value),
    TEST(items_of_arrays_are_told_by_their_place),
    TEST(the_order_of_an_array_is_told),
    TEST(json_that_is_written_otherwise_is_told),
    TEST(what_is_not_json_is_compared_by_bytes),
    TEST(a_body_that_only_one_has_is_told),
    TEST(a_body_that_is_not_known_does_not_differ),
    TEST(forms_are_compared_field_by_field),
    TEST(multiparts_are_compared_part_by_part),
    TEST(parts_in_another_order_are_told),
    TEST(bodies_are_compared_without_their_coding),
    TEST(values_and_lists_of_them_are_cut), TEST(too_many_keys_differ_as_one),
    TEST(json_that_is_too_deep_or_too_much_is_bytes),
    TEST(what_rules_leave_out_does_not_differ),
    TEST(fields_that_rules_compare_are_told),
    TEST(which_secret_it_was_makes_no_difference),
    TEST(nearer_requests_have_smaller_distances))
