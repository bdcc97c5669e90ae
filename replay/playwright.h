#ifndef REPLAY_PLAYWRIGHT_H
#define REPLAY_PLAYWRIGHT_H

/*
 * Finding entries as Playwright's routeFromHAR does in a HAR of the tape:
 *
 *  1. Candidates are the entries with that URL and method, byte for byte, in
 *     recorded order.
 *  2. For POST alone, and only when the live request has a body and the
 *     entry has one (if only an empty one), bodies must be equal byte for
 *     byte; two bodies of multipart/form-data may differ in their boundaries.
 *  3. Of several candidates the one whose recorded request fields agree with
 *     the most of the live ones counts, the oldest of equals.  Nothing is
 *     used up: the same question has the same answer.
 *  4. A 301, 302, 303, 307 or 308 with a Location is followed from 1, with
 *     the same fields and body; POST becomes GET after 301 and 302, all but
 *     GET and HEAD after 303.  Coming by the same entry twice is an error.
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"
#include "replay/library.h"

struct err;
struct errand;
struct exchange;
struct headers;
struct reader;

struct playwright; /* opaque; one per process, safe for any thread */

struct playwright *playwright_new(void);
void playwright_free(struct playwright *p); /* safe on NULL */

struct playwright_request {
	struct str method;
	struct str url;   /* absolute; when empty, scope and target count */
	struct str scope; /* as they are recorded: see har/exchange.h */
	struct str target;
	const struct headers *headers;
	struct str body;
	bool has_body;   /* if only an empty one */
	bool navigation; /* of a browser: it wants to know of redirects */
};

enum playwright_action {
	PLAYWRIGHT_NOENTRY,
	PLAYWRIGHT_FULFILL,  /* with x */
	PLAYWRIGHT_REDIRECT, /* to where x is */
	PLAYWRIGHT_ERROR,    /* redirects in a circle, or to no URL: see *e */
};

struct playwright_found {
	enum playwright_action action;
	struct exchange *x; /* NULL, or the caller's; bodies are in the store */
};

/* 0, or -1 with *e set when the store could not be read; not by a reader that
 * sends errands. */
int playwright_find(struct playwright *p, struct reader *r,
    const struct playwright_request *q, struct playwright_found *found,
    struct err *e);

/*
 * The same made an answer, which is the caller's reference: a redirect is a
 * 302 to where the client finds x, below the gateway if it asked by scope and
 * target.  FOUND_UNUSABLE when the recorded request was never answered;
 * FOUND_NOTHING with *e set, or empty when there just is no entry.  FOUND_LATER
 * only by a reader that sends errands: then all of it is one errand.
 */
enum found playwright_answer(struct playwright *p, struct reader *r,
    const struct playwright_request *q, struct answer **a, struct err *e);

/* The question of such an errand, which has a copy of all that it needs. */
struct playwright_question;                                   /* opaque */
void playwright_question_free(struct playwright_question *q); /* NULL is safe */

/* Runs the errand, which has a question: 0, or -1 with d->e set. */
int playwright_run(struct errand *d, struct reader *r);

#endif
