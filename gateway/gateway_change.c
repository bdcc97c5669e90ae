#include "config.h"

#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/log.h"
#include "base/mem.h"
#include "gateway/command_line.h"
#include "gateway/messenger.h"
#include "gateway/meter.h"
#include "gateway/mocking.h"
#include "gateway/plan.h"
#include "gateway/round.h"
#include "gateway/watch.h"
#include "recorder/recorder.h"
#include "recorder/rules.h"
#include "recorder/store.h"
#include "replay/library.h"

#include "gateway/gateway_priv.h"

#define GATEWAY_SETTLE 100000 /* µs that a file has to be left alone */
#define GATEWAY_LOOK 5000000  /* µs between looks that nothing calls for */

/* ---- another plan ---------------------------------------------------- */

struct plan *
gateway_plan(struct gateway *g)
{
	struct plan *p;

	pthread_mutex_lock(&g->lock);
	p = plan_ref(g->plan);
	pthread_mutex_unlock(&g->lock);
	return p;
}

static void
gateway_on_equip(struct worker *w, void *arg)
{
	struct reader **readers = arg;

	worker_equip(w, readers != NULL ? readers[w->index] : NULL);
}

static void
gateway_on_plan(struct worker *w, void *arg)
{
	worker_set_plan(w, arg);
}

static void
gateway_give_plan(struct gateway *g, struct plan *p)
{
	struct shared *s = &g->shared;
	const struct plan *old = g->plan;

	if (s->library != NULL)
		library_watch(s->library,
		    !p->sum.records || store_is_shared(s->settings->store));
	if (s->messenger != NULL)
		messenger_mute(s->messenger, !p->calls_back);
	pthread_mutex_lock(&g->lock);
	g->plan = p;
	pthread_mutex_unlock(&g->lock);
	round_all(g->workers, s->nworkers, gateway_on_plan, p);
	/* What was given meanwhile gets its keys by the old one's keyer. */
	if (s->recorder != NULL && old->keyer != p->keyer)
		recorder_flush(s->recorder);
}

/* Since what was recorded was not made findable by it. */
static void
gateway_take_back(struct gateway *g, struct plan *old, struct rekeying *k)
{
	struct err e;

	gateway_give_plan(g, old);
	if (outfit_redact(&g->outfit, old, &e) == -1)
		log_error(
		    NULL, "%s; secrets are kept out by the new rules", e.text);
	if (rekeying_run(k, old, &e) == -1)
		log_error(NULL, "%s; the next start does it", e.text);
}

int
gateway_take_plan(struct gateway *g, struct plan *next, struct err *e)
{
	struct shared *s = &g->shared;
	struct plan *old = g->plan;
	struct rekeying k;
	struct reader **readers;
	bool recorded = s->recorder != NULL;
	int rc;

	if (outfit_open(&g->outfit, next, s->nworkers, &readers, e) == -1)
		return -1;
	rc = gateway_open_messenger(g, next, e);
	round_all(g->workers, s->nworkers, gateway_on_equip, readers);
	/* From here on what is recorded goes to the library, too. */
	if (readers != NULL && recorded)
		recorder_flush(s->recorder);
	free(readers);
	if (rc == -1 || rekeying_open(&k, g, next, e) == -1)
		return -1;
	if (outfit_redact(&g->outfit, next, e) == -1) {
		rekeying_close(&k);
		return -1;
	}
	gateway_give_plan(g, next);
	if ((rc = rekeying_run(&k, next, e)) == -1)
		gateway_take_back(g, old, &k);
	else
		plan_unref(old);
	rekeying_close(&k);
	if (rc == 0 && s->recorder != NULL)
		recorder_retry(s->recorder);
	return rc;
}

static void
gateway_log_modes(const struct mode_set *m)
{
	struct buf text = { 0 };
	const struct mode_row *r;

	for (r = m->upstreams.v; r < m->upstreams.v + m->upstreams.n; r++)
		buf_addf(&text, ", upstream %.100s %s",
		    r->prefix[0] != '\0' ? r->prefix : "(default)",
		    modes[r->mode].name);
	for (r = m->routes.v; r < m->routes.v + m->routes.n; r++)
		buf_addf(&text, ", %.50s %.50s%.200s %s", r->methods, r->scope,
		    r->path, modes[r->mode].name);
	log_info(NULL, "mode %s%.1500s", modes[m->mode].name, buf_text(&text));
	buf_free(&text);
}

int
gateway_set_modes(struct gateway *g, const struct mode_set *set, struct err *e)
{
	struct plan *next = NULL;
	int rc = -1;

	pthread_mutex_lock(&g->changing);
	if (g->stopped)
		err_set(e, "the gateway stops");
	else
		next = plan_with_modes(g->plan, set, e);
	if (next != NULL && gateway_take_plan(g, next, e) == -1)
		plan_unref(next);
	else if (next != NULL)
		rc = 0;
	pthread_mutex_unlock(&g->changing);
	if (rc == 0)
		gateway_log_modes(set);
	return rc;
}

/* ---- files read again ------------------------------------------------ */

/* The modes that were asked for while it ran stay, unless the settings say
 * something else now or do not allow them any more. */
static struct plan *
gateway_keep_modes(struct gateway *g, struct plan *next)
{
	struct mode_set before;
	struct plan *kept = NULL;
	struct err e;

	settings_modes(g->plan->settings, &before);
	if (mode_set_equal(&before, &next->modes) &&
	    !mode_set_equal(&g->plan->modes, &next->modes))
		kept = plan_with_modes(next, &g->plan->modes, &e);
	mode_set_fini(&before);
	if (kept == NULL)
		return next;
	plan_unref(next);
	return kept;
}

/* Settings and descriptions as they are now. */
static struct plan *
gateway_read_plan(struct gateway *g, struct gateway_reload *r, struct err *e)
{
	const struct settings *was = g->shared.settings;
	struct settings *s;
	struct plan *next;

	err_set(e, "%s", "");
	s = command_line_again(was->line, was, &r->changed, &r->stays, e);
	if (s == NULL && e->text[0] != '\0')
		return NULL;
	next = plan_new(s != NULL ? s : was, s != NULL, g->known, e);
	if (next == NULL || (next = gateway_keep_rules(g, next, e)) == NULL)
		return NULL;
	if (!rules_same(
		next->settings->rules, g->plan->settings->rules, ~UINT64_C(0)))
		buf_addf(&r->changed, "%srules", r->changed.n > 0 ? ", " : "");
	return gateway_keep_modes(g, next);
}

/* All is read before anything is taken. */
static int
gateway_read(struct gateway *g, struct plan **next, struct gateway_reload *r,
    struct err *e)
{
	if (front_read(&g->front, e) == -1)
		return err_wrap(e, "certificates");
	if (mocking_read(g->mocking, e) == -1) {
		front_drop(&g->front);
		return -1;
	}
	*next = gateway_read_plan(g, r, e);
	if (*next != NULL)
		return 0;
	front_drop(&g->front);
	mocking_drop(g->mocking);
	return -1;
}

static void
gateway_set_log(const struct settings *was, const struct settings *now)
{
	if (was->verbose != now->verbose || was->log_json != now->log_json)
		log_setup(now->verbose ? LOG_DEBUG : LOG_INFO, now->log_json);
}

static int
gateway_take(struct gateway *g, struct plan *next, struct err *e)
{
	struct plan *old = plan_ref(g->plan);
	int rc = gateway_take_plan(g, next, e);

	if (rc == 0) {
		command_line_accept(g->shared.settings->line);
		gateway_set_log(old->settings, next->settings);
		front_take(&g->front);
		mocking_take(g->mocking);
	} else {
		plan_unref(next);
		front_drop(&g->front);
		mocking_drop(g->mocking);
	}
	plan_unref(old);
	return rc;
}

static void
gateway_tell(const struct gateway *g, struct gateway_reload *r)
{
	if (g->front.tls != NULL)
		log_info(NULL, "certificates are read anew");
	log_info(NULL, "files are read anew; %s%s",
	    r->changed.n > 0 ? "changed: " : "no option changed",
	    buf_text(&r->changed));
	if (r->stays.n > 0)
		log_warn(NULL, "as it was until the next start: %s",
		    buf_text(&r->stays));
}

int
gateway_reload(struct gateway *g, struct gateway_reload *r, struct err *e)
{
	struct plan *next = NULL;
	int rc = -1;

	*r = (struct gateway_reload){ .changed = { 0 } };
	traffic_sink_reopen(&g->traffic);
	pthread_mutex_lock(&g->changing);
	if (g->stopped)
		err_set(e, "the gateway stops");
	else if (gateway_read(g, &next, r, e) == 0)
		rc = gateway_take(g, next, e);
	pthread_mutex_unlock(&g->changing);
	meters_reloaded(g->shared.meters, rc == 0, clock_wall_us());
	if (rc == 0)
		gateway_tell(g, r);
	else
		log_error(NULL, "%s; all stays as it was", e->text);
	return rc;
}

void
gateway_reload_fini(struct gateway_reload *r)
{
	buf_free(&r->changed);
	buf_free(&r->stays);
}

bool
gateway_drain(struct gateway *g)
{
	if (!g->shared.settings->drains)
		return false;
	/* A second signal would not wait for anybody. */
	if (!atomic_exchange(&g->stopping, true))
		(void)kill(getpid(), SIGTERM); /* it is oneself */
	return true;
}

/* On the watch's thread. */
static void
gateway_on_change(void *arg, size_t i)
{
	struct gateway_reload r;
	struct err e;

	(void)i; /* what one says may hang on another */
	(void)gateway_reload(arg, &r, &e);
	gateway_reload_fini(&r);
}

int
gateway_watch(struct gateway *g, struct err *e)
{
	const struct settings *s = g->shared.settings;
	const char *const more[] = { s->tls_cert, s->tls_key,
		s->tls_client_ca };
	struct watch_options o = { .settle_us = GATEWAY_SETTLE,
		.look_us = GATEWAY_LOOK,
		.on_change = gateway_on_change,
		.arg = g };
	size_t i;

	if (!s->watch)
		return 0;
	g->watched = xcalloc(s->nconfigs + s->nopenapi + 3, sizeof(char *));
	for (i = 0; i < s->nconfigs; i++)
		g->watched[o.n++] = s->configs[i];
	for (i = 0; i < s->nopenapi; i++)
		g->watched[o.n++] = s->openapi[i].file;
	for (i = 0; i < 3; i++)
		if (more[i] != NULL)
			g->watched[o.n++] = more[i];
	o.paths = g->watched;
	if (o.n == 0)
		return 0;
	g->watch = watch_new(&o);
	return watch_start(g->watch, e);
}
