#ifndef RECORDER_SECRETS_H
#define RECORDER_SECRETS_H

/*
 * Finds secrets: by the name of what they are the value of
 * (recorder/secret_names.h), by their own form (recorder/secret_tokens.h) and
 * by the user's rules.  What is found are places in a text; what becomes of
 * them is recorder/redact.h's matter, and hark scan's.
 *
 * Texts are looked through once and without a parser for each format: a name
 * in quotes with a colon behind it is a member of JSON wherever it stands (in
 * a script in a page, in an event of a stream, in a string of another JSON
 * text), and ?name= or &name= is a pair of a query.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/str.h"
#include "recorder/secret_names.h"

struct buf;
struct rules;
struct rules_request;

/* How the bytes of a place say what the secret is. */
struct secret {
	size_t at, n;
	const char *kind; /* "jwt", "cookie", ...; static */
	struct str name;  /* of which it is the value; "" for none */
	bool number;      /* of JSON */
	uint8_t percent;  /* times it is percent-encoded */
	uint8_t escapes;  /* it is in that many strings of JSON */
};

/* All zero to begin; may be filled again and again, cleared by n = 0. */
struct secrets {
	struct secret *v; /* ascending, none overlaps another */
	size_t n, cap;
};
void secrets_fini(struct secrets *s);

/* The secret itself: the place without its encoding.  A view of text or of
 * scratch. */
struct str secret_value(
    const struct secret *s, struct str text, struct buf *scratch);

/* The rules that are for one request, as the finder asks for them. */
struct secret_rules;
struct secret_rules *secret_rules_new(
    const struct rules *r, const struct rules_request *q); /* NULL: none */
void secret_rules_free(struct secret_rules *r);            /* safe on NULL */

/* Whether a text must be in memory as a whole for them. */
bool secret_rules_need_whole(const struct secret_rules *r);

struct finder; /* opaque; what is prepared once, for any thread */
struct finder *finder_new(void);
void finder_free(struct finder *f); /* safe on NULL */

/*
 * Each sets *found to what it finds in its text.  Pseudonyms are no secrets.
 * rules may be NULL.
 */
struct secrets_in {
	const struct finder *finder;
	const struct secret_rules *rules;
	struct secrets *found;
	struct str known; /* secrets that were found before, with a NUL behind
			     each: they are found again wherever they are */
	bool guesses;     /* names that hint at a secret count, too: to tell of
			 more than is redacted */
};

/* A URL or a target. */
void secrets_in_url(const struct secrets_in *in, struct str url);

/* The value of a header field. */
void secrets_in_field(
    const struct secrets_in *in, struct str name, struct str value);

/* Text of any kind from the offset from on; what is in front of it was
 * looked through before and only says what begins at from. */
#define SECRETS_BEFORE 512 /* bytes in front are enough */
void secrets_in_text(const struct secrets_in *in, struct str text, size_t from);

/* A body without its content coding; content_type says how to read it. */
void secrets_in_body(
    const struct secrets_in *in, struct str content_type, struct str body);

/* JSON text of HAR members that are kept as they are: cookies there are
 * objects with a name and a value. */
void secrets_in_har(const struct secrets_in *in, struct str text);

/* Whether a body that begins like this may be text at all: no type of which
 * it is known that it is not, and no NUL. */
bool secrets_are_possible(struct str content_type, struct str start);

#endif
