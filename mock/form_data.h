#ifndef MOCK_FORM_DATA_H
#define MOCK_FORM_DATA_H

/*
 * multipart/form-data (RFC 7578) as Mockoon reads it with npm's busboy 1.6:
 * fields go into an object where brackets in their names nest and a name that
 * comes again makes an array; of a file its name, type and size are kept.
 */

#include <stddef.h>

#include "base/str.h"
#include "mock/value.h"

struct err;

#define FORM_DATA_FILES 10         /* those behind are left out */
#define FORM_DATA_FILE (10u << 20) /* bytes of a file that are counted */
#define FORM_DATA_FIELD (1u << 20) /* a field of so many is left out */
#define FORM_DATA_STEPS 128        /* brackets of a name */
#define FORM_DATA_INDEX 10000      /* the greatest index between them */

/*
 * type is the Content-Type field.  *to is VALUE_UNDEFINED when there is no
 * part.  0, or -1 with *e set when body is not as it ought to be; what could
 * be read is in *to then, too.
 */
int form_data_read(struct values *v, struct str type, struct str body,
    struct value *to, struct err *e);

/*
 * Puts item where name says: "a[b]" nests, "a[]" and a name that is there
 * already make arrays.  Names that would touch a JavaScript prototype do
 * nothing.  name is not copied.
 */
void form_data_append(
    struct values *v, struct value object, struct str name, struct value item);

#endif
