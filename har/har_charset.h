#ifndef HAR_HAR_CHARSET_H
#define HAR_HAR_CHARSET_H

/*
 * Back from the UTF-8 of a HAR to the character encoding that a Content-Type
 * names.
 */

#include <stdbool.h>
#include <stddef.h>

#include "base/str.h"

struct buf;

/* The charset parameter of a media type; "" when there is none. */
struct str har_charset_of(struct str content_type);

/* Whether UTF-8 is already what charset means, or it means nothing. */
bool har_charset_is_utf8(struct str charset);

/* Whether it is one of those that browsers read as windows-1252. */
bool har_charset_is_latin1(struct str charset);

/* On the way from UTF-8 to another encoding, piece by piece. */
struct har_charset {
	void *iconv;  /* NULL: a byte for each of the first 256 characters */
	char held[8]; /* of a piece: the start of its last character */
	size_t nheld;
};

/* To charset, or (always possible) to ISO 8859-1 with all its control
 * characters.  0, or -1 when charset is not known. */
int har_charset_open(struct har_charset *c, struct str charset);
void har_charset_open_latin1(struct har_charset *c);
void har_charset_close(struct har_charset *c);

/* Appends a piece of text, which is UTF-8, to out.  0, or -1 when the encoding
 * lacks a character of it. */
int har_charset_piece(
    struct har_charset *c, struct str text, bool last, struct buf *out);

#endif
