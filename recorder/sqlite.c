#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <sqlite3.h>

#include "base/err.h"
#include "base/mem.h"
#include "recorder/schema.h"

#include "recorder/sqlite_priv.h"

/* How long somebody else may hold the lock before it is a failure; and as
 * long as it is one, so that the traffic does not wait each time. */
#define STORE_BUSY_MS 5000
#define STORE_STILL_BUSY_MS 100

/* A writer keeps the index pages that random keys and digests go to; what
 * its commits gather in the WAL is merged at 32 MiB. */
#define STORE_WRITER \
	"PRAGMA journal_mode = WAL;" \
	"PRAGMA wal_autocheckpoint = 4000;" \
	"PRAGMA journal_size_limit = 67108864;" \
	"PRAGMA cache_size = -16384;"

/* Only the writer checkpoints. */
#define STORE_READER \
	"PRAGMA query_only = ON;" \
	"PRAGMA wal_autocheckpoint = 0;" \
	"PRAGMA cache_size = -8192;"

#define STORE_BOTH \
	"PRAGMA trusted_schema = OFF;" \
	"PRAGMA cell_size_check = ON;" \
	"PRAGMA mmap_size = 0;" \
	"PRAGMA temp_store = MEMORY;"

int
store_failed(struct store *s, const char *doing, struct err *e)
{
	sqlite_of(s)->failure =
	    sqlite_db(s) != NULL ? sqlite3_errcode(sqlite_db(s)) : SQLITE_NOMEM;
	if (sqlite_of(s)->failure == SQLITE_FULL && sqlite_of(s)->most > 0)
		return err_set(e,
		    "store %s: %s: the disk is full, or the file has the %llu "
		    "MiB that it may have",
		    s->path, doing,
		    (unsigned long long)sqlite_of(s)->most >> 20);
	return err_set(e, "store %s: %s: %s", s->path, doing,
	    sqlite_db(s) != NULL ? sqlite3_errmsg(sqlite_db(s))
				 : "out of memory");
}

sqlite3_stmt *
store_statement(
    struct store *s, enum store_statement which, const char *sql, struct err *e)
{
	sqlite3_stmt **q = &sqlite_of(s)->statement[which];

	if (*q == NULL &&
	    sqlite3_prepare_v3(sqlite_db(s), sql, -1, SQLITE_PREPARE_PERSISTENT,
		q, NULL) != SQLITE_OK) {
		store_failed(s, sql, e);
		return NULL;
	}
	return *q;
}

int
store_run(struct store *s, sqlite3_stmt *q, const char *doing, struct err *e)
{
	int r;

	if (q == NULL)
		return -1;
	r = sqlite3_step(q) == SQLITE_DONE ? 0 : store_failed(s, doing, e);
	sqlite3_reset(q);
	return r;
}

void
store_bind(sqlite3_stmt *q, int at, struct str text)
{
	sqlite3_bind_text64(q, at, text.n > 0 ? text.p : "", text.n,
	    SQLITE_STATIC, SQLITE_UTF8);
}

void
store_bind_bytes(sqlite3_stmt *q, int at, struct str bytes)
{
	sqlite3_bind_blob64(
	    q, at, bytes.n > 0 ? bytes.p : "", bytes.n, SQLITE_STATIC);
}

void
store_bind_key(sqlite3_stmt *q, int at, const uint8_t *key, bool keyed)
{
	if (keyed)
		store_bind_bytes(q, at,
		    (struct str){ (const char *)key, EXCHANGE_KEY_BYTES });
	else
		sqlite3_bind_null(q, at);
}

struct str
store_column(sqlite3_stmt *q, int column)
{
	const char *p = sqlite3_column_blob(q, column);
	int n = sqlite3_column_bytes(q, column);

	/* NULL with a length: no memory to make it in. */
	return p != NULL ? (struct str){ p, (size_t)n } : STR("");
}

bool
store_column_key(sqlite3_stmt *q, int column, uint8_t *key)
{
	struct str bytes = store_column(q, column);

	if (bytes.n == EXCHANGE_KEY_BYTES)
		memcpy(key, bytes.p, bytes.n);
	return bytes.n == EXCHANGE_KEY_BYTES;
}

static int
store_exec(struct store *s, const char *sql, const char *doing, struct err *e)
{
	if (sqlite3_exec(sqlite_db(s), sql, NULL, NULL, NULL) != SQLITE_OK)
		return store_failed(s, doing, e);
	return 0;
}

/* A URI that means the file called path, whatever characters it has, and
 * never one of SQLite's special names. */
static char *
store_uri(const char *path, const char *query)
{
	struct buf uri = { 0 };
	const char *p;
	char *text;

	buf_add_text(&uri, path[0] == '/' ? "file:" : "file:./");
	for (p = path; *p != '\0'; p++)
		if (strchr("?#%", *p) != NULL)
			buf_addf(&uri, "%%%02X", (unsigned)*p);
		else
			buf_add(&uri, p, 1);
	buf_add_text(&uri, query);
	text = xstrdup(buf_text(&uri));
	buf_free(&uri);
	return text;
}

static int
store_connect(struct store *s, int flags, const char *query, struct err *e)
{
	char *uri = store_uri(s->path, query);
	int r;

	sqlite3_close(sqlite_db(s));
	sqlite_db(s) = NULL;
	r = sqlite3_open_v2(uri, &sqlite_db(s),
	    flags | SQLITE_OPEN_URI | SQLITE_OPEN_NOMUTEX, NULL);
	free(uri);
	if (r != SQLITE_OK)
		return store_failed(s, "cannot open", e);
	sqlite3_busy_timeout(sqlite_db(s), STORE_BUSY_MS);
	sqlite3_db_config(sqlite_db(s), SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
	return 0;
}

/* Whether neither the file nor its folder forbids what SQLite does to read a
 * WAL database: making PATH-wal and PATH-shm beside it. */
static bool
store_writable(const char *path)
{
	char *copy = xstrdup(path);
	bool ok = faccessat(AT_FDCWD, path, W_OK, AT_EACCESS) == 0 &&
		  faccessat(AT_FDCWD, dirname(copy), W_OK, AT_EACCESS) == 0;

	free(copy);
	return ok;
}

/* Whether all there is to read is in the file itself, at rest. */
static bool
store_at_rest(const char *path)
{
	char *wal = xasprintf("%s-wal", path);
	struct stat st;
	bool empty = stat(wal, &st) != 0 || st.st_size == 0;

	free(wal);
	return empty && !lock_held(path);
}

/*
 * A reader connects for writing, though it never writes a row, because only
 * so does the last one to leave take PATH-wal and PATH-shm with it.  Where
 * that is not allowed, a store at rest is read as an unchanging file.
 */
static int
store_open_reader(struct store *s, struct err *e)
{
	struct stat st;

	if (stat(s->path, &st) != 0)
		return errno == ENOENT ? err_set(e,
					     "store %s: no such file; record "
					     "something first",
					     s->path)
				       : err_sys(e, "store %s", s->path);
	if (!store_writable(s->path) && store_at_rest(s->path)) {
		if (store_connect(s, SQLITE_OPEN_READONLY, "?immutable=1", e) !=
		    0)
			return -1;
		sqlite_of(s)->fixed = true;
	} else if (store_connect(s, SQLITE_OPEN_READWRITE, "", e) != 0) {
		return -1;
	}
	return store_exec(s, STORE_BOTH STORE_READER, "cannot set up", e);
}

static int
store_open_writer(struct store *s, bool durable, struct err *e)
{
	if (lock_take(&sqlite_of(s)->lock, s->path, e) != 0)
		return err_wrap(e, "store %s", s->path);
	sqlite_of(s)->writes = true;
	if (store_connect(
		s, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, "", e) != 0 ||
	    store_exec(s, STORE_BOTH, "cannot set up", e) != 0)
		return -1;
	if (schema_check(sqlite_db(s), true, e) != 0)
		return err_wrap(e, "store %s", s->path);
	if (store_exec(s, STORE_WRITER, "cannot set up", e) != 0 ||
	    store_exec(s,
		durable ? "PRAGMA synchronous = FULL"
			: "PRAGMA synchronous = NORMAL",
		"cannot set up", e) != 0)
		return -1;
	if (store_draft_mend(s, e) == -1 || store_body_sweep(s, e) == -1)
		return -1;
	if (store_long_begin(s, e) == -1)
		return -1;
	store_files_begin(s);
	return 0;
}

/* Before SQLite is used at all.  Its statistics of memory, which nobody asks
 * for, cost a lock around each allocation of each thread. */
static void
store_set_up_sqlite(void)
{
	(void)sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0); /* else it counts */
}

/* Does for one that only wants to read it what comes with its opening. */
static int
store_put_right(const char *path, struct err *e)
{
	struct store *s = store_open(path, STORE_WRITE, false, e);

	store_close(s);
	return s != NULL ? 0 : -1;
}

/* Brings an older file up to date. */
static int
store_upgrade(const char *path, struct err *e)
{
	if (store_put_right(path, e) == 0)
		return 0;
	return err_wrap(e, "was made by an older hark and has to be "
			   "brought up to date first");
}

/* What a killed program left begun is worth reading; where it cannot be
 * written there is still the rest. */
static void
store_take_over(struct store *s)
{
	struct err e;

	if (store_has_drafts(s) && !lock_held(s->path))
		(void)store_put_right(s->path, &e);
}

static bool
sqlite_again(struct store *s, int attempt)
{
	(void)s;
	(void)attempt;
	return false; /* there is one writer */
}

static const struct store_ops sqlite_ops = {
	.close = sqlite_close,
	.body_begin = sqlite_body_begin,
	.no_sync = sqlite_no_sync,
	.tape = sqlite_tape,
	.tapes = sqlite_tapes,
	.extent = sqlite_extent,
	.hold = sqlite_hold,
	.hold_next = sqlite_hold_next,
	.check = sqlite_check,
	.begin = sqlite_begin,
	.commit = sqlite_commit,
	.rollback = sqlite_rollback,
	.stuck = sqlite_stuck,
	.refused = sqlite_refused,
	.body_part = sqlite_body_part,
	.body_end = sqlite_body_end,
	.body_forget = sqlite_body_forget,
	.draft = sqlite_draft,
	.draft_chunks = sqlite_draft_chunks,
	.body_cut = sqlite_body_cut,
	.put = sqlite_put,
	.put_all = sqlite_put_all,
	.replace = sqlite_replace,
	.count_again = sqlite_count_again,
	.remove = sqlite_remove,
	.remove_many = sqlite_remove_many,
	.removed = sqlite_removed,
	.weigh = sqlite_weigh,
	.turn = sqlite_turn,
	.rewind = sqlite_rewind,
	.find = sqlite_find,
	.get = sqlite_get,
	.get_answer = sqlite_get_answer,
	.body_load = sqlite_body_load,
	.body_read = sqlite_body_read,
	.list = sqlite_list,
	.ids = sqlite_ids,
	.keys = sqlite_keys,
	.moment = sqlite_moment,
	.requests = sqlite_requests,
	.near = sqlite_near,
	.next_request = sqlite_next_request,
	.set_keys = sqlite_set_keys,
	.long_requests = sqlite_long_requests,
	.long_keyed = sqlite_long_keyed,
	.set_long_keyed = sqlite_set_long_keyed,
	.version = sqlite_version,
	.news = sqlite_news,
	.has_unknown_bodies = sqlite_has_unknown_bodies,
	.has_scopes = sqlite_has_scopes,
	.again = sqlite_again,
	.tape_text = sqlite_tape_text,
	.tape_set_text = sqlite_tape_set_text,
};

struct store *
sqlite_open(
    const char *path, enum store_access access, bool durable, struct err *e)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	struct sqlite *sqlite = xcalloc(1, sizeof(*sqlite));
	struct store *s = &sqlite->store;
	int schema;

	pthread_once(&once, store_set_up_sqlite);
	store_init(s, &sqlite_ops, path);
	if (access == STORE_WRITE) {
		if (store_open_writer(s, durable, e) == 0)
			return s;
	} else if (store_open_reader(s, e) == 0) {
		schema = schema_check(sqlite_db(s), false, e);
		if (schema == 1 && store_upgrade(path, e) == 0)
			schema = 0;
		if (schema == 0) {
			store_take_over(s);
			return s;
		}
		if (!store_writable(path) && !store_at_rest(path))
			err_wrap(e, "is not at rest and cannot be written");
		err_wrap(e, "store %s", s->path);
	}
	store_close(s);
	return NULL;
}

void
sqlite_no_sync(struct store *s)
{
	sqlite3_exec(
	    sqlite_db(s), "PRAGMA synchronous = OFF", NULL, NULL, NULL);
}

void
sqlite_close(struct store *s)
{
	size_t i;

	for (i = 0; i < STORE_STATEMENTS; i++)
		sqlite3_finalize(sqlite_of(s)->statement[i]);
	if (sqlite_of(s)->writes && sqlite_db(s) != NULL) {
		/* Readers that stay keep their WAL; it is not worth waiting
		 * for them. */
		sqlite3_busy_timeout(sqlite_db(s), 0);
		sqlite3_wal_checkpoint_v2(
		    sqlite_db(s), NULL, SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL);
	}
	sqlite3_close(sqlite_db(s));
	lock_drop(&sqlite_of(s)->lock);
	store_files_fini(s);
	sums_fini(&sqlite_of(s)->sums);
	store_places_fini(s);
	for (i = 0; sqlite_of(s)->many != NULL && i < STORE_MANY; i++)
		row_scratch_fini(&sqlite_of(s)->many[i]);
	free(sqlite_of(s)->many);
	store_fini(s);
	free(s);
}

int
sqlite_begin(struct store *s, struct err *e)
{
	bool busy;
	int r;

	sqlite_of(s)->failure = 0;
	if (store_files_check(s, e) != 0)
		return -1;
	r = store_run(s, store_statement(s, STORE_BEGIN, "BEGIN IMMEDIATE", e),
	    "cannot begin", e);
	busy = r != 0 && (sqlite_of(s)->failure & 0xff) == SQLITE_BUSY;
	if (busy != sqlite_of(s)->hasty)
		sqlite3_busy_timeout(
		    sqlite_db(s), busy ? STORE_STILL_BUSY_MS : STORE_BUSY_MS);
	sqlite_of(s)->hasty = busy;
	return r;
}

int
sqlite_hold_next(struct store *s, struct err *e)
{
	return store_run(
	    s, store_statement(s, STORE_HOLD, "BEGIN", e), "cannot begin", e);
}

int
sqlite_hold(struct store *s, struct err *e)
{
	/* The first read of a transaction is what it holds. */
	if (sqlite_hold_next(s, e) != 0)
		return -1;
	return store_exec(s, "SELECT 1 FROM tape LIMIT 1", "cannot read", e);
}

int
sqlite_commit(struct store *s, struct err *e)
{
	if (store_run(s, store_statement(s, STORE_COMMIT, "COMMIT", e),
		"cannot commit", e) != 0)
		return -1;
	/* Else it may be somewhere where nobody will find it. */
	return store_files_check(s, e);
}

bool
sqlite_stuck(const struct store *s)
{
	switch (sqlite_of(s)->failure & 0xff) {
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
	case SQLITE_PROTOCOL:
	case SQLITE_READONLY:
		return true;
	default:
		return false;
	}
}

bool
sqlite_refused(const struct store *s)
{
	return sqlite_of(s)->failure == SQLITE_CORRUPT;
}

void
sqlite_rollback(struct store *s)
{
	struct err e;

	/* Many errors have rolled back already. */
	if (!sqlite3_get_autocommit(sqlite_db(s)))
		(void)store_run(s,
		    store_statement(s, STORE_ROLLBACK, "ROLLBACK", &e),
		    "cannot roll back", &e);
}

int64_t
sqlite_version(struct store *s)
{
	struct err e;
	sqlite3_stmt *q =
	    store_statement(s, STORE_VERSION, "PRAGMA data_version", &e);
	int64_t version = 0;

	if (q == NULL)
		return 0;
	if (sqlite3_step(q) == SQLITE_ROW)
		version = sqlite3_column_int64(q, 0);
	sqlite3_reset(q);
	return version;
}

enum store_news
sqlite_news(struct store *s, int64_t tape, int64_t *seen,
    void (*on_key)(void *arg, const uint8_t key[EXCHANGE_KEY_BYTES]), void *arg)
{
	int64_t before = *seen;

	/* All that a file tells is that it changed. */
	(void)tape;
	(void)on_key;
	(void)arg;
	*seen = sqlite_version(s);
	return before == -1 || *seen == before ? STORE_SAME : STORE_OTHER;
}

/* A file is one gateway's, whose cursors are in memory. */
int64_t
sqlite_turn(struct store *s, int64_t tape,
    const uint8_t name[STORE_CURSOR_NAME], int64_t total, bool cycle,
    struct err *e)
{
	(void)tape;
	(void)name;
	(void)total;
	(void)cycle;
	return err_set(e, "store %s: a file has no shared cursors", s->path);
}

int
sqlite_rewind(struct store *s, int64_t tape, struct err *e)
{
	(void)s;
	(void)tape;
	(void)e;
	return 0; /* there are none */
}
