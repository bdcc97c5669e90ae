#ifndef RECORDER_SCHEMA_H
#define RECORDER_SCHEMA_H

/*
 * The tables of a store, and how an older file becomes a current one.  The
 * SQL is in schema.c and explains itself: ".schema" in the sqlite3 shell
 * shows it with its comments.
 */

#include <stdbool.h>

#include <sqlite3.h>

struct err;

#define SCHEMA_APPLICATION_ID 0x6861726b /* "hark" */

/* Refuses a file that is not a store or that a newer hark made.  With write,
 * a new file gets its tables and an older one is brought up to date, in one
 * transaction.  0, 1 when an older one has to be brought up to date first, or
 * -1; the text of *e does not name the file. */
int schema_check(sqlite3 *db, bool write, struct err *e);

/*
 * The columns of an entry but its id, in the order of the table.  Statements
 * that write or read whole entries are made of this list, so that a value's
 * place is ENTRY_name.
 */
#define ENTRY_COLUMNS(C) \
	C(tape) \
	C(key) \
	C(started_us) \
	C(method) \
	C(scope) \
	C(target) \
	C(url) \
	C(status) \
	C(outcome) \
	C(failure) \
	C(blocked_us) \
	C(dns_us) \
	C(connect_us) \
	C(tls_us) \
	C(send_us) \
	C(wait_us) \
	C(receive_us) \
	C(server_addr) \
	C(client_addr) \
	C(connection) \
	C(session) \
	C(mode) \
	C(comment) \
	C(extra) \
	C(request_version) \
	C(request_minor) \
	C(request_framing) \
	C(request_head_bytes) \
	C(request_known) \
	C(request_size) \
	C(request_body) \
	C(request_head) \
	C(request_trailers) \
	C(reason) \
	C(response_version) \
	C(response_minor) \
	C(response_framing) \
	C(response_head_bytes) \
	C(response_known) \
	C(response_size) \
	C(response_body) \
	C(response_head) \
	C(response_trailers) \
	C(interims) \
	C(chunks) \
	C(normal_key) \
	C(times) \
	C(shape) \
	C(path)

#define ENTRY_ENUM(name) ENTRY_##name,
#define ENTRY_NAME(name) #name ", "
enum entry_column { ENTRY_COLUMNS(ENTRY_ENUM) ENTRY_id };

/* "tape, key, ..., path, id" */
#define ENTRY_NAMES ENTRY_COLUMNS(ENTRY_NAME) "id"

#endif
