#include "config.h"

#include <string.h>

#include "base/buf.h"
#include "recorder/redact_key.h"
#include "recorder/rules.h"

#include "recorder/redact_mark.h"

void
redact_mark(
    const struct redact_key *key, const struct rules *rules, struct buf *out)
{
	if (key == NULL) {
		buf_addf(out, ":off %d\n", REDACT_VERSION);
		return;
	}
	buf_addf(out, ":on %d %s\n", REDACT_VERSION, key->fingerprint);
	rules_text(rules, RULES_OF_REDACTION, out);
}

/* Cuts the text of the first way off *rest. */
static struct str
redact_mark_cut(struct str *rest)
{
	struct str way = *rest;
	const char *next =
	    rest->n > 0 ? memmem(rest->p, rest->n, "\n:", 2) : NULL;

	if (next == NULL) {
		*rest = (struct str){ rest->p + rest->n, 0 };
		return way;
	}
	way.n = (size_t)(next + 1 - rest->p);
	*rest = (struct str){ rest->p + way.n, rest->n - way.n };
	return way;
}

bool
redact_mark_next(struct str *rest, struct redact_mark *m)
{
	struct str line, word, version;
	uint64_t v;

	while (rest->n > 0) {
		m->rules = redact_mark_cut(rest);
		(void)str_cut(&m->rules, '\n', &line);
		(void)str_cut(&line, ' ', &word);
		m->on = str_is(word, ":on");
		if ((!m->on && !str_is(word, ":off")) || line.p == NULL ||
		    !str_cut(&line, ' ', &version) ||
		    str_u64(version, &v) == -1 || v != REDACT_VERSION)
			continue;
		m->fingerprint = line.p != NULL ? line : STR("");
		if (m->rules.p == NULL)
			m->rules = STR("");
		return true;
	}
	return false;
}

static bool
redact_mark_has(struct str marks, struct str mark, size_t *n)
{
	bool has = false;

	for (*n = 0; marks.n > 0; ++*n)
		has |= str_eq(redact_mark_cut(&marks), mark);
	return has;
}

int
redact_mark_merge(struct buf *marks, struct str more)
{
	struct str mark;
	size_t n;

	while (more.n > 0) {
		mark = redact_mark_cut(&more);
		if (redact_mark_has(buf_str(marks), mark, &n))
			continue;
		if (n == REDACT_MARKS)
			return -1;
		buf_add_str(marks, mark);
	}
	return 0;
}
