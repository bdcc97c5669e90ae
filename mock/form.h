#ifndef MOCK_FORM_H
#define MOCK_FORM_H

/*
 * Queries and urlencoded bodies as objects, by the rules of npm's qs 6.16:
 * "a[b]=1" nests, "a[]=1" and "a=1&a=2" make arrays, and what goes beyond a
 * limit keeps its place as text or becomes an object with indices as names.
 * Nothing is refused.
 */

#include "base/str.h"
#include "mock/value.h"

#define FORM_FIELDS 1000 /* what stands behind is left out */

/* text is UTF-8, and copied. */
struct value form_read_query(struct values *v, struct str text); /* Express' */
struct value form_read_body(struct values *v, struct str text);  /* Mockoon's */

/*
 * Undoes percent encoding in place: n becomes less.  False, with nothing
 * changed, for what is no percent encoding of UTF-8 through and through
 * (decodeURIComponent() throws).
 */
bool form_decode(char *p, size_t *n);

#endif
