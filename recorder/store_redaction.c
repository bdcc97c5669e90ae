#include "config.h"

#include "base/buf.h"
#include "base/err.h"
#include "recorder/redact_mark.h"
#include "recorder/store_priv.h"

#include "recorder/store.h"

int
store_tape_redaction(
    struct store *s, int64_t tape, struct buf *out, struct err *e)
{
	return store_tape_text(s, STORE_REDACTION,
	    "SELECT redaction FROM tape WHERE id = ?", tape, out, e);
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
		r = store_tape_set(s, STORE_REDACTION_SET,
		    "UPDATE tape SET redaction = ?2 WHERE id = ?1", tape,
		    buf_str(&all), e);
	buf_free(&all);
	return r;
}
