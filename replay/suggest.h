#ifndef REPLAY_SUGGEST_H
#define REPLAY_SUGGEST_H

/*
 * Suggests rules: of each endpoint (method, host and shape of path) the
 * recorded requests are compared, and what keeps apart those that are equal
 * otherwise is proposed to be left out, if it looks as if it were new each
 * time (a time, a UUID, a JWT, a random id, a nonce by its name, a counter in
 * a body), or if the answers are the same whatever it is.
 *
 * What names things (an id in the path or query of a GET with an answer of
 * its own) is not proposed.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/str.h"

struct exchange;
struct rules;
struct rules_request;
struct suggest; /* opaque */

/* Of an endpoint and in all; further ones do not count. */
#define SUGGEST_ENTRIES 256
#define SUGGEST_ENDPOINTS 4096
#define SUGGEST_FIELDS 256 /* of a request */

struct suggestion {
	struct str rule;        /* without its line's end */
	struct str why;         /* "always different, looks like a time" */
	struct str examples[2]; /* of its values; the second may be empty */
	size_t recordings;      /* that are equal but for it */
};

/* rules are those in force, which may be NULL; they must live as long. */
struct suggest *suggest_new(const struct rules *rules);
void suggest_free(struct suggest *s); /* safe on NULL */

/* Whether a recording of such a request would count; others need not be read.
 */
bool suggest_wants(struct suggest *s, const struct rules_request *q);

/* Takes in a recording; its request body is in memory, or of no interest.
 * That of the response need not be there: equal ones have one stored_id. */
void suggest_add(struct suggest *s, const struct exchange *x);

/* All there is to suggest, in the order of the endpoints.  Nothing is added
 * any more; the list lives as long as s. */
const struct suggestion *suggest_all(struct suggest *s, size_t *n);

#endif
