#ifndef REPLAY_PAIRS_H
#define REPLAY_PAIRS_H

/*
 * The pairs of a query or a form as the URL standard reads them: decoded, and
 * empty ones left out.
 */

#include <stdbool.h>
#include <stddef.h>

#include "base/str.h"

struct arena;

struct pair {
	struct str name, value;
	bool matched, same; /* the caller's; false at first */
};

/* Sets v to the first most pairs, views of s or of memory in a; how many
 * there are. */
size_t pairs_split(struct arena *a, struct str s, struct pair *v, size_t most);

#endif
