/* Queries and forms (application/x-www-form-urlencoded), as the URL standard
 * reads them. */

#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"

#include "replay/normal_priv.h"

/* Views of the decoded text. */
struct pair {
	struct str name, value;
	size_t at; /* which it was */
};

/* Decodes from to *to, which moves behind it; it never gets longer. */
static struct str
pair_decode(struct str from, char **to)
{
	struct str out = { *to, str_decode(from, true, *to) };

	*to += out.n;
	return out;
}

static int
pair_compare(struct str a, struct str b)
{
	size_t n = a.n < b.n ? a.n : b.n;
	int r = n > 0 ? memcmp(a.p, b.p, n) : 0;

	return r != 0 ? r : a.n < b.n ? -1 : a.n > b.n;
}

static int
pair_order(const void *left, const void *right)
{
	const struct pair *a = left, *b = right;
	int r = pair_compare(a->name, b->name);

	if (r == 0)
		r = pair_compare(a->value, b->value);
	return r != 0 ? r : a->at < b->at ? -1 : a->at > b->at;
}

static size_t
pairs_count(struct str text)
{
	struct str part;
	size_t n = 0;

	while (str_cut(&text, '&', &part))
		n += part.n > 0;
	return n;
}

static void
pairs_decode(struct str text, char *to, struct pair *v)
{
	struct str part, name;
	size_t n = 0;

	while (str_cut(&text, '&', &part)) {
		if (part.n == 0)
			continue;
		(void)str_cut(&part, '=', &name);
		v[n].name = pair_decode(name, &to);
		v[n].value = pair_decode(part, &to);
		v[n].at = n;
		n++;
	}
}

static void
pair_value(const struct pair *p, bool graphql, struct buf *out)
{
	struct normal_json *j;
	bool done = false;

	if (graphql && str_is(p->name, "query")) {
		done = normal_graphql(p->value, out);
	} else if (graphql && (str_is(p->name, "variables") ||
				  str_is(p->name, "extensions"))) {
		j = normal_json_new();
		done = normal_json_add(j, NULL, false, p->value, out);
		normal_json_free(j);
	}
	if (!done)
		normal_text(out, NORMAL_TEXT, p->value);
}

bool
normal_pairs(const struct normal_rules *r, const struct normal_pairs_kind *kind,
    struct str text, struct buf *out)
{
	size_t i, n = pairs_count(text);
	enum normal_fate fate;
	struct pair *v;
	char *decoded;

	if (n > NORMAL_PAIRS)
		return false;
	v = xcalloc(n + 1, sizeof(*v));
	decoded = xmalloc(text.n + 1);
	pairs_decode(text, decoded, v);
	if ((r->verbs & RULE_BIT(kind->as_set)) != 0)
		qsort(v, n, sizeof(*v), pair_order);
	for (i = 0; i < n; i++) {
		fate = normal_fate(r, kind->ignore, kind->replace, v[i].name);
		if (fate == NORMAL_IGNORED)
			continue;
		normal_text(out, 'p', v[i].name);
		if (fate == NORMAL_ANY)
			normal_text(out, NORMAL_REPLACED, STR(""));
		else
			pair_value(&v[i], kind->graphql, out);
	}
	free(decoded);
	free(v);
	return true;
}
