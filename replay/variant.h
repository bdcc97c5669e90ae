#ifndef REPLAY_VARIANT_H
#define REPLAY_VARIANT_H

/*
 * A variant is those entries under one key that no live request can tell
 * apart: their recorded requests had the same header fields, their
 * responses vary by the same fields with the same values, and they are the
 * same kind of answer of one origin.  So whatever is true of one of them is
 * true of all, and they are served in recorded order.  Ten thousand recordings
 * of a poll are mostly one variant.
 *
 * Fields are compared as the library's contract says: hop-by-hop fields,
 * Host and Content-Length do not count, because the gateway and the transfer
 * make them, not the client's wish.  The first VARIANT_FIELDS others do.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "har/exchange.h"

struct rules;
struct rules_request;

#define VARIANT_FIELDS 256

/* What a status asks of the live request. */
enum variant_kind {
	VARIANT_ANY,
	VARIANT_CONDITIONAL, /* 304 */
	VARIANT_RANGE,       /* 206 */
};

/* When an exchange began matters to those who replay by time. */
struct variant_entry {
	int64_t id;
	int64_t started_us; /* wall clock */
	uint64_t times;     /* it was recorded in a row */
};

struct variant {
	uint64_t id; /* a hash of what the members have in common */
	enum variant_kind kind;
	uint64_t asks;       /* http_rules_asks() of the recorded request */
	uint64_t secrets;    /* level_hash() of it */
	uint64_t home;       /* home_recorded() of it */
	struct headers vary; /* value.p is NULL for an absent field */
	uint64_t *fields;    /* hashes of the request's fields, ascending */
	size_t nfields;
	size_t bytes; /* of memory, without more entries than one */
	struct variant_entry *entries; /* by id, ascending */
	size_t n;
	size_t cap;
	struct variant_entry first; /* where a single entry is */
};

/* Of x, without any entries yet. */
struct variant *variant_new(const struct exchange *x);
void variant_free(struct variant *v); /* safe on NULL */

void variant_add(struct variant *v, const struct variant_entry *entry);

/* The n entries, which are on the heap and move in, in the place of those it
 * has. */
void variant_set(struct variant *v, struct variant_entry *entries, size_t n);

/* Forgets the request's fields, so that more entries look alike. */
void variant_blur(struct variant *v);

/* A live request, looked at as far as it is needed; headers, ignoring and
 * asked as in struct wanted (replay/library.h), the rest 0 at first. */
struct variant_live {
	const struct headers *headers;
	const struct rules *ignoring;
	const struct rules_request *asked;
	bool looked; /* fields are set */
	size_t nfields;
	uint64_t fields[VARIANT_FIELDS];
};

/* Whether a member may answer the request at all. */
bool variant_allows(const struct variant *v, const struct variant_live *live);

/* How many of the live fields the recorded request has, too. */
size_t variant_agreement(const struct variant *v, struct variant_live *live);

#endif
