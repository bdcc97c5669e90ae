#include "config.h"

#include "gateway/flow.h"

#include "tap.h"

/* Sends all that may go, each time at the earliest; gives when the last went,
 * and in *n how many went at a time. */
static int64_t
run(struct flow *f, int64_t now, int *n)
{
	int64_t wait;
	size_t may;

	flow_begin(f, now);
	for (*n = 0; f->sent < f->size;) {
		may = flow_next(f, now, &wait);
		if (may == 0) {
			CHECK(wait > 0);
			now += wait;
			continue;
		}
		CHECK_INT(wait, 0);
		flow_sent(f, may, now);
		++*n;
	}
	CHECK_INT(flow_next(f, now, &wait), 0);
	CHECK_INT(wait, 0);
	return now;
}

static void
pieces_come_evenly_and_the_last_one_at_the_end(void)
{
	struct flow f = { .size = 10, .pieces = 4, .over = 1000 };
	static const uint64_t ends[] = { 2, 5, 7, 10 };
	int64_t wait, now = 5000;
	size_t i, may;

	flow_begin(&f, now);
	for (i = 0; i < 4; i++) {
		CHECK_INT(flow_next(&f, now, &wait), 0);
		CHECK_INT(wait, 250);
		CHECK_INT(flow_next(&f, now + 249, &wait), 0);
		now += 250;
		may = flow_next(&f, now, &wait);
		flow_sent(&f, may, now);
		CHECK_INT(f.sent, ends[i]);
	}
}

static void
no_piece_is_empty(void)
{
	struct flow f = { .size = 3, .pieces = 10, .over = 300 };
	int n;

	CHECK_INT(run(&f, 0, &n), 300);
	CHECK_INT(n, 3);
	f = (struct flow){ .size = 0, .pieces = 10, .over = 300 };
	CHECK_INT(run(&f, 0, &n), 0);
	CHECK_INT(n, 0);
}

static void
every_number_of_pieces_covers_every_size(void)
{
	struct flow f;
	uint64_t size, pieces;
	int n;

	for (size = 1; size < 40; size++)
		for (pieces = 1; pieces < 45; pieces++) {
			f = (struct flow){
				.size = size, .pieces = pieces, .over = 7919
			};
			CHECK_INT(run(&f, 3, &n), 3 + 7919);
			CHECK_INT(n, pieces < size ? pieces : size);
		}
}

static void
a_rate_is_kept_from_slow_to_fast(void)
{
	static const uint64_t rates[] = { 1, 7, 19, 20, 1000, 56000, 1 << 20,
		100u << 20 };
	struct flow f;
	uint64_t step;
	int64_t took, want;
	size_t i;
	int n;

	for (i = 0; i < sizeof(rates) / sizeof(*rates); i++) {
		f = (struct flow){ .size = 3 * rates[i], .rate = rates[i] };
		took = run(&f, 9, &n) - 9;
		step = rates[i] / 20 > 0 ? rates[i] / 20 : 1;
		if (step > 64 * 1024)
			step = 64 * 1024;
		/* All but the last step has to be waited for. */
		want = 3000000 - (int64_t)(step * 1000000 / rates[i]);
		CHECK(took > want - 60000 && took <= 3000000);
	}
}

static void
a_reader_that_paused_does_not_get_it_all_at_once(void)
{
	struct flow f = { .size = 100000, .rate = 1000 };
	int64_t wait, now = 60000000;
	size_t may, all = 0;

	flow_begin(&f, 0);
	while ((may = flow_next(&f, now, &wait)) > 0) {
		flow_sent(&f, may, now);
		all += may;
	}
	CHECK(all <= 200);
	CHECK(wait > 0 && wait <= 50000);
}

static void
the_slower_of_pieces_and_rate_counts(void)
{
	struct flow f = {
		.size = 1000, .pieces = 2, .over = 100, .rate = 1000
	};
	int n;

	CHECK(run(&f, 0, &n) > 900000);
	f = (struct flow){
		.size = 1000, .pieces = 2, .over = 5000000, .rate = 100000
	};
	CHECK_INT(run(&f, 0, &n), 5000000);
	CHECK_INT(n, 2);
}

static void
long_bodies_do_not_overflow(void)
{
	struct flow f = { .size = UINT64_C(1) << 48,
		.pieces = 10000,
		.over = INT64_C(86400) * 1000000 };
	int n;

	CHECK_INT(run(&f, 0, &n), INT64_C(86400) * 1000000);
	CHECK_INT(n, 10000);
}

RUN(TEST(pieces_come_evenly_and_the_last_one_at_the_end),
    TEST(no_piece_is_empty), TEST(every_number_of_pieces_covers_every_size),
    TEST(a_rate_is_kept_from_slow_to_fast),
    TEST(a_reader_that_paused_does_not_get_it_all_at_once),
    TEST(the_slower_of_pieces_and_rate_counts),
    TEST(long_bodies_do_not_overflow))
