#ifndef MOCK_MEMORY_H
#define MOCK_MEMORY_H

/*
 * What mocked environments remember for each isolation session: a state
 * (mock/state.h) of each environment.  It outlives the versions that the files
 * come in (mock/mocks.h).
 */

#include <stddef.h>
#include <stdint.h>

struct memory; /* opaque, counted; safe for any thread once it is filled */
struct numbers;
struct state;

/* on_change, if not NULL, is that of the states that others share
 * (state_on_change()). */
struct memory *memory_new(
    size_t most_sessions, void (*on_change)(void *arg), void *arg);
struct memory *memory_ref(struct memory *m);
void memory_unref(struct memory *m); /* safe on NULL */

/* Makes room for one more environment; gives its place, from 0 on. */
size_t memory_add(struct memory *m);

/* The caller's reference to the state of an environment in the session with
 * that number; 0 is the one that all others share. */
struct state *memory_state(
    struct memory *m, size_t environment, uint64_t session);

/* Forgets what is under no known key, in all sessions. */
void memory_forget(
    struct memory *m, size_t environment, const struct numbers *known);

#endif
