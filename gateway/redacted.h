#ifndef GATEWAY_REDACTED_H
#define GATEWAY_REDACTED_H

/* A live request as it would be recorded: without its secrets. */

#include <stdbool.h>

#include "base/arena.h"
#include "base/buf.h"
#include "recorder/rules.h"

struct headers;
struct redactor;

struct redacted {
	struct str target;
	const struct headers *headers;
	struct str body; /* p is NULL when it cannot be searched */
	bool changed;    /* target or body are not as they were */

	/* where they are */
	struct arena arena;
	struct buf target_made, body_made;
};

/* q says whom the rules are asked for; its target is what is redacted.  The
 * strings are views of what is given or live until redacted_fini(). */
void redacted_make(struct redacted *r, const struct redactor *by,
    const struct rules_request *q, const struct headers *headers,
    struct str body);
void redacted_fini(struct redacted *r);

#endif
