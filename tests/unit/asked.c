#include "config.h"

#include <stdlib.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "har/headers.h"
#include "mock/asked.h"
#include "mock/cookies.h"
#include "mock/form.h"
#include "mock/form_data.h"
#include "mock/pattern.h"
#include "mock/value_json.h"
#include "mock/xml.h"

#include "tests/unit/tap.h"

/* What is wanted comes from npm's packages; tests/golden/asked.py compares
 * with them at large. */

static struct arena arena;
static struct values v = { .arena = &arena };
static struct buf shown;

/* A value as JSON. */
static const char *
show(struct value value)
{
	shown.n = 0;
	if (value_write_json(&v, &shown, value, 0, false) == 1)
		buf_add_text(&shown, "undefined");
	return buf_text(&shown);
}

static struct str
of(const char *text)
{
	return str_of(text);
}

static void
queries_nest_as_deep_as_five_brackets(void)
{
	static const char *const rows[][2] = {
		{ "a=1&b=2", "{\"a\":\"1\",\"b\":\"2\"}" },
		{ "a=1&a=2", "{\"a\":[\"1\",\"2\"]}" },
		{ "a[]=1", "{\"a\":[\"1\"]}" },
		{ "a[b][c]=1", "{\"a\":{\"b\":{\"c\":\"1\"}}}" },
		{ "a[1]=x&a[0]=y", "{\"a\":[\"y\",\"x\"]}" },
		{ "a[5]=x", "{\"a\":[\"x\"]}" },
		{ "a[1000]=x", "{\"a\":{\"1000\":\"x\"}}" },
		{ "a[x]=1&a[]=2", "{\"a\":{\"0\":\"2\",\"x\":\"1\"}}" },
		{ "a=1&a[b]=2", "{\"a\":[\"1\",{\"b\":\"2\"}]}" },
		{ "a[b]=1&a=2", "{\"a\":[{\"b\":\"1\"},\"2\"]}" },
		{ "a[b]=1&a=", "{\"a\":{\"b\":\"1\"}}" },
		{ "a[b][c][d][e][f][g]=1",
		    "{\"a\":{\"b\":{\"c\":{\"d\":{\"e\":{\"f\":{\"[g]\":\"1\""
		    "}}}}}}}" },
		{ "a%5Bb%5d=%5B1", "{\"a\":{\"b\":\"[1\"}}" },
		{ "a+b=c+d%20e", "{\"a b\":\"c d e\"}" },
		{ "a=%zz+%C3%A9", "{\"a\":\"%zz %C3%A9\"}" },
		{ "a&b=", "{\"a\":\"\",\"b\":\"\"}" },
		{ "toString=1", "{\"toString\":\"1\"}" },
		{ "a[__proto__]=1", "{\"a\":{}}" },
		{ "[]=1&[a=2", "{\"0\":\"1\",\"[a\":\"2\"}" },
		{ "", "{}" },
	};
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		CHECK_STR(
		    show(form_read_query(&v, of(rows[i][0]))), rows[i][1]);
}

static void
bodies_take_arrays_of_twenty_and_no_prototypes(void)
{
	struct buf text = { 0 };
	int i;

	CHECK_STR(show(form_read_body(&v, of("toString=1&a[valueOf]=2&b=3"))),
	    "{\"b\":\"3\"}");
	CHECK_STR(
	    show(form_read_body(&v, of("a[20]=x"))), "{\"a\":{\"20\":\"x\"}}");
	for (i = 0; i < 21; i++)
		buf_addf(&text, "a[]=%d&", i);
	buf_add_text(&text, "a=z");
	CHECK_STR(show(value_get(
		      value_get(form_read_body(&v, buf_str(&text)), STR("a")),
		      STR("21"))),
	    "\"z\"");
	buf_free(&text);
}

static void
what_is_behind_a_thousand_fields_is_left_out(void)
{
	struct buf text = { 0 };
	struct value form;
	int i;

	for (i = 0; i < 1001; i++)
		buf_addf(&text, "a%d=1&", i);
	form = form_read_body(&v, buf_str(&text));
	CHECK_INT(form.object->n, 1000);
	buf_free(&text);
}

static void
far_indices_cost_no_memory(void)
{
	struct values few = { .arena = &arena, .most = 1u << 20 };
	struct buf text = { 0 };
	struct value form;
	int i;

	for (i = 0; i < 1000; i++)
		buf_addf(&text, "a%d[999][999][999][999][999]=x&", i);
	form = form_read_query(&few, buf_str(&text));
	CHECK(!few.over);
	CHECK_STR(show(value_get(form, STR("a7"))), "[[[[[\"x\"]]]]]");
	buf_free(&text);
}

static void
cookies_are_decoded_and_the_first_counts(void)
{
	CHECK_STR(show(cookies_read(
		      &v, of("a=1; b=\"x y\"; a=2; c=%20%C3%A9; d=%zz; e; "
			     "f=j:{\"g\":[1]}; h=j:0; i=; =j"))),
	    "{\"a\":\"1\",\"b\":\"x y\",\"c\":\" \xc3\xa9\",\"d\":\"%zz\","
	    "\"f\":{\"g\":[1]},\"h\":\"j:0\",\"i\":\"\",\"\":\"j\"}");
	CHECK_STR(show(cookies_read(&v, of(""))), "{}");
}

static const char *
append(const char *const *pairs)
{
	struct value object = value_new_object(&v);

	for (; *pairs != NULL; pairs += 2)
		form_data_append(
		    &v, object, of(pairs[0]), value_text(of(pairs[1])));
	return show(object);
}

#define APPEND(...) append((const char *const[]){ __VA_ARGS__, NULL })

static void
names_of_fields_nest(void)
{
	CHECK_STR(APPEND("a", "1", "a", "2"), "{\"a\":[\"1\",\"2\"]}");
	CHECK_STR(APPEND("a[]", "1"), "{\"a\":[\"1\"]}");
	CHECK_STR(APPEND("a[x][y]", "1", "a[x][y]", "2"),
	    "{\"a\":{\"x\":{\"y\":[\"1\",\"2\"]}}}");
	CHECK_STR(APPEND("a[2]", "1"), "{\"a\":[null,null,\"1\"]}");
	CHECK_STR(APPEND("a[1]", "1", "a[x]", "2"),
	    "{\"a\":{\"1\":\"1\",\"x\":\"2\"}}");
	CHECK_STR(APPEND("a", "1", "a[x]", "2", "a", "3"),
	    "{\"a\":{\"\":[\"1\",\"3\"],\"x\":\"2\"}}");
	CHECK_STR(APPEND("a[10001]", "1", "b[x", "2", "[c]", "3"),
	    "{\"a[10001]\":\"1\",\"b[x\":\"2\",\"[c]\":\"3\"}");
	CHECK_STR(APPEND("__proto__", "1", "a[constructor]", "2", "b.prototype",
		      "3", "", "4"),
	    "{}");
}

static const char *
parts(const char *type, const char *body, int result)
{
	static struct err e;
	struct value to;

	if (form_data_read(&v, of(type), of(body), &to, &e) != result)
		return result == 0 ? e.text : "no error";
	return show(to);
}

static void
parts_are_fields_and_files(void)
{
	CHECK_STR(parts("multipart/form-data; boundary=b",
		      "--b\r\nContent-Disposition: form-data; name=\"a\"\r\n"
		      "\r\n1\r\n--b\r\ncontent-disposition: form-data; "
		      "name=\"f\"; filename=\"C:\\dir\\x.png\"\r\n"
		      "Content-Type: image/PNG\r\n\r\nabc\r\n"
		      "--b\r\nContent-Disposition: form-data; name=a\r\n\r\n"
		      "2\r\n--b--\r\n",
		      0),
	    "{\"a\":[\"1\",\"2\"],\"f\":{\"filename\":\"x.png\","
	    "\"mimetype\":\"image/png\",\"size\":3}}");
}

static void
what_is_left_of_a_broken_multipart_is_kept(void)
{
	CHECK_STR(parts("multipart/form-data; boundary=b",
		      "--b\r\nContent-Disposition: form-data; name=\"a\"\r\n"
		      "\r\n1\r\n--b\r\nContent-Disposition: form-data; "
		      "name=\"c\"\r\n\r\n2",
		      -1),
	    "{\"a\":\"1\"}");
	CHECK_STR(parts("multipart/form-data; boundary=b",
		      "--b\r\n bad\r\n\r\n1\r\n--b\r\n"
		      "Content-Disposition: form-data; name=\"c\"\r\n\r\n2"
		      "\r\n--b--",
		      -1),
	    "{\"c\":\"2\"}");
	CHECK_STR(parts("multipart/form-data", "--b--", -1), "undefined");
	CHECK_STR(
	    parts("multipart/form-data; boundary=b", "", -1), "undefined");
}

static void
files_beyond_ten_and_long_fields_are_left_out(void)
{
	struct buf body = { 0 };
	struct value to;
	struct err e;
	int i;

	for (i = 0; i < 12; i++)
		buf_addf(&body,
		    "--b\r\nContent-Disposition: form-data; name=\"f\"; "
		    "filename=\"%d\"\r\n\r\nx\r\n",
		    i);
	buf_add_text(
	    &body, "--b\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n");
	for (i = 0; i < 1 << 17; i++)
		buf_add_text(&body, "12345678");
	buf_add_text(&body, "\r\n--b--");
	CHECK_INT(form_data_read(&v, STR("multipart/form-data; boundary=b"),
		      buf_str(&body), &to, &e),
	    0);
	CHECK_INT(value_get(to, STR("f")).array->n, 10);
	CHECK_INT(value_get(to, STR("a")).kind, VALUE_UNDEFINED);
	buf_free(&body);
}

static const char *
xml(const char *text)
{
	static struct err e;
	struct value to;

	return xml_read(&v, of(text), &to, &e) == 0 ? show(to) : e.text;
}

static void
xml_becomes_an_object(void)
{
	CHECK_STR(xml("<?xml version=\"1.0\"?><r x='1' y=\"&lt;\">a"
		      "<i>1</i><i/><![CDATA[<c>]]><!-- d -->b</r>"),
	    "{\"_declaration\":{\"_attributes\":{\"version\":\"1.0\"}},"
	    "\"r\":{\"_attributes\":{\"x\":\"1\",\"y\":\"<\"},"
	    "\"_text\":[\"a\",\"b\"],\"i\":[{\"_text\":\"1\"},{}],"
	    "\"_cdata\":\"<c>\",\"_comment\":\" d \"}}");
	CHECK_STR(xml("<!DOCTYPE a [<!ENTITY e SYSTEM \"/etc/passwd\">]>"
		      "<a>&eacute;&#65;&#x1F600;</a>"),
	    "{\"_doctype\":\"a [<!ENTITY e SYSTEM \\\"/etc/passwd\\\">]\","
	    "\"a\":{\"_text\":\"\xc3\xa9"
	    "A\xf0\x9f\x98\x80\"}}");
	CHECK_STR(xml("<a><b>1"), "{\"a\":{\"b\":{\"_text\":\"1\"}}}");
	CHECK_STR(xml(""), "{}");
}

static void
what_is_no_xml_says_why_and_where(void)
{
	CHECK_STR(xml("<a>\n<b></a>"),
	    "line 2: a tag is closed that is not open here");
	CHECK_STR(xml("x"), "line 1: text outside of the root element");
	CHECK_STR(xml("<a>&e;</a>"),
	    "line 1: a reference (\"&...;\") to no known character");
	CHECK_STR(
	    xml("<a b=c/>"), "line 1: an attribute's value has no quotes");
}

static void
xml_nests_two_hundred_deep(void)
{
	struct buf text = { 0 };
	int i;

	for (i = 0; i < XML_DEPTH; i++)
		buf_add_text(&text, "<a>");
	CHECK(strncmp(xml(buf_text(&text)), "{\"a\":", 5) == 0);
	buf_add_text(&text, "<a>");
	CHECK_STR(xml(buf_text(&text)), "line 1: elements nest too deep");
	buf_free(&text);
}

static struct headers headers;
static struct asked_from from;

static struct asked *
ask(const char *target, const char *type, const char *body)
{
	headers = (struct headers){ 0 };
	headers_add(&headers, &arena, STR("Host"), STR("api.test:81"));
	if (type != NULL)
		headers_add(&headers, &arena, STR("Content-Type"), of(type));
	from = (struct asked_from){
		.method = STR("POST"),
		.target = of(target),
		.authority = headers_get(&headers, "host"),
		.client_address = STR("127.0.0.1"),
		.body = of(body),
		.headers = &headers,
	};
	return asked_new(&arena, &from);
}

static void
targets_lose_repeated_slashes_but_not_in_the_query(void)
{
	struct asked *a = ask("//a//b?c=//d", NULL, "");

	CHECK_VIEW(asked_path(a), "/a/b");
	CHECK_VIEW(asked_url(a), "/a/b?c=/d");
	CHECK_STR(show(asked_part(a, TEMPLATE_QUERY)), "{\"c\":\"//d\"}");
	CHECK_VIEW(asked_path(ask("http://h:1/x?y", NULL, "")), "/x");
	CHECK_VIEW(asked_url(ask("http://h?y", NULL, "")), "/?y");
	CHECK_VIEW(asked_path(ask("*", NULL, "")), "*");
}

static void
the_type_decides_how_a_body_is_read(void)
{
	static const char *const rows[][3] = {
		{ "application/json", "{\"a\":1}", "{\"a\":1}" },
		{ "Application/vnd.x+JSON; charset=utf-8", "[1]", "[1]" },
		{ "application/x-www-form-urlencoded", "a[]=1",
		    "{\"a\":[\"1\"]}" },
		{ "text/xml", "<a/>", "{\"a\":{}}" },
		{ "application/json", "{", "undefined" },
		{ "text/plain", "{}", "undefined" },
	};
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		CHECK_STR(show(asked_part(
			      ask("/", rows[i][0], rows[i][1]), TEMPLATE_BODY)),
		    rows[i][2]);
	CHECK_STR(
	    show(asked_part(ask("/", NULL, "{}"), TEMPLATE_BODY)), "undefined");
}

static void
a_body_that_is_not_of_its_type_leaves_a_remark(void)
{
	struct asked *a = ask("/", "application/json", "{");

	CHECK_VIEW(asked_remark(a), "");
	(void)asked_part(a, TEMPLATE_BODY);
	CHECK_VIEW(
	    asked_remark(a), "the body says that it is JSON and is none");
	a = ask("/", "application/json", "");
	(void)asked_part(a, TEMPLATE_BODY);
	CHECK_VIEW(asked_remark(a), "");
}

static void
header_fields_are_joined_as_node_joins_them(void)
{
	struct asked *a = ask("/", "a", "");

	headers_add(&headers, &arena, STR("X-A"), STR("1"));
	headers_add(&headers, &arena, STR("content-type"), STR("b"));
	headers_add(&headers, &arena, STR("x-a"), STR("\xe9"));
	headers_add(&headers, &arena, STR("Set-Cookie"), STR("c"));
	headers_add(&headers, &arena, STR("Cookie"), STR("d=1"));
	headers_add(&headers, &arena, STR("Cookie"), STR("e=2"));
	headers_add(&headers, &arena, STR("Referer"), STR("f"));
	CHECK_STR(show(asked_part(a, TEMPLATE_HEADERS)),
	    "{\"host\":\"api.test:81\",\"content-type\":\"a\","
	    "\"x-a\":\"1, \xc3\xa9\",\"set-cookie\":[\"c\"],"
	    "\"cookie\":\"d=1; e=2\",\"referer\":\"f\"}");
	CHECK_STR(
	    show(asked_part(a, TEMPLATE_COOKIES)), "{\"d\":\"1\",\"e\":\"2\"}");
	CHECK_STR(show(asked_header(a, STR("REFERRER"))), "\"f\"");
	CHECK_STR(show(asked_header(a, STR("none"))), "undefined");
}

static void
parameters_are_those_of_the_route_that_is_tried(void)
{
	struct asked *a = ask("/", NULL, "");
	struct str segments[] = { STR("x"), STR("y") };
	struct pattern_match m = { .n = 2 };

	m.values[0] = (struct pattern_value){ STR("id"), segments, 1, false };
	m.values[1] = (struct pattern_value){ STR("rest"), segments, 2, true };
	CHECK_STR(show(asked_part(a, TEMPLATE_PARAMS)), "{}");
	asked_set_match(a, &m);
	CHECK_STR(show(asked_part(a, TEMPLATE_PARAMS)),
	    "{\"id\":\"x\",\"rest\":[\"x\",\"y\"]}");
	asked_set_match(a, NULL);
	CHECK_STR(show(asked_part(a, TEMPLATE_PARAMS)), "{}");
}

static void
templates_see_the_request(void)
{
	struct asked *a = ask("/", NULL, "a\xff");
	const struct template_request *r;

	r = asked_template(a);
	CHECK_VIEW(r->method, "POST");
	CHECK_VIEW(r->hostname, "api.test");
	CHECK_VIEW(r->ip, "127.0.0.1");
	CHECK_VIEW(r->body, "a\xef\xbf\xbd");
	from.port = 3000;
	from.prefix = STR("/v1");
	from.https = true;
	CHECK_STR(show(asked_part(asked_new(&arena, &from), TEMPLATE_BASE_URL)),
	    "\"https://api.test:3000/v1\"");
	from.public_url = STR("https://pub.test");
	CHECK_STR(show(asked_part(asked_new(&arena, &from), TEMPLATE_BASE_URL)),
	    "\"https://pub.test/v1\"");
	from.authority = STR("[::1]:80");
	CHECK_VIEW(asked_template(asked_new(&arena, &from))->hostname, "[::1]");
}

RUN(TEST(queries_nest_as_deep_as_five_brackets),
    TEST(bodies_take_arrays_of_twenty_and_no_prototypes),
    TEST(what_is_behind_a_thousand_fields_is_left_out),
    TEST(far_indices_cost_no_memory),
    TEST(cookies_are_decoded_and_the_first_counts), TEST(names_of_fields_nest),
    TEST(parts_are_fields_and_files),
    TEST(what_is_left_of_a_broken_multipart_is_kept),
    TEST(files_beyond_ten_and_long_fields_are_left_out),
    TEST(xml_becomes_an_object), TEST(what_is_no_xml_says_why_and_where),
    TEST(xml_nests_two_hundred_deep),
    TEST(targets_lose_repeated_slashes_but_not_in_the_query),
    TEST(the_type_decides_how_a_body_is_read),
    TEST(a_body_that_is_not_of_its_type_leaves_a_remark),
    TEST(header_fields_are_joined_as_node_joins_them),
    TEST(parameters_are_those_of_the_route_that_is_tried),
    TEST(templates_see_the_request))
