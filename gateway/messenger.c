#include "config.h"

#include <inttypes.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include <event2/event.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/log.h"
#include "base/mem.h"
#include "gateway/mailbox.h"
#include "gateway/origin.h"
#include "gateway/session.h"
#include "gateway/tls.h"
#include "gateway/upstream.h"
#include "gateway/worker.h"
#include "har/url.h"
#include "mock/callback.h"
#include "recorder/redact.h"
#include "recorder/rules.h"

#include "gateway/messenger.h"

#define MESSENGER_TOLD 10 /* callbacks without room, of a second */

enum errand_state {
	ERRAND_DUE_LATER, /* waits for its time */
	ERRAND_READY,     /* waits for its turn */
	ERRAND_OUT,       /* has a call */
};

/* One callback on its way; all but its making on the messenger's thread. */
struct errand {
	TAILQ_ENTRY(errand) link;  /* of all */
	TAILQ_ENTRY(errand) ready; /* of those whose time has come */
	struct messenger *messenger;
	struct callback *callback;
	enum errand_state state;
	struct buf subject; /* for the log, without secrets */
	struct buf url;     /* url views it */
	struct origin *origin;
	struct session_naming naming; /* if it is for the gateway itself */
	struct buf head;
	struct call *call;
	struct event *timer; /* until it is due; of an attempt's end */
	uint64_t attempts;   /* begun */
	int64_t due;         /* monotonic */
	int64_t began;       /* of the attempt */
	uint64_t got;        /* bytes of the answer's body */
	int status;          /* of the answer; 0: none yet */
};

TAILQ_HEAD(errands, errand);

struct messenger {
	struct messenger_of of;
	char *own; /* "http://127.0.0.1:8080" */
	struct shared shared;
	struct upstream_tls *tls; /* its own; NULL: that of the gateway */
	struct worker *w;
	struct errands all, ready;
	size_t out; /* of them have a call */
	atomic_bool muted;
	bool closing;
	int64_t close_at;          /* monotonic */
	struct event *deadline;    /* of closing */
	atomic_size_t held, bytes; /* errands and their bodies, also on their
				      way to the thread */
	atomic_uint_least64_t delivered, failed, dropped;
	atomic_int_least64_t second; /* in which lack of room was told last */
	atomic_size_t told;          /* times in it */
};

static void messenger_next(struct messenger *m);

/* ---- errands ------------------------------------------------------------ */

static void
errand_free(struct errand *x)
{
	struct messenger *m = x->messenger;

	atomic_fetch_sub(&m->held, 1);
	atomic_fetch_sub(&m->bytes, x->callback->body.n);
	if (x->timer != NULL)
		event_free(x->timer);
	origin_alone_free(x->origin);
	callback_free(x->callback);
	buf_free(&x->subject);
	buf_free(&x->url);
	session_naming_fini(&x->naming);
	buf_free(&x->head);
	free(x);
}

/* "callback NAME POST URL" without secrets. */
static void
errand_name(struct errand *x)
{
	const struct redactor *by = *x->messenger->of.redactor;
	const struct rules_request q = { x->callback->method, STR(""),
		buf_str(&x->url) };
	struct buf told = { 0 };
	struct redaction d;
	bool changed = false;

	if (by != NULL) {
		redaction_begin(&d, by, &q);
		changed = redact_url(&d, buf_str(&x->url), &told);
		redaction_end(&d);
	}
	buf_addf(&x->subject, "callback %.*s %.*s %.300s",
	    STR_ARGS(x->callback->name), STR_ARGS(x->callback->method),
	    changed ? buf_text(&told) : buf_text(&x->url));
	(void)buf_text(&x->subject);
	buf_free(&told);
}

static void
errand_end(struct errand *x)
{
	struct messenger *m = x->messenger;

	if (x->state == ERRAND_READY)
		TAILQ_REMOVE(&m->ready, x, ready);
	if (x->state == ERRAND_OUT)
		m->out--;
	TAILQ_REMOVE(&m->all, x, link);
	errand_free(x);
	if (m->closing && TAILQ_EMPTY(&m->all))
		worker_idle(m->w);
}

static void
errand_drop(struct errand *x, const char *why)
{
	log_warn(x->subject.p, "not sent: %s", why);
	atomic_fetch_add(&x->messenger->dropped, 1);
	errand_end(x);
}

static void
errand_arm(struct errand *x, int64_t at)
{
	int64_t us = at - clock_mono_us();
	struct timeval tv = { 0, 1000 };

	if (us > 1000)
		tv = (struct timeval){ us / 1000000, us % 1000000 };
	event_add(x->timer, &tv);
}

/* Waits until it is due, if there is the time. */
static void
errand_wait(struct errand *x, int64_t due)
{
	x->state = ERRAND_DUE_LATER;
	x->due = due;
	if (x->messenger->closing && due > x->messenger->close_at)
		errand_drop(x, "the gateway stops before");
	else
		errand_arm(x, due);
}

/* ---- attempts ----------------------------------------------------------- */

/* Whether another attempt may help: the receiver was not there, was not well,
 * or said that it is a matter of time. */
static bool
errand_may_retry(const struct errand *x)
{
	return x->attempts <= x->callback->retry.times &&
	       (x->status == 0 || x->status >= 500 || x->status == 408 ||
		   x->status == 425 || x->status == 429);
}

/* In front of the next attempt, doubled for each one after the first. */
static uint64_t
errand_pause_ms(const struct errand *x)
{
	const struct mock_retry *r = &x->callback->retry;
	uint64_t ms = r->wait_ms, i;

	for (i = 1; i < x->attempts && ms < r->most_ms; i++)
		ms *= 2;
	return ms < r->most_ms ? ms : r->most_ms;
}

/* What became of the attempt: why says it where there was no answer. */
static void
errand_judge(struct errand *x, const char *why)
{
	struct messenger *m = x->messenger;
	int64_t now = clock_mono_us(), ms = (now - x->began) / 1000;
	bool good = x->status != 0 && x->status < 400;
	bool again = !good && errand_may_retry(x);
	char what[320], next[64] = "";
	uint64_t pause = errand_pause_ms(x);

	if (x->status != 0)
		snprintf(what, sizeof(what), "%d", x->status);
	else
		snprintf(what, sizeof(what), "%s", why);
	if (again)
		snprintf(
		    next, sizeof(next), ", again in %" PRIu64 " ms", pause);
	(good ? log_info : log_warn)(x->subject.p,
	    "%s in %" PRId64 " ms, attempt %" PRIu64 " of %" PRIu64 "%s", what,
	    ms, x->attempts, x->callback->retry.times + 1, next);
	m->out--;
	if (again) {
		errand_wait(x, now + (int64_t)pause * 1000);
	} else {
		atomic_fetch_add(good ? &m->delivered : &m->failed, 1);
		x->state = ERRAND_DUE_LATER;
		errand_end(x);
	}
	messenger_next(m);
}

static void
errand_on_interim(void *arg, const struct http1_head *h)
{
	(void)arg;
	(void)h;
}

static void
errand_on_head(void *arg, const struct http1_head *h)
{
	struct errand *x = arg;

	x->status = h->status;
}

static void
errand_on_body(void *arg, struct str bytes)
{
	struct errand *x = arg;

	x->got += bytes.n;
}

/* The rest of a long answer is of no interest: the attempt's end is now. */
static void
errand_on_flush(void *arg)
{
	struct errand *x = arg;

	if (x->got <= MESSENGER_ANSWER)
		return;
	call_pause(x->call);
	event_active(x->timer, EV_TIMEOUT, 0);
}

static void
errand_on_answer(void *arg, const struct headers *trailers)
{
	struct errand *x = arg;

	(void)trailers;
	x->call = NULL;
	errand_judge(x, NULL);
}

static void
errand_on_failure(void *arg, const struct call_failure *f)
{
	struct errand *x = arg;
	char why[320];

	snprintf(why, sizeof(why), "%s failed: %s", call_phase_text(f->phase),
	    f->text);
	x->call = NULL;
	errand_judge(x, why);
}

static const struct call_handler errand_handler = {
	.on_interim = errand_on_interim,
	.on_head = errand_on_head,
	.on_body = errand_on_body,
	.on_flush = errand_on_flush,
	.on_end = errand_on_answer,
	.on_failure = errand_on_failure,
};

static void
errand_render(struct errand *x, const struct url *u)
{
	const struct callback *c = x->callback;
	struct buf *b = &x->head;

	b->n = 0;
	buf_addf(b, "%.*s %s%.*s HTTP/1.1\r\n", STR_ARGS(c->method),
	    u->target.n > 0 && u->target.p[0] == '/' ? "" : "/",
	    STR_ARGS(u->target));
	if (!c->has_host && c->host.n > 0)
		buf_addf(b, "Host: %s%.*s\r\n", buf_text(&x->naming.host),
		    STR_ARGS(c->host));
	else if (!c->has_host)
		buf_addf(b, "Host: %s\r\n", x->origin->authority);
	buf_add_str(b, c->headers);
	buf_add_str(b, buf_str(&x->naming.field));
	callback_sign(c, clock_wall_us(), b);
	if (c->has_body)
		buf_addf(b, "Content-Length: %zu\r\n", c->body.n);
	buf_add_text(b, "Connection: close\r\n\r\n");
}

static void
errand_send(struct errand *x)
{
	struct messenger *m = x->messenger;
	struct call_request r = { .method = x->callback->method };
	struct url u;
	struct err e;

	/* messenger_take() has looked at it. */
	(void)url_parse(&u, buf_str(&x->url), &e);
	if (x->origin == NULL) {
		x->origin = origin_alone(&u);
		x->origin->oneself = str_starts(x->callback->url, "/");
	}
	errand_render(x, &u);
	r.origin = x->origin;
	r.head = buf_str(&x->head);
	r.body = buf_str(&x->callback->body);
	x->state = ERRAND_OUT;
	x->attempts++;
	x->status = 0;
	x->got = 0;
	m->out++;
	m->w->now = x->began = clock_mono_us();
	errand_arm(x, x->began + m->of.settings->callback_timeout);
	x->call = call_start(m->w, &r, &errand_handler, x);
}

static void
errand_on_timer(evutil_socket_t fd, short what, void *arg)
{
	struct errand *x = arg;
	struct messenger *m = x->messenger;

	(void)fd;
	(void)what;
	m->w->now = clock_mono_us();
	if (x->state == ERRAND_OUT) {
		call_cancel(x->call);
		x->call = NULL;
		errand_judge(x, "no answer in time");
	} else if (m->w->now < x->due) {
		errand_arm(x, x->due); /* the loop's clock is coarse */
	} else {
		x->state = ERRAND_READY;
		TAILQ_INSERT_TAIL(&m->ready, x, ready);
		messenger_next(m);
	}
}

/* ---- the thread --------------------------------------------------------- */

static void
messenger_next(struct messenger *m)
{
	struct errand *x;

	while (m->out < MESSENGER_AT_A_TIME &&
	       (x = TAILQ_FIRST(&m->ready)) != NULL) {
		if (atomic_load(&m->muted)) {
			errand_drop(x, "the mode opens no connection now");
			continue;
		}
		TAILQ_REMOVE(&m->ready, x, ready);
		errand_send(x);
	}
}

static void
messenger_on_errand(struct worker *w, void *arg)
{
	struct errand *x = arg;
	struct messenger *m = x->messenger;

	x->timer = event_new(w->base, -1, 0, errand_on_timer, x);
	if (x->timer == NULL)
		abort(); /* as for any small piece of memory */
	TAILQ_INSERT_TAIL(&m->all, x, link);
	errand_wait(x, x->due);
}

static void
messenger_on_deadline(evutil_socket_t fd, short what, void *arg)
{
	struct messenger *m = arg;
	struct errand *x;

	(void)fd;
	(void)what;
	while ((x = TAILQ_FIRST(&m->all)) != NULL) {
		if (x->call != NULL)
			call_cancel(x->call);
		errand_drop(x, x->state == ERRAND_OUT
				   ? "the gateway stops without its answer"
				   : "the gateway stops before");
	}
}

static void
messenger_on_close(struct worker *w, void *arg)
{
	struct messenger *m = arg;
	int64_t now = clock_mono_us(), us = m->close_at - now;
	struct timeval tv = { 0, 0 };
	struct errand *x, *next;

	m->closing = true;
	if (us > 0)
		tv = (struct timeval){ us / 1000000, us % 1000000 };
	event_add(m->deadline, &tv);
	for (x = TAILQ_FIRST(&m->all); x != NULL; x = next) {
		next = TAILQ_NEXT(x, link);
		if (x->state == ERRAND_DUE_LATER && x->due > m->close_at)
			errand_drop(x, "the gateway stops before");
	}
	if (TAILQ_EMPTY(&m->all))
		worker_idle(w);
}

/* ---- life --------------------------------------------------------------- */

/* Where a client on this machine reaches an address that is listened on. */
static char *
messenger_own(const char *scheme, const char *listens)
{
	if (strncmp(listens, "0.0.0.0:", 8) == 0)
		return xasprintf("%s://127.0.0.1:%s", scheme, listens + 8);
	if (strncmp(listens, "[::]:", 5) == 0)
		return xasprintf("%s://[::1]:%s", scheme, listens + 5);
	return xasprintf("%s://%s", scheme, listens);
}

static void
messenger_free(struct messenger *m)
{
	if (m->deadline != NULL)
		event_free(m->deadline);
	worker_free(m->w);
	tls_free(m->tls);
	free(m->own);
	free(m);
}

struct messenger *
messenger_open(const struct messenger_of *o, struct err *e)
{
	struct messenger *m = xcalloc(1, sizeof(*m));

	m->of = *o;
	atomic_init(&m->muted, false);
	m->own = messenger_own(o->scheme, o->own);
	TAILQ_INIT(&m->all);
	TAILQ_INIT(&m->ready);
	m->shared = (struct shared){
		.settings = o->settings, .nworkers = 1, .tls = o->tls
	};
	if (o->tls == NULL) {
		m->tls = tls_new(o->settings, 0, e);
		if (m->tls == NULL)
			goto fail;
		m->shared.tls = m->tls;
	}
	m->w = worker_new(&m->shared, 0, NULL, 0, e);
	if (m->w == NULL)
		goto fail;
	m->w->meter = o->meter;
	m->deadline = event_new(m->w->base, -1, 0, messenger_on_deadline, m);
	if (m->deadline == NULL) {
		err_set(e, "no memory for callbacks");
		goto fail;
	}
	if (worker_start(m->w, e) == -1)
		goto fail;
	return m;
fail:
	messenger_free(m);
	return NULL;
}

/* What hinders an errand that nobody has begun: it is told and freed. */
static void
messenger_refuse(struct errand *x, const char *why, atomic_uint_least64_t *in)
{
	log_warn(x->subject.p, "not sent: %s", why);
	atomic_fetch_add(in, 1);
	errand_free(x);
}

/* There is no room.  Of a flood the log has the first of each second. */
static void
messenger_overflow(struct errand *x, const char *why)
{
	struct messenger *m = x->messenger;
	int64_t second = clock_mono_us() / 1000000;
	size_t told;

	if (atomic_exchange(&m->second, second) != second)
		atomic_store(&m->told, 0);
	told = atomic_fetch_add(&m->told, 1);
	if (told < MESSENGER_TOLD) {
		messenger_refuse(x, why, &m->dropped);
		return;
	}
	if (told == MESSENGER_TOLD)
		log_warn(NULL, "more callbacks are not sent: %s", why);
	atomic_fetch_add(&m->dropped, 1);
	errand_free(x);
}

static void
messenger_locate(struct errand *x, struct str session)
{
	const struct settings *s = x->messenger->of.settings;
	struct str url = x->callback->url;

	if (str_starts(url, "/")) {
		session_name(s->sessions, s->nsessions, session, &x->naming);
		buf_add_text(&x->url, x->messenger->own);
		buf_add_str(&x->url, buf_str(&x->naming.path));
	}
	buf_add_str(&x->url, url);
}

static void
messenger_take_one(struct messenger *m, struct callback *c, struct str session)
{
	struct errand *x = xcalloc(1, sizeof(*x));
	size_t held, bytes;
	struct url u;
	struct err e;

	x->messenger = m;
	x->callback = c;
	c->next = NULL;
	held = atomic_fetch_add(&m->held, 1);
	bytes = atomic_fetch_add(&m->bytes, c->body.n);
	messenger_locate(x, session);
	errand_name(x);
	x->due = clock_mono_us() + (int64_t)c->latency_ms * 1000;
	if (c->wrong.p != NULL)
		messenger_refuse(x, c->wrong.p, &m->failed);
	else if (url_parse(&u, buf_str(&x->url), &e) == -1)
		messenger_refuse(x, "its URL is none", &m->failed);
	else if (held >= m->of.settings->max_callbacks)
		messenger_overflow(x, "too many others wait (max-callbacks)");
	else if (bytes > 0 && bytes + c->body.n > MESSENGER_BYTES)
		messenger_overflow(x, "the bodies of others fill the memory");
	else if (!mailbox_post(m->w->mailbox, messenger_on_errand, x))
		messenger_refuse(x, "the gateway stops", &m->dropped);
}

void
messenger_take(struct messenger *m, struct callback *list, struct str session)
{
	struct callback *next;

	for (; list != NULL; list = next) {
		next = list->next;
		messenger_take_one(m, list, session);
	}
}

void
messenger_figures(const struct messenger *m, struct messenger_figures *f)
{
	*f = (struct messenger_figures){
		.delivered = atomic_load(&m->delivered),
		.failed = atomic_load(&m->failed),
		.dropped = atomic_load(&m->dropped),
	};
}

void
messenger_mute(struct messenger *m, bool on)
{
	atomic_store(&m->muted, on);
}

void
messenger_close(struct messenger *m, int64_t us, struct messenger_figures *f)
{
	if (m == NULL)
		return;
	m->close_at = clock_mono_us() + us;
	(void)mailbox_post(m->w->mailbox, messenger_on_close, m);
	worker_join(m->w);
	messenger_figures(m, f);
	messenger_free(m);
}
