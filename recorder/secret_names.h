#ifndef RECORDER_SECRET_NAMES_H
#define RECORDER_SECRET_NAMES_H

/*
 * Names that say that a value is secret: of header fields, of the pairs of a
 * query, and of fields of forms and members of JSON.  Case, dashes,
 * underscores and dots do not count, so that apiKey, api_key and X-Api-Key
 * are found by one row each.
 *
 * The rows are from RFC 6749, 7009, 7523, 7636, 8628 and 8693 (OAuth), RFC
 * 9110 (HTTP), OpenID Connect, from what the vendors' own manuals say of
 * their APIs, and from what frameworks call the token that guards a form.
 */

#include <stdbool.h>

#include "base/str.h"

enum secret_class {
	SECRET_NONE,
	SECRET_GUESS,  /* if the value can hardly be anything else; see
			  secret_is_random() */
	SECRET_LIKELY, /* if the value looks random; see secret_looks_random()
			*/
	SECRET_SURE,   /* whatever the value */
	SECRET_SCHEME, /* what is behind an authentication scheme */
	SECRET_COOKIES,
	SECRET_SET_COOKIE,
};

/* What the row of a name says. */
struct secret_name {
	const char *name;
	enum secret_class header, query, field;
};

/* The rows, made ready to be looked up: every member of every JSON text is. */
struct secret_names; /* opaque; for any thread */
struct secret_names *secret_names_new(void);
void secret_names_free(struct secret_names *n); /* safe on NULL */

/* The row of name, or NULL. */
const struct secret_name *secret_names_find(
    const struct secret_names *n, struct str name);

/* Whether name only hints at a secret: it has a word such as token in it. */
bool secret_is_hinted(struct str name);

/* Whether value could be made of random bytes: 16 of them or more, nothing
 * but what base64 and the like have, letters and digits. */
bool secret_looks_random(struct str value);

/* The same for 20 or more of them that hold as much as random ones do (by
 * their entropy), and that are no UUID. */
bool secret_is_random(struct str value);

#endif
