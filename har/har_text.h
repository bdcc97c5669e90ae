#ifndef HAR_HAR_TEXT_H
#define HAR_HAR_TEXT_H

/*
 * What the reader and the writer of HAR must agree on: which bytes are
 * written as text, how bytes that are no text travel, and how unknown
 * members are kept with an exchange.
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"

struct buf;
struct exchange;
struct json_write;

/*
 * exchange.extra is a JSON object with an object per place of an entry at
 * which members stood that hark does not model; cookies that are in no
 * header field are kept the same way.
 */
enum har_place {
	HAR_ENTRY,
	HAR_REQUEST,
	HAR_RESPONSE,
	HAR_CONTENT,
	HAR_POST_DATA,
	HAR_TIMINGS,
	HAR_PLACES,
};

/* "entry", "request", ...: the members of extra. */
const char *har_place_text(enum har_place p);

/* Writes the members kept for that place of x's entry. */
void har_text_extra(
    struct json_write *w, const struct exchange *x, enum har_place p);

/* The same for the member called name alone. */
void har_text_extra_member(struct json_write *w, const struct exchange *x,
    enum har_place p, const char *name);

/* Whether a member called name is kept for that place. */
bool har_text_has_extra(
    const struct exchange *x, enum har_place p, const char *name);

/* Whether bytes go into a HAR as text rather than base64: UTF-8 without
 * NUL, decided by nothing but the bytes. */
bool har_text_is_text(struct str bytes);

/* The same of bytes that come in pieces.  All zero is the start. */
struct har_text_check {
	bool wrong;
	char held[4]; /* a sequence that is not whole yet */
	size_t nheld;
};
void har_text_check_piece(struct har_text_check *c, struct str piece);
bool har_text_check_end(const struct har_text_check *c);

/* Each byte as the code point of its value (ISO 8859-1), in UTF-8. */
void har_text_from_latin1(struct str bytes, struct buf *out);

/* "1.5": microseconds as milliseconds. */
#define HAR_MS_BYTES 32
void har_text_ms(int64_t us, char out[HAR_MS_BYTES]);

#endif
