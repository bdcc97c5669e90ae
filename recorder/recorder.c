#include "config.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/mem.h"
#include "base/thread.h"
#include "recorder/backlog.h"
#include "recorder/group.h"
#include "recorder/pack.h"
#include "recorder/shipper.h"
#include "recorder/sqlite_backlog.h"
#include "recorder/store.h"

#include "recorder/recorder.h"

#define RECORDER_QUEUE_BYTES (16u << 20)
#define RECORDER_GROUP_BYTES (8u << 20)
#define RECORDER_GROUP_ENTRIES 1000
#define RECORDER_GROUP_US 100000

/* What an exchange takes beside its heads and bodies, about. */
#define RECORDER_EXCHANGE_BYTES 4096

#define RECORDER_BLANKS 1024
#define RECORDER_BLANK_BODY 4096 /* bytes of body memory a blank keeps */

struct list {
	struct item *first, **last;
};

/* What the thread waits for, so that it is woken once and only for that. */
enum sleep { SLEEP_AWAKE, SLEEP_IDLE, SLEEP_GATHERING };

/* What somebody else wants to do with the store. */
struct recorder_call {
	struct recorder_call *next;
	int (*fn)(struct store *s, void *arg, struct err *e);
	void *arg;
	struct err *e;
	int result;
	bool done;
};

struct recorder {
	struct recorder_options o;
	struct group_target to;  /* of the thread */
	struct backlog *backlog; /* NULL: what is given goes to the store */
	struct shipper *shipper;
	bool failing;        /* on_trouble() said so */
	int64_t group_began; /* monotonic; of the thread */
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
	struct recorder_call *calls;
	bool stop;
	struct recorder_figures figures;

	pthread_mutex_t blank_mutex; /* over the blanks, newest last */
	struct exchange *blanks[RECORDER_BLANKS];
	size_t nblanks;
};

static void
list_add(struct list *l, struct item *i)
{
	i->next = NULL;
	*l->last = i;
	l->last = &i->next;
}

/* A written exchange becomes a blank one: its memory was made by a worker and
 * serves the next there, which is cheaper than freeing it across threads. */
static void
recorder_reuse(void *arg, struct exchange *x)
{
	struct recorder *r = arg;

	exchange_reset(x, RECORDER_BLANK_BODY);
	pthread_mutex_lock(&r->blank_mutex);
	if (r->nblanks < RECORDER_BLANKS) {
		r->blanks[r->nblanks++] = x;
		x = NULL;
	}
	pthread_mutex_unlock(&r->blank_mutex);
	exchange_free(x);
}

struct exchange *
recorder_exchange(struct recorder *r)
{
	struct exchange *x = NULL;

	pthread_mutex_lock(&r->blank_mutex);
	if (r->nblanks > 0)
		x = r->blanks[--r->nblanks];
	pthread_mutex_unlock(&r->blank_mutex);
	return x != NULL ? x : exchange_new();
}

static void
recorder_report(struct recorder *r, bool failed, const struct err *e)
{
	if (failed == r->failing)
		return;
	r->failing = failed;
	if (r->o.on_trouble != NULL)
		r->o.on_trouble(r->o.arg, failed ? e->text : NULL);
}

static uint64_t
recorder_written(const struct message *m)
{
	return m->body.bytes.n +
	       (m->head_bytes > 0 ? (uint64_t)m->head_bytes : 0);
}

static uint64_t
recorder_item_written(const struct item *i)
{
	return i->kind == ITEM_PART ? i->part.n
	       : i->kind == ITEM_EXCHANGE
		   ? recorder_written(&i->x->request) +
			 recorder_written(&i->x->response)
		   : 0;
}

static void
recorder_count(struct recorder *r, struct item *first, uint64_t commits,
    size_t *bytes, uint64_t *items)
{
	struct item *i;

	*bytes = 0;
	*items = 0;
	pthread_mutex_lock(&r->mutex);
	r->figures.commits += commits;
	r->figures.commit_us += (uint64_t)(clock_mono_us() - r->group_began);
	for (i = first; i != NULL; i = i->next) {
		*bytes += i->bytes;
		++*items;
		if (!i->lost && !i->declined)
			r->figures.written_bytes += recorder_item_written(i);
		if (i->kind != ITEM_EXCHANGE)
			continue;
		if (i->lost)
			r->figures.lost++;
		else if (!i->declined)
			r->figures.entries++;
	}
	pthread_mutex_unlock(&r->mutex);
}

/* The group has left the queue.  Whether there is room again that was not
 * before. */
static bool
recorder_leave(
    struct recorder *r, size_t bytes, uint64_t items, uint64_t entries)
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

/* What was written is a part of the backlog: the last of it, or 0. */
static int64_t
recorder_waits(struct item *first)
{
	int64_t last = 0;
	struct item *i;

	for (i = first; i != NULL; i = i->next) {
		if (i->kind != ITEM_EXCHANGE || i->lost || i->declined)
			continue;
		last = i->x->id;
		i->x->id += STORE_WAITING;
	}
	return last;
}

/* It moves when its owners know that it is there.  What was shipped makes room
 * for it. */
static void
recorder_ship(struct recorder *r, int64_t last)
{
	struct err e;

	if (last > 0) {
		backlog_set_last(r->backlog, last);
		shipper_wake(r->shipper);
	}
	/* What cannot be deleted now is when all is shipped. */
	(void)backlog_tidy(r->backlog, r->to.store, false, &e);
}

static void
recorder_write(struct recorder *r, struct item *first, uint64_t entries)
{
	struct err e = { "" };
	size_t bytes;
	uint64_t commits, items;
	int64_t last = 0;
	bool failed;

	r->group_began = clock_mono_us();
	commits = group_write(&r->to, first, &failed, &e);
	recorder_report(r, failed, &e);
	recorder_count(r, first, commits, &bytes, &items);
	if (r->backlog != NULL)
		last = recorder_waits(first);
	group_end(first, recorder_reuse, r);
	if (r->backlog != NULL)
		recorder_ship(r, last);
	if (recorder_leave(r, bytes, items, entries) && r->o.on_room != NULL)
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

	while (!recorder_due(r)) {
		r->sleep = SLEEP_GATHERING;
		if (!thread_wait(&r->wake, &r->mutex, until))
			break;
	}
	r->sleep = SLEEP_AWAKE;
}

/* Takes the next group; waits for one, or for a call.  False when there will
 * be none. */
static bool
recorder_take(struct recorder *r, struct item **group, uint64_t *entries)
{
	struct item *first, **at;
	bool more;
	size_t bytes = 0;

	*entries = 0;
	pthread_mutex_lock(&r->mutex);
	while (r->queue.first == NULL && !r->stop && r->calls == NULL) {
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
	more = first != NULL || r->calls != NULL;
	pthread_mutex_unlock(&r->mutex);
	*group = first;
	return more;
}

/* Does what others want to do with the store; they wait. */
static void
recorder_answer(struct recorder *r)
{
	struct recorder_call *c;

	pthread_mutex_lock(&r->mutex);
	while ((c = r->calls) != NULL) {
		r->calls = c->next;
		pthread_mutex_unlock(&r->mutex);
		c->result = c->fn(r->to.store, c->arg, c->e);
		pthread_mutex_lock(&r->mutex);
		c->done = true;
		pthread_cond_broadcast(&r->progress);
	}
	pthread_mutex_unlock(&r->mutex);
}

static void *
recorder_run(void *arg)
{
	struct recorder *r = arg;
	struct item *first;
	uint64_t entries;

	(void)pthread_setname_np(pthread_self(), "recorder"); /* for eyes */
	while (recorder_take(r, &first, &entries)) {
		if (first != NULL)
			recorder_write(r, first, entries);
		recorder_answer(r);
	}
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

void
recording_draft(
    struct recording *p, struct exchange *x, const struct recording_news *news)
{
	struct item *i = item_new(ITEM_DRAFT);

	i->recording = p;
	i->x = x;
	buf_add_str(&i->part, news->bytes);
	pack_marks(news->last, news->marks, news->nmarks, &i->chunks);
	i->bytes = sizeof(*i) + i->part.cap + i->chunks.cap +
		   (x != NULL ? exchange_bytes(x) : 0);
	recorder_queue(p->recorder, i);
}

void
recorder_give_unfinished(struct recorder *r, struct exchange *x,
    struct recording *request, struct recording *response,
    void (*finish)(void *arg, struct exchange *x),
    void (*on_written)(void *arg, int64_t entry), void *arg)
{
	struct item *i = arena_zalloc(&x->arena, sizeof(*i));

	i->kind = ITEM_EXCHANGE;
	i->x = x;
	i->finish = finish;
	i->request = request;
	i->response = response;
	i->on_written = on_written;
	i->arg = arg;
	i->bytes = exchange_bytes(x);
	recorder_queue(r, i);
}

void
recorder_give(struct recorder *r, struct exchange *x, struct recording *request,
    struct recording *response, void (*on_written)(void *arg, int64_t entry),
    void *arg)
{
	recorder_give_unfinished(
	    r, x, request, response, NULL, on_written, arg);
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

int
recorder_call(struct recorder *r,
    int (*fn)(struct store *s, void *arg, struct err *e), void *arg,
    struct err *e)
{
	struct recorder_call c = { .fn = fn, .arg = arg, .e = e };

	recorder_flush(r);
	pthread_mutex_lock(&r->mutex);
	c.next = r->calls;
	r->calls = &c;
	recorder_rouse(r);
	while (!c.done)
		pthread_cond_wait(&r->progress, &r->mutex);
	pthread_mutex_unlock(&r->mutex);
	return c.result;
}

/* A policy by which an entry keeps others from being stored would count those
 * that are kept, and may be no more in the shared store. */
static uint64_t
recorder_keep(const struct recorder *r)
{
	return r->o.on_record == ON_RECORD_KEEP_FIRST ||
		       r->o.on_record == ON_RECORD_REPLACE_IF_SUCCESS
		   ? 0
		   : r->o.buffer_keep;
}

static struct store *
recorder_open_backlog(struct recorder *r, struct err *e)
{
	struct backlog_options o = { .path = r->o.buffer,
		.url = r->o.path,
		.most = r->o.buffer_bytes,
		.keep = recorder_keep(r),
		.tape = r->o.tape };
	struct store *s = NULL;

	/* An entry that is counted once more may be on its way already. */
	if (r->to.on_record == ON_RECORD_FOLD)
		r->to.on_record = ON_RECORD_APPEND;
	r->backlog = backlog_open(&o, &s, e);
	return s;
}

static int
recorder_open_store(struct recorder *r, struct err *e)
{
	r->to.on_record = r->o.on_record;
	r->to.store = r->o.buffered
			  ? recorder_open_backlog(r, e)
			  : store_open(r->o.path, STORE_WRITE,
				r->o.durability == DURABILITY_STRICT, e);
	if (r->to.store == NULL)
		return -1;
	if (r->o.durability == DURABILITY_OFF)
		store_no_sync(r->to.store);
	r->to.tape = store_tape(r->to.store, str_of(r->o.tape), true, e);
	if (r->to.tape <= 0)
		return -1;
	if (r->o.redaction.n > 0 && store_tape_add_redaction(r->to.store,
					r->to.tape, r->o.redaction, e) == -1)
		return -1;
	return r->backlog == NULL || r->o.prepare == NULL
		   ? 0
		   : r->o.prepare(r->o.arg, r->to.store, e);
}

static void
recorder_init(struct recorder *r, const struct recorder_options *o)
{

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
	pthread_mutex_init(&r->blank_mutex, NULL);
	pthread_cond_init(&r->progress, NULL);
	thread_cond_init(&r->wake);
}

static void
recorder_free(struct recorder *r)
{
	if (r->backlog != NULL && r->to.store != NULL)
		backlog_shrink(r->to.store);
	store_close(r->to.store);
	shipper_free(r->shipper);
	backlog_unref(r->backlog);
	pthread_cond_destroy(&r->wake);
	pthread_cond_destroy(&r->progress);
	pthread_mutex_destroy(&r->mutex);
	while (r->nblanks > 0)
		exchange_free(r->blanks[--r->nblanks]);
	pthread_mutex_destroy(&r->blank_mutex);
	free(r);
}

static int
recorder_start(struct recorder *r, struct err *e)
{
	if (thread_start(&r->thread, recorder_run, r) == -1)
		return err_sys(e, "cannot start the recorder's thread");
	return 0;
}

static int
recorder_write_by(void *arg,
    int (*fn)(struct store *s, void *arg, struct err *e), void *fn_arg,
    struct err *e)
{
	return recorder_call(arg, fn, fn_arg, e);
}

static int
recorder_start_shipper(struct recorder *r, struct err *e)
{
	struct shipper_options o = { .backlog = r->backlog,
		.on_record = r->o.on_record,
		.write = recorder_write_by,
		.arg = r,
		.prepare = r->o.prepare,
		.on_trouble = r->o.on_away,
		.on_refused = r->o.on_refused,
		.owner = r->o.arg };

	if (r->backlog == NULL)
		return 0;
	r->shipper = shipper_start(&o, e);
	return r->shipper != NULL ? 0 : -1;
}

static void
recorder_end(struct recorder *r)
{
	pthread_mutex_lock(&r->mutex);
	r->stop = true;
	recorder_rouse(r);
	pthread_mutex_unlock(&r->mutex);
	pthread_join(r->thread, NULL);
}

struct recorder *
recorder_open(const struct recorder_options *o, struct err *e)
{
	struct recorder *r = xcalloc(1, sizeof(*r));

	recorder_init(r, o);
	if (recorder_open_store(r, e) == 0 && recorder_start(r, e) == 0) {
		if (recorder_start_shipper(r, e) == 0)
			return r;
		recorder_end(r);
	}
	recorder_free(r);
	return NULL;
}

struct backlog *
recorder_backlog(const struct recorder *r)
{
	return r->backlog;
}

void
recorder_hold(struct recorder *r)
{
	if (r->shipper != NULL)
		shipper_hold(r->shipper);
}

void
recorder_release(struct recorder *r)
{
	if (r->shipper != NULL)
		shipper_release(r->shipper);
}

bool
recorder_shipping(struct recorder *r, struct shipper_figures *f)
{
	if (r->shipper != NULL)
		shipper_figures(r->shipper, f);
	return r->shipper != NULL;
}

void
recorder_retry(struct recorder *r)
{
	if (r->shipper != NULL)
		shipper_retry(r->shipper);
}

void
recorder_finish(struct recorder *r)
{
	recorder_flush(r);
	if (r->shipper != NULL)
		shipper_stop(r->shipper);
}

void
recorder_close(struct recorder *r)
{
	if (r == NULL)
		return;
	recorder_finish(r);
	recorder_end(r);
	recorder_free(r);
}
