#ifndef MOCK_LOCATE_H
#define MOCK_LOCATE_H

/* Where in a text of JSON a value stands. */

#include <stdbool.h>
#include <stddef.h>

#include "base/str.h"

/* The line and column (in bytes), from 1, at which the value at path
 * ("routes[2].body") begins.  False when there is none. */
bool locate(struct str text, struct str path, size_t *line, size_t *column);

#endif
