/* A request's body that goes to the upstream as it comes from the client. */
#include "config.h"

#include "base/log.h"
#include "gateway/plan.h"
#include "gateway/problem.h"
#include "gateway/traffic_note.h"
#include "gateway/upstream.h"
#include "gateway/worker.h"
#include "gateway/ws_handshake.h"

#include "gateway/transaction.h"

/* Mocks, recordings and descriptions are held against whole bodies, and what
 * is recorded is whole, too. */
bool
upload_can(struct client *c, const struct client_request *r)
{
	struct worker *w = client_worker(c);
	struct transaction t = { .w = w, .c = c, .r = r, .plan = w->plan };
	const struct mode *m;

	if (r->head.form == TARGET_AUTHORITY || !transaction_route(&t))
		return false;
	m = plan_mode(w->plan, r->head.method, r->head.path, &t.route);
	return m->forwards && !m->records && !m->reads &&
	       !m->reads_on_failure && w->mocks == NULL &&
	       w->plan->contract == NULL && !ws_handshake_asks(&r->head);
}

void
upload_body(struct client *c, void *owner, struct str bytes)
{
	struct transaction *t = owner;
	char size[HTTP1_CHUNK_HEAD], crlf[] = "\r\n";
	struct iovec v[3];
	int n = 0;

	traffic_note_sent(t, bytes);
	if (t->call == NULL)
		return; /* it was answered early */
	if (t->r->head.framing == FRAMING_CHUNKED) {
		v[n++] =
		    (struct iovec){ size, http1_chunk_head(size, bytes.n) };
		v[n++] = (struct iovec){ (char *)bytes.p, bytes.n };
		v[n++] = (struct iovec){ crlf, 2 };
	} else {
		v[n++] = (struct iovec){ (char *)bytes.p, bytes.n };
	}
	/* Room may be there again that an earlier part of this read had not. */
	client_read_body(c, !call_send(t->call, v, n));
}

void
upload_end(struct client *c, void *owner, const struct headers *trailers)
{
	struct transaction *t = owner;
	struct buf last = { 0 };
	struct iovec v;

	if (t->call == NULL)
		return;
	if (!t->head_out)
		t->keep = client_keeps_alive(c);
	if (t->r->head.framing == FRAMING_CHUNKED) {
		http1_add_last_chunk(&last, trailers);
		v = (struct iovec){ last.p, last.n };
		(void)call_send(t->call, &v, 1);
		buf_free(&last);
	}
	call_finish(t->call);
}

void
upload_fail(struct client *c, void *owner, int status, const char *why)
{
	struct transaction *t = owner;
	struct problem p = { .status = status, .detail = str_of(why) };
	char subject[256];

	(void)c;
	if (t->call == NULL)
		return; /* the answer is on its way */
	log_debug(transaction_subject(t, subject, sizeof(subject)),
	    "refused with %d: %s", status, why);
	atomic_fetch_add(&t->w->shared->refused, 1);
	traffic_note_call(t);
	traffic_note_text(t, why);
	call_cancel(t->call);
	t->call = NULL;
	if (t->head_out)
		transaction_abort(t);
	else
		reply_problem(t, &p);
}

void
upload_room(void *arg)
{
	struct transaction *t = arg;

	client_read_body(t->c, true);
}

void
upload_drop(struct transaction *t)
{
	client_read_body(t->c, true);
}
