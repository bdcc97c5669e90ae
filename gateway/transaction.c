#include "config.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "gateway/chat.h"
#include "gateway/explainer.h"
#include "gateway/long_body.h"
#include "gateway/messenger.h"
#include "gateway/meter.h"
#include "gateway/mock_admin.h"
#include "gateway/plan.h"
#include "gateway/problem.h"
#include "gateway/scopes.h"
#include "gateway/session.h"
#include "gateway/sessions.h"
#include "gateway/traffic_note.h"
#include "gateway/upstream.h"
#include "gateway/worker.h"
#include "gateway/ws_handshake.h"
#include "mock/mocks.h"

#include "gateway/transaction.h"

/* The answer is over, however it ended: its callbacks follow. */
static void
transaction_call_back(struct transaction *t)
{
	struct callback *list = t->mock->callbacks;

	if (list == NULL)
		return;
	if (t->w->shared->messenger == NULL || !t->plan->calls_back) {
		char subject[256];

		log_debug(transaction_subject(t, subject, sizeof(subject)),
		    "callbacks are not sent");
		return;
	}
	t->mock->callbacks = NULL;
	messenger_take(t->w->shared->messenger, list, t->session);
}

void
transaction_free(struct transaction *t)
{
	struct transaction **s;

	traffic_note_end(t, TRAFFIC_CUT);
	for (s = &t->w->starved; t->starved && *s != NULL;
	     s = &(*s)->next_starved) {
		if (*s == t) {
			*s = t->next_starved;
			break;
		}
	}
	if (t->call != NULL)
		call_cancel(t->call);
	tee_drop(t);
	upload_free(t);
	compare_end(t);
	verdict_free(t);
	if (t->question != NULL)
		question_cancel(t->question);
	fetch_end(t);
	free(t->failure);
	pace_end(t);
	trickle_end(t);
	answer_unref(t->answer);
	buf_free(&t->target);
	buf_free(&t->told_made);
	buf_free(&t->request);
	buf_free(&t->encoded);
	buf_free(&t->held);
	free(t->marks);
	free(t->cut);
	if (t->mock != NULL) {
		transaction_call_back(t);
		mock_reply_fini(t->mock);
	}
	free(t->mock);
	free(t->own);
	plan_lease_unref(t->lease);
	free(t);
}

void
transaction_abort(struct transaction *t)
{
	struct client *c = t->c;
	bool reset = t->framing == REPLY_CLOSE;

	meter_add(t->w->meter, METER_AT(cut), 1);
	transaction_free(t);
	client_abort(c, reset);
}

uint64_t
transaction_body_size(const struct transaction *t)
{
	const struct long_body *longer = upload_long_body(t);

	return longer != NULL ? long_body_size(longer) : t->r->body.n;
}

/* ---- the decision ---------------------------------------------------- */

/*
 * Whether a client takes the gateway for a forward proxy and wants it to
 * reach an address: not the gateway's own or a loopback one, and no
 * upstream's.  Answering for it would give one API's words for another's.
 */
static bool
transaction_misdirected(const struct transaction *t)
{
	struct str host = url_host(t->r->head.authority);
	struct route route;

	if (t->r->head.form != TARGET_ABSOLUTE || !scopes_is_address(host) ||
	    str_starts(host, "127.") || str_is(host, "[::1]") ||
	    str_is(host, "0.0.0.0"))
		return false;
	if (client_is_local(t->c, host))
		return false;
	return !origins_route(t->plan->origins, t->r->head.authority,
		   t->r->head.path, &route) ||
	       (route.scope.n == 0 &&
		   !str_ieq(host, url_host(str_of(route.origin->authority))));
}

/* What the gateway must not pass on. */
bool
transaction_own_business(struct transaction *t)
{
	const struct http1_head *h = &t->r->head;
	struct str hops = headers_get(&h->headers, "Max-Forwards");
	struct problem p;
	uint64_t left;

	if (relay_refuses(t))
		return true;
	if (h->form == TARGET_AUTHORITY) {
		relay_connect(t);
		return true;
	}
	if (t->w->shared->named == NULL && transaction_misdirected(t)) {
		p = (struct problem){ .status = 421,
			.title = "Not an address of this gateway",
			.detail = STR("This port is a reverse proxy; it "
				      "reaches only its upstreams.") };
		reply_problem(t, &p);
		return true;
	}
	/* RFC 9110 section 7.6.2: the last hop answers by itself. */
	if (hops.p != NULL && str_u64(hops, &left) == 0 && left == 0 &&
	    (str_is(h->method, "TRACE") || str_is(h->method, "OPTIONS"))) {
		p = (struct problem){ .status = 403,
			.title = "Max-Forwards is used up",
			.detail = STR("The request may not be passed on.") };
		reply_problem(t, &p);
		return true;
	}
	return false;
}

/* The port that a client named, or that of the scheme. */
static uint16_t
transaction_port(struct str authority, bool https)
{
	struct str host = url_host(authority), text = { NULL, 0 };
	uint64_t port = https ? 443 : 80;

	if (host.n + 1 < authority.n)
		text = (struct str){ authority.p + host.n + 1,
			authority.n - host.n - 1 };
	if (text.n > 0 && (str_u64(text, &port) == -1 || port > 65535))
		port = https ? 443 : 80;
	return (uint16_t)port;
}

static bool
transaction_mock(struct transaction *t)
{
	const struct http1_head *h = &t->r->head;
	struct mock_request q = {
		.method = h->method,
		.target = h->path,
		.authority = h->authority,
		.client = url_host(str_of(client_address(t->c))),
		.port = transaction_port(h->authority, client_is_secure(t->c)),
		.body = t->r->body,
		.headers = &h->headers,
		.session = t->session,
		.session_number = t->session_number,
		.now_us = clock_wall_us(),
	};
	struct mock_reply *m;
	struct str rest, line;

	if (t->w->mocks == NULL)
		return false;
	if (t->upgrade && mocks_have_sockets(t->w->mocks)) {
		q.socket = true;
		return chat_begin(t, &q);
	}
	m = xcalloc(1, sizeof(*m));
	if (!mocks_answer(t->w->mocks, &q, m)) {
		mock_reply_fini(m);
		free(m);
		return false;
	}
	rest = buf_str(&m->remarks);
	while (rest.n > 0 && str_cut(&rest, '\n', &line) && line.n > 0) {
		char subject[256];

		log_warn(transaction_subject(t, subject, sizeof(subject)),
		    "%.*s", STR_ARGS(line));
	}
	reply_mock(t, m);
	return true;
}

bool
transaction_find_route(const struct plan *p, struct client *c,
    const struct client_request *r, struct route *route, bool *named)
{
	if (relay_names(c, r))
		return relay_route(p, c, r, route, named);
	return origins_route(
	    p->origins, r->head.authority, r->head.path, route);
}

/* Whether a recording answers, or who else. */
static void
transaction_settle(struct transaction *t)
{
	enum found why = FOUND_NOTHING;

	if (t->mode->reads && !transaction_compares(t, &why) &&
	    transaction_replay(t, &why))
		return;
	if (why == FOUND_LATER) {
		fetch_begin(t, transaction_settle);
		return;
	}
	basket_fini(&t->basket);
	if (t->routed &&
	    (t->mode->forwards || t->settings->on_miss == ON_MISS_FORWARD))
		forward_start(t);
	else if (t->upgrade && !t->mode->reads && t->w->mocks != NULL &&
		 mocks_have_sockets(t->w->mocks))
		chat_refuse(t);
	else
		miss_begin(t, why);
}

void
transaction_decide(struct transaction *t)
{
	if (transaction_own_business(t) || mock_admin_answer(t))
		return;
	verdict_request(t);
	/* No mock is for a request whose body is not in sight. */
	if (t->upload == NULL && transaction_mock(t))
		return;
	t->routed =
	    transaction_find_route(t->plan, t->c, t->r, &t->route, &t->named);
	t->mode = plan_mode(t->plan, t->r->head.method, t->r->head.path,
	    t->routed ? &t->route : NULL);
	transaction_settle(t);
}

static void transaction_fall_back(struct transaction *t);

static void
transaction_keep_failure(struct transaction *t, const struct call_failure *f)
{
	if (t->failure == f)
		return;
	t->failure = xmalloc(sizeof(*f));
	*t->failure = *f;
}

void
transaction_failed(struct transaction *t, const struct call_failure *f)
{
	struct problem p = { .status =
				 f->outcome == OUTCOME_TIMEOUT ? 504 : 502,
		.detail = str_of(f->text),
		.phase = call_phase_text(f->phase) };
	enum found why;

	if (f->phase == CALL_POLICY) {
		p.status = 403;
		p.title = "An address that is not permitted";
	} else if (t->mode->reads_on_failure) {
		if (upload_waits(t, f) || transaction_replay(t, &why))
			return;
		if (why == FOUND_LATER) {
			transaction_keep_failure(t, f);
			fetch_begin(t, transaction_fall_back);
			return;
		}
	}
	t->source = SOURCE_HARK;
	meter_more(&t->w->counts->failed, 1);
	reply_problem(t, &p);
}

static void
transaction_fall_back(struct transaction *t)
{
	transaction_failed(t, t->failure);
}

/* ---- the client's events --------------------------------------------- */

static struct transaction *
transaction_new(struct client *c, const struct client_request *r)
{
	struct transaction *t = xcalloc(1, sizeof(*t));

	t->w = client_worker(c);
	t->number =
	    t->w->transactions++ * t->w->shared->nworkers + t->w->index + 1;
	t->c = c;
	t->r = r;
	t->lease = plan_lease_ref(t->w->lease);
	t->plan = t->lease->plan;
	t->settings = t->plan->settings;
	t->mode = &modes[t->plan->modes.mode];
	t->keep = client_keeps_alive(c);
	t->upgrade = ws_handshake_asks(&r->head);
	client_own(c, t);
	return t;
}

/* Which session the request is of.  False when it was replied to. */
static bool
transaction_enter(struct transaction *t)
{
	const struct settings *s = t->settings;
	struct problem p = { .status = 400,
		.title = "No name of a session",
		.detail = STR("The name of a session is 1 to 200 bytes "
			      "without control characters.") };
	int named =
	    session_take(s->sessions, s->nsessions, t->r, &t->session, &t->own);

	if (named == -1) {
		t->session = STR("");
		reply_problem(t, &p);
		return false;
	}
	if (named == 1) {
		t->r = session_request(t->own);
		t->session_number = sessions_enter(
		    t->w->shared->sessions, t->session, t->w->now);
	}
	return true;
}

static void
transaction_on_request(struct client *c, const struct client_request *r)
{
	struct transaction *t = transaction_new(c, r);

	if (!transaction_enter(t))
		return;
	if (t->r->more)
		upload_begin(t);
	else
		transaction_decide(t);
}

static void
transaction_on_refused(struct client *c, int status, const char *why)
{
	static const struct client_request nothing = {
		.head = { .method = { "-", 1 },
		    .path = { "-", 1 },
		    .minor = 1 },
	};
	struct transaction *t = transaction_new(c, &nothing);
	struct problem p = { .status = status, .detail = str_of(why) };
	char subject[256];

	log_debug(transaction_subject(t, subject, sizeof(subject)),
	    "refused with %d: %s", status, why);
	meter_more(&t->w->counts->refused, 1);
	t->keep = false;
	traffic_note_text(t, why);
	reply_problem(t, &p);
}

static void
transaction_on_drained(struct client *c, void *owner)
{
	struct transaction *t = owner;

	(void)c;
	if (t->trickle != NULL)
		trickle_resume(t);
	else if (t->mock != NULL && t->pace != NULL && t->head_out)
		reply_mock_pump(t);
	else if (t->answer != NULL && t->head_out)
		reply_pump(t);
	else if (t->answer == NULL)
		forward_resume(t);
}

static void
transaction_cut(struct transaction *t)
{
	meter_add(t->w->meter, METER_AT(cut), 1);
	transaction_free(t);
}

static void
transaction_on_gone(struct client *c, void *owner)
{
	struct transaction *t = owner;

	(void)c;
	if (t->x != NULL && t->call != NULL)
		tee_end(t, OUTCOME_CLIENT_GONE, "the client left", NULL, NULL);
	if (t->mock == NULL || t->mock->fault != MOCK_FAULT_STALL)
		traffic_note_end(t, TRAFFIC_GONE);
	if (t->committing)
		t->gone = true; /* freed when the recorder is done with it */
	else if (t->mock != NULL && t->mock->fault == MOCK_FAULT_STALL &&
		 t->head_out)
		transaction_over(t); /* it had all that it gets */
	else
		transaction_cut(t);
}

static void
transaction_count_socket(const struct transaction *t)
{
	struct worker_counts *n = t->w->counts;

	if (t->status != 101)
		return;
	meter_more(&n->sockets, 1);
	meter_more(&n->messages, t->messages);
}

void
transaction_over(struct transaction *t)
{
	struct worker_counts *n = t->w->counts;
	meter_sum *const sums[SOURCE_COUNT] = {
		[SOURCE_MOCK] = &n->mocked,
		[SOURCE_REPLAY] = &n->replayed,
		[SOURCE_UPSTREAM] = &n->forwarded,
		[SOURCE_MISS] = &n->missed,
	};

	t->ended = clock_mono_us();
	meter_more(sums[t->source], 1);
	transaction_count_socket(t);
	if (t->session.n > 0)
		sessions_count(
		    t->w->shared->sessions, t->session, transaction_source(t));
	transaction_measure(t);
	if (log_wants(LOG_DEBUG))
		transaction_log(t);
	traffic_note_end(t, TRAFFIC_DONE);
	transaction_free(t);
}

static void
transaction_on_replied(struct client *c, void *owner)
{
	(void)c;
	transaction_over(owner);
}

const struct client_events transaction_events = {
	.on_request = transaction_on_request,
	.can_stream = upload_can,
	.on_body = upload_body,
	.on_body_end = upload_end,
	.on_body_failed = upload_fail,
	.on_refused = transaction_on_refused,
	.on_drained = transaction_on_drained,
	.on_gone = transaction_on_gone,
	.on_replied = transaction_on_replied,
};
