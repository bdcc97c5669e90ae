#include "config.h"

#include "base/buf.h"
#include "gateway/problem.h"
#include "replay/explain.h"

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

static struct explanation
explanation(void)
{
	return (struct explanation){
		.reason = EXPLAIN_UNKNOWN,
		.nearest = {
		    .v = { { .id = 7, .method = STR("GET"),
			       .url = STR("http://a/a") },
			{ .id = 3, .method = STR("PUT"),
			    .url = STR("http://a/b") } },
		    .n = 2,
		    .differences = {
			.v = { { .place = DIFFERENCE_IN_METHOD,
				   .recorded = STR("GET"),
				   .live = STR("POST") },
			    { .place = DIFFERENCE_IN_QUERY,
				.way = DIFFERENCE_EXTRA,
				.name = STR("b\"\n"),
				.live = STR(""),
				.rule = STR("* * ignore query b") } },
			.n = 2,
		    },
		},
	};
}

static void
a_miss_tells_the_request_and_the_nearest_entry(void)
{
	struct explanation x = explanation();
	struct problem_miss miss = { .method = STR("POST"),
		.url = STR("/a?b"),
		.body_bytes = 12,
		.explanation = &x };
	struct buf b = { 0 };

	problem_render(&b,
	    &(struct problem){
		.status = 501, .title = "Nothing recorded", .miss = &miss });
	CHECK_STR(buf_text(&b),
	    "{\"type\":\"about:blank\",\"title\":\"Nothing recorded\","
	    "\"status\":501,\"method\":\"POST\",\"url\":\"/a?b\","
	    "\"body_bytes\":12,\"reason\":\"not-recorded\","
	    "\"nearest\":{\"entry\":7,\"method\":\"GET\","
	    "\"url\":\"http://a/a\",\"differences\":["
	    "{\"in\":\"method\",\"how\":\"changed\","
	    "\"recorded\":\"GET\",\"asked\":\"POST\"},"
	    "{\"in\":\"query\",\"name\":\"b\\\"\\n\",\"how\":\"extra\","
	    "\"asked\":\"\",\"rule\":\"* * ignore query b\"}]},"
	    "\"others\":[{\"entry\":3,\"method\":\"PUT\","
	    "\"url\":\"http://a/b\"}]}");
	buf_free(&b);
}

static void
rules_are_told_when_they_are_enough(void)
{
	struct explanation x = explanation();
	struct problem_miss miss = {
		.method = STR("POST"), .url = STR("/a?b"), .explanation = &x
	};
	struct buf b = { 0 };

	x.nearest.differences.v[0] = x.nearest.differences.v[1];
	x.reason = EXPLAIN_FAILED;
	x.matched = 2;
	snprintf(x.failure, sizeof(x.failure), "reset");
	problem_render(&b, &(struct problem){ .status = 501, .miss = &miss });
	CHECK(strstr(buf_text(&b), "\"reason\":\"failed-recording\","
				   "\"matched\":2,") != NULL);
	CHECK(strstr(buf_text(&b), "\"failure\":\"reset\",") != NULL);
	CHECK(strstr(buf_text(&b), "],\"rules\":[\"* * ignore query b\"]}") !=
	      NULL);
	x.nearest.differences.more = true;
	buf_clear(&b, 0);
	problem_render(&b, &(struct problem){ .status = 501, .miss = &miss });
	CHECK(strstr(buf_text(&b), "}],\"more\":true}") != NULL);
	CHECK(strstr(buf_text(&b), "\"rules\"") == NULL);
	buf_free(&b);
}

static void
a_miss_need_not_be_explained(void)
{
	struct problem_miss miss = { .method = STR("GET"), .url = STR("/") };
	struct explanation x = { .reason = EXPLAIN_EMPTY };
	struct buf b = { 0 };

	problem_render(&b, &(struct problem){ .status = 501, .miss = &miss });
	CHECK(strstr(buf_text(&b), "\"body_bytes\":0}") != NULL);
	miss.explanation = &x;
	buf_clear(&b, 0);
	problem_render(&b, &(struct problem){ .status = 501, .miss = &miss });
	CHECK(strstr(buf_text(&b),
		  "\"body_bytes\":0,\"reason\":\"empty-tape\"}") != NULL);
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
    TEST(rules_are_told_when_they_are_enough),
    TEST(a_miss_need_not_be_explained),
    TEST(hostile_bytes_stay_inside_their_string))
