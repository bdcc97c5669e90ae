#ifndef REPLAY_NEAREST_H
#define REPLAY_NEAREST_H

/*
 * The recordings most like a request that none of them answers, and what
 * differs in the first of them.  What is looked at is bounded, however large
 * the tape is: see store_near().
 */

#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/str.h"
#include "replay/contrast.h"

struct err;
struct rules;
struct store;

#define NEAREST_MOST 3

struct nearest_entry {
	int64_t id;
	struct str method, url;
	unsigned distance;
};

/* All zero to begin; strings live in the arena. */
struct nearest {
	struct arena arena;
	struct nearest_entry v[NEAREST_MOST]; /* the nearest first */
	size_t n;
	struct contrast differences; /* of v[0] */
};

/* What is looked for, and where. */
struct nearest_to {
	struct store *store;
	int64_t tape;
	const struct compared *live; /* its scope is the first of scopes */
	const struct str *scopes;    /* that make no difference */
	size_t nscopes;
	const struct str *elsewhere; /* nor do these in entries of home */
	size_t nelsewhere;
	uint64_t home;
	const struct rules *rules; /* those in force; may be NULL */
	bool lines;                /* more are proposed */
};

/* 0, also when there is none, or -1. */
int nearest_find(struct nearest *n, const struct nearest_to *to, struct err *e);

/* The same among the entries with these ids. */
int nearest_among(struct nearest *n, const struct nearest_to *to,
    const int64_t *ids, size_t nids, struct err *e);
void nearest_fini(struct nearest *n);

#endif
