#ifndef HAR_HAR_HARK_H
#define HAR_HAR_HARK_H

/*
 * The member _hark of an entry: what HAR 1.2 has no place for, as
 * hark-har(7) explains it.  Writing and reading stand side by side in one
 * file so that they cannot drift apart.
 */

#include <stdbool.h>

#include "har/har_name.h"
#include "har/json.h"

struct exchange;
struct feed;
struct har_in;
struct json_write;

/* What the standard members of an entry could not hold exactly, and what is
 * not wanted of the rest. */
struct har_hark_needs {
	struct feed *body;         /* the response's: content has it decoded */
	char file[HAR_NAME_BYTES]; /* they are in there; or "" */
	bool url;                  /* request.url had to be escaped */
	bool minimal;              /* only what replay needs */
	bool omit;                 /* bodies are not in the HAR */
	bool stored;               /* those in the store can be read */
};

void har_hark_write(struct json_write *w, const struct exchange *x,
    const struct har_hark_needs *needs);

/* Reads the value of _hark, which begins with token t, into in's entry. */
int har_hark_read(struct har_in *in, enum json_token t, void *slot);

/* The minor version that a version text says: "HTTP/1.1" is 1, "h2" -1. */
int har_hark_minor(struct str version);

#endif
