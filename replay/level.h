#ifndef REPLAY_LEVEL_H
#define REPLAY_LEVEL_H

/*
 * A secret never decides whether a recording answers, only which of several
 * does: keys are made of what is left when every pseudonym
 * (recorder/pseudonym.h) is the same word.  So a redacted tape replays for
 * somebody who has other secrets, or not the key of the pseudonyms.  Parts
 * without pseudonyms stay what they are.
 */

#include "base/arena.h"
#include "base/buf.h"
#include "replay/key.h"

/* Scratch memory, all zero to begin. */
struct level {
	struct buf target, body, decoded, value;
	struct arena arena;
};
void level_fini(struct level *l);

/* What p is without what tells secrets apart; header fields only with
 * fields.  A body in a content coding is without it then.  Views of p or of l,
 * which must not be used again before. */
struct key_parts level_parts(
    struct level *l, const struct key_parts *p, bool fields);

/* Whether two texts are equal but for pseudonyms. */
bool level_same(struct str a, struct str b);

/* A hash of the pseudonyms in the target and the body of a request, 0 when
 * there are none.  Only LEVEL_BODY bytes of a body count. */
#define LEVEL_BODY 65536
uint64_t level_hash(struct str target, struct str body);

#endif
