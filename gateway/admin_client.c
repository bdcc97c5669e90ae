/*
 * A connection to the admin port: reads a request with the strict codec, has
 * it judged and answered, writes the answer, and begins anew.  While a
 * request is answered nothing is read, so that what a client may send ahead
 * waits in its socket.
 */
#include "config.h"

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <jansson.h>

#include "base/err.h"
#include "base/mem.h"
#include "gateway/admin_table.h"
#include "har/spool.h"

#include "gateway/admin_priv.h"

#define ADMIN_HEAD_MOST (16u * 1024)
#define ADMIN_LINE_MOST (8u * 1024)
#define ADMIN_FIELDS_MOST 100
#define ADMIN_READ (64u * 1024)
#define ADMIN_IDLE_S 75
#define ADMIN_HEAD_S 10
#define ADMIN_BODY_S 30
#define ADMIN_SEND_S 60
#define ADMIN_LINGER_S 2

enum admin_client_state {
	CLIENT_IDLE,    /* between two requests */
	CLIENT_HEAD,    /* some of a head came */
	CLIENT_BODY,    /* the head is read */
	CLIENT_BUSY,    /* its handler has it */
	CLIENT_SENDING, /* the answer is in the output */
	CLIENT_STREAM,  /* the answer has no end yet */
	CLIENT_LINGER,  /* the answer is out; what still comes is dropped */
};

struct admin_client {
	TAILQ_ENTRY(admin_client) link;
	struct admin *admin;
	struct bufferevent *bev;
	struct event *timer;
	enum admin_client_state state;
	char *own;     /* the address it came to */
	struct buf in; /* bytes not understood yet */
	size_t seen;   /* of them, by http1_request() */
	struct http1_body reading;
	uint64_t body;                 /* bytes of it so far */
	struct admin_request *request; /* from its head to its answer */
	bool chunked, close;
};

static const struct http1_limits admin_limits = {
	.line = ADMIN_LINE_MOST,
	.head = ADMIN_HEAD_MOST,
	.fields = ADMIN_FIELDS_MOST,
};

static void admin_client_read(struct admin_client *c);

static void
admin_client_arm(struct admin_client *c, long seconds)
{
	struct timeval tv = { seconds, 0 };

	event_add(c->timer, &tv);
}

/* ---- the answer ---------------------------------------------------------- */

/* What became of the request is said; it may only be read on behind it when
 * the whole of it was read. */
static void
admin_client_sending(struct admin_client *c)
{
	event_del(c->timer);
	bufferevent_disable(c->bev, EV_READ);
	c->state = CLIENT_SENDING;
}

static bool
admin_client_has_body(const struct admin_reply *p)
{
	return p->status != 204 && p->status != 304;
}

static uint64_t
admin_client_length(const struct admin_reply *p)
{
	if (p->fd != -1)
		return p->size;
	return p->fixed.p != NULL ? p->fixed.n : p->body.n;
}

static void
admin_client_add_body(struct evbuffer *out, struct admin_reply *p)
{
	if (p->fd != -1 && p->size > 0) {
		if (evbuffer_add_file(out, p->fd, 0, (ev_off_t)p->size) == 0)
			p->fd = -1; /* the buffer's now */
	} else if (p->fixed.p != NULL) {
		evbuffer_add_reference(out, p->fixed.p, p->fixed.n, NULL, NULL);
	} else {
		evbuffer_add(out, p->body.p, p->body.n);
	}
}

void
admin_client_answer(struct admin_client *c)
{
	struct evbuffer *out = bufferevent_get_output(c->bev);
	struct admin_reply *p = &c->request->reply;
	struct http1_head *h = &c->request->head;
	struct buf head = { 0 };

	admin_client_sending(c);
	admin_reply_head(p, &head);
	if (admin_client_has_body(p))
		buf_addf(&head, "Content-Length: %llu\r\n",
		    (unsigned long long)admin_client_length(p));
	buf_addf(&head, "%s\r\n",
	    c->close        ? "Connection: close\r\n"
	    : h->minor == 0 ? "Connection: keep-alive\r\n"
			    : "");
	evbuffer_add(out, head.p, head.n);
	buf_free(&head);
	if (admin_client_has_body(p) && !str_is(h->method, "HEAD"))
		admin_client_add_body(out, p);
	admin_request_free(c->request);
	c->request = NULL;
}

static void
admin_client_refuse(struct admin_client *c, int status, const char *text)
{
	struct admin_request *r = c->request;

	if (status == 401)
		admin_reply_header(r, "WWW-Authenticate", STR("Bearer"));
	admin_reply_problem(r, status, "%s", text);
	/* Where its body is not read, its end is not known. */
	c->close = c->close || !c->reading.ended;
	admin_client_answer(c);
}

/* ---- streams ------------------------------------------------------------- */

void
admin_client_begin_stream(struct admin_client *c, const char *type)
{
	struct buf head = { 0 };

	(void)type; /* it is in the reply */
	event_del(c->timer);
	c->state = CLIENT_STREAM;
	c->chunked = c->request->head.minor > 0;
	c->close = true;
	admin_reply_head(&c->request->reply, &head);
	buf_addf(&head, "%sConnection: close\r\n\r\n",
	    c->chunked ? "Transfer-Encoding: chunked\r\n" : "");
	bufferevent_write(c->bev, head.p, head.n);
	buf_free(&head);
	/* Only to see the client leave. */
	bufferevent_enable(c->bev, EV_READ);
}

size_t
admin_client_stream(struct admin_client *c, struct str bytes)
{
	struct evbuffer *out = bufferevent_get_output(c->bev);
	char size[HTTP1_CHUNK_HEAD];

	if (c->state != CLIENT_STREAM || bytes.n == 0)
		return evbuffer_get_length(out);
	if (c->chunked)
		evbuffer_add(out, size, http1_chunk_head(size, bytes.n));
	evbuffer_add(out, bytes.p, bytes.n);
	if (c->chunked)
		evbuffer_add(out, "\r\n", 2);
	if (evbuffer_get_length(out) > ADMIN_STREAM_MOST)
		event_active(c->timer, EV_TIMEOUT, 0);
	return evbuffer_get_length(out);
}

/* Not at once: the handler may be the caller. */
void
admin_client_end_stream(struct admin_client *c)
{
	if (c->state != CLIENT_STREAM)
		return;
	if (c->chunked)
		bufferevent_write(c->bev, "0\r\n\r\n", 5);
	admin_client_sending(c);
	if (evbuffer_get_length(bufferevent_get_output(c->bev)) == 0)
		event_active(c->timer, EV_TIMEOUT, 0);
}

/* The request of a stream is over. */
static void
admin_client_close_stream(struct admin_client *c)
{
	struct admin_request *r = c->request;

	if (r == NULL || !r->streaming)
		return;
	r->streaming = false;
	r->on_closed(r->on_closed_arg);
	admin_request_free(r);
	c->request = NULL;
}

/* ---- the request --------------------------------------------------------- */

void
admin_client_on_done(struct worker *w, void *request)
{
	struct admin_request *r = request;

	(void)w; /* the admin port has none */
	if (r->client == NULL) {
		admin_request_free(r);
		return;
	}
	if (r->reply.status == 0)
		admin_reply_problem(r, 503, "the gateway stops");
	admin_client_answer(r->client);
}

static void
admin_client_run(struct admin_client *c)
{
	struct admin_request *r = c->request;

	event_del(c->timer);
	bufferevent_disable(c->bev, EV_READ);
	c->state = CLIENT_BUSY;
	if (r->command->where == ADMIN_JOB) {
		if (!admin_jobs_take(c->admin->jobs, r))
			admin_client_refuse(
			    c, 503, "too many requests wait; try again");
		return;
	}
	r->command->handler(r);
	if (!r->streaming)
		admin_client_on_done(NULL, r);
}

/* The body is whole: what it says. */
static void
admin_client_understand(struct admin_client *c)
{
	struct admin_request *r = c->request;
	json_error_t at;
	char text[320];

	if (r->command->takes == ADMIN_BYTES || r->text.n == 0) {
		if (r->text.n == 0 && r->command->takes == ADMIN_JSON)
			admin_client_refuse(c, 400, "expected a JSON body");
		else
			admin_client_run(c);
		return;
	}
	r->body = json_loadb(r->text.p, r->text.n, JSON_REJECT_DUPLICATES, &at);
	if (json_is_object(r->body)) {
		admin_client_run(c);
		return;
	}
	if (r->body != NULL) {
		admin_client_refuse(c, 400, "expected a JSON object");
		return;
	}
	snprintf(text, sizeof(text), "body, line %d, column %d: %s", at.line,
	    at.column, at.text);
	admin_client_refuse(c, 400, text);
}

static uint64_t
admin_client_most(const struct admin_command *m)
{
	if (m->takes == ADMIN_NO_BODY)
		return 2; /* curl --json '{}' is well meant */
	return m->most_body > 0 ? m->most_body : ADMIN_JSON_MOST;
}

static void
admin_client_refuse_length(struct admin_client *c)
{
	char text[128];

	snprintf(text, sizeof(text), "the body is longer than %llu bytes",
	    (unsigned long long)admin_client_most(c->request->command));
	admin_client_refuse(c, 413, text);
}

/* Takes a piece of the body.  0, or -1 when the request was refused. */
static int
admin_client_take(struct admin_client *c, struct str piece)
{
	struct admin_request *r = c->request;
	struct err e;

	c->body += piece.n;
	if (c->body > admin_client_most(r->command)) {
		admin_client_refuse_length(c);
		return -1;
	}
	if (r->command->takes != ADMIN_BYTES) {
		buf_add_str(&r->text, piece);
	} else if (spool_add(r->file, piece.p, piece.n, &e) == -1) {
		admin_client_refuse(c, 507, e.text);
		return -1;
	}
	return 0;
}

static void
admin_client_read_body(struct admin_client *c)
{
	enum http1_step step = HTTP1_MORE;
	enum http1_fault fault = HTTP1_NONE;
	struct str piece;
	size_t used = 0;

	if (c->reading.ended)
		step = HTTP1_DONE;
	while (step == HTTP1_MORE && c->in.n > 0) {
		step = http1_body_read(
		    &c->reading, c->in.p, c->in.n, &used, &piece, &fault);
		if (step != HTTP1_FAULT && admin_client_take(c, piece) == -1)
			return;
		buf_drop(&c->in, used);
	}
	if (step == HTTP1_FAULT) {
		c->close = true;
		admin_client_refuse(
		    c, http1_fault_status(fault), http1_fault_text(fault));
	} else if (step == HTTP1_DONE) {
		c->reading.ended = true;
		admin_client_understand(c);
	}
}

/* ---- judging ------------------------------------------------------------- */

/* What hinders a request whose head is read: the status, or 0. */
static int
admin_client_judge(struct admin_client *c, struct str query, struct err *e)
{
	struct admin_request *r = c->request;
	const struct admin_guard *g = &c->admin->guard;
	struct buf allow = { 0 };
	int status;

	r->command = admin_find(r->head.method, r->path, &allow);
	status = admin_guard_host(g, &r->head, c->own, e);
	if (status == 0)
		status = admin_guard_origin(g, &r->head, r->command, e);
	if (status == 0)
		status = admin_guard_token(g, &r->head, r->command, e);
	if (status == 0 && r->command == NULL && allow.n > 0) {
		admin_reply_header(r, "Allow", buf_str(&allow));
		err_set(e, "here is only %s", buf_text(&allow));
		status = 405;
	} else if (status == 0 && r->command == NULL) {
		err_set(e, "there is no such thing; /v1/openapi.json has all");
		status = 404;
	}
	buf_free(&allow);
	if (status == 0)
		status = admin_guard_type(&r->head, r->command, e);
	if (status == 0 && admin_read_parameters(r, query, e) == -1)
		status = 400;
	return status;
}

/* The head is understood: is the body wanted, too? */
static void
admin_client_begin(struct admin_client *c)
{
	struct admin_request *r = c->request;
	struct str query;
	struct err e;
	int status;

	c->state = CLIENT_BODY;
	c->body = 0;
	c->close = !r->head.keep_alive;
	http1_body_start(
	    &c->reading, r->head.framing, r->head.length, ADMIN_HEAD_MOST);
	query = r->head.path;
	(void)str_cut(&query, '?', &r->path);
	status = admin_client_judge(c, query, &e);
	if (status != 0) {
		admin_client_refuse(c, status, e.text);
		return;
	}
	if (r->head.framing == FRAMING_LENGTH &&
	    r->head.length > admin_client_most(r->command)) {
		admin_client_refuse_length(c);
		return;
	}
	if (r->command->takes == ADMIN_BYTES &&
	    (r->file = spool_new(NULL, &e)) == NULL) {
		admin_client_refuse(c, 507, e.text);
		return;
	}
	if (r->head.expect_continue && !c->reading.ended && c->in.n == 0)
		bufferevent_write(c->bev, "HTTP/1.1 100 Continue\r\n\r\n", 25);
	admin_client_arm(c, ADMIN_BODY_S);
	admin_client_read_body(c);
}

/* A head that was found in the input, now as views of a copy. */
static void
admin_client_own_head(struct admin_client *c, size_t n)
{
	struct admin_request *r = c->request;
	const char *copy = arena_strndup(&r->arena, c->in.p, n);
	enum http1_fault fault;
	size_t seen = 0;

	(void)http1_request(&r->head, &r->arena, copy, n, &seen, &admin_limits,
	    &fault); /* as it was understood before */
	buf_drop(&c->in, n);
}

static void
admin_client_read_head(struct admin_client *c)
{
	enum http1_fault fault = HTTP1_NONE;
	struct admin_request *r;

	if (c->state == CLIENT_IDLE) {
		c->state = CLIENT_HEAD;
		c->seen = 0;
		c->request = admin_request_new(c);
		c->request->of = &c->admin->of;
		c->request->admin = c->admin;
		admin_client_arm(c, ADMIN_HEAD_S);
	}
	r = c->request;
	switch (http1_request(&r->head, &r->arena, c->in.p, c->in.n, &c->seen,
	    &admin_limits, &fault)) {
	case HTTP1_MORE:
		break;
	case HTTP1_DONE:
		admin_client_own_head(c, r->head.bytes);
		admin_client_begin(c);
		break;
	case HTTP1_FAULT:
		r->head = (struct http1_head){ 0 };
		c->reading.ended = false;
		admin_client_refuse(
		    c, http1_fault_status(fault), http1_fault_text(fault));
	}
}

static void
admin_client_read(struct admin_client *c)
{
	if (c->in.n == 0)
		return;
	if (c->state == CLIENT_IDLE || c->state == CLIENT_HEAD)
		admin_client_read_head(c);
	else if (c->state == CLIENT_BODY) {
		admin_client_arm(c, ADMIN_BODY_S);
		admin_client_read_body(c);
	}
}

/* ---- the connection ------------------------------------------------------ */

/* Reads what still comes, for a while: a connection that is closed with
 * something unread takes its last answer with it. */
static void
admin_client_linger(struct admin_client *c)
{
	c->state = CLIENT_LINGER;
	shutdown(bufferevent_getfd(c->bev), SHUT_WR);
	bufferevent_enable(c->bev, EV_READ);
	admin_client_arm(c, ADMIN_LINGER_S);
}

static void
admin_client_next(struct admin_client *c)
{
	admin_client_close_stream(c);
	if (c->close) {
		admin_client_linger(c);
		return;
	}
	c->state = CLIENT_IDLE;
	http1_body_fini(&c->reading);
	bufferevent_enable(c->bev, EV_READ);
	admin_client_arm(c, ADMIN_IDLE_S);
	admin_client_read(c);
}

static void
admin_client_on_read(struct bufferevent *bev, void *arg)
{
	struct admin_client *c = arg;
	struct evbuffer *in = bufferevent_get_input(bev);
	size_t n = evbuffer_get_length(in);

	if (c->state == CLIENT_STREAM || c->state == CLIENT_LINGER) {
		evbuffer_drain(in, n);
		return;
	}
	if (evbuffer_remove(in, buf_reserve(&c->in, n), n) > 0)
		c->in.n += n;
	admin_client_read(c);
}

static void
admin_client_on_written(struct bufferevent *bev, void *arg)
{
	struct admin_client *c = arg;

	(void)bev;
	if (c->state == CLIENT_SENDING)
		admin_client_next(c);
}

static void
admin_client_on_event(struct bufferevent *bev, short what, void *arg)
{
	(void)bev;
	(void)what; /* whichever it is, nobody is there */
	admin_client_free(arg);
}

static void
admin_client_on_timer(evutil_socket_t fd, short what, void *arg)
{
	struct admin_client *c = arg;

	(void)fd;
	(void)what;
	if (c->state == CLIENT_SENDING)
		admin_client_next(c);
	else
		admin_client_free(c);
}

void
admin_client_new(struct admin *a, int fd, const char *own)
{
	struct admin_client *c = xcalloc(1, sizeof(*c));
	struct timeval send = { ADMIN_SEND_S, 0 };

	c->admin = a;
	c->own = xstrdup(own);
	TAILQ_INSERT_TAIL(&a->clients, c, link);
	a->nclients++;
	c->bev = bufferevent_socket_new(a->base, fd, BEV_OPT_CLOSE_ON_FREE);
	c->timer = event_new(a->base, -1, 0, admin_client_on_timer, c);
	if (c->bev == NULL || c->timer == NULL)
		abort(); /* as for any small piece of memory */
	bufferevent_setcb(c->bev, admin_client_on_read, admin_client_on_written,
	    admin_client_on_event, c);
	bufferevent_set_timeouts(c->bev, NULL, &send);
	bufferevent_setwatermark(c->bev, EV_READ, 0, ADMIN_READ);
	bufferevent_enable(c->bev, EV_READ | EV_WRITE);
	admin_client_arm(c, ADMIN_IDLE_S);
}

void
admin_client_flush(struct admin_client *c)
{
	struct evbuffer *out = bufferevent_get_output(c->bev);

	if (c->state != CLIENT_SENDING)
		return;
	evbuffer_unfreeze(out, 1); /* bufferevents let nobody else */
	(void)evbuffer_write(out, bufferevent_getfd(c->bev));
}

void
admin_client_free(struct admin_client *c)
{
	bool with_jobs = c->state == CLIENT_BUSY;

	admin_client_close_stream(c);
	if (with_jobs)
		c->request->client = NULL; /* comes back by letter */
	else
		admin_request_free(c->request);
	TAILQ_REMOVE(&c->admin->clients, c, link);
	c->admin->nclients--;
	http1_body_fini(&c->reading);
	event_free(c->timer);
	bufferevent_free(c->bev);
	buf_free(&c->in);
	free(c->own);
	free(c);
}
