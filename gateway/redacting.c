#include "config.h"

#include <stdlib.h>

#include "base/err.h"
#include "gateway/settings.h"
#include "recorder/redact_mark.h"
#include "recorder/rules.h"
#include "recorder/store.h"

#include "gateway/redacting.h"

/* r has its key.  Rules of redaction are rules by themselves: they can be read
 * from their text. */
static void
redacting_make(struct redacting *r, const struct rules *rules, bool on)
{
	struct buf text = { 0 };
	struct err e;

	rules_text(rules, RULES_OF_REDACTION, &text);
	r->rules = rules_new();
	if (rules_add_text(r->rules, buf_str(&text), &e) == -1)
		abort();
	redact_mark(on ? &r->key : NULL, r->rules, &r->mark);
	if (on)
		r->redactor = redactor_new(redact_key_bytes(&r->key), r->rules);
	buf_free(&text);
}

int
redacting_open(
    struct redacting *r, const struct settings *s, bool records, struct err *e)
{
	return redacting_open_by(r, s, s->rules, records, e);
}

int
redacting_open_by(struct redacting *r, const struct settings *s,
    const struct rules *rules, bool records, struct err *e)
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
	redacting_make(r, rules, s->redact);
	return 0;
}

void
redacting_like(
    struct redacting *r, const struct redacting *of, const struct rules *rules)
{
	*r = (struct redacting){ .key = of->key };
	redacting_make(r, rules, of->redactor != NULL);
}

bool
redacting_is_by(const struct redacting *r, const struct rules *rules)
{
	return rules_same(r->rules, rules, RULES_OF_REDACTION);
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
	rules_free(r->rules);
	buf_free(&r->mark);
	*r = (struct redacting){ .redactor = NULL };
}
