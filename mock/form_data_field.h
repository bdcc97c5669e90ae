#ifndef MOCK_FORM_DATA_FIELD_H
#define MOCK_FORM_DATA_FIELD_H

/* Content-Type and Content-Disposition as npm's busboy 1.6 reads them. */

#include <stdbool.h>

#include "base/str.h"
#include "mock/value.h"

/* A view of what stands in front of the parameters, in UTF-8 bytes that mean
 * ISO 8859-1, and the parameters that count.  What is not there has p NULL. */
struct form_data_field {
	struct str type, subtype;
	struct str boundary, charset;
	struct str name;
	struct str filename, filename_star; /* the latter in UTF-8 */
};

/* "type/subtype; name=value".  False for what is no such thing. */
bool form_data_content_type(
    struct values *v, struct str text, struct form_data_field *field);

/* "type; name=value; name*=charset'language'value". */
bool form_data_disposition(
    struct values *v, struct str text, struct form_data_field *field);

/* Appends bytes of a charset as UTF-8.  False when it is not known. */
bool form_data_decode(struct str charset, struct str bytes, struct buf *out);

#endif
