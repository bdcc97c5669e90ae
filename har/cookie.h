#ifndef HAR_COOKIE_H
#define HAR_COOKIE_H

/*
 * Cookies as HAR lists them, out of Cookie and Set-Cookie fields (RFC 6265
 * sections 4.2 and 5.2).  The parts are views of the field's value; quotes
 * around a value are part of it.
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"

struct cookie {
	struct str name;
	struct str value;
	struct str path; /* p is NULL when absent */
	struct str domain;
	struct str same_site;
	bool has_expires; /* an Expires that cannot be read counts as absent */
	int64_t expires_us;
	bool http_only;
	bool secure;
};

/* Cuts the next cookie off the value of a Cookie field.  False at its end. */
bool cookie_next(struct str *rest, struct cookie *c);

/* Reads the value of a Set-Cookie field; Max-Age counts from now_us.  False
 * when there is no name=value at its start. */
bool cookie_parse(struct str value, int64_t now_us, struct cookie *c);

#endif
