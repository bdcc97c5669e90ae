#include "config.h"

#include <sqlite3.h>

#include "base/err.h"

#include "recorder/sqlite_priv.h"

/* By id alone: the entries behind one are few, whatever tape they are of. */
#define STORE_REQUESTS_SQL \
	"SELECT id, tape, method, scope, target, url, request_head, " \
	"request_body, request_size, extra FROM entry WHERE id > ?1 " \
	"ORDER BY id"

int
sqlite_requests(struct store *s, int64_t after,
    void (*on_request)(void *arg, const struct store_request *), void *arg,
    struct err *e)
{
	sqlite3_stmt *q =
	    store_statement(s, STORE_REQUESTS, STORE_REQUESTS_SQL, e);
	struct store_request row;
	int r;

	if (q == NULL)
		return -1;
	sqlite3_bind_int64(q, 1, after);
	while ((r = sqlite3_step(q)) == SQLITE_ROW) {
		row = (struct store_request){
			.id = sqlite3_column_int64(q, 0),
			.tape = sqlite3_column_int64(q, 1),
			.method = store_column(q, 2),
			.scope = store_column(q, 3),
			.target = store_column(q, 4),
			.url = store_column(q, 5),
			.head = store_column(q, 6),
			.body = sqlite3_column_int64(q, 7),
			.size = (uint64_t)sqlite3_column_int64(q, 8),
			.extra = store_column(q, 9),
		};
		on_request(arg, &row);
	}
	r = r == SQLITE_DONE ? 0
			     : store_failed(s, "cannot list the requests", e);
	sqlite3_reset(q);
	return r;
}
