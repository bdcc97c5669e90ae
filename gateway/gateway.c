#include "config.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/random.h"
#include "gateway/admin.h"
#include "gateway/channel.h"
#include "gateway/differences.h"
#include "gateway/explainer.h"
#include "gateway/fetcher.h"
#include "gateway/front.h"
#include "gateway/indexed.h"
#include "gateway/machine.h"
#include "gateway/mailbox.h"
#include "gateway/messenger.h"
#include "gateway/meter.h"
#include "gateway/mocking.h"
#include "gateway/named.h"
#include "gateway/origin.h"
#include "gateway/outfit.h"
#include "gateway/plan.h"
#include "gateway/privileges.h"
#include "gateway/retention.h"
#include "gateway/round.h"
#include "gateway/sandbox.h"
#include "gateway/sessions.h"
#include "gateway/tally.h"
#include "gateway/tls.h"
#include "gateway/traffic_sink.h"
#include "gateway/transaction.h"
#include "gateway/violations.h"
#include "gateway/watch.h"
#include "gateway/worker.h"
#include "har/json_write.h"
#include "mock/mocks.h"
#include "recorder/backlog.h"
#include "recorder/id_ranges.h"
#include "recorder/recorder.h"
#include "recorder/shipper.h"
#include "recorder/store.h"
#include "recorder/used.h"
#include "replay/library.h"

#include "gateway/gateway_priv.h"

/* ---- what the recorder and the workers tell -------------------------- */

static void
gateway_on_room(void *arg)
{
	struct gateway *g = arg;
	size_t i;

	for (i = 0; i < g->shared.nworkers; i++)
		if (g->workers[i] != NULL)
			mailbox_post(
			    g->workers[i]->mailbox, forward_feed_starved, NULL);
}

static void
gateway_on_trouble(void *arg, const char *text)
{
	struct gateway *g = arg;

	pthread_mutex_lock(&g->lock);
	free(g->trouble);
	g->trouble = text != NULL ? xstrdup(text) : NULL;
	pthread_mutex_unlock(&g->lock);
	if (text != NULL)
		log_error(g->shared.settings->store,
		    "exchanges are not stored: %s", text);
	else
		log_info(g->shared.settings->store, "storing again");
}

/* What is recorded waits for its store. */
static void
gateway_on_away(void *arg, const char *text)
{
	struct gateway *g = arg;

	if (text != NULL)
		log_warn(g->shared.settings->store,
		    "what is recorded waits in its buffer: %s", text);
	else
		log_info(g->shared.settings->store,
		    "what is recorded comes to the store again");
}

/* It stays in the buffer, and others go on. */
static void
gateway_on_refused(void *arg, const char *text)
{
	struct gateway *g = arg;

	log_error(g->shared.settings->store, "%s", text);
}

/* On any thread. */
static int
gateway_prepare(void *arg, struct store *s, struct err *e)
{
	struct plan *p = gateway_plan(arg);
	int r = indexed_for_recording(p->settings, s, e);

	plan_unref(p);
	return r;
}

/* ---- life ------------------------------------------------------------ */

static void
gateway_raise_limits(void)
{
	struct rlimit l;

	if (getrlimit(RLIMIT_NOFILE, &l) == 0 && l.rlim_cur < l.rlim_max) {
		l.rlim_cur = l.rlim_max;
		setrlimit(RLIMIT_NOFILE, &l);
	}
}

/* Bodies are held in buffers that grow by doubling, and may be copied once: a
 * quarter of what there is can never be too much. */
static uint64_t
gateway_body_room(const struct settings *s)
{
	struct rlimit l;
	uint64_t room = UINT64_MAX;

	if (getrlimit(RLIMIT_AS, &l) == 0 && l.rlim_cur != RLIM_INFINITY)
		room = l.rlim_cur / 4;
	if (room < s->request_body_budget)
		log_warn(NULL,
		    "the limit of the address space leaves %" PRIu64
		    " MiB for request bodies, less than "
		    "--request-body-budget",
		    room >> 20);
	return room;
}

static int
gateway_open_plan(struct gateway *g, struct err *e)
{
	const struct settings *s = g->shared.settings;

	g->known = known_origins_new();
	g->plan = plan_new(s, false, g->known, e);
	if (g->plan == NULL)
		return -1;
	if (settings_relays(s))
		g->shared.named = g->named = named_new(g->known);
	if (s->diff)
		g->shared.differences = differences_new();
	/* With client certificates' keys, which are often root's. */
	if (!g->plan->offline)
		g->shared.tls = tls_new(s, s->nupstreams, e);
	return g->plan->offline || g->shared.tls != NULL ? 0 : -1;
}

static int
gateway_open_outfit(struct gateway *g, struct err *e)
{
	struct reader **readers;

	/* The workers to come open readers themselves. */
	return outfit_open(&g->outfit, g->plan, 0, &readers, e);
}

/* Who may not read a file any more is told so now, not by a failed reload. */
static void
gateway_warn_of_unreadable(const struct settings *s)
{
	const char *const paths[] = { s->tls_cert, s->tls_key, s->tls_client_ca,
		s->nconfigs > 0 ? s->configs[0] : NULL };
	size_t i;

	for (i = 0; i < sizeof(paths) / sizeof(*paths); i++)
		if (paths[i] != NULL && access(paths[i], R_OK) == -1)
			log_warn(paths[i],
			    "user %s cannot read this: what changes there is "
			    "taken at the next start",
			    s->user);
}

/* What root alone can open is open now; all that follows is done, and made, by
 * whom the process becomes. */
static int
gateway_confine(const struct gateway *g, struct err *e)
{
	const struct settings *s = g->shared.settings;

	if (g->front.authority != NULL || s->tls_cert != NULL ||
	    s->upstream_cert != NULL || s->ncerts > 0)
		privileges_hide_memory();
	if (s->user != NULL) {
		if (privileges_drop(s->user, e) == -1)
			return -1;
		gateway_warn_of_unreadable(s);
	} else if (privileges_are_all() && settings_is_remote(s)) {
		log_warn(NULL, "other machines are served as root: --user "
			       "NAME gives that up when ports and keys are "
			       "open");
	}
	return sandbox_begin(s, e);
}

static int
gateway_open_front(struct gateway *g, struct err *e)
{
	if (front_open(&g->front, g->shared.settings, e) == -1)
		return -1;
	g->shared.front = g->front.tls;
	g->shared.intercept = g->front.intercept;
	g->shared.minted = g->front.minted;
	return 0;
}

static void
gateway_warn_of_callbacks(const struct gateway *g)
{
	const struct mocks *mocks = mocking_mocks(g->mocking);

	if (mocks != NULL && !g->plan->calls_back &&
	    g->plan->settings->callbacks == CALLBACKS_AUTO &&
	    mocks_have_callbacks(mocks))
		log_warn(NULL,
		    "callbacks of mocks are not sent: mode %s opens no "
		    "connection (--callbacks on sends them)",
		    g->plan->sum.name);
}

static int
gateway_open_sockets(struct gateway *g, struct err *e)
{
	const struct settings *s = g->shared.settings;
	size_t i;

	if (listeners_open(&g->listeners, s, g->shared.nworkers, e) == -1)
		return -1;
	g->ports = xcalloc(g->listeners.n + 1, sizeof(*g->ports));
	for (i = 0; i < g->listeners.n; i++)
		g->ports[i] = listeners_port(&g->listeners, i);
	g->shared.ports = g->ports;
	g->shared.nports = g->listeners.n;
	return 0;
}

static int
gateway_open_workers(struct gateway *g, struct err *e)
{
	size_t i, n = g->listeners.n;
	int *fds = xcalloc(n, sizeof(*fds));

	g->mocks = mocking_mocks(g->mocking) != NULL;
	gateway_warn_of_callbacks(g);
	for (i = 0; i < g->shared.nworkers; i++) {
		listeners_give(&g->listeners, i, fds);
		g->workers[i] = worker_new(&g->shared, i, fds, n, e);
		if (g->workers[i] == NULL)
			break;
		worker_set_plan(g->workers[i], g->plan);
		worker_set_mocks(g->workers[i], mocking_mocks(g->mocking));
	}
	free(fds);
	return i == g->shared.nworkers ? 0 : -1;
}

/* Before the workers run, which must not ask it. */
static int
gateway_open_admin(struct gateway *g, struct err *e)
{
	struct admin_of of = { .settings = g->shared.settings,
		.gateway = g,
		.shared = &g->shared,
		.mocking = g->mocking,
		.listening = g->shared.settings->activated.admin };
	bool free_port = false;
	size_t i;

	if (!settings_has_admin(of.settings))
		return 0;
	for (i = 0; i < of.settings->listen.n; i++)
		free_port = free_port ||
			    str_ends(str_of(of.settings->listen.v[i]), ":0");
	g->shared.admin = admin_open(&of, free_port, e);
	if (g->shared.admin == NULL)
		return -1;
	if (admin_port(g->shared.admin) != 0)
		g->ports[g->shared.nports++] = admin_port(g->shared.admin);
	return 0;
}

/* For the one thread that is no worker of the gateway but uses a leg. */
static struct meter *
gateway_meter(const struct gateway *g)
{
	return g->shared.meters != NULL
		   ? meters_get(g->shared.meters, g->shared.nworkers)
		   : NULL;
}

int
gateway_open_messenger(struct gateway *g, const struct plan *p, struct err *e)
{
	struct messenger_of of = { .settings = g->shared.settings,
		.tls = g->shared.tls,
		.redactor = &g->shared.redactor,
		.scheme = gateway_scheme(g),
		.own = gateway_address(g, 0),
		.meter = gateway_meter(g) };

	if (!g->mocks || !p->calls_back || g->shared.messenger != NULL)
		return 0;
	g->shared.messenger = messenger_open(&of, e);
	return g->shared.messenger != NULL ? 0 : -1;
}

static int
gateway_start_workers(struct gateway *g, struct err *e)
{
	size_t i;

	for (i = 0; i < g->shared.nworkers; i++)
		if (worker_start(g->workers[i], e) == -1)
			return -1;
	return 0;
}

struct gateway *
gateway_start(const struct settings *s, struct mocks *mocks, struct err *e)
{
	struct gateway *g = xcalloc(1, sizeof(*g));
	long cpus = sysconf(_SC_NPROCESSORS_ONLN);

	gateway_raise_limits();
	pthread_mutex_init(&g->lock, NULL);
	g->shared.settings = s;
	g->shared.body_room = gateway_body_room(s);
	g->shared.cache_room = machine_cache(machine_memory(""));
	pthread_mutex_init(&g->changing, NULL);
	g->outfit = (struct outfit){ .shared = &g->shared,
		.on_room = gateway_on_room,
		.on_trouble = gateway_on_trouble,
		.on_away = gateway_on_away,
		.on_refused = gateway_on_refused,
		.prepare = gateway_prepare,
		.arg = g };
	g->shared.nworkers = s->workers != 0 ? s->workers
			     : cpus > 0      ? (size_t)cpus
					     : 1;
	g->shared.counts =
	    xcalloc(g->shared.nworkers, sizeof(*g->shared.counts));
	if (settings_has_admin(s))
		g->shared.meters = meters_new(g->shared.nworkers + 1);
	g->shared.sessions = sessions_new(s->max_sessions, s->session_timeout);
	g->shared.channels = channels_new();
	g->shared.began_us = clock_wall_us();
	g->shared.began_mono_us = clock_mono_us();
	if (s->traceparent)
		g->shared.traces = random_new(false, 0);
	if (s->tally)
		g->shared.tally = tally_new();
	g->shared.traffic = &g->traffic;
	if (s->nopenapi > 0)
		g->shared.violations = violations_new();
	g->workers = xcalloc(g->shared.nworkers, sizeof(struct worker *));
	if (gateway_open_front(g, e) == -1 || gateway_open_plan(g, e) == -1 ||
	    gateway_open_sockets(g, e) == -1 || gateway_confine(g, e) == -1 ||
	    traffic_sink_open(&g->traffic, s, e) == -1 ||
	    (g->mocking = mocking_open(s, mocks, e)) == NULL ||
	    gateway_open_outfit(g, e) == -1 ||
	    gateway_open_workers(g, e) == -1 ||
	    gateway_open_messenger(g, g->plan, e) == -1 ||
	    gateway_open_admin(g, e) == -1 ||
	    gateway_start_workers(g, e) == -1 ||
	    mocking_start(g->mocking, g->workers, g->shared.nworkers, e) ==
		-1 ||
	    gateway_watch(g, e) == -1 ||
	    (g->shared.admin != NULL &&
		admin_start(g->shared.admin, e) == -1) ||
	    sandbox_finish(s, e) == -1) {
		gateway_stop(g);
		gateway_free(g);
		return NULL;
	}
	return g;
}

void
gateway_ready(const struct gateway *g, struct buf *json)
{
	struct json_write w;
	size_t i;

	buf_add_text(json, "{\"listen\":[");
	for (i = 0; i < g->listeners.n; i++)
		buf_addf(json, "%s\"%s\"", i > 0 ? "," : "",
		    g->listeners.addresses[i]);
	buf_add_text(json, "]");
	if (g->shared.admin != NULL) {
		buf_add_text(json, ",\"admin\":");
		json_write_init(&w, false, NULL, NULL);
		json_write_str(&w, str_of(admin_address(g->shared.admin)));
		buf_add_str(json, buf_str(&w.out));
		json_write_fini(&w);
	}
	buf_add_text(json, "}");
}

const char *
gateway_address(const struct gateway *g, size_t i)
{
	return i < g->listeners.n ? g->listeners.addresses[i] : NULL;
}

/* For hark prune --unused.  Where nothing can be written, as beside fixtures
 * on read-only media, nobody prunes either. */
static void
gateway_note_used(struct gateway *g)
{
	const struct settings *s = g->shared.settings;
	const struct store_extent *x = library_extent(g->shared.library);
	struct used_run run = { .tape = x->tape,
		.created_us = x->created_us,
		.last = x->last,
		.served = g->served };
	struct err e;
	int rc;

	if (!s->note_used || x->tape == 0 || g->served.n == 0)
		return;
	rc = used_note(s->store, &run, &e);
	if (rc == 1)
		log_debug(s->store, "what was served is not noted: %s", e.text);
	else if (rc == -1)
		log_warn(s->store, "what was served is not noted: %s", e.text);
}

/* What the store has not got. */
static void
gateway_note_waiting(struct gateway *g)
{
	struct shipper_figures f;

	if (!recorder_shipping(g->shared.recorder, &f) || f.entries == 0)
		return;
	log_warn(g->shared.settings->store,
	    "%llu entries wait in %s for the store, which the next start with "
	    "it in this folder ships: %s",
	    (unsigned long long)f.entries,
	    backlog_path(recorder_backlog(g->shared.recorder)), f.error);
}

void
gateway_stop(struct gateway *g)
{
	size_t i;

	if (g->stopped)
		return;
	pthread_mutex_lock(&g->changing);
	g->stopped = true;
	pthread_mutex_unlock(&g->changing);
	atomic_store(&g->stopping, true);
	mocking_stop(g->mocking);
	watch_free(g->watch);
	g->watch = NULL;
	for (i = 0; i < g->shared.nworkers; i++)
		if (g->workers[i] != NULL)
			worker_drain(
			    g->workers[i], g->shared.settings->drain_timeout);
	for (i = 0; i < g->shared.nworkers; i++)
		if (g->workers[i] != NULL)
			worker_join(g->workers[i]);
	admin_close(g->shared.admin);
	g->shared.admin = NULL;
	traffic_sink_flush(&g->traffic);
	mocking_finish(g->mocking);
	messenger_close(g->shared.messenger, g->shared.settings->callback_drain,
	    &g->called);
	g->shared.messenger = NULL;
	explainer_close(g->shared.explainer);
	g->shared.explainer = NULL;
	fetcher_close(g->shared.fetcher);
	g->shared.fetcher = NULL;
	if (g->shared.library != NULL) {
		library_used(g->shared.library, &g->served);
		gateway_note_used(g);
	}
	sessions_free(g->shared.sessions);
	g->shared.sessions = NULL;
	retention_close(g->shared.retention);
	g->shared.retention = NULL;
	if (g->shared.recorder == NULL)
		return;
	recorder_finish(g->shared.recorder);
	recorder_figures(g->shared.recorder, &g->recorded);
	gateway_note_waiting(g);
	recorder_close(g->shared.recorder);
	g->shared.recorder = NULL;
}

void
gateway_free(struct gateway *g)
{
	size_t i;

	if (g == NULL)
		return;
	for (i = 0; i < g->shared.nworkers; i++)
		worker_free(g->workers[i]);
	channels_free(g->shared.channels);
	mocking_free(g->mocking);
	differences_free(g->shared.differences);
	violations_free(g->shared.violations);
	outfit_close(&g->outfit);
	front_close(&g->front);
	named_free(g->named);
	plan_unref(g->plan);
	known_origins_free(g->known);
	pthread_mutex_destroy(&g->changing);
	listeners_close(&g->listeners);
	pthread_mutex_destroy(&g->lock);
	free(g->trouble);
	traffic_sink_close(&g->traffic);
	tally_free(g->shared.tally);
	random_free(g->shared.traces);
	meters_free(g->shared.meters);
	free(g->shared.counts);
	id_ranges_fini(&g->served);
	buf_free(&g->added);
	free(g->watched);
	free(g->ports);
	free(g->workers);
	free(g);
}

bool
gateway_stopping(const struct gateway *g)
{
	return atomic_load(&g->stopping);
}

char *
gateway_trouble(struct gateway *g)
{
	char *text;

	pthread_mutex_lock(&g->lock);
	text = g->trouble != NULL ? xstrdup(g->trouble) : NULL;
	pthread_mutex_unlock(&g->lock);
	return text;
}

bool
gateway_answers(const struct gateway *g, int64_t us)
{
	return round_answers(g->workers, g->shared.nworkers, us);
}

struct traffic *
gateway_traffic(const struct gateway *g)
{
	return g->traffic.log;
}

const char *
gateway_scheme(const struct gateway *g)
{
	return g->front.tls != NULL ? "https" : "http";
}

const struct authority *
gateway_authority(const struct gateway *g)
{
	return g->front.authority;
}

void
gateway_figures(const struct gateway *g, struct gateway_figures *f)
{
	const struct shared *s = &g->shared;
	struct recorder_figures r = g->recorded;
	struct worker_counts c;

	workers_sum(s, &c);
	if (s->recorder != NULL)
		recorder_figures(s->recorder, &r);
	*f = (struct gateway_figures){
		.requests = c.requests,
		.mocked = c.mocked,
		.replayed = c.replayed,
		.forwarded = c.forwarded,
		.missed = c.missed,
		.refused = c.refused,
		.failed = c.failed,
		.sockets = c.sockets,
		.messages = c.messages,
		.recorded = r.entries,
		.lost = r.lost,
		.delivered = g->called.delivered,
		.undelivered = g->called.failed,
		.dropped = g->called.dropped,
	};
}

struct differences *
gateway_differences(const struct gateway *g)
{
	return g->shared.differences;
}

const struct violations *
gateway_violations(const struct gateway *g)
{
	return g->shared.violations;
}

const struct tally *
gateway_tally(const struct gateway *g)
{
	return g->shared.tally;
}

const struct id_ranges *
gateway_served(const struct gateway *g)
{
	return &g->served;
}

const struct store_extent *
gateway_extent(const struct gateway *g)
{
	return g->shared.library != NULL ? library_extent(g->shared.library)
					 : NULL;
}
