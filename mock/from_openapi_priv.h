#ifndef MOCK_FROM_OPENAPI_PRIV_H
#define MOCK_FROM_OPENAPI_PRIV_H

#include <jansson.h>
#include <stdbool.h>

#include "base/str.h"
#include "mock/openapi.h"

struct buf;

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

/* A text that pattern fits and that is from least to most characters long, what
 * is in out already included, found by walking along the pattern; another one
 * for each nth, while there are some.  False when there is none to be found. */
bool openapi_sample(struct buf *out, struct str pattern, size_t least,
    size_t most, unsigned nth);

#endif
