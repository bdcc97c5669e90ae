#include "config.h"

#include <pthread.h>
#include <stdlib.h>

#include "base/buf.h"
#include "gateway/tally.h"

#include "tests/unit/tap.h"

#define GET STR("GET")

static void
equal_requests_are_one_line_with_a_count(void)
{
	struct tally *t = tally_new();
	const struct tally_line *line;
	size_t n;

	tally_add(t, TALLY_MISS, GET, STR("/a"), "first");
	tally_add(t, TALLY_MISS, GET, STR("/b"), "");
	tally_add(t, TALLY_MISS, STR("POST"), STR("/a"), "");
	tally_add(t, TALLY_MISS, GET, STR("/a"), "second");
	tally_add(t, TALLY_LIVE, GET, STR("/a"), "");
	line = tally_lines(t, TALLY_MISS, &n);
	CHECK_INT(n, 3);
	CHECK_VIEW(line[0].method, "GET");
	CHECK_VIEW(line[0].target, "/a");
	CHECK_STR(line[0].more, "first");
	CHECK_INT(line[0].count, 2);
	CHECK_VIEW(line[1].target, "/b");
	CHECK_VIEW(line[2].method, "POST");
	CHECK_INT(tally_total(t, TALLY_MISS), 4);
	CHECK_INT(tally_beyond(t, TALLY_MISS), 0);
	CHECK_INT(tally_total(t, TALLY_LIVE), 1);
	tally_free(t);
}

static void
method_and_target_do_not_run_together(void)
{
	struct tally *t = tally_new();
	size_t n;

	tally_add(t, TALLY_LIVE, STR("GET"), STR("/a"), "");
	tally_add(t, TALLY_LIVE, STR("GET/"), STR("a"), "");
	tally_add(t, TALLY_LIVE, STR(""), STR("GET/a"), "");
	(void)tally_lines(t, TALLY_LIVE, &n);
	CHECK_INT(n, 3);
	tally_free(t);
}

static void
what_is_too_much_is_only_counted(void)
{
	struct tally *t = tally_new();
	const struct tally_line *line;
	char target[32];
	size_t n;
	int i;

	for (i = 0; i < 3 * TALLY_MOST; i++) {
		snprintf(target, sizeof(target), "/%d", i);
		tally_add(t, TALLY_MISS, GET, str_of(target), "");
	}
	tally_add(t, TALLY_MISS, GET, STR("/0"), "");
	line = tally_lines(t, TALLY_MISS, &n);
	CHECK_INT(n, TALLY_MOST);
	CHECK_INT(line[0].count, 2);
	CHECK_VIEW(line[TALLY_MOST - 1].target, "/999");
	CHECK_INT(tally_beyond(t, TALLY_MISS), 2 * TALLY_MOST);
	CHECK_INT(tally_total(t, TALLY_MISS), 3 * TALLY_MOST + 1);
	tally_free(t);
}

static void
long_targets_are_cut(void)
{
	struct tally *t = tally_new();
	const struct tally_line *line;
	struct buf target = { 0 };
	size_t n;

	while (target.n < TALLY_TARGET)
		buf_add_text(&target, "a");
	tally_add(t, TALLY_MISS, GET, buf_str(&target), "");
	buf_add_text(&target, "b");
	tally_add(t, TALLY_MISS, GET, buf_str(&target), buf_text(&target));
	line = tally_lines(t, TALLY_MISS, &n);
	CHECK_INT(n, 1);
	CHECK_INT(line->target.n, TALLY_TARGET);
	CHECK_INT(line->count, 2);
	tally_add(t, TALLY_MISS, GET, STR("/"), buf_text(&target));
	CHECK_INT(strlen(line[1].more), 1000);
	buf_free(&target);
	tally_free(t);
}

static void
without_a_tally_nothing_happens(void)
{
	tally_add(NULL, TALLY_MISS, GET, STR("/"), "");
	tally_free(NULL);
}

static void *
add_many(void *t)
{
	char target[32];
	int i;

	for (i = 0; i < 20000; i++) {
		snprintf(target, sizeof(target), "/%d", i % 500);
		tally_add(t, TALLY_LIVE, GET, str_of(target), "");
	}
	return NULL;
}

static void
threads_do_not_lose_anything(void)
{
	struct tally *t = tally_new();
	const struct tally_line *line;
	pthread_t threads[4];
	size_t n, i;

	for (i = 0; i < 4; i++)
		CHECK_INT(pthread_create(&threads[i], NULL, add_many, t), 0);
	for (i = 0; i < 4; i++)
		pthread_join(threads[i], NULL);
	line = tally_lines(t, TALLY_LIVE, &n);
	CHECK_INT(n, 500);
	for (i = 0; i < n; i++)
		CHECK_INT(line[i].count, 4 * 20000 / 500);
	tally_free(t);
}

RUN(TEST(equal_requests_are_one_line_with_a_count),
    TEST(method_and_target_do_not_run_together),
    TEST(what_is_too_much_is_only_counted), TEST(long_targets_are_cut),
    TEST(without_a_tally_nothing_happens), TEST(threads_do_not_lose_anything))
