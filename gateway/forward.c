/*
 * Asking the upstream and streaming its answer to the client as it comes.
 *
 * What one read from the upstream brought goes out in one write: the pieces
 * (head, chunk sizes, body bytes as they lie in the worker's read buffer)
 * are collected in the worker's list until on_flush or the end.
 */
#include "config.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "gateway/lane.h"
#include "gateway/meter.h"
#include "gateway/problem.h"
#include "gateway/tally.h"
#include "gateway/traffic_note.h"
#include "gateway/upstream.h"
#include "gateway/worker.h"
#include "gateway/ws_handshake.h"
#include "recorder/recorder.h"

#include "gateway/transaction.h"

#define FORWARD_UPGRADE "Connection: Upgrade\r\nUpgrade: websocket\r\n"
#define FORWARD_MOST_QUEUED (256u * 1024) /* before the upstream waits */

/* ---- the request ----------------------------------------------------- */

static void
forward_add_field(struct buf *b, struct str name, struct str value)
{
	buf_add_str(b, name);
	buf_add(b, ": ", 2);
	buf_add_str(b, value);
	buf_add(b, "\r\n", 2);
}

static struct str
forward_host(const struct transaction *t)
{
	if (t->settings->host_header == HOST_CLIENT &&
	    t->r->head.authority.n > 0)
		return t->r->head.authority;
	return str_of(t->route.origin->authority);
}

/* The client's address without its port. */
static struct str
forward_client(const struct transaction *t)
{
	return url_host(str_of(client_address(t->c)));
}

/* How the client came. */
static const char *
forward_scheme(const struct transaction *t)
{
	return client_is_secure(t->c) ? "https" : "http";
}

/* How a message came to the gateway (RFC 9110 section 7.6.3). */
static void
forward_add_via(const struct transaction *t, struct buf *b, bool http2)
{
	if (t->settings->via)
		buf_addf(b, "Via: %s hark\r\n", http2 ? "2.0" : "1.1");
}

static void
forward_add_forwarded(struct transaction *t, struct buf *b)
{
	struct str client = forward_client(t), host = t->r->head.authority;
	bool ipv6 = client.n > 0 && client.p[0] == '[';

	switch (t->settings->forwarded) {
	case FORWARDED_NONE:
		break;
	case FORWARDED_X:
		if (ipv6)
			client = (struct str){ client.p + 1, client.n - 2 };
		forward_add_field(b, STR("X-Forwarded-For"), client);
		if (host.n > 0)
			forward_add_field(b, STR("X-Forwarded-Host"), host);
		forward_add_field(
		    b, STR("X-Forwarded-Proto"), str_of(forward_scheme(t)));
		break;
	case FORWARDED_RFC7239:
		buf_addf(b,
		    ipv6 ? "Forwarded: for=\"%.*s\"" : "Forwarded: for=%.*s",
		    STR_ARGS(client));
		if (host.n > 0)
			buf_addf(b, ";host=\"%.*s\"", STR_ARGS(host));
		buf_addf(b, ";proto=%s\r\n", forward_scheme(t));
		break;
	}
	forward_add_via(t, b, client_is_http2(t->c));
}

/* A request that is of no trace begins one, if that is wanted. */
static void
forward_add_trace(struct transaction *t, struct buf *b)
{
	struct random *traces = t->w->shared->traces;

	if (traces == NULL ||
	    headers_get(&t->r->head.headers, "traceparent").p != NULL)
		return;
	trace_make(traces, t->traceparent);
	forward_add_field(b, STR("traceparent"), str_of(t->traceparent));
}

/* One field of the client's request, as the upstream should see it. */
static void
forward_add_request_field(
    struct transaction *t, struct buf *b, const struct header *f)
{
	const struct http1_head *h = &t->r->head;
	uint64_t hops;

	if (str_iis(f->name, "Host")) {
		forward_add_field(b, f->name, forward_host(t));
	} else if (str_iis(f->name, "Content-Length")) {
		buf_add_str(b, f->name);
		buf_addf(b, ": %" PRIu64 "\r\n", h->length);
	} else if (str_iis(f->name, "Max-Forwards") &&
		   (str_is(h->method, "TRACE") ||
		       str_is(h->method, "OPTIONS")) &&
		   str_u64(f->value, &hops) == 0 && hops > 0) {
		buf_add_str(b, f->name);
		buf_addf(b, ": %" PRIu64 "\r\n", hops - 1);
	} else if (headers_end_to_end(&h->headers, f)) {
		forward_add_field(b, f->name, f->value);
	}
}

static void
forward_render(struct transaction *t)
{
	const struct http1_head *h = &t->r->head;
	struct buf *b = &t->request;
	size_t i;

	route_target(&t->route, h->path, &t->target);
	buf_reserve(b, t->r->head_bytes + 256);
	buf_add_str(b, h->method);
	buf_add(b, " ", 1);
	buf_add_str(b, buf_str(&t->target));
	buf_add_text(b, " HTTP/1.1\r\n");
	if (headers_get(&h->headers, "Host").p == NULL)
		forward_add_field(b, STR("Host"), forward_host(t));
	for (i = 0; i < h->headers.n; i++)
		forward_add_request_field(t, b, &h->headers.v[i]);
	if (h->framing == FRAMING_CHUNKED)
		buf_add_text(b, "Transfer-Encoding: chunked\r\n");
	if (t->upgrade)
		buf_add_text(b, FORWARD_UPGRADE);
	forward_add_forwarded(t, b);
	forward_add_trace(t, b);
	buf_add(b, "\r\n", 2);
}

/* A chunked request goes on chunked, so that its trailers can. */
static struct str
forward_body(struct transaction *t)
{
	char size[HTTP1_CHUNK_HEAD];
	struct buf *b = &t->encoded;

	if (t->r->head.framing != FRAMING_CHUNKED)
		return t->r->body;
	if (t->r->body.n > 0) {
		buf_add(b, size, http1_chunk_head(size, t->r->body.n));
		buf_add_str(b, t->r->body);
		buf_add(b, "\r\n", 2);
	}
	http1_add_last_chunk(b, &t->r->trailers);
	return buf_str(b);
}

/* ---- the reply ------------------------------------------------------- */

static size_t
forward_write(struct transaction *t)
{
	struct worker *w = t->w;
	int n = w->npieces;

	w->npieces = 0;
	if (n == 0)
		return 0;
	t->begun = true;
	return client_write(t->c, w->pieces, n);
}

/* Adds a piece to what the next write takes; the bytes must live until then. */
static void
forward_piece(struct transaction *t, const void *p, size_t n)
{
	struct worker *w = t->w;

	if (w->npieces == WORKER_PIECES)
		forward_write(t);
	w->pieces[w->npieces++] = (struct iovec){ (void *)p, n };
}

/* "https://api.test/v1/a" at the upstream is "http://gateway/a" here. */
static bool
forward_add_location(
    struct transaction *t, struct buf *b, const struct header *f)
{
	const struct origin *o = t->route.origin;
	struct str rest = f->value;
	size_t n = strlen(o->base);

	if (!str_iis(f->name, "Location") &&
	    !str_iis(f->name, "Content-Location"))
		return false;
	if (!str_istarts(rest, o->base) ||
	    (rest.n > n && memchr("/?#", rest.p[n], 3) == NULL))
		return false;
	rest.p += n;
	rest.n -= n;
	if (o->base_path.n > 0 && rest.n >= o->base_path.n &&
	    memcmp(rest.p, o->base_path.p, o->base_path.n) == 0) {
		rest.p += o->base_path.n;
		rest.n -= o->base_path.n;
	}
	buf_add_str(b, f->name);
	buf_addf(b, ": %s://%.*s%.*s", forward_scheme(t),
	    STR_ARGS(t->r->head.authority), STR_ARGS(t->route.strip));
	buf_add_str(b, rest);
	buf_add(b, "\r\n", 2);
	return true;
}

/* Whether attribute is "Domain=" with the host or a parent of it. */
static bool
forward_is_domain_of(struct str attribute, struct str host)
{
	struct str domain = str_trim(attribute);

	if (!str_istarts(domain, "domain="))
		return false;
	domain.p += 7;
	domain.n -= 7;
	domain = str_trim(domain);
	if (domain.n > 0 && domain.p[0] == '.') {
		domain.p++;
		domain.n--;
	}
	if (domain.n == 0 || domain.n > host.n ||
	    (domain.n < host.n && host.p[host.n - domain.n - 1] != '.'))
		return false;
	return str_ieq(
	    domain, (struct str){ host.p + host.n - domain.n, domain.n });
}

/* A cookie for the upstream's domain would not come back to the gateway. */
static bool
forward_add_cookie(struct transaction *t, struct buf *b, const struct header *f)
{
	struct str rest = f->value, part;
	bool first = true;

	if (!str_iis(f->name, "Set-Cookie"))
		return false;
	buf_add_str(b, f->name);
	buf_add(b, ": ", 2);
	while (str_cut(&rest, ';', &part)) {
		if (!first &&
		    forward_is_domain_of(part, t->route.origin->url.host))
			continue;
		if (!first)
			buf_add(b, ";", 1);
		buf_add_str(b, part);
		first = false;
	}
	buf_add(b, "\r\n", 2);
	return true;
}

static void
forward_add_reply_field(
    struct transaction *t, const struct headers *h, const struct header *f)
{
	struct buf *b = &t->w->head;

	if (!headers_end_to_end(h, f))
		return;
	if (t->settings->rewrite_location &&
	    (forward_add_location(t, b, f) || forward_add_cookie(t, b, f)))
		return;
	forward_add_field(b, f->name, f->value);
}

static void
forward_start_line(struct buf *b, const struct http1_head *h)
{
	const char code[] = { (char)('0' + h->status / 100 % 10),
		(char)('0' + h->status / 10 % 10), (char)('0' + h->status % 10),
		' ' };

	b->n = 0;
	buf_add_text(b, "HTTP/1.1 ");
	buf_add(b, code, sizeof(code));
	buf_add_str(b, h->reason);
	buf_add(b, "\r\n", 2);
}

/* A 204 never has content (RFC 9110 section 8.6), so no length either. */
static bool
forward_drops(const struct http1_head *h, const struct header *f)
{
	return h->status == 204 && str_iis(f->name, "Content-Length");
}

static void
forward_on_interim(void *arg, const struct http1_head *h)
{
	struct transaction *t = arg;
	struct buf *b = &t->w->head;
	struct iovec v;
	size_t i;

	/* The gateway has read the request's body before it asked, so 100 is
	 * its own matter. */
	if (h->status == 100)
		return;
	if (t->x != NULL)
		tee_interim(t, h);
	if (t->r->head.minor == 0)
		return;
	forward_start_line(b, h);
	for (i = 0; i < h->headers.n; i++)
		forward_add_reply_field(t, &h->headers, &h->headers.v[i]);
	buf_add(b, "\r\n", 2);
	v = (struct iovec){ b->p, b->n };
	client_write(t->c, &v, 1);
}

static void
forward_on_head(void *arg, const struct http1_head *h)
{
	struct transaction *t = arg;
	struct buf *b = &t->w->head;
	size_t i;

	t->source = SOURCE_UPSTREAM;
	t->status = h->status;
	if (t->x != NULL)
		tee_head(t, h);
	if (t->compare != NULL)
		compare_head(t, h);
	verdict_head(t, h);
	reply_choose_framing(t, h->status, h->framing == FRAMING_LENGTH);
	forward_start_line(b, h);
	for (i = 0; i < h->headers.n; i++)
		if (!forward_drops(h, &h->headers.v[i]))
			forward_add_reply_field(
			    t, &h->headers, &h->headers.v[i]);
	forward_add_via(t, b, h->http2);
	if (h->http2 && t->framing == REPLY_LENGTH)
		client_may_trail(t->c);
	reply_finish_head(t);
	if (reply_is_events(&h->headers))
		traffic_note_open(t);
	forward_piece(t, b->p, b->n);
}

static void
forward_on_body(void *arg, struct str bytes)
{
	struct transaction *t = arg;
	char *size;

	t->body_size += bytes.n;
	traffic_note_body(t, bytes);
	if (t->x != NULL)
		tee_body(t, bytes);
	if (t->compare != NULL)
		compare_body(t, bytes);
	verdict_body(t, bytes);
	if (t->framing == REPLY_CHUNKED) {
		size = arena_alloc(&t->w->batch, HTTP1_CHUNK_HEAD);
		forward_piece(t, size, http1_chunk_head(size, bytes.n));
	}
	forward_piece(t, bytes.p, bytes.n);
	if (t->framing == REPLY_CHUNKED)
		forward_piece(t, "\r\n", 2);
}

static bool
forward_is_recorded(const struct transaction *t)
{
	return t->w->shared->recorder != NULL && t->mode->records;
}

void
forward_starve(struct transaction *t)
{
	/* What was on its way by HTTP/2 still came. */
	if (t->starved)
		return;
	t->starved = true;
	t->next_starved = t->w->starved;
	t->w->starved = t;
}

/* Back-pressure: a slow client or a slow store stops the upstream. */
static void
forward_on_flush(void *arg)
{
	struct transaction *t = arg;
	size_t queued = forward_write(t);

	if (t->x != NULL) {
		tee_mark(t);
		tee_draft_begin(t);
		if (recorder_full(t->w->shared->recorder))
			forward_starve(t);
	}
	t->paused = queued > FORWARD_MOST_QUEUED;
	if (t->paused || t->starved)
		call_pause(t->call);
}

/* ---- the end --------------------------------------------------------- */

/* Strict durability: what was held back goes out, or the client learns that
 * its exchange is not kept. */
static void
forward_on_written(struct transaction *t, bool stored)
{
	struct client *c = t->c;
	struct iovec v = { t->held.p, t->held.n };
	struct problem p = { .status = 503,
		.title = "The exchange could not be stored",
		.detail = STR("Durability is strict and the store failed; "
			      "the log says why.") };

	t->committing = false;
	if (t->gone) {
		transaction_free(t);
	} else if (stored) {
		if (v.iov_len > 0)
			client_write(c, &v, 1);
		client_done(c, t->keep);
	} else if (!t->begun) {
		t->source = SOURCE_HARK;
		t->keep = false;
		reply_problem(t, &p);
	} else {
		transaction_abort(t);
	}
}

static void
forward_hold(struct transaction *t)
{
	int i;

	for (i = 0; i < t->w->npieces; i++)
		buf_add(&t->held, t->w->pieces[i].iov_base,
		    t->w->pieces[i].iov_len);
	t->w->npieces = 0;
}

static void
forward_on_end(void *arg, const struct headers *trailers)
{
	struct transaction *t = arg;
	struct buf last = { 0 };

	if (t->framing == REPLY_CHUNKED) {
		http1_add_last_chunk(&last, trailers);
		forward_piece(t, last.p, last.n);
	} else if (t->framing == REPLY_LENGTH) {
		client_trail(t->c, trailers);
	}
	if (t->compare != NULL)
		compare_answer(t);
	traffic_note_call(t);
	if (t->x != NULL)
		tee_mark(t);
	if (t->x != NULL &&
	    tee_end(t, OUTCOME_COMPLETE, NULL, trailers, forward_on_written)) {
		t->call = NULL;
		forward_hold(t);
		buf_free(&last);
		verdict_end(t);
		return;
	}
	t->call = NULL;
	upload_drop(t);
	forward_write(t);
	buf_free(&last);
	verdict_end(t);
	client_done(t->c, t->keep);
}

static void
forward_on_failure(void *arg, const struct call_failure *f)
{
	struct transaction *t = arg;
	char subject[256];

	if (t->x != NULL && f->phase != CALL_POLICY)
		tee_end(t, f->outcome, f->text, NULL, NULL);
	traffic_note_call(t);
	traffic_note_text(t, f->text);
	t->call = NULL;
	log_warn(transaction_subject(t, subject, sizeof(subject)),
	    "upstream %s failed: %s: %s", t->route.origin->text,
	    call_phase_text(f->phase), f->text);
	if (!t->head_out) {
		transaction_failed(t, f);
		return;
	}
	upload_drop(t);
	forward_write(t);
	meter_more(&t->w->counts->failed, 1);
	transaction_abort(t);
}

/* 101 for a request that did ask for it (RFC 9110 section 7.8). */
static void
forward_on_lane(void *arg, const struct http1_head *h, struct lane *lane)
{
	static const struct call_failure not_agreed = { .phase = CALL_HEAD,
		.outcome = OUTCOME_BAD_ANSWER,
		.text = "101 for something else than a WebSocket" };
	struct transaction *t = arg;
	struct buf *b = &t->w->head;
	struct iovec v;
	size_t i;

	if (!ws_handshake_agrees(&h->headers)) {
		lane_abort(lane);
		forward_on_failure(t, &not_agreed);
		return;
	}
	t->source = SOURCE_UPSTREAM;
	t->status = h->status;
	if (t->x != NULL) {
		tee_head(t, h);
		tee_socket(t, h);
	}
	if (t->compare != NULL)
		compare_socket(t, h);
	forward_start_line(b, h);
	for (i = 0; i < h->headers.n; i++)
		forward_add_reply_field(t, &h->headers, &h->headers.v[i]);
	buf_add_text(b, FORWARD_UPGRADE);
	t->framing = REPLY_NO_BODY;
	t->keep = true;
	reply_finish_head(t);
	traffic_note_call(t);
	traffic_note_socket(t);
	v = (struct iovec){ b->p, b->n };
	client_write(t->c, &v, 1);
	upgrade_begin(t, lane);
}

static const struct call_handler forward_handler = {
	.on_interim = forward_on_interim,
	.on_head = forward_on_head,
	.on_body = forward_on_body,
	.on_flush = forward_on_flush,
	.on_end = forward_on_end,
	.on_failure = forward_on_failure,
	.on_lane = forward_on_lane,
	.on_room = upload_room,
};

static void
forward_ask(struct transaction *t)
{
	struct call_request r = { .origin = t->route.origin,
		.method = t->r->head.method,
		.upgrade = t->upgrade,
		.streamed = t->upload != NULL };

	t->unasked = false;
	tally_add(t->w->shared->tally, TALLY_LIVE, t->r->head.method,
	    transaction_told(t), t->route.origin->text);
	forward_render(t);
	r.takes_trailers =
	    headers_have_token(&t->r->head.headers, "TE", "trailers");
	r.trailers = t->r->trailers;
	r.body = t->upload != NULL ? STR("") : forward_body(t);
	r.head = buf_str(&t->request);
	if (forward_is_recorded(t))
		tee_request(t);
	t->call = call_start(t->w, &r, &forward_handler, t);
	if (t->upload != NULL)
		upload_send(t);
}

/* An answer that comes in one piece cannot be stopped, so that it is not asked
 * for while what came before it waits for the store. */
void
forward_start(struct transaction *t)
{
	if (t->upload == NULL && forward_is_recorded(t) &&
	    recorder_full(t->w->shared->recorder)) {
		t->unasked = true;
		forward_starve(t);
	} else {
		forward_ask(t);
	}
}

static void
forward_go_on(struct transaction *t)
{
	if (t->unasked && !t->starved)
		forward_ask(t);
	else if (t->call != NULL && !t->paused && !t->starved)
		call_resume(t->call);
	else if (t->tunnel != NULL)
		upgrade_hold(t, false);
	if (t->upload != NULL)
		upload_go_on(t);
}

void
forward_resume(struct transaction *t)
{
	t->paused = false;
	forward_go_on(t);
}

void
forward_feed_starved(struct worker *w, void *arg)
{
	struct transaction *t;

	(void)arg;
	while ((t = w->starved) != NULL) {
		w->starved = t->next_starved;
		t->starved = false;
		forward_go_on(t);
	}
}
