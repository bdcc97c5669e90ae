#ifndef MOCK_SCHEMA_MAKER_H
#define MOCK_SCHEMA_MAKER_H

/* A compilation, as schema_compile.c and schema_keyword.c share it. */

#include "base/buf.h"
#include "mock/schema_priv.h"

struct schema_maker {
	struct schema *s;
	struct value root;
	struct value nodes; /* by the address of their object: their places */
	const struct schema_node **made;
	size_t nmade, room;
	struct value ids; /* schemas by the URIs of their $id */
	struct str base;  /* URI of the schema being read */
	unsigned depth;
	bool listed;      /* it is schema_new_list() */
	struct buf path;  /* where it is */
	struct str where; /* the same as a list's $comment says it; or "" */
	struct err *e;
};

/* Sets an error that says where.  Always -1. */
int schema_fail(struct schema_maker *m, const char *keyword, const char *why);

/* The schema within the present one, at a keyword and maybe a name there (p is
 * NULL for none).  NULL with the maker's error set. */
const struct schema_node *schema_inner(struct schema_maker *m,
    const char *keyword, struct str name, struct value from);

/* Keywords: what each makes of its value.  0, or -1 with an error set. */
struct schema_keyword {
	const char *name;
	int (*make)(struct schema_maker *m, struct schema_node *node,
	    const struct schema_keyword *k, struct value value);
	size_t slot; /* where in the node it goes */
};

/* The one of that name; NULL for one that nobody knows.  Without make it says
 * nothing of values, and may hold anything. */
const struct schema_keyword *schema_keyword_find(struct str name);

#endif
