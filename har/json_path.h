#ifndef HAR_JSON_PATH_H
#define HAR_JSON_PATH_H

/*
 * Places in JSON text: many paths are looked for in one pass, without a tree
 * of the values, and what they lead to can be taken out or replaced where it
 * stands, so that not a byte beside it changes.
 *
 * A path is a JSON Pointer (RFC 6901), in which the token * is any member or
 * element: "/user/id", "/items/0", "/items/~1/id" with ~1 for a slash and ~0
 * for a tilde; or a JSONPath (RFC 9535) of these selectors: "$.items[*].id",
 * "$..token", "$['a name'][0]".  Filters, slices, unions and indexes from the
 * end are not taken.  A text of several values one behind the other is walked
 * as if each were alone.
 */

#include <stddef.h>
#include <stdint.h>

#include "base/str.h"
#include "har/json.h"

struct buf;
struct err;
struct json_paths; /* opaque; shared by threads once it is filled */
struct json_walk;  /* opaque; of one thread */

#define JSON_PATH_STEPS 64 /* in a path */

struct json_paths *json_paths_new(void);
void json_paths_free(struct json_paths *p); /* safe on NULL */

/* Forgets the paths and keeps the memory. */
void json_paths_clear(struct json_paths *p);

/*
 * Adds a path; tags says what it is for, to the caller: places have the tags
 * of all paths that lead to them.  The path is copied.  0, or -1 with what
 * was expected.
 */
int json_paths_add(
    struct json_paths *p, struct str path, uint64_t tags, struct err *e);

/* ---- a text at once ---------------------------------------------------- */

/* A value that a path leads to.  Offsets are into the text. */
struct json_place {
	uint64_t tags;
	size_t from, to; /* the value */
	/* Of a member or element: where the one before it, or the opening
	 * bracket, ends.  The bytes from there on are a comma (not for the
	 * first), a member's name and the value. */
	size_t cut_from;
	bool first;           /* in its object or array */
	enum json_token kind; /* JSON_OBJECT, JSON_ARRAY, JSON_STRING, ... */
};

struct json_places {
	struct json_place *v; /* as they begin in the text */
	size_t n, cap;
};

/*
 * Finds the places in text.  0, or -1 when it is no JSON or there are more
 * than most; places then has none.  The caller frees with
 * json_places_fini(), and may use places, all zero at first, many times.
 */
int json_paths_find(const struct json_paths *p, struct str text, size_t most,
    struct json_places *places, struct err *e);
void json_places_fini(struct json_places *places);

enum json_edit {
	JSON_EDIT_KEEP, /* it stays, and places in it are asked about */
	JSON_EDIT_PUT,  /* what was added to out stands in its place */
	JSON_EDIT_CUT,  /* it goes, with its name and one comma */
};

/* What is to become of a place; value is its bytes. */
typedef enum json_edit (*json_edit_fn)(
    void *arg, const struct json_place *p, struct str value, struct buf *out);

/* Adds the text to out, changed as fn says for each place; those within one
 * that was cut or replaced are not asked about. */
void json_places_edit(const struct json_places *places, struct str text,
    json_edit_fn fn, void *arg, struct buf *out);

/* ---- step by step ------------------------------------------------------ */

/* For who reads the tokens of a text himself.  The paths must not change
 * meanwhile; NULL are none.  The walk begins at the root. */
struct json_walk *json_walk_new(void);
void json_walk_free(struct json_walk *w); /* safe on NULL */

/* The tags of the root. */
uint64_t json_walk_begin(struct json_walk *w, const struct json_paths *p);

/* Into a member or element of where the walk is: its tags. */
uint64_t json_walk_name(struct json_walk *w, struct str name);
uint64_t json_walk_index(struct json_walk *w, uint64_t index);

/* Out of it. */
void json_walk_up(struct json_walk *w);

#endif
