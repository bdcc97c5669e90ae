#include "config.h"

#include <inttypes.h>
#include <stdlib.h>

#include "base/mem.h"
#include "base/str.h"
#include "gateway/asker.h"
#include "gateway/body_out.h"
#include "gateway/filters.h"
#include "gateway/origin.h"
#include "gateway/renewed.h"
#include "gateway/resend.h"
#include "gateway/settings.h"
#include "har/exchange.h"
#include "recorder/store.h"

#include "gateway/drift_run.h"

#define BODY_MOST ASKER_BODY_MOST

struct drift_entry {
	struct drift_case c;
	bool done;
};

/* A request on its way. */
struct drift_request {
	struct drift_entry *entry;
	struct exchange *was;
	struct buf target, head;
};

/*
 * The recordings
 */

static int
drift_run_on_entry(void *arg, const struct store_entry_row *row)
{
	struct drift_run *d = arg;

	if (d->n == d->cap) {
		d->cap = d->cap > 0 ? 2 * d->cap : 256;
		d->v = xrealloc(d->v, d->cap * sizeof(*d->v));
	}
	d->v[d->n++] = (struct drift_entry){ .c = { .id = row->id } };
	return 0;
}

static void
drift_run_skip(struct drift_entry *t, const char *why)
{
	t->c.result = DRIFT_SKIPPED;
	t->c.why = str_of(why);
	t->done = true;
}

/* "/http/api.test:8080": a path that stands for the origin of u among those of
 * the settings. */
static void
drift_run_origin(const struct url *u, struct buf *out)
{
	buf_add_text(out, u->https ? "/https/" : "/http/");
	buf_add_str(out, u->authority);
}

static int
drift_run_add_origin(
    struct drift_run *d, const struct exchange *x, struct err *e)
{
	struct buf text = { 0 };
	struct url u;
	int r = url_parse_any(&u, x->url, e);

	if (r == 0) {
		drift_run_origin(&u, &text);
		buf_addf(&text, "=http%s://%.*s", u.https ? "s" : "",
		    STR_ARGS(u.authority));
		r = settings_upstream(d->settings, buf_text(&text), e);
	}
	buf_free(&text);
	return r;
}

/* The body of its response, but for messages of a WebSocket. */
static struct str
drift_run_body(struct drift_run *d, const struct exchange *x)
{
	return x->status == 101
		   ? (struct str){ NULL, 0 }
		   : body_out_plain(&x->response, BODY_MOST, &d->decoded);
}

/* Decides whether x is sent, and remembers what is recorded. */
static int
drift_run_learn(struct drift_run *d, struct drift_entry *t,
    const struct exchange *x, struct err *e)
{
	const char *why = resend_hindrance(x);

	t->c.method = arena_str(&t->c.arena, x->method);
	t->c.url = arena_str(&t->c.arena, x->url);
	t->c.was = x->status;
	t->c.time_us = -1;
	t->c.expected = !d->all_methods && !resend_is_safe(x);
	if (t->c.expected)
		why = "its method may change something (--all-methods)";
	else if (x->outcome != OUTCOME_COMPLETE || x->status == 0)
		why = "the recorded exchange failed";
	if (why != NULL) {
		drift_run_skip(t, why);
		return 0;
	}
	if (d->own_origins && drift_run_add_origin(d, x, e) == -1)
		return -1;
	return drift_learn(d->drift, x, drift_run_body(d, x), e);
}

static int
drift_run_read(struct drift_run *d, struct store_filter *f, struct err *e)
{
	struct exchange *x;
	size_t i;
	int r;

	if (filters_tape(d->store, d->settings->tape, f, e) == -1 ||
	    store_list(d->store, f, drift_run_on_entry, d, e) == -1)
		return -1;
	for (i = 0; i < d->n; i++) {
		r = store_get(d->store, d->v[i].c.id, BODY_MOST, &x, e);
		if (r == 0)
			drift_run_skip(&d->v[i], "removed meanwhile");
		else if (r == 1)
			r = drift_run_learn(d, &d->v[i], x, e);
		exchange_free(x);
		if (r == -1)
			return err_wrap(e, "entry %" PRId64, d->v[i].c.id);
	}
	return 0;
}

/*
 * Requests and answers, on the asker's thread
 */

static void
drift_run_done(struct drift_run *d, struct drift_entry *t)
{
	t->done = true;
	for (; d->reported < d->n && d->v[d->reported].done; d->reported++)
		drift_report_add(&d->report, &d->v[d->reported].c);
}

static void
drift_run_free_request(struct drift_request *q)
{
	exchange_free(q->was);
	buf_free(&q->target);
	buf_free(&q->head);
	free(q);
}

/* Where x goes; false when no upstream is for it.  One that was given for all
 * hosts is not for what came from a host of its own. */
static bool
drift_run_route(struct drift_run *d, const struct exchange *x,
    struct buf *target, const struct origin **o)
{
	struct buf path = { 0 };
	struct route route;
	struct url u;
	struct err e;
	bool found;

	if (d->own_origins && url_parse_any(&u, x->url, &e) == 0) {
		drift_run_origin(&u, &path);
		if (u.target.n == 0 || u.target.p[0] != '/')
			buf_add_text(&path, "/");
		buf_add_str(&path, u.target);
	} else {
		buf_add_str(&path, x->target);
	}
	found = origins_route(d->origins, d->own_origins ? STR("") : x->scope,
		    buf_str(&path), &route) &&
		(d->own_origins || str_eq(route.scope, x->scope));
	if (found) {
		route_target(&route, buf_str(&path), target);
		*o = route.origin;
	}
	buf_free(&path);
	return found;
}

/* 1, 0 when t is not sent after all, -1 when the store failed. */
static int
drift_run_prepare(struct drift_run *d, struct drift_request *q,
    struct call_request *r, struct err *e)
{
	int rc = store_get(d->store, q->entry->c.id, BODY_MOST, &q->was, e);

	if (rc == 0)
		drift_run_skip(q->entry, "removed meanwhile");
	if (rc != 1)
		return rc;
	if (!drift_run_route(d, q->was, &q->target, &r->origin)) {
		drift_run_skip(q->entry, "no upstream is for its host");
		return 0;
	}
	resend_head(
	    q->was, r->origin, buf_str(&q->target), d->settings, &q->head);
	r->method = q->was->method;
	r->upgrade = resend_is_socket(q->was);
	r->head = buf_str(&q->head);
	r->body = buf_str(&q->was->request.body.bytes);
	return 1;
}

static bool
drift_run_next(void *arg, struct call_request *r, void **what)
{
	struct drift_run *d = arg;
	struct drift_request *q;
	int rc;

	while (!d->failed && d->next < d->n) {
		q = xcalloc(1, sizeof(*q));
		q->entry = &d->v[d->next++];
		*what = q;
		rc = q->entry->done ? 0 : drift_run_prepare(d, q, r, &d->e);
		if (rc == 1)
			return true;
		d->failed = rc == -1;
		drift_run_done(d, q->entry);
		drift_run_free_request(q);
	}
	return false;
}

static int64_t
drift_run_time(const struct timings *t)
{
	const int64_t parts[] = { t->blocked, t->dns, t->connect, t->send,
		t->wait, t->receive };
	int64_t sum = 0;
	size_t i;

	for (i = 0; i < sizeof(parts) / sizeof(*parts); i++)
		sum += parts[i] > 0 ? parts[i] : 0;
	return sum;
}

static int
drift_run_accept(struct drift_run *d, struct drift_case *c,
    struct exchange *was, struct exchange *x, struct err *e)
{
	c->kept_out = renewed_hindrance(was, x);
	if (c->kept_out != NULL)
		return 0;
	renewed_take(was, x);
	if (!redacting_exchange(&d->redacting, was))
		return err_set(e,
		    "a body cannot be searched for secrets; --no-redact "
		    "keeps it");
	if (redacting_note_entry(&d->redacting, d->store, was->id, e) == -1)
		return -1;
	return store_replace(d->store, was, e) == -1 ? -1 : 0;
}

static int
drift_run_answered(struct drift_run *d, struct drift_request *q,
    struct exchange *x, struct err *e)
{
	struct drift_case *c = &q->entry->c;
	struct err late;

	c->time_us = drift_run_time(&x->timings);
	c->now = x->status;
	if (x->outcome != OUTCOME_COMPLETE) {
		c->result = DRIFT_UNANSWERED;
		c->why = arena_str(&c->arena, x->failure);
		return 0;
	}
	if (drift_compare(d->drift, q->was, x, drift_run_body(d, x),
		&c->findings, &late) == -1) {
		c->result = DRIFT_UNANSWERED;
		c->why = arena_str(&c->arena, str_of(late.text));
		return 0;
	}
	if (c->findings.breaking > 0)
		c->result = DRIFT_BREAKING;
	else if (c->findings.informational > 0)
		c->result = DRIFT_INFORMATIONAL;
	return d->report.accept ? drift_run_accept(d, c, q->was, x, e) : 0;
}

static bool
drift_run_on_answer(void *arg, void *what, struct exchange *x)
{
	struct drift_run *d = arg;
	struct drift_request *q = what;

	if (!d->failed && drift_run_answered(d, q, x, &d->e) == -1) {
		d->failed = true;
		err_wrap(&d->e, "entry %" PRId64, q->entry->c.id);
	}
	drift_run_done(d, q->entry);
	exchange_free(x);
	drift_run_free_request(q);
	return !d->failed;
}

/*
 * All of it
 */

static int
drift_run_ask(struct drift_run *d, struct err *e)
{
	struct asker_job job = { .next = drift_run_next,
		.on_answer = drift_run_on_answer,
		.arg = d,
		.most = d->all_methods ? 1 : d->concurrency,
		.most_us = d->most_us };

	d->origins = origins_new(d->settings, NULL, e);
	if (d->origins == NULL ||
	    asker_run(d->settings, d->origins, &job, e) == -1)
		return -1;
	if (!d->failed)
		return 0;
	*e = d->e;
	return -1;
}

/* In one transaction. */
static int
drift_run_in_one(struct drift_run *d, struct err *e)
{
	const uint64_t *n = d->report.results;
	int r;

	if (store_begin(d->store, e) == -1)
		return -1;
	r = drift_run_ask(d, e);
	if (r == 0 &&
	    n[DRIFT_BREAKING] + n[DRIFT_INFORMATIONAL] > d->report.kept_out) {
		r = store_commit(d->store, e);
		if (r == 0)
			return 0;
	}
	store_rollback(d->store);
	return r;
}

int
drift_run(struct drift_run *d, struct store_filter *f, struct err *e)
{
	d->own_origins = d->settings->nupstreams == 0;
	d->drift = drift_new();
	if (drift_run_read(d, f, e) == -1)
		return -1;
	if (d->n == 0)
		return 0;
	return d->report.accept ? drift_run_in_one(d, e) : drift_run_ask(d, e);
}

void
drift_run_fini(struct drift_run *d)
{
	size_t i;

	for (i = d->reported; i < d->n; i++) {
		drift_findings_fini(&d->v[i].c.findings);
		arena_fini(&d->v[i].c.arena);
	}
	free(d->v);
	junit_fini(&d->report.junit);
	buf_free(&d->report.out);
	buf_free(&d->decoded);
	drift_free(d->drift);
	origins_free(d->origins);
}
