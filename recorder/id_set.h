#ifndef RECORDER_ID_SET_H
#define RECORDER_ID_SET_H

/*
 * A set of entry ids that grows with every answer, so that adding is what
 * counts: one probe.  64 neighbours share a word; a million ids in a row take
 * 512 KiB, one that is far from all others 64 bytes at most.  It belongs to
 * one thread.
 */

#include <stddef.h>
#include <stdint.h>

struct id_ranges;
struct id_word;

/* All zero is the empty set. */
struct id_set {
	struct id_word *words;
	size_t n;
	size_t cap; /* a power of two */
};

/* Adds id, which is above 0. */
void id_set_add(struct id_set *s, int64_t id);

/* Adds all that is in s to r, which is settled afterwards. */
void id_set_ranges(const struct id_set *s, struct id_ranges *r);

void id_set_fini(struct id_set *s);

#endif
