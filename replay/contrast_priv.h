#ifndef REPLAY_CONTRAST_PRIV_H
#define REPLAY_CONTRAST_PRIV_H

/* What contrast.c and contrast_*.c have in common. */

#include "base/buf.h"
#include "recorder/rules.h"

#include "replay/contrast.h"

struct contrast_run {
	struct contrast *d;
	const struct compared *recorded, *live;
	const struct contrast_by *by;
	struct rules_request q; /* the live one, for rules */
	bool by_meaning;        /* rules are for it: no matter how written */
	struct buf rule;        /* being made */
};

/* Whether one of the verbs' rules that are for the request names it. */
bool contrast_named(const struct contrast_run *r, uint64_t verbs,
    struct str name, bool any_case);

/* Adds a copy of x with what is shown of its values.  Unless x has a rule
 * it gets what with its name behind (see rule_line()); none without what. */
void contrast_add(struct contrast_run *r, struct difference x,
    unsigned distance, const char *what);

/* The same, with the rule "what argument"; argument.p may be NULL. */
void contrast_add_ruled(struct contrast_run *r, struct difference x,
    unsigned distance, const char *what, struct str argument);

/* contrast_pairs.c: a query or a form that are not the same bytes. */
void contrast_pairs(struct contrast_run *r, enum difference_place place,
    struct str recorded, struct str live);

/* contrast_body.c */
void contrast_body(struct contrast_run *r);

/* contrast_json.c: false when one of them is no JSON. */
bool contrast_in_json(struct contrast_run *r, struct str a, struct str b);

#endif
