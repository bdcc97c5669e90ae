/* Texts that a tape has beside its entries, whatever keeps them. */
#include "config.h"

#include "base/buf.h"
#include "base/err.h"
#include "har/har_log.h"
#include "recorder/redact_mark.h"
#include "recorder/store_ops.h"

#include "recorder/store.h"

int
store_tape_extra(struct store *s, int64_t tape, struct buf *out, struct err *e)
{
	return s->ops->tape_text(s, tape, STORE_EXTRA, out, e);
}

int
store_tape_add_extra(
    struct store *s, int64_t tape, struct str object, struct err *e)
{
	struct buf was = { 0 }, both = { 0 };
	int r = store_tape_extra(s, tape, &was, e);

	if (r == 0) {
		har_log_merge(buf_str(&was), object, &both);
		r = s->ops->tape_set_text(
		    s, tape, STORE_EXTRA, buf_str(&both), e);
	}
	buf_free(&was);
	buf_free(&both);
	return r;
}

int
store_tape_rules(struct store *s, int64_t tape, struct buf *out, struct err *e)
{
	return s->ops->tape_text(s, tape, STORE_RULES, out, e);
}

int
store_tape_set_rules(
    struct store *s, int64_t tape, struct str rules, struct err *e)
{
	return s->ops->tape_set_text(s, tape, STORE_RULES, rules, e);
}

int
store_tape_redaction(
    struct store *s, int64_t tape, struct buf *out, struct err *e)
{
	return s->ops->tape_text(s, tape, STORE_REDACTION, out, e);
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
		r = s->ops->tape_set_text(
		    s, tape, STORE_REDACTION, buf_str(&all), e);
	buf_free(&all);
	return r;
}
