#ifndef RECORDER_ID_RANGES_H
#define RECORDER_ID_RANGES_H

/*
 * Many entry ids, as runs of neighbours: what was served once nothing is
 * served any more, and how it stands in a file.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct id_range {
	int64_t first, last;
};

/* All zero is none. */
struct id_ranges {
	struct id_range *v;
	size_t n;
	size_t cap;
};

/* Adds first to last, in any order and however often. */
void id_ranges_add(struct id_ranges *r, int64_t first, int64_t last);

/* Puts them in order and joins what overlaps or touches. */
void id_ranges_settle(struct id_ranges *r);

/* Whether id is among them; only after id_ranges_settle(). */
bool id_ranges_has(const struct id_ranges *r, int64_t id);

void id_ranges_fini(struct id_ranges *r);

#endif
