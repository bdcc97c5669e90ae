#ifndef RECORDER_REDACT_KEY_H
#define RECORDER_REDACT_KEY_H

/*
 * The key that pseudonyms are made with.  It is kept out of the store, so
 * that a tape can be given away: in a file of its own beside it, PATH-key,
 * which only its owner may read, or wherever the user says.  As text it is 64
 * hexadecimal digits.
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"

struct err;

#define REDACT_KEY_BYTES 32
#define REDACT_FINGERPRINT 16 /* hexadecimal digits */

struct redact_key {
	uint8_t bytes[REDACT_KEY_BYTES];
	bool known; /* false: made for this process alone */
	char fingerprint[REDACT_FINGERPRINT + 1]; /* tells keys apart */
};

/* Where a key may come from: the first that is not NULL counts. */
struct redact_key_sources {
	const char *file; /* that the user named */
	const char *text;
	const char *store; /* its path */
};

/*
 * Sets *k.  A file that is not there is made when make is set; otherwise the
 * key is one that nobody else has, and k->known is false.  0 or -1.
 */
int redact_key_load(struct redact_key *k, const struct redact_key_sources *from,
    bool make, struct err *e);

struct str redact_key_bytes(const struct redact_key *k);

#endif
