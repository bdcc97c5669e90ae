#ifndef REPLAY_DIFFERENCES_PRIV_H
#define REPLAY_DIFFERENCES_PRIV_H

/* What differences.c and differences_*.c have in common. */

#include "base/buf.h"
#include "recorder/rules.h"

#include "replay/differences.h"

struct differences_run {
	struct differences *d;
	const struct compared *recorded, *live;
	const struct differences_by *by;
	struct rules_request q; /* the live one, for rules */
	bool by_meaning;        /* rules are for it: no matter how written */
	struct buf rule;        /* being made */
};

/* Whether one of the verbs' rules that are for the request names it. */
bool differences_named(const struct differences_run *r, uint64_t verbs,
    struct str name, bool any_case);

/* Adds a copy of x with what is shown of its values.  Unless x has a rule
 * it gets what with its name behind (see rule_line()); none without what. */
void differences_add(struct differences_run *r, struct difference x,
    unsigned distance, const char *what);

/* The same, with the rule "what argument"; argument.p may be NULL. */
void differences_add_ruled(struct differences_run *r, struct difference x,
    unsigned distance, const char *what, struct str argument);

/* differences_pairs.c: a query or a form that are not the same bytes. */
void differences_pairs(struct differences_run *r, enum difference_place place,
    struct str recorded, struct str live);

/* differences_body.c */
void differences_body(struct differences_run *r);

/* differences_json.c: false when one of them is no JSON. */
bool differences_in_json(struct differences_run *r, struct str a, struct str b);

#endif
