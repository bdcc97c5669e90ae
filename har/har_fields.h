#ifndef HAR_HAR_FIELDS_H
#define HAR_HAR_FIELDS_H

/*
 * Lists of names and values: header fields, parameters of a query and of a
 * form.  Written as HAR wants them; read in all the forms that occur.
 */

#include "har/har_in.h"

struct arena;
struct headers;
struct json_write;

/* An array of {"name", "value"}.  A value that is no UTF-8 is written as ISO
 * 8859-1 with its exact bytes in _base64 beside it. */
void har_fields_write(struct json_write *w, const struct headers *list);

/* Reads a list of header fields into a struct headers.  Pseudo-header fields
 * of HTTP/2, and names and values that would inject, are left out. */
int har_fields_read(struct har_in *in, enum json_token t, void *slot);

/* The same for queryString, whose items may be anything. */
int har_fields_read_query(struct har_in *in, enum json_token t, void *slot);

/* postData.params into a struct har_payload. */
int har_fields_read_params(struct har_in *in, enum json_token t, void *slot);

#endif
