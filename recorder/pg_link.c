#include "config.h"

#include <assert.h>
#include <endian.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

#include "base/clock.h"
#include "base/digest.h"
#include "base/err.h"
#include "base/mem.h"

#include "recorder/pg_link.h"

#define PG_PATIENCE_US INT64_C(60000000)
#define PG_CONNECT_SECONDS 5 /* for each host of a URL; libpq's least is 2 */
#define PG_REST_US 1000000   /* behind an attempt to connect so long */

/* Statements that wait for their results, at most. */
#define PG_SENT 4096
#define PG_SENT_BYTES (8u << 20)

/* Memory for a statement above this is given back. */
#define PG_PARSED (64u << 10)

int
pg_link_check(const char *url, struct err *e)
{
	static const char *const secrets[] = { "password", "sslpassword" };
	PQconninfoOption *all, *o;
	char *why = NULL;
	size_t i;
	int r = 0;

	if (pg_lib_load(e) == -1)
		return -1;
	all = pq.conninfoParse(url, &why);
	pq.freemem(why); /* it may quote the URL */
	if (all == NULL)
		return err_set(e, "is not a PostgreSQL URL that can be read");
	for (o = all; o->keyword != NULL; o++)
		for (i = 0; i < 2; i++)
			if (strcmp(o->keyword, secrets[i]) == 0 &&
			    o->val != NULL)
				r = err_set(e, "has a password, which others "
					       "could see; use PGPASSFILE, "
					       "PGPASSWORD or a service file");
	pq.conninfoFree(all);
	return r;
}

/* libpq's texts are lines. */
static int
pg_link_say(const char *doing, const char *text, struct err *e)
{
	size_t n = strcspn(text, "\n");

	if (n == 0)
		return err_set(e, "%s: the database does not answer", doing);
	return err_set(e, "%s: %.*s", doing, (int)n, text);
}

/* What there was on a connection is no more. */
static void
pg_link_forget(struct pg_link *l)
{
	while (l->nheld > 0)
		pg_rows_clear(l->held[--l->nheld]);
	l->sent = 0;
	l->sent_bytes = 0;
	buf_clear(&l->parsed, PG_PARSED);
}

static void
pg_link_drop(struct pg_link *l)
{
	int i;

	pg_link_forget(l);
	l->listens = false;
	for (i = 0; i < l->nnames; i++)
		l->names[i].known = false;
	if (l->conn != NULL)
		pq.finish(l->conn);
	l->conn = NULL;
}

static void
pg_link_lose(struct pg_link *l)
{
	pg_link_drop(l);
	l->away = true;
	if (l->away_us == 0)
		l->away_us = clock_mono_us();
}

static void
pg_link_quiet(void *arg, const PGresult *q)
{
	(void)arg;
	(void)q;
}

/* How long a statement may take. */
static int64_t
pg_link_patience(const struct pg_link *l)
{
	return l->patience_us > 0 ? l->patience_us : PG_PATIENCE_US;
}

static int
pg_link_connect(struct pg_link *l, struct err *e)
{
	static const char *const names[] = { "dbname", "connect_timeout",
		"fallback_application_name", "tcp_user_timeout", NULL };
	int64_t seconds = pg_link_patience(l) / 1000000;
	int64_t began = clock_mono_us();
	char text[16];
	const char *const values[] = { l->url, text, "hark", "60000", NULL };

	if (seconds > PG_CONNECT_SECONDS)
		seconds = PG_CONNECT_SECONDS;
	snprintf(text, sizeof(text), "%d", seconds < 2 ? 2 : (int)seconds);
	l->away = l->not_before > began;
	if (l->away)
		return err_set(e, "the database is away");
	pg_link_drop(l);
	l->conn = pq.connectdbParams(names, values, 1);
	pq.setNoticeReceiver(l->conn, pg_link_quiet, NULL);
	if (pq.status(l->conn) == CONNECTION_OK &&
	    pq.setnonblocking(l->conn, 1) == 0 &&
	    pq.enterPipelineMode(l->conn) == 1) {
		l->away_us = 0;
		return 0;
	}
	/* Who refuses at once may have it otherwise the next moment. */
	if (clock_mono_us() - began >= PG_REST_US)
		l->not_before = clock_mono_us() + PG_REST_US;
	pg_link_say("cannot connect", pq.errorMessage(l->conn), e);
	pg_link_lose(l);
	return -1;
}

int
pg_link_open(struct pg_link *l, const char *url, struct err *e)
{
	if (pg_link_check(url, e) != 0)
		return -1;
	l->url = xstrdup(url);
	return pg_link_connect(l, e);
}

void
pg_link_fini(struct pg_link *l)
{
	pg_link_drop(l);
	buf_free(&l->parsed);
	free(l->doing);
	free(l->url);
}

/* ---- one statement ----------------------------------------------------- */

#define PG_MOST 64 /* parameters */

struct pg_parameters {
	Oid types[PG_MOST];
	const char *values[PG_MOST];
	int lengths[PG_MOST], formats[PG_MOST];
	uint64_t numbers[PG_MOST];
};

static void
pg_parameter(struct pg_parameters *p, int i, const struct value *v)
{
	static const Oid types[] = {
		[VALUE_NUMBER] = PG_INT8,
		[VALUE_BYTES] = PG_BYTEA,
		[VALUE_NUMBER_ARRAY] = PG_INT8_ARRAY,
		[VALUE_BYTES_ARRAY] = PG_BYTEA_ARRAY,
	};

	p->types[i] = types[v->kind];
	p->formats[i] = 1;
	if (v->kind == VALUE_NUMBER) {
		p->numbers[i] = htobe64((uint64_t)v->number);
		p->values[i] = (const char *)&p->numbers[i];
		p->lengths[i] = 8;
	} else if (v->kind != VALUE_NULL) {
		p->values[i] = v->bytes.n > 0 ? v->bytes.p : "";
		p->lengths[i] = (int)v->bytes.n;
	}
}

static int
pg_link_wait(struct pg_link *l, short events, int64_t until)
{
	struct pollfd p = { .fd = pq.socket(l->conn), .events = events };
	int64_t left = until - clock_mono_us();
	int r;

	if (left <= 0)
		return -1;
	r = poll(&p, 1, (int)(left / 1000 + 1));
	return r > 0 || (r < 0 && errno == EINTR) ? 0 : -1;
}

static int
pg_link_send(struct pg_link *l, int64_t until)
{
	int r;

	while ((r = pq.flush(l->conn)) == 1) {
		if (pg_link_wait(l, POLLIN | POLLOUT, until) != 0)
			return -1;
		if (pq.consumeInput(l->conn) == 0)
			return -1;
	}
	return r;
}

/* The next result, NULL between statements: 0, or -1 when it does not come in
 * time. */
static int
pg_link_result(struct pg_link *l, int64_t until, PGresult **q)
{
	while (pq.isBusy(l->conn))
		if (pg_link_wait(l, POLLIN, until) != 0 ||
		    pq.consumeInput(l->conn) == 0)
			return -1;
	*q = pq.getResult(l->conn);
	return 0;
}

/* Serialization failures, deadlocks, and what two that create the same table
 * at once meet. */
static bool
pg_link_may_repeat(const char *state)
{
	static const char *const states[] = { "40001", "40P01", "23505",
		"42P07", "42710", "55P03" };
	size_t i;

	for (i = 0; i < sizeof(states) / sizeof(*states); i++)
		if (strcmp(state, states[i]) == 0)
			return true;
	return false;
}

/* A name that is not known, or is already; a statement whose tables changed
 * since it got its name. */
static bool
pg_link_misnames(const char *state)
{
	static const char *const states[] = { "26000", "42P05", "0A000" };
	size_t i;

	for (i = 0; i < sizeof(states) / sizeof(*states); i++)
		if (strcmp(state, states[i]) == 0)
			return true;
	return false;
}

/* Data that is not taken, constraints, limits, and what a trigger says; all
 * else is the engine's own trouble. */
static bool
pg_link_refuses(const char *state)
{
	static const char *const classes[] = { "22", "23", "44", "54", "P0" };
	size_t i;

	for (i = 0; i < sizeof(classes) / sizeof(*classes); i++)
		if (strncmp(state, classes[i], 2) == 0)
			return true;
	return false;
}

static int
pg_link_failed(
    struct pg_link *l, const PGresult *q, const char *doing, struct err *e)
{
	const char *state =
	    q != NULL ? pq.resultErrorField(q, PG_DIAG_SQLSTATE) : NULL;
	const char *text =
	    q != NULL ? pq.resultErrorField(q, PG_DIAG_MESSAGE_PRIMARY) : NULL;

	l->supposed = state != NULL && strcmp(state, "22012") == 0;
	l->again = l->supposed || (state != NULL && pg_link_may_repeat(state));
	l->refused = state != NULL && pg_link_refuses(state);
	l->missing = state != NULL && strcmp(state, "42P01") == 0;
	l->misnamed = state != NULL && pg_link_misnames(state);
	pg_link_say(doing, text != NULL ? text : pq.errorMessage(l->conn), e);
	return -1;
}

/* libpq did not even send it. */
static int
pg_link_refused(struct pg_link *l, const char *doing, struct err *e)
{
	pg_link_failed(l, NULL, doing, e);
	pg_link_lose(l);
	return -1;
}

/* Notes what is about to be sent. */
static void
pg_link_note(struct pg_link *l, const char *doing)
{
	if (l->sent == l->room) {
		l->room = l->room > 0 ? 2 * l->room : 16;
		l->doing =
		    xrealloc(l->doing, (size_t)l->room * sizeof(*l->doing));
	}
	l->doing[l->sent++] = doing;
}

static void
pg_link_fill(
    struct pg_link *l, struct pg_parameters *p, const struct value *v, int n)
{
	int i;

	for (i = 0; i < n; i++) {
		pg_parameter(p, i, &v[i]);
		l->sent_bytes += (size_t)p->lengths[i];
	}
}

/* Sends a statement. */
static int
pg_link_put(struct pg_link *l, const char *doing, const char *sql,
    const struct value *v, int n)
{
	struct pg_parameters p = { .types = { 0 } };
	bool parsed = l->open && str_eq(buf_str(&l->parsed), str_of(sql));
	int r;

	pg_link_fill(l, &p, v, n);
	pg_link_note(l, doing);
	if (!parsed) {
		buf_clear(&l->parsed, PG_PARSED);
		buf_add_text(&l->parsed, sql);
	}
	r = parsed ? pq.sendQueryPrepared(
			 l->conn, "", n, p.values, p.lengths, p.formats, 1)
		   : pq.sendQueryParams(l->conn, sql, n, p.types, p.values,
			 p.lengths, p.formats, 1);
	return r == 1 ? 0 : -1;
}

static int
pg_link_put_held(struct pg_link *l)
{
	struct value v[PG_ROWS_COLUMNS];
	struct pg_rows *rows;
	int i, n, r = 0;

	for (i = 0; i < l->nheld; i++) {
		rows = l->held[i];
		n = pg_rows_values(rows, v);
		if (r == 0)
			r = pg_link_put(
			    l, pg_rows_doing(rows), pg_rows_sql(rows), v, n);
		pg_rows_clear(rows);
	}
	l->nheld = 0;
	return r;
}

static bool
pg_link_fine(const PGresult *q)
{
	return pq.resultStatus(q) == PGRES_TUPLES_OK ||
	       pq.resultStatus(q) == PGRES_COMMAND_OK;
}

/*
 * Reads the results of all that was sent, of which the last is *last; or *bad
 * is that of the first that failed, the one before doing[*at].  0, or -1 when
 * the connection is of no use any more.
 */
static int
pg_link_collect(
    struct pg_link *l, int64_t until, PGresult **last, PGresult **bad, int *at)
{
	PGresult *q;
	int over = 0, none = 0;

	while (none < 2) {
		if (pg_link_result(l, until, &q) != 0)
			return -1;
		none = q == NULL ? none + 1 : 0;
		if (q == NULL) {
			over++;
			continue;
		}
		if (pq.resultStatus(q) == PGRES_PIPELINE_SYNC) {
			pq.clear(q);
			return 0;
		}
		if (pg_link_fine(q) && over + 1 == l->sent && *last == NULL) {
			*last = q;
			continue;
		}
		if (!pg_link_fine(q) && *bad == NULL) {
			*bad = q;
			*at = over;
			continue;
		}
		pq.clear(q);
	}
	return -1; /* it says nothing any more */
}

/* Waits for all that was sent.  The result of the last; NULL when something
 * failed. */
static PGresult *
pg_link_settle(struct pg_link *l, struct err *e)
{
	int64_t until = clock_mono_us() + pg_link_patience(l);
	PGresult *last = NULL, *bad = NULL;
	const char *doing = l->doing[l->sent - 1];
	int at = l->sent - 1, r = -1;

	if (pq.pipelineSync(l->conn) == 1 && pg_link_send(l, until) == 0)
		r = pg_link_collect(l, until, &last, &bad, &at);
	if (at < l->sent)
		doing = l->doing[at];
	l->sent = 0;
	l->sent_bytes = 0;
	if (r == 0 && bad == NULL && last != NULL)
		return last;
	pg_link_failed(l, bad, doing, e);
	buf_clear(&l->parsed, PG_PARSED);
	/* An answer that is late would be taken for that of the next. */
	if (r != 0 || pq.status(l->conn) != CONNECTION_OK) {
		l->late = clock_mono_us() >= until;
		pg_link_lose(l);
	}
	pq.clear(last);
	pq.clear(bad);
	return NULL;
}

/* A statement, and what its name is, unless that is NULL. */
struct pg_said {
	const char *doing, *sql;
	const struct value *v;
	int n;
	struct pg_name *name;
};

/* Sends a statement by its name, which the engine is told before. */
static int
pg_link_put_named(struct pg_link *l, const struct pg_said *s)
{
	struct pg_parameters p = { .types = { 0 } };

	pg_link_fill(l, &p, s->v, s->n);
	if (!s->name->known) {
		pg_link_note(l, s->doing);
		if (pq.sendPrepare(
			l->conn, s->name->text, s->sql, s->n, p.types) != 1)
			return -1;
	}
	pg_link_note(l, s->doing);
	return pq.sendQueryPrepared(l->conn, s->name->text, s->n, p.values,
		   p.lengths, p.formats, 1) == 1
		   ? 0
		   : -1;
}

static PGresult *
pg_link_once(struct pg_link *l, const struct pg_said *s, struct err *e)
{
	PGresult *q;
	int r = pg_link_put_held(l);

	if (r == 0)
		r = s->name != NULL
			? pg_link_put_named(l, s)
			: pg_link_put(l, s->doing, s->sql, s->v, s->n);
	if (r != 0) {
		(void)pg_link_refused(l, s->doing, e);
		return NULL;
	}
	q = pg_link_settle(l, e);
	if (q != NULL && s->name != NULL)
		s->name->known = true;
	return q;
}

/* Whether the connection of the transaction is gone. */
static bool
pg_link_broke(struct pg_link *l, const char *doing, struct err *e)
{
	if (l->conn != NULL || !l->open)
		return false;
	l->again = l->missing = l->supposed = l->refused = false;
	l->away = true;
	err_set(e, "%s: the connection broke", doing);
	return true;
}

static PGresult *
pg_link_say_it(struct pg_link *l, const struct pg_said *s, struct err *e)
{
	PGresult *q = NULL;
	bool idle = l->conn != NULL && !l->open;

	l->again = l->missing = l->away = l->misnamed = false;
	l->supposed = l->refused = l->late = false;
	if (pg_link_broke(l, s->doing, e))
		return NULL;
	if (l->conn != NULL)
		q = pg_link_once(l, s, e);
	else if (pg_link_connect(l, e) == 0)
		return pg_link_once(l, s, e);
	/* A connection that was left alone may have gone; a statement that
	 * only reads can be said twice. */
	if (q == NULL && idle && l->conn == NULL && !l->late &&
	    strncmp(s->sql, "SELECT", 6) == 0 && pg_link_connect(l, e) == 0)
		q = pg_link_once(l, s, e);
	return q;
}

PGresult *
pg_link_query(struct pg_link *l, const char *doing, const char *sql,
    const struct value *v, int n, struct err *e)
{
	struct pg_said s = { doing, sql, v, n, NULL };

	return pg_link_say_it(l, &s, e);
}

/* The name of a statement; NULL when it is said without. */
static struct pg_name *
pg_link_name(struct pg_link *l, const char *sql)
{
	struct pg_name *name;
	uint8_t sum[DIGEST_BYTES];
	char hex[2 * DIGEST_BYTES + 1];
	int i;

	if (l->nameless || l->open)
		return NULL;
	for (i = 0; i < l->nnames; i++)
		if (l->names[i].sql == sql)
			return &l->names[i];
	if (l->nnames == PG_LINK_NAMES)
		return NULL;
	name = &l->names[l->nnames++];
	name->sql = sql;
	digest_of(sql, strlen(sql), sum);
	digest_hex(sum, sizeof(sum), hex);
	snprintf(name->text, sizeof(name->text), "hark_%.16s", hex);
	return name;
}

PGresult *
pg_link_ask(struct pg_link *l, const char *doing, const char *sql,
    const struct value *v, int n, struct err *e)
{
	struct pg_said s = { doing, sql, v, n, pg_link_name(l, sql) };
	PGresult *q = pg_link_say_it(l, &s, e);

	if (q != NULL || s.name == NULL || !l->misnamed)
		return q;
	l->nameless = true;
	return pg_link_query(l, doing, sql, v, n, e);
}

int64_t
pg_link_run(struct pg_link *l, const char *doing, const char *sql,
    const struct value *v, int n, struct err *e)
{
	PGresult *q = pg_link_query(l, doing, sql, v, n, e);
	int64_t rows = -1;

	if (q != NULL)
		rows = strtoll(pq.cmdTuples(q), NULL, 10);
	pq.clear(q);
	return rows;
}

/* Waits for all of it now. */
static int
pg_link_catch_up(struct pg_link *l, struct err *e)
{
	PGresult *q = NULL;

	if (pg_link_put_held(l) == 0 && l->sent > 0)
		q = pg_link_settle(l, e);
	pq.clear(q);
	return q != NULL ? 0 : -1;
}

/* Sends a statement whose result others wait for. */
static int
pg_link_go_on(struct pg_link *l, const char *doing, const char *sql,
    const struct value *v, int n, struct err *e)
{
	if (pg_link_put(l, doing, sql, v, n) != 0)
		return pg_link_refused(l, doing, e);
	if (l->sent < PG_SENT && l->sent_bytes < PG_SENT_BYTES)
		return 0;
	return pg_link_catch_up(l, e);
}

int
pg_link_ahead(struct pg_link *l, const char *doing, const char *sql,
    const struct value *v, int n, struct err *e)
{
	if (pg_link_broke(l, doing, e))
		return -1;
	return pg_link_go_on(l, doing, sql, v, n, e);
}

int
pg_link_later(struct pg_link *l, const char *doing, const char *sql,
    const struct value *v, int n, struct err *e)
{
	if (pg_link_broke(l, doing, e))
		return -1;
	if (pg_link_put_held(l) != 0)
		return pg_link_refused(l, doing, e);
	return pg_link_go_on(l, doing, sql, v, n, e);
}

int
pg_link_put_rows(struct pg_link *l, struct err *e)
{
	if (pg_link_put_held(l) != 0)
		return pg_link_refused(l, "cannot store rows", e);
	return l->sent_bytes < PG_SENT_BYTES ? 0 : pg_link_catch_up(l, e);
}

int
pg_link_row(struct pg_link *l, struct pg_rows *rows, const struct value *v,
    struct err *e)
{
	if (pg_link_broke(l, pg_rows_doing(rows), e))
		return -1;
	if (pg_rows_count(rows) == 0) {
		assert(l->nheld < PG_LINK_ROWS);
		l->held[l->nheld++] = rows;
	}
	pg_rows_add(rows, v);
	return pg_rows_enough(rows) ? pg_link_put_rows(l, e) : 0;
}

int64_t
pg_link_number(struct pg_link *l, const char *doing, const char *sql,
    const struct value *v, int n, bool *none, struct err *e)
{
	PGresult *q = pg_link_query(l, doing, sql, v, n, e);
	int64_t number = -1;

	if (q != NULL)
		number = pq.ntuples(q) > 0 ? pg_number(q, 0, 0) : 0;
	if (none != NULL)
		*none = q != NULL && pq.ntuples(q) == 0;
	pq.clear(q);
	return number;
}

/* ---- transactions ------------------------------------------------------ */

int
pg_link_begin(struct pg_link *l, const char *sql, struct err *e)
{
	if (l->open)
		return err_set(e, "cannot begin: a transaction is open");
	l->again = l->missing = l->away = false;
	l->supposed = l->refused = false;
	if (l->conn == NULL && pg_link_connect(l, e) != 0)
		return -1;
	l->open = true;
	buf_clear(&l->parsed, PG_PARSED);
	if (pg_link_go_on(l, "cannot begin", sql, NULL, 0, e) == 0)
		return 0;
	l->open = false;
	return -1;
}

int
pg_link_commit(struct pg_link *l, struct err *e)
{
	PGresult *q;
	bool done;

	if (!l->open)
		return err_set(e, "cannot commit: no transaction is open");
	q = pg_link_query(l, "cannot commit", "COMMIT", NULL, 0, e);
	if (q == NULL)
		return -1;
	/* The end of a transaction in which something failed is another. */
	done = strcmp(pq.cmdStatus(q), "COMMIT") == 0;
	pq.clear(q);
	l->open = false;
	buf_clear(&l->parsed, PG_PARSED);
	return done ? 0 : err_set(e, "cannot commit: it was rolled back");
}

void
pg_link_rollback(struct pg_link *l)
{
	bool again = l->again, away = l->away, supposed = l->supposed;
	bool refused = l->refused;
	struct err e;

	/* Behind what fails a ROLLBACK would be skipped, too. */
	if (l->open && l->conn != NULL && l->sent > 0)
		pq.clear(pg_link_settle(l, &e));
	if (l->conn != NULL)
		pg_link_forget(l);
	if (l->open && l->conn != NULL)
		(void)pg_link_run(
		    l, "cannot roll back", "ROLLBACK", NULL, 0, &e);
	l->open = false;
	buf_clear(&l->parsed, PG_PARSED);
	l->again = again;
	l->away = away;
	l->supposed = supposed;
	l->refused = refused;
}

/* ---- what others say --------------------------------------------------- */

/* Whether the engine's process is the one that the connection began with: a
 * pooler gives a number of its own. */
static int
pg_link_is_straight(struct pg_link *l, struct err *e)
{
	int64_t pid = pg_link_number(l, "cannot ask who answers",
	    "SELECT CAST(pg_backend_pid() AS BIGINT)", NULL, 0, NULL, e);

	if (pid == -1)
		return l->away ? -1 : 0;
	return l->conn != NULL && pid == pq.backendPID(l->conn);
}

int
pg_link_listen(struct pg_link *l, const char *sql, struct err *e)
{
	int r = pg_link_is_straight(l, e);

	if (r == 1 && pg_link_run(l, "cannot listen", sql, NULL, 0, e) == -1)
		r = l->away ? -1 : 0;
	l->listens = r == 1 && l->conn != NULL;
	return r;
}

/* What was said by now. */
static bool
pg_link_heard(struct pg_link *l)
{
	PGnotify *said;
	bool any = false;

	while (l->conn != NULL && (said = pq.notifies(l->conn)) != NULL) {
		pq.freemem(said);
		any = true;
	}
	return any;
}

bool
pg_link_hear(struct pg_link *l, int fd, int64_t until)
{
	struct pollfd p[2] = { { .fd = fd, .events = POLLIN },
		{ .events = POLLIN } };
	int64_t left;
	bool heard;

	while (!(heard = pg_link_heard(l)) &&
	       (left = until - clock_mono_us()) > 0) {
		p[1].fd = l->listens ? pq.socket(l->conn) : -1;
		if (poll(p, 2, (int)(left / 1000 + 1)) <= 0)
			continue;
		if (p[0].revents != 0)
			return false;
		if (pq.consumeInput(l->conn) == 0) {
			pg_link_lose(l);
			break;
		}
	}
	return heard;
}

void
pg_link_hasten(struct pg_link *l)
{
	l->not_before = 0;
}

void
pg_link_rest(int attempt)
{
	struct timespec t = { 0 };
	uint32_t noise = 0;

	if (getrandom(&noise, sizeof(noise), 0) != sizeof(noise))
		noise = 0; /* which does, too */
	t.tv_nsec = (long)(noise % (5000000u << (attempt < 5 ? attempt : 5)));
	nanosleep(&t, NULL);
}

bool
pg_link_patient(const struct pg_link *l)
{
	struct timespec t = { .tv_nsec = 100000000 };

	if (!l->away || clock_mono_us() - l->away_us > PG_PATIENCE_US)
		return false;
	nanosleep(&t, NULL);
	return true;
}

int64_t
pg_number(const PGresult *q, int row, int column)
{
	const char *p = pq.getvalue(q, row, column);
	uint64_t wide;
	uint32_t half;

	switch (pq.getlength(q, row, column)) {
	case 8:
		memcpy(&wide, p, sizeof(wide));
		return (int64_t)be64toh(wide);
	case 4:
		memcpy(&half, p, sizeof(half));
		return (int32_t)be32toh(half);
	default:
		return 0;
	}
}

struct str
pg_bytes(const PGresult *q, int row, int column)
{
	return (struct str){ pq.getvalue(q, row, column),
		(size_t)pq.getlength(q, row, column) };
}

bool
pg_null(const PGresult *q, int row, int column)
{
	return pq.getisnull(q, row, column) != 0;
}
