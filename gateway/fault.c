/* What goes wrong with an answer of a mock on its way to the client, to the
 * byte. */
#include "config.h"

#include "gateway/traffic_note.h"
#include "gateway/worker.h"
#include "mock/mocks.h"

#include "gateway/transaction.h"

/* No start line, chunk size or field for any reader. */
static const char fault_garbage[] =
    "\x01\xfe\x80 ~}{ \x7f\xc3\x28 garbage \xa0\xa1\r\x02\x03\n\xe2\x28";

/* All that comes is out.  The connection ends as other answers' do: a reset
 * could take away what the client is to see. */
static void
fault_end(struct transaction *t)
{
	client_done(t->c, false);
}

static void
fault_write(struct transaction *t, struct str first, struct str second)
{
	struct iovec v[2] = { { (char *)first.p, first.n },
		{ (char *)second.p, second.n } };

	if (first.n > 0)
		client_write(t->c, v, second.n > 0 ? 2 : 1);
}

static void
fault_reset(struct transaction *t)
{
	struct client *c = t->c;

	transaction_over(t);
	client_abort(c, true);
}

static void
fault_empty(struct transaction *t)
{
	fault_end(t);
}

static void
fault_send_garbage(struct transaction *t)
{
	fault_write(t, (struct str){ fault_garbage, sizeof(fault_garbage) - 1 },
	    STR(""));
	fault_end(t);
}

/* The first half of the answer, whose head is rendered: of its body, or
 * without one, of its head all but the empty line. */
static void
fault_send_half(struct transaction *t)
{
	struct str body = buf_str(&t->mock->body);
	struct buf *head = &t->w->head;

	if (t->framing == REPLY_NO_BODY || body.n == 0) {
		head->n -= 2;
		body.n = 0;
	}
	body.n /= 2;
	traffic_note_body(t, body);
	fault_write(t, buf_str(head), body);
}

static void
fault_cut(struct transaction *t)
{
	reply_mock_head(t, false);
	fault_send_half(t);
	fault_end(t);
}

static void
fault_stall(struct transaction *t)
{
	reply_mock_head(t, false);
	fault_send_half(t);
	client_stall(t->c);
}

static void
fault_malformed(struct transaction *t)
{
	struct str half = buf_str(&t->mock->body);
	struct buf *head = &t->w->head, chunks = { 0 };
	char size[HTTP1_CHUNK_HEAD];

	reply_mock_head(t, true);
	if (t->framing != REPLY_CHUNKED) {
		fault_send_half(t);
		fault_end(t);
		return;
	}
	half.n /= 2;
	if (half.n > 0) {
		buf_add(&chunks, size, http1_chunk_head(size, half.n));
		buf_add_str(&chunks, half);
		buf_add_text(&chunks, "\r\n");
	}
	buf_add(&chunks, fault_garbage, sizeof(fault_garbage) - 1);
	fault_write(t, buf_str(head), buf_str(&chunks));
	buf_free(&chunks);
	fault_end(t);
}

void
fault_begin(struct transaction *t)
{
	static void (*const ways[])(struct transaction * t) = {
		[MOCK_FAULT_RESET] = fault_reset,
		[MOCK_FAULT_EMPTY] = fault_empty,
		[MOCK_FAULT_MALFORMED] = fault_malformed,
		[MOCK_FAULT_GARBAGE] = fault_send_garbage,
		[MOCK_FAULT_CUT] = fault_cut,
		[MOCK_FAULT_STALL] = fault_stall,
	};

	t->source = SOURCE_MOCK;
	ways[t->mock->fault](t);
}
