/* When nothing answers: the explanation, its reply, and who is told. */
#include "config.h"

#include "base/buf.h"
#include "base/log.h"
#include "gateway/explainer.h"
#include "gateway/meter.h"
#include "gateway/printable.h"
#include "gateway/problem.h"
#include "gateway/search.h"
#include "gateway/tally.h"
#include "gateway/traffic_note.h"
#include "gateway/worker.h"
#include "replay/explain.h"

#include "gateway/transaction.h"

/* A larger request body is not copied for an explanation. */
#define MISS_BODY (1u << 20)

static const char *
miss_detail(const struct transaction *t)
{
	if (t->why == FOUND_UNUSABLE)
		return "What is recorded for this request cannot answer it.";
	if (t->why == FOUND_EXHAUSTED)
		return "Matched but exhausted: each recording of this request "
		       "was served once, and --repeat fail serves none twice.";
	if (t->why == FOUND_ERROR && t->w->shared->fetcher != NULL)
		return "The shared store could not be asked, or did not answer "
		       "within --store-timeout; the log says why.";
	if (t->why == FOUND_ERROR)
		return "The store could not be read; the log says why.";
	if (t->mode->reads && t->settings->nupstreams == 0)
		return "No recording matches this request and there is no "
		       "upstream to ask.";
	if (!t->mode->forwards)
		return "No recording matches this request and this mode does "
		       "not ask the upstream.";
	return "No upstream covers this request.";
}

/* What there is to be said beside the detail: sentences, or nothing. */
static void
miss_explain(const struct explanation *x, struct buf *out)
{
	struct buf rules = { 0 };
	struct str rest, line;

	if (x == NULL)
		return;
	explanation_text(x, out);
	if (explanation_rules(x, &rules)) {
		rest = buf_str(&rules);
		rest.n--; /* the last line's end */
		while (str_cut(&rest, '\n', &line))
			buf_addf(out, " Rule: %.*s", STR_ARGS(line));
	}
	buf_free(&rules);
}

/* The log escapes what is not printable, a report does not. */
static void
miss_note(struct transaction *t, const struct explanation *x, struct str said)
{
	const struct http1_head *h = &t->r->head;
	const char *used_up =
	    t->why == FOUND_EXHAUSTED ? " (matched but exhausted)" : "";
	struct buf more = { 0 }, note = { 0 };
	char subject[256];

	log_warn(transaction_subject(t, subject, sizeof(subject)),
	    "miss%s%s%.*s", used_up, said.n > 0 ? ": " : "", STR_ARGS(said));
	if (x != NULL)
		explanation_note(x, &note);
	else if (t->why == FOUND_EXHAUSTED)
		buf_add_text(&note, "matched but exhausted");
	printable_add(&more, buf_str(&note), false);
	tally_add(t->w->shared->tally, TALLY_MISS, h->method,
	    transaction_told(t), buf_text(&more));
	buf_free(&more);
	buf_free(&note);
}

static void
miss_reply(struct transaction *t, const struct explanation *x, struct str said)
{
	static const int statuses[] = { [ON_MISS_501] = 501,
		[ON_MISS_404] = 404,
		[ON_MISS_502] = 502,
		[ON_MISS_FORWARD] = 501 };
	struct problem_miss m = { .method = t->r->head.method,
		.url = transaction_told(t),
		.body_bytes = transaction_body_size(t),
		.explanation = x };
	bool away = t->why == FOUND_ERROR && t->w->shared->fetcher != NULL;
	struct problem p = {
		.status = away ? 503 : statuses[t->settings->on_miss],
		.title = away ? "The shared store could not be read"
			 : t->why == FOUND_EXHAUSTED
			     ? "The recordings are used up"
			     : "No recording matches",
		.miss = &m,
	};
	struct buf detail = { 0 };

	buf_add_text(&detail, miss_detail(t));
	buf_addf(&detail, "%s%.*s", said.n > 0 ? " " : "", STR_ARGS(said));
	p.detail = buf_str(&detail);
	reply_problem(t, &p);
	buf_free(&detail);
}

static void
miss_end(struct transaction *t, const struct explanation *x)
{
	struct buf said = { 0 };

	miss_explain(x, &said);
	miss_note(t, x, buf_str(&said));
	traffic_note_miss(t, miss_detail(t), x);
	if (t->settings->on_miss == ON_MISS_DROP) {
		meter_more(&t->w->counts->missed, 1);
		transaction_abort(t);
	} else {
		miss_reply(t, x, buf_str(&said));
	}
	buf_free(&said);
}

static void
miss_on_explained(void *arg, const struct explanation *x)
{
	struct transaction *t = arg;

	t->question = NULL;
	miss_end(t, x);
}

/* False when there is no explaining it.  Where Playwright's way to match is
 * asked for, rules and keys count for nothing. */
static bool
miss_ask(struct transaction *t)
{
	struct shared *g = t->w->shared;
	struct search s = transaction_search(t);
	struct explain_request r;
	struct search_told told = { .redacted = { .changed = false } };

	if (g->explainer == NULL || t->why == FOUND_ERROR)
		return false;
	search_explain(&s, t->why, &told, &r);
	if (r.size > MISS_BODY)
		r.body = (struct str){ NULL, 0 };
	if (g->playwright != NULL) {
		r.rules = NULL;
		r.lines = false;
		r.nkeys = 0;
	}
	t->question = explainer_ask(
	    g->explainer, t->w, t->plan, &r, miss_on_explained, t);
	search_told_fini(&told);
	return t->question != NULL;
}

void
miss_begin(struct transaction *t, enum found why)
{
	t->source = SOURCE_MISS;
	t->why = why;
	if (!miss_ask(t))
		miss_end(t, NULL);
}
