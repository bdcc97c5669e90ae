#include "config.h"

#include <stdint.h>
#include <stdlib.h>

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/mem.h"

#include "base/regex.h"

/* Steps of backtracking; on texts of a megabyte some tens of milliseconds. */
#define REGEX_STEPS 1000000
#define REGEX_HEAP_KIB 16384

struct regex {
	pcre2_code *code;
	pcre2_match_context *limits;
};

static struct regex *
regex_compile(struct str pattern, uint32_t flags, size_t most, struct err *e)
{
	struct regex *r;
	PCRE2_UCHAR why[128];
	PCRE2_SIZE at;
	pcre2_code *code;
	int error;

	if (pattern.n > most) {
		err_set(e, "expected a pattern of at most %zu bytes", most);
		return NULL;
	}
	code = pcre2_compile((PCRE2_SPTR)pattern.p, pattern.n,
	    PCRE2_NEVER_BACKSLASH_C | flags, &error, &at, NULL);
	if (code == NULL) {
		pcre2_get_error_message(error, why, sizeof(why));
		err_set(e, "%.*s: character %zu: %s",
		    (int)(pattern.n < 200 ? pattern.n : 200), pattern.p,
		    (size_t)at + 1, (const char *)why);
		return NULL;
	}
	/* Without it, or where the system has none, it is interpreted. */
	(void)pcre2_jit_compile(code, PCRE2_JIT_COMPLETE);
	r = xcalloc(1, sizeof(*r));
	r->code = code;
	r->limits = pcre2_match_context_create(NULL);
	if (r->limits == NULL)
		abort();
	pcre2_set_match_limit(r->limits, REGEX_STEPS);
	pcre2_set_heap_limit(r->limits, REGEX_HEAP_KIB);
	return r;
}

struct regex *
regex_new(struct str pattern, struct err *e)
{
	return regex_compile(pattern, PCRE2_DOTALL, REGEX_MOST, e);
}

struct regex *
regex_new_ecma(struct str pattern, bool ignore_case, struct err *e)
{
	return regex_compile(pattern,
	    PCRE2_UTF | PCRE2_ALLOW_EMPTY_CLASS | PCRE2_MATCH_UNSET_BACKREF |
		PCRE2_DOLLAR_ENDONLY | (ignore_case ? PCRE2_CASELESS : 0),
	    4 * REGEX_MOST, e);
}

void
regex_free(struct regex *r)
{
	if (r == NULL)
		return;
	pcre2_match_context_free(r->limits);
	pcre2_code_free(r->code);
	free(r);
}

static void
regex_groups(
    struct str text, const PCRE2_SIZE *at, int n, struct regex_match *m)
{
	int i;

	for (i = 0; i < REGEX_GROUPS; i++)
		m->group[i] = i < n && at[2 * i] != PCRE2_UNSET
				  ? (struct str){ text.p + at[2 * i],
					    at[2 * i + 1] - at[2 * i] }
				  : (struct str){ NULL, 0 };
}

int
regex_find(
    const struct regex *r, struct str text, size_t from, struct regex_match *m)
{
	pcre2_match_data *found = pcre2_match_data_create(REGEX_GROUPS, NULL);
	int n;

	if (found == NULL)
		abort();
	n = pcre2_match(r->code, (PCRE2_SPTR)(text.p != NULL ? text.p : ""),
	    text.n, from, 0, found, r->limits);
	if (n >= 0 && m != NULL)
		regex_groups(text, pcre2_get_ovector_pointer(found),
		    n == 0 ? REGEX_GROUPS : n, m);
	pcre2_match_data_free(found);
	return n >= 0 ? 1 : n == PCRE2_ERROR_NOMATCH ? 0 : -1;
}

static void
regex_expand(const struct regex_match *m, struct str with, struct buf *out)
{
	struct str group;
	size_t i;

	for (i = 0; i < with.n; i++) {
		if (with.p[i] != '$' || i + 1 == with.n) {
			buf_add(out, with.p + i, 1);
		} else if (with.p[i + 1] >= '0' && with.p[i + 1] <= '9') {
			group = m->group[with.p[++i] - '0'];
			if (group.p != NULL)
				buf_add_str(out, group);
		} else {
			buf_add(out, "$", 1);
			i += with.p[i + 1] == '$';
		}
	}
}

int
regex_replace(
    const struct regex *r, struct str text, struct str with, struct buf *out)
{
	struct regex_match m;
	size_t done = 0, from = 0, at, end;
	int count = 0, found = 1;

	while (from <= text.n && (found = regex_find(r, text, from, &m)) == 1) {
		at = (size_t)(m.group[0].p - text.p);
		end = at + m.group[0].n;
		buf_add(out, text.p + done, at - done);
		regex_expand(&m, with, out);
		done = end;
		/* Behind an empty match the next byte is passed over. */
		from = m.group[0].n > 0 ? end : end + 1;
		count++;
	}
	buf_add(out, text.p + done, text.n - done);
	return found == -1 ? -1 : count;
}
