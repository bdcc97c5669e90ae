#ifndef MOCK_FROM_OPENAPI_PRIV_H
#define MOCK_FROM_OPENAPI_PRIV_H

#include <jansson.h>
#include <stdbool.h>

#include "base/buf.h"
#include "base/str.h"

struct draft;

struct openapi {
	struct draft *draft;
	json_t *root;
	bool v2;
	char *folder;      /* of the description, as given, "/" behind it */
	char *real_folder; /* the same without links, "/" behind it */
	json_t *files;     /* those that references led to, by path */
	struct buf where;  /* a JSON pointer to what is being read, with # */
	json_t *made;      /* values that were put together on the way */
};

/* Lengthens where by a member's name; to what it was: o->where.n = before. */
void openapi_enter(struct openapi *o, const char *name);

/* Tells that what is at hand could not be carried over. */
void openapi_note(struct openapi *o, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* v, or what its $ref leads to in the end.  NULL when it leads nowhere, which
 * is noted; also for NULL. */
json_t *openapi_follow(struct openapi *o, json_t *v);

/* One step: what v, which is a reference, refers to; NULL as above. */
json_t *openapi_step(struct openapi *o, json_t *v);

struct str openapi_text(const json_t *object, const char *member);

/*
 * Appends JSON text for a schema (not yet followed) as a template.  plain is
 * for the value of a header field: one scalar, without quotes.
 */
void openapi_generate(
    struct openapi *o, json_t *schema, bool plain, struct buf *out);

/* Appends the responses of an operation to route. */
void openapi_responses(struct openapi *o, json_t *operation, json_t *route);

/* Appends a template for what a member of that name and type most likely holds.
 * False when nothing says so. */
bool openapi_infer(struct buf *out, struct str name, struct str type);

/* A text that pattern fits and that is from least to most bytes long, found by
 * walking along the pattern.  False when there is none to be found. */
bool openapi_sample(
    struct buf *out, struct str pattern, size_t least, size_t most);

#endif
