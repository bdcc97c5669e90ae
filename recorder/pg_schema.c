/*
 * The tables of a shared store.  Nothing in them is PostgreSQL's alone: no
 * sequences, triggers or types but numbers and bytes, so that engines that
 * speak its protocol can keep them.  Texts are BYTEA, since what came by wire
 * need not be in any encoding.
 */
#include "config.h"

#include "base/err.h"
#include "recorder/pg_priv.h"

#define PG_SCHEMA_TRIES 20

/* The columns of an entry but its id; what they mean stands in schema.c. */
#define PG_ENTRY_COLUMNS \
	"tape BIGINT NOT NULL, key BYTEA, started_us BIGINT NOT NULL, " \
	"method BYTEA NOT NULL, scope BYTEA NOT NULL, target BYTEA NOT NULL, " \
	"url BYTEA NOT NULL, status BIGINT NOT NULL, outcome BYTEA NOT NULL, " \
	"failure BYTEA NOT NULL, blocked_us BIGINT, dns_us BIGINT, " \
	"connect_us BIGINT, tls_us BIGINT, send_us BIGINT, wait_us BIGINT, " \
	"receive_us BIGINT, server_addr BYTEA NOT NULL, " \
	"client_addr BYTEA NOT NULL, connection BYTEA NOT NULL, " \
	"session BYTEA NOT NULL, mode BYTEA NOT NULL, " \
	"comment BYTEA NOT NULL, extra BYTEA NOT NULL, " \
	"request_version BYTEA NOT NULL, request_minor BIGINT NOT NULL, " \
	"request_framing BYTEA NOT NULL, request_head_bytes BIGINT, " \
	"request_known BIGINT NOT NULL, request_size BIGINT NOT NULL, " \
	"request_body BIGINT, request_head BYTEA NOT NULL, " \
	"request_trailers BYTEA, reason BYTEA NOT NULL, " \
	"response_version BYTEA NOT NULL, response_minor BIGINT NOT NULL, " \
	"response_framing BYTEA NOT NULL, response_head_bytes BIGINT, " \
	"response_known BIGINT NOT NULL, response_size BIGINT NOT NULL, " \
	"response_body BIGINT, response_head BYTEA NOT NULL, " \
	"response_trailers BYTEA, interims BYTEA, chunks BYTEA, " \
	"normal_key BYTEA, times BIGINT NOT NULL, shape BIGINT NOT NULL, " \
	"path BIGINT NOT NULL, id BIGINT NOT NULL"

static const char *const pg_step_1[] = {
	/* The highest id there was, and how often something changed. */
	"CREATE TABLE IF NOT EXISTS hark_state (one BIGINT PRIMARY KEY, "
	"last BIGINT NOT NULL, version BIGINT NOT NULL)",
	"INSERT INTO hark_state (one, last, version) VALUES (1, 0, 0) "
	"ON CONFLICT (one) DO NOTHING",
	"CREATE TABLE IF NOT EXISTS hark_tape (id BIGINT PRIMARY KEY, "
	"name BYTEA NOT NULL UNIQUE, created_us BIGINT NOT NULL, "
	"extra BYTEA NOT NULL, rules BYTEA NOT NULL, "
	"redaction BYTEA NOT NULL)",
	/* Its id is of its digest, so that writers need not look for it, but
	 * a random number while its parts arrive.  bytes is NULL above 1 MiB:
	 * it is in the parts of that number then. */
	"CREATE TABLE IF NOT EXISTS hark_body (id BIGINT PRIMARY KEY, "
	"digest BYTEA, size BIGINT NOT NULL, bytes BYTEA, parts BIGINT, "
	"writer BIGINT)",
	"CREATE TABLE IF NOT EXISTS hark_part (parts BIGINT NOT NULL, "
	"at BIGINT NOT NULL, bytes BYTEA NOT NULL, PRIMARY KEY (parts, at))",
	"CREATE TABLE IF NOT EXISTS hark_entry (" PG_ENTRY_COLUMNS
	", PRIMARY KEY (tape, id))",
	"CREATE INDEX IF NOT EXISTS hark_entry_by_id ON hark_entry (id)",
	"CREATE INDEX IF NOT EXISTS hark_entry_by_key "
	"ON hark_entry (tape, key, id)",
	"CREATE INDEX IF NOT EXISTS hark_entry_by_normal_key "
	"ON hark_entry (tape, normal_key, id) WHERE normal_key IS NOT NULL",
	"CREATE INDEX IF NOT EXISTS hark_entry_by_place "
	"ON hark_entry (tape, shape, path, id)",
	"CREATE INDEX IF NOT EXISTS hark_entry_by_request_body "
	"ON hark_entry (request_body) WHERE request_body IS NOT NULL",
	"CREATE INDEX IF NOT EXISTS hark_entry_by_response_body "
	"ON hark_entry (response_body) WHERE response_body IS NOT NULL",
	"CREATE INDEX IF NOT EXISTS hark_entry_of_unknown_body "
	"ON hark_entry (tape) WHERE request_known = 0",
	"CREATE INDEX IF NOT EXISTS hark_entry_of_scope "
	"ON hark_entry (tape) WHERE scope <> ''",
	"CREATE INDEX IF NOT EXISTS hark_entry_of_long_body "
	"ON hark_entry (tape, id) WHERE request_size > 1048576",
	/* What goes on, by who records it; the ids are the writer's. */
	"CREATE TABLE IF NOT EXISTS hark_draft (" PG_ENTRY_COLUMNS
	", writer BIGINT NOT NULL, PRIMARY KEY (writer, id))",
	"CREATE TABLE IF NOT EXISTS hark_writer (id BIGINT PRIMARY KEY, "
	"seen_us BIGINT NOT NULL, done BIGINT NOT NULL)",
	NULL,
};

static const char *const pg_step_2[] = {
	/* What a writer sweeps out at its start is found without a look at all
	 * that is whole. */
	"CREATE INDEX IF NOT EXISTS hark_body_unfinished "
	"ON hark_body (writer) WHERE digest IS NULL",
	NULL,
};

static const char *const pg_step_3[] = {
	/* How far the entries have come that a run of a gateway ships. */
	"CREATE TABLE IF NOT EXISTS hark_source (id BYTEA PRIMARY KEY, "
	"last BIGINT NOT NULL, seen_us BIGINT NOT NULL)",
	NULL,
};

/* Readers see by it which tapes changed: the store's version when one did, and
 * when it was by more than entries at its end; and how many were removed. */
static const char *const pg_step_4[] = {
	"CREATE TABLE IF NOT EXISTS hark_change (tape BIGINT NOT NULL, "
	"version BIGINT NOT NULL, epoch BIGINT NOT NULL, "
	"removed BIGINT NOT NULL, PRIMARY KEY (tape))",
	"INSERT INTO hark_change (tape, version, epoch, removed) "
	"SELECT id, 0, 0, 0 FROM hark_tape ON CONFLICT (tape) DO NOTHING",
	NULL,
};

/* How many answers of a sequence all gateways served together. */
static const char *const pg_step_5[] = {
	"CREATE TABLE IF NOT EXISTS hark_cursor (tape BIGINT NOT NULL, "
	"name BYTEA NOT NULL, served BIGINT NOT NULL, over BIGINT NOT NULL, "
	"used_us BIGINT NOT NULL, PRIMARY KEY (tape, name))",
	NULL,
};

/* What makes version n + 1 of version n.  Steps are only ever added. */
static const char *const *const pg_steps[] = { pg_step_1, pg_step_2, pg_step_3,
	pg_step_4, pg_step_5 };

#define PG_SCHEMA_VERSION (int64_t)(sizeof(pg_steps) / sizeof(*pg_steps))

int64_t
pg_schema_version(struct pg_link *l, struct err *e)
{
	int64_t version = pg_link_number(l, "cannot read the schema's version",
	    "SELECT version FROM hark_schema WHERE one = 1", NULL, 0, NULL, e);

	return version == -1 && l->missing ? 0 : version;
}

static int
pg_schema_newer(int64_t version, struct err *e)
{
	return err_set(e,
	    "was made by a newer hark (schema version %lld, this one knows up "
	    "to %lld)",
	    (long long)version, (long long)PG_SCHEMA_VERSION);
}

/* The row of the version is the lock of those who do this at once. */
static int
pg_schema_steps(struct pg_link *l, struct err *e)
{
	const char *const *sql;
	int64_t version = pg_link_number(l, "cannot lock the schema",
	    "SELECT version FROM hark_schema WHERE one = 1 FOR UPDATE", NULL, 0,
	    NULL, e);

	if (version > PG_SCHEMA_VERSION)
		return pg_schema_newer(version, e);
	if (version == -1)
		return -1;
	for (; version < PG_SCHEMA_VERSION; version++)
		for (sql = pg_steps[version]; *sql != NULL; sql++)
			if (pg_link_run(l, "cannot make the tables", *sql, NULL,
				0, e) == -1)
				return -1;
	return pg_link_run(l, "cannot set the schema's version",
		   "UPDATE hark_schema SET version = $1 WHERE one = 1",
		   PG_VALUES(VALUE_OF_NUMBER(version)), e) == -1
		   ? -1
		   : 0;
}

static int
pg_schema_upgrade(struct pg_link *l, struct err *e)
{
	if (pg_link_run(l, "cannot make the tables",
		"CREATE TABLE IF NOT EXISTS hark_schema "
		"(one BIGINT PRIMARY KEY, version BIGINT NOT NULL)",
		NULL, 0, e) == -1 ||
	    pg_link_run(l, "cannot make the tables",
		"INSERT INTO hark_schema (one, version) VALUES (1, 0) "
		"ON CONFLICT (one) DO NOTHING",
		NULL, 0, e) == -1 ||
	    pg_link_begin(l, "BEGIN", e) != 0)
		return -1;
	if (pg_schema_steps(l, e) == 0 && pg_link_commit(l, e) == 0)
		return 0;
	pg_link_rollback(l);
	return -1;
}

int
pg_schema_check(struct pg_link *l, bool write, struct err *e)
{
	int64_t version = pg_schema_version(l, e);
	int i;

	if (version == -1)
		return -1;
	if (version > PG_SCHEMA_VERSION)
		return pg_schema_newer(version, e);
	if (version == PG_SCHEMA_VERSION)
		return 0;
	if (!write)
		return err_set(e, version == 0
				      ? "has no tapes; record something first"
				      : "was made by an older hark; record "
					"something or import to bring it up "
					"to date");
	for (i = 0; i < PG_SCHEMA_TRIES; i++) {
		if (pg_schema_upgrade(l, e) == 0)
			return 0;
		if (!l->again)
			break;
		pg_link_rest(i);
	}
	return -1;
}
