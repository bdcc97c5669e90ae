#include "config.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <time.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/mem.h"
#include "recorder/store.h"

#include "recorder/recorder.h"

#define RECORDER_QUEUE_BYTES (16u << 20)
#define RECORDER_GROUP_BYTES (8u << 20)
#define RECORDER_GROUP_ENTRIES 1000
#define RECORDER_GROUP_US 100000

/* What an exchange takes beside its heads and bodies, about. */
#define RECORDER_EXCHANGE_BYTES 4096

enum item_kind { ITEM_EXCHANGE, ITEM_PART, ITEM_DROP };

/* One thing to write.  It stays until its group is committed or given up. */
struct item {
	struct item *next;
	enum item_kind kind;
	size_t bytes; /* what it counts in the queue */
	bool lost;

	struct exchange *x;
	struct recording *request, *response;
	void (*on_written)(void *arg, int64_t entry);
	void *arg;

	struct recording *recording; /* of a part or a drop */
	struct buf part;
	bool summed; /* the part is in the recording's digest */
};

/* The recorder's thread alone looks inside; all others only pass it on. */
struct recording {
	struct recorder *recorder;
	int64_t body; /* in the store; 0: not begun */
	int64_t kept; /* the same as of the last commit */
	bool failed;  /* a part is lost, so the whole is */
	struct digest *digest;
	uint64_t size;
	bool ended; /* size, sha256 and digest are final */
	uint8_t sha256[DIGEST_BYTES];
};

struct list {
	struct item *first, **last;
};

/* What the thread waits for, so that it is woken once and only for that. */
enum sleep { SLEEP_AWAKE, SLEEP_IDLE, SLEEP_GATHERING };

struct recorder {
	struct recorder_options o;
	struct store *store;
	int64_t tape;
	bool failing; /* on_trouble() said so */
	pthread_t thread;

	atomic_bool full;

	pthread_mutex_t mutex;   /* over all below */
	pthread_cond_t wake;     /* for the thread; on the monotonic clock */
	pthread_cond_t progress; /* done has moved */
	struct list queue;
	int64_t first_us;     /* when the queue's first item came */
	size_t group_bytes;   /* enough in the queue to write it now */
	size_t waiting_bytes; /* in the queue: not in a group yet */
	uint64_t waiting_entries;
	uint64_t given, done; /* items */
	enum sleep sleep;
	bool hurry; /* somebody waits in recorder_flush() */
	bool stop;
	struct recorder_figures figures;
};

static void
list_add(struct list *l, struct item *i)
{
	i->next = NULL;
	*l->last = i;
	l->last = &i->next;
}

static void
recording_free(struct recording *p)
{
	if (p == NULL)
		return;
	digest_free(p->digest);
	free(p);
}

static void
item_free(struct item *i)
{
	if (i->kind == ITEM_EXCHANGE) {
		exchange_free(i->x);
		recording_free(i->request);
		recording_free(i->response);
	} else if (i->kind == ITEM_DROP) {
		recording_free(i->recording);
	}
	buf_free(&i->part);
	free(i);
}

/* What of a group is written entry by entry, with the store's calls. */

static void
recording_sum(struct recording *p, struct str bytes)
{
	digest_add(p->digest, bytes.p, bytes.n);
	p->size += bytes.n;
}

static int
recording_write(struct recording *p, struct str bytes, struct err *e)
{
	struct store *s = p->recorder->store;

	if (p->body == 0) {
		int64_t body = store_body_begin(s, e);

		if (body < 0)
			return -1;
		p->body = body;
	}
	return store_body_part(s, p->body, bytes, e);
}

/*
 * Ends the recording of b: what b still has in memory is its last part.  b
 * keeps those bytes, for another try after a rollback.
 */
static int
recording_end(struct recording *p, struct body *b, struct err *e)
{
	if (p->failed)
		return err_set(e, "a part of the body could not be stored");
	if (!p->ended) {
		recording_sum(p, buf_str(&b->bytes));
		digest_end(p->digest, p->sha256);
		p->ended = true;
	}
	if (recording_write(p, buf_str(&b->bytes), e) != 0)
		return -1;
	b->stored_id =
	    store_body_end(p->recorder->store, p->body, p->size, p->sha256, e);
	if (b->stored_id < 0) {
		b->stored_id = 0;
		return -1;
	}
	b->size = p->size;
	return 0;
}

/* Of an exchange that is given up, the parts that were committed before.
 * What cannot be deleted now is swept out when the store is next opened. */
static void
recording_forget(struct recording *p)
{
	struct err e;

	if (p != NULL && p->body > 0)
		(void)store_body_forget(p->recorder->store, p->body, &e);
}

static int
item_write_exchange(struct recorder *r, struct item *i, struct err *e)
{
	if (i->request != NULL &&
	    recording_end(i->request, &i->x->request.body, e) != 0)
		return -1;
	if (i->response != NULL &&
	    recording_end(i->response, &i->x->response.body, e) != 0)
		return -1;
	return store_put(r->store, r->tape, i->x, e);
}

static int
item_write(struct recorder *r, struct item *i, struct err *e)
{
	struct recording *p = i->recording;

	switch (i->kind) {
	case ITEM_EXCHANGE:
		return item_write_exchange(r, i, e);
	case ITEM_PART:
		if (!i->summed)
			recording_sum(p, buf_str(&i->part));
		i->summed = true;
		return p->failed ? 0 : recording_write(p, buf_str(&i->part), e);
	case ITEM_DROP:
		return p->body > 0 ? store_body_forget(r->store, p->body, e)
				   : 0;
	}
	return 0;
}

/* After a rollback: nothing of it is in the store but what was before. */
static void
recording_reset(struct recording *p, struct body *b)
{
	if (p == NULL)
		return;
	p->body = p->kept;
	if (b != NULL)
		b->stored_id = 0;
}

static void
item_reset(struct item *i)
{
	recording_reset(i->recording, NULL);
	if (i->kind == ITEM_EXCHANGE) {
		i->x->id = 0;
		recording_reset(i->request, &i->x->request.body);
		recording_reset(i->response, &i->x->response.body);
	}
}

static void
item_keep(struct item *i)
{
	if (i->kind == ITEM_PART)
		i->recording->kept = i->recording->body;
}

/* All of it in one transaction; rolled back when something fails. */
static int
group_try(
    struct recorder *r, struct item *first, struct item *end, struct err *e)
{
	struct item *i;

	if (store_begin(r->store, e) != 0)
		return -1;
	for (i = first; i != end; i = i->next)
		if (item_write(r, i, e) != 0)
			break;
	if (i == end && store_commit(r->store, e) == 0) {
		for (i = first; i != end; i = i->next)
			item_keep(i);
		return 0;
	}
	store_rollback(r->store);
	for (i = first; i != end; i = i->next)
		item_reset(i);
	return -1;
}

static void
item_lose(struct item *i)
{
	i->lost = true;
	if (i->kind == ITEM_PART)
		i->recording->failed = true;
	else if (i->kind == ITEM_EXCHANGE) {
		recording_forget(i->request);
		recording_forget(i->response);
	}
}

/* Writes the group; when it cannot be written whole, each item on its own, so
 * that one that the store refuses does not take the others with it.  The
 * number of commits. */
static uint64_t
group_write(struct recorder *r, struct item *first, bool *failed, struct err *e)
{
	struct item *i;
	uint64_t commits = 0;

	*failed = false;
	if (group_try(r, first, NULL, e) == 0)
		return 1;
	for (i = first; i != NULL; i = i->next) {
		if (group_try(r, i, i->next, e) == 0) {
			commits++;
			continue;
		}
		item_lose(i);
		*failed = true;
	}
	return commits;
}

static void
group_report(struct recorder *r, bool failed, const struct err *e)
{
	if (failed == r->failing)
		return;
	r->failing = failed;
	if (r->o.on_trouble != NULL)
		r->o.on_trouble(r->o.arg, failed ? e->text : NULL);
}

/* Tells the owners of the group's exchanges and frees it. */
static void
group_end(struct item *first)
{
	struct item *i;

	while ((i = first) != NULL) {
		first = i->next;
		if (i->on_written != NULL)
			i->on_written(i->arg, i->lost ? -1 : i->x->id);
		item_free(i);
	}
}

static void
group_figures(struct recorder *r, struct item *first, uint64_t commits,
    size_t *bytes, uint64_t *items)
{
	struct item *i;

	*bytes = 0;
	*items = 0;
	pthread_mutex_lock(&r->mutex);
	r->figures.commits += commits;
	for (i = first; i != NULL; i = i->next) {
		*bytes += i->bytes;
		++*items;
		if (i->kind != ITEM_EXCHANGE)
			continue;
		if (i->lost)
			r->figures.lost++;
		else
			r->figures.entries++;
	}
	pthread_mutex_unlock(&r->mutex);
}

/* The group has left the queue.  Whether there is room again that was not
 * before. */
static bool
group_leave(struct recorder *r, size_t bytes, uint64_t items, uint64_t entries)
{
	bool room;

	pthread_mutex_lock(&r->mutex);
	r->figures.queued_bytes -= bytes;
	r->figures.queued_entries -= entries;
	r->done += items;
	room = atomic_load(&r->full) &&
	       r->figures.queued_bytes < r->o.queue_bytes / 2;
	if (room)
		atomic_store(&r->full, false);
	pthread_cond_broadcast(&r->progress);
	pthread_mutex_unlock(&r->mutex);
	return room;
}

static void
recorder_write(struct recorder *r, struct item *first, uint64_t entries)
{
	struct err e = { "" };
	size_t bytes;
	uint64_t commits, items;
	bool failed;

	commits = group_write(r, first, &failed, &e);
	group_report(r, failed, &e);
	group_figures(r, first, commits, &bytes, &items);
	group_end(first);
	if (group_leave(r, bytes, items, entries) && r->o.on_room != NULL)
		r->o.on_room(r->o.arg);
}

/* The waiting of the thread and the queue's other end. */

/* Whether what is in the queue is to be written now. */
static bool
recorder_due(const struct recorder *r)
{
	return r->o.durability == DURABILITY_STRICT || r->hurry || r->stop ||
	       r->waiting_entries >= RECORDER_GROUP_ENTRIES ||
	       r->waiting_bytes >= r->group_bytes;
}

static void
recorder_gather(struct recorder *r)
{
	int64_t until = r->first_us + RECORDER_GROUP_US;
	struct timespec at = {
		.tv_sec = until / 1000000,
		.tv_nsec = until % 1000000 * 1000,
	};

	while (!recorder_due(r)) {
		r->sleep = SLEEP_GATHERING;
		if (pthread_cond_timedwait(&r->wake, &r->mutex, &at) ==
		    ETIMEDOUT)
			break;
	}
	r->sleep = SLEEP_AWAKE;
}

/* Takes the next group; waits for one.  NULL when there will be none. */
static struct item *
recorder_take(struct recorder *r, uint64_t *entries)
{
	struct item *first, **at;
	size_t bytes = 0;

	*entries = 0;
	pthread_mutex_lock(&r->mutex);
	while (r->queue.first == NULL && !r->stop) {
		r->sleep = SLEEP_IDLE;
		pthread_cond_wait(&r->wake, &r->mutex);
	}
	r->sleep = SLEEP_AWAKE;
	if (r->queue.first != NULL)
		recorder_gather(r);
	first = r->queue.first;
	for (at = &r->queue.first;
	     *at != NULL && *entries < RECORDER_GROUP_ENTRIES &&
	     bytes < RECORDER_GROUP_BYTES;
	     at = &(*at)->next) {
		bytes += (*at)->bytes;
		*entries += (*at)->kind == ITEM_EXCHANGE;
	}
	r->queue.first = *at;
	*at = NULL;
	if (r->queue.first == NULL) {
		r->queue.last = &r->queue.first;
		r->hurry = false;
	}
	r->waiting_bytes -= bytes;
	r->waiting_entries -= *entries;
	pthread_mutex_unlock(&r->mutex);
	return first;
}

static void *
recorder_run(void *arg)
{
	struct recorder *r = arg;
	struct item *first;
	uint64_t entries;

	(void)pthread_setname_np(pthread_self(), "recorder"); /* for eyes */
	while ((first = recorder_take(r, &entries)) != NULL)
		recorder_write(r, first, entries);
	return NULL;
}

static void
recorder_queue(struct recorder *r, struct item *i)
{
	pthread_mutex_lock(&r->mutex);
	if (r->queue.first == NULL)
		r->first_us = clock_mono_us();
	list_add(&r->queue, i);
	r->given++;
	r->waiting_bytes += i->bytes;
	r->waiting_entries += i->kind == ITEM_EXCHANGE;
	r->figures.queued_entries += i->kind == ITEM_EXCHANGE;
	r->figures.queued_bytes += i->bytes;
	if (r->figures.queued_bytes > r->figures.peak_queued_bytes)
		r->figures.peak_queued_bytes = r->figures.queued_bytes;
	if (r->figures.queued_bytes > r->o.queue_bytes)
		atomic_store(&r->full, true);
	if (r->sleep == SLEEP_IDLE ||
	    (r->sleep == SLEEP_GATHERING && recorder_due(r))) {
		r->sleep = SLEEP_AWAKE;
		pthread_cond_signal(&r->wake);
	}
	pthread_mutex_unlock(&r->mutex);
}

static struct item *
item_new(enum item_kind kind)
{
	struct item *i = xcalloc(1, sizeof(*i));

	i->kind = kind;
	return i;
}

struct recording *
recording_new(struct recorder *r)
{
	struct recording *p = xcalloc(1, sizeof(*p));

	p->recorder = r;
	p->digest = digest_new();
	return p;
}

void
recording_part(struct recording *p, const void *bytes, size_t n)
{
	struct item *i = item_new(ITEM_PART);

	i->recording = p;
	buf_add(&i->part, bytes, n);
	i->bytes = sizeof(*i) + n;
	recorder_queue(p->recorder, i);
}

void
recording_drop(struct recording *p)
{
	struct item *i = item_new(ITEM_DROP);

	i->recording = p;
	i->bytes = sizeof(*i);
	recorder_queue(p->recorder, i);
}

static size_t
message_bytes(const struct message *m)
{
	return m->body.bytes.cap +
	       (m->head_bytes > 0 ? (size_t)m->head_bytes : 0);
}

static size_t
exchange_bytes(const struct exchange *x)
{
	return RECORDER_EXCHANGE_BYTES + message_bytes(&x->request) +
	       message_bytes(&x->response) + x->nchunks * sizeof(*x->chunks);
}

void
recorder_give(struct recorder *r, struct exchange *x, struct recording *request,
    struct recording *response, void (*on_written)(void *arg, int64_t entry),
    void *arg)
{
	struct item *i = item_new(ITEM_EXCHANGE);

	i->x = x;
	i->request = request;
	i->response = response;
	i->on_written = on_written;
	i->arg = arg;
	i->bytes = exchange_bytes(x);
	recorder_queue(r, i);
}

bool
recorder_full(struct recorder *r)
{
	return atomic_load_explicit(&r->full, memory_order_relaxed);
}

void
recorder_figures(struct recorder *r, struct recorder_figures *f)
{
	pthread_mutex_lock(&r->mutex);
	*f = r->figures;
	pthread_mutex_unlock(&r->mutex);
}

/* With the mutex held: the thread is to look again. */
static void
recorder_rouse(struct recorder *r)
{
	r->sleep = SLEEP_AWAKE;
	pthread_cond_signal(&r->wake);
}

void
recorder_flush(struct recorder *r)
{
	uint64_t given;

	pthread_mutex_lock(&r->mutex);
	given = r->given;
	if (r->queue.first != NULL) {
		r->hurry = true;
		recorder_rouse(r);
	}
	while (r->done < given)
		pthread_cond_wait(&r->progress, &r->mutex);
	pthread_mutex_unlock(&r->mutex);
}

static int
recorder_open_store(struct recorder *r, struct err *e)
{
	r->store = store_open(
	    r->o.path, STORE_WRITE, r->o.durability == DURABILITY_STRICT, e);
	if (r->store == NULL)
		return -1;
	if (r->o.durability == DURABILITY_OFF)
		store_no_sync(r->store);
	r->tape = store_tape(r->store, str_of(r->o.tape), true, e);
	return r->tape > 0 ? 0 : -1;
}

static void
recorder_init(struct recorder *r, const struct recorder_options *o)
{
	pthread_condattr_t monotonic;

	r->o = *o;
	if (r->o.queue_bytes == 0)
		r->o.queue_bytes = RECORDER_QUEUE_BYTES;
	/* A queue smaller than two groups must not fill up while its first
	 * is gathered. */
	r->group_bytes = r->o.queue_bytes / 2 < RECORDER_GROUP_BYTES
			     ? r->o.queue_bytes / 2
			     : RECORDER_GROUP_BYTES;
	r->queue.last = &r->queue.first;
	atomic_init(&r->full, false);
	pthread_mutex_init(&r->mutex, NULL);
	pthread_cond_init(&r->progress, NULL);
	pthread_condattr_init(&monotonic);
	pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	pthread_cond_init(&r->wake, &monotonic);
	pthread_condattr_destroy(&monotonic);
}

static void
recorder_free(struct recorder *r)
{
	store_close(r->store);
	pthread_cond_destroy(&r->wake);
	pthread_cond_destroy(&r->progress);
	pthread_mutex_destroy(&r->mutex);
	free(r);
}

/* Signals are for the program's other threads. */
static int
recorder_start(struct recorder *r, struct err *e)
{
	sigset_t all, before;

	sigfillset(&all);
	pthread_sigmask(SIG_BLOCK, &all, &before);
	errno = pthread_create(&r->thread, NULL, recorder_run, r);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (errno != 0)
		return err_sys(e, "cannot start the recorder's thread");
	return 0;
}

struct recorder *
recorder_open(const struct recorder_options *o, struct err *e)
{
	struct recorder *r = xcalloc(1, sizeof(*r));

	recorder_init(r, o);
	if (recorder_open_store(r, e) == 0 && recorder_start(r, e) == 0)
		return r;
	recorder_free(r);
	return NULL;
}

void
recorder_close(struct recorder *r)
{
	if (r == NULL)
		return;
	pthread_mutex_lock(&r->mutex);
	r->stop = true;
	recorder_rouse(r);
	pthread_mutex_unlock(&r->mutex);
	pthread_join(r->thread, NULL);
	recorder_free(r);
}
