/* The exchange that is recorded while it passes. */
#include "config.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "gateway/mailbox.h"
#include "gateway/plan.h"
#include "gateway/traffic_note.h"
#include "gateway/upstream.h"
#include "gateway/worker.h"
#include "gateway/ws_tap.h"
#include "recorder/recorder.h"
#include "recorder/rules.h"
#include "recorder/store.h"
#include "replay/key.h"

#include "gateway/transaction.h"

#define TEE_MOST_MARKS 65536 /* chunk boundaries kept of one answer */
#define TEE_MOST_RESERVED (256u * 1024) /* on the word of a Content-Length */

static struct str
tee_text(struct exchange *x, const char *text)
{
	return arena_str(&x->arena, str_of(text));
}

static void
tee_message(struct exchange *x, struct message *m, const struct http1_head *h)
{
	m->minor = http1_minor(h);
	m->version = http1_version_text(h);
	m->headers = headers_copy(&h->headers, &x->arena);
	m->framing = h->framing;
	m->head_bytes = (int64_t)h->bytes;
}

static void
tee_forget(struct headers *h, const char *name)
{
	size_t i, kept = 0;

	for (i = 0; i < h->n; i++)
		if (!str_iis(h->v[i].name, name))
			h->v[kept++] = h->v[i];
	h->n = kept;
}

static void
tee_redact_request(struct redaction *d, struct exchange *x)
{
	redact_request(d, x);
	redaction_answers(d);
}

static void
tee_key(struct transaction *t)
{
	t->keyer = t->w->keyers;
	key_exchange(t->w->keyer, t->x);
}

/* No secret is in a key.  That of a body which still comes is made at its
 * end. */
void
tee_settle(struct transaction *t)
{
	if (t->settled)
		return;
	t->settled = true;
	if (t->w->shared->redactor != NULL)
		tee_redact_request(&t->redaction, t->x);
	if (t->upload == NULL)
		tee_key(t);
}

static void
tee_redaction_begin(struct transaction *t)
{
	const struct exchange *x = t->x;
	const struct rules_request q = { x->method, x->scope, x->target };

	redaction_begin(&t->redaction, t->w->shared->redactor, &q);
}

void
tee_request(struct transaction *t)
{
	const struct http1_head *h = &t->r->head;
	struct exchange *x = t->x = recorder_exchange(t->w->shared->recorder);
	struct str base = str_of(t->route.origin->base);
	struct str target = buf_str(&t->target);
	char *url = arena_alloc(&x->arena, base.n + target.n + 1);

	x->started_us = clock_wall_us() - (t->w->now - t->r->started);
	x->method = arena_str(&x->arena, h->method);
	x->target = arena_str(&x->arena, h->path);
	x->scope = arena_str(&x->arena, t->route.scope);
	memcpy(url, base.p, base.n);
	memcpy(url + base.n, target.p, target.n);
	url[base.n + target.n] = '\0';
	x->url = (struct str){ url, base.n + target.n };
	tee_message(x, &x->request, h);
	/* What a client says to the gateway as its proxy is no part of the
	 * exchange, nor is what HTTP/2 has no field for. */
	if (t->w->shared->named != NULL)
		tee_forget(&x->request.headers, "Proxy-Authorization");
	if (client_is_http2(t->c))
		tee_forget(&x->request.headers, "Transfer-Encoding");
	x->request.trailers = headers_copy(&t->r->trailers, &x->arena);
	buf_add_str(&x->request.body.bytes, t->r->body);
	x->request.body.size = t->r->body.n;
	x->client_addr = tee_text(x, client_address(t->c));
	x->session = arena_str(&x->arena, t->session);
	x->mode = tee_text(x, t->mode->name);
	if (t->w->shared->redactor != NULL)
		tee_redaction_begin(t);
	if (t->upload != NULL) {
		tee_settle(t);
		tee_upload_begin(t);
	}
}

void
tee_interim(struct transaction *t, const struct http1_head *h)
{
	struct exchange *x = t->x;
	struct interim *i = arena_zalloc(&x->arena, sizeof(*i)), **last;

	i->status = h->status;
	i->headers = headers_copy(&h->headers, &x->arena);
	for (last = &x->interims; *last != NULL;)
		last = &(*last)->next;
	*last = i;
}

/* Where the exchange takes place is known from the head on; at the end the
 * connection may already serve another. */
static void
tee_peer(struct transaction *t)
{
	struct exchange *x = t->x;
	struct buf *note = &t->w->note; /* no head is being rendered */

	x->server_addr = tee_text(x, call_peer(t->call));
	if (call_connection(t->call) == 0)
		return;
	note->n = 0;
	buf_add_u64(note, call_connection(t->call));
	x->connection = arena_str(&x->arena, buf_str(note));
}

void
tee_head(struct transaction *t, const struct http1_head *h)
{
	struct exchange *x = t->x;

	x->status = h->status;
	x->reason = arena_str(&x->arena, h->reason);
	tee_message(x, &x->response, h);
	/* What the client spoke is not what the upstream was asked by. */
	if (h->http2) {
		x->request.version = http1_version_text(h);
		x->request.minor = http1_minor(h);
	}
	/* A body that is as long as it says does not move while it grows. */
	if (h->framing == FRAMING_LENGTH && h->length <= TEE_MOST_RESERVED)
		buf_reserve(&x->response.body.bytes, (size_t)h->length);
	tee_peer(t);
}

static void
tee_part(struct transaction *t, struct buf *b)
{
	if (b->n == 0)
		return;
	if (t->recording == NULL)
		t->recording = recording_new(t->w->shared->recorder);
	recording_part(t->recording, b->p, b->n);
	t->kept_size += b->n;
	b->n = 0;
	tee_draft_parted(t);
}

/* What is decided of the body so far goes to the recorder. */
static void
tee_redact_part(struct transaction *t, struct buf *b)
{
	struct buf out = { 0 };

	tee_settle(t);
	if (t->stream == NULL)
		t->stream =
		    redact_stream_new(&t->redaction, &t->x->response.headers);
	redact_stream_take(t->stream, b, &out);
	tee_part(t, &out);
	buf_free(&out);
}

void
tee_body(struct transaction *t, struct str bytes)
{
	struct buf *b = &t->x->response.body.bytes;

	buf_add_str(b, bytes);
	if (b->n < BODY_PART)
		return;
	if (t->w->shared->redactor == NULL || t->tap != NULL)
		tee_part(t, b);
	else
		tee_redact_part(t, b);
}

void
tee_mark(struct transaction *t)
{
	if (t->body_size == t->marked || t->nmarks == TEE_MOST_MARKS)
		return;
	if (t->nmarks == t->marks_cap) {
		t->marks_cap = t->marks_cap == 0 ? 4 : 2 * t->marks_cap;
		t->marks = xrealloc(t->marks, t->marks_cap * sizeof(*t->marks));
	}
	t->marks[t->nmarks++] =
	    (struct chunk_mark){ t->marked, t->w->now - t->r->started };
	t->marked = t->body_size;
}

/* An answer that came at once has no rhythm to keep. */
static void
tee_add_marks(struct transaction *t)
{
	struct exchange *x = t->x;

	if (t->nmarks < 2)
		return;
	x->chunks = arena_alloc(&x->arena, t->nmarks * sizeof(*x->chunks));
	memcpy(x->chunks, t->marks, t->nmarks * sizeof(*x->chunks));
	x->nchunks = t->nmarks;
}

/* ---- the recorder's word --------------------------------------------- */

/* What a worker leaves to the recorder's thread, in the exchange's arena. */
struct tee_later {
	struct keyer *keyer; /* NULL: it is settled */
	bool redacts;
	struct redaction redaction;
};

/* Carries the word that an exchange is committed back to its worker; t is
 * NULL when nobody waits for it. */
struct tee_word {
	struct tee_later *later; /* for the thread to do first; or NULL */
	struct library *library; /* told when the entry was added there */
	struct library_keys keys;
	struct traffic_link *link; /* told, too; or NULL */
	struct mailbox *mailbox;
	struct transaction *t;
	void (*on_written)(struct transaction *t, bool stored);
	bool stored;
};

static void
tee_deliver(struct worker *w, void *arg)
{
	struct tee_word *word = arg;

	(void)w;
	word->on_written(word->t, word->stored);
	mailbox_unref(word->mailbox);
	free(word);
}

/* On the recorder's thread. */
static void
tee_finish(void *arg, struct exchange *x)
{
	struct tee_later *l = ((struct tee_word *)arg)->later;

	if (l == NULL)
		return;
	if (l->keyer != NULL && l->redacts)
		tee_redact_request(&l->redaction, x);
	if (l->keyer != NULL)
		key_exchange(l->keyer, x);
	if (!l->redacts)
		return;
	redact_response_body(&l->redaction, x);
	redact_response(&l->redaction, x);
	redaction_end(&l->redaction);
}

/* The same. */
static void
tee_on_written(void *arg, int64_t entry)
{
	struct tee_word *word = arg;

	if (word->library != NULL)
		library_written(word->library, &word->keys, entry);
	/* One that waits has not its number yet. */
	if (word->link != NULL && entry != -1 && entry < STORE_WAITING)
		atomic_store(&word->link->entry, entry);
	traffic_link_unref(word->link);
	word->stored = entry != -1;
	if (word->t != NULL && !mailbox_post(word->mailbox, tee_deliver, word))
		abort(); /* workers outlive the recorder */
}

/* All that is known of the exchange at its end. */
static void
tee_complete(struct transaction *t, enum outcome outcome, const char *failure,
    const struct headers *trailers)
{
	struct exchange *x = t->x;

	x->outcome = outcome;
	if (failure != NULL)
		x->failure = tee_text(x, failure);
	if (trailers != NULL)
		x->response.trailers = headers_copy(trailers, &x->arena);
	x->response.body.size = t->body_size;
	if (t->tap != NULL)
		tee_socket_end(t);
	else
		call_timings(t->call, &x->timings);
	if (x->status == 0)
		tee_peer(t);
	tee_add_marks(t);
}

static void
tee_redact_stream(struct transaction *t)
{
	struct exchange *x = t->x;
	struct body *b = &x->response.body;

	b->known = redact_stream_end(t->stream, &b->bytes);
	if (b->known) {
		b->size = t->kept_size + b->bytes.n;
		redact_stream_settle(t->stream, x, b->size);
	}
	redact_stream_free(t->stream);
	t->stream = NULL;
}

static void
tee_redact_response(struct transaction *t)
{
	if (t->stream != NULL)
		tee_redact_stream(t);
	else if (t->tap == NULL)
		redact_response_body(&t->redaction, t->x);
	redact_response(&t->redaction, t->x);
}

void
tee_drop(struct transaction *t)
{
	ws_tap_free(t->tap);
	tee_draft_end(t);
	if (t->recording != NULL)
		recording_drop(t->recording);
	if (t->x != NULL && t->w->shared->redactor != NULL)
		redaction_end(&t->redaction);
	redact_stream_free(t->stream);
	tee_upload_free(t);
	exchange_free(t->x);
}

/* Whether the body can be searched for secrets wherever that is done. */
static bool
tee_is_plain(const struct message *m)
{
	return headers_get(&m->headers, "Content-Encoding").p == NULL;
}

/* Whether nobody here looks at the exchange any more. */
static bool
tee_is_later(const struct transaction *t, bool findable)
{
	return !findable && t->w->lease != NULL && t->stream == NULL &&
	       t->tap == NULL && tee_is_plain(&t->x->request) &&
	       tee_is_plain(&t->x->response);
}

/* What is left of t goes to the recorder's thread. */
static struct tee_later *
tee_leave(struct transaction *t)
{
	struct tee_later *l = arena_alloc(&t->x->arena, sizeof(*l));

	l->keyer = t->settled ? NULL : t->w->lease->plan->keyer;
	l->redacts = t->w->shared->redactor != NULL;
	if (l->redacts)
		l->redaction = t->redaction;
	return l;
}

/* What can be done later never drops a body. */
static void
tee_warn(struct transaction *t)
{
	char subject[256];

	if (t->w->shared->redactor != NULL && t->redaction.dropped)
		log_warn(transaction_subject(t, subject, sizeof(subject)),
		    "recorded without a body that could not be searched for "
		    "secrets");
}

/* Keys and redaction, or NULL: what is left of them for later. */
static struct tee_later *
tee_work(struct transaction *t, bool findable)
{
	bool later = tee_is_later(t, findable);

	if (!later) {
		tee_settle(t);
		if (t->w->shared->redactor != NULL)
			tee_redact_response(t);
	}
	tee_warn(t);
	if (later)
		return tee_leave(t);
	if (t->w->shared->redactor != NULL)
		redaction_end(&t->redaction);
	return NULL;
}

/* NULL when nobody is to be told.  Where no worker is it lies in the exchange,
 * which is there until all are told: memory that one thread takes and another
 * gives back costs both a lock. */
static struct tee_word *
tee_word_new(struct transaction *t, bool findable, struct tee_later *later,
    void (*on_written)(struct transaction *t, bool stored))
{
	struct traffic_link *link = traffic_note_link(t);
	struct tee_word *word;

	if (!findable && on_written == NULL && link == NULL && later == NULL)
		return NULL;
	word = on_written != NULL ? xcalloc(1, sizeof(*word))
				  : arena_zalloc(&t->x->arena, sizeof(*word));
	word->later = later;
	word->link = link;
	if (findable) {
		word->library = t->w->shared->library;
		word->keys = library_keys(t->x);
	}
	if (on_written != NULL) {
		word->t = t;
		word->on_written = on_written;
		word->mailbox = mailbox_ref(t->w->mailbox);
	}
	return word;
}

bool
tee_end(struct transaction *t, enum outcome outcome, const char *failure,
    const struct headers *trailers,
    void (*on_written)(struct transaction *t, bool stored))
{
	struct shared *g = t->w->shared;
	bool findable = g->library != NULL && outcome == OUTCOME_COMPLETE;
	struct tee_later *later;
	struct tee_word *word;
	struct recording *request = NULL;

	if (outcome != OUTCOME_COMPLETE && !t->settings->record_failures)
		return false; /* transaction_free() drops it */
	if (t->settings->durability != DURABILITY_STRICT)
		on_written = NULL;
	tee_draft_end(t);
	tee_complete(t, outcome, failure, trailers);
	if (t->upload_tee != NULL)
		request = tee_upload_settle(t);
	else if (t->settled && t->keyer != t->w->keyers)
		tee_key(t); /* the rules are others now */
	later = tee_work(t, findable);
	word = tee_word_new(t, findable, later, on_written);
	if (findable)
		library_add(g->library, t->x);
	t->committing = on_written != NULL;
	recorder_give_unfinished(g->recorder, t->x, request, t->recording,
	    word != NULL ? tee_finish : NULL,
	    word != NULL ? tee_on_written : NULL, word);
	t->x = NULL;
	t->recording = NULL;
	return on_written != NULL;
}
