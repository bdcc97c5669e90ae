#ifndef GATEWAY_ADMIN_TABLE_H
#define GATEWAY_ADMIN_TABLE_H

/*
 * Everything that can be asked of the admin port, a row each.  The OpenAPI
 * document (gateway/assets/openapi.json), which the port serves, is held
 * against these rows by tests/unit/admin.c: a new command is a row here, an
 * operation there and a handler in gateway/admin_RESOURCE.c.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "gateway/admin_request.h"

#define ADMIN_JSON_MOST (1024u * 1024)
#define ADMIN_IMPORT_MOST (UINT64_C(16) << 30)
#define ADMIN_ROUTE_MOST (16u * 1024 * 1024)
#define ADMIN_ID_MOST (UINT64_C(1) << 53) /* as JavaScript counts */

enum admin_kind {
	ADMIN_TEXT,   /* at most .most bytes */
	ADMIN_NUMBER, /* from .least to .most */
	ADMIN_FLAG,   /* 0 or 1 */
	ADMIN_CHOICE, /* one of .choices; its number is its index */
};

struct admin_parameter {
	const char
	    *name; /* in the path where that has {name}, else a query's */
	enum admin_kind kind;
	uint64_t least, most;
	const char *initial; /* what it is when not given; NULL: not given */
	const char *const *choices;
};

/* What a command takes as its body. */
enum admin_body {
	ADMIN_NO_BODY,
	ADMIN_JSON,       /* a JSON value */
	ADMIN_MAYBE_JSON, /* or nothing */
	ADMIN_BYTES,      /* whatever, in a file without a name */
};

/* Where its handler runs. */
enum admin_where {
	ADMIN_LOOP, /* must not wait for anything */
	ADMIN_JOB,  /* reads or writes the store or files, or waits */
};

struct admin_command {
	const char *method; /* GET also answers HEAD */
	const char *path;   /* "/v1/entries/{id}" */
	const char *summary;
	struct admin_parameter parameters[ADMIN_PARAMETERS];
	enum admin_body takes;
	uint64_t most_body; /* bytes; 0 is ADMIN_JSON_MOST for JSON */
	enum admin_where where;
	bool open; /* without a token: tells and changes nothing of value */
	void (*handler)(struct admin_request *r);
};

/* Ends with a row without method. */
extern const struct admin_command admin_commands[];

/*
 * The row for a request.  NULL when there is none; then allow gets the methods
 * that the path has ("GET, HEAD, PUT"), nothing when there is no such path.
 */
const struct admin_command *admin_find(
    struct str method, struct str path, struct buf *allow);

/* Fills r->values from the path and the query.  0, or -1 with *e set. */
int admin_read_parameters(
    struct admin_request *r, struct str query, struct err *e);

/* The handlers, by file. */
void admin_get_metrics(struct admin_request *r); /* admin_metrics.c */
void admin_get_state(struct admin_request *r);   /* admin_state.c */
void admin_get_live(struct admin_request *r);
void admin_get_ready(struct admin_request *r);
void admin_get_asset(struct admin_request *r); /* admin_asset.c */
extern const char *const admin_entry_forms[];  /* admin_entries.c */
void admin_list_entries(struct admin_request *r);
void admin_get_entry(struct admin_request *r);
void admin_get_request_body(struct admin_request *r);
void admin_get_response_body(struct admin_request *r);
void admin_delete_entry(struct admin_request *r);
void admin_list_tapes(struct admin_request *r);
void admin_list_traffic(struct admin_request *r); /* admin_traffic.c */
void admin_delete_traffic(struct admin_request *r);
void admin_get_traffic(struct admin_request *r);
void admin_get_traffic_request_body(struct admin_request *r);
void admin_get_traffic_response_body(struct admin_request *r);
void admin_get_traffic_curl(struct admin_request *r);
void admin_get_traffic_har(struct admin_request *r);
void admin_promote_traffic(struct admin_request *r);
void admin_watch_traffic(struct admin_request *r); /* admin_live.c */
void admin_get_mode(struct admin_request *r);      /* admin_runtime.c */
void admin_put_mode(struct admin_request *r);
void admin_get_log(struct admin_request *r);
void admin_put_log(struct admin_request *r);
void admin_post_reload(struct admin_request *r);
void admin_post_drain(struct admin_request *r);
void admin_verify(struct admin_request *r);    /* admin_verify.c */
extern const char *const admin_export_forms[]; /* admin_export.c */
void admin_get_export(struct admin_request *r);
void admin_post_import(struct admin_request *r); /* admin_import.c */
void admin_list_mocks(struct admin_request *r);  /* admin_mocks.c */
void admin_get_route(struct admin_request *r);
void admin_put_route(struct admin_request *r);
void admin_enable_route(struct admin_request *r);
void admin_disable_route(struct admin_request *r);
void admin_promote_entry(struct admin_request *r);
void admin_reset_mocks(struct admin_request *r);
void admin_list_rules(struct admin_request *r); /* admin_rules.c */
void admin_post_rule(struct admin_request *r);
void admin_list_sessions(struct admin_request *r); /* admin_sessions.c */
void admin_end_session(struct admin_request *r);
void admin_reset_cursors(struct admin_request *r);

#endif
