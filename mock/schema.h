#ifndef MOCK_SCHEMA_H
#define MOCK_SCHEMA_H

/*
 * JSON Schema, draft 7, as npm's ajv 8 with ajv-formats reads it: a schema
 * with a keyword or a format that is not known is none.  $ref leads to places
 * within the schema only; nothing is fetched.  What a validation may cost is
 * limited, and beyond it a value is not valid.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/str.h"
#include "mock/value.h"

struct err;
struct schema;       /* opaque, immutable */
struct schema_cache; /* opaque; may be shared by threads */

/* NULL with *e ("/properties/a: ...") set when from is no schema.  Nothing of
 * from is kept. */
struct schema *schema_new(struct value from, struct err *e);
void schema_free(struct schema *s); /* safe on NULL */

/* Whether the value fits; false, too, where that took too much work. */
bool schema_valid(const struct schema *s, struct value value);

/*
 * Schemas for one another, list being an array of them: a $ref is the number of
 * one.  A $comment says where a schema stands and is told with what does not
 * fit it.  To readOnly and writeOnly, when true, nothing fits.  Otherwise they
 * are as above, but not as strict about keywords that do without another.
 */
struct schema *schema_new_list(struct value list, struct err *e);

/* What of a value does not fit; views for the time of the call. */
struct schema_fault {
	struct str at;       /* a JSON pointer to it; "" is all of the value */
	struct str where;    /* $comment of what it does not fit */
	const char *keyword; /* of that */
	struct str name;     /* of the member that it is about; or "" */
	struct str expected; /* types; or "" */
};
typedef void (*schema_fault_fn)(void *arg, const struct schema_fault *f);

/*
 * Tells of up to most faults of value by that schema of the list.  *work is
 * counted down by about the values looked at, and 0 afterwards when it was not
 * enough: that nothing was found means nothing then.  Whether value fits.
 */
bool schema_judge(const struct schema *s, size_t number, struct value value,
    uint64_t *work, unsigned most, schema_fault_fn on_fault, void *arg);

/*
 * value, whose leaves are texts as they come in queries, fields and forms, with
 * numbers, truth values and lists in their place where that schema of the list
 * wants them and the texts are some.
 */
struct value schema_coerce(const struct schema *s, size_t number,
    struct values *v, struct value value);

/* What that schema says of a value being an object: */
bool schema_wants_object(const struct schema *s, size_t number);
bool schema_wants_array(const struct schema *s, size_t number);
/* The same of its member called name. */
bool schema_wants_list_of(
    const struct schema *s, size_t number, struct str name);
bool schema_has_member(const struct schema *s, size_t number, struct str name);
bool schema_has_any_member(const struct schema *s, size_t number);

/* Whether a format of that name is looked at. */
bool schema_knows_format(struct str name);

/* Keeps the schema that was last asked for. */
struct schema_cache *schema_cache_new(void);
void schema_cache_free(struct schema_cache *c); /* safe on NULL */

/* Whether value is valid; not when from is no schema.  v is for the time of the
 * call. */
bool schema_cache_valid(struct schema_cache *c, struct values *v,
    struct value from, struct value value);

#endif
