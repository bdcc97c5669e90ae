#include "config.h"

#include <stdlib.h>

#include "base/buf.h"
#include "mock/stream.h"

#include "mocking.h"

#define ROUTE(response) \
	"{\"headers\":[{\"key\":\"Content-Type\",\"value\":" \
	"\"application/json\"}],\"data\":[{\"id\":\"n\",\"value\":0}]," \
	"\"routes\":[{\"endpoint\":\"e/:id\",\"responses\":[{" response \
	"}]}]}"
#define TYPE(type) \
	"\"headers\":[{\"key\":\"Content-Type\",\"value\":\"" type "\"}]"

static struct mock_reply reply;
static struct buf all;

/* The pieces, each as "<wait piece>". */
static const char *
streamed(const char *file, size_t most)
{
	struct buf piece = { 0 }, remarks = { 0 };
	uint64_t ms;
	size_t i;

	mocking(file);
	request.target = STR("/e/x");
	mock_reply_fini(&reply);
	reply = (struct mock_reply){ 0 };
	CHECK(mocks_answer(mocks, &request, &reply));
	CHECK(reply.stream != NULL);
	all.n = 0;
	for (i = 0; i < most && stream_more(reply.stream, &ms); i++) {
		piece.n = 0;
		if (stream_take(reply.stream, 0, &piece, &remarks, &e) == -1) {
			buf_addf(&all, "<%s>", e.text);
			break;
		}
		buf_addf(&all, "<%d %.*s>", (int)ms, STR_ARGS(buf_str(&piece)));
	}
	buf_free(&piece);
	buf_free(&remarks);
	return buf_text(&all);
}

static void
events_are_rendered_one_by_one(void)
{
	CHECK_STR(
	    streamed(ROUTE("\"hark\":{\"stream\":{\"interval\":50,\"events\":["
			   "{\"data\":{\"a\":1}},{\"event\":\"e\\nx\",\"id\":"
			   "\"{{urlParam 'id'}}{{index}}\",\"retry\":7,"
			   "\"data\":\"\",\"delay\":5},{\"comment\":\"c\"}]}}"),
		9),
	    "<0 data: {\"a\":1}\n\n>"
	    "<5 event: e x\nid: x1\nretry: 7\ndata: \n\n><50 : c\n\n>");
	CHECK(str_is(reply.headers, "Content-Type: text/event-stream\r\n"
				    "Cache-Control: no-cache\r\n"));
}

static void
events_of_another_type_are_lines(void)
{
	CHECK_STR(
	    streamed(
		ROUTE(TYPE("application/x-ndjson") ",\"hark\":{"
						   "\"stream\":{\"repeat\":2,"
						   "\"events\":[{\"data\":"
						   "\"{{cycle}}.{{index}}\"},{"
						   "\"data\":\"b\"}]}}"),
		9),
	    "<0 0.0\n><100 b\n><100 1.2\n><100 b\n>");
}

static void
a_body_is_cut_into_lines(void)
{
	CHECK_STR(streamed(ROUTE("\"body\":\"a\\nb\\r\\n\\nc\",\"hark\":{"
				 "\"stream\":{\"interval\":1}}"),
		      9),
	    "<0 a\n><1 b\r\n\n><1 c>");
	CHECK_STR(
	    streamed(ROUTE("\"body\":\"\",\"hark\":{\"stream\":{}}"), 9), "");
}

static void
an_event_stream_is_cut_behind_its_events(void)
{
	CHECK_STR(streamed(ROUTE(TYPE(
			       "text/event-stream") ",\"body\":"
						    "\"id: 1\\ndata: a\\n\\n: "
						    "c\\r\\n\\r\\ndata\","
						    "\"hark\":{\"stream\":{}}"),
		      9),
	    "<0 id: 1\ndata: a\n\n><100 : c\r\n\r\n><100 data>");
	CHECK_STR(streamed(ROUTE("\"body\":\"a\\nb\\n\\nc\",\"hark\":{"
				 "\"stream\":{\"pieces\":\"events\"}}"),
		      9),
	    "<0 a\nb\n\n><100 c>");
}

static void
a_body_is_rendered_each_time_it_is_sent(void)
{
	CHECK_STR(streamed(ROUTE("\"body\":\"{{setData 'inc' 'n'}}"
				 "{{data 'n'}}\\n\",\"hark\":{\"stream\":{"
				 "\"repeat\":0,\"interval\":0}}"),
		      3),
	    "<0 1\n><10 2\n><10 3\n>");
}

static void
an_event_that_cannot_be_made_is_an_error(void)
{
	streamed(ROUTE("\"hark\":{\"stream\":{\"events\":[{\"data\":"
		       "\"{{faker 'no.such'}}\"}]}}"),
	    9);
	CHECK(strstr(buf_text(&all), "no.such") != NULL);
}

static void
all_is_freed(void)
{
	mock_reply_fini(&reply);
	buf_free(&all);
	stream_free(NULL);
	mocking_ends();
}

RUN(TEST(events_are_rendered_one_by_one),
    TEST(events_of_another_type_are_lines), TEST(a_body_is_cut_into_lines),
    TEST(an_event_stream_is_cut_behind_its_events),
    TEST(a_body_is_rendered_each_time_it_is_sent),
    TEST(an_event_that_cannot_be_made_is_an_error), TEST(all_is_freed))
