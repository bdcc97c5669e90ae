#ifndef REPLAY_WAYS_H
#define REPLAY_WAYS_H

/*
 * The ways in which secrets were kept out of a tape
 * (recorder/redact_mark.h), made ready to treat live requests the same.
 */

#include <stdbool.h>
#include <stddef.h>

#include "base/str.h"

struct redact_key;
struct redactor;
struct ways; /* opaque; of one thread */

/* marks are the tape's. */
struct ways *ways_new(struct str marks, const struct redact_key *key);
void ways_free(struct ways *w); /* safe on NULL */

/* Whether they are made of these. */
bool ways_are(const struct ways *w, struct str marks);

/* The newest for i = 0, then older ones; NULL behind the oldest. */
const struct redactor *ways_get(const struct ways *w, size_t i);

#endif
