#ifndef REPLAY_NORMAL_H
#define REPLAY_NORMAL_H

/*
 * What a request says when that is left out which the user's rules
 * (recorder/rules.h) say does not count: bytes that are equal for two
 * requests exactly when the rules tell no difference between them.  The key
 * of the normalized tier is their digest; see replay/key.h.
 *
 * As soon as one of the verbs NORMAL_VERBS is for a request, all of it is
 * taken by its meaning, not only what the rule names:
 *
 *	path	after the replacements of its path rules
 *	query	as decoded pairs in order, and so is a form; sorted where a
 *		rule says that they are a set.  "a" is "a=", + is %20, and an
 *		empty query is none.
 *	body	without its content codings.  JSON (it begins with { or [, or
 *		Content-Type says so) by its values: order of members, white
 *		space, escapes and how a number is written do not count; of
 *		members with one name the last does.  Several values one behind
 *		the other are compared in order.
 *	multipart by its parts: their fields in any order, without the
 *		boundary.
 *	XML	where an xml rule is for the request: without comments and
 *		blanks between elements, attributes in any order.
 *
 * A body that is not what it claims to be or nested too deeply is compared byte
 * by byte, one that is longer than NORMAL_MOST by its identity
 * (replay/identity.h).
 */

#include <stdbool.h>
#include <stddef.h>

#include "base/str.h"
#include "recorder/rules.h"

struct buf;
struct headers;
struct normal; /* opaque; reusable state, one per thread */
struct key_parts;

#define NORMAL_MOST (16u << 20) /* bytes of a body, decoded */

/* Those that loosen what is equal.  Those of header fields do not: they say
 * what counts besides the key's parts, in either tier. */
#define NORMAL_HEADERS \
	(RULE_BIT(RULE_COMPARE_HEADER) | RULE_BIT(RULE_REPLACE_HEADER))
#define NORMAL_VERBS \
	(RULES_OF_MATCHING & ~NORMAL_HEADERS & ~RULE_BIT(RULE_IGNORE_HEADER))

/* Those by which header fields do not count in choosing. */
#define NORMAL_IGNORING \
	(RULE_BIT(RULE_IGNORE_HEADER) | RULE_BIT(RULE_REPLACE_HEADER))

/* The rules must outlive it; NULL are none. */
struct normal *normal_new(const struct rules *r);
void normal_free(struct normal *n); /* safe on NULL */

/*
 * Adds the header fields that count for the request by compare and replace
 * rules: nothing when there is none.  Fields of the connection, Host and
 * Content-Length never do.
 */
void normal_headers(
    struct normal *n, const struct key_parts *p, struct buf *out);

/* Adds the normal form.  False, and nothing added, when no rule of
 * NORMAL_VERBS is for the request. */
bool normal_form(struct normal *n, const struct key_parts *p, struct buf *out);

/* Whether a rule (ignore or replace) says that this header field's value does
 * not count for a request. */
bool normal_ignores_header(
    const struct rules *r, const struct rules_request *q, struct str name);

#endif
