#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/mem.h"
#include "gateway/explainer.h"
#include "gateway/fetcher.h"
#include "gateway/indexed.h"
#include "gateway/plan.h"
#include "gateway/retention.h"
#include "gateway/tls.h"
#include "recorder/recorder.h"
#include "recorder/rules.h"
#include "recorder/store.h"
#include "replay/library.h"
#include "replay/playwright.h"

#include "gateway/outfit.h"

/* Who is told of redaction on which tape. */
struct outfit_marking {
	const struct redacting *redacting;
	const char *tape;
};

/* What is opened now, before anybody else can see it. */
struct fresh {
	const struct settings *settings; /* of the start: they name the store */
	struct mode sum;
	struct redacting *redacting; /* NULL: as it was */
	struct recorder *recorder;
	struct retention *retention;
	struct library *library;
	struct explainer *explainer;
	struct fetcher *fetcher;
	struct playwright *playwright;
	struct upstream_tls *tls;
	struct reader **readers;
};

/* ---- how secrets are kept out --------------------------------------- */

static void
outfit_free_redacting(struct redacting *r)
{
	if (r != NULL)
		redacting_close(r);
	free(r);
}

/* Whoever goes by it has it for as long as the gateway lives. */
static void
outfit_keep(struct outfit *o, struct redacting *r)
{
	o->redacting =
	    xrealloc(o->redacting, (o->nredacting + 1) * sizeof(*o->redacting));
	o->redacting[o->nredacting++] = r;
}

static void
outfit_use(struct outfit *o, struct redacting *r)
{
	o->now = r;
	o->shared->redactor = r->redactor;
}

/* One that was used before and does the same, or NULL. */
static struct redacting *
outfit_known(const struct outfit *o, const struct rules *rules)
{
	struct redacting *r;
	size_t i;

	for (i = 0; i < o->nredacting; i++) {
		r = o->redacting[i];
		if (redacting_is_by(r, rules) &&
		    memcmp(r->key.bytes, o->now->key.bytes,
			sizeof(r->key.bytes)) == 0)
			return r;
	}
	return NULL;
}

/* On the recorder's thread. */
static int
outfit_mark(struct store *s, void *arg, struct err *e)
{
	const struct outfit_marking *m = arg;
	int64_t tape = store_tape(s, str_of(m->tape), true, e);

	return tape > 0 ? redacting_note(m->redacting, s, tape, e) : -1;
}

int
outfit_redact(struct outfit *o, const struct plan *p, struct err *e)
{
	const struct rules *rules = p->settings->rules;
	struct outfit_marking m = { .tape = o->shared->settings->tape };
	struct recorder *recorder = o->shared->recorder;
	struct redacting *known, *r;

	if (redacting_is_by(o->now, rules))
		return 0;
	r = known = outfit_known(o, rules);
	if (known == NULL) {
		r = xcalloc(1, sizeof(*r));
		redacting_like(r, o->now, rules);
	}
	m.redacting = r;
	if (recorder != NULL &&
	    recorder_call(recorder, outfit_mark, &m, e) == -1) {
		if (known == NULL)
			outfit_free_redacting(r);
		return -1;
	}
	if (known == NULL)
		outfit_keep(o, r);
	outfit_use(o, r);
	if (o->shared->library != NULL)
		library_redacted(o->shared->library, buf_str(&r->mark));
	return 0;
}

/* ---- what is opened --------------------------------------------------- */

static bool
fresh_reads(const struct fresh *f)
{
	return f->sum.reads || f->sum.reads_on_failure;
}

static void
fresh_close(struct fresh *f, size_t n)
{
	size_t i;

	for (i = 0; f->readers != NULL && i < n; i++)
		reader_close(f->readers[i]);
	free(f->readers);
	fetcher_close(f->fetcher);
	explainer_close(f->explainer);
	library_close(f->library);
	playwright_free(f->playwright);
	retention_close(f->retention);
	recorder_close(f->recorder);
	tls_free(f->tls);
	outfit_free_redacting(f->redacting);
}

static const struct redacting *
fresh_redacting(const struct fresh *f, const struct outfit *o)
{
	return f->redacting != NULL ? f->redacting : o->now;
}

/* How secrets are kept out; with the key itself once it is recorded.  Other
 * rules are taken when all else is (outfit_redact()). */
static int
fresh_redact(struct fresh *f, const struct outfit *o, const struct plan *p,
    struct err *e)
{
	bool records = f->sum.records && o->shared->recorder == NULL;
	const struct redacting *now = o->now;
	const struct rules *rules =
	    now != NULL ? now->rules : p->settings->rules;
	struct redacting *r;

	if (now != NULL && (!records || now->key.known || !f->settings->redact))
		return 0;
	r = xcalloc(1, sizeof(*r));
	if (redacting_open_by(r, f->settings, rules, records, e) == 0) {
		f->redacting = r;
		return 0;
	}
	free(r);
	return -1;
}

/* Whether what is recorded goes by way of a file.  Who looks recordings up
 * already does not look there. */
static bool
fresh_buffers(const struct fresh *f, const struct outfit *o)
{
	return f->sum.records && o->shared->recorder == NULL &&
	       o->shared->library == NULL &&
	       store_is_shared(f->settings->store) &&
	       f->settings->durability != DURABILITY_STRICT;
}

static int
fresh_record(struct fresh *f, const struct outfit *o, struct err *e)
{
	const struct settings *s = f->settings;
	const struct redacting *by = fresh_redacting(f, o);
	struct recorder_options r = { .path = s->store,
		.tape = s->tape,
		.durability = s->durability,
		.on_record = s->on_record,
		.queue_bytes = s->queue_bytes,
		.on_room = o->on_room,
		.on_trouble = o->on_trouble,
		.buffered = fresh_buffers(f, o),
		.buffer = s->buffer,
		.buffer_bytes = s->buffer_bytes,
		.buffer_keep = s->buffer_keep,
		.prepare = o->prepare,
		.on_away = o->on_away,
		.on_refused = o->on_refused,
		.arg = o->arg,
		.redaction = buf_str(&by->mark) };

	if (!f->sum.records || o->shared->recorder != NULL)
		return 0;
	f->recorder = recorder_open(&r, e);
	return f->recorder != NULL ? 0 : -1;
}

/* Last, since it does not wait for what else is opened. */
static int
fresh_retain(struct fresh *f, const struct outfit *o, struct err *e)
{
	if (f->recorder == NULL || !retention_wanted(f->settings))
		return 0;
	f->retention = retention_open(f->settings, o->shared, f->recorder, e);
	return f->retention != NULL ? 0 : -1;
}

static int
fresh_open_readers(struct fresh *f, size_t n, struct err *e)
{
	size_t i;

	f->readers = xcalloc(n, sizeof(struct reader *));
	for (i = 0; i < n; i++)
		if ((f->readers[i] =
			    fetcher_reader(f->fetcher, f->library, e)) == NULL)
			return -1;
	return 0;
}

/* What the recorder has that is not in the store yet. */
static struct backlog *
fresh_backlog(const struct fresh *f, const struct outfit *o)
{
	const struct recorder *r =
	    f->recorder != NULL ? f->recorder : o->shared->recorder;

	return r != NULL ? recorder_backlog(r) : NULL;
}

static int
fresh_read(struct fresh *f, const struct outfit *o, size_t n, struct err *e)
{
	const struct settings *s = f->settings;
	struct library_options l = { .path = s->store,
		.tape = s->tape,
		.cache_bytes = s->cache_bytes != 0 ? s->cache_bytes
						   : o->shared->cache_room,
		.redact_key = &fresh_redacting(f, o)->key,
		.watch = !f->sum.records || store_is_shared(s->store),
		.share_cursors = s->cursors == CURSORS_SHARED,
		.poll_us = s->store_poll,
		.backlog = fresh_backlog(f, o) };

	if (!fresh_reads(f) || o->shared->library != NULL)
		return 0;
	if ((f->library = library_open(&l, e)) == NULL ||
	    (f->explainer = explainer_open(f->library, e)) == NULL)
		return -1;
	if (s->match == MATCH_PLAYWRIGHT)
		f->playwright = playwright_new();
	if (store_is_shared(s->store)) {
		f->fetcher = fetcher_open(f->library, s->store_timeout, e);
		if (f->fetcher == NULL)
			return -1;
	}
	return n > 0 ? fresh_open_readers(f, n, e) : 0;
}

static int
fresh_forward(struct fresh *f, const struct outfit *o, const struct plan *p,
    struct err *e)
{
	/* Without this nothing can go out: no pool, no resolver, no TLS. */
	if (p->offline || o->shared->tls != NULL)
		return 0;
	f->tls = tls_new(f->settings, f->settings->nupstreams, e);
	return f->tls != NULL ? 0 : -1;
}

/* The tape of a recorder is by the rules already. */
static int
fresh_index(const struct fresh *f, const struct outfit *o, const struct plan *p,
    struct err *e)
{
	bool reads = fresh_reads(f) && o->shared->library == NULL;

	if (o->shared->recorder != NULL || (!f->sum.records && !reads))
		return 0;
	if (fresh_buffers(f, o))
		return 0; /* prepare does it */
	return indexed_for_gateway(p->settings, f->sum.records, e);
}

/* From now on all see it. */
static void
fresh_publish(struct fresh *f, struct outfit *o)
{
	struct shared *g = o->shared;

	if (f->redacting != NULL) {
		outfit_keep(o, f->redacting);
		outfit_use(o, f->redacting);
	}
	if (f->recorder != NULL)
		g->recorder = f->recorder;
	if (f->retention != NULL)
		g->retention = f->retention;
	if (f->playwright != NULL)
		g->playwright = f->playwright;
	if (f->explainer != NULL)
		g->explainer = f->explainer;
	if (f->fetcher != NULL)
		g->fetcher = f->fetcher;
	if (f->library != NULL)
		g->library = f->library;
	if (f->tls != NULL)
		g->tls = f->tls;
}

int
outfit_open(struct outfit *o, const struct plan *p, size_t n,
    struct reader ***readers, struct err *e)
{
	struct fresh f = { .settings = o->shared->settings, .sum = p->sum };

	*readers = NULL;
	/* What was recorded up to now is to be found. */
	if (o->shared->recorder != NULL && fresh_reads(&f) &&
	    o->shared->library == NULL)
		recorder_flush(o->shared->recorder);
	if (fresh_forward(&f, o, p, e) == -1 ||
	    fresh_index(&f, o, p, e) == -1 || fresh_redact(&f, o, p, e) == -1 ||
	    fresh_record(&f, o, e) == -1 || fresh_read(&f, o, n, e) == -1 ||
	    fresh_retain(&f, o, e) == -1) {
		fresh_close(&f, n);
		return -1;
	}
	*readers = f.readers;
	fresh_publish(&f, o);
	return 0;
}

void
outfit_close(struct outfit *o)
{
	struct shared *g = o->shared;

	fetcher_close(g->fetcher);
	explainer_close(g->explainer);
	retention_close(g->retention);
	recorder_close(g->recorder);
	playwright_free(g->playwright);
	library_close(g->library);
	tls_free(g->tls);
	while (o->nredacting > 0)
		outfit_free_redacting(o->redacting[--o->nredacting]);
	free(o->redacting);
}
