#ifndef REPLAY_DIFFERENCES_PRIV_H
#define REPLAY_DIFFERENCES_PRIV_H

/* What differences.c and differences_body.c have in common. */

#include "base/buf.h"
#include "recorder/rules.h"

#include "replay/differences.h"

struct differences_run {
	struct differences *d;
	const struct compared *recorded, *live;
	struct rules_request q; /* the live one, for rules */
	struct buf rule;        /* being made */
};

/* Adds a copy of x with what is shown of its values.  Unless x has a rule
 * it gets what with its name behind (see rule_line()); none without what. */
void differences_add(struct differences_run *r, struct difference x,
    unsigned distance, const char *what);

/* The pairs of a query or a form that are not the same bytes. */
void differences_pairs(struct differences_run *r, enum difference_place place,
    struct str recorded, struct str live);

/* differences_body.c */
void differences_body(struct differences_run *r);

#endif
