#ifndef HAR_HAR_NAME_H
#define HAR_HAR_NAME_H

/*
 * Names of payload files, as Playwright makes them: the SHA-1 of the bytes and
 * an ending for people and their tools.
 */

#include <stdint.h>

#include "base/digest.h"
#include "base/str.h"

#define HAR_NAME_BYTES 56 /* room for a name and its NUL */

/* "0a4d55a8d778e5022fab701977c5d840bbc486d0.json" */
void har_name(const uint8_t sha1[DIGEST_SHA1_BYTES], const char *end,
    char out[HAR_NAME_BYTES]);

/* The ending for a media type, and for bytes that have content codings. */
const char *har_name_of_type(struct str content_type);
const char *har_name_of_coding(struct str codings);

#endif
