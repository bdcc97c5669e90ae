#include "config.h"

#include <stdlib.h>

#include "base/mem.h"
#include "mock/socket.h"

#include "folder.h"
#include "mocking.h"

#define ROUTE(more) \
	"{\"endpointPrefix\":\"p\",\"data\":[{\"id\":\"b\",\"name\":\"B\"," \
	"\"value\":{\"a\":\"{{add 1 1}}\"}},{\"id\":\"t\",\"value\":" \
	"\"{{{{raw}}}}{{urlParam 'id'}}{{{{/raw}}}}\"}]," \
	"\"routes\":[{\"type\":\"ws\",\"uuid\":\"u\"," \
	"\"endpoint\":\"chat/:id\"," more "}]}"

static struct socket *chat;
static struct socket_answer answer;
static char said[512];

static void
connected(const char *file)
{
	mocking(file);
	request.target = STR("/p/chat/x?q=1");
	request.socket = true;
	socket_free(chat);
	chat = mocks_socket(mocks, &request);
	CHECK(chat != NULL);
}

static void
with_field(const char *name, const char *value)
{
	headers_add(&fields, &arena, str_of(name), str_of(value));
	socket_free(chat);
	chat = mocks_socket(mocks, &request);
}

/* "text", "text|code reason", "|code" or "" */
static const char *
outcome(void)
{
	size_t n = 0;

	said[0] = '\0';
	if (answer.sends)
		n = (size_t)snprintf(said, sizeof(said), "%.*s",
		    STR_ARGS(buf_str(&answer.text)));
	if (answer.closes)
		snprintf(said + n, sizeof(said) - n, "|%u %.*s", answer.code,
		    STR_ARGS(buf_str(&answer.reason)));
	return said;
}

static const char *
tell(const char *text)
{
	struct socket_turn turn;

	if (socket_choose(chat, str_of(text), 0, &turn, &answer))
		socket_answer(chat, &turn, str_of(text), 0, &answer);
	return outcome();
}

static void
only_a_websocket_finds_its_route(void)
{
	connected(ROUTE("\"responses\":[{\"body\":\"x\"}]"));
	CHECK(mocks_have_sockets(mocks));
	CHECK(str_is(socket_route(chat), "u"));
	CHECK_INT(socket_mode(chat), MOCK_STREAMING_NONE);
	request.target = STR("/chat/x");
	CHECK(mocks_socket(mocks, &request) == NULL);
	request.target = STR("/p//chat/x");
	CHECK(mocks_socket(mocks, &request) == NULL);
	mocking("{\"routes\":[{\"endpoint\":\"p/chat/:id\",\"responses\":[{}]}"
		"]}");
	CHECK(!mocks_have_sockets(mocks));
	request.target = STR("/p/chat/x");
	CHECK(mocks_socket(mocks, &request) == NULL);
}

static void
templates_see_the_message_and_the_handshake(void)
{
	connected(ROUTE(
	    "\"responses\":[{\"body\":\"{{body}} {{body 'a'}} {{method}} "
	    "{{urlParam 'id'}} {{queryParam 'q'}} {{header 'x-a'}} {{ip}} "
	    "{{hostname}} {{baseUrl}}\"}]"));
	CHECK_STR(tell("hi"), "hi hi GET x 1  192.0.2.1 api.test:8080 "
			      "http://api.test:8080/p");
	with_field("X-A", "b");
	with_field("X-Forwarded-For", "203.0.113.9");
	with_field("Content-Type", "application/json");
	CHECK_STR(tell("{\"a\":[1]}"),
	    "{\"a\":[1]} [1] GET x 1 b 203.0.113.9 api.test:8080 "
	    "http://api.test:8080/p");
	CHECK_STR(tell("{"), "{ { GET x 1 b 203.0.113.9 api.test:8080 "
			     "http://api.test:8080/p");
	CHECK(answer.remarks.n > 0);
}

static void
rules_choose_by_the_message(void)
{
	connected(ROUTE(
	    "\"responses\":[{\"body\":\"default\",\"default\":true},"
	    "{\"body\":\"hello\",\"rules\":[{\"target\":\"body\",\"value\":"
	    "\"^hi\",\"operator\":\"regex\"}]},"
	    "{\"body\":\"third\",\"rules\":[{\"target\":\"request_number\","
	    "\"value\":\"3\",\"operator\":\"equals\"}]},"
	    "{\"body\":\"deep\",\"rules\":[{\"target\":\"body\",\"modifier\":"
	    "\"$.a.b\",\"value\":\"1\",\"operator\":\"equals\"}]},"
	    "{\"body\":\"path\",\"rules\":[{\"target\":\"path\",\"value\":"
	    "\"/chat/:id\",\"operator\":\"equals\"},{\"target\":\"body\","
	    "\"value\":\"path\",\"operator\":\"equals\"}],"
	    "\"rulesOperator\":\"AND\"}]"));
	CHECK_STR(tell("hi there"), "hello");
	CHECK_STR(tell("other"), "default");
	CHECK_STR(tell("other"), "third");
	CHECK_STR(tell("path"), "path");
	CHECK_STR(tell("{\"a\":{\"b\":1}}"), "default");
	with_field("Content-Type", "application/json");
	CHECK_STR(tell("{\"a\":{\"b\":1}}"), "deep");
}

static void
each_connection_counts_for_itself(void)
{
	struct socket *other;

	connected(ROUTE("\"responseMode\":\"SEQUENTIAL\",\"responses\":"
			"[{\"body\":\"1\"},{\"body\":\"2\"},{\"body\":\"\"}]"));
	other = chat;
	CHECK_STR(tell(""), "1");
	CHECK_STR(tell(""), "2");
	chat = mocks_socket(mocks, &request);
	CHECK_STR(tell(""), "1");
	socket_free(chat);
	chat = other;
	CHECK_STR(tell(""), "");
	CHECK_STR(tell(""), "1");
}

static void
nobody_answers_when_a_fallback_route_has_no_rule_that_holds(void)
{
	connected(ROUTE(
	    "\"responseMode\":\"FALLBACK\",\"responses\":[{\"body\":\"1\","
	    "\"rules\":[{\"target\":\"body\",\"value\":\"a\",\"operator\":"
	    "\"equals\"}]}]"));
	CHECK_STR(tell("b"), "");
	CHECK_STR(tell("a"), "1");
}

static void
a_response_waits_its_latency_but_not_in_a_stream(void)
{
	struct socket_turn turn;

	connected(ROUTE("\"responses\":[{\"body\":\"x\",\"latency\":70}]"));
	CHECK(socket_choose(chat, STR("a"), 0, &turn, &answer));
	CHECK_INT(turn.latency_ms, 70);
	connected(ROUTE("\"streamingMode\":\"UNICAST\",\"streamingInterval\":5,"
			"\"responses\":[{\"body\":\"x\",\"latency\":70}]"));
	CHECK_INT(socket_mode(chat), MOCK_STREAMING_UNICAST);
	CHECK_INT(socket_interval_ms(chat), 10);
	CHECK(socket_choose(chat, STR(""), 0, &turn, &answer));
	CHECK_INT(turn.latency_ms, 0);
}

static void
buckets_are_templates_once_more(void)
{
	connected(ROUTE("\"responseMode\":\"SEQUENTIAL\",\"responses\":["
			"{\"bodyType\":\"DATABUCKET\",\"databucketID\":\"b\"},"
			"{\"bodyType\":\"DATABUCKET\",\"databucketID\":\"t\"},"
			"{\"bodyType\":\"DATABUCKET\",\"databucketID\":\"t\","
			"\"disableTemplating\":true},"
			"{\"bodyType\":\"DATABUCKET\",\"databucketID\":\"no\","
			"\"body\":\"own\"}]"));
	CHECK_STR(tell(""), "{\"a\":\"2\"}");
	CHECK_STR(tell(""), "x");
	CHECK_STR(tell(""), "{{urlParam 'id'}}");
	CHECK_STR(tell(""), "own");
}

static void
a_file_that_cannot_be_read_is_the_end(void)
{
	char text[1024], *file = xasprintf("%s/f.txt", dir);
	FILE *f = fopen(file, "w");

	fputs("<{{body}}>", f);
	fclose(f);
	snprintf(text, sizeof(text),
	    ROUTE("\"responseMode\":\"SEQUENTIAL\",\"responses\":["
		  "{\"filePath\":\"%s\"},{\"filePath\":\"%s\","
		  "\"disableTemplating\":true},{\"filePath\":\"%s/no\"}]"),
	    file, file, dir);
	connected(text);
	CHECK_STR(tell("a"), "<a>");
	CHECK_STR(tell("a"), "<{{body}}>");
	tell("a");
	CHECK(strstr(said, "Status: 500, File reading error! (") == said);
	CHECK(strstr(said, "|0 ") != NULL);
	free(file);
}

static void
what_cannot_be_made_closes_the_connection(void)
{
	connected(ROUTE(
	    "\"responseMode\":\"SEQUENTIAL\",\"responses\":["
	    "{\"body\":\"{{faker 'no.such'}}\"},{\"body\":\"{{#if}}\"}]"));
	CHECK_STR(tell(""), "|1011 the response's template");
	CHECK_STR(tell(""), "|1011 the response's template");
	CHECK(answer.remarks.n > 0);
	connected(ROUTE("\"responses\":[{\"rules\":[{\"target\":\"body\","
			"\"value\":\"{{body}}\",\"operator\":\"regex\"}]}]"));
	CHECK_STR(tell("("), "|1011 a rule");
}

static void
hark_can_greet_and_close(void)
{
	connected(ROUTE(
	    "\"hark\":{\"open\":\"hello {{urlParam 'id'}}\"},\"responses\":["
	    "{\"body\":\"bye\",\"hark\":{\"close\":{\"code\":4001,"
	    "\"reason\":\"{{body}}\"}}}]"));
	socket_greet(chat, 0, &answer);
	CHECK_STR(outcome(), "hello x");
	CHECK_STR(tell("so"), "bye|4001 so");
	connected(ROUTE("\"responses\":[{}]"));
	socket_greet(chat, 0, &answer);
	CHECK_STR(outcome(), "");
}

static void
a_channel_is_of_a_route_and_a_session(void)
{
	struct socket_channel a, b;
	struct socket *other;

	connected(ROUTE("\"streamingMode\":\"BROADCAST\",\"responses\":[{}]"));
	a = socket_channel(chat);
	request.target = STR("/p/chat/y");
	other = mocks_socket(mocks, &request);
	b = socket_channel(other);
	CHECK(a.route == b.route && a.session == b.session);
	socket_free(other);
	request.session = STR("s");
	request.session_number = 5;
	other = mocks_socket(mocks, &request);
	b = socket_channel(other);
	CHECK(a.route == b.route && a.session != b.session);
	socket_free(other);
}

static void
all_is_freed(void)
{
	socket_free(chat);
	socket_free(NULL);
	socket_answer_fini(&answer);
	mocking_ends();
}

RUN(TEST(only_a_websocket_finds_its_route),
    TEST(templates_see_the_message_and_the_handshake),
    TEST(rules_choose_by_the_message), TEST(each_connection_counts_for_itself),
    TEST(nobody_answers_when_a_fallback_route_has_no_rule_that_holds),
    TEST(a_response_waits_its_latency_but_not_in_a_stream),
    TEST(buckets_are_templates_once_more),
    TEST(a_file_that_cannot_be_read_is_the_end),
    TEST(what_cannot_be_made_closes_the_connection),
    TEST(hark_can_greet_and_close), TEST(a_channel_is_of_a_route_and_a_session),
    TEST(all_is_freed))
