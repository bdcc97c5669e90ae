#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/mem.h"
#include "recorder/lock.h"
#include "recorder/sqlite_backlog.h"
#include "recorder/store.h"

#include "recorder/backlog.h"

#define BACKLOG_MOVED 16384

/* What was shipped is much: the more is deleted at once, the less pages of
 * indexes are written for each. */
#define BACKLOG_TIDY_ENTRIES 4000
#define BACKLOG_TIDY_BYTES (8u << 20)

/* What is kept leaves room for what comes. */
#define BACKLOG_KEEP_PART 4

/* Some hundred entries each, at a time, so that others are written. */
#define BACKLOG_STEPS 4

struct backlog {
	atomic_int users;
	char *path, *url;
	_Atomic int64_t last, shipped, returns;
	atomic_size_t came; /* bytes that were shipped and not deleted */
	uint64_t keep;
	char *tape;
	_Atomic int64_t kept, epoch;
	int64_t tidied, noted;     /* in the file; the writer's */
	_Atomic int64_t forgotten; /* deleted up to; the writer's */
	atomic_bool away, silent;
	pthread_mutex_t lock; /* over what follows */
	struct {
		int64_t from, to;
	} moved[BACKLOG_MOVED];
	size_t nmoved; /* ever; the newest takes the place of the oldest */
	backlog_fn listener;
	void *arg;
};

/* ---- the file ---------------------------------------------------------- */

char *
backlog_file(int i)
{
	char *beside, *path;

	if (i >= BACKLOG_FILES)
		return NULL;
	beside = store_beside("postgresql://");
	path = i == 0 ? xasprintf("%s-buffer.db", beside)
		      : xasprintf("%s-buffer-%d.db", beside, i + 1);
	free(beside);
	return path;
}

/* What waits is as secret as what is recorded; SQLite's other files take the
 * mode of this. */
static int
backlog_create(const char *path, struct err *e)
{
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);

	if (fd == -1)
		return err_sys(e, "buffer %s", path);
	close(fd);
	return 0;
}

static int
backlog_check(const char *path, const char *url,
    const struct backlog_state *state, struct err *e)
{
	struct buf *has = (struct buf *)&state->url;

	int64_t n = state->entries + state->refused;

	if (n == 0)
		return 0;
	if (!state->is)
		return err_set(e,
		    "buffer %s: it is a store with tapes of its own; name "
		    "another file with --buffer",
		    path);
	if (strcmp(buf_text(has), url) != 0)
		return err_set(e,
		    "buffer %s: %lld entries in it wait for the store %.300s; "
		    "start with that one, or name another file with --buffer",
		    path, (long long)n, buf_text(has));
	return 0;
}

/* The store, for writing, and what is in it; NULL when it cannot be used. */
static struct store *
backlog_take(const char *path, const char *url, struct backlog_state *state,
    struct err *e)
{
	struct store *s;

	*state = (struct backlog_state){ .is = false };
	if (backlog_create(path, e) == -1)
		return NULL;
	s = store_open(path, STORE_WRITE, false, e);
	if (s != NULL && backlog_state_of(s, state, e) == 0 &&
	    backlog_check(path, url, state, e) == 0)
		return s;
	store_close(s);
	return NULL;
}

/* One of those that need no name: with entries, or else any. */
static struct store *
backlog_choose_among(const char *url, bool full, char **path,
    struct backlog_state *state, struct err *e)
{
	struct store *s = NULL;
	int i;

	for (i = 0; s == NULL && (*path = backlog_file(i)) != NULL; i++) {
		if (!lock_held(*path) && (!full || access(*path, F_OK) == 0))
			s = backlog_take(*path, url, state, e);
		if (s != NULL && (!full || state->entries + state->refused > 0))
			break;
		store_close(s);
		s = NULL;
		backlog_state_free(state);
		free(*path);
		*path = NULL;
	}
	return s;
}

static struct store *
backlog_choose(
    const char *url, char **path, struct backlog_state *state, struct err *e)
{
	struct store *s;

	*state = (struct backlog_state){ .is = false };
	s = backlog_choose_among(url, true, path, state, e);
	if (s == NULL)
		err_set(e,
		    "all %d files that a buffer is in by itself are others'; "
		    "name another with --buffer",
		    BACKLOG_FILES);
	return s != NULL ? s : backlog_choose_among(url, false, path, state, e);
}

/* What was put aside waits since the run began. */
static int
backlog_restate(struct store *s, struct backlog_state *state, struct err *e)
{
	backlog_state_free(state);
	return backlog_state_of(s, state, e);
}

/* What is kept is of this store and tape. */
static int
backlog_check_kept(struct backlog *b, struct store *s,
    const struct backlog_state *state, struct err *e)
{
	int64_t upto = state->entries > 0 ? state->first - 1 : state->last;

	if (b->keep > 0 && state->epoch != -1 &&
	    strcmp(buf_text((struct buf *)&state->tape), b->tape) == 0 &&
	    strcmp(buf_text((struct buf *)&state->url), b->url) == 0) {
		atomic_init(&b->epoch, state->epoch);
		return 0;
	}
	atomic_init(&b->epoch, -1);
	atomic_init(&b->forgotten, upto);
	atomic_init(&b->kept, upto);
	return state->came > 0 ? backlog_forget(s, upto, e) : 0;
}

static int
backlog_start(struct backlog *b, struct store *s, struct backlog_state *state,
    struct err *e)
{
	if (backlog_check_kept(b, s, state, e) != 0 ||
	    backlog_begin(s, b->url, state->last, e) != 0 ||
	    backlog_restate(s, state, e) != 0)
		return -1;
	atomic_init(&b->last, state->last);
	atomic_init(
	    &b->shipped, state->entries > 0 ? state->first - 1 : state->last);
	return 0;
}

static void
backlog_init(struct backlog *b, const struct backlog_options *o)
{
	atomic_init(&b->users, 1);
	pthread_mutex_init(&b->lock, NULL);
	b->url = xstrdup(o->url);
	b->tape = xstrdup(o->tape != NULL ? o->tape : "");
	b->keep = o->most > 0 && o->keep > o->most / BACKLOG_KEEP_PART
		      ? o->most / BACKLOG_KEEP_PART
		      : o->keep;
}

struct backlog *
backlog_open(const struct backlog_options *o, struct store **s, struct err *e)
{
	struct backlog_state state = { .is = false };
	struct backlog *b = xcalloc(1, sizeof(*b));
	int r = -1;

	backlog_init(b, o);
	if (o->path != NULL) {
		b->path = xstrdup(o->path);
		*s = backlog_take(b->path, o->url, &state, e);
	} else {
		*s = backlog_choose(o->url, &b->path, &state, e);
	}
	if (*s != NULL)
		r = backlog_start(b, *s, &state, e);
	backlog_state_free(&state);
	if (r == 0) {
		if (o->most > 0)
			backlog_limit(*s, o->most);
		return b;
	}
	store_close(*s);
	*s = NULL;
	backlog_unref(b);
	return NULL;
}

int64_t
backlog_look(const char *path, int64_t *refused, struct buf *url, struct err *e)
{
	struct backlog_state state = { .is = false };
	struct store *s;
	int64_t n = 0;

	*refused = 0;
	if (access(path, F_OK) != 0)
		return 0;
	s = store_open(path, STORE_READ, false, e);
	if (s == NULL || backlog_state_of(s, &state, e) == -1)
		n = -1;
	else if (state.is)
		n = state.entries;
	if (n != -1 && state.is)
		*refused = state.refused;
	if (n + *refused > 0)
		buf_add_str(url, buf_str(&state.url));
	backlog_state_free(&state);
	store_close(s);
	return n;
}

/* ---- what all know of it ----------------------------------------------- */

struct backlog *
backlog_ref(struct backlog *b)
{
	atomic_fetch_add(&b->users, 1);
	return b;
}

void
backlog_unref(struct backlog *b)
{
	if (b == NULL || atomic_fetch_sub(&b->users, 1) > 1)
		return;
	pthread_mutex_destroy(&b->lock);
	free(b->path);
	free(b->url);
	free(b->tape);
	free(b);
}

const char *
backlog_path(const struct backlog *b)
{
	return b->path;
}

const char *
backlog_url(const struct backlog *b)
{
	return b->url;
}

const char *
backlog_tape(const struct backlog *b)
{
	return b->tape;
}

int64_t
backlog_last(const struct backlog *b)
{
	return atomic_load(&b->last);
}

int64_t
backlog_shipped(const struct backlog *b)
{
	return atomic_load(&b->shipped);
}

void
backlog_set_last(struct backlog *b, int64_t last)
{
	atomic_store(&b->last, last);
}

void
backlog_set_shipped(struct backlog *b, int64_t shipped)
{
	atomic_store(&b->shipped, shipped);
}

void
backlog_came(struct backlog *b, int64_t shipped, size_t bytes)
{
	atomic_fetch_add(&b->came, bytes);
	atomic_store(&b->shipped, shipped);
}

/* Nothing up to that one is kept. */
static void
backlog_set_kept(struct backlog *b, int64_t upto)
{
	int64_t kept = atomic_load(&b->kept);

	while (
	    kept < upto && !atomic_compare_exchange_weak(&b->kept, &kept, upto))
		continue;
}

int64_t
backlog_kept(const struct backlog *b)
{
	return b->keep > 0 ? atomic_load(&b->kept) : backlog_shipped(b);
}

bool
backlog_keeps(const struct backlog *b)
{
	return b->keep > 0;
}

bool
backlog_set_epoch(struct backlog *b, int64_t epoch)
{
	if (atomic_exchange(&b->epoch, epoch) == epoch)
		return false;
	backlog_set_kept(b, backlog_shipped(b));
	return true;
}

/* Deletes some of what is nothing any more. */
static int
backlog_drop(struct backlog *b, struct store *s, struct err *e)
{
	int64_t kept = atomic_load(&b->kept), upto;
	int i;

	for (i = 0; i < BACKLOG_STEPS && b->forgotten < kept; i++) {
		upto = backlog_forget_some(s, kept, e);
		if (upto == -1)
			return -1;
		b->forgotten = upto == 0 ? kept : upto;
	}
	return 0;
}

/* The oldest go while it is too much, and some more, so that what is deleted
 * is many at a time. */
static int
backlog_thin(struct backlog *b, struct store *s, struct err *e)
{
	int64_t most = (int64_t)b->keep, upto;
	int i;

	if (b->forgotten >= b->tidied || backlog_bytes(s) <= most)
		return 0;
	for (i = 0; i < BACKLOG_STEPS && b->forgotten < b->tidied &&
		    backlog_bytes(s) > most - most / 16;
	     i++) {
		upto = backlog_forget_some(s, b->tidied, e);
		if (upto == -1)
			return -1;
		b->forgotten = upto == 0 ? b->tidied : upto;
		backlog_set_kept(b, b->forgotten);
	}
	return 0;
}

/* Notes how far it is, and of when what is kept is. */
static int
backlog_note(struct backlog *b, struct store *s, int64_t upto, struct err *e)
{
	int64_t epoch =
	    b->forgotten < atomic_load(&b->kept) ? -1 : atomic_load(&b->epoch);

	if (upto == b->tidied && epoch == b->noted)
		return 0;
	if (backlog_keep(s, upto, b->tape, epoch, e) == -1)
		return -1;
	b->tidied = upto;
	b->noted = epoch;
	return 0;
}

int
backlog_tidy(struct backlog *b, struct store *s, bool all, struct err *e)
{
	int64_t upto = backlog_shipped(b);
	size_t bytes = atomic_load(&b->came);

	if (!all && upto - b->tidied < BACKLOG_TIDY_ENTRIES &&
	    bytes < BACKLOG_TIDY_BYTES)
		upto = b->tidied;
	else
		atomic_fetch_sub(&b->came, bytes);
	if (b->keep > 0)
		return backlog_drop(b, s, e) == 0 &&
			       backlog_note(b, s, upto, e) == 0 &&
			       backlog_thin(b, s, e) == 0
			   ? 0
			   : -1;
	b->tidied = upto;
	backlog_set_kept(b, upto);
	return backlog_drop(b, s, e);
}

bool
backlog_untidy(const struct backlog *b)
{
	return atomic_load(&b->forgotten) < atomic_load(&b->kept);
}

bool
backlog_away(const struct backlog *b)
{
	return atomic_load(&b->away);
}

bool
backlog_silent(const struct backlog *b)
{
	return atomic_load(&b->silent);
}

void
backlog_lost(struct backlog *b, bool silent)
{
	atomic_store(&b->silent, silent);
	backlog_set_away(b, true);
}

void
backlog_set_away(struct backlog *b, bool away)
{
	if (!away)
		atomic_store(&b->silent, false);
	if (atomic_exchange(&b->away, away) && !away)
		atomic_fetch_add(&b->returns, 1);
}

int64_t
backlog_returns(const struct backlog *b)
{
	return atomic_load(&b->returns);
}

void
backlog_move(
    struct backlog *b, const struct exchange *x, int64_t from, int64_t to)
{
	size_t i;

	pthread_mutex_lock(&b->lock);
	i = b->nmoved++ % BACKLOG_MOVED;
	b->moved[i].from = from;
	b->moved[i].to = to;
	if (b->listener != NULL)
		b->listener(b->arg, x, from, to);
	pthread_mutex_unlock(&b->lock);
}

int64_t
backlog_moved(struct backlog *b, int64_t from)
{
	size_t i;
	int64_t to = 0;

	pthread_mutex_lock(&b->lock);
	for (i = 0; i < BACKLOG_MOVED && i < b->nmoved; i++)
		if (b->moved[i].from == from)
			to = b->moved[i].to;
	pthread_mutex_unlock(&b->lock);
	return to;
}

int64_t
backlog_was(struct backlog *b, int64_t to)
{
	size_t i;
	int64_t from = 0;

	pthread_mutex_lock(&b->lock);
	for (i = 0; i < BACKLOG_MOVED && i < b->nmoved; i++)
		if (b->moved[i].to == to)
			from = b->moved[i].from;
	pthread_mutex_unlock(&b->lock);
	return from > backlog_kept(b) ? from : 0;
}

void
backlog_listen(struct backlog *b, backlog_fn fn, void *arg)
{
	pthread_mutex_lock(&b->lock);
	b->listener = fn;
	b->arg = arg;
	pthread_mutex_unlock(&b->lock);
}
