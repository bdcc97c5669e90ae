#ifndef MOCK_VALUE_PATH_H
#define MOCK_VALUE_PATH_H

/*
 * Paths into values, as Mockoon's rules and templates write them: names with
 * dots between them (object-path: "a.0.b", a dot in a name is "\."), or a
 * JSONPath when they begin with $.
 */

#include <stdbool.h>

#include "base/str.h"
#include "mock/value.h"

/*
 * What path leads to: of itself for an empty path and for what is no object
 * or array; VALUE_UNDEFINED when there is nothing.  0, or -1 when JSONPath
 * would throw.
 */
int value_path_find(
    struct values *v, struct value of, struct str path, struct value *found);

/* The same, path being one of names only. */
struct value value_path_names(
    struct values *v, struct value of, struct str path);

/* Sets or deletes what path (of names, not empty) leads to; what is missing on
 * the way is made.  0, or -1 when something on the way is neither object nor
 * array. */
int value_path_set(
    struct values *v, struct value of, struct str path, struct value item);
void value_path_delete(struct values *v, struct value of, struct str path);

#endif
