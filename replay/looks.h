#ifndef REPLAY_LOOKS_H
#define REPLAY_LOOKS_H

/*
 * What a value looks like: guesses that a person would make, too, for saying
 * why something differs from request to request.  They decide nothing by
 * themselves.
 */

#include <stdbool.h>

#include "base/str.h"

enum looks {
	LOOKS_PLAIN,
	LOOKS_NUMBER, /* decimal digits alone */
	LOOKS_TIME,   /* a date, or seconds and parts of them since 1970 */
	LOOKS_UUID,
	LOOKS_JWT,
	LOOKS_RANDOM, /* long, and letters and digits in no order */
};

enum looks looks_of(struct str value);

/* "a time", "a UUID", ...; NULL for LOOKS_PLAIN. */
const char *looks_text(enum looks l);

/* Whether something called like this is new each time by its purpose: nonce,
 * timestamp, signature, request id. */
bool looks_fleeting(struct str name);

#endif
