#ifndef MOCK_OPENAPI_H
#define MOCK_OPENAPI_H

/*
 * An OpenAPI description as a document: 2.0, 3.0, 3.1 and what newer 3.x share
 * with them, JSON or YAML, with the places its references lead to.  They lead
 * within the file and to files in or below its folder; nothing is ever
 * fetched.
 */

#include <jansson.h>
#include <stdbool.h>

#include "base/buf.h"
#include "base/str.h"

struct draft;
struct err;

#define OPENAPI_FILES 1000 /* that references lead to */

/* where: a JSON pointer with #; text: why something is not used. */
typedef void (*openapi_note_fn)(void *arg, struct str where, const char *text);

struct openapi {
	openapi_note_fn on_note;
	void *arg; /* of on_note */
	json_t *root;
	bool v2;
	char *folder;      /* of the description, as given, "/" behind it */
	char *real_folder; /* the same without links, "/" behind it */
	json_t *files;     /* those that references led to, by path */
	struct buf where;  /* a JSON pointer to what is being read, with # */

	/* Of from_openapi.c: what is being made, and on the way to it. */
	struct draft *draft;
	json_t *made;
};

/* Begins with text, as if it were that of the file at path.  0, or -1 with *e
 * set; openapi_close() cleans up in any case.  on_note is the caller's to
 * set. */
int openapi_open(
    struct openapi *o, const char *path, struct str text, struct err *e);
void openapi_close(struct openapi *o);

/* Lengthens where by a member's name; to what it was: o->where.n = before. */
void openapi_enter(struct openapi *o, const char *name);

/* Tells that what is at hand could not be used. */
void openapi_note(struct openapi *o, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* v, or what its $ref leads to in the end.  NULL when it leads nowhere, which
 * is noted; also for NULL. */
json_t *openapi_follow(struct openapi *o, json_t *v);

/* One step: what v, which is a reference, refers to; NULL as above. */
json_t *openapi_step(struct openapi *o, json_t *v);

/* Whether a path item's member of that name is an operation. */
bool openapi_is_method(const char *name);

/* Appends a server's URL with the initial values of its variables. */
void openapi_server(struct str url, const json_t *variables, struct buf *out);

/* The path of a URL that may be relative. */
struct str openapi_path_of(struct str url);

#endif
