#ifndef MOCK_TEXT_H
#define MOCK_TEXT_H

/*
 * Texts as JavaScript sees them, kept in UTF-8: lengths and places are counted
 * in UTF-16 units there, a character beyond U+FFFF being two.  Bytes that are
 * no UTF-8 count as one unit each.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/str.h"

struct buf;

/* The code point text (not empty) begins with, *n its bytes; a byte that is
 * no UTF-8 gives U+FFFD. */
uint32_t text_point(struct str text, size_t *n);

/* Appends a code point in UTF-8. */
void text_add_point(struct buf *out, uint32_t point);

/* Appends bytes as UTF-8: what is none becomes U+FFFD, as a decoder of the Web
 * does it. */
void text_add_decoded(struct buf *out, struct str bytes);

bool text_is_space(uint32_t point); /* what trim() and \s take for one */
/* Views without white space at both ends, and at the end. */
struct str text_trim(struct str text);
struct str text_trim_end(struct str text);

/* Its length as JavaScript has it: in units of UTF-16. */
size_t text_units(struct str text);

/* The byte at which that unit begins; text.n beyond the end.  Within a pair
 * *split is set and the place is that of the whole character. */
size_t text_offset(struct str text, size_t unit, bool *split);

/* Appends the units from .. to (to > from); half of a pair is U+FFFD. */
void text_add_slice(struct buf *out, struct str text, size_t from, size_t to);

/* The byte at which part first stands at or behind from; SIZE_MAX: nowhere. */
size_t text_find(struct str text, struct str part, size_t from);

/* Append text as toLowerCase() and toUpperCase() give it. */
void text_add_lower(struct buf *out, struct str text);
void text_add_upper(struct buf *out, struct str text);

/* As localeCompare() orders in English: by letters first, then accents, then
 * small before capital.  Less than, equal to or greater than 0. */
int text_compare(struct str a, struct str b);

#endif
