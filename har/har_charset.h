#ifndef HAR_HAR_CHARSET_H
#define HAR_HAR_CHARSET_H

/*
 * Back from the UTF-8 of a HAR to the character encoding that a Content-Type
 * names.
 */

#include "base/str.h"

struct buf;

/* The charset parameter of a media type; "" when there is none. */
struct str har_charset_of(struct str content_type);

/* Whether UTF-8 is already what charset means, or it means nothing. */
bool har_charset_is_utf8(struct str charset);

/*
 * Appends text, which is UTF-8, in charset to out.  0, or -1 (out as it was)
 * when charset is not known or lacks a character of text.
 */
int har_charset_encode(struct str charset, struct str text, struct buf *out);

#endif
