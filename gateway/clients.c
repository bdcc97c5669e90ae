/* A worker's listeners and connections: accepting, counting, freeing. */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <event2/event.h>
#include <event2/http.h>
#include <event2/listener.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/log.h"
#include "base/mem.h"
#include "gateway/client_priv.h"
#include "gateway/meter.h"
#include "gateway/worker.h"

#define CLIENTS_PAUSE_MS 200 /* without accepting, for lack of descriptors */

/* A listener's error callback gets evhttp's own argument, not ours. */
static _Thread_local struct worker *clients_of_thread;

void
clients_enter(struct worker *w)
{
	clients_of_thread = w;
}

static void
clients_accepting(struct client_side *s, bool on)
{
	size_t i;

	if (s->paused == !on)
		return;
	s->paused = !on;
	for (i = 0; i < s->nbound; i++) {
		struct evconnlistener *l =
		    evhttp_bound_socket_get_listener(s->bound[i]);

		if (on)
			evconnlistener_enable(l);
		else
			evconnlistener_disable(l);
	}
}

/* There is no room for more. */
static void
clients_pause(struct worker *w)
{
	if (!w->clients->paused)
		meter_add(w->meter, METER_AT(paused), 1);
	clients_accepting(w->clients, false);
}

/* What c holds is given back, and who still waits for it hears of that. */
static void
clients_let_go(struct client *c)
{
	struct worker *w = c->w;

	if (c->taken) {
		client_lane_gone(c);
	} else if (c->owner != NULL) {
		void *owner = c->owner;

		c->owner = NULL;
		w->clients->events->on_gone(c, owner);
	}
	if (c->charged > 0)
		atomic_fetch_sub(&w->shared->body_bytes, c->charged);
	TAILQ_REMOVE(&w->clients->live, c, link);
	client_fini(c);
}

static void
clients_drop_request(struct client *c)
{
	clients_let_go(c);
	h2_request_free(c);
}

/* evhttp calls this when it frees the connection, for whatever reason. */
static void
clients_on_close(struct evhttp_connection *evcon, void *arg)
{
	struct client *c = arg;
	struct worker *w = c->w;
	struct client_side *s = w->clients;

	(void)evcon;
	clients_let_go(c);
	s->count--;
	meter_add(w->meter, METER_AT(closed), 1);
	free(c);
	if (!w->draining && s->count < s->most)
		clients_accepting(s, true);
}

static void
clients_on_reap(evutil_socket_t fd, short what, void *arg)
{
	struct worker *w = arg;
	struct client *c, *next;

	(void)fd;
	(void)what;
	for (c = TAILQ_FIRST(&w->clients->live); c != NULL; c = next) {
		next = TAILQ_NEXT(c, link);
		if (c->state != CLIENT_DOOMED)
			continue;
		if (c->request2 != NULL)
			clients_drop_request(c);
		else
			evhttp_connection_free(c->evcon);
	}
	if (w->draining && w->clients->count == 0)
		worker_idle(w);
}

static void
clients_tick_soon(struct client_side *s)
{
	static const struct timeval soon = { 0, CLIENT_TICK_MS * 1000 };

	if (s->count > 0 && !event_pending(s->tick, EV_TIMEOUT, NULL))
		event_add(s->tick, &soon);
}

static void
clients_on_tick(evutil_socket_t fd, short what, void *arg)
{
	struct worker *w = arg;
	struct client *c, *after;

	(void)fd;
	(void)what;
	w->now = clock_mono_us();
	for (c = TAILQ_FIRST(&w->clients->live); c != NULL; c = after) {
		after = TAILQ_NEXT(c, link);
		client_check(c);
	}
	clients_tick_soon(w->clients);
}

/* ---- accepting ------------------------------------------------------- */

static struct bufferevent *
clients_on_accept(struct event_base *base, void *arg)
{
	struct worker *w = arg;
	struct client_side *s = w->clients;
	struct client *c = xcalloc(1, sizeof(*c));

	c->w = w;
	c->bev = bufferevent_socket_new(base, -1, BEV_OPT_CLOSE_ON_FREE);
	if (c->bev == NULL) {
		free(c);
		return NULL;
	}
	/* It is on by default, and would be known to the kernel for it. */
	bufferevent_disable(c->bev, EV_WRITE);
	TAILQ_INSERT_TAIL(&s->newborn, c, link);
	event_active(s->adopt, EV_TIMEOUT, 0);
	return c->bev;
}

static void
clients_name(struct client *c)
{
	ev_uint16_t port;
	char *host;

	evhttp_connection_get_peer(c->evcon, &host, &port);
	snprintf(c->address, sizeof(c->address),
	    strchr(host, ':') != NULL ? "[%.46s]:%u" : "%.46s:%u", host, port);
}

/* The bufferevent is only there for evhttp: it neither reads nor writes. */
static void
clients_wall(struct client *c)
{
	bufferevent_disable(c->bev, EV_READ | EV_WRITE);
	bufferevent_setcb(c->bev, NULL, NULL, NULL, c);
}

/* From here on the callbacks are ours.  Two events on one descriptor: ours
 * stays on, so that evhttp's turning its own on and off costs no system
 * call. */
static void
clients_adopt(struct worker *w, struct client *c)
{
	struct client_side *s = w->clients;

	c->s.fd = bufferevent_getfd(c->bev);
	c->s.came = meter_of(w->meter, METER_AT(client_in));
	c->s.went = meter_of(w->meter, METER_AT(client_out));
	c->id = atomic_fetch_add(&w->shared->clients, 1) + 1;
	clients_name(c);
	evhttp_connection_set_closecb(c->evcon, clients_on_close, c);
	event_assign(&c->rd, w->base, c->s.fd, EV_READ | EV_PERSIST,
	    client_on_readable, c);
	event_assign(&c->wr, w->base, c->s.fd, EV_WRITE, client_on_writable, c);
	event_add(&c->rd, NULL);
	client_start(c);
	clients_wall(c);
	TAILQ_INSERT_TAIL(&s->live, c, link);
	s->count++;
	meter_add(w->meter, METER_AT(accepted), 1);
}

/*
 * Runs after the listener's callback and before the next poll: evhttp has
 * set itself up on the new connections and no byte was read yet.
 */
static void
clients_on_adopt(evutil_socket_t fd, short what, void *arg)
{
	struct worker *w = arg;
	struct client_side *s = w->clients;
	struct client *c;
	void *evcon;

	(void)fd;
	(void)what;
	w->now = clock_mono_us();
	while ((c = TAILQ_FIRST(&s->newborn)) != NULL) {
		TAILQ_REMOVE(&s->newborn, c, link);
		bufferevent_getcb(c->bev, NULL, NULL, NULL, &evcon);
		c->evcon = evcon;
		clients_adopt(w, c);
	}
	if (s->count >= s->most)
		clients_pause(w);
	clients_tick_soon(s);
}

/* Without descriptors accept(2) fails at once, again and again: pause. */
static void
clients_on_accept_error(struct evconnlistener *l, void *arg)
{
	static const struct timeval pause = { 0, CLIENTS_PAUSE_MS * 1000 };
	struct worker *w = clients_of_thread;
	struct client_side *s = w->clients;
	int error = EVUTIL_SOCKET_ERROR();

	(void)l;
	(void)arg;
	if (!s->paused)
		log_warn(NULL, "cannot accept connections: %s; waiting",
		    evutil_socket_error_to_string(error));
	clients_pause(w);
	event_add(s->resume, &pause);
}

static void
clients_on_resume(evutil_socket_t fd, short what, void *arg)
{
	struct worker *w = arg;

	(void)fd;
	(void)what;
	if (!w->draining && w->clients->count < w->clients->most)
		clients_accepting(w->clients, true);
}

static int
clients_listen(struct worker *w, const int *fds, size_t nfds, struct err *e)
{
	struct client_side *s = w->clients;
	struct evhttp_bound_socket *b;
	size_t i;

	s->bound = xcalloc(nfds, sizeof(struct evhttp_bound_socket *));
	for (i = 0; i < nfds; i++) {
		b = evhttp_accept_socket_with_handle(w->http, fds[i]);
		if (b == NULL)
			return err_set(e, "evhttp cannot accept on a socket");
		s->bound[s->nbound++] = b;
		evconnlistener_set_error_cb(evhttp_bound_socket_get_listener(b),
		    clients_on_accept_error);
	}
	return 0;
}

static int
clients_open_evhttp(struct worker *w)
{
	w->http = evhttp_new(w->base);
	if (w->http == NULL)
		return -1;
	evhttp_set_bevcb(w->http, clients_on_accept, w);
	return 0;
}

int
clients_open(struct worker *w, const struct client_events *events,
    const int *fds, size_t nfds, struct err *e)
{
	const struct settings *set = w->settings;
	struct client_side *s = w->clients = xcalloc(1, sizeof(*s));

	s->events = events;
	TAILQ_INIT(&s->live);
	TAILQ_INIT(&s->newborn);
	s->most = set->max_connections / w->shared->nworkers;
	if (s->most == 0)
		s->most = 1;
	/* Less than the head, so that a long line is told from a long head. */
	s->limits.line = set->max_header_bytes - set->max_header_bytes / 8;
	s->limits.head = set->max_header_bytes;
	s->limits.fields = set->max_headers;
	s->adopt = event_new(w->base, -1, 0, clients_on_adopt, w);
	s->reap = event_new(w->base, -1, 0, clients_on_reap, w);
	s->tick = event_new(w->base, -1, 0, clients_on_tick, w);
	s->resume = event_new(w->base, -1, 0, clients_on_resume, w);
	if (s->adopt == NULL || s->reap == NULL || s->tick == NULL ||
	    s->resume == NULL || clients_open_evhttp(w) == -1)
		return err_set(e, "no memory for the client side");
	return clients_listen(w, fds, nfds, e);
}

void
clients_drain(struct worker *w)
{
	struct client_side *s = w->clients;
	struct client *c;
	size_t i;

	for (i = 0; i < s->nbound; i++)
		evhttp_del_accept_socket(w->http, s->bound[i]);
	s->nbound = 0;
	TAILQ_FOREACH(c, &s->live, link)
	if (c->state == CLIENT_IDLE || c->state == CLIENT_HANDSHAKE)
		client_doom(c);
	else if (c->stalled)
		client_gone(c);
	else if (c->state == CLIENT_H2)
		h2_front_drain(c);
	event_active(s->reap, EV_TIMEOUT, 0);
}

void
clients_close(struct worker *w)
{
	struct client *c;

	TAILQ_FOREACH(c, &w->clients->live, link)
	if (c->state != CLIENT_DOOMED)
		client_gone(c);
}

static void
clients_free_events(struct client_side *s)
{
	struct event **events[] = { &s->adopt, &s->reap, &s->tick, &s->resume };
	size_t i;

	for (i = 0; i < sizeof(events) / sizeof(*events); i++)
		if (*events[i] != NULL)
			event_free(*events[i]);
}

void
clients_free(struct worker *w)
{
	struct client_side *s = w->clients;
	struct client *c;

	if (s == NULL)
		return;
	w->draining = true;
	if (w->http != NULL)
		evhttp_free(w->http);
	while ((c = TAILQ_FIRST(&s->newborn)) != NULL) {
		TAILQ_REMOVE(&s->newborn, c, link);
		free(c);
	}
	while ((c = TAILQ_FIRST(&s->live)) != NULL)
		clients_drop_request(c); /* all others are gone with evhttp */
	/* bufferevents are freed by the loop, a turn later */
	event_base_loop(w->base, EVLOOP_NONBLOCK);
	event_base_loop(w->base, EVLOOP_NONBLOCK);
	clients_free_events(s);
	free(s->bound);
	free(s);
	w->clients = NULL;
}
