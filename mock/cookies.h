#ifndef MOCK_COOKIES_H
#define MOCK_COOKIES_H

/* The cookies of a request as npm's cookie 0.7 and cookie-parser 1.4 read
 * them. */

#include "base/str.h"
#include "mock/value.h"

/* The object of what line, a Cookie field in UTF-8, holds: values decoded, the
 * first of a name, those that begin with j: read as JSON. */
struct value cookies_read(struct values *v, struct str line);

#endif
