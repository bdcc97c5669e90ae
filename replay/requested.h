#ifndef REPLAY_REQUESTED_H
#define REPLAY_REQUESTED_H

/*
 * What was asked for on a tape: an index in memory, by method and URL and by
 * method, scope and target, for ways of finding entries that the store has no
 * index for.  It is made at the first question and follows the tape from then
 * on, a few dozen bytes for each entry.  Entries that were removed or edited
 * meanwhile stay in it as they were: whoever reads one finds out.
 */

#include <stddef.h>
#include <stdint.h>

#include "base/str.h"

struct err;
struct store;

struct requested; /* opaque; safe for any thread */

struct requested *requested_new(void);
void requested_free(struct requested *a); /* safe on NULL */

/* An entry that may be the one; hashes can be equal by chance. */
struct requested_entry {
	int64_t id;
	uint64_t same; /* equal when request fields and body are, too */
};

/* All zero to begin; v is the caller's to free. */
struct requested_list {
	struct requested_entry *v;
	size_t n, cap;
};

/*
 * Takes in what is new in the store, and sets *list to the entries of the
 * tape that were asked for like this, oldest first: by url when it is not
 * empty, else by scope and target.  0 or -1.
 */
struct requested_for {
	struct str method, url, scope, target;
};
int requested_find(struct requested *a, struct store *s, int64_t tape,
    const struct requested_for *what, struct requested_list *list,
    struct err *e);

#endif
