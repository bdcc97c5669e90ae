#ifndef GATEWAY_HTTP1_SCAN_H
#define GATEWAY_HTTP1_SCAN_H

/*
 * The character classes of HTTP (RFC 9110 section 5.6, RFC 9112 section 5)
 * and the one reader of field lines, which heads and trailers share.  For
 * http1.c and http1_body.c only.
 */

#include <stdbool.h>
#include <stddef.h>

#include "gateway/http1.h"

/* The first byte that is not a tchar; end when there is none. */
const char *http1_scan_token(const char *p, const char *end);

/* The first byte that is not HTAB, SP, VCHAR or obs-text; or end. */
const char *http1_scan_text(const char *p, const char *end);

/* The first byte that cannot stand in a request target: a control, a space
 * or #; or end. */
const char *http1_scan_target(const char *p, const char *end);

/*
 * Reads the field line at p into *f and gives the place behind its CRLF.
 * NULL with *fault HTTP1_NONE when the line's LF has not come yet, NULL with
 * another *fault when the line is malformed.  A line is judged only when its
 * LF is there, so that the verdict does not depend on how the bytes were cut.
 */
const char *http1_scan_field(
    const char *p, const char *end, struct header *f, enum http1_fault *fault);

/* Whether s is lower (letters, digits and dashes, in lower case), ignoring
 * case; s must hold no control characters but HTAB. */
bool http1_scan_is(struct str s, const char *lower, size_t n);

#endif
