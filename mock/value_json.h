#ifndef MOCK_VALUE_JSON_H
#define MOCK_VALUE_JSON_H

/* Values from JSON and back, as JSON.parse() and JSON.stringify() do it. */

#include <stdbool.h>

#include "base/str.h"
#include "mock/value.h"

struct buf;

/* Reads text, which is JSON through and through.  0, or -1 and *to untouched
 * when it is none or nested deeper than VALUE_DEPTH. */
int value_read_json(struct values *v, struct str text, struct value *to);

/*
 * Appends value as JSON; with an indent of so many spaces, a line per item.
 * A safe text is written as the object it is in JavaScript or, plain, as a
 * text.  0, or 1 with nothing appended for what JSON leaves out (undefined).
 */
int value_write_json(struct values *v, struct buf *out, struct value value,
    unsigned indent, bool plain);

#endif
