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

/* As headers_equal(), but for fields that tell when it was. */
static bool
on_record_same_fields(const struct headers *a, const struct headers *b)
{
	static const char *const moments[] = { "Date", "Age" };
	size_t i, k;

	if (a->n != b->n)
		return false;
	for (i = 0; i < a->n; i++) {
		if (!str_eq(a->v[i].name, b->v[i].name))
			return false;
		for (k = 0; k < 2; k++)
			if (str_iis(a->v[i].name, moments[k]))
				break;
		if (k == 2 && !str_eq(a->v[i].value, b->v[i].value))
			return false;
	}
	return true;
}

/* Bodies that are kept in parts are not compared. */
static bool
on_record_same_message(const struct message *a, const struct message *b)
{
	return a->body.known && b->body.known &&
	       a->body.bytes.n == a->body.size &&
	       b->body.bytes.n == b->body.size &&
	       str_eq(buf_str(&a->body.bytes), buf_str(&b->body.bytes)) &&
	       on_record_same_fields(&a->headers, &b->headers) &&
	       on_record_same_fields(&a->trailers, &b->trailers);
}

/* Counts x where it is the same as the entry: 0 then, else 1, or -1. */
static int
on_record_fold(
    struct store *s, const struct exchange *x, int64_t entry, struct err *e)
{
	struct exchange *last = NULL;
	int got = store_get(s, entry, BODY_PART, &last, e);
	bool same;

	if (got <= 0)
		return got == 0 ? 1 : -1;
	same = x->outcome == last->outcome && x->status == last->status &&
	       str_eq(x->reason, last->reason) &&
	       on_record_same_message(&x->request, &last->request) &&
	       on_record_same_message(&x->response, &last->response);
	exchange_free(last);
	if (!same)
		return 1;
	return store_count_again(s, entry, e);
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
	case ON_RECORD_FOLD:
		return n > 0 ? on_record_fold(s, x, c[n - 1].id, e) : 1;
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
	n = store_find(s, tape, x->key, false, few, ON_RECORD_FEW, e);
	if (n > ON_RECORD_FEW) {
		c = xcalloc((size_t)n, sizeof(*c));
		n = store_find(s, tape, x->key, false, c, (size_t)n, e);
	}
	apply = n == -1 ? -1 : on_record_decide(policy, s, x, c, n, e);
	if (c != few)
		free(c);
	return apply;
}
