#include "config.h"

#include <stdlib.h>

#include "base/buf.h"
#include "mock/check.h"

#include "folder.h"
#include "tap.h"

static struct buf found;
static size_t line_of, column_of; /* of the last one */

static void
on_finding(void *arg, const struct check_finding *f)
{
	(void)arg;
	line_of = f->line;
	column_of = f->column;
	buf_addf(&found, "%s %.*s: %.*s\n", f->wrong ? "E" : "R",
	    STR_ARGS(f->where), STR_ARGS(f->text));
}

/* Findings begin with these lines, cut at their length, or are none. */
static void
finds(const char *text, const char *wanted)
{
	FILE *file = fopen(at("mocks.json"), "w");
	struct str rest, line, want = str_of(wanted), first;

	CHECK(file != NULL);
	fputs(text, file);
	fclose(file);
	found.n = 0;
	(void)check_file(at("mocks.json"), on_finding, NULL);
	rest = buf_str(&found);
	while (want.n > 0 && str_cut(&want, '\n', &first)) {
		str_cut(&rest, '\n', &line);
		if (line.n > first.n)
			line.n = first.n;
		if (!str_eq(line, first))
			printf("# found:\n# %s\n", buf_text(&found));
		CHECK(str_eq(line, first));
	}
	CHECK_INT(rest.n, 0);
}

#define ROUTE(endpoint, rest) \
	"{\"endpoint\":\"" endpoint "\",\"responses\":[{" rest "}]}"
#define ROUTES(list) "{\"routes\":[\n" list "]}"

static void
a_good_file_has_no_findings(void)
{
	finds(ROUTES(ROUTE("a/:id",
		  "\"body\":\"{{faker 'string.uuid'}}\"") "," ROUTE("b/*", "")),
	    "");
}

static void
what_cannot_be_read_is_one_error(void)
{
	finds("{\"routes\":[{\"endpoint\":7,\"responses\":[{}]}]}",
	    "E routes[0].endpoint: expected a text");
	finds("{", "E : ");
}

static void
remarks_of_the_reader_have_their_place(void)
{
	finds(ROUTES("{\"endpoint\":\"a\",\n\"odd\":1,\"responses\":[{}]}"),
	    "R routes[0].odd: nobody knows it");
	CHECK_INT(line_of, 3);
	CHECK_INT(column_of, 7);
}

static void
fields_that_cannot_be_sent_are_errors(void)
{
	finds(ROUTES(ROUTE("a", "\"headers\":[{\"key\":\"A\",\"value\":"
				"\"b\\r\\nC: d\"},{\"key\":\"A b\"}]")),
	    "E routes[0].responses[0].headers[0].value: a control character\n"
	    "E routes[0].responses[0].headers[1].key: expected the name\n");
	finds(ROUTES(ROUTE("a", "\"headers\":[{\"key\":\"A\",\"value\":"
				"\"{{#if\\n1}}b{{/if}}\\n\"}]")),
	    "");
}

static void
bad_paths_templates_and_expressions_are_errors(void)
{
	finds(ROUTES(ROUTE("a/(", "")), "E routes[0].endpoint: ");
	finds(ROUTES(ROUTE("a", "\"body\":\"x\\n {{#if}\"")),
	    "E routes[0].responses[0].body: template: line 2, column ");
	finds(ROUTES(
		  ROUTE("a", "\"disableTemplating\":true,\"body\":\"{{#if}\"")),
	    "");
	finds(ROUTES(ROUTE("a", "\"headers\":[{\"key\":\"A\",\"value\":"
				"\"{{\"}]")),
	    "E routes[0].responses[0].headers[0].value: template: ");
	finds(ROUTES(ROUTE("a", "\"rules\":[{\"target\":\"path\","
				"\"operator\":\"regex\",\"value\":\"(\"}]")),
	    "E routes[0].responses[0].rules[0].value: ");
}

static void
references_to_nothing_are_found(void)
{
	finds(ROUTES(ROUTE("a", "\"bodyType\":\"DATABUCKET\","
				"\"databucketID\":\"zz\"")),
	    "E routes[0].responses[0].databucketID: zz: no data bucket");
	finds(ROUTES(ROUTE("a", "\"callbacks\":[{\"uuid\":\"u\"}]")),
	    "E routes[0].responses[0].callbacks[0]: u: no callback");
	finds(ROUTES(ROUTE("a", "\"filePath\":\"none.txt\"")),
	    "E routes[0].responses[0].filePath: ");
	finds(ROUTES(ROUTE(
		  "a", "\"filePath\":\"none.txt\",\"fallbackTo404\":true")),
	    "R routes[0].responses[0].filePath: ");
	finds(ROUTES(ROUTE("a",
		  "\"rules\":[{\"target\":\"data_bucket\","
		  "\"modifier\":\"zz.x\",\"operator\":\"equals\"}]")),
	    "R routes[0].responses[0].rules[0].modifier: zz: no data");
}

#define CALLED "\"callbacks\":[{\"uuid\":\"u\"}]"
#define CALLBACK(rest) \
	"{\"routes\":[" ROUTE("a", CALLED) "],\"callbacks\":[{\"uuid\":" \
					   "\"u\"," rest "}]}"

static void
callbacks_need_a_url_a_method_and_what_they_name(void)
{
	finds(CALLBACK("\"uri\":\"https://h/{{urlParam 'a'}}\""), "");
	finds(CALLBACK("\"uri\":\"/own\",\"method\":\"get\""), "");
	finds(CALLBACK("\"method\":\"put\""),
	    "E callbacks[0].uri: expected a URL");
	finds(CALLBACK("\"uri\":\"ftp://h/\""),
	    "E callbacks[0].uri: expected an absolute URL");
	finds(CALLBACK("\"uri\":\"/{{#if}\""),
	    "E callbacks[0].uri: template: line 1");
	finds(CALLBACK("\"uri\":\"/\",\"body\":\"{{#if}\""),
	    "E callbacks[0].body: template: line 1");
	finds(CALLBACK("\"uri\":\"/\",\"method\":\"all\""),
	    "E callbacks[0].method: all: no callback");
	finds(CALLBACK("\"uri\":\"/\",\"method\":\"get\",\"body\":{}"),
	    "R callbacks[0].method: get: only post");
	finds(CALLBACK("\"uri\":\"/\",\"databucketID\":\"zz\""),
	    "E callbacks[0].databucketID: zz: no data bucket");
	finds(CALLBACK("\"uri\":\"/\",\"filePath\":\"none\""),
	    "E callbacks[0].filePath: ");
	finds(CALLBACK("\"uri\":\"/\",\"hark\":{\"sign\":{}}"),
	    "E callbacks[0].hark.sign: expected one of key");
	finds(CALLBACK("\"uri\":\"/\",\"hark\":{\"retries\":99}"),
	    "E callbacks[0].hark.retries: expected a number from 0 to 20");
	finds(CALLBACK("\"uri\":\"/\"},{\"uuid\":\"u\",\"uri\":\"/\""),
	    "E callbacks[1]: callbacks[0] has the same uuid");
	finds(CALLBACK("\"uri\":\"/\"},{\"uuid\":\"v\",\"uri\":\"/\""),
	    "R callbacks[1]: no response calls it");
}

static void
routes_behind_wider_ones_are_never_reached(void)
{
	finds(ROUTES(ROUTE("a/:id", "") "," ROUTE("A/b", "")),
	    "R routes[1].endpoint: A/b: never reached: routes[0] (a/:id)");
	finds(ROUTES(ROUTE("*", "") "," ROUTE("a/b/:c", "")),
	    "R routes[1].endpoint: ");
	finds(ROUTES("{\"method\":\"\",\"type\":\"crud\",\"endpoint\":\"a\","
		     "\"responses\":[{}]}," ROUTE("a/7", "")),
	    "R routes[1].endpoint: ");
}

static void
routes_that_can_be_reached_are_fine(void)
{
	finds(ROUTES(ROUTE("a/b", "") "," ROUTE("a/:id", "")), "");
	finds(ROUTES(ROUTE("a/:id", "") "," ROUTE("a/b/c", "")), "");
	finds(ROUTES(ROUTE("a/x:id", "") "," ROUTE("a/:id", "")), "");
	finds(ROUTES("{\"method\":\"post\",\"endpoint\":\"a\","
		     "\"responses\":[{}]}," ROUTE("a", "")),
	    "");
	finds(ROUTES("{\"responseMode\":\"FALLBACK\",\"endpoint\":\"a\","
		     "\"responses\":[{}]}," ROUTE("a", "")),
	    "");
}

static void
twins_are_told(void)
{
	finds(ROUTES("{\"uuid\":\"u\",\"endpoint\":\"a\",\"responses\":[{}]},"
		     "{\"uuid\":\"u\",\"endpoint\":\"b\","
		     "\"responses\":[{}]}"),
	    "R routes[1].uuid: u: routes[0] has the same");
}

#define RESPONSES(more, list) \
	"{\"routes\":[{\"endpoint\":\"a\"," more "\"responses\":[" list "]}]}"

static void
what_hark_adds_is_looked_over(void)
{
	finds(RESPONSES("", "{\"hark\":{\"weight\":2}},{\"rules\":[{}],\n"
			    "\"hark\":{\"weight\":1}}"),
	    "R routes[0].responses[1].hark.weight: not looked at: its rules "
	    "decide\n");
	CHECK_INT(line_of, 2);
	finds(RESPONSES("\"responseMode\":\"SEQUENTIAL\",",
		  "{\"hark\":{\"weight\":2}}"),
	    "R routes[0].responses[0].hark.weight: not looked at, as the\n");
	finds(RESPONSES(
		  "\"responseMode\":\"RANDOM\",", "{\"hark\":{\"weight\":0}}"),
	    "R routes[0].responses: no response weighs anything\n");
	finds(
	    RESPONSES("", "{\"hark\":{\"scenario\":\"s\",\"state\":\"Started\","
			  "\"newState\":\"x\"}},{\"hark\":{\"scenario\":\"s\","
			  "\"state\":\"x\"}},{\"hark\":{\"scenario\":\"s\","
			  "\"state\":\"y\"}},{\"hark\":{\"scenario\":\"t\"}}"),
	    "R routes[0].responses[2].hark.state: y: never true: no response "
	    "has it\n"
	    "R routes[0].responses[3].hark.scenario: t: expected a state\n");
	finds(RESPONSES("", "{\"hark\":{\"fault\":\"reset\",\"bandwidth\":1}}"),
	    "R routes[0].responses[0].hark.bandwidth: not looked at: the "
	    "fault is reset\n");
	finds(RESPONSES("\"type\":\"ws\",\"hark\":{\"delay\":1,\"errors\":"
			"{\"rate\":1}},",
		  "{\"hark\":{\"fault\":\"cut\"}}"),
	    "R routes[0].responses[0].hark.fault: of no effect on a "
	    "WebSocket\n"
	    "R routes[0].hark.delay: of no effect on a WebSocket\n"
	    "R routes[0].hark.errors: of no effect on a WebSocket\n");
	finds(RESPONSES("\n", "{\"hark\":{\"fault\":\"explode\"}}"),
	    "E routes[0].responses[0].hark.fault: expected one of\n");
	CHECK_INT(line_of, 2);
	finds(RESPONSES("", "{\"hark\":{\"wait\":1}}"),
	    "R routes[0].responses[0].hark.wait: nobody knows it\n");
}

static void
a_file_that_is_no_json_has_its_line(void)
{
	finds("{\"routes\": [\n {,\n", "E : string or '}' expected");
	CHECK_INT(line_of, 2);
	CHECK_INT(column_of, 3);
	finds("\xff\xfe{", "E : unable to decode");
}

static void
files_of_other_programs_are_told_what_they_are(void)
{
	finds("{\"openapi\":\"3.0.0\"}",
	    "E : expected a Mockoon environment, but it is an OpenAPI "
	    "description: make one with hark mock from-openapi");
	finds("{\"log\":{\"entries\":[]}}",
	    "E : expected a Mockoon environment, but it is a HAR");
	finds("{\"endpoint\":\"a\",\"responses\":[{}]}",
	    "E : expected a Mockoon environment, but it is a single route");
	finds("{}", "E : expected a Mockoon environment: an object with");
}

static void
remarks_stay_when_the_file_cannot_be_used(void)
{
	finds("{\"rutes\":[],\"routes\":[{\"responses\":[{}]}]}",
	    "E routes[0].endpoint: expected\nR rutes: nobody knows it");
}

static void
children_that_are_none_have_a_place(void)
{
	finds("{\"routes\":[],\"rootChildren\":[{\"uuid\":\"r\"},\n"
	      "{\"type\":\"folder\",\"uuid\":\"f\"}],"
	      "\"folders\":[{\"children\":[{\"uuid\":\"s\"}]}]}",
	    "R rootChildren[0].uuid: r: no such route\n"
	    "R rootChildren[1].uuid: f: no such folder\n"
	    "R folders[0].children[0].uuid: s: no such route");
}

static void
methods_that_faker_has_not_are_wrong(void)
{
	finds(ROUTES(ROUTE("a",
		  "\"body\":\"{{faker 'random.word'}} (faker 'no.thing') "
		  "{{lowercase (faker \\\"name.firstName\\\")}}\"")),
	    "E routes[0].responses[0].body: template: faker has no method "
	    "random.word\n"
	    "E routes[0].responses[0].body: template: faker has no method "
	    "no.thing");
	finds(ROUTES(ROUTE("a", "\"body\":\"{{a}} faker 'no.thing'\"")), "");
}

static void
websockets_and_streams_have_their_own_members(void)
{
	finds(ROUTES("{\"type\":\"ws\",\"endpoint\":\"a\",\"streamingMode\":"
		     "\"UNICAST\",\"hark\":{\"open\":\"{{\"},\"responses\":["
		     "{\"hark\":{\"close\":{\"code\":1006}}},"
		     "{\"hark\":{\"close\":{\"code\":4000,\"reason\":\"{{\"}}},"
		     "{\"headers\":[{\"key\":\"A\",\"value\":\"b\"}]},"
		     "{\"hark\":{\"stream\":{}}}]}"),
	    "E routes[0].hark.open: \n"
	    "E routes[0].responses[0].hark.close.code: 1006 is never sent\n"
	    "E routes[0].responses[1].hark.close.reason: \n"
	    "R routes[0].responses[2]: headers are not sent on a WebSocket\n"
	    "R routes[0].responses[3].hark.stream: not looked at\n");
	finds(ROUTES("{\"endpoint\":\"a\",\"streamingMode\":\"BROADCAST\","
		     "\"hark\":{\"open\":\"x\"},\"responses\":["
		     "{\"hark\":{\"stream\":{\"events\":[{\"id\":\"{{\"}]}}},"
		     "{\"hark\":{\"close\":{}}}]}"),
	    "R routes[0].hark.open: only WebSockets begin\n"
	    "R routes[0].streamingMode: only WebSockets have one\n"
	    "E routes[0].responses[0].hark.stream.events[0].id: \n"
	    "R routes[0].responses[1].hark.close: not looked at\n");
}

RUN(TEST(a_good_file_has_no_findings), TEST(what_cannot_be_read_is_one_error),
    TEST(websockets_and_streams_have_their_own_members),
    TEST(remarks_of_the_reader_have_their_place),
    TEST(fields_that_cannot_be_sent_are_errors),
    TEST(bad_paths_templates_and_expressions_are_errors),
    TEST(references_to_nothing_are_found),
    TEST(callbacks_need_a_url_a_method_and_what_they_name),
    TEST(routes_behind_wider_ones_are_never_reached),
    TEST(routes_that_can_be_reached_are_fine), TEST(twins_are_told),
    TEST(what_hark_adds_is_looked_over),
    TEST(a_file_that_is_no_json_has_its_line),
    TEST(files_of_other_programs_are_told_what_they_are),
    TEST(remarks_stay_when_the_file_cannot_be_used),
    TEST(children_that_are_none_have_a_place),
    TEST(methods_that_faker_has_not_are_wrong))
