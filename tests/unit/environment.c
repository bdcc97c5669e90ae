#include "config.h"

#include <stdlib.h>

#include "base/buf.h"
#include "base/err.h"
#include "mock/environment.h"

#include "tap.h"

static struct err e;
static struct environment *env;
static struct buf remarks;

static void
given(const char *text)
{
	environment_free(env);
	remarks.n = 0;
	env = environment_parse("m/x.json", str_of(text), &remarks, &e);
	if (env == NULL)
		printf("# %s\n", e.text);
	CHECK(env != NULL);
}

static void
refused(const char *text, const char *why)
{
	environment_free(env);
	env = environment_parse("x.json", str_of(text), NULL, &e);
	CHECK(env == NULL);
	if (strstr(e.text, why) == NULL)
		CHECK_STR(e.text, why);
}

static void
all_but_an_endpoint_and_a_response_has_a_default(void)
{
	const struct mock_response *r;

	given("{\"routes\":[{\"endpoint\":\"a\",\"responses\":[{}]}]}");
	CHECK(str_is(env->folder, "m"));
	CHECK(env->cors);
	CHECK_INT(env->nroutes, 1);
	CHECK(str_is(env->routes[0].method, "get"));
	CHECK_INT(env->routes[0].type, MOCK_ROUTE_HTTP);
	CHECK_INT(env->routes[0].nresponses, 1);
	r = &env->routes[0].responses[0];
	CHECK_INT(r->status, 200);
	CHECK_INT(r->body_type, MOCK_BODY_INLINE);
	CHECK(str_is(r->body, ""));
	CHECK(str_is(r->crud_key, "id"));
	CHECK(!r->all_rules);
	CHECK_INT(remarks.n, 0);
}

static void
every_member_goes_to_its_place(void)
{
	const struct mock_route *route;
	const struct mock_response *r;

	given("{\"name\":\"n\",\"endpointPrefix\":\"api\",\"latency\":5,"
	      "\"cors\":false,\"headers\":[{\"key\":\"A\",\"value\":\"b\"}],"
	      "\"proxyMode\":true,\"proxyHost\":\"http://x\","
	      "\"data\":[{\"id\":\"d1\",\"name\":\"D\",\"value\":[1,2]}],"
	      "\"callbacks\":[{\"uuid\":\"c\",\"uri\":\"/x\"}],"
	      "\"routes\":[{\"uuid\":\"u\",\"type\":\"crud\",\"method\":"
	      "\"POST\",\"endpoint\":\"a/:b\",\"responseMode\":\"FALLBACK\","
	      "\"responses\":[{\"body\":{\"a\":1},\"statusCode\":\"404\","
	      "\"bodyType\":\"DATABUCKET\",\"databucketID\":\"d1\","
	      "\"rulesOperator\":\"AND\",\"default\":true,\"rules\":["
	      "{\"target\":\"header\",\"modifier\":\"X\",\"value\":\"y\","
	      "\"operator\":\"regex_i\",\"invert\":true},"
	      "{\"isRegex\":true}],\"callbacks\":[{\"uuid\":\"c\","
	      "\"latency\":7}]}]}]}");
	CHECK(str_is(env->prefix, "api"));
	CHECK_INT(env->latency_ms, 5);
	CHECK(!env->cors && env->proxy_mode);
	CHECK(str_is(env->headers.v[0].value, "b"));
	CHECK(str_is(env->buckets[0].value, "[\n  1,\n  2\n]"));
	CHECK(str_is(env->callbacks[0].method, "post"));
	CHECK(env->callbacks[0].send_file_as_body);
	route = &env->routes[0];
	CHECK(str_is(route->method, "post"));
	CHECK_INT(route->type, MOCK_ROUTE_CRUD);
	CHECK_INT(route->response_mode, MOCK_MODE_FALLBACK);
	r = &route->responses[0];
	CHECK(str_is(r->body, "{\n  \"a\": 1\n}"));
	CHECK_INT(r->status, 404);
	CHECK_INT(r->body_type, MOCK_BODY_DATABUCKET);
	CHECK(r->all_rules && r->is_default);
	CHECK_INT(r->nrules, 2);
	CHECK_INT(r->rules[0].target, MOCK_TARGET_HEADER);
	CHECK_INT(r->rules[0].operator, MOCK_OPERATOR_REGEX_I);
	CHECK(r->rules[0].invert);
	CHECK_INT(r->rules[1].operator, MOCK_OPERATOR_REGEX);
	CHECK_INT(r->callbacks[0].latency_ms, 7);
}

static const char *
order(void)
{
	static char text[128];
	size_t i;

	text[0] = '\0';
	for (i = 0; i < env->nroutes; i++)
		strncat(text, env->routes[i].endpoint.p, 1);
	return text;
}

#define ROUTE(id) \
	"{\"uuid\":\"" id "\",\"endpoint\":\"" id "\",\"responses\":[{}]}"

static void
routes_are_in_the_order_of_the_tree(void)
{
	given(
	    "{\"routes\":[" ROUTE("a") "," ROUTE("b") "," ROUTE("c") "," ROUTE(
		"d") "," ROUTE("e") "],\"folders\":[{\"uuid\":\"f\","
				    "\"children\":[{\"type\":\"route\","
				    "\"uuid\":\"c\"},"
				    "{\"type\":\"folder\",\"uuid\":\"g\"},"
				    "{\"type\":\"folder\",\"uuid\":\"f\"}]},"
				    "{\"uuid\":\"g\",\"children\":[{\"type\":"
				    "\"route\",\"uuid\":"
				    "\"a\"},{\"type\":\"route\",\"uuid\":"
				    "\"zz\"}]},"
				    "{\"uuid\":\"h\",\"children\":[{\"type\":"
				    "\"route\",\"uuid\":"
				    "\"e\"}]}],\"rootChildren\":[{\"type\":"
				    "\"route\",\"uuid\":"
				    "\"b\"},{\"type\":\"folder\",\"uuid\":"
				    "\"f\"}]}");
	CHECK_STR(order(), "bcaed");
	CHECK(strstr(buf_text(&remarks), "zz: no such route") != NULL);
	given("{\"routes\":[" ROUTE("a") "," ROUTE("b") "]}");
	CHECK_STR(order(), "ab");
}

static void
what_older_formats_had_is_understood(void)
{
	given("{\"lastMigration\":20,\"routes\":["
	      "{\"endpoint\":\"a\",\"enabled\":false,\"responses\":[{}]},"
	      "{\"endpoint\":\"b\",\"enabled\":true,\"sequentialResponse\":"
	      "true,\"responses\":[{\"filePath\":\"x.txt\"}]},"
	      "{\"endpoint\":\"c\",\"randomResponse\":true,\"responses\":"
	      "[{\"databucketID\":\"d\"}]}]}");
	CHECK_STR(order(), "bc");
	CHECK_INT(env->routes[0].response_mode, MOCK_MODE_SEQUENTIAL);
	CHECK_INT(env->routes[0].responses[0].body_type, MOCK_BODY_FILE);
	CHECK_INT(env->routes[1].response_mode, MOCK_MODE_RANDOM);
	CHECK_INT(env->routes[1].responses[0].body_type, MOCK_BODY_DATABUCKET);
}

static void
what_is_wrong_is_told_with_its_place(void)
{
	refused("{", "x.json:1:1:");
	refused("[]", "x.json: expected a Mockoon environment");
	refused("{\"openapi\":\"3\"}", "expected a Mockoon environment");
	refused("{\"routes\":{}}", "x.json: routes: expected a list, not {}");
	refused("{\"routes\":[1]}", "x.json: routes[0]: expected an object");
	refused("{\"routes\":[{\"responses\":[{}]}]}",
	    "routes[0].endpoint: expected the path of the route");
	refused("{\"routes\":[{\"endpoint\":\"a\"}]}",
	    "routes[0].responses: expected one response or more");
	refused("{\"routes\":[{\"endpoint\":\"a\",\"responses\":[{},"
		"{\"statusCode\":99}]}]}",
	    "routes[0].responses[1].statusCode: expected a number from 100 "
	    "to 999, not 99");
	refused("{\"routes\":[{\"endpoint\":\"a\",\"responses\":[{\"rules\":"
		"[{\"target\":\"bdy\"}]}]}]}",
	    "routes[0].responses[0].rules[0].target: expected one of body "
	    "query");
	refused("{\"routes\":[],\"cors\":1}",
	    "x.json: cors: expected true or false, not 1");
	refused("{\"routes\":[],\"lastMigration\":-1}",
	    "lastMigration: expected a number from 0 to 2147483647");
}

static void
what_nobody_knows_is_remarked(void)
{
	given("{\"routes\":[{\"endpoint\":\"a\",\"responses\":[{\"boby\":1}]}"
	      "],\"x\":1}");
	CHECK_STR(buf_text(&remarks),
	    "m/x.json: routes[0].responses[0].boby: nobody knows it\n"
	    "m/x.json: x: nobody knows it\n");
	environment_free(env);
	env = NULL;
	buf_free(&remarks);
}

static void
a_file_of_a_newer_mockoon_is_read_as_far_as_it_is_known(void)
{
	given("{\"routes\":[{\"endpoint\":\"a\",\"responses\":[{}]}],"
	      "\"lastMigration\":34}");
	CHECK_INT(env->nroutes, 1);
	CHECK(
	    strncmp(buf_text(&remarks), "m/x.json: lastMigration: ", 25) == 0);
	environment_free(env);
	env = NULL;
	buf_free(&remarks);
}

static void
what_mockoon_does_not_have_is_in_objects_named_hark(void)
{
	const struct mock_stream *stream;
	const struct mock_response *r;

	given("{\"routes\":[{\"endpoint\":\"a\",\"hark\":{\"open\":{\"a\":1}},"
	      "\"responses\":[{\"hark\":{\"stream\":{\"events\":["
	      "{\"data\":[1],\"id\":7,\"retry\":0},{\"event\":\"e\",\"delay\":"
	      "5}],"
	      "\"pieces\":\"lines\",\"repeat\":0}}},"
	      "{\"hark\":{\"close\":{\"reason\":\"enough\"}}},"
	      "{\"hark\":null}]}]}");
	CHECK(str_is(env->routes[0].greeting, "{\n  \"a\": 1\n}"));
	r = env->routes[0].responses;
	stream = r->stream;
	CHECK_INT(stream->nevents, 2);
	CHECK(str_is(stream->events[0].id, "7"));
	CHECK_INT(stream->events[0].retry_ms, 0);
	CHECK(stream->events[0].delay_ms == UINT64_MAX);
	CHECK(stream->events[1].retry_ms == UINT64_MAX);
	CHECK_INT(stream->events[1].delay_ms, 5);
	CHECK_INT(stream->pieces, MOCK_PIECES_LINES);
	CHECK_INT(stream->interval_ms, ENVIRONMENT_INTERVAL_MS);
	CHECK_INT(stream->repeat, 0);
	CHECK_INT(r[1].close->code, 1000);
	CHECK(str_is(r[1].close->reason, "enough"));
	CHECK(r[1].stream == NULL && r[2].close == NULL);
	CHECK_INT(remarks.n, 0);
	refused("{\"routes\":[{\"endpoint\":\"a\",\"responses\":[{\"hark\":"
		"{\"stream\":{\"events\":[{\"delay\":-1}]}}}]}]}",
	    "routes[0].responses[0].hark.stream.events[0].delay: expected a "
	    "number from 0 to");
	refused("{\"routes\":[{\"endpoint\":\"a\",\"responses\":[{\"hark\":"
		"{\"close\":4000}}]}]}",
	    "routes[0].responses[0].hark.close: expected an object");
}

static void
methods_of_faker_7_have_their_new_names(void)
{
	static const char body[] =
	    "{\"lastMigration\":%d,\"routes\":[{\"endpoint\":\"a\","
	    "\"responses\":[{\"body\":\"faker {{faker 'name.findName'}} "
	    "{{{x (faker 'datatype.number' min=1) 2}}} {{faker 'name.sex'}} "
	    "a{{faker 'datatype.json'}}b {{faker 'person.sex'}} "
	    "{{faker 'x'}} faker 'datatype.json' {{faker \"}]}]}";
	char text[400];

	snprintf(text, sizeof(text), body, 28);
	given(text);
	CHECK_INT(str_is(env->routes[0].responses[0].body,
		      "faker {{faker 'person.fullName'}} "
		      "{{{x (faker 'number.int' min=1 max=99999) 2}}} "
		      "{{faker 'person.sex'}} ab {{faker 'person.sex'}} "
		      "{{faker 'x'}} faker 'datatype.json' {{faker "),
	    1);
	snprintf(text, sizeof(text), body, 29);
	given(text);
	CHECK_INT(
	    str_is(env->routes[0].responses[0].body,
		"faker {{faker 'name.findName'}} "
		"{{{x (faker 'datatype.number' min=1) 2}}} "
		"{{faker 'name.sex'}} a{{faker 'datatype.json'}}b "
		"{{faker 'person.sex'}} {{faker 'x'}} faker 'datatype.json' "
		"{{faker "),
	    1);
}

static void
files_of_older_mockoons_are_read(void)
{
	const struct mock_response *r;

	given("\xef\xbb\xbf{\"source\":\"mockoon:1.3.0\",\"data\":[{\"type\":"
	      "\"environment\",\"item\":{\"duplicates\":[],\"routes\":[{"
	      "\"endpoint\":\"a\",\"statusCode\":\"201\",\"latency\":5,"
	      "\"body\":\"b\",\"contentType\":\"text/x\",\"customHeaders\":[{"
	      "\"key\":\"A\",\"value\":\"1\"}],\"duplicates\":[],"
	      "\"file\":{\"path\":\"f\",\"sendAsBody\":true}}]}}]}");
	CHECK_INT(remarks.n, 0);
	CHECK_INT(env->nroutes, 1);
	CHECK_INT(env->routes[0].nresponses, 1);
	r = &env->routes[0].responses[0];
	CHECK_INT(r->status, 201);
	CHECK_INT(r->latency_ms, 5);
	CHECK(str_is(r->body, "b"));
	CHECK(str_is(r->file_path, "f"));
	CHECK(r->send_file_as_body);
	CHECK_INT(r->headers.n, 2);
	CHECK(str_is(r->headers.v[0].key, "Content-Type"));
	CHECK(str_is(r->headers.v[0].value, "text/x"));
	CHECK(str_is(r->headers.v[1].key, "A"));
	given("{\"source\":\"mockoon:1.9.0\",\"data\":[{\"type\":\"route\","
	      "\"item\":{\"endpoint\":\"a\",\"responses\":[{}]}}]}");
	CHECK_INT(env->nroutes, 1);
	refused("{\"source\":\"mockoon:1.9.0\",\"data\":[{\"type\":"
		"\"environment\",\"item\":{}},{\"type\":\"environment\","
		"\"item\":{}}]}",
	    "with 2 environments");
	refused("{\"source\":\"mockoon:1.9.0\",\"data\":[{\"type\":"
		"\"environment\",\"item\":5}]}",
	    "with 1 environments");
}

RUN(TEST(all_but_an_endpoint_and_a_response_has_a_default),
    TEST(every_member_goes_to_its_place),
    TEST(what_mockoon_does_not_have_is_in_objects_named_hark),
    TEST(routes_are_in_the_order_of_the_tree),
    TEST(what_older_formats_had_is_understood),
    TEST(what_is_wrong_is_told_with_its_place),
    TEST(what_nobody_knows_is_remarked),
    TEST(a_file_of_a_newer_mockoon_is_read_as_far_as_it_is_known),
    TEST(files_of_older_mockoons_are_read),
    TEST(methods_of_faker_7_have_their_new_names))
