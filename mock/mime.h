#ifndef MOCK_MIME_H
#define MOCK_MIME_H

/* Media types by the extensions of files, as the npm package mime-types 2
 * (Mockoon's) has them. */

#include <stdbool.h>

#include "base/str.h"

/* The type of a path, "" for extensions nobody knows. */
struct str mime_of(struct str path);

/* Whether Mockoon renders files of that type, or with that path, as
 * templates. */
bool mime_is_template(struct str type, struct str path);

#endif
