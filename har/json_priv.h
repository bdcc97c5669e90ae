#ifndef HAR_JSON_PRIV_H
#define HAR_JSON_PRIV_H

/* The inside of a scanner, for json.c and json_string.c only. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"

#include "har/json.h"

#define JSON_WINDOW (64u << 10)
#define JSON_PATH_LEVELS 12
#define JSON_PATH_NAME 48

/* What may come next. */
enum json_state {
	JSON_WANTS_VALUE,
	JSON_WANTS_FIRST,      /* in an array: a value or ] */
	JSON_WANTS_FIRST_NAME, /* in an object: a name or } */
	JSON_WANTS_NAME,       /* behind a comma */
	JSON_WANTS_COMMA,      /* behind a value: a comma or the end */
	JSON_OVER,
	JSON_FAILED,
};

struct json_level {
	bool begun; /* an item or member of it was reached */
	bool named;
	uint64_t index;
	char name[JSON_PATH_NAME];
};

struct json {
	json_read_fn read;
	void *arg;
	struct str memory;      /* for json_open_str() */
	unsigned char *p, *end; /* the unread part of window */
	uint64_t end_offset;    /* of the text, at end */
	uint64_t start;         /* offset of the last token */
	bool eof, begun, padded;
	bool string_open; /* between the quotes of a string nobody read */
	uint64_t line, line_offset;
	enum json_state state;
	unsigned flaws;
	unsigned depth;
	uint8_t objects[JSON_DEPTH / 8]; /* bit set: that level is an object */
	struct json_level path[JSON_PATH_LEVELS + 1];
	struct buf text;
	struct err error;
	unsigned char window[JSON_WINDOW];
};

/* Says what is wrong at the scanner's place, unless it failed before.  Always
 * -1. */
int json_fail(struct json *j, const char *what);

/* Reads until n bytes are unread or the text is over; n is far below the
 * window's size.  False when fewer than n are left. */
bool json_need(struct json *j, size_t n);

#endif
