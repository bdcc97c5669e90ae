#ifndef MOCK_JS_REGEX_H
#define MOCK_JS_REGEX_H

/*
 * JavaScript's regular expressions (ECMA-262, section 22.2) rewritten for
 * PCRE2.  A character beyond U+FFFF is one, where without the flag u
 * JavaScript has two halves, and \S within a class leaves out ASCII's spaces
 * only.
 */

#include "base/regex.h"
#include "base/str.h"

struct err;

enum js_regex_flags {
	JS_REGEX_IGNORE_CASE = 1,
	JS_REGEX_UNICODE = 2, /* the flag u */
};

/* NULL with *e set when JavaScript or PCRE2 would not take pattern, UTF-8.
 * What comes out is searched with regex_find(). */
struct regex *js_regex_new(struct str pattern, unsigned flags, struct err *e);

#endif
