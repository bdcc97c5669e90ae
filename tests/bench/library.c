#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/err.h"
#include "base/mem.h"
#include "recorder/rules.h"
#include "recorder/store.h"
#include "replay/library.h"

/*
 * What finding an answer costs: nanoseconds of CPU time for each call of
 * key_of() and of library_find() with library_served(), for hits in memory,
 * hits in the store, and misses.  Answers are 1 KiB.  Makes a store in a new
 * folder under /tmp and removes it again.
 */

#define BODY 1024
#define FIELDS 12

struct bench {
	char path[64];
	struct store *store;
	int64_t tape;
	struct keyer *keyer;
	struct library *library;
	struct reader *reader;
	struct arena arena;
	struct headers live;
	struct wanted *wanted;
};

static void
check(bool ok, const struct err *e)
{
	if (ok)
		return;
	fprintf(stderr, "library: %s\n", e->text);
	exit(1);
}

static double
cpu_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static struct key
key(struct bench *b, const char *target)
{
	struct key_parts p = { .method = STR("GET"),
		.scope = STR(""),
		.target = str_of(target),
		.body = STR("") };

	return key_of(b->keyer, &p);
}

static const char *
target(char *text, size_t n, size_t i)
{
	snprintf(text, n, "/api/v1/items/%zu?page=1&per_page=100", i);
	return text;
}

static void
record(struct bench *b, size_t i)
{
	struct exchange *x = exchange_new();
	struct err e;
	char text[64];

	x->method = STR("GET");
	x->target = str_of(target(text, sizeof(text), i));
	x->url = x->target;
	x->status = 200;
	x->reason = STR("OK");
	x->request.headers = headers_copy(&b->live, &x->arena);
	headers_add(&x->response.headers, &x->arena, STR("Content-Type"),
	    STR("application/json"));
	memset(buf_reserve(&x->response.body.bytes, BODY), 'x', BODY);
	memcpy(x->response.body.bytes.p, text, strlen(text));
	x->response.body.size = x->response.body.bytes.n = BODY;
	key_exchange(b->keyer, x);
	check(store_put(b->store, b->tape, x, &e) == 0, &e);
	exchange_free(x);
}

static void
begin(struct bench *b, const char *dir)
{
	struct err e;
	int i;

	snprintf(b->path, sizeof(b->path), "%s/bench.db", dir);
	b->store = store_open(b->path, STORE_WRITE, false, &e);
	check(b->store != NULL, &e);
	b->tape = store_tape(b->store, STR("t"), true, &e);
	check(b->tape > 0, &e);
	b->keyer = keyer_new(NULL);
	for (i = 0; i < FIELDS; i++)
		headers_add(&b->live, &b->arena,
		    str_of(arena_printf(&b->arena, "X-Field-%d", i)),
		    str_of("a value of usual length, more or less"));
}

static void
open_library(struct bench *b, size_t cache_bytes)
{
	struct library_options o = {
		.path = b->path, .tape = "t", .cache_bytes = cache_bytes
	};
	struct err e;

	b->library = library_open(&o, &e);
	check(b->library != NULL, &e);
	b->reader = reader_open(b->library, &e);
	check(b->reader != NULL, &e);
}

static void
close_library(struct bench *b)
{
	reader_close(b->reader);
	library_close(b->library);
}

/* Finds what is wanted, rounds times in turn. */
static double
finds(
    struct bench *b, struct wanted *w, size_t n, size_t rounds, enum found want)
{
	double start = cpu_ns();
	struct answer *a;
	struct err e = { "not what was expected" };
	size_t i;

	for (i = 0; i < rounds; i++) {
		check(library_find(b->reader, &w[i % n], &a, &e) == want, &e);
		if (want != FOUND)
			continue;
		library_served(b->reader, &w[i % n], a);
		answer_unref(a);
	}
	return (cpu_ns() - start) / (double)rounds;
}

static double
keys(struct bench *b, size_t rounds)
{
	double start = cpu_ns();
	unsigned sum = 0;
	char text[64];
	size_t i;

	target(text, sizeof(text), 1);
	for (i = 0; i < rounds; i++) {
		text[14] = (char)('0' + i % 10);
		sum += key(b, text).bytes[0];
	}
	if (sum == 0)
		puts("the sum was 0");
	return (cpu_ns() - start) / (double)rounds;
}

/* A body of JSON, by two rules. */
static double
normal_keys(size_t rounds, size_t *bytes)
{
	struct rules *rules = rules_new();
	struct key_parts p = { .method = STR("POST"),
		.scope = STR(""),
		.target = STR("/api/v1/items?page=1&ts=1700000000") };
	struct buf body = { 0 };
	struct keyer *k;
	struct key key;
	struct err e;
	double start;
	size_t i;

	check(rules_add(rules, STR("* * ignore query ts"), &e) == 0 &&
		  rules_add(rules, STR("* * ignore json $..at"), &e) == 0,
	    &e);
	for (i = 0; i < 16; i++)
		buf_addf(&body,
		    "%s{\"name\":\"item %zu\",\"at\":170000,\"id\":%zu.50}",
		    i == 0 ? "[" : ",", i, i);
	buf_add_text(&body, "]");
	p.body = buf_str(&body);
	*bytes = body.n;
	k = keyer_new(rules);
	start = cpu_ns();
	for (i = 0; i < rounds; i++)
		check(key_normal(k, &p, &key), &e);
	start = (cpu_ns() - start) / (double)rounds;
	keyer_free(k);
	rules_free(rules);
	buf_free(&body);
	return start;
}

/* n keys from first on, in an order that no prefetching knows. */
static struct wanted *
wanted(struct bench *b, size_t first, size_t n)
{
	struct wanted *w = xcalloc(n, sizeof(*w));
	char text[64];
	size_t i;

	for (i = 0; i < n; i++)
		w[i] = (struct wanted){
			.key = key(b,
			    target(text, sizeof(text), first + i * 7919 % n)),
			.headers = &b->live,
			.session = STR(""),
		};
	return w;
}

static void
measure_hits(struct bench *b, size_t n)
{
	struct wanted *w = wanted(b, 0, n);
	double cold, hot;

	open_library(b, (size_t)1 << 30);
	cold = finds(b, w, n, n, FOUND);
	hot = finds(b, w, n, 1000000, FOUND);
	printf("%7zu keys: %5.0f ns a hit in memory, %6.0f ns in the store\n",
	    n, hot, cold);
	close_library(b);
	free(w);
}

static void
measure_misses(struct bench *b)
{
	struct wanted *w = wanted(b, 1000000, 1000);

	open_library(b, 0);
	printf(
	    "   a miss: %6.0f ns\n", finds(b, w, 1000, 100000, FOUND_NOTHING));
	close_library(b);
	free(w);
}

/* A poll that was recorded n times. */
static void
measure_poll(struct bench *b, size_t n)
{
	struct wanted *w = wanted(b, 0, 1);
	double first, poll;
	struct err e;
	size_t i;

	check(store_begin(b->store, &e) == 0, &e);
	for (i = 1; i < n; i++)
		record(b, 0);
	check(store_commit(b->store, &e) == 0, &e);
	open_library(b, 0);
	first = finds(b, w, 1, 1, FOUND);
	poll = finds(b, w, 1, n, FOUND);
	printf("%7zu recordings of one poll: %.0f ms for the first, %.0f ns "
	       "for each in order, %.0f ns for the last one\n",
	    n, first / 1e6, poll, finds(b, w, 1, 100000, FOUND));
	close_library(b);
	free(w);
}

int
main(void)
{
	static const size_t sizes[] = { 1, 1000, 100000 };
	static const char *const left[] = { "", "-lock", "-wal", "-shm" };
	char dir[] = "/tmp/hark-bench-XXXXXX", file[80];
	struct bench b = { 0 };
	struct err e;
	double normal;
	size_t i;

	if (mkdtemp(dir) == NULL)
		return 1;
	begin(&b, dir);
	check(store_begin(b.store, &e) == 0, &e);
	for (i = 0; i < sizes[2]; i++)
		record(&b, i);
	check(store_commit(b.store, &e) == 0, &e);
	printf("    a key: %5.0f ns\n", keys(&b, 1000000));
	normal = normal_keys(20000, &i);
	printf("    a normal key of %zu bytes of JSON: %5.0f ns\n", i, normal);
	for (i = 0; i < sizeof(sizes) / sizeof(*sizes); i++)
		measure_hits(&b, sizes[i]);
	measure_misses(&b);
	measure_poll(&b, 10000);
	store_close(b.store);
	keyer_free(b.keyer);
	arena_fini(&b.arena);
	for (i = 0; i < sizeof(left) / sizeof(*left); i++) {
		snprintf(file, sizeof(file), "%s%s", b.path, left[i]);
		(void)unlink(file); /* there may be none */
	}
	(void)rmdir(dir); /* what stays behind is only in /tmp */
	return 0;
}
