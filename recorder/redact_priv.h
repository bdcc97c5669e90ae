#ifndef RECORDER_REDACT_PRIV_H
#define RECORDER_REDACT_PRIV_H

/* What redact.c, redact_stream.c and redact_frames.c have in common. */

#include "recorder/redact.h"

struct finder;
struct pseudonyms;

struct redactor {
	struct finder *finder;
	struct pseudonyms *pseudonyms;
	const struct rules *rules;
};

/* Where and by how much a body became longer (or shorter). */
struct redact_shift {
	uint64_t at; /* the end of the secret, in the body as it was */
	int64_t by;
};
struct redact_shifts {
	struct redact_shift *v;
	size_t n, cap;
};

/* For the functions of recorder/secrets.h. */
struct secrets_in redaction_in(struct redaction *d);

/* Adds text from one offset to another with d->found replaced, of which only
 * those count that are in between as a whole.  shifts may be NULL; base is
 * the offset of text in what it is of. */
void redaction_apply(struct redaction *d, struct str text, size_t from,
    size_t to, struct buf *out, struct redact_shifts *shifts, uint64_t base);

/* Moves the marks with what is in front of them. */
void redact_shift_marks(
    const struct redact_shifts *shifts, struct chunk_mark *marks, size_t n);

/* The same where offsets were lost with a coding: in proportion. */
void redact_scale_marks(
    struct chunk_mark *marks, size_t n, uint64_t was, uint64_t is);

/* Sets what m says of its body right: another one of size bytes, or none that
 * is known. */
void redact_follow(struct message *m, struct arena *a, uint64_t size);

/* A message's body that is in a file, redacted into another if need be.  False
 * when it cannot be searched, or not be written. */
bool redact_spooled(struct redaction *d, struct message *m, struct arena *a);

/* The same for what passed on a WebSocket, wherever it is; it is not known any
 * more when that cannot be written. */
bool redact_frames(struct redaction *d, struct body *b);

/* Whether fields say that the body is in a coding. */
bool redact_is_coded(const struct headers *h);

#endif
