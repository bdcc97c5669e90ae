#ifndef REPLAY_REFRESH_H
#define REPLAY_REFRESH_H

/*
 * An answer as if it had been recorded now: what tells a time in its fields
 * and, at places that the user names, in its JSON moves by the age of the
 * recording.
 *
 * Date, Expires, Retry-After and the expiry of cookies move by the age that
 * the recording has at this moment, Last-Modified by the age it had when the
 * gateway began, so that it stays the same from one request to the next.
 *
 * Texts in JSON keep their form: ISO 8601 with their offset and digits of a
 * fraction, a date alone, the form of HTTP's fields.  Whole numbers are taken
 * for seconds, milli-, micro- or nanoseconds since 1970 by their size.  What
 * is none of it stays.  Bodies that are not in memory stay as they are.
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"
#include "replay/library.h"

struct json_paths;

struct refresh {
	int64_t now_us;   /* wall clock */
	int64_t began_us; /* when the gateway began */
	bool fields;
	const struct json_paths *places; /* in JSON; may be NULL */
};

/* Takes the reference to a over and gives one to what is to be sent: a, when
 * there is nothing to do. */
struct answer *refresh_answer(struct answer *a, const struct refresh *r);

/* Adds the text of a date, or the number of one, moved by us; false when it
 * is none, and nothing is added. */
bool refresh_date(struct str text, int64_t us, struct buf *out);
bool refresh_number(struct str number, int64_t us, struct buf *out);

#endif
