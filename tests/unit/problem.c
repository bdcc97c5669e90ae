#include "config.h"

#include "base/buf.h"
#include "gateway/problem.h"

#include "tests/unit/tap.h"

static void
an_error_has_type_title_status_and_detail(void)
{
	struct buf b = { 0 };

	problem_render(
	    &b, &(struct problem){ .status = 413, .detail = STR("too long") });
	CHECK_STR(buf_text(&b),
	    "{\"type\":\"about:blank\",\"title\":\"Content Too Large\","
	    "\"status\":413,\"detail\":\"too long\"}");
	buf_free(&b);
}

static void
an_upstream_error_names_its_phase(void)
{
	struct buf b = { 0 };

	problem_render(
	    &b, &(struct problem){ .status = 504, .phase = "connect" });
	CHECK_STR(buf_text(&b),
	    "{\"type\":\"about:blank\",\"title\":\"Gateway Timeout\","
	    "\"status\":504,\"phase\":\"connect\"}");
	buf_free(&b);
}

static void
a_miss_tells_the_request_and_the_nearest_entry(void)
{
	struct buf b = { 0 };

	problem_render(&b, &(struct problem){
			       .status = 501,
			       .title = "Nothing recorded",
			       .miss =
				   &(struct problem_miss){
				       .method = STR("POST"),
				       .url = STR("/a?b"),
				       .body_bytes = 12,
				       .nearest_entry = 7,
				       .nearest_method = STR("GET"),
				       .nearest_url = STR("http://a/a"),
				   },
			   });
	CHECK_STR(buf_text(&b),
	    "{\"type\":\"about:blank\",\"title\":\"Nothing recorded\","
	    "\"status\":501,\"method\":\"POST\",\"url\":\"/a?b\","
	    "\"body_bytes\":12,\"nearest\":{\"entry\":7,\"method\":\"GET\","
	    "\"url\":\"http://a/a\"}}");
	buf_free(&b);
}

static void
a_miss_on_an_empty_tape_has_no_nearest_entry(void)
{
	struct problem_miss miss = { .method = STR("GET"), .url = STR("/") };
	struct buf b = { 0 };

	problem_render(&b, &(struct problem){ .status = 501, .miss = &miss });
	CHECK(strstr(buf_text(&b), "nearest") == NULL);
	CHECK(strstr(buf_text(&b), "\"body_bytes\":0}") != NULL);
	buf_free(&b);
}

static void
hostile_bytes_stay_inside_their_string(void)
{
	struct buf b = { 0 };

	problem_render(&b, &(struct problem){ .status = 400,
			       .detail = STR("\"}\\\n\x01\xff\0x") });
	CHECK_STR(buf_text(&b),
	    "{\"type\":\"about:blank\",\"title\":\"Bad Request\","
	    "\"status\":400,\"detail\":\"\\\"}\\\\\\n\\u0001\xef\xbf\xbd"
	    "\\u0000x\"}");
	buf_free(&b);
}

RUN(TEST(an_error_has_type_title_status_and_detail),
    TEST(an_upstream_error_names_its_phase),
    TEST(a_miss_tells_the_request_and_the_nearest_entry),
    TEST(a_miss_on_an_empty_tape_has_no_nearest_entry),
    TEST(hostile_bytes_stay_inside_their_string))
