#ifndef MOCK_PATTERN_PRIV_H
#define MOCK_PATTERN_PRIV_H

/* What pattern.c, which makes patterns, has from pattern_parse.c. */

#include <stdbool.h>
#include <stddef.h>

#include "base/str.h"
#include "mock/pattern.h"

struct arena;
struct buf;
struct err;

enum pattern_token_kind {
	PATTERN_TOKEN_TEXT,
	PATTERN_TOKEN_NAME,    /* :name */
	PATTERN_TOKEN_SEVERAL, /* *name */
	PATTERN_TOKEN_GROUP,
};

struct pattern_token {
	struct pattern_token *next;
	enum pattern_token_kind kind;
	struct str text;          /* or the name */
	struct pattern_token *in; /* of a group */
};

struct pattern_parse {
	struct arena *arena;
	struct str text;
	size_t at;
	unsigned depth;
};

/* Appends "/prefix/endpoint" without double slashes and with %20 for
 * spaces. */
void pattern_prepare(struct str prefix, struct str endpoint, struct buf *out);

/* Makes what Express 4 understands what path-to-regexp 8 does. */
void pattern_rewrite(struct buf *text);

/* All of p->text as a list of tokens in p->arena, or up to the } of a group.
 * 0, or -1 with *e set. */
int pattern_parse(struct pattern_parse *p, bool group,
    struct pattern_token **list, struct err *e);

#endif
