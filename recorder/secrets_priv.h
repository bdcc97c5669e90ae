#ifndef RECORDER_SECRETS_PRIV_H
#define RECORDER_SECRETS_PRIV_H

/* What secrets.c, which knows where to look, and secrets_text.c, which looks,
 * have in common. */

#include "recorder/secrets.h"

struct buf;
struct json_paths;

struct finder {
	uint8_t begins[65536]; /* marks of pairs of bytes: 0 passes */
	struct secret_names *names;
	struct json_paths *har;
};

/* What a name is the name of. */
enum secret_of {
	SECRET_OF_HEADER,
	SECRET_OF_QUERY,
	SECRET_OF_FIELD,  /* of a form or an object */
	SECRET_OF_EITHER, /* of a form, which a query may have become */
};

/* What the name says of the value; *kept: the user's rules have it stay
 * whatever is in it. */
enum secret_class secrets_class(const struct secrets_in *in, enum secret_of of,
    struct str name, bool *kept);

/*
 * Adds the value at s, which has that class; false when there was nothing to
 * add, so that it may be looked into.  Classes of several values (cookies)
 * add each.
 */
bool secrets_take(const struct secrets_in *in, struct str text,
    enum secret_class class, struct secret s);

/* Adds one place, unless it is a pseudonym, empty, or to be kept. */
bool secrets_add(const struct secrets_in *in, struct str text, struct secret s);

/* The pairs of a query or a form between two offsets. */
void secrets_in_pairs(const struct secrets_in *in, struct str text, size_t from,
    size_t to, enum secret_of of);

/* The parts of a multipart body. */
void secrets_in_parts(
    const struct secrets_in *in, struct str content_type, struct str body);

/* secrets_in_text() without the user's patterns and paths, up to the end of
 * text. */
void secrets_look(const struct secrets_in *in, struct str text, size_t from);

/* The strings and numbers of the JSON value between two offsets. */
void secrets_in_value(const struct secrets_in *in, struct str text, size_t from,
    size_t to, const char *kind);

/* Adds text with its percent-encoded bytes decoded to out; map, unless it is
 * NULL, gets the offset in text of each byte, and the length of text. */
void secrets_unpercent(struct str text, struct buf *out, size_t *map);

/* Prepares f->begins. */
void secrets_prepare(struct finder *f);

#endif
