#ifndef RECORDER_SCAN_H
#define RECORDER_SCAN_H

/*
 * What secrets an exchange has: all that would be redacted, and what can
 * hardly be anything else by its name and its entropy.  Placeholders such as
 * ${TOKEN} are left out.
 */

#include <stdbool.h>
#include <stddef.h>

#include "base/str.h"

struct exchange;
struct finder;
struct scanner; /* opaque */

struct scan_finding {
	const char *in;    /* "request header", "response body", ... */
	struct str place;  /* a field's name, a JSON Pointer, or "" */
	size_t offset;     /* in that text, without its coding */
	const char *kind;  /* "jwt", "cookie", "entropy", ... */
	struct str name;   /* that says it is secret, or "" */
	struct str secret; /* itself */
};

typedef void (*scan_fn)(void *arg, const struct scan_finding *f);

struct scanner *scanner_new(scan_fn on_finding, void *arg);
void scanner_free(struct scanner *s); /* safe on NULL */

/* False when a body could not be searched. */
bool scanner_exchange(struct scanner *s, const struct exchange *x);

/* JSON text of what HARs have beside entries. */
void scanner_har(struct scanner *s, struct str object);

#endif
