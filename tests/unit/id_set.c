#include "config.h"

#include <stdlib.h>

#include "recorder/id_ranges.h"
#include "recorder/id_set.h"

#include "tests/unit/tap.h"

#define MOST INT64_C(9223372036854775807)

static struct id_set set;
static struct id_ranges ranges;

static void
fresh(void)
{
	id_set_fini(&set);
	id_ranges_fini(&ranges);
}

static void
what_was_added_is_there_and_nothing_else(void)
{
	static const int64_t ids[] = { 64, 1, 63, 65, 1000000, 64, 1, 128, MOST,
		MOST - 1, 127 };
	static const int64_t others[] = { 2, 62, 66, 126, 129, 999999, 1000001,
		MOST - 2 };
	size_t i;

	fresh();
	for (i = 0; i < sizeof(ids) / sizeof(*ids); i++)
		id_set_add(&set, ids[i]);
	id_set_ranges(&set, &ranges);
	CHECK_INT(ranges.n, 5);
	for (i = 0; i < sizeof(ids) / sizeof(*ids); i++)
		CHECK(id_ranges_has(&ranges, ids[i]));
	for (i = 0; i < sizeof(others) / sizeof(*others); i++)
		CHECK(!id_ranges_has(&ranges, others[i]));
}

static void
a_million_in_a_row_are_one_range_in_half_a_mebibyte(void)
{
	int64_t id;

	fresh();
	for (id = 1000000; id > 0; id--)
		id_set_add(&set, id);
	for (id = 1; id <= 1000000; id += 7)
		id_set_add(&set, id);
	CHECK_INT(set.n, 1000000 / 64 + 1);
	CHECK(set.cap * 16 <= 512 * 1024);
	id_set_ranges(&set, &ranges);
	CHECK_INT(ranges.n, 1);
	CHECK_INT(ranges.v[0].first, 1);
	CHECK_INT(ranges.v[0].last, 1000000);
}

/* Against an array of flags. */
static void
any_ids_in_any_order_come_out_sorted_and_once(void)
{
	static bool there[100000];
	unsigned random = 1;
	int64_t id, last = -1;
	size_t i;

	fresh();
	for (i = 0; i < 60000; i++) {
		random = random * 1103515245 + 12345;
		id = 1 + (random >> 8) % 99999;
		there[id] = true;
		id_set_add(&set, id);
	}
	id_set_ranges(&set, &ranges);
	for (i = 0; i < ranges.n; i++) {
		CHECK(ranges.v[i].first > last + 1);
		CHECK(ranges.v[i].last >= ranges.v[i].first);
		last = ranges.v[i].last;
	}
	for (id = 1; id < 100000; id++)
		CHECK_INT(id_ranges_has(&ranges, id), there[id]);
}

static void
several_sets_make_one_list(void)
{
	struct id_set other = { 0 };

	fresh();
	id_set_add(&set, 1);
	id_set_add(&set, 3);
	id_set_add(&other, 2);
	id_set_add(&other, 3);
	id_set_add(&other, 9);
	id_set_ranges(&set, &ranges);
	id_set_ranges(&other, &ranges);
	id_set_fini(&other);
	CHECK_INT(ranges.n, 2);
	CHECK_INT(ranges.v[0].last, 3);
	CHECK_INT(ranges.v[1].first, 9);
}

static void
ranges_that_overlap_or_touch_are_joined(void)
{
	fresh();
	id_ranges_add(&ranges, 10, 20);
	id_ranges_add(&ranges, 5, 9);
	id_ranges_add(&ranges, 12, 13);
	id_ranges_add(&ranges, 30, MOST);
	id_ranges_add(&ranges, 22, 29);
	id_ranges_settle(&ranges);
	CHECK_INT(ranges.n, 2);
	CHECK_INT(ranges.v[0].first, 5);
	CHECK_INT(ranges.v[0].last, 20);
	CHECK_INT(ranges.v[1].first, 22);
	CHECK(ranges.v[1].last == MOST);
	CHECK(!id_ranges_has(&ranges, 21));
}

static void
none_has_nothing(void)
{
	fresh();
	id_set_ranges(&set, &ranges);
	CHECK_INT(ranges.n, 0);
	CHECK(!id_ranges_has(&ranges, 1));
	fresh();
}

RUN(TEST(what_was_added_is_there_and_nothing_else),
    TEST(a_million_in_a_row_are_one_range_in_half_a_mebibyte),
    TEST(any_ids_in_any_order_come_out_sorted_and_once),
    TEST(several_sets_make_one_list),
    TEST(ranges_that_overlap_or_touch_are_joined), TEST(none_has_nothing))
