#include "config.h"

/*
 * The store on a disk that fails at one call, at each call in turn, and on a
 * disk that has other bytes than were written.  Whatever fails is told, what
 * was committed stays, whole, and the file is in order when the fault is over.
 * Each loop goes over all calls with HARK_BIG=1, over some by chance else, and
 * over few, as memcheck wants it, with HARK_BIG=0.
 */

#include <fcntl.h>
#include <limits.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"
#include "base/mem.h"
#include "recorder/store.h"

#include "faulty.h"
#include "folder.h"
#include "tap.h"

#define MOST 64

static struct err e;
static uint64_t dice;
static enum { FEW, SOME, ALL } extent = SOME;

/* What must be in a store, by the place in the order of the making. */
static struct {
	int64_t ids[MOST]; /* committed and not removed; 0: not there */
	size_t n;
} kept;

__attribute__((constructor)) static void
disk_begin(void)
{
	const char *seed = getenv("HARK_SEED"), *big = getenv("HARK_BIG");

	dice = seed != NULL ? strtoull(seed, NULL, 10) : (uint64_t)getpid();
	if (big != NULL)
		extent = strcmp(big, "1") == 0   ? ALL
			 : strcmp(big, "0") == 0 ? FEW
						 : SOME;
	printf("# HARK_SEED=%llu\n", (unsigned long long)dice);
	/* Damage must not make anything go round in circles. */
	alarm(extent == SOME ? 300 : 3600);
}

static unsigned
often(unsigned few, unsigned some, unsigned all)
{
	return extent == FEW ? few : extent == SOME ? some : all;
}

static unsigned
roll(unsigned sides)
{
	dice = dice * UINT64_C(6364136223846793005) + 1442695040888963407u;
	return (unsigned)(dice >> 33) % sides;
}

/* Bytes that say themselves what they should be: of a body of n bytes. */
static void
fill(char *p, size_t n)
{
	uint64_t v = n * UINT64_C(0x9e3779b97f4a7c15);
	size_t i;

	for (i = 0; i < n; i++) {
		v = v * UINT64_C(6364136223846793005) + 1442695040888963407u;
		p[i] = (char)(v >> 56);
	}
}

static bool
filled(struct str bytes)
{
	char *want = xmalloc(bytes.n + 1);
	bool same;

	fill(want, bytes.n);
	same = memcmp(want, bytes.p, bytes.n) == 0;
	free(want);
	return same;
}

static struct exchange *
exchange(size_t n)
{
	struct exchange *x = exchange_new();
	struct body *b = &x->response.body;

	x->method = STR("GET");
	x->target = str_of(arena_printf(&x->arena, "/a/%zu", n));
	x->url = str_of(arena_printf(&x->arena, "http://a.test/a/%zu", n));
	x->status = 200;
	x->keyed = true;
	memset(x->key, (int)n, sizeof(x->key));
	fill(buf_reserve(&b->bytes, n), n);
	b->bytes.n = b->size = n;
	return x;
}

/* The id, or 0 when it could not be stored. */
static int64_t
put(struct store *s, int64_t tape, size_t n)
{
	struct exchange *x = exchange(n);
	int64_t id = store_put(s, tape, x, &e) == 0 ? x->id : 0;

	exchange_free(x);
	return id;
}

/* One whose body comes in parts. */
static int64_t
put_parts(struct store *s, int64_t tape, size_t n)
{
	struct exchange *x = exchange(n);
	struct body *b = &x->response.body;
	int64_t body = store_body_begin(s, &e), id = 0;
	uint8_t sum[DIGEST_BYTES];
	size_t half = n / 2;

	digest_of(b->bytes.p, n, sum);
	if (body > 0 &&
	    store_body_part(s, body, (struct str){ b->bytes.p, half }, &e) ==
		0 &&
	    store_body_part(
		s, body, (struct str){ b->bytes.p + half, n - half }, &e) == 0)
		b->stored_id = store_body_end(s, body, n, sum, &e);
	if (b->stored_id > 0 && store_put(s, tape, x, &e) == 0)
		id = x->id;
	exchange_free(x);
	return id;
}

static void
keep(const int64_t *ids, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		kept.ids[kept.n++] = ids[i];
}

/* All in one transaction. */
static int
write_some(struct store *s, int64_t tape, size_t first)
{
	int64_t ids[4];
	size_t i;

	if (store_begin(s, &e) != 0)
		return -1;
	for (i = 0; i < 4; i++) {
		ids[i] = i == 2 ? put_parts(s, tape, first + 7000 * i)
				: put(s, tape, first + 7000 * i);
		if (ids[i] == 0) {
			store_rollback(s);
			return -1;
		}
	}
	if (store_commit(s, &e) != 0) {
		store_rollback(s);
		return -1;
	}
	keep(ids, 4);
	return 0;
}

/* The second entry becomes another one, the fourth goes, a draft is begun;
 * in one transaction, which took place or did not. */
static int
change_some(struct store *s, int64_t tape)
{
	struct exchange *x = exchange(333), *draft = exchange(0);
	bool ok;

	x->id = kept.ids[1];
	ok = store_begin(s, &e) == 0 && store_replace(s, x, &e) == 1 &&
	     store_remove(s, kept.ids[3], &e) == 1 &&
	     store_draft(s, tape, draft, 0, &e) == 0 &&
	     store_commit(s, &e) == 0;
	exchange_free(x);
	exchange_free(draft);
	/* After a failed commit it may come to light yet. */
	kept.ids[3] = 0;
	if (ok)
		return 0;
	store_rollback(s);
	return -1;
}

static int read_all(struct store *s);

/* A life of a store; -1 when something of it failed. */
static int
live(const char *path)
{
	struct store *s;
	int64_t tape;
	int r = -1;

	kept.n = 0;
	s = store_open(path, STORE_WRITE, true, &e);
	if (s == NULL)
		return -1;
	tape = store_tape(s, STR("default"), true, &e);
	if (tape > 0 && write_some(s, tape, 100) == 0 &&
	    change_some(s, tape) == 0 && write_some(s, tape, 9000) == 0 &&
	    read_all(s) == 0)
		r = 0;
	store_close(s);
	if (r != 0)
		return -1;
	s = store_open(path, STORE_READ, false, &e);
	r = s != NULL ? read_all(s) : -1;
	store_close(s);
	return r;
}

struct reading {
	struct store *store;
	size_t seen, failed;
	bool others; /* some bytes were not those that were stored */
};

/* Whole, whatever it is: bodies say themselves what they should be. */
static int
on_entry(void *arg, const struct store_entry_row *row)
{
	struct reading *r = arg;
	struct exchange *x;
	struct buf *b;
	int got = store_get(r->store, row->id, 5000, &x, &e);
	int64_t n = 1;

	r->seen++;
	if (got == 1 && x->response.body.stored_id > 0) {
		b = &x->response.body.bytes;
		while (n > 0) {
			n = store_body_read(r->store,
			    x->response.body.stored_id, b->n,
			    buf_reserve(b, 4000), 4000, &e);
			b->n += n > 0 ? (size_t)n : 0;
		}
		if (n == 0 && b->n != x->response.body.size)
			n = -1;
	}
	if (got != 1 || n == -1)
		r->failed++;
	else if (x->outcome == OUTCOME_COMPLETE &&
		 !filled(buf_str(&x->response.body.bytes)))
		r->others = true;
	exchange_free(x);
	return 0;
}

static int
read_all(struct store *s)
{
	struct store_filter all = { 0 };
	struct reading r = { .store = s };
	int rc = store_list(s, &all, on_entry, &r, &e);

	CHECK(!r.others);
	return rc == 0 && r.failed == 0 ? 0 : -1;
}

/* The fault is over: the file is in order and has what it has to have. */
static void
is_well(const char *path)
{
	struct store *s = store_open(path, STORE_WRITE, false, &e);
	struct buf faults = { 0 };
	struct exchange *x;
	size_t i;

	if (s == NULL)
		printf("# %s\n", e.text);
	CHECK(s != NULL);
	CHECK_INT(store_check(s, &faults, &e), 0);
	CHECK_STR(buf_text(&faults), "");
	buf_free(&faults);
	CHECK_INT(read_all(s), 0);
	for (i = 0; i < kept.n; i++) {
		if (kept.ids[i] == 0)
			continue;
		CHECK_INT(store_get(s, kept.ids[i], SIZE_MAX, &x, &e), 1);
		exchange_free(x);
	}
	/* It takes more. */
	kept.n = 0;
	CHECK_INT(
	    write_some(s, store_tape(s, STR("default"), true, &e), 40000), 0);
	store_close(s);
}

static void
remove_store(const char *path)
{
	static const char *const ends[] = { "", "-wal", "-shm", "-lock",
		"-journal" };
	char name[300];
	size_t i;

	for (i = 0; i < sizeof(ends) / sizeof(*ends); i++) {
		snprintf(name, sizeof(name), "%s%s", path, ends[i]);
		(void)remove(name);
	}
}

/* Which call failed when a check did not hold. */
static int at_call;

static void
was_at(void)
{
	if (at_call != 0)
		printf("# that was with call %d\n", at_call);
	at_call = 0;
}

/* Lets the n-th of these calls fail in a store's life, for each n. */
static void
fail_each(unsigned calls, bool from_then_on, bool full, unsigned rounds)
{
	const char *path = at("fails.db");
	int n, total, step;
	bool told;

	was_at();
	faulty_never();
	remove_store(path);
	faulty.calls = calls;
	faulty.nth = INT_MAX;
	CHECK_INT(live(path), 0);
	total = faulty.count;
	CHECK(total > 0);
	rounds = often(rounds / 10 + 1, rounds, (unsigned)total);
	step = total < (int)rounds ? 1 : total / (int)rounds;
	printf("# %d calls, every %d\n", total, step);
	for (n = 1 + (int)roll((unsigned)step); n <= total;
	     n += step == 1 ? 1 : 1 + (int)roll(2 * (unsigned)step - 1)) {
		at_call = n;
		faulty_never();
		remove_store(path);
		faulty.calls = calls;
		faulty.from_then_on = from_then_on;
		faulty.full = full;
		faulty.nth = n;
		e.text[0] = '\0';
		told = live(path) == -1;
		/* What fails when all is done and closed harms nobody. */
		if (told && e.text[0] == '\0') {
			printf("# call %d failed without a word\n", n);
			CHECK(false);
		}
		faulty_never();
		is_well(path);
	}
	at_call = 0;
	remove_store(path);
}

#define ALL_IO \
	(1u << FAULTY_OPEN | 1u << FAULTY_READ | 1u << FAULTY_WRITE | \
	    1u << FAULTY_SYNC | 1u << FAULTY_TRUNCATE | 1u << FAULTY_SIZE | \
	    1u << FAULTY_LOCK | 1u << FAULTY_SHM_MAP | 1u << FAULTY_SHM_LOCK | \
	    1u << FAULTY_DELETE)

static void
one_call_that_fails_costs_nothing_that_was_committed(void)
{
	fail_each(ALL_IO, false, false, 30);
}

static void
nor_does_a_disk_that_fails_from_some_call_on(void)
{
	fail_each(ALL_IO, true, false, 30);
}

static void
each_kind_of_call_can_fail_alone(void)
{
	enum faulty_call call;

	for (call = 0; call < FAULTY_MALLOC; call++)
		if (call != FAULTY_DELETE && call != FAULTY_OPEN)
			fail_each(1u << call, false, false, 8);
}

static void
a_disk_that_is_full_at_any_write_takes_what_comes_when_there_is_room(void)
{
	fail_each(1u << FAULTY_WRITE, false, true, 10);
	fail_each(1u << FAULTY_WRITE, true, true, 10);
}

static void
memory_that_SQLite_does_not_get_is_an_error_and_no_crash(void)
{
	fail_each(1u << FAULTY_MALLOC, false, false, 30);
	fail_each(1u << FAULTY_MALLOC, true, false, 30);
}

/*
 * Damage
 */

static struct buf sound; /* the file as it was written */

static void
write_file(const char *path, struct str bytes)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	CHECK(fd != -1);
	CHECK_INT(write(fd, bytes.p, bytes.n), bytes.n);
	close(fd);
}

static size_t
make_sound(void)
{
	const char *path = at("sound.db");
	struct store *s;
	struct stat st;
	int64_t tape;
	size_t i;
	int fd;

	faulty_never();
	remove_store(path);
	s = store_open(path, STORE_WRITE, false, &e);
	CHECK(s != NULL);
	tape = store_tape(s, STR("default"), true, &e);
	for (i = 0; i < 10; i++) {
		kept.n = 0;
		CHECK_INT(write_some(s, tape, 100 + 991 * i), 0);
	}
	store_close(s);
	CHECK_INT(stat(path, &st), 0);
	fd = open(path, O_RDONLY);
	sound.n = 0;
	CHECK_INT(read(fd, buf_reserve(&sound, (size_t)st.st_size),
		      (size_t)st.st_size),
	    st.st_size);
	sound.n = (size_t)st.st_size;
	close(fd);
	return sound.n / 8192;
}

static int
on_near(void *arg, const struct store_near_row *row)
{
	*(int64_t *)arg += row->id;
	return 0;
}

static void
on_id(void *arg, int64_t entry)
{
	*(int64_t *)arg += entry;
}

static void
on_request(void *arg, const struct store_request *q)
{
	*(int64_t *)arg += q->id;
}

/* Whether something was told of what is wrong. */
static bool
look_at(const char *path)
{
	struct store_filter all = { 0 };
	struct store_candidate found[4];
	struct reading r = { 0 };
	struct buf faults = { 0 };
	struct exchange *x = exchange(100);
	struct store *s = store_open(path, STORE_READ, false, &e);
	int64_t sum = 0;
	int bad = 0;

	if (s == NULL) {
		exchange_free(x);
		CHECK(strstr(e.text, path) != NULL);
		return true;
	}
	r.store = s;
	bad |= store_list(s, &all, on_entry, &r, &e) != 0;
	bad |= r.failed > 0;
	bad |= store_find(s, 1, x->key, false, found, 4, &e) < 0;
	bad |= store_near(s, 1, STR("/a/7"), on_near, &sum, &e) < 0;
	bad |= store_ids(s, 1, on_id, &sum, &e) < 0;
	bad |= store_requests(s, 0, on_request, &sum, &e) < 0;
	bad |= store_check(s, &faults, &e) < 0;
	/* What reading stumbles over a check finds, too. */
	if (bad && faults.n == 0)
		printf("# unnoticed by the check: %s\n", e.text);
	CHECK(!bad || faults.n > 0);
	bad |= faults.n > 0;
	buf_free(&faults);
	exchange_free(x);
	store_close(s);
	CHECK(!r.others);
	return bad;
}

/* Writing to it ends well or with an error, and harms no further. */
static void
write_to(const char *path)
{
	struct store *s = store_open(path, STORE_WRITE, false, &e);
	int64_t tape;

	kept.n = 0;
	if (s == NULL)
		return;
	tape = store_tape(s, STR("default"), true, &e);
	if (tape > 0 && write_some(s, tape, 50000) == 0)
		(void)change_some(s, tape);
	store_close(s);
}

enum damage { DAMAGE_BYTE, DAMAGE_BIT, DAMAGE_ZERO, DAMAGE_NOISE, DAMAGE_CUT };

static void
damage(struct buf *file, size_t page, enum damage how)
{
	char *p = file->p + page * 8192;
	size_t at = roll(8192), i;

	switch (how) {
	case DAMAGE_BYTE:
		p[at] = (char)~p[at];
		break;
	case DAMAGE_BIT:
		p[at] = (char)(p[at] ^ 1 << roll(8));
		break;
	case DAMAGE_ZERO:
		memset(p, 0, 8192);
		break;
	case DAMAGE_NOISE:
		for (i = 0; i < 8192; i++)
			p[i] = (char)roll(256);
		break;
	case DAMAGE_CUT:
		file->n = page * 8192 + (roll(2) == 0 ? 0 : at);
		break;
	}
}

static void
a_damaged_page_is_told_and_gives_no_wrong_bytes(void)
{
	size_t pages = make_sound(), page, round, told = 0, n = 0;
	const char *path = at("damaged.db");
	struct buf file = { 0 };
	enum damage how;

	CHECK(pages > 20);
	for (page = 0; page < pages; page += often(8, 1, 1))
		for (round = 0; round < often(2, 3, 40); round++) {
			how = round == 0 ? DAMAGE_BYTE
					 : (enum damage)roll(DAMAGE_CUT + 1);
			file.n = 0;
			buf_add_str(&file, buf_str(&sound));
			damage(&file, page, how);
			remove_store(path);
			write_file(path, buf_str(&file));
			e.text[0] = '\0';
			n++;
			told += look_at(path);
			write_to(path);
		}
	printf("# %zu of %zu told\n", told, n);
	CHECK(told > n / 2);
	buf_free(&file);
}

/* Each byte of each body is under a digest. */
static void
one_wrong_bit_in_a_body_is_found_by_who_reads_it(void)
{
	size_t pages = make_sound();
	const char *path = at("bit.db");
	struct buf file = { 0 };
	struct exchange *x = exchange(14100);
	struct str want = buf_str(&x->response.body.bytes);
	const char *p;
	int i;

	CHECK(pages > 0);
	for (i = 0; i < (int)often(4, 40, 2000); i++) {
		file.n = 0;
		buf_add_str(&file, buf_str(&sound));
		/* Some piece of it lies in one page. */
		p = memmem(file.p, file.n, want.p + roll(7000), 16);
		if (p == NULL)
			continue;
		file.p[p - file.p + roll(16)] ^= (char)(1 << roll(8));
		remove_store(path);
		write_file(path, buf_str(&file));
		CHECK(look_at(path));
	}
	exchange_free(x);
	buf_free(&file);
	buf_free(&sound);
}

RUN(TEST(one_call_that_fails_costs_nothing_that_was_committed),
    TEST(nor_does_a_disk_that_fails_from_some_call_on),
    TEST(each_kind_of_call_can_fail_alone),
    TEST(a_disk_that_is_full_at_any_write_takes_what_comes_when_there_is_room),
    TEST(memory_that_SQLite_does_not_get_is_an_error_and_no_crash),
    TEST(a_damaged_page_is_told_and_gives_no_wrong_bytes),
    TEST(one_wrong_bit_in_a_body_is_found_by_who_reads_it))
