#ifndef MOCK_JSONPATH_H
#define MOCK_JSONPATH_H

/*
 * JSONPath as jsonpath-plus 10 has it, results unwrapped, and with the filters
 * that Mockoon lets through: comparisons joined by && and ||, and match().
 */

#include "base/str.h"
#include "mock/value.h"

#define JSONPATH_MOST 1000 /* characters; a longer path finds nothing */

/*
 * What path finds in data: the one value, an array of all when it may find
 * several, or VALUE_UNDEFINED.  0, or -1 when jsonpath-plus would throw.
 */
int jsonpath_find(
    struct values *v, struct value data, struct str path, struct value *found);

#endif
