#include "config.h"

#include <sqlite3.h>

#include "base/buf.h"
#include "base/err.h"
#include "recorder/redact_mark.h"
#include "recorder/store_priv.h"

#include "recorder/store.h"

int
store_tape_redaction(
    struct store *s, int64_t tape, struct buf *out, struct err *e)
{
	sqlite3_stmt *q = store_statement(
	    s, STORE_REDACTION, "SELECT redaction FROM tape WHERE id = ?", e);
	int r;

	if (q == NULL)
		return -1;
	sqlite3_bind_int64(q, 1, tape);
	r = sqlite3_step(q);
	if (r == SQLITE_ROW)
		buf_add_str(out, store_column(q, 0));
	r = r == SQLITE_ROW || r == SQLITE_DONE
		? 0
		: store_failed(s, "cannot read the tape", e);
	sqlite3_reset(q);
	return r;
}

static int
store_redaction_set(
    struct store *s, int64_t tape, struct str marks, struct err *e)
{
	sqlite3_stmt *q = store_statement(s, STORE_REDACTION_SET,
	    "UPDATE tape SET redaction = ?2 WHERE id = ?1", e);

	if (q == NULL)
		return -1;
	sqlite3_bind_int64(q, 1, tape);
	store_bind(q, 2, marks);
	return store_run(s, q, "cannot change the tape", e);
}

int
store_tape_add_redaction(
    struct store *s, int64_t tape, struct str marks, struct err *e)
{
	struct buf all = { 0 };
	int r = store_tape_redaction(s, tape, &all, e);
	size_t was = all.n;

	if (r == 0 && redact_mark_merge(&all, marks) == -1)
		r = err_set(e,
		    "the tape is redacted in %d ways already; use another",
		    REDACT_MARKS);
	if (r == 0 && all.n > was)
		r = store_redaction_set(s, tape, buf_str(&all), e);
	buf_free(&all);
	return r;
}
