#include "config.h"

#include <stdlib.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/mem.h"
#include "recorder/redact.h"
#include "recorder/redact_key.h"
#include "recorder/redact_mark.h"
#include "recorder/rules.h"

#include "replay/ways.h"

struct way {
	struct rules *rules;
	struct redactor *redactor;
};

struct ways {
	struct buf marks;
	struct way v[REDACT_MARKS];
	size_t n;
};

/* A rule that this version does not know is passed over: more than nothing is
 * redacted without it, and what does not match is looked for otherwise. */
static struct rules *
ways_rules(struct str text)
{
	struct rules *rules = rules_new();
	struct str line;
	struct err e;

	while (text.n > 0 && str_cut(&text, '\n', &line))
		(void)rules_add(rules, line, &e);
	return rules;
}

static bool
ways_have(const struct ways *w, struct str rules)
{
	struct buf text = { 0 };
	bool have = false;
	size_t i;

	for (i = 0; i < w->n && !have; i++) {
		text.n = 0;
		rules_text(w->v[i].rules, RULES_OF_REDACTION, &text);
		have = str_eq(buf_str(&text), rules);
	}
	buf_free(&text);
	return have;
}

/* Two that only had other keys are one: there is one key. */
struct ways *
ways_new(struct str marks, const struct redact_key *key)
{
	struct ways *w = xcalloc(1, sizeof(*w));
	struct redact_mark m;
	struct str rest;

	buf_add_str(&w->marks, marks);
	rest = buf_str(&w->marks);
	while (w->n < REDACT_MARKS && redact_mark_next(&rest, &m)) {
		if (!m.on || ways_have(w, m.rules))
			continue;
		w->v[w->n].rules = ways_rules(m.rules);
		w->v[w->n].redactor =
		    redactor_new(redact_key_bytes(key), w->v[w->n].rules);
		w->n++;
	}
	return w;
}

void
ways_free(struct ways *w)
{
	if (w == NULL)
		return;
	while (w->n > 0) {
		w->n--;
		redactor_free(w->v[w->n].redactor);
		rules_free(w->v[w->n].rules);
	}
	buf_free(&w->marks);
	free(w);
}

bool
ways_are(const struct ways *w, struct str marks)
{
	return w != NULL && str_eq(buf_str(&w->marks), marks);
}

const struct redactor *
ways_get(const struct ways *w, size_t i)
{
	return w != NULL && i < w->n ? w->v[w->n - 1 - i].redactor : NULL;
}
