#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "har/exchange.h"
#include "recorder/path.h"
#include "recorder/rules.h"
#include "replay/contrast.h"
#include "replay/key.h"
#include "replay/normal.h"
#include "replay/suggest.h"

#include "tests/fuzz/fuzz.h"

/*
 * The first byte says of what type the bodies are; then follow two targets, a
 * line each, and two bodies with a NUL between them.  What must hold: a
 * request does not differ from itself, each rule that is proposed is one, and
 * when there is one for each difference, they make the two requests one.
 */

static const char *const types[] = { "application/json",
	"application/x-www-form-urlencoded", "multipart/form-data; boundary=b",
	"text/plain" };

struct side {
	struct headers headers;
	struct str target, body;
};

static struct str
cut(struct str *rest, char c)
{
	struct str part = STR("");

	if (!str_cut(rest, c, &part))
		return STR("");
	return part;
}

static struct compared
compared(const struct side *s)
{
	return (struct compared){ .method = STR("POST"),
		.scope = STR(""),
		.target = s->target,
		.headers = &s->headers,
		.body = s->body,
		.size = s->body.n,
		.known = true };
}

static void
add_rule(struct rules *r, struct str line)
{
	struct err e;

	if (rules_add(r, line, &e) == -1)
		abort();
}

/* False when some difference has no rule. */
static bool
take_rules(const struct contrast *d, struct rules *r)
{
	bool all = !d->more;
	size_t i;

	for (i = 0; i < d->n; i++)
		if (d->v[i].rule.p != NULL)
			add_rule(r, d->v[i].rule);
		else
			all = false;
	return all;
}

static void
check_equal(const struct rules *r, const struct side *v)
{
	struct normal *n = normal_new(r);
	struct buf form[2] = { { 0 } };
	struct key_parts p;
	int i;

	for (i = 0; i < 2; i++) {
		p = (struct key_parts){ .method = STR("POST"),
			.scope = STR(""),
			.target = v[i].target,
			.headers = &v[i].headers,
			.body = v[i].body };
		if (!normal_form(n, &p, &form[i]))
			abort();
	}
	if (!str_eq(buf_str(&form[0]), buf_str(&form[1])))
		abort();
	buf_free(&form[0]);
	buf_free(&form[1]);
	normal_free(n);
}

static void
check_contrast(const struct side *v)
{
	struct contrast_by by = { .lines = true };
	struct compared a = compared(&v[0]), b = compared(&v[1]);
	struct rules *r = rules_new();
	struct contrast d = { .n = 0 };

	contrast_find(&d, &a, &a, &by);
	if (d.n > 0 || d.distance > 0)
		abort();
	contrast_find(&d, &a, &b, &by);
	if (take_rules(&d, r) && d.n > 0)
		check_equal(r, v);
	contrast_fini(&d);
	/* With rules in force, too. */
	by.rules = r;
	contrast_find(&d, &a, &b, &by);
	contrast_fini(&d);
	rules_free(r);
}

static void
check_suggest(const struct side *v)
{
	struct suggest *s = suggest_new(NULL);
	struct rules *r = rules_new();
	const struct suggestion *all;
	struct exchange *x;
	size_t i, n;

	for (i = 0; i < 3; i++) {
		x = exchange_new();
		x->method = STR("POST");
		x->target = v[i % 2].target;
		x->status = 200;
		x->request.headers = v[i % 2].headers;
		buf_add_str(&x->request.body.bytes, v[i % 2].body);
		x->request.body.size = v[i % 2].body.n;
		suggest_add(s, x);
		exchange_free(x);
	}
	all = suggest_all(s, &n);
	for (i = 0; i < n; i++)
		add_rule(r, all[i].rule);
	rules_free(r);
	suggest_free(s);
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	struct str rest = { (const char *)bytes + 1, n - 1 };
	struct arena arena = { 0 };
	struct side v[2] = { { { 0 }, { 0 }, { 0 } } };
	struct str type;
	int i;

	if (n == 0)
		return 0;
	type = str_of(types[bytes[0] % (sizeof(types) / sizeof(*types))]);
	v[0].target = cut(&rest, '\n');
	v[1].target = cut(&rest, '\n');
	v[0].body = cut(&rest, '\0');
	v[1].body = rest.p != NULL ? rest : STR("");
	for (i = 0; i < 2; i++)
		headers_add(&v[i].headers, &arena, STR("Content-Type"), type);
	check_contrast(v);
	check_suggest(v);
	arena_fini(&arena);
	return 0;
}
