#ifndef RECORDER_REDACT_MARK_H
#define RECORDER_REDACT_MARK_H

/*
 * How secrets were kept out of a tape stands in its column redaction: for
 * each way that was used a line
 *
 *	:on 1 FINGERPRINT
 *	:off 1
 *
 * (version of the redactor, fingerprint of the key) and behind it the rules
 * that it went by, a line each.  A new way is added at the end; replay goes
 * by the same ways, the newest first.
 */

#include <stdbool.h>

#include "base/str.h"

struct buf;
struct redact_key;
struct rules;

#define REDACT_VERSION 1
#define REDACT_MARKS 64 /* ways of one tape */

/* Adds one way; key is NULL for none at all. */
void redact_mark(
    const struct redact_key *key, const struct rules *rules, struct buf *out);

struct redact_mark {
	bool on;
	struct str fingerprint; /* of on */
	struct str rules;       /* of on: lines */
};

/* Cuts the first way off *rest.  False when there is none.  Ways of a version
 * that is not known here are passed over. */
bool redact_mark_next(struct str *rest, struct redact_mark *m);

/* Adds those of the ways in more that are not in marks yet.  0, or -1 when
 * they would be more than REDACT_MARKS. */
int redact_mark_merge(struct buf *marks, struct str more);

#endif
