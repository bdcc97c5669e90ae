#ifndef HAR_JSON_WRITE_H
#define HAR_JSON_WRITE_H

/*
 * Writes JSON text (RFC 8259): either compact or with one member per line.
 * The caller opens, names and closes; commas, indentation and escapes are
 * done here.  The text goes to a callback in large pieces, or stays in out
 * when there is none.  A failure of the callback is kept and told at the end.
 *
 * Strings should be UTF-8.  Surrogates encoded alone ("WTF-8", as json.h
 * decodes them) become \u escapes again; any other wrong byte becomes U+FFFD.
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"
#include "har/json.h"

struct feed;

/* Two surrogates of three bytes each are one character. */
#define JSON_WRITE_HELD 6

/* Takes n bytes.  0, or -1 with *e set. */
typedef int (*json_write_fn)(void *arg, const void *p, size_t n, struct err *e);

struct json_write {
	json_write_fn write; /* NULL: everything stays in out */
	void *arg;
	struct buf out;
	bool pretty;
	bool empty; /* nothing yet in the innermost object or array */
	bool named; /* a value for a name comes next */
	bool failed;
	unsigned depth;
	struct err error;
	char held[JSON_WRITE_HELD]; /* of a string in pieces: its last bytes */
	size_t nheld;
};

void json_write_init(
    struct json_write *w, bool pretty, json_write_fn write, void *arg);
void json_write_fini(struct json_write *w);

void json_write_object(struct json_write *w);
void json_write_object_end(struct json_write *w);
void json_write_array(struct json_write *w);
void json_write_array_end(struct json_write *w);
void json_write_name(struct json_write *w, struct str name);
void json_write_str(struct json_write *w, struct str s);
void json_write_base64(struct json_write *w, struct str bytes);

/*
 * A string, or bytes as one in base64, whose pieces come one after the other:
 * begin, any number of pieces, end.  Where the pieces are cut does not matter.
 */
void json_write_begin_str(struct json_write *w);
void json_write_piece(struct json_write *w, struct str piece);
void json_write_end_str(struct json_write *w);
void json_write_begin_base64(struct json_write *w);
void json_write_base64_piece(struct json_write *w, struct str piece);
void json_write_end_base64(struct json_write *w);

/* The same with all bytes of a feed.  That it fails is told at the end. */
void json_write_str_feed(struct json_write *w, struct feed *from);
void json_write_base64_feed(struct json_write *w, struct feed *from);

void json_write_int(struct json_write *w, int64_t v);
void json_write_bool(struct json_write *w, bool v);
void json_write_null(struct json_write *w);

/* A number or literal as it is to be written. */
void json_write_raw(struct json_write *w, struct str text);

/* A value given as JSON text, written in this writer's form.  0, or -1 when
 * text is not JSON. */
int json_write_copy(struct json_write *w, struct str text);

/* The value that begins with token t of j, which was just read.  0, or -1
 * when j fails in it. */
int json_write_value(struct json_write *w, struct json *j, enum json_token t);

/* The members of an object given as JSON text. */
int json_write_members(struct json_write *w, struct str object);

/* Name and value in one. */
void json_write_member(struct json_write *w, const char *name, struct str s);
void json_write_member_int(struct json_write *w, const char *name, int64_t v);

/* Ends the line behind a value that is not in another one; what comes next
 * is a value of its own. */
void json_write_newline(struct json_write *w);

/* Writes what is left, with a newline behind it when pretty.  0, or -1 when
 * anything could not be written. */
int json_write_end(struct json_write *w, struct err *e);

#endif
