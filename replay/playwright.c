#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/digest.h"
#include "base/err.h"
#include "base/mem.h"
#include "har/exchange.h"
#include "har/har_text.h"
#include "recorder/pseudonym.h"
#include "recorder/store.h"
#include "replay/answer.h"
#include "replay/errand.h"
#include "replay/form_data.h"
#include "replay/level.h"
#include "replay/library_priv.h"
#include "replay/location.h"
#include "replay/requested.h"

#include "replay/playwright.h"

/* Longer recorded request bodies are not compared: they are another's. */
#define PLAYWRIGHT_MOST_BODY (64u << 20)

/* More than there are fields. */
#define PLAYWRIGHT_SAME ((size_t)1 << 30)

struct playwright {
	struct requested *asked;
};

/* The entries that a question came by. */
struct playwright_trail {
	int64_t *v;
	size_t n;
};

/* A question that somebody else looks into, with all its bytes. */
struct playwright_question {
	struct playwright *playwright;
	struct playwright_request q;
	struct headers headers;
	struct arena arena;
	struct playwright_trail trail;
};

/* A question on its way, and what redirects change of it. */
struct playwright_walk {
	struct reader *reader;
	const struct playwright_request *q;
	struct requested_for what;
	struct buf first; /* the URL that was asked for */
	struct buf url;   /* behind what.url after a redirect */
	struct requested_list candidates;
	struct playwright_trail *trail;
	struct buf body; /* scratch */
};

struct playwright *
playwright_new(void)
{
	struct playwright *p = xcalloc(1, sizeof(*p));

	p->asked = requested_new();
	return p;
}

void
playwright_free(struct playwright *p)
{
	if (p == NULL)
		return;
	requested_free(p->asked);
	free(p);
}

/*
 * Bodies
 */

/* Whether the entry has postData in a HAR: a body that is known, or word of one
 * without a text. */
static bool
playwright_has_body(const struct exchange *x)
{
	return (x->request.body.known && x->request.body.size > 0) ||
	       har_text_has_extra(x, HAR_REQUEST, "postData");
}

/* The recorded request body in w->body: 1, 0 when it is too long, or -1.  An
 * unknown body is an empty text there, as it is in a HAR. */
static int
playwright_load(
    struct playwright_walk *w, const struct exchange *x, struct err *e)
{
	const struct body *b = &x->request.body;
	int64_t n;

	w->body.n = 0;
	if (b->stored_id == 0)
		return 1;
	if (b->size > PLAYWRIGHT_MOST_BODY)
		return 0;
	while (w->body.n < b->size) {
		n = store_body_read(w->reader->store, b->stored_id, w->body.n,
		    buf_reserve(&w->body, (size_t)b->size - w->body.n),
		    (size_t)b->size - w->body.n, e);
		if (n <= 0)
			return n == 0 ? err_set(e, "a body ends early") : -1;
		w->body.n += (size_t)n;
	}
	return 1;
}

/* 1 if the entry's body lets it answer, 0 if not, -1 on error. */
static int
playwright_body_fits(
    struct playwright_walk *w, const struct exchange *x, struct err *e)
{
	const struct playwright_request *q = w->q;
	struct str live, recorded;
	int r;

	if (!str_is(w->what.method, "POST") || !q->has_body ||
	    !playwright_has_body(x))
		return 1;
	live = form_data_boundary(q->headers);
	recorded = form_data_boundary(&x->request.headers);
	if ((live.n == 0 || recorded.n == 0) && x->request.body.known &&
	    x->request.body.size != q->body.n &&
	    pseudonym_hash(0, q->body) == 0)
		return 0;
	r = playwright_load(w, x, e);
	if (r != 1 || level_same(buf_str(&w->body), q->body))
		return r;
	return live.n > 0 && recorded.n > 0 &&
	       form_data_same(q->body, live, buf_str(&w->body), recorded);
}

/*
 * Candidates
 */

/* Whether x is what was asked for, not just its hash. */
static bool
playwright_asked_for(const struct requested_for *what, const struct exchange *x)
{
	if (!str_eq(what->method, x->method))
		return false;
	if (what->url.n > 0)
		return level_same(what->url, x->url);
	return str_eq(what->scope, x->scope) &&
	       level_same(what->target, x->target);
}

static bool
playwright_agrees(const struct header *f, const struct headers *live)
{
	size_t i;

	for (i = 0; i < live->n; i++)
		if (str_ieq(f->name, live->v[i].name) &&
		    str_eq(f->value, live->v[i].value))
			return true;
	return false;
}

static size_t
playwright_score(const struct exchange *x, const struct headers *live)
{
	const struct headers *h = &x->request.headers;
	size_t i, n = 0;

	for (i = 0; i < h->n; i++)
		n += playwright_agrees(&h->v[i], live);
	return n;
}

/* An older candidate looked the same: this one can be no better. */
static bool
playwright_seen(const struct requested_list *list, size_t at)
{
	size_t i;

	for (i = 0; i < at; i++)
		if (list->v[i].id != 0 && list->v[i].same == list->v[at].same)
			return true;
	return false;
}

/* Puts candidate x in the place of *best if it is better; x is taken. */
static void
playwright_take(struct playwright_walk *w, struct exchange *x,
    struct exchange **best, size_t *score)
{
	size_t n = playwright_score(x, w->q->headers);

	/* The one with the same secrets comes before those with others. */
	if (w->what.url.n > 0 ? str_eq(w->what.url, x->url)
			      : str_eq(w->what.target, x->target))
		n += PLAYWRIGHT_SAME;

	if (*best != NULL && n <= *score) {
		exchange_free(x);
		return;
	}
	exchange_free(*best);
	*best = x;
	*score = n;
}

/* Looks at one candidate.  0, or -1. */
static int
playwright_look(struct playwright_walk *w, struct requested_entry *c,
    struct exchange **best, size_t *score, struct err *e)
{
	struct exchange *x;
	int r = store_get(w->reader->store, c->id, 0, &x, e);

	if (r == 1 && !playwright_asked_for(&w->what, x)) {
		exchange_free(x);
		r = 0;
	}
	if (r == 0)
		c->id = 0; /* it is no candidate, and no other's like */
	if (r != 1)
		return r;
	r = playwright_body_fits(w, x, e);
	if (r == 1)
		playwright_take(w, x, best, score);
	else
		exchange_free(x);
	return r == -1 ? -1 : 0;
}

/* The best candidate of w->candidates, or NULL. */
static int
playwright_choose(
    struct playwright_walk *w, struct exchange **best, struct err *e)
{
	struct requested_list *list = &w->candidates;
	size_t i, score = 0;

	*best = NULL;
	for (i = 0; i < list->n; i++) {
		if (playwright_seen(list, i) ||
		    playwright_look(w, &list->v[i], best, &score, e) == 0)
			continue;
		exchange_free(*best);
		*best = NULL;
		return -1;
	}
	return 0;
}

/*
 * Redirects
 */

static bool
playwright_redirects(const struct exchange *x)
{
	switch (x->status) {
	case 301:
	case 302:
	case 303:
	case 307:
	case 308:
		return headers_get(&x->response.headers, "Location").p != NULL;
	default:
		return false;
	}
}

/* Whether x is met for the first time. */
static bool
playwright_visit(struct playwright_walk *w, const struct exchange *x)
{
	struct playwright_trail *t = w->trail;
	size_t i;

	for (i = 0; i < t->n; i++)
		if (t->v[i] == x->id)
			return false;
	if ((t->n & (t->n - 1)) == 0)
		t->v =
		    xrealloc(t->v, (t->n == 0 ? 1 : 2 * t->n) * sizeof(*t->v));
	t->v[t->n++] = x->id;
	return true;
}

/* Asks for where x leads next.  0, or -1 when that is no URL. */
static int
playwright_follow(
    struct playwright_walk *w, const struct exchange *x, struct err *e)
{
	struct str to = headers_get(&x->response.headers, "Location");
	struct str from = w->what.url.n > 0 ? w->what.url : x->url;
	struct buf url = { 0 };

	if (location_resolve(from, to, &url) == -1) {
		buf_free(&url);
		return err_set(e, "Location \"%.*s\" is no URL",
		    (int)(to.n < 200 ? to.n : 200), to.p);
	}
	if (((x->status == 301 || x->status == 302) &&
		str_is(w->what.method, "POST")) ||
	    (x->status == 303 && !str_is(w->what.method, "GET") &&
		!str_is(w->what.method, "HEAD")))
		w->what.method = STR("GET");
	buf_free(&w->url);
	w->url = url;
	w->what.url = buf_str(&w->url);
	return 0;
}

/* The entry for w->what, or NULL. */
static int
playwright_step(struct playwright *p, struct playwright_walk *w,
    struct exchange **x, struct err *e)
{
	struct reader *r = w->reader;

	if (requested_find(
		p->asked, r->store, r->tape, &w->what, &w->candidates, e) == -1)
		return -1;
	return playwright_choose(w, x, e);
}

/* Goes on from a redirect, if x is one: 1, 0 if x is the end, or -1 with *e
 * set when there is none. */
static int
playwright_go_on(
    struct playwright_walk *w, const struct exchange *x, struct err *e)
{
	if (!playwright_visit(w, x))
		return err_set(e, "found redirect cycle for %.*s",
		    (int)(x->url.n < 200 ? x->url.n : 200), x->url.p);
	if (!playwright_redirects(x))
		return 0;
	return playwright_follow(w, x, e) == -1 ? -1 : 1;
}

static int
playwright_walk(struct playwright *p, struct playwright_walk *w,
    struct playwright_found *found, struct err *e)
{
	struct exchange *x;
	bool moved = false;
	int more;

	do {
		if (playwright_step(p, w, &x, e) == -1)
			return -1;
		if (x == NULL)
			return 0;
		if (w->trail->n == 0)
			buf_add_str(&w->first, x->url);
		moved = !str_eq(x->url, buf_str(&w->first));
		more = playwright_go_on(w, x, e);
		if (more != 0)
			exchange_free(x);
	} while (more == 1);
	if (more == -1) {
		found->action = PLAYWRIGHT_ERROR;
		return 0;
	}
	found->x = x;
	found->action = w->q->navigation && moved ? PLAYWRIGHT_REDIRECT
						  : PLAYWRIGHT_FULFILL;
	return 0;
}

static int
playwright_look_for(struct playwright *p, struct reader *r,
    const struct playwright_request *q, struct playwright_trail *trail,
    struct playwright_found *found, struct err *e)
{
	struct playwright_walk w = {
		.reader = r,
		.q = q,
		.trail = trail,
		.what = { .method = q->method,
		    .url = q->url,
		    .scope = q->scope,
		    .target = q->target },
	};
	int result;

	*found = (struct playwright_found){ .action = PLAYWRIGHT_NOENTRY };
	if (reader_tape(r, e) == -1)
		return -1;
	if (r->tape == 0)
		return 0;
	result = playwright_walk(p, &w, found, e);
	buf_free(&w.first);
	buf_free(&w.url);
	buf_free(&w.body);
	free(w.candidates.v);
	return result;
}

/* By the thread whose reader r is. */
static void
playwright_used(struct reader *r, const struct playwright_trail *trail)
{
	size_t i;

	for (i = 0; i < trail->n; i++)
		reader_used(r, trail->v[i]);
}

int
playwright_find(struct playwright *p, struct reader *r,
    const struct playwright_request *q, struct playwright_found *found,
    struct err *e)
{
	struct playwright_trail trail = { 0 };
	int result = playwright_look_for(p, r, q, &trail, found, e);

	playwright_used(r, &trail);
	free(trail.v);
	return result;
}

/*
 * Answers
 */

static struct answer *
playwright_made(struct exchange *x)
{

	return &answer_new(x, &x->response.body.bytes)->answer;
}

/* The browser starts anew at x. */
static struct answer *
playwright_redirect(
    const struct playwright_request *q, const struct exchange *x)
{
	bool below = q->url.n == 0 && str_eq(q->scope, x->scope) &&
		     str_starts(x->target, "/") && !str_starts(x->target, "//");
	struct exchange *to = exchange_new();
	struct answer *a;

	to->id = x->id;
	to->status = 302;
	to->reason = STR("Found");
	headers_add(&to->response.headers, &to->arena, STR("Location"),
	    below ? x->target : x->url);
	headers_add(
	    &to->response.headers, &to->arena, STR("Content-Length"), STR("0"));
	a = playwright_made(to);
	exchange_free(to);
	return a;
}

static enum found
playwright_fulfill(
    struct reader *r, int64_t entry, struct answer **a, struct err *e)
{
	struct exchange *x;
	int got = store_get(r->store, entry, r->library->most_body, &x, e);
	enum found found = FOUND_UNUSABLE;

	if (got != 1)
		return got == 0 ? FOUND_NOTHING : FOUND_ERROR;
	if (x->status >= 200 && x->status <= 599) {
		/* A HAR has no word for a body that nobody kept. */
		if (!x->response.body.known)
			x->response.body = (struct body){ .known = true };
		*a = playwright_made(x);
		found = FOUND;
	}
	exchange_free(x);
	return found;
}

/* By a reader that has a store. */
static enum found
playwright_read(struct playwright *p, struct reader *r,
    const struct playwright_request *q, struct playwright_trail *trail,
    struct answer **a, struct err *e)
{
	struct playwright_found f;
	enum found found = FOUND_NOTHING;

	if (playwright_look_for(p, r, q, trail, &f, e) == -1)
		return FOUND_ERROR;
	if (f.action == PLAYWRIGHT_REDIRECT) {
		*a = playwright_redirect(q, f.x);
		found = FOUND;
	} else if (f.x != NULL) {
		found = playwright_fulfill(r, f.x->id, a, e);
	}
	/* A shared store that is away may have said so all the same. */
	if (found == FOUND_NOTHING && f.action != PLAYWRIGHT_ERROR)
		err_set(e, "%s", "");
	exchange_free(f.x);
	return found;
}

/*
 * By a reader that sends errands
 */

static struct str
playwright_body(const struct playwright_request *q)
{
	return str_is(q->method, "POST") ? q->body : STR("");
}

static struct playwright_question *
playwright_question_new(
    struct playwright *p, const struct playwright_request *q)
{
	struct playwright_question *to = xcalloc(1, sizeof(*to));
	struct arena *a = &to->arena;

	to->playwright = p;
	to->headers = headers_copy(q->headers, a);
	to->q = (struct playwright_request){
		.method = arena_str(a, q->method),
		.url = arena_str(a, q->url),
		.scope = arena_str(a, q->scope),
		.target = arena_str(a, q->target),
		.headers = &to->headers,
		.body = arena_str(a, playwright_body(q)),
		.has_body = q->has_body,
		.navigation = q->navigation,
	};
	return to;
}

void
playwright_question_free(struct playwright_question *q)
{
	if (q == NULL)
		return;
	arena_fini(&q->arena);
	free(q->trail.v);
	free(q);
}

static void
playwright_sum(struct digest *d, struct str s)
{
	uint64_t n = s.n;

	digest_add(d, &n, sizeof(n));
	digest_add(d, s.p, s.n);
}

/* A name that no other question has; what else counts is of the same request
 * in all questions of a look-up. */
static struct key
playwright_name(const struct playwright_request *q)
{
	uint8_t sum[DIGEST_BYTES];
	struct digest *d = digest_new();
	struct key key;
	size_t i;

	playwright_sum(d, q->url);
	playwright_sum(d, q->scope);
	playwright_sum(d, q->target);
	for (i = 0; i < q->headers->n; i++) {
		playwright_sum(d, q->headers->v[i].name);
		playwright_sum(d, q->headers->v[i].value);
	}
	playwright_sum(d, playwright_body(q));
	digest_end(d, sum);
	digest_free(d);
	memcpy(key.bytes, sum, sizeof(key.bytes));
	return key;
}

int
playwright_run(struct errand *d, struct reader *r)
{
	struct playwright_question *q = d->question;
	struct answer *a = NULL;

	d->found =
	    playwright_read(q->playwright, r, &q->q, &q->trail, &a, &d->e);
	if (d->found == FOUND)
		d->answer = answer_kept_of(a);
	return d->found == FOUND_ERROR ? -1 : 0;
}

static enum found
playwright_fetch(struct playwright *p, struct reader *r,
    const struct playwright_request *q, struct answer **a, struct err *e)
{
	struct errand_what what = { .kind = ERRAND_MATCH };
	const struct errand *d;
	int rc;

	err_set(e, "%s", "");
	/* How secrets are kept out of it has to be known before. */
	rc = reader_tape(r, e);
	if (rc == 0 && r->tape == 0)
		return FOUND_NOTHING;
	if (rc == 0) {
		what.key = playwright_name(q);
		rc = basket_ask(r->basket, &what, &d, e);
		if (rc == 1)
			r->basket->wanted->question =
			    playwright_question_new(p, q);
	}
	if (rc != 0)
		return rc == 1 ? FOUND_LATER : FOUND_ERROR;
	err_set(e, "%s", d->e.text);
	playwright_used(r, &d->question->trail);
	if (d->found == FOUND) {
		cache_item_ref(&d->answer->item);
		*a = &d->answer->answer;
	}
	return d->found;
}

enum found
playwright_answer(struct playwright *p, struct reader *r,
    const struct playwright_request *q, struct answer **a, struct err *e)
{
	struct playwright_trail trail = { 0 };
	enum found found;

	if (reader_sends(r))
		return playwright_fetch(p, r, q, a, e);
	found = playwright_read(p, r, q, &trail, a, e);
	playwright_used(r, &trail);
	free(trail.v);
	return found;
}
