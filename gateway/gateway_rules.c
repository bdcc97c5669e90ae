#include "config.h"

#include "base/err.h"
#include "base/log.h"
#include "gateway/plan.h"
#include "gateway/settings.h"
#include "recorder/recorder.h"
#include "recorder/rules.h"
#include "recorder/store.h"
#include "replay/library.h"
#include "replay/reindex.h"

#include "gateway/gateway_priv.h"

#define GATEWAY_RULES_ALL (~UINT64_C(0))

/* ---- keys of the tape ---------------------------------------------------- */

static bool
gateway_same_keys(const struct rules *a, const struct rules *b)
{
	struct buf x = { 0 }, y = { 0 };
	bool same;

	key_made_by(a, &x);
	key_made_by(b, &y);
	same = str_eq(buf_str(&x), buf_str(&y));
	buf_free(&x);
	buf_free(&y);
	return same;
}

int
rekeying_open(struct rekeying *k, struct gateway *g, const struct plan *next,
    struct err *e)
{
	const struct settings *s = g->shared.settings;

	*k = (struct rekeying){ .shared = &g->shared };
	if (gateway_same_keys(g->plan->settings->rules, next->settings->rules))
		return 0;
	k->needed = g->shared.recorder != NULL || g->shared.library != NULL;
	if (!k->needed)
		return 0;
	k->recorder = g->shared.recorder;
	if (k->recorder != NULL) {
		recorder_hold(k->recorder);
		if (recorder_backlog(k->recorder) == NULL)
			return 0;
		/* It writes to a file, whose keys change, too. */
	}
	/* What a power cut undoes is done again. */
	k->own = store_open(s->store, STORE_WRITE, false, e);
	if (k->own != NULL)
		return 0;
	rekeying_close(k);
	return err_wrap(e,
	    "the keys of tape %.100s would have to be made anew for these "
	    "rules",
	    s->tape);
}

/* One transaction.  1, 0 when nothing is left, -1. */
static int
rekeying_step(struct store *store, void *arg, struct err *e)
{
	struct rekeying *k = arg;
	int64_t tape;
	int r;

	if (k->reindex == NULL) {
		tape = store_tape(
		    store, str_of(k->shared->settings->tape), false, e);
		if (tape <= 0)
			return (int)tape;
		r = reindex_is_by(store, tape, k->rules, e);
		if (r != 0)
			return r == 1 ? 0 : -1;
		k->reindex = reindex_new(tape, k->rules);
	}
	return reindex_step(k->reindex, store, e);
}

/* Of one store, by a connection of our own or by the recorder's. */
static int
rekeying_store(struct rekeying *k, bool own, struct err *e)
{
	int r;

	do {
		if (own)
			r = rekeying_step(k->own, k, e);
		else
			r = recorder_call(k->recorder, rekeying_step, k, e);
		if (k->shared->library != NULL)
			library_changed(k->shared->library);
	} while (r == 1);
	reindex_free(k->reindex);
	k->reindex = NULL;
	return r;
}

int
rekeying_run(struct rekeying *k, const struct plan *p, struct err *e)
{
	int r = 0;

	if (!k->needed)
		return 0;
	k->rules = p->settings->rules;
	if (k->own != NULL)
		r = rekeying_store(k, true, e);
	if (r == 0 && k->recorder != NULL)
		r = rekeying_store(k, false, e);
	return r == 0 ? 0
		      : err_wrap(e,
			    "the keys of tape %.100s could not be made anew",
			    k->shared->settings->tape);
}

void
rekeying_close(struct rekeying *k)
{
	if (k->needed && k->recorder != NULL)
		recorder_release(k->recorder);
	store_close(k->own);
	*k = (struct rekeying){ .needed = false };
}

/* ---- rules that came meanwhile ------------------------------------------- */

static bool
gateway_has_line(struct str lines, struct str line)
{
	struct str one;

	while (lines.n > 0 && str_cut(&lines, '\n', &one))
		if (str_eq(one, line))
			return true;
	return false;
}

struct plan *
gateway_keep_rules(struct gateway *g, struct plan *next, struct err *e)
{
	struct str rest = buf_str(&g->added), line;
	struct rules *rules;
	struct plan *kept = NULL;
	struct buf text = { 0 };

	rules_text(next->settings->rules, GATEWAY_RULES_ALL, &text);
	while (rest.n > 0 && str_cut(&rest, '\n', &line))
		if (line.n > 0 && !gateway_has_line(buf_str(&text), line))
			buf_addf(&text, "%.*s\n", STR_ARGS(line));
	rules = rules_new();
	if (rules_add_text(rules, buf_str(&text), e) == 0)
		kept = plan_with_rules(next, rules);
	else
		rules_free(rules);
	plan_unref(next);
	buf_free(&text);
	return kept;
}

/* The plan as it is now with one rule more. */
static int
gateway_take_rule(struct gateway *g, struct str line, struct err *e)
{
	size_t before = g->added.n;
	struct plan *next;
	int rc = -1;

	buf_addf(&g->added, "%.*s\n", STR_ARGS(line));
	next = gateway_keep_rules(g, plan_ref(g->plan), e);
	if (next != NULL && (rc = gateway_take_plan(g, next, e)) == -1)
		plan_unref(next);
	if (rc == -1)
		g->added.n = before;
	return rc;
}

int
gateway_add_rule(struct gateway *g, struct str line, struct err *e)
{
	struct buf text = { 0 };
	int rc = -1;

	line = str_trim(line);
	pthread_mutex_lock(&g->changing);
	rules_text(g->plan->settings->rules, GATEWAY_RULES_ALL, &text);
	if (g->stopped)
		err_set(e, "the gateway stops");
	else if (gateway_has_line(buf_str(&text), line))
		rc = 0;
	else if (gateway_take_rule(g, line, e) == 0)
		rc = 1;
	pthread_mutex_unlock(&g->changing);
	buf_free(&text);
	if (rc == 1)
		log_info(NULL, "rule added: %.*s",
		    (int)(line.n < 1000 ? line.n : 1000), line.p);
	return rc;
}
