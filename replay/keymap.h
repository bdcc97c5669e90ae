#ifndef REPLAY_KEYMAP_H
#define REPLAY_KEYMAP_H

/*
 * Which entry of a tape is under a key, in memory: a table of 8 bytes for
 * each key and a third more.  It is of one moment of the store and never
 * changes; who uses it has to know that the moment still is.
 *
 * Of a key there are 24 bits more than its place says, so that one of many
 * millions of keys that are not there looks as if it were: whoever is led to
 * an entry compares.
 */

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "recorder/store.h"
#include "replay/key.h"

struct err;
struct keymap; /* opaque; counted */

/* Of tables that need more than this there are none. */
#define KEYMAP_BYTES (64u << 20)

enum keymap_has {
	KEYMAP_NONE,    /* there is no such key */
	KEYMAP_ONE,     /* there is the entry alone, or none */
	KEYMAP_SEVERAL, /* the store has to be asked */
};

/* All keys of the tape, in both tiers, as s has them.  NULL when *stop was set
 * meanwhile, and with *e set when they are too many, cannot be read, or this
 * kind of store cannot tell its moment. */
struct keymap *keymap_load(
    struct store *s, int64_t tape, const atomic_bool *stop, struct err *e);

struct keymap *keymap_ref(struct keymap *m);
void keymap_unref(struct keymap *m); /* safe on NULL */

int64_t keymap_tape(const struct keymap *m);

/* Whether s is still as it was. */
bool keymap_holds(const struct keymap *m, struct store *s);

/* *entry is set for KEYMAP_ONE. */
enum keymap_has keymap_find(
    const struct keymap *m, const struct key *key, int64_t *entry);

size_t keymap_bytes(const struct keymap *m);
size_t keymap_keys(const struct keymap *m);

#endif
