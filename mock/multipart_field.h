#ifndef MOCK_MULTIPART_FIELD_H
#define MOCK_MULTIPART_FIELD_H

/* Content-Type and Content-Disposition as npm's busboy 1.6 reads them. */

#include <stdbool.h>

#include "base/str.h"
#include "mock/value.h"

/* A view of what stands in front of the parameters, in UTF-8 bytes that mean
 * ISO 8859-1, and the parameters that count.  What is not there has p NULL. */
struct multipart_field {
	struct str type, subtype;
	struct str boundary, charset;
	struct str name;
	struct str filename, filename_star; /* the latter in UTF-8 */
};

/* "type/subtype; name=value".  False for what is no such thing. */
bool multipart_content_type(
    struct values *v, struct str text, struct multipart_field *field);

/* "type; name=value; name*=charset'language'value". */
bool multipart_disposition(
    struct values *v, struct str text, struct multipart_field *field);

/* Appends bytes of a charset as UTF-8.  False when it is not known. */
bool multipart_decode(struct str charset, struct str bytes, struct buf *out);

#endif
