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

#define BACKLOG_MOVED 4096

/* What was shipped is much: the more is deleted at once, the less pages of
 * indexes are written for each. */
#define BACKLOG_TIDY_ENTRIES 4000
#define BACKLOG_TIDY_BYTES (8u << 20)

struct backlog {
	atomic_int users;
	char *path, *url;
	_Atomic int64_t last, shipped, returns;
	atomic_size_t came; /* bytes that were shipped and not deleted */
	int64_t tidied;     /* deleted up to this one; the writer's */
	atomic_bool away;
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
		buf_free(&state->url);
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
	buf_free(&state->url);
	return backlog_state_of(s, state, e);
}

struct backlog *
backlog_open(const struct backlog_options *o, struct store **s, struct err *e)
{
	struct backlog_state state = { .is = false };
	struct backlog *b = xcalloc(1, sizeof(*b));

	atomic_init(&b->users, 1);
	pthread_mutex_init(&b->lock, NULL);
	b->url = xstrdup(o->url);
	if (o->path != NULL) {
		b->path = xstrdup(o->path);
		*s = backlog_take(b->path, o->url, &state, e);
	} else {
		*s = backlog_choose(o->url, &b->path, &state, e);
	}
	if (*s != NULL && backlog_begin(*s, o->url, state.last, e) == 0 &&
	    backlog_restate(*s, &state, e) == 0) {
		buf_free(&state.url);
		if (o->most > 0)
			backlog_limit(*s, o->most);
		atomic_init(&b->last, state.last);
		atomic_init(&b->shipped,
		    state.entries > 0 ? state.first - 1 : state.last);
		return b;
	}
	buf_free(&state.url);
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
	buf_free(&state.url);
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

int
backlog_tidy(struct backlog *b, struct store *s, bool all, struct err *e)
{
	int64_t upto = backlog_shipped(b);
	size_t bytes = atomic_load(&b->came);

	if (upto == b->tidied)
		return 0;
	if (!all && upto - b->tidied < BACKLOG_TIDY_ENTRIES &&
	    bytes < BACKLOG_TIDY_BYTES)
		return 0;
	if (backlog_forget(s, upto, e) == -1)
		return -1;
	b->tidied = upto;
	atomic_fetch_sub(&b->came, bytes);
	return 0;
}

bool
backlog_away(const struct backlog *b)
{
	return atomic_load(&b->away);
}

void
backlog_set_away(struct backlog *b, bool away)
{
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

void
backlog_listen(struct backlog *b, backlog_fn fn, void *arg)
{
	pthread_mutex_lock(&b->lock);
	b->listener = fn;
	b->arg = arg;
	pthread_mutex_unlock(&b->lock);
}
