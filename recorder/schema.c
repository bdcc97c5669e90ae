#include "config.h"

#include <stddef.h>
#include <stdint.h>

#include <sqlite3.h>

#include "base/err.h"
#include "recorder/path.h"

#include "recorder/schema.h"

static const char schema_tables[] =
    "CREATE TABLE tape (\n"
    "  -- A named, ordered set of entries.\n"
    "  id         INTEGER PRIMARY KEY,\n"
    "  name       TEXT NOT NULL UNIQUE,\n"
    "  created_us INTEGER NOT NULL -- since 1970-01-01 UTC\n"
    ");\n"

    "CREATE TABLE body (\n"
    "  -- The bytes of a message body as they were on the wire after\n"
    "  -- removing only the transfer coding; equal ones are kept once.\n"
    "  id     INTEGER PRIMARY KEY,\n"
    "  head   INTEGER, -- the first 8 bytes of digest, the highest first;\n"
    "                  -- NULL while parts are arriving\n"
    "  digest BLOB,    -- SHA-256\n"
    "  size   INTEGER NOT NULL,\n"
    "  bytes  BLOB     -- NULL: above 1 MiB and kept in body_part\n"
    ");\n"
    "-- By a number, since the pages of an index that digests go to in no\n"
    "-- order are most of what a commit writes.\n"
    "CREATE INDEX body_by_head ON body (head);\n"

    "CREATE TABLE body_part (\n"
    "  -- One piece, of at most 1 MiB, of a body that is not in one.\n"
    "  id       INTEGER PRIMARY KEY,\n"
    "  body     INTEGER NOT NULL, -- body.id\n"
    "  at       INTEGER NOT NULL, -- offset of its first byte in the body\n"
    "  bytes    BLOB NOT NULL,\n"
    "  UNIQUE (body, at)\n"
    ");\n"

    "CREATE TABLE entry (\n"
    "  -- One exchange: a request and its response.  The order of the ids\n"
    "  -- of a tape is the order in which they were recorded.\n"
    "  id INTEGER PRIMARY KEY AUTOINCREMENT,\n"
    "  tape INTEGER NOT NULL,   -- tape.id\n"
    "  key BLOB,                -- 16 bytes it is found by: a digest of\n"
    "                           -- method, scope, target and request body\n"
    "  started_us INTEGER NOT NULL, -- since 1970-01-01 UTC\n"
    "  method TEXT NOT NULL,\n"
    "  scope TEXT NOT NULL,     -- host that chose the upstream, or ''\n"
    "  target TEXT NOT NULL,    -- as the client asked the gateway\n"
    "  url TEXT NOT NULL,       -- at the upstream\n"
    "  status INTEGER NOT NULL, -- 0 when no response head came\n"
    "  outcome TEXT NOT NULL,   -- complete, truncated, reset, timeout,\n"
    "                           -- refused, bad-answer, client-gone\n"
    "  failure TEXT NOT NULL,   -- what failed, in words\n"
    "  -- The HAR timings; NULL for what did not happen or is not known.\n"
    "  -- tls_us is a part of connect_us.\n"
    "  blocked_us INTEGER, dns_us INTEGER, connect_us INTEGER,\n"
    "  tls_us INTEGER, send_us INTEGER, wait_us INTEGER,\n"
    "  receive_us INTEGER,\n"
    "  server_addr TEXT NOT NULL, -- '192.0.2.1:443', '[::1]:80' or ''\n"
    "  client_addr TEXT NOT NULL,\n"
    "  connection TEXT NOT NULL, -- id of the upstream connection\n"
    "  session TEXT NOT NULL,\n"
    "  mode TEXT NOT NULL,      -- what recorded it; 'import'\n"
    "  comment TEXT NOT NULL,\n"
    "  extra TEXT NOT NULL,     -- JSON: HAR members with no column here\n"
    "  -- For both messages: version as written, minor version of HTTP/1 or\n"
    "  -- -1, framing (none, length, chunked, close), size of the head on\n"
    "  -- the wire or NULL, whether the body is known (0: it was there, but\n"
    "  -- was not kept), its size and id (NULL when empty or unknown), the\n"
    "  -- field lines as 'Name: value' with CR LF behind each, in order and\n"
    "  -- with their case, and the trailers in the same form or NULL.\n"
    "  request_version TEXT NOT NULL, request_minor INTEGER NOT NULL,\n"
    "  request_framing TEXT NOT NULL, request_head_bytes INTEGER,\n"
    "  request_known INTEGER NOT NULL, request_size INTEGER NOT NULL,\n"
    "  request_body INTEGER, request_head BLOB NOT NULL,\n"
    "  request_trailers BLOB,\n"
    "  reason TEXT NOT NULL,\n"
    "  response_version TEXT NOT NULL, response_minor INTEGER NOT NULL,\n"
    "  response_framing TEXT NOT NULL, response_head_bytes INTEGER,\n"
    "  response_known INTEGER NOT NULL, response_size INTEGER NOT NULL,\n"
    "  response_body INTEGER, response_head BLOB NOT NULL,\n"
    "  response_trailers BLOB,\n"
    "  interims BLOB, -- interim responses: for each its status, CR LF, its\n"
    "                 -- field lines and an empty line; NULL for none\n"
    "  chunks BLOB    -- when the pieces of a streamed response body came:\n"
    "                 -- for each two LEB128 numbers, how far its offset\n"
    "                 -- and its time in us (zigzag) are behind those of\n"
    "                 -- the piece before; NULL for none\n"
    ");\n"

    "CREATE INDEX entry_by_key ON entry (tape, key); -- and id\n"
    "-- Who else uses a body that may go.\n"
    "CREATE INDEX entry_by_request_body ON entry (request_body)\n"
    "  WHERE request_body IS NOT NULL;\n"
    "CREATE INDEX entry_by_response_body ON entry (response_body)\n"
    "  WHERE response_body IS NOT NULL;\n"
    "-- Tapes that need a second look-up, without the body.\n"
    "CREATE INDEX entry_of_unknown_body ON entry (tape)\n"
    "  WHERE request_known = 0;\n";

/* One JSON array of {name, value} from a column of field lines. */
#define FIELDS(column) \
	"json((WITH RECURSIVE line (text, rest) AS (\n" \
	"      SELECT NULL, " column "\n" \
	"      UNION ALL\n" \
	"      SELECT substr(rest, 1, instr(rest, x'0d0a') - 1),\n" \
	"        substr(rest, instr(rest, x'0d0a') + 2)\n" \
	"      FROM line WHERE instr(rest, x'0d0a') > 0)\n" \
	"    SELECT json_group_array(json_object(\n" \
	"      'name', CAST(substr(text, 1, instr(text, x'3a') - 1) AS TEXT)," \
	"\n" \
	"      'value', trim(CAST(substr(text, instr(text, x'3a') + 1)\n" \
	"        AS TEXT), ' ' || char(9))))\n" \
	"    FROM line WHERE text IS NOT NULL))"

/* The value of the first Content-Type of a column of field lines, or "". */
#define MIME_TYPE(column) \
	"coalesce((SELECT json_extract(value, '$.value')\n" \
	"    FROM json_each(" FIELDS( \
	    column) ")\n" \
		    "    WHERE lower(json_extract(value, '$.name')) = " \
		    "'content-type'\n" \
		    "    LIMIT 1), '')"

/* The pairs behind the question mark, as they are, without decoding. */
#define QUERY_STRING \
	"json((WITH RECURSIVE pair (text, rest) AS (\n" \
	"      SELECT NULL, substr(e.url, instr(e.url, '?') + 1) || '&'\n" \
	"      WHERE instr(e.url, '?') > 0\n" \
	"      UNION ALL\n" \
	"      SELECT substr(rest, 1, instr(rest, '&') - 1),\n" \
	"        substr(rest, instr(rest, '&') + 1)\n" \
	"      FROM pair WHERE instr(rest, '&') > 0)\n" \
	"    SELECT json_group_array(json_object(\n" \
	"      'name', substr(text, 1, instr(text || '=', '=') - 1),\n" \
	"      'value', substr(text, instr(text || '=', '=') + 1)))\n" \
	"    FROM pair WHERE text <> ''))"

/*
 * Whether bytes are not text.  GLOB decodes what it compares, so a lead byte
 * without its continuation meets U+FFFD here; a continuation byte on its own
 * reads as a C1 control character.
 */
#define BINARY(bytes) \
	"(instr(" bytes ", x'00') > 0 OR CAST(" bytes " AS TEXT) GLOB\n" \
	"      '*[' || char(128) || '-' || char(159) || char(65533) || ']*')"

#define TEXT_OF(bytes) \
	"CASE WHEN " BINARY(bytes) " THEN lower(hex(" bytes "))\n" \
				   "      ELSE CAST(" bytes " AS TEXT) END"
#define ENCODING_OF(bytes) "CASE WHEN " BINARY(bytes) " THEN 'hex' END"

/* json_patch() onto an empty object leaves out the members that are NULL. */
#define WITHOUT_NULLS(object) "json_patch('{}', " object ")"

#define MS(us) "coalesce(" us " / 1000.0, -1)"

static const char
    schema_view
	[] =
	    "CREATE VIEW har AS\n"
	    "  -- Each entry as a HAR 1.2 entry, for the sqlite3 shell alone:\n"
	    "  --   SELECT har FROM har WHERE url LIKE '%/users%';\n"
	    "  -- and a whole HAR file:\n"
	    "  --   SELECT json_object('log', json_object('version', '1.2',\n"
	    "  --     'creator', json_object('name', 'hark', 'version', ''),\n"
	    "  --     'entries', json_group_array(json(har)))) FROM har;\n"
	    "  -- It shows the wire: bodies keep their content coding, query "
	    "pairs\n"
	    "  -- their percent signs, cookies stay in their header fields.  A "
	    "body\n"
	    "  -- that is not text is hexadecimal ('encoding': 'hex'); one "
	    "kept in\n"
	    "  -- parts, above 1 MiB, only has its size.  hark export does "
	    "better.\n"
	    "  SELECT e.id AS id, t.name AS tape, e.started_us AS started_us,\n"
	    "    e.method AS method, e.url AS url, e.status AS status,\n"
	    "  " WITHOUT_NULLS(
		"json_object(\n"
		"    'startedDateTime', strftime('%Y-%m-%dT%H:%M:%S',\n"
		"      e.started_us / 1000000, 'unixepoch') ||\n"
		"      printf('.%06dZ', e.started_us % 1000000),\n"
		"    'time', (coalesce(e.blocked_us, 0) + coalesce(e.dns_us, "
		"0) +\n"
		"      coalesce(e.connect_us, 0) + coalesce(e.send_us, 0) +\n"
		"      coalesce(e.wait_us, 0) + coalesce(e.receive_us, 0)) / "
		"1000.0,\n"
		"    'request', json_object(\n"
		"      'method', e.method, 'url', e.url,\n"
		"      'httpVersion', e.request_version, 'cookies', "
		"json('[]'),\n"
		"      'headers', " FIELDS(
		    "e.request_head") ",\n"
				      "      'queryString', " QUERY_STRING ",\n"
				      "      'postData', CASE WHEN q.id IS NOT "
				      "NULL THEN json_object(\n"
				      "        'mimeType', " MIME_TYPE(
					  "e.request_head") ",\n"
							    "        'params', "
							    "json('[]'),\n"
							    "        "
							    "'text', " TEXT_OF(
								"q.bytes") ",\n"
									   "   "
									   "   "
									   "  "
									   "'_"
									   "enc"
									   "odi"
									   "ng'"
									   ","
									   " " ENCODING_OF(
									       "q.bytes") ") END,\n"
											  "      'headersSize', coalesce(e.request_head_bytes, -1),\n"
											  "      'bodySize', CASE e.request_known\n"
											  "        WHEN 0 THEN -1 ELSE e.request_size END),\n"
											  "    'response', json_object(\n"
											  "      'status', e.status, 'statusText', e.reason,\n"
											  "      'httpVersion', e.response_version, 'cookies', json('[]'),\n"
											  "      'headers', " FIELDS(
											      "e.response_head") ",\n"
														 "      'content', json_object(\n"
														 "        'size', e.response_size,\n"
														 "        'mimeType', " MIME_TYPE("e.response_head") ",\n"
																				     "        'text', " TEXT_OF("p.bytes") ",\n"
																									   "        'encoding', " ENCODING_OF(
																									       "p.bytes") "),\n"
																											  "      'redirectURL', coalesce((SELECT json_extract(value, '$.value')\n"
																											  "        FROM json_each(" FIELDS("e.response_head") ")\n"
																																	      "        WHERE lower(json_extract(value, '$.name')) = 'location'\n"
																																	      "        LIMIT 1), ''),\n"
																																	      "      'headersSize', coalesce(e.response_head_bytes, -1),\n"
																																	      "      'bodySize', CASE e.response_known\n"
																																	      "        WHEN 0 THEN -1 ELSE e.response_size END),\n"
																																	      "    'cache', json('{}'),\n"
																																	      "    'timings', json_object(\n"
																																	      "      'blocked', " MS("e.blocked_us") ", 'dns', " MS(
																																		  "e.dns_us") ",\n"
																																			      "      'connect', " MS("e.connect_us") ", 'ssl', " MS(
																																				  "e.tls_us") ",\n"
																																					      "      'send', coalesce(e.send_us, 0) / 1000.0,\n"
																																					      "      'wait', coalesce(e.wait_us, 0) / 1000.0,\n"
																																					      "      'receive', coalesce(e.receive_us, 0) / 1000.0),\n"
																																					      "    'serverIPAddress', nullif(CASE\n"
																																					      "      WHEN e.server_addr LIKE '[%' THEN substr(e.server_addr, 2,\n"
																																					      "        instr(e.server_addr, ']') - 2)\n"
																																					      "      ELSE substr(e.server_addr, 1,\n"
																																					      "        instr(e.server_addr || ':', ':') - 1) END, ''),\n"
																																					      "    'connection', nullif(e.connection, ''),\n"
																																					      "    'comment', nullif(e.comment, ''),\n"
																																					      "    '_hark', json_object(\n"
																																					      "      'entry', e.id, 'tape', t.name, 'target', e.target,\n"
																																					      "      'scope', nullif(e.scope, ''), 'outcome', e.outcome,\n"
																																					      "      'failure', nullif(e.failure, ''),\n"
																																					      "      'server', nullif(e.server_addr, ''),\n"
																																					      "      'client', nullif(e.client_addr, ''),\n"
																																					      "      'session', nullif(e.session, ''), 'mode', nullif(e.mode, ''),\n"
																																					      "      'requestFraming', e.request_framing,\n"
																																					      "      'responseFraming', e.response_framing,\n"
																																					      "      'requestTrailers', CASE WHEN e.request_trailers IS NOT NULL\n"
																																					      "        THEN " FIELDS("e.request_trailers") " END,\n"
																																											   "      'responseTrailers', CASE WHEN e.response_trailers IS NOT NULL\n"
																																											   "        THEN " FIELDS(
																																											       "e.response_trailers") " END,\n"
																																														      "      'interims', CAST(e.interims AS TEXT),\n"
																																														      "      'extra', CASE WHEN json_valid(e.extra)\n"
																																														      "        THEN json(e.extra) END))") " AS har\n"
																																																			  "  FROM entry AS e JOIN tape AS t ON t.id = e.tape\n"
																																																			  "    LEFT JOIN body AS q ON q.id = e.request_body\n"
																																																			  "    LEFT JOIN body AS p ON p.id = e.response_body;\n";

static const char schema_tape_extra[] =
    "ALTER TABLE tape ADD COLUMN extra TEXT NOT NULL DEFAULT ''\n"
    "  /* JSON: what imported HARs had in log beside their entries */";

static const char schema_rules[] =
    "ALTER TABLE entry ADD COLUMN normal_key BLOB\n"
    "  /* 16 bytes it is found by in the normalized tier: a digest of what\n"
    "     the tape's rules leave of the request; NULL when none is for it */;"
    "ALTER TABLE entry ADD COLUMN times INTEGER NOT NULL DEFAULT 1\n"
    "  /* how often in a row it was recorded, the same each time */;"
    "ALTER TABLE tape ADD COLUMN rules TEXT NOT NULL DEFAULT ''\n"
    "  /* what normal_key was made by: a version and the rules, a line each */;"
    "ALTER TABLE tape ADD COLUMN redaction TEXT NOT NULL DEFAULT ''\n"
    "  /* how secrets were kept out of it; '' for not at all */;"
    "CREATE INDEX entry_by_normal_key ON entry (tape, normal_key) -- and id\n"
    "  WHERE normal_key IS NOT NULL";

static const char schema_places[] =
    "ALTER TABLE entry ADD COLUMN shape INTEGER\n"
    "  /* a number for the segments of the target's path in which ids are\n"
    "     alike, near to those of paths that begin the same */;"
    "ALTER TABLE entry ADD COLUMN path INTEGER\n"
    "  /* a number of 23 bits for the target's path */;"
    "UPDATE entry SET shape = path_shape(target), path = path_path(target);"
    "-- What a request that nothing answers is compared with.  In pieces of\n"
    "-- 16,384 entries, so that what is recorded together lies together.\n"
    "CREATE INDEX entry_by_place ON entry (tape, id >> 14, shape, path);"
    "-- Tapes that need a look-up by the host that a client names, too.\n"
    "CREATE INDEX entry_of_scope ON entry (tape) WHERE scope <> ''";

/* What makes version n + 1 of version n.  Steps are only ever added. */
static const char *const schema_step_1[] = { schema_tables, schema_view, NULL };
static const char *const schema_step_2[] = { schema_tape_extra, NULL };
static const char *const schema_step_3[] = { schema_rules, schema_places,
	NULL };
static const char *const *const schema_steps[] = { schema_step_1, schema_step_2,
	schema_step_3 };

#define SCHEMA_VERSION (int)(sizeof(schema_steps) / sizeof(*schema_steps))

static int
schema_failed(sqlite3 *db, struct err *e)
{
	if (sqlite3_errcode(db) == SQLITE_NOTADB)
		return err_set(e, "is not an SQLite file");
	return err_set(e, "%s", sqlite3_errmsg(db));
}

static int
schema_exec(sqlite3 *db, const char *sql, struct err *e)
{
	if (sqlite3_exec(db, sql, NULL, NULL, NULL) != SQLITE_OK)
		return schema_failed(db, e);
	return 0;
}

static int
schema_number(sqlite3 *db, const char *sql, int64_t *value, struct err *e)
{
	sqlite3_stmt *q = NULL;
	int r = 0;

	if (sqlite3_prepare_v2(db, sql, -1, &q, NULL) != SQLITE_OK ||
	    sqlite3_step(q) != SQLITE_ROW)
		r = schema_failed(db, e);
	else
		*value = sqlite3_column_int64(q, 0);
	sqlite3_finalize(q);
	return r;
}

/* Which version the file has: 0 for a new one, -1 when it is none of ours. */
static int
schema_version(sqlite3 *db, int64_t *version, struct err *e)
{
	int64_t application, tables;

	if (schema_number(db, "PRAGMA application_id", &application, e) != 0 ||
	    schema_number(db, "PRAGMA user_version", version, e) != 0 ||
	    schema_number(
		db, "SELECT count(*) FROM sqlite_schema", &tables, e) != 0)
		return -1;
	if (application == 0 && *version == 0 && tables == 0)
		return 0;
	if (application != SCHEMA_APPLICATION_ID)
		return err_set(e,
		    "is a database of another program "
		    "(application id %lld)",
		    (long long)application);
	if (*version < 1 || *version > SCHEMA_VERSION)
		return err_set(e,
		    "was made by a newer hark (schema version "
		    "%lld, this one knows up to %d)",
		    (long long)*version, SCHEMA_VERSION);
	return 0;
}

static void
schema_path_shape(sqlite3_context *c, int n, sqlite3_value **v)
{
	struct str target = { (const char *)sqlite3_value_text(v[0]),
		(size_t)sqlite3_value_bytes(v[0]) };

	(void)n;
	sqlite3_result_int64(c, path_place(target).shape);
}

static void
schema_path_path(sqlite3_context *c, int n, sqlite3_value **v)
{
	struct str target = { (const char *)sqlite3_value_text(v[0]),
		(size_t)sqlite3_value_bytes(v[0]) };

	(void)n;
	sqlite3_result_int64(c, path_place(target).path);
}

/* What steps fill new columns of old rows with. */
static int
schema_functions(sqlite3 *db, struct err *e)
{
	int flags = SQLITE_UTF8 | SQLITE_DETERMINISTIC;

	if (sqlite3_create_function(db, "path_shape", 1, flags, NULL,
		schema_path_shape, NULL, NULL) != SQLITE_OK ||
	    sqlite3_create_function(db, "path_path", 1, flags, NULL,
		schema_path_path, NULL, NULL) != SQLITE_OK)
		return schema_failed(db, e);
	return 0;
}

static int
schema_upgrade(sqlite3 *db, int64_t version, struct err *e)
{
	const char *const *sql;
	char *done;
	int r;

	if (schema_functions(db, e) != 0)
		return -1;
	for (; version < SCHEMA_VERSION; version++)
		for (sql = schema_steps[version]; *sql != NULL; sql++)
			if (schema_exec(db, *sql, e) != 0)
				return -1;
	done = sqlite3_mprintf("PRAGMA application_id = %d;"
			       "PRAGMA user_version = %d",
	    SCHEMA_APPLICATION_ID, SCHEMA_VERSION);
	r = schema_exec(db, done, e);
	sqlite3_free(done);
	return r;
}

int
schema_check(sqlite3 *db, bool write, struct err *e)
{
	int64_t version;

	if (schema_version(db, &version, e) != 0)
		return -1;
	if (version == SCHEMA_VERSION)
		return 0;
	if (!write)
		return version == 0 ? err_set(e, "is empty, not a store") : 1;
	/* Both only work before the first transaction of a new file. */
	if (version == 0 &&
	    schema_exec(db,
		"PRAGMA page_size = 8192; PRAGMA journal_mode = WAL", e) != 0)
		return -1;
	if (schema_exec(db, "BEGIN IMMEDIATE", e) != 0)
		return -1;
	if (schema_upgrade(db, version, e) == 0 &&
	    schema_exec(db, "COMMIT", e) == 0)
		return 0;
	sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL);
	return -1;
}
