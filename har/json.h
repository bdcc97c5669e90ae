#ifndef HAR_JSON_H
#define HAR_JSON_H

/*
 * A pull scanner over JSON text (RFC 8259) that comes from a callback: the
 * caller asks for one token after the other and memory stays constant
 * however long the text is.  Numbers keep the text they were written with;
 * a string is only decoded when the caller wants it, into a buffer of the
 * caller's and up to a limit of the caller's.
 *
 * What real files do and the grammar does not allow is tolerated where the
 * meaning is plain, and told by json_flaws(): a byte order mark, a JSONP
 * wrapper "name( ... );", surrogates without their other half (decoded as
 * three bytes each, "WTF-8") and bytes that are no UTF-8 (left as they are).
 * Everything else is an error with its position.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/str.h"

struct buf;
struct err;
struct json; /* opaque */

#define JSON_DEPTH 4096           /* nested deeper is an error */
#define JSON_MOST_NAME (4u << 20) /* bytes of a member's name */
#define JSON_MOST_NUMBER 4096     /* bytes of a number */

/* Gives up to n bytes; the count, 0 at the end, -1 with *e set on failure. */
typedef int64_t (*json_read_fn)(void *arg, void *p, size_t n, struct err *e);

enum json_token {
	JSON_ERROR, /* see json_error(); nothing follows */
	JSON_END,   /* the text was one value and is over */
	JSON_OBJECT,
	JSON_OBJECT_END,
	JSON_ARRAY,
	JSON_ARRAY_END,
	JSON_NAME,   /* json_text() is the name; its value follows */
	JSON_STRING, /* json_decode() decodes it; passed over otherwise */
	JSON_NUMBER, /* json_text() is the number as written */
	JSON_TRUE,
	JSON_FALSE,
	JSON_NULL,
};

enum json_flaw {
	JSON_LONE_SURROGATE = 1,
	JSON_BAD_UTF8 = 2,
	JSON_BOM = 4,
	JSON_PADDING = 8, /* JSONP: a call around the value */
};

struct json *json_open(json_read_fn read, void *arg);

/* Over text in memory, which must live as long as the scanner. */
struct json *json_open_str(struct str text);
void json_close(struct json *j); /* safe on NULL */

enum json_token json_next(struct json *j);

/* Whether the text has no value at all; only before the first json_next(). */
bool json_empty(struct json *j);

/* Whether another value stands behind the one that is over, as in texts with
 * a value per line; if so, the scanner is in front of it. */
bool json_more(struct json *j);

/* The last JSON_NAME or JSON_NUMBER, until the next json_next(). */
struct str json_text(const struct json *j);

/*
 * Appends the string that json_next() just announced to out.  0; 1 when it
 * is longer than limit bytes: out then has its start and the rest is passed
 * over; -1 on an error in it.
 */
int json_decode(struct json *j, struct buf *out, size_t limit);

/*
 * The same in pieces, for strings that are too long for memory: appends up to
 * most bytes (four at least) of what is left of it.  1 when there may be more,
 * 0 at its end, -1.  No character is cut in two.
 */
int json_decode_some(struct json *j, struct buf *out, size_t most);

/* Passes over the value that begins with the token just read (nothing to do
 * unless that is JSON_OBJECT or JSON_ARRAY).  0 or -1. */
int json_skip(struct json *j, enum json_token t);

/* What was tolerated since the last call: a set of enum json_flaw. */
unsigned json_flaws(struct json *j);

/* Where the scanner is, "/log/entries/3/request", cut where it is long. */
void json_path(const struct json *j, struct buf *out);
uint64_t json_offset(const struct json *j);

/* Where the last token began; of a string and a name, its quote. */
uint64_t json_start(const struct json *j);

/* Sets *e to "line L, column C (byte N): WHAT" for the last error, or for
 * what the caller found wrong with the last token.  Always -1. */
int json_error(const struct json *j, struct err *e);
int json_wrong(const struct json *j, struct err *e, const char *what);

/* "an object", "a string", ... for messages. */
const char *json_token_text(enum json_token t);

#endif
