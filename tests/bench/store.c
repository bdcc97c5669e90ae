#include "config.h"

/*
 * How fast entries go into a store, straight and through the recorder.
 *
 *	store [ENTRIES [BODY_BYTES [FOLDER]]]
 *
 * Each body is a new one, so that nothing is saved by content addressing.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/mem.h"
#include "recorder/recorder.h"
#include "recorder/store.h"

static const char *const fields[][2] = {
	{ "Server", "nginx/1.22.1" },
	{ "Date", "Tue, 14 Nov 2023 22:13:20 GMT" },
	{ "Content-Type", "application/json; charset=utf-8" },
	{ "Connection", "keep-alive" },
	{ "Cache-Control", "no-cache, private" },
	{ "X-Request-Id", "5f2b7c2e-8a47-4f0e-9c43-0d8f7be81f10" },
	{ "Vary", "Accept-Encoding" },
	{ "ETag", "W/\"2f1-1g6bAqYq8Ue0g\"" },
};

static struct err e;

static void
fail(void)
{
	fprintf(stderr, "store: %s\n", e.text);
	exit(1);
}

static struct exchange *
exchange(uint64_t i, size_t body)
{
	struct exchange *x = exchange_new();
	size_t f;
	char *p;

	x->method = STR("GET");
	x->target = str_of(arena_printf(
	    &x->arena, "/api/v1/users/%llu?a=b", (unsigned long long)i));
	x->url = str_of(arena_printf(
	    &x->arena, "http://127.0.0.1:8080%.*s", STR_ARGS(x->target)));
	x->status = 200;
	x->reason = STR("OK");
	x->server_addr = STR("127.0.0.1:8080");
	x->client_addr = STR("127.0.0.1:50000");
	x->mode = STR("record");
	x->started_us = 1700000000000000 + (int64_t)i;
	x->timings = (struct timings){ 10, -1, -1, -1, 20, 800, 90 };
	for (f = 0; f < sizeof(fields) / sizeof(*fields); f++) {
		headers_add(&x->response.headers, &x->arena,
		    str_of(fields[f][0]), str_of(fields[f][1]));
		if (f < 5)
			headers_add(&x->request.headers, &x->arena,
			    str_of(fields[f][0]), str_of(fields[f][1]));
	}
	p = buf_reserve(&x->response.body.bytes, body);
	memset(p, 'b', body);
	memcpy(p, &i, body < sizeof(i) ? body : sizeof(i));
	x->response.body.bytes.n = x->response.body.size = body;
	/* A key without order, as digests are. */
	i = (i + 1) * UINT64_C(0x9e3779b97f4a7c15);
	memcpy(x->key, &i, sizeof(i));
	i *= UINT64_C(0xbf58476d1ce4e5b9);
	memcpy(x->key + 8, &i, sizeof(i));
	x->keyed = true;
	return x;
}

static double
cpu_s(void)
{
	struct rusage u;

	getrusage(RUSAGE_SELF, &u);
	return (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) +
	       (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1e6;
}

static void
report(const char *what, uint64_t n, double wall, double cpu)
{
	printf("%-24s %8.0f entries/s  %6.2f us wall  %6.2f us CPU each\n",
	    what, (double)n / wall, wall * 1e6 / (double)n,
	    cpu * 1e6 / (double)n);
}

static void
remove_store(const char *path)
{
	unlink(path);
}

/* Batches of 1,000; the exchanges are made outside of what is measured. */
static void
bench_store(const char *path, uint64_t n, size_t body)
{
	struct store *s = store_open(path, STORE_WRITE, false, &e);
	struct exchange *batch[1000];
	double wall = 0, cpu = 0, before;
	int64_t start, tape;
	uint64_t i, k;

	if (s == NULL || (tape = store_tape(s, STR("bench"), true, &e)) < 0)
		fail();
	for (i = 0; i < n; i += 1000) {
		for (k = 0; k < 1000; k++)
			batch[k] = exchange(i + k, body);
		start = clock_mono_us();
		before = cpu_s();
		if (store_begin(s, &e) != 0)
			fail();
		for (k = 0; k < 1000; k++)
			if (store_put(s, tape, batch[k], &e) != 0)
				fail();
		if (store_commit(s, &e) != 0)
			fail();
		cpu += cpu_s() - before;
		wall += (double)(clock_mono_us() - start) / 1e6;
		for (k = 0; k < 1000; k++)
			exchange_free(batch[k]);
	}
	report("store_put()", n, wall, cpu);
	store_close(s);
}

static void
bench_find(const char *path, uint64_t n)
{
	struct store *s = store_open(path, STORE_READ, false, &e);
	struct store_candidate c;
	struct exchange *x;
	int64_t start = clock_mono_us(), tape;
	double before = cpu_s();
	uint64_t i, probes = n < 20000 ? n : 20000;

	if (s == NULL || (tape = store_tape(s, STR("bench"), false, &e)) < 1)
		fail();
	for (i = 0; i < probes; i++) {
		x = exchange(i * 7919 % n, 1);
		if (store_find(s, tape, x->key, false, &c, 1, &e) != 1)
			fail();
		exchange_free(x);
		if (store_get(s, c.id, 1u << 20, &x, &e) != 1)
			fail();
		exchange_free(x);
	}
	report("store_find(), _get()", probes,
	    (double)(clock_mono_us() - start) / 1e6, cpu_s() - before);
	store_close(s);
}

static void
bench_recorder(const char *path, uint64_t n, size_t body)
{
	struct recorder_options o = { .path = path, .tape = "bench" };
	struct recorder_figures f;
	struct recorder *r = recorder_open(&o, &e);
	int64_t start = clock_mono_us();
	double before = cpu_s();
	uint64_t i;

	if (r == NULL)
		fail();
	for (i = 0; i < n; i++) {
		while (recorder_full(r))
			usleep(200);
		recorder_give(r, exchange(i, body), NULL, NULL, NULL, NULL);
	}
	recorder_flush(r);
	report("recorder, with making", n,
	    (double)(clock_mono_us() - start) / 1e6, cpu_s() - before);
	recorder_figures(r, &f);
	printf("%llu entries in %llu commits, %llu lost, queue up to %llu "
	       "KiB\n",
	    (unsigned long long)f.entries, (unsigned long long)f.commits,
	    (unsigned long long)f.lost,
	    (unsigned long long)f.peak_queued_bytes >> 10);
	recorder_close(r);
}

int
main(int argc, char **argv)
{
	uint64_t n = argc > 1 ? strtoull(argv[1], NULL, 10) : 100000;
	size_t body = argc > 2 ? (size_t)strtoull(argv[2], NULL, 10) : 1024;
	char *path = xasprintf(
	    "%s/bench-store-%d.db", argc > 3 ? argv[3] : "/tmp", (int)getpid());

	n = (n + 999) / 1000 * 1000;
	bench_store(path, n, body);
	bench_find(path, n);
	remove_store(path);
	bench_recorder(path, n, body);
	remove_store(path);
	free(path);
	return 0;
}
