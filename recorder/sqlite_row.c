/* The values of an entry's row, to and from a statement. */
#include "config.h"

#include <sqlite3.h>

#include "recorder/entry_row.h"

#include "recorder/sqlite_priv.h"

/* Text and bytes are not the same to SQLite, nor to who reads the table with
 * its shell. */
enum row_kind { ROW_NUMBER, ROW_OPTIONAL, ROW_TEXT, ROW_BLOB };

static const uint8_t row_kinds[ENTRY_VALUES] = {
	[ENTRY_key] = ROW_BLOB,
	[ENTRY_normal_key] = ROW_BLOB,
	[ENTRY_method] = ROW_TEXT,
	[ENTRY_scope] = ROW_TEXT,
	[ENTRY_target] = ROW_TEXT,
	[ENTRY_url] = ROW_TEXT,
	[ENTRY_outcome] = ROW_TEXT,
	[ENTRY_failure] = ROW_TEXT,
	[ENTRY_blocked_us] = ROW_OPTIONAL,
	[ENTRY_dns_us] = ROW_OPTIONAL,
	[ENTRY_connect_us] = ROW_OPTIONAL,
	[ENTRY_tls_us] = ROW_OPTIONAL,
	[ENTRY_send_us] = ROW_OPTIONAL,
	[ENTRY_wait_us] = ROW_OPTIONAL,
	[ENTRY_receive_us] = ROW_OPTIONAL,
	[ENTRY_server_addr] = ROW_TEXT,
	[ENTRY_client_addr] = ROW_TEXT,
	[ENTRY_connection] = ROW_TEXT,
	[ENTRY_session] = ROW_TEXT,
	[ENTRY_mode] = ROW_TEXT,
	[ENTRY_comment] = ROW_TEXT,
	[ENTRY_extra] = ROW_TEXT,
	[ENTRY_request_version] = ROW_TEXT,
	[ENTRY_request_framing] = ROW_TEXT,
	[ENTRY_request_head_bytes] = ROW_OPTIONAL,
	[ENTRY_request_head] = ROW_BLOB,
	[ENTRY_request_trailers] = ROW_BLOB,
	[ENTRY_reason] = ROW_TEXT,
	[ENTRY_response_version] = ROW_TEXT,
	[ENTRY_response_framing] = ROW_TEXT,
	[ENTRY_response_head_bytes] = ROW_OPTIONAL,
	[ENTRY_response_head] = ROW_BLOB,
	[ENTRY_response_trailers] = ROW_BLOB,
	[ENTRY_interims] = ROW_BLOB,
	[ENTRY_chunks] = ROW_BLOB,
};

void
store_bind_row(sqlite3_stmt *q, int before, const struct value *v, int n)
{
	int i, at = before;

	for (i = 0; i < n; i++) {
		at++;
		if (v[i].kind == VALUE_NULL)
			sqlite3_bind_null(q, at);
		else if (v[i].kind == VALUE_NUMBER)
			sqlite3_bind_int64(q, at, v[i].number);
		else if (row_kinds[i] == ROW_TEXT)
			store_bind(q, at, v[i].bytes);
		else
			store_bind_bytes(q, at, v[i].bytes);
	}
}

void
store_read_value(sqlite3_stmt *q, int at, int which, struct value *v)
{
	if (row_kinds[which] >= ROW_TEXT)
		v[which] = VALUE_OF_BYTES(store_column(q, at));
	else if (row_kinds[which] == ROW_OPTIONAL &&
		 sqlite3_column_type(q, at) == SQLITE_NULL)
		v[which] = (struct value){ .kind = VALUE_NULL };
	else
		v[which] = VALUE_OF_NUMBER(sqlite3_column_int64(q, at));
}

void
store_read_row(sqlite3_stmt *q, struct value *v)
{
	int i;

	for (i = 0; i < ENTRY_VALUES; i++)
		store_read_value(q, i, i, v);
}
