#ifndef RECORDER_REDACT_H
#define RECORDER_REDACT_H

/*
 * Redaction keeps secrets off the disk: what recorder/secrets.h finds is
 * replaced by pseudonyms (recorder/pseudonym.h) in all of an exchange, in
 * bodies also below their content coding, before a store sees it.  The
 * same is done with a live request before it is looked for, so that it
 * finds its recording.  What holds:
 *
 *   - equal secrets become equal pseudonyms, wherever and however encoded
 *     they stand, so that a token from one answer is the token of the next
 *     request, recorded or replayed;
 *   - what has been redacted stays as it is when it is redacted again;
 *   - nothing else changes but what has to follow: Content-Length, chunk
 *     marks, and fields with a digest of a changed body, which go.
 *
 * A text body that cannot be looked into (its coding is unknown, broken or
 * expands beyond REDACT_DECODED) is not kept: it becomes an unknown body.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/str.h"
#include "har/exchange.h"
#include "recorder/secrets.h"

struct arena;
struct rules;
struct rules_request;
struct redactor; /* opaque; for any thread */

#define REDACT_DECODED (64u << 20) /* bytes of a body without its coding */

/* key makes the pseudonyms; rules (may be NULL) stay the caller's and must
 * live as long. */
struct redactor *redactor_new(struct str key, const struct rules *rules);
void redactor_free(struct redactor *r); /* safe on NULL */

/* A redactor at work on one request and its answer; q's strings must live
 * until redaction_end(). */
struct redaction {
	const struct redactor *redactor;
	struct secret_rules *rules;
	struct secrets found; /* in the last text */
	struct buf scratch;
	struct buf known; /* secrets of the request, as secrets_in has them */
	bool answers;     /* it is at the response */
	bool dropped;     /* a body that could not be looked into */
};
void redaction_begin(struct redaction *d, const struct redactor *r,
    const struct rules_request *q);
void redaction_end(struct redaction *d);

/* What comes now is of the response: secrets of the request count as such
 * wherever they are in it, if they have 12 bytes or more and look random. */
void redaction_answers(struct redaction *d);

/* What from has met with in a part of the same request counts for d, too. */
void redaction_join(struct redaction *d, const struct redaction *from);

/* A URL or target.  True when there were secrets: out has it without. */
bool redact_url(struct redaction *d, struct str url, struct buf *out);

/* Other text, such as that of a failure; the same. */
bool redact_text(struct redaction *d, struct str text, struct buf *out);

/* Fields without secrets: h itself, or a list in a whose names and other
 * values are those of h. */
const struct headers *redact_fields(
    struct redaction *d, const struct headers *h, struct arena *a);

enum redact_body {
	REDACT_SAME,
	REDACT_CHANGED, /* out has the body */
	REDACT_DROPPED, /* it cannot be looked into */
};

/* The body of a message with the fields h. */
enum redact_body redact_body(struct redaction *d, const struct headers *h,
    struct str body, struct buf *out);

/* All of x's request; the body of its response, if it is in memory as a
 * whole; and the rest, with what the entry has besides. */
void redact_request(struct redaction *d, struct exchange *x);
void redact_response_body(struct redaction *d, struct exchange *x);
void redact_response(struct redaction *d, struct exchange *x);

/* Both, by x's own method, scope and target.  False when a body was
 * dropped. */
bool redact_exchange(const struct redactor *r, struct exchange *x);

/* JSON text of what HARs have beside entries; as redact_url(). */
bool redact_har(struct redaction *d, struct str object, struct buf *out);

/*
 * A body that comes in pieces and is too big for memory.  The
 * stream holds back what may be the start of a secret (up to REDACT_HELD
 * bytes; a secret that is longer is not found in it) and a body that has to
 * be looked at as a whole, because of its coding or of a rule with a path
 * or a pattern: up to REDACT_WHOLE bytes of it, beyond which it is dropped.
 */
struct redact_stream; /* opaque */

#define REDACT_HELD (64u << 10)
#define REDACT_WHOLE (16u << 20)

/* For a message with the fields h; both stay the caller's. */
struct redact_stream *redact_stream_new(
    struct redaction *d, const struct headers *h);
void redact_stream_free(struct redact_stream *s); /* safe on NULL */

/* Nobody will ask where what was, as in a request: call it first. */
void redact_stream_forget(struct redact_stream *s);

/* Whether no secrets are possible in the body, which goes through as it is;
 * known once something of it was taken. */
bool redact_stream_passes(const struct redact_stream *s);

/* Takes from the front of b what is decided and adds it to out; what is not
 * stays in b. */
void redact_stream_take(
    struct redact_stream *s, struct buf *b, struct buf *out);

/* Nothing more comes: the rest of b, redacted, is in b.  False when the body
 * was dropped. */
bool redact_stream_end(struct redact_stream *s, struct buf *b);

/* Sets the fields of a request right for what s did; size is that of the body
 * as it is kept. */
void redact_stream_follow(const struct redact_stream *s, struct message *m,
    struct arena *a, uint64_t size);

/* The same for a response of x, and its chunk marks. */
void redact_stream_settle(
    const struct redact_stream *s, struct exchange *x, uint64_t size);

#endif
