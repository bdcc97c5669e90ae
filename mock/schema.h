#ifndef MOCK_SCHEMA_H
#define MOCK_SCHEMA_H

/*
 * JSON Schema, draft 7, as npm's ajv 8 with ajv-formats reads it: a schema
 * with a keyword or a format that is not known is none.  $ref leads to places
 * within the schema only; nothing is fetched.  What a validation may cost is
 * limited, and beyond it a value is not valid.
 */

#include <stdbool.h>

#include "mock/value.h"

struct err;
struct schema;       /* opaque, immutable */
struct schema_cache; /* opaque; may be shared by threads */

/* NULL with *e ("/properties/a: ...") set when from is no schema.  Nothing of
 * from is kept. */
struct schema *schema_new(struct value from, struct err *e);
void schema_free(struct schema *s); /* safe on NULL */

bool schema_valid(const struct schema *s, struct value value);

/* Keeps the schema that was last asked for. */
struct schema_cache *schema_cache_new(void);
void schema_cache_free(struct schema_cache *c); /* safe on NULL */

/* Whether value is valid; not when from is no schema.  v is for the time of the
 * call. */
bool schema_cache_valid(struct schema_cache *c, struct values *v,
    struct value from, struct value value);

#endif
