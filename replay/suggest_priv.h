#ifndef REPLAY_SUGGEST_PRIV_H
#define REPLAY_SUGGEST_PRIV_H

/* What suggest.c, which decides, and suggest_fields.c, which takes requests
 * apart, have in common. */

#include <stdbool.h>

#include "base/arena.h"
#include "replay/contrast.h"
#include "replay/looks.h"

#include "replay/suggest.h"

#define SUGGEST_NAMES 1024 /* of an endpoint */

/* The value of a field in one request; several under one name are one. */
struct suggest_value {
	uint32_t name; /* its place in the group's names */
	uint64_t hash;
	uint64_t number; /* of LOOKS_NUMBER, 0 when it is too large */
	enum looks looks;
};

struct suggest_entry {
	struct suggest_value *v;
	size_t n;
	uint64_t beyond; /* of values that had no room: they all count */
	uint64_t answer; /* equal when the answers are */
	struct str path;
};

/* What can differ between the requests of an endpoint. */
struct suggest_name {
	enum difference_place place;
	struct str name;
	struct str examples[2];
	uint64_t example; /* hash of the first one */
	bool covered;     /* by a rule in force */
};

struct suggest_group {
	uint64_t hash; /* of these */
	struct str method, scope, pattern;
	struct str target; /* of the first request, for rules */
	struct suggest_name *names;
	size_t nnames, names_cap;
	struct suggest_entry *entries;
	size_t n, cap;
};

/* Adds x to the group, whose endpoint it asks. */
void suggest_fields(struct arena *a, struct suggest_group *g,
    const struct rules *rules, const struct exchange *x);

#endif
