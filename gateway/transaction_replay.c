/* A transaction and the recording that may answer it. */
#include "config.h"

#include "base/clock.h"
#include "base/err.h"
#include "base/log.h"
#include "gateway/match.h"
#include "gateway/meter.h"
#include "gateway/search.h"
#include "gateway/traffic_note.h"
#include "gateway/worker.h"
#include "har/json_path.h"
#include "recorder/rules.h"
#include "replay/refresh.h"

#include "gateway/transaction.h"

/* What the request may be recorded of in another way. */
static const struct url *
transaction_origin(const struct transaction *t)
{
	if (!t->routed || (t->route.scope.n > 0 && !t->named))
		return NULL;
	return route_same_path(&t->route);
}

struct search
transaction_search(struct transaction *t)
{
	const struct http1_head *h = &t->r->head;

	return (struct search){
		.settings = t->settings,
		.reader = t->w->reader,
		.keyer = t->w->keyer,
		.method = h->method,
		.target = h->path,
		.authority = h->authority,
		.route = t->routed ? t->route.scope : STR(""),
		.origin = transaction_origin(t),
		.headers = &h->headers,
		.body = t->r->body,
		.longer = upload_long_body(t),
		.wanted = &t->wanted,
	};
}

static enum found
transaction_look(struct transaction *t, struct answer **a)
{
	struct search s = transaction_search(t);
	struct err e = { "" };
	enum found found;

	if (t->session.n > 0)
		t->wanted.session =
		    (struct str){ (const char *)&t->session_number,
			    sizeof(t->session_number) };
	else
		t->wanted.session = STR("");
	t->wanted.now_us = t->w->now;
	reader_look(t->w->reader, &t->basket);
	found = search_find(&s, a, &e);
	reader_look(t->w->reader, NULL);
	t->derived = s.derived;
	if (found == FOUND_ERROR) {
		char subject[256];

		log_error(transaction_subject(t, subject, sizeof(subject)),
		    "cannot look for a recording: %s", e.text);
	}
	return found;
}

/* The recorded request was never answered, and so is this one. */
static void
transaction_hang_up(struct transaction *t)
{
	meter_more(&t->w->counts->replayed, 1);
	t->source = SOURCE_REPLAY;
	traffic_note_text(t, "the recorded request was never answered");
	transaction_abort(t);
}

/* The places in JSON whose dates move, or NULL. */
static struct json_paths *
transaction_dates(const struct transaction *t)
{
	const struct rules *rules = t->settings->rules;
	struct rules_request q = { t->r->head.method,
		t->routed ? t->route.scope : STR(""), t->r->head.path };
	const struct rule *rule = NULL;
	struct json_paths *paths = NULL;
	struct err e;
	size_t i;

	while ((rule = rules_next(
		    rules, rule, RULE_BIT(RULE_SHIFT_JSON), &q)) != NULL) {
		if (paths == NULL)
			paths = json_paths_new();
		for (i = 0; i < rule->narguments; i++)
			/* rules_add() has tried them. */
			(void)json_paths_add(paths, rule->arguments[i], 1, &e);
	}
	return paths;
}

static struct answer *
transaction_refresh(struct transaction *t, struct answer *a)
{
	const struct shared *g = t->w->shared;
	struct json_paths *places = transaction_dates(t);
	struct refresh r = { .began_us = g->began_us,
		.fields = t->settings->refresh_dates,
		.places = places };

	if (r.fields || places != NULL) {
		r.now_us = clock_wall_us();
		a = refresh_answer(a, &r);
	}
	json_paths_free(places);
	return a;
}

bool
transaction_replay(struct transaction *t, enum found *why)
{
	struct answer *a;

	if (t->w->shared->playwright == NULL) {
		*why = transaction_look(t, &a);
	} else {
		reader_look(t->w->reader, &t->basket);
		*why = match_playwright(t, &a);
		reader_look(t->w->reader, NULL);
		if (*why == FOUND_UNUSABLE) {
			transaction_hang_up(t);
			return true;
		}
	}
	if (*why != FOUND)
		return false;
	reply_answer(t, transaction_refresh(t, a));
	return true;
}

bool
transaction_compares(struct transaction *t, enum found *why)
{
	struct answer *a;

	if (t->w->shared->differences == NULL || !t->routed ||
	    t->mode != &modes[MODE_SPY])
		return false;
	*why = transaction_look(t, &a);
	if (*why != FOUND)
		return true;
	reader_used(t->w->reader, a->entry);
	if (t->derived != NULL) {
		answer_unref(a);
		t->derived = NULL;
		return true;
	}
	if (t->wanted.asks == 0 || t->wanted.asks == a->asked)
		library_served(t->w->reader, &t->wanted, a);
	compare_begin(t, a);
	return true;
}
