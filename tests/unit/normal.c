#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "har/coding.h"
#include "har/headers.h"
#include "recorder/rules.h"
#include "replay/key.h"
#include "replay/normal_priv.h"

#include "tests/unit/tap.h"

static struct rules *rules;
static struct keyer *keyer;
static struct arena arena;

static void
given(const char *text)
{
	struct err e;

	keyer_free(keyer);
	rules_free(rules);
	rules = rules_new();
	if (rules_add_text(rules, str_of(text), &e) == -1)
		CHECK_STR(e.text, "");
	keyer = keyer_new(rules);
}

/* A request: "METHOD TARGET", field lines, an empty line, the body. */
static struct key_parts
request(const char *text)
{
	struct str rest = str_of(text), line, name;
	struct headers *h = arena_zalloc(&arena, sizeof(*h));
	struct key_parts p = { .scope = STR(""), .headers = h };

	(void)str_cut(&rest, '\n', &line);
	(void)str_cut(&line, ' ', &p.method);
	p.target = line;
	p.body = STR("");
	while (str_cut(&rest, '\n', &line)) {
		if (line.n == 0) {
			p.body = rest;
			break;
		}
		(void)str_cut(&line, ':', &name);
		headers_add(h, &arena, name, str_trim(line));
	}
	return p;
}

static bool
normal_of(struct key_parts p, struct key *key)
{
	return key_normal(keyer, &p, key);
}

static bool
same_parts(struct key_parts a, struct key_parts b)
{
	struct key left = { { 0 } }, right = { { 0 } };

	return normal_of(a, &left) && normal_of(b, &right) &&
	       memcmp(&left, &right, sizeof(left)) == 0;
}

static bool
same(const char *a, const char *b)
{
	return same_parts(request(a), request(b));
}

/* Both have a normal key, and not the same. */
static bool
differ(const char *a, const char *b)
{
	struct key key;

	return normal_of(request(a), &key) && normal_of(request(b), &key) &&
	       !same(a, b);
}

static bool
same_body(const char *type, const char *a, const char *b)
{
	char left[4096], right[4096];

	snprintf(
	    left, sizeof(left), "POST /a\nContent-Type: %s\n\n%s", type, a);
	snprintf(
	    right, sizeof(right), "POST /a\nContent-Type: %s\n\n%s", type, b);
	return same(left, right);
}

static bool
same_json(const char *a, const char *b)
{
	return same_body("application/json", a, b);
}

static bool
same_exactly(const char *a, const char *b)
{
	struct key_parts l = request(a), r = request(b);
	struct key left = key_of(keyer, &l), right = key_of(keyer, &r);

	return memcmp(&left, &right, sizeof(left)) == 0;
}

/* ---- which requests ---------------------------------------------------- */

static void
only_requests_that_a_rule_is_for_have_a_normal_key(void)
{
	struct key key;

	given("");
	CHECK(!normal_of(request("GET /a"), &key));
	given("GET /a* ignore query ts\nGET /r repeat cycle\n"
	      "* /h ignore header X-A");
	CHECK(normal_of(request("GET /ab?x"), &key));
	CHECK(!normal_of(request("POST /ab?x"), &key));
	CHECK(!normal_of(request("GET /b?x"), &key));
	CHECK(!normal_of(request("GET /r"), &key));
	CHECK(!normal_of(request("GET /h"), &key));
}

static void
method_scope_and_path_still_count(void)
{
	struct key_parts a = request("GET /a"), b = a;

	given("* * ignore query ts");
	CHECK(same("GET /a?ts=1", "GET /a?ts=2"));
	CHECK(differ("GET /a?ts=1", "HEAD /a?ts=1"));
	CHECK(differ("GET /a?ts=1", "GET /b?ts=1"));
	CHECK(differ("GET /%61", "GET /a"));
	b.scope = STR("h");
	CHECK(!same_parts(a, b));
}

/* ---- query ------------------------------------------------------------- */

static void
query_keys_are_ignored_or_replaced(void)
{
	given("* /a ignore query ts utm_*\n* /a replace query nonce");
	CHECK(same("GET /a?ts=1&x=1", "GET /a?x=1"));
	CHECK(same("GET /a?utm_source=b&ts", "GET /a"));
	CHECK(same("GET /a?x=1&ts=1&y=2", "GET /a?x=1&y=2&ts=3&ts=4"));
	CHECK(differ("GET /a?x=1&ts=1", "GET /a?x=2&ts=1"));
	CHECK(differ("GET /a?TS=1", "GET /a?TS=2"));
	CHECK(same("GET /a?nonce=1", "GET /a?nonce=2"));
	CHECK(differ("GET /a?nonce=1", "GET /a"));
	CHECK(differ("GET /a?nonce=1", "GET /a?nonce=1&nonce=2"));
}

static void
queries_are_compared_decoded_and_in_order(void)
{
	given("* /a ignore query ts");
	CHECK(same("GET /a?a%20b=%c3%a9", "GET /a?a+b=%C3%A9"));
	CHECK(same("GET /a?%74s=1&b=~", "GET /a?b=%7E"));
	CHECK(same("GET /a?a&&b", "GET /a?a=&b=&"));
	CHECK(same("GET /a?", "GET /a"));
	CHECK(differ("GET /a?a=1&b=2", "GET /a?b=2&a=1"));
	CHECK(differ("GET /a?a=%2B", "GET /a?a=+"));
	CHECK(differ("GET /a?a=%zz", "GET /a?a=zz"));
	CHECK(differ("GET /a?a%3Db", "GET /a?a=b"));
	CHECK(differ("GET /a?a=1%26b=2", "GET /a?a=1&b=2"));
}

static void
a_query_can_be_a_set(void)
{
	given("* /a compare query-as-set");
	CHECK(same("GET /a?a=1&b=2&a=0", "GET /a?b=2&a=0&a=1"));
	CHECK(differ("GET /a?a=1&a=1", "GET /a?a=1"));
	CHECK(differ("GET /a?a=1&b=2", "GET /a?a=2&b=1"));
}

static void
paths_are_replaced_by_patterns_one_after_the_other(void)
{
	given("* /u/* path ^/u/[0-9]+ /u/N\n* /u/* path /N/(x|y)$ /N/$1$1");
	CHECK(same("GET /u/1/x", "GET /u/22/x"));
	CHECK(same("GET /u/1/x", "GET /u/1/xx"));
	CHECK(differ("GET /u/1/x", "GET /u/1/y"));
	CHECK(differ("GET /u/a/x", "GET /u/b/x"));
	CHECK(differ("GET /u/1/x?a=/u/1", "GET /u/1/x?a=/u/2"));
}

/* ---- header fields ----------------------------------------------------- */

static void
header_fields_count_when_they_are_compared(void)
{
	const char *json = "GET /a\nAccept: application/json\n\n",
		   *xml = "GET /a\naccept: application/xml\n\n";

	given("");
	CHECK(same_exactly(json, xml));
	given("* /a compare header accept x-*");
	CHECK(!same_exactly(json, xml));
	CHECK(!same_exactly(json, "GET /a"));
	CHECK(same_exactly(json, "GET /a\nACCEPT:application/json\nB: c\n\n"));
	CHECK(same_exactly("GET /a\nX-B: 1\nAccept: a,b\n\n",
	    "GET /a\nAccept: a\naccept: "
	    "b\nx-b: 1\n\n"));
	CHECK(!same_exactly("GET /a\nX-B: 1, 2\n\n", "GET /a\nX-B: 12\n\n"));
	CHECK(same_exactly("GET /b\nAccept: a\n\n", "GET /b"));
}

static void
header_fields_can_count_by_being_there(void)
{
	given("* * replace header Authorization\n* * compare header *\n"
	      "* * ignore header X-Request-Id\n* * compare json");
	CHECK(same_exactly(
	    "GET /a\nAuthorization: 1\n\n", "GET /a\nAuthorization: 2\n\n"));
	CHECK(!same_exactly("GET /a\nAuthorization: 1\n\n", "GET /a"));
	CHECK(same_exactly("GET /a\nX-Request-Id: 1\n\n", "GET /a"));
	CHECK(same_exactly("GET /a\nHost: a\nContent-Length: 0\n"
			   "Connection: close\n\n",
	    "GET /a\nHost: b\n\n"));
	CHECK(same(
	    "GET /a\nAuthorization: 1\n\n", "GET /a\nAuthorization: 2\n\n"));
	CHECK(differ("GET /a\nAuthorization: 1\n\n", "GET /a\nB: c\n\n"));
}

/* ---- JSON -------------------------------------------------------------- */

static void
json_is_compared_by_its_values(void)
{
	given("* /a compare json");
	CHECK(same_json("{\"a\":1,\"b\":[true,null]}",
	    " { \"b\" : [ true , null ],\n\"\\u0061\":1 } "));
	CHECK(same_json(
	    "\"\\u00e9\\/\\ud83d\\ude00\"", "\"\xc3\xa9/\xf0\x9f\x98\x80\""));
	CHECK(!same_json("{\"a\":1}", "{\"a\":2}"));
	CHECK(!same_json("{\"a\":1}", "{\"b\":1}"));
	CHECK(!same_json("{\"a\":1}", "{\"a\":\"1\"}"));
	CHECK(!same_json("{\"a\":null}", "{}"));
	CHECK(!same_json("[1,2]", "[2,1]"));
	CHECK(!same_json("[[1],2]", "[1,[2]]"));
	CHECK(!same_json("[{}]", "[[]]"));
	CHECK(!same_json("[true]", "[false]"));
	CHECK(!same_json(
	    "{\"a\":{\"b\":1},\"c\":2}", "{\"a\":{\"b\":1,\"c\":2}}"));
}

static void
of_members_with_one_name_the_last_counts(void)
{
	given("* /a compare json");
	CHECK(same_json("{\"a\":1,\"b\":0,\"a\":2}", "{\"a\":2,\"b\":0}"));
	CHECK(same_json(
	    "{\"a\":{\"x\":1},\"\\u0061\":{\"x\":2}}", "{\"a\":{\"x\":2}}"));
	CHECK(!same_json("{\"a\":1,\"a\":2}", "{\"a\":1}"));
}

static const char *
number(const char *text)
{
	static char out[128];
	struct buf b = { 0 };

	normal_json_number(str_of(text), &b);
	snprintf(out, sizeof(out), "%s", buf_text(&b));
	buf_free(&b);
	return out;
}

static void
numbers_count_by_their_exact_value(void)
{
	static const char *const ones[] = { "1", "1.0", "1e0", "100e-2",
		"0.001E+3", "1.000e-0", "10E-1", NULL };
	static const char *const zeros[] = { "0", "-0", "0.0", "0e999",
		"-0.00e-5", "0e99999999999999999999", NULL };
	const char *const *p;

	for (p = ones; *p != NULL; p++)
		CHECK_STR(number(*p), "1e0");
	for (p = zeros; *p != NULL; p++)
		CHECK_STR(number(*p), "0");
	CHECK_STR(number("0.10"), "1e-1");
	CHECK_STR(number("-120"), "-12e1");
	CHECK_STR(number("1e999999999999999999"), "1e999999999999999999");
	CHECK_STR(number("1e0000000000000000000001"), "1e1");
	CHECK_STR(number("1e1000000000000000000"), "1e1000000000000000000");
	/* Not the same as floating point has them. */
	CHECK(strcmp(number("9007199254740993"), "9007199254740992e0") != 0);
	CHECK_STR(number("123456789012345678901234567890.5"),
	    "1234567890123456789012345678905e-1");
	given("* /a compare json");
	CHECK(same_json("[1e5,0.1]", "[100000,0.10]"));
	CHECK(!same_json("[9007199254740993]", "[9007199254740992]"));
}

static void
places_in_json_are_ignored_or_replaced(void)
{
	given("* /a ignore json /id $..at /list/1\n* /a replace json /nonce");
	CHECK(same_json("{\"id\":1,\"x\":{\"at\":1}}", "{\"x\":{}}"));
	CHECK(same_json("{\"id\":{\"a\":[1]},\"b\":1}", "{\"b\":1.0}"));
	CHECK(same_json("{\"list\":[1,2,3]}", "{\"list\":[1,\"x\",3]}"));
	CHECK(!same_json("{\"list\":[1,2,3]}", "{\"list\":[1,2,4]}"));
	CHECK(!same_json("{\"id\":1,\"b\":1}", "{\"id\":1,\"b\":2}"));
	CHECK(!same_json("{\"x\":{\"id\":1}}", "{\"x\":{\"id\":2}}"));
	CHECK(same_json("{\"nonce\":1}", "{\"nonce\":[2]}"));
	CHECK(!same_json("{\"nonce\":1}", "{}"));
}

static void
arrays_can_be_sets(void)
{
	given("* /a compare json-as-set /tags $.rows[*].ids");
	CHECK(same_json("{\"tags\":[\"a\",{\"x\":1,\"y\":2}]}",
	    "{\"tags\":[{\"y\":2,\"x\":1.0},\"a\"]}"));
	CHECK(!same_json("{\"tags\":[1,1]}", "{\"tags\":[1]}"));
	CHECK(!same_json("{\"other\":[1,2]}", "{\"other\":[2,1]}"));
	CHECK(same_json("{\"rows\":[{\"ids\":[1,2]},{\"ids\":[]}]}",
	    "{\"rows\":[{\"ids\":[2,1]},{\"ids\":[]}]}"));
	CHECK(!same_json("{\"tags\":[1,2]}", "{\"tags\":[[1,2]]}"));
}

static void
json_is_known_by_how_it_begins_or_by_its_type(void)
{
	given("* /a compare json");
	CHECK(same_body("text/plain", "{\"a\":1}", " {\"a\": 1}"));
	CHECK(same_body(
	    "application/x-www-form-urlencoded", "{\"a\":1}", "{\"a\": 1}"));
	CHECK(!same_body("text/plain", "1.0", "1"));
	CHECK(same_body("application/vnd.api+json; charset=utf-8", "1.0", "1"));
	CHECK(same_body("application/x-ndjson", "{\"a\":1}\n{\"b\":2}\n",
	    "{\"a\":1}{\"b\":2.0}"));
	CHECK(!same_json("1 2", "[1,2]"));
}

static void
what_is_no_json_counts_byte_by_byte(void)
{
	given("* /a compare json\n* /a ignore json /a");
	CHECK(!same_json("{\"a\":1,}", "{\"a\":2,}"));
	CHECK(same_json("{\"a\":1,}", "{\"a\":1,}"));
	CHECK(!same_json("{\"a\":1", "{\"a\": 1"));
	CHECK(!same_json("cb({\"b\":1})", "{\"b\":1}"));
	CHECK(!same_json("", "{}"));
}

static void
deep_and_long_json_counts_too(void)
{
	struct buf a = { 0 }, b = { 0 };
	struct key_parts left = request("POST /a"), right = left;
	int i;

	given("* /a compare json");
	for (i = 0; i < 1000; i++) {
		buf_addf(&a, "{\"k%d\":1,\"a\":", i);
		buf_addf(&b, "{\"a\":");
	}
	buf_add_text(&a, "[0]");
	buf_add_text(&b, "[0]");
	for (i = 999; i >= 0; i--) {
		buf_add_text(&a, "}");
		buf_addf(&b, ",\"k%d\":1.0}", i);
	}
	left.body = buf_str(&a);
	right.body = buf_str(&b);
	CHECK(same_parts(left, right));
	b.p[6 * 1000 - 999] = 'b'; /* somewhere in the middle */
	right.body = buf_str(&b);
	CHECK(!same_parts(left, right));
	buf_free(&a);
	buf_free(&b);
}

/* ---- forms, multiparts ------------------------------------------------- */

static bool
same_form(const char *a, const char *b)
{
	return same_body("application/x-www-form-urlencoded", a, b);
}

static void
form_fields_are_ignored_replaced_or_a_set(void)
{
	given("* /a ignore form ts\n* /a replace form token");
	CHECK(same_form("ts=1&a=b%20c", "a=b+c"));
	CHECK(same_form("token=1", "token=2"));
	CHECK(!same_form("token=1", ""));
	CHECK(!same_form("a=1&b=2", "b=2&a=1"));
	given("* /a compare form-as-set");
	CHECK(same_form("a=1&b=2", "b=2&a=1"));
	CHECK(!same_form("a=1&b=2", "b=1&a=2"));
	CHECK(!same_body("text/plain", "a=1&b=2", "b=2&a=1"));
}

#define PART(b, name, value) \
	"--" b "\r\nContent-Disposition: form-data; name=\"" name \
	"\"\r\n\r\n" value "\r\n"

static bool
same_parts_of(const char *a, const char *b)
{
	char left[2048], right[2048];

	snprintf(left, sizeof(left),
	    "POST /a\nContent-Type: multipart/form-data; boundary=x\n\n%s", a);
	snprintf(right, sizeof(right),
	    "POST /a\nContent-Type: multipart/form-data; boundary=\"yy\"\n\n%s",
	    b);
	return same(left, right);
}

static void
multiparts_count_part_by_part(void)
{
	given("* /a ignore part ts\n* /a replace part file");
	CHECK(same_parts_of(PART("x", "ts", "1") PART("x", "a", "b") "--x--",
	    PART("yy", "a", "b") "--yy--\r\n"));
	CHECK(same_parts_of(
	    PART("x", "file", "1") "--x--", PART("yy", "file", "2") "--yy--"));
	CHECK(!same_parts_of(
	    PART("x", "a", "1") "--x--", PART("yy", "a", "2") "--yy--"));
	CHECK(!same_parts_of(PART("x", "a", "1") PART("x", "b", "2") "--x--",
	    PART("yy", "b", "2") PART("yy", "a", "1") "--yy--"));
	CHECK(same_parts_of("--x\r\nA: b\r\nContent-Type: application/json\r\n"
			    "\r\n{\"a\":1}\r\n--x--",
	    "--yy\r\ncontent-type: application/json\r\nContent-Length: 8\r\n"
	    "a: b\r\n\r\n{\"a\": 1}\r\n--yy--"));
	CHECK(same_parts_of(
	    "--x\r\nContent-Type: multipart/mixed; boundary=i\r\n\r\n" PART(
		"i", "ts", "1") PART("i", "k", "v") "--i--\r\n--x--",
	    "--yy\r\nContent-Type: multipart/mixed; boundary=jj\r\n\r\n" PART(
		"jj", "k", "v") "--jj--\r\n--yy--"));
	CHECK(!same_parts_of(
	    "--x\r\nno head\r\n--x--", "--yy\r\nno heed\r\n--yy--"));
}

/* ---- GraphQL, XML ------------------------------------------------------ */

#define GRAPHQL(query, rest) "{\"query\":\"" query "\"" rest "}"

static void
graphql_counts_by_tokens_and_variables(void)
{
	given("* /a compare graphql");
	CHECK(same_json(GRAPHQL("query Q($a: Int, $b: Int) { f(a: $a) { id } }",
			    ",\"variables\":{\"a\":1,\"b\":2}"),
	    GRAPHQL("# ask\\nquery Q($a:Int$b:Int){\\n  f(a:$a){id,}\\n}\\n",
		",\"variables\": {\"b\":2.0,\"a\":1},\"operationName\":null")));
	CHECK(same_json(GRAPHQL("{a}", ",\"variables\":{}"),
	    GRAPHQL("{ a }", ",\"extensions\":null")));
	CHECK(!same_json(GRAPHQL("{a b}", ""), GRAPHQL("{ab}", "")));
	CHECK(!same_json(GRAPHQL("{a}", ",\"operationName\":\"A\""),
	    GRAPHQL("{a}", ",\"operationName\":\"B\"")));
	CHECK(!same_json(GRAPHQL("{a}", ",\"variables\":{\"x\":1}"),
	    GRAPHQL("{a}", ",\"variables\":{\"x\":2}")));
	CHECK(!same_json(GRAPHQL("{a(b:\\\"x y\\\")}", ""),
	    GRAPHQL("{a(b:\\\"x  y\\\")}", "")));
	CHECK(!same_json(
	    GRAPHQL("{a(b:\\\"#\\\")}", ""), GRAPHQL("{a(b:\\\"#c\\\")}", "")));
	CHECK(same_json("[" GRAPHQL("{a}", "") "]",
	    "[" GRAPHQL("{,a,}", ",\"variables\":null") "]"));
	CHECK(!same_json(
	    "{\"x\":{\"query\":\"a b\"}}", "{\"x\":{\"query\":\"a  b\"}}"));
	CHECK(same_body("application/graphql", "{a}", "{ a }"));
}

static void
graphql_of_a_get_is_in_its_query(void)
{
	given("GET /a compare graphql\n* * compare query-as-set");
	CHECK(same("GET /a?query={a,b}&variables={\"x\":1,\"y\":2}",
	    "GET /a?variables=%7B%22y%22:2.0,%22x%22:1%7D&query=%7Ba+b%7D"));
	CHECK(differ("GET /a?query={a}", "GET /a?query={b}"));
	CHECK(differ("POST /a?query={a}", "POST /a?query={+a}"));
}

static const char *
tokens(const char *text)
{
	static char out[256];
	struct buf b = { 0 };

	snprintf(out, sizeof(out), "%s",
	    normal_graphql(str_of(text), &b) ? buf_text(&b) : "no");
	buf_free(&b);
	return out;
}

static void
what_is_no_graphql_is_text(void)
{
	CHECK_STR(tokens("\"a"), "no");
	CHECK_STR(tokens("\"a\nb\""), "no");
	CHECK_STR(tokens("\"\"\"a\"\""), "no");
	CHECK_STR(tokens("1a"), "no");
	CHECK_STR(tokens("1."), "no");
	CHECK_STR(tokens("-"), "no");
	CHECK_STR(tokens("a ; b"), "no");
	CHECK_STR(tokens(".."), "no");
	CHECK_STR(tokens("\xef\xbb\xbf a,,#x\n1.5e+3 ..."),
	    "gt\001at\0061.5e+3t\003....");
	CHECK_STR(tokens("\"\"\" \\\"\"\" \"\"\"\"\""),
	    "gt\014\"\"\" \\\"\"\" \"\"\"t\002\"\".");
	given("* /a compare graphql");
	CHECK(same_json(GRAPHQL("1a", ""), GRAPHQL("1a", "")));
	CHECK(!same_json(GRAPHQL("1a", ""), GRAPHQL("1a ", "")));
}

static void
xml_is_ignored_or_replaced_by_path(void)
{
	given("* /a ignore xml /r/ts */@nonce\n* /a replace xml /r/id");
	CHECK(same_body("text/xml", "<r><ts>1</ts><a>x</a></r>",
	    "<?xml version=\"1.0\"?>\n<r>\n  <!-- - -->\n  <a>x</a >\n</r>\n"));
	CHECK(same_body("application/soap+xml", "<r a='1' b=\"2\"/>",
	    "<r b=\"2\"\n a = \"1\" nonce='x'></r>"));
	CHECK(
	    same_body("x", "<r><id>1</id></r>", "<r><id a='b'><c/></id></r>"));
	CHECK(!same_body("x", "<r><id>1</id></r>", "<r/>"));
	CHECK(!same_body("x", "<r><a>x</a></r>", "<r><a>y</a></r>"));
	CHECK(!same_body("x", "<r><a/><b/></r>", "<r><a><b/></a></r>"));
	CHECK(!same_body("x", "<r><a ts='1'/></r>", "<r><a ts='2'/></r>"));
	CHECK(!same_body("x", "<r>a&lt;</r>", "<r>a&#60;</r>"));
	CHECK(
	    same_body("x", "<r><![CDATA[<]]></r>", "<r> <![CDATA[<]]>\t</r>"));
}

static void
what_is_no_xml_counts_byte_by_byte(void)
{
	static const char *const texts[] = { "<r>", "<r></s>", "<r><a></r></a>",
		"<r/><r/>", "<r a=1/>", "<r a='1>", "x<r/>", "<r/>x", "<!--",
		"<!DOCTYPE r []><r/>", "</r>", "<r", "< r/>",
		"<r><![CDATA[</r>", NULL };
	const char *const *p;
	char other[64];

	given("* /a ignore xml *");
	for (p = texts; *p != NULL; p++) {
		snprintf(other, sizeof(other), "%s ", *p);
		CHECK(same_body("x", *p, *p));
		CHECK(!same_body("x", *p, other));
	}
	CHECK(same_body("x", "<r>1</r>", "<s/> "));
}

/* ---- bodies ------------------------------------------------------------ */

static void
content_codings_do_not_count(void)
{
	struct key_parts plain = request("POST /a\n\n{\"a\":1}"),
			 coded = request("POST /a\nContent-Encoding: gzip\n\n"),
			 broken = coded;
	struct buf b = { 0 };

	given("* /a compare json");
	CHECK_INT(coding_encode(STR("gzip"), STR("{\"a\": 1}"), &b), 0);
	coded.body = buf_str(&b);
	CHECK(same_parts(plain, coded));
	broken.body = plain.body;
	CHECK(!same_parts(plain, broken));
	CHECK(same_parts(broken, broken));
	buf_free(&b);
}

static void
a_body_can_be_ignored(void)
{
	struct key_parts a = request("POST /a\n\nx"), unknown = a;

	given("* /a ignore body");
	unknown.body = (struct str){ NULL, 0 };
	CHECK(same("POST /a\n\nx", "POST /a"));
	CHECK(same_parts(a, unknown));
	given("* /a compare json");
	CHECK(!same_parts(a, unknown));
	CHECK(same_parts(unknown, unknown));
}

static void
other_bodies_count_byte_by_byte(void)
{
	given("* /a compare json");
	CHECK(same_body("text/plain", "a", "a"));
	CHECK(!same_body("text/plain", "a b", "a  b"));
	CHECK(!same_body("text/xml", "<a/>", "<a />"));
	CHECK(same("POST /a\nContent-Type: a/b\n\nx", "POST /a\n\nx"));
}

/* ---- several rules ----------------------------------------------------- */

static void
ignoring_wins_over_replacing_whatever_the_order(void)
{
	given("* /a replace query x\n* /a ignore query x\n"
	      "* /a ignore json /y\n* /a replace json /y");
	CHECK(same("GET /a?x=1", "GET /a"));
	CHECK(same_json("{\"y\":1}", "{}"));
}

static void
paths_are_those_of_the_request_at_hand(void)
{
	given("* /a ignore json /x\n* /b ignore json /y");
	CHECK(same("POST /a\n\n{\"x\":1}", "POST /a\n\n{}"));
	CHECK(same("POST /b\n\n{\"y\":1}", "POST /b\n\n{}"));
	CHECK(differ("POST /a\n\n{\"y\":1}", "POST /a\n\n{}"));
	CHECK(differ("POST /b\n\n{\"x\":1}", "POST /b\n\n{}"));
}

static void
what_made_the_keys_is_said_in_lines(void)
{
	struct buf b = { 0 };

	given("* /a repeat cycle\n* /a ignore header X");
	key_made_by(rules, &b);
	CHECK_INT(b.n, 0);
	given("* /a  ignore query x\n* /a repeat cycle\n* /b compare header A");
	key_made_by(rules, &b);
	CHECK_STR(buf_text(&b),
	    "keys 1\n* /a  ignore query x\n* /b compare header A\n");
	buf_free(&b);
	given("");
	arena_fini(&arena);
}

static void
a_normal_key_is_the_same_in_every_release(void)
{
	static const char hex[] = "0123456789abcdef";
	struct key key;
	char out[2 * sizeof(key.bytes) + 1] = "";
	size_t i;

	given("* /a compare json\n* /a ignore query ts");
	CHECK(normal_of(
	    request("POST /a?b=1&ts=2\n\n{\"a\":[1.50,\"x\"]}"), &key));
	for (i = 0; i < sizeof(key.bytes); i++) {
		out[2 * i] = hex[key.bytes[i] >> 4];
		out[2 * i + 1] = hex[key.bytes[i] & 15];
	}
	CHECK_STR(out, "f910a59dbca997850c965b0cb0416c2a");
}

RUN(TEST(only_requests_that_a_rule_is_for_have_a_normal_key),
    TEST(method_scope_and_path_still_count),
    TEST(query_keys_are_ignored_or_replaced),
    TEST(queries_are_compared_decoded_and_in_order), TEST(a_query_can_be_a_set),
    TEST(paths_are_replaced_by_patterns_one_after_the_other),
    TEST(header_fields_count_when_they_are_compared),
    TEST(header_fields_can_count_by_being_there),
    TEST(json_is_compared_by_its_values),
    TEST(of_members_with_one_name_the_last_counts),
    TEST(numbers_count_by_their_exact_value),
    TEST(places_in_json_are_ignored_or_replaced), TEST(arrays_can_be_sets),
    TEST(json_is_known_by_how_it_begins_or_by_its_type),
    TEST(what_is_no_json_counts_byte_by_byte),
    TEST(deep_and_long_json_counts_too),
    TEST(form_fields_are_ignored_replaced_or_a_set),
    TEST(multiparts_count_part_by_part),
    TEST(graphql_counts_by_tokens_and_variables),
    TEST(graphql_of_a_get_is_in_its_query), TEST(what_is_no_graphql_is_text),
    TEST(xml_is_ignored_or_replaced_by_path),
    TEST(what_is_no_xml_counts_byte_by_byte),
    TEST(content_codings_do_not_count), TEST(a_body_can_be_ignored),
    TEST(other_bodies_count_byte_by_byte),
    TEST(ignoring_wins_over_replacing_whatever_the_order),
    TEST(paths_are_those_of_the_request_at_hand),
    TEST(a_normal_key_is_the_same_in_every_release),
    TEST(what_made_the_keys_is_said_in_lines))
