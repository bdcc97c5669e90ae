/*
 * Certificates of the local authority per second on one core: made for names
 * that are new, and found again.
 *
 *	tests/bench/minted [COUNT]
 */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/err.h"
#include "gateway/authority.h"
#include "gateway/minted.h"

/* Asks for n certificates, for kinds names in turn. */
static void
bench_minted(struct minted *m, const char *what, uint64_t n, uint64_t kinds)
{
	int64_t start = clock_mono_us(), us;
	struct err e;
	char name[40];
	X509 *leaf;
	uint64_t i;

	for (i = 0; i < n; i++) {
		snprintf(name, sizeof(name), "%s-%llu.test", what,
		    (unsigned long long)(i % kinds));
		leaf = minted_get(m, str_of(name), &e);
		if (leaf == NULL) {
			fprintf(stderr, "minted: %s\n", e.text);
			exit(1);
		}
		X509_free(leaf);
	}
	us = clock_mono_us() - start;
	printf("| certificates, %s | hark | %.0f | %.1f |\n", what,
	    (double)n * 1e6 / (double)us, (double)us / (double)n);
}

int
main(int argc, char **argv)
{
	uint64_t n = argc > 1 ? strtoull(argv[1], NULL, 10) : 5000;
	struct authority *a;
	struct minted *m;
	struct err e;

	a = authority_make("bench", NULL, 0, clock_wall_us(), &e);
	if (a == NULL || n == 0) {
		fprintf(stderr, "minted: %s\n", n == 0 ? "no count" : e.text);
		return 1;
	}
	m = minted_new(a);
	bench_minted(m, "new", n, n);
	bench_minted(m, "kept", 100 * n, MINTED_MOST / 2);
	minted_free(m);
	authority_free(a);
	return 0;
}
