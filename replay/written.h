#ifndef REPLAY_WRITTEN_H
#define REPLAY_WRITTEN_H

/*
 * What was written where, as far as a session was answered from recordings:
 * under ADVANCE_ON_WRITE a read stays with its recording until a write to the
 * same path, to one above it or to one below it was replayed, and is then
 * answered with what was recorded behind that write.
 *
 * The marks are kept with the cursors and share their bounds.
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"

struct cursors;

/* Deeper paths count as this deep. */
#define WRITTEN_DEPTH 32

/* Where; the query of the target does not count. */
struct written_place {
	struct str session, scope, target;
};

/* Whether a method asks for a change (it is not safe: RFC 9110 section
 * 9.2.1). */
bool written_by(struct str method);

/* Entry, a write there, was served. */
void written_mark(
    struct cursors *c, const struct written_place *p, int64_t entry);

/* The newest entry that wrote to the place, above it or below it; 0: none. */
int64_t written_since(struct cursors *c, const struct written_place *p);

#endif
