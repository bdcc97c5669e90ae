#include "config.h"

#include <stdlib.h>

#include "base/err.h"
#include "gateway/settings.h"
#include "recorder/redact_mark.h"
#include "recorder/rules.h"
#include "recorder/store.h"

#include "gateway/redacting.h"

int
redacting_open(
    struct redacting *r, const struct settings *s, bool records, struct err *e)
{
	char *beside = store_beside(s->store);
	const struct redact_key_sources from = {
		.file = s->redact_key,
		.text = getenv("HARK_REDACT_KEY"),
		.store = beside,
	};
	int rc;

	*r = (struct redacting){ .redactor = NULL };
	rc = redact_key_load(&r->key, &from, records && s->redact, e);
	free(beside);
	if (rc == -1)
		return -1;
	redact_mark(s->redact ? &r->key : NULL, s->rules, &r->mark);
	if (s->redact)
		r->redactor = redactor_new(redact_key_bytes(&r->key), s->rules);
	return 0;
}

bool
redacting_exchange(const struct redacting *r, struct exchange *x)
{
	return r->redactor == NULL || redact_exchange(r->redactor, x);
}

struct str
redacting_har(const struct redacting *r, struct str object, struct buf *out)
{
	static const struct rules_request any = { { "*", 1 }, { "", 0 },
		{ "*", 1 } };
	struct redaction d;
	bool changed;

	if (r->redactor == NULL)
		return object;
	redaction_begin(&d, r->redactor, &any);
	changed = redact_har(&d, object, out);
	redaction_end(&d);
	return changed ? buf_str(out) : object;
}

int
redacting_note(
    const struct redacting *r, struct store *s, int64_t tape, struct err *e)
{
	return store_tape_add_redaction(s, tape, buf_str(&r->mark), e);
}

static int
redacting_on_entry(void *arg, const struct store_entry_row *row)
{
	*(int64_t *)arg = row->tape_id;
	return 0;
}

int
redacting_note_entry(
    const struct redacting *r, struct store *s, int64_t entry, struct err *e)
{
	const struct store_filter one = { .first_id = entry, .last_id = entry };
	int64_t tape = 0;

	if (store_list(s, &one, redacting_on_entry, &tape, e) == -1)
		return -1;
	return tape == 0 ? 0 : redacting_note(r, s, tape, e);
}

void
redacting_close(struct redacting *r)
{
	redactor_free(r->redactor);
	buf_free(&r->mark);
	*r = (struct redacting){ .redactor = NULL };
}
