#ifndef REPLAY_REPEAT_H
#define REPLAY_REPEAT_H

/*
 * The sequence policies (rule 4 in replay/library.h): which of several
 * entries that are equally good answers comes next.  All but the last three
 * go by the session's cursor.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/str.h"
#include "recorder/store.h"

struct cursors;
struct err;
struct key;
struct variant;

enum repeat {
	REPEAT_HOLD,    /* in recorded order, then the newest stays */
	REPEAT_CYCLE,   /* in recorded order, then from the first again */
	REPEAT_FAIL,    /* in recorded order, then none */
	REPEAT_FIRST,   /* always the oldest */
	REPEAT_LATEST,  /* always the newest */
	REPEAT_BY_TIME, /* the newest that had begun by now */
};

/* When a read comes to its next recording: each time, or only behind a write
 * (replay/written.h). */
enum advance {
	ADVANCE_ALWAYS,
	ADVANCE_ON_WRITE,
};

/* Whether what was served decides what comes next. */
bool repeat_counts(enum repeat policy);

/*
 * Takes the next place of a shared cursor, as store_turn() does.  *total is set
 * to the one for which it was taken.  REPEAT_LATER when somebody else takes it
 * and it is to be asked for again.
 */
#define REPEAT_LATER (-2)
typedef int64_t (*repeat_take_fn)(void *arg,
    const uint8_t name[STORE_CURSOR_NAME], int64_t *total, bool cycle,
    struct err *e);

struct repeat_turn {
	enum repeat policy;
	struct cursors *cursors;
	const struct key *key;
	struct str session;
	int64_t now_us; /* by time: what it is now on the tape, wall clock */
	bool waits;     /* a read that only a write moves on */
	int64_t since;  /* the last such write; 0: none yet */
	repeat_take_fn take; /* of shared cursors; NULL: those here count */
	void *arg;
};

/* The entry among the n variants (n > 0) whose turn it is, 0 when they are
 * used up, -1 when shared cursors cannot be had, or REPEAT_LATER.  *which is
 * the place of its variant in v.  A shared cursor has moved then, others here
 * move later. */
int64_t repeat_next(const struct repeat_turn *t, const struct variant *const *v,
    size_t n, size_t *which, struct err *e);

#endif
