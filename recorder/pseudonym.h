#ifndef RECORDER_PSEUDONYM_H
#define RECORDER_PSEUDONYM_H

/*
 * What stands in the place of a secret: "hark-" and 23 letters and digits
 * that are made of it with a key, so that equal secrets stay equal and
 * nobody without the key can try which one it was.  It is safe wherever
 * secrets are: in URLs, header fields, cookies, JSON strings.  Two kinds keep
 * more of their shape: a JWT stays one that can be decoded and has the
 * pseudonym for its signature, a number stays a number of 15 digits.
 *
 * 18 of the characters are of the HMAC, 5 check these, so that a pseudonym is
 * known for one with or without the key.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/str.h"

struct buf;
struct pseudonyms; /* opaque; the maker, for any thread */

#define PSEUDONYM_BYTES 28 /* a multiple of 4, as base64 wants it */
#define PSEUDONYM_DIGITS 15

struct pseudonyms *pseudonyms_new(struct str key);
void pseudonyms_free(struct pseudonyms *p); /* safe on NULL */

/* Adds what stands for secret: of the form of a JWT if it is one. */
void pseudonym_add(
    const struct pseudonyms *p, struct str secret, struct buf *out);

/* The same for a number of JSON. */
void pseudonym_add_number(
    const struct pseudonyms *p, struct str secret, struct buf *out);

/* Whether the whole of value is a pseudonym; a number only counts as one for
 * the second. */
bool pseudonym_is(struct str value);
bool pseudonym_is_number(struct str value);

/*
 * Adds text to out with the same word in the place of every pseudonym, which
 * makes texts equal that differ in nothing but secrets, numbers among them.
 * False, and nothing is added, when there is none in it.
 */
bool pseudonym_level(struct str text, struct buf *out);

/*
 * The same for a text of which a window is in sight: what stands from from up
 * to *to is added, which moves on behind a pseudonym that reaches across it.
 * What stands around it decides what is one.  False, and nothing is added,
 * when there is none in it.
 */
bool pseudonym_level_part(
    struct str text, size_t from, size_t *to, struct buf *out);

/* Goes on with a hash of all pseudonyms in text; start with 0, which it also
 * stays when there is none. */
uint64_t pseudonym_hash(uint64_t hash, struct str text);

#endif
