#ifndef GATEWAY_SESSIONS_H
#define GATEWAY_SESSIONS_H

/*
 * The isolation sessions that there are: made when their name is used first,
 * ended when it was not used for a while, or when there are too many and it
 * was not used for the longest.  A name that comes back then begins anew.
 * What each got is told in the log when it ends.
 */

#include <stddef.h>
#include <stdint.h>

#include "base/str.h"

struct sessions; /* opaque; safe for any thread */

/* At most so many at a time; one that was not used for idle_us ends when there
 * is another request.  sessions_free() ends them. */
struct sessions *sessions_new(size_t most, int64_t idle_us);

/* Ends all. */
void sessions_free(struct sessions *s); /* safe on NULL */

/* The number of the session with that name: another one each time it
 * begins, never 0.  now_us is monotonic. */
uint64_t sessions_enter(struct sessions *s, struct str name, int64_t now_us);

/* How many there are. */
size_t sessions_open(struct sessions *s);

/* Ends the one with that name, or all when name.p is NULL: how many. */
size_t sessions_close(struct sessions *s, struct str name);

#define SESSIONS_SOURCES 8

/* Calls on_session for each, the one used last first; it must not call any of
 * these.  The name holds as long. */
struct session_row {
	struct str name;
	uint64_t number;
	int64_t used_us; /* monotonic */
	const struct session_count *counts;
};
struct session_count {
	const char *source; /* NULL: no more */
	uint64_t n;
};
void sessions_each(struct sessions *s,
    void (*on_session)(void *arg, const struct session_row *row), void *arg);

/* What its requests got, as X-Hark-Source says it. */
void sessions_count(struct sessions *s, struct str name, const char *source);

#endif
