#include "config.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/buf.h"
#include "base/err.h"
#include "har/exchange.h"
#include "recorder/store.h"
#include "replay/answer.h"
#include "replay/home.h"
#include "replay/key.h"
#include "replay/library_priv.h"
#include "replay/variant.h"

#include "replay/explain.h"

/* In a sentence. */
#define EXPLAIN_SAID 4

static const char *const explain_reasons[EXPLAIN_REASON_COUNT] = {
#define R(name, text) [EXPLAIN_##name] = text,
	EXPLAIN_REASONS(R)
#undef R
};

const char *
explain_reason_text(enum explain_reason r)
{
	return explain_reasons[r];
}

/*
 * What is under the key
 */

/* The entries that were found and could not be used, each once. */
struct explain_matched {
	int64_t ids[EXPLAIN_MATCHED];
	size_t n;
	int64_t most; /* under one key, also those that have no room */
};

static void
explain_add(struct explain_matched *m, int64_t id)
{
	size_t i;

	for (i = 0; i < m->n; i++)
		if (m->ids[i] == id)
			return;
	if (m->n < EXPLAIN_MATCHED)
		m->ids[m->n++] = id;
}

/* Whether the key means the entry: 1, 0 or -1. */
static int
explain_means(struct reader *r, const struct explain_key *key, int64_t entry,
    struct err *e)
{
	struct exchange *x;
	int means = 1;

	if (key->home != 0) {
		means = store_get(r->store, entry, 0, &x, e);
		if (means == 1) {
			means = home_recorded(x) == key->home;
			exchange_free(x);
		}
	}
	return means;
}

static int
explain_find_key(struct reader *r, const struct explain_key *key,
    struct explain_matched *m, struct err *e)
{
	struct store_candidate c[EXPLAIN_MATCHED];
	int64_t i, n;
	int means;

	n = store_find(r->store, r->tape, key->key.bytes,
	    key->tier == TIER_NORMALIZED, c, EXPLAIN_MATCHED, e);
	for (i = 0; i < n && i < EXPLAIN_MATCHED; i++) {
		means = explain_means(r, key, c[i].id, e);
		if (means == -1)
			return -1;
		if (means == 1)
			explain_add(m, c[i].id);
	}
	if (n > m->most && key->home == 0)
		m->most = n;
	return n == -1 ? -1 : 0;
}

static int
explain_find(struct reader *r, const struct explain_request *q,
    struct explain_matched *m, struct err *e)
{
	size_t k;

	for (k = 0; k < q->nkeys; k++)
		if (explain_find_key(r, &q->keys[k], m, e) == -1)
			return -1;
	return 0;
}

/* What keeps the nearest of those entries from answering. */
static enum explain_reason
explain_entry(struct explanation *x, const struct exchange *entry)
{
	size_t i;

	if (!answer_usable(entry)) {
		snprintf(x->failure, sizeof(x->failure), "%s%s%.*s",
		    outcome_text(entry->outcome),
		    entry->failure.n > 0 ? ", " : "",
		    (int)(entry->failure.n < 100 ? entry->failure.n : 100),
		    entry->failure.p);
		return EXPLAIN_FAILED;
	}
	for (i = 0; i < x->nearest.differences.n; i++)
		if (x->nearest.differences.v[i].place == DIFFERENCE_IN_HEADER)
			return EXPLAIN_VARY;
	return entry->status == 304 ? EXPLAIN_CONDITIONAL : EXPLAIN_RANGE;
}

static int
explain_matched(struct explanation *x, const struct nearest_to *to,
    const struct explain_matched *m, enum found found, struct err *e)
{
	struct exchange *entry;
	int r;

	x->matched = (int64_t)m->n > m->most ? (int64_t)m->n : m->most;
	if (nearest_among(&x->nearest, to, m->ids, m->n, e) == -1)
		return -1;
	if (found == FOUND_EXHAUSTED || x->nearest.n == 0) {
		x->reason = EXPLAIN_EXHAUSTED;
		return 0;
	}
	r = store_get(to->store, x->nearest.v[0].id, 0, &entry, e);
	if (r == 1) {
		x->reason = explain_entry(x, entry);
		exchange_free(entry);
	}
	return r == -1 ? -1 : 0;
}

static int
explain_look(struct reader *r, const struct explain_request *q,
    struct explanation *x, struct err *e)
{
	struct compared live = {
		.method = q->method,
		.scope = q->scopes[0],
		.target = q->target,
		.headers = q->headers,
		.body = q->body,
		.size = q->size,
		.known = true,
	};
	struct nearest_to to = {
		.store = r->store,
		.tape = r->tape,
		.live = &live,
		.scopes = q->scopes,
		.nscopes = q->nscopes,
		.elsewhere = q->elsewhere,
		.nelsewhere = q->nelsewhere,
		.home = q->home,
		.rules = q->rules,
		.lines = q->lines,
	};
	struct explain_matched m = { .n = 0 };

	if (explain_find(r, q, &m, e) == -1)
		return -1;
	if (m.n > 0)
		return explain_matched(x, &to, &m, q->found, e);
	if (nearest_find(&x->nearest, &to, e) == -1)
		return -1;
	if (x->nearest.n > 0)
		x->reason = EXPLAIN_UNKNOWN;
	return 0;
}

int
explain_miss(struct reader *r, const struct explain_request *q,
    struct explanation *x, struct err *e)
{
	int rc;

	x->reason = EXPLAIN_EMPTY;
	if (reader_tape(r, e) == -1)
		return -1;
	if (r->tape == 0)
		return 0;
	/* One transaction instead of one for each question. */
	if (store_hold(r->store, e) == -1)
		return -1;
	rc = explain_look(r, q, x, e);
	store_rollback(r->store);
	return rc;
}

void
explanation_fini(struct explanation *x)
{
	nearest_fini(&x->nearest);
	*x = (struct explanation){ 0 };
}

/*
 * Saying it
 */

static void
explanation_differences(const struct explanation *x, struct buf *out)
{
	const struct contrast *d = &x->nearest.differences;
	size_t i;

	for (i = 0; i < d->n && i < EXPLAIN_SAID; i++) {
		buf_add_text(out, i == 0 ? ": " : "; ");
		difference_text(&d->v[i], out);
	}
	if (d->n > EXPLAIN_SAID)
		buf_addf(out, "; and %zu%s more", d->n - EXPLAIN_SAID,
		    d->more ? " or" : "");
	buf_add_text(out, ".");
}

void
explanation_text(const struct explanation *x, struct buf *out)
{
	static const char *const sentences[EXPLAIN_REASON_COUNT] = {
		[EXPLAIN_EMPTY] = "Nothing is recorded on this tape.",
		[EXPLAIN_UNKNOWN] = "The nearest is entry",
		[EXPLAIN_EXHAUSTED] = "What matched is entry",
		[EXPLAIN_FAILED] = "Matched but failed recording: entry",
		[EXPLAIN_VARY] = "Matched but Vary differs: entry",
		[EXPLAIN_CONDITIONAL] = "Matched, but what is recorded, a 304, "
					"answers conditions alone: entry",
		[EXPLAIN_RANGE] = "Matched, but what is recorded, a 206, is of "
				  "another range: entry",
	};
	const struct nearest_entry *first = &x->nearest.v[0];

	buf_add_text(out, sentences[x->reason]);
	if (x->nearest.n == 0)
		return;
	buf_addf(out, " %" PRId64 ", %.*s %.*s", first->id,
	    STR_ARGS(first->method), STR_ARGS(first->url));
	if (x->reason == EXPLAIN_EXHAUSTED && x->matched > 1)
		buf_addf(out, ", and %" PRId64 " more", x->matched - 1);
	if (x->failure[0] != '\0')
		buf_addf(out, " (%s)", x->failure);
	explanation_differences(x, out);
}

void
explanation_note(const struct explanation *x, struct buf *out)
{
	static const char *const words[EXPLAIN_REASON_COUNT] = {
		[EXPLAIN_EMPTY] = "nothing is recorded",
		[EXPLAIN_UNKNOWN] = "nearest",
		[EXPLAIN_EXHAUSTED] = "matched but exhausted",
		[EXPLAIN_FAILED] = "matched but failed recording",
		[EXPLAIN_VARY] = "matched but Vary differs",
		[EXPLAIN_CONDITIONAL] = "matched but a 304",
		[EXPLAIN_RANGE] = "matched but a 206",
	};
	const struct nearest_entry *first = &x->nearest.v[0];

	buf_add_text(out, words[x->reason]);
	if (x->nearest.n > 0 && x->reason != EXPLAIN_EXHAUSTED)
		buf_addf(out, ": %.*s %.*s, entry %" PRId64,
		    STR_ARGS(first->method), STR_ARGS(first->url), first->id);
}

bool
explanation_rules(const struct explanation *x, struct buf *out)
{
	const struct contrast *d = &x->nearest.differences;
	size_t from = out->n, i, k;

	if (d->n == 0 || d->more)
		return false;
	for (i = 0; i < d->n; i++) {
		if (d->v[i].rule.p == NULL) {
			out->n = from;
			return false;
		}
		for (k = 0; k < i; k++)
			if (str_eq(d->v[k].rule, d->v[i].rule))
				break;
		if (k == i)
			buf_addf(out, "%.*s\n", STR_ARGS(d->v[i].rule));
	}
	return true;
}

/*
 * What was chosen from
 */

static const char *const explain_states[EXPLAIN_STATE_COUNT] = {
#define S(name, text) [CANDIDATE_##name] = text,
	EXPLAIN_STATES(S)
#undef S
};

const char *
explain_state_text(enum explain_state s)
{
	return explain_states[s];
}

static struct explain_candidate
explain_candidate(const struct exchange *x, struct variant_live *live)
{
	struct explain_candidate c = { .id = x->id, .status = x->status };
	struct variant *v;

	if (!answer_usable(x)) {
		c.state = CANDIDATE_FAILED;
		return c;
	}
	v = variant_new(x);
	c.state =
	    variant_allows(v, live) ? CANDIDATE_OTHERWISE : CANDIDATE_VARY;
	c.agreement = variant_agreement(v, live);
	variant_free(v);
	return c;
}

static void
explain_mark(struct explain_choice *c, int64_t chosen)
{
	size_t i, best = 0;

	for (i = 0; i < c->n; i++)
		if (c->v[i].id == chosen) {
			c->v[i].state = CANDIDATE_CHOSEN;
			best = c->v[i].agreement;
		}
	for (i = 0; i < c->n; i++)
		if (c->v[i].state == CANDIDATE_OTHERWISE &&
		    c->v[i].agreement < best)
			c->v[i].state = CANDIDATE_LESS;
}

int
explain_choice(struct reader *r, const struct explain_request *q,
    int64_t chosen, struct explain_choice *c, struct err *e)
{
	struct rules_request asked = { q->method, q->scopes[0], q->target };
	struct variant_live live = {
		.headers = q->headers,
		.ignoring = q->rules,
		.asked = &asked,
	};
	struct explain_matched m = { .n = 0 };
	struct exchange *x;
	size_t i;
	int got;

	if (explain_find(r, q, &m, e) == -1)
		return -1;
	c->all = (int64_t)m.n > m.most ? (int64_t)m.n : m.most;
	for (i = 0; i < m.n; i++) {
		got = store_get(r->store, m.ids[i], 0, &x, e);
		if (got == -1)
			return -1;
		if (got == 1) {
			c->v[c->n++] = explain_candidate(x, &live);
			exchange_free(x);
		}
	}
	explain_mark(c, chosen);
	return 0;
}
