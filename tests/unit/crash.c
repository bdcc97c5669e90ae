#include "config.h"

/*
 * A recorder is killed (SIGKILL) at some moment while it records, again and
 * again.  Whatever moment it was, the file must open clean and hold every
 * exchange that was reported as written, whole.
 */

#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/err.h"
#include "base/mem.h"
#include "recorder/recorder.h"
#include "recorder/store.h"

#include "folder.h"
#include "sql.h"
#include "tap.h"

#define ROUNDS 10 /* per case */
#define ROUNDS_PER_STORE 5
#define FEW_ROUNDS 2 /* with HARK_BIG=0, as memcheck wants it */

static struct err e;
static uint64_t dice;

/* Before main(), since RUN() has no place for it. */
__attribute__((constructor)) static void
dice_begin(void)
{
	dice = (uint64_t)getpid();
	printf("# seed %llu\n", (unsigned long long)dice);
}

static unsigned
roll(unsigned sides)
{
	dice = dice * UINT64_C(6364136223846793005) + 1442695040888963407u;
	return (unsigned)(dice >> 33) % sides;
}

static void
noise(char *p, size_t n)
{
	uint64_t v;

	for (; n >= sizeof(v); n -= sizeof(v), p += sizeof(v)) {
		dice = dice * UINT64_C(6364136223846793005) + 1;
		memcpy(p, &dice, sizeof(dice));
	}
	memset(p, 'r', n);
}

/* Its target says how big its body must be. */
static struct exchange *
exchange(size_t memory, size_t parts)
{
	struct exchange *x = exchange_new();

	x->method = STR("GET");
	x->target = str_of(arena_printf(&x->arena, "%zu", memory + parts));
	x->url = x->target;
	x->status = 200;
	if (memory > 0)
		noise(buf_reserve(&x->response.body.bytes, memory), memory);
	x->response.body.bytes.n = x->response.body.size = memory;
	return x;
}

static void
on_written(void *arg, int64_t entry)
{
	int *report = arg;

	if (write(*report, &entry, sizeof(entry)) != sizeof(entry))
		_exit(3);
}

static void
give_in_parts(struct recorder *r, int *report)
{
	static char part[BODY_PART + 999];
	struct recording *p = recording_new(r);
	int i, n = 1 + (int)roll(2);

	for (i = 0; i < n; i++) {
		noise(part, sizeof(part));
		recording_part(p, part, sizeof(part));
	}
	recorder_give(r, exchange(1 + roll(5000), (size_t)n * sizeof(part)),
	    NULL, p, on_written, report);
}

/* An exchange that goes on; it is given in the end, or dropped, or neither. */
static void
give_late(struct recorder *r, int *report)
{
	static char part[BODY_PART + 99];
	struct recording *p = recording_new(r);
	size_t rest = 1 + roll(9000), parts = 0;
	struct exchange *x;
	unsigned i, end = roll(3);

	noise(part, sizeof(part));
	for (i = 0; i < 3; i++)
		recording_draft(p, i == 0 ? exchange(0, 0) : NULL,
		    &(struct recording_news){
			.bytes = { part + i * 1000, 1000 } });
	if (roll(2) == 0) {
		recording_part(p, part, parts = sizeof(part));
		recording_draft(p, NULL,
		    &(struct recording_news){ .bytes = { part, 500 } });
	}
	x = exchange(rest, parts);
	if (end == 0) {
		recorder_give(r, x, NULL, p, on_written, report);
		return;
	}
	exchange_free(x);
	if (end == 1)
		recording_drop(p);
}

/* Records until it is killed. */
static void
record(const char *path, enum durability d, int report)
{
	struct recorder_options o = {
		.path = path,
		.tape = "default",
		.durability = d,
	};
	struct recorder *r = recorder_open(&o, &e);
	struct recording *p;

	if (r == NULL)
		_exit(2);
	for (;;) {
		switch (roll(60)) {
		case 0:
			give_in_parts(r, &report);
			break;
		case 1:
			recorder_give(r,
			    exchange(BODY_PART + roll(BODY_PART), 0), NULL,
			    NULL, on_written, &report);
			break;
		case 2:
			p = recording_new(r);
			recording_part(p, "dropped", 7);
			recording_drop(p);
			break;
		case 3:
			give_late(r, &report);
			break;
		default:
			recorder_give(r, exchange(roll(3000), 0), NULL, NULL,
			    on_written, &report);
		}
		if (recorder_full(r))
			recorder_flush(r);
	}
}

/* Lets a child record, kills it; gives the entries that it had reported. */
static size_t
killed(const char *path, enum durability d, unsigned most_ms, int64_t *ids,
    size_t cap)
{
	struct timespec moment = { 0, (long)roll(most_ms * 1000000) };
	size_t n = 0, want = roll(300);
	int64_t id;
	int ends[2];
	pid_t child;

	CHECK_INT(pipe(ends), 0);
	child = fork();
	if (child == 0) {
		close(ends[0]);
		dice ^= (uint64_t)getpid() << 32;
		record(path, d, ends[1]);
	}
	close(ends[1]);
	while (n < want && read(ends[0], &id, sizeof(id)) == sizeof(id))
		ids[n++] = id;
	/* Not waiting for anything: the moment is to be any. */
	nanosleep(&moment, NULL);
	kill(child, SIGKILL);
	while (n < cap && read(ends[0], &id, sizeof(id)) == sizeof(id))
		ids[n++] = id;
	close(ends[0]);
	CHECK_INT(waitpid(child, NULL, 0), child);
	return n;
}

static void
is_there(struct store *s, int64_t id, bool whole)
{
	struct exchange *x;
	uint8_t sum[DIGEST_BYTES];
	uint64_t size;

	CHECK(id > 0);
	if (store_get(s, id, SIZE_MAX, &x, &e) != 1)
		printf("# entry %lld: %s\n", (long long)id, e.text);
	CHECK(x != NULL);
	CHECK_INT(str_u64(x->target, &size), 0);
	if (whole)
		CHECK_INT(x->response.body.bytes.n, size);
	size = x->response.body.bytes.n;
	if (size > 0) {
		digest_of(x->response.body.bytes.p, size, sum);
		CHECK(memcmp(sum, x->response.body.sha256, DIGEST_BYTES) == 0);
	}
	exchange_free(x);
}

static int
on_entry(void *arg, const struct store_entry_row *row)
{
	is_there(arg, row->id, row->outcome == OUTCOME_COMPLETE);
	return 0;
}

static void
is_clean(const char *path, const int64_t *ids, size_t n)
{
	struct store_filter all = { 0 };
	struct store *s;
	size_t i;

	CHECK_INT(
	    sql_number(path, "SELECT count(*) FROM pragma_integrity_check "
			     "WHERE integrity_check = 'ok'"),
	    1);
	s = store_open(path, STORE_WRITE, false, &e);
	CHECK(s != NULL);
	for (i = 0; i < n; i++)
		is_there(s, ids[i], true);
	/* Those that were not reported any more are whole or not there. */
	CHECK_INT(store_list(s, &all, on_entry, s, &e), 0);
	store_close(s);
	CHECK_INT(
	    sql_number(path, "SELECT count(*) FROM body_part WHERE body NOT IN "
			     "(SELECT id FROM body WHERE head IS NOT NULL)"),
	    0);
	CHECK_INT(
	    sql_number(path, "SELECT count(*) FROM body WHERE head IS NULL"),
	    0);
	CHECK_INT(
	    sql_number(path, "SELECT count(*) FROM entry WHERE id < 0"), 0);
}

static void
survives(const char *name, enum durability d)
{
	static int64_t ids[1 << 20];
	const char *big = getenv("HARK_BIG");
	int rounds = big != NULL && strcmp(big, "0") == 0 ? FEW_ROUNDS : ROUNDS;
	size_t n, reported = 0;
	char path[300];
	bool last;
	int round;

	for (round = 0; round < rounds; round++) {
		snprintf(path, sizeof(path), "%s/%s-%d.db", dir, name,
		    round / ROUNDS_PER_STORE);
		/* The last one has time enough for a checkpoint or two. */
		last = round % ROUNDS_PER_STORE == ROUNDS_PER_STORE - 1;
		n = killed(
		    path, d, last ? 900 : 60, ids, sizeof(ids) / sizeof(*ids));
		reported += n;
		if (n > 0 || access(path, F_OK) == 0)
			is_clean(path, ids, n);
		if (last)
			unlink(path);
	}
	printf("# %s: %zu reported in %d rounds\n", name, reported, rounds);
	CHECK(reported > 0);
}

static void
a_killed_recorder_leaves_a_clean_store_and_what_it_reported(void)
{
	survives("batch", DURABILITY_BATCH);
}

static void
so_does_a_strict_one(void)
{
	survives("strict", DURABILITY_STRICT);
}

static void
so_does_one_that_never_syncs(void)
{
	survives("off", DURABILITY_OFF);
}

RUN(TEST(a_killed_recorder_leaves_a_clean_store_and_what_it_reported),
    TEST(so_does_a_strict_one), TEST(so_does_one_that_never_syncs))
