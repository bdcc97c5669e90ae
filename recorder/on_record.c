#include "config.h"

#include <stdbool.h>
#include <stdlib.h>

#include "base/mem.h"
#include "recorder/store.h"

#include "recorder/on_record.h"

/* Most requests were not recorded more often than this before. */
#define ON_RECORD_FEW 16

static int
on_record_remove(
    struct store *s, const struct store_candidate *c, int64_t n, struct err *e)
{
	int64_t i;

	for (i = 0; i < n; i++)
		if (store_remove(s, c[i].id, e) == -1)
			return -1;
	return 1;
}

static bool
on_record_any_complete(const struct store_candidate *c, int64_t n)
{
	int64_t i;

	for (i = 0; i < n; i++)
		if (c[i].outcome == OUTCOME_COMPLETE)
			return true;
	return false;
}

/* As on_record_apply(), with the n entries that are there. */
static int
on_record_decide(enum on_record policy, struct store *s,
    const struct exchange *x, const struct store_candidate *c, int64_t n,
    struct err *e)
{
	bool complete = x->outcome == OUTCOME_COMPLETE;

	switch (policy) {
	case ON_RECORD_APPEND:
		break;
	case ON_RECORD_REPLACE:
		return complete ? on_record_remove(s, c, n, e) : 1;
	case ON_RECORD_KEEP_FIRST:
		return !on_record_any_complete(c, n);
	case ON_RECORD_REPLACE_IF_SUCCESS:
		if (complete && x->status < 400)
			return on_record_remove(s, c, n, e);
		return !on_record_any_complete(c, n);
	}
	return 1;
}

int
on_record_apply(enum on_record policy, struct store *s, int64_t tape,
    const struct exchange *x, struct err *e)
{
	struct store_candidate few[ON_RECORD_FEW], *c = few;
	int64_t n;
	int apply;

	if (policy == ON_RECORD_APPEND || !x->keyed)
		return 1;
	n = store_find(s, tape, x->key, few, ON_RECORD_FEW, e);
	if (n > ON_RECORD_FEW) {
		c = xcalloc((size_t)n, sizeof(*c));
		n = store_find(s, tape, x->key, c, (size_t)n, e);
	}
	apply = n == -1 ? -1 : on_record_decide(policy, s, x, c, n, e);
	if (c != few)
		free(c);
	return apply;
}
