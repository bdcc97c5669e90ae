#ifndef RECORDER_PG_LINK_H
#define RECORDER_PG_LINK_H

/*
 * A connection to an engine that speaks PostgreSQL's protocol, by libpq.
 * Statements have parameters and no session behind them, so that a pooler may
 * give each transaction another connection of its own.  Numbers are BIGINT,
 * all else is BYTEA, both in the binary format.  Those that are said again and
 * again have names, so that the engine plans them once, until it turns out
 * that a pooler takes the names away.
 *
 * In a transaction statements of which nothing is to be known go out and their
 * results come with those of the next that somebody waits for: a group of
 * entries is two round trips.  What fails is told then, and nothing behind it
 * was done.
 *
 * A connection that broke is made anew by the next statement outside of a
 * transaction.  What takes longer than a minute is given up with it, so that
 * an engine that hangs does not take its callers with it.
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/str.h"
#include "recorder/entry_row.h"
#include "recorder/pg_lib.h"
#include "recorder/pg_rows.h"

struct err;

#define PG_LINK_ROWS 2   /* statements whose rows may wait at once */
#define PG_LINK_NAMES 16 /* statements that have names */

struct pg_name {
	const char *sql;
	char text[24];
	bool known; /* to the engine, of this connection */
};

struct pg_link {
	char *url;
	PGconn *conn;       /* NULL: there is none */
	bool open;          /* a transaction is */
	const char **doing; /* what was sent and not answered */
	int sent, room;
	size_t sent_bytes;
	struct buf parsed; /* the engine has it as its unnamed statement; "":
			      it has none that is known */
	struct pg_rows *held[PG_LINK_ROWS]; /* rows that wait to be sent */
	int nheld;
	struct pg_name names[PG_LINK_NAMES];
	int nnames;
	bool listens;        /* to the channel of pg_link_listen() */
	bool nameless;       /* names get lost between here and the engine */
	bool misnamed;       /* what failed last may succeed without a name */
	bool again;          /* what failed last may succeed when tried again */
	bool supposed;       /* it failed since PG_LINK_SURE() was not so */
	bool refused;        /* it failed for what it was to store */
	bool missing;        /* it failed since a table is not there */
	bool away;           /* it failed for want of a connection */
	bool late;           /* it had one, but no answer in time */
	int64_t patience_us; /* with a statement; 0: a minute */
	int64_t away_us;     /* since when there is none; monotonic, or 0 */
	int64_t not_before;  /* no other attempt to connect; monotonic us */
};

/* A password in a URL would be in the list of processes.  0, or -1. */
int pg_link_check(const char *url, struct err *e);

int pg_link_open(struct pg_link *l, const char *url, struct err *e);
void pg_link_fini(struct pg_link *l);

/* Runs one statement.  Its result is the caller's (pq.clear()); NULL with *e
 * set on failure. */
PGresult *pg_link_query(struct pg_link *l, const char *doing, const char *sql,
    const struct value *v, int n, struct err *e);

/*
 * As pg_link_query(), of a statement that is said again and again: outside of
 * a transaction it has a name.  That is made of its text, so that behind a
 * pooler which gives one connection's names to another it means the same.  sql
 * lives as long as the link, and its values are of the same kinds always.
 */
PGresult *pg_link_ask(struct pg_link *l, const char *doing, const char *sql,
    const struct value *v, int n, struct err *e);

#define PG_VALUES(...) \
	(struct value[]){ __VA_ARGS__ }, \
	    (int)(sizeof((struct value[]){ __VA_ARGS__ }) / \
		  sizeof(struct value))

/* As pg_link_query(), of which only the number of rows matters: those that
 * came or were changed, or -1. */
int64_t pg_link_run(struct pg_link *l, const char *doing, const char *sql,
    const struct value *v, int n, struct err *e);

/*
 * In a transaction: runs a statement of which nothing is to be known but that
 * it succeeded, which the next call of another function tells.  doing lives as
 * long as the link.  0, or -1 when there is no connection.
 *
 * A row that pg_link_row() is given goes with others of the same statement,
 * before any other statement but that of pg_link_ahead(); rows live as long as
 * the link.  Equal statements one behind the other are parsed once.
 */
int pg_link_later(struct pg_link *l, const char *doing, const char *sql,
    const struct value *v, int n, struct err *e);
int pg_link_ahead(struct pg_link *l, const char *doing, const char *sql,
    const struct value *v, int n, struct err *e);
int pg_link_row(struct pg_link *l, struct pg_rows *rows, const struct value *v,
    struct err *e);

/* Sends the rows that wait. */
int pg_link_put_rows(struct pg_link *l, struct err *e);

/* The number in the first row's first column; 0 when there is no row, and
 * then *none is set unless it is NULL.  -1 on error. */
int64_t pg_link_number(struct pg_link *l, const char *doing, const char *sql,
    const struct value *v, int n, bool *none, struct err *e);

int pg_link_begin(struct pg_link *l, const char *sql, struct err *e);
int pg_link_commit(struct pg_link *l, struct err *e);
void pg_link_rollback(struct pg_link *l);

/* It has been heard that the engine is there: the next statement tries it,
 * however the last attempt to connect went. */
void pg_link_hasten(struct pg_link *l);

/*
 * Has the engine tell it what is said on that channel, from now on and until
 * it has another connection: 1, 0 when it does not, as an engine or a pooler
 * would have it, or -1 when it cannot be asked.  pg_link_hear() waits for it,
 * until some moment of the monotonic clock, until fd can be read or the
 * connection breaks: whether it heard something.
 */
int pg_link_listen(struct pg_link *l, const char *sql, struct err *e);
bool pg_link_hear(struct pg_link *l, int fd, int64_t until);

/* Waits for a random time that grows with the attempts there were. */
void pg_link_rest(int attempt);

/* After a failure for want of a connection: waits a little; false when there
 * has been none for a minute, and it is not worth waiting for. */
bool pg_link_patient(const struct pg_link *l);

/* Columns of a result. */
int64_t pg_number(const PGresult *q, int row, int column);
struct str pg_bytes(const PGresult *q, int row, int column);
bool pg_null(const PGresult *q, int row, int column);

#endif
