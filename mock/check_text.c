/* Templates, files and references, wherever in a mocks file they stand. */
#include "config.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "base/mem.h"
#include "mock/faker.h"
#include "mock/template.h"

#include "mock/check_priv.h"

bool
check_is_template(struct str s)
{
	return s.n > 0 && memmem(s.p, s.n, "{{", 2) != NULL;
}

/* The next text that is given to faker in an expression; false behind the
 * last. */
static bool
check_next_faker(struct str *text, struct str *method)
{
	const char *at = memmem(text->p, text->n, "faker", 5), *end;
	struct str before, rest;
	char quote;

	if (at == NULL)
		return false;
	before = (struct str){ text->p, (size_t)(at - text->p) };
	rest = str_trim(
	    (struct str){ at + 5, (size_t)(text->p + text->n - at) - 5 });
	*text = (struct str){ at + 5, (size_t)(text->p + text->n - at) - 5 };
	*method = STR("");
	quote = rest.n > 1 ? rest.p[0] : '\0';
	end = quote == '\'' || quote == '"'
		  ? memchr(rest.p + 1, quote, rest.n - 1)
		  : NULL;
	if (end != NULL && before.n > 0 &&
	    strchr("{( #", before.p[before.n - 1]) != NULL)
		*method =
		    (struct str){ rest.p + 1, (size_t)(end - rest.p) - 1 };
	return true;
}

/* Methods that faker does not have, such as those of older versions. */
static void
check_fakers(struct checking *c, const char *name, struct str text)
{
	struct str method;
	size_t had;

	while (check_next_faker(&text, &method)) {
		if (method.n == 0 || faker_has(method))
			continue;
		had = check_enter(c, name);
		check_found(c, true,
		    "template: faker has no method %.*s: when it is asked for, "
		    "the answer is 500",
		    (int)(method.n < 80 ? method.n : 80), method.p);
		c->where.n = had;
	}
}

void
check_template(struct checking *c, const char *name, struct str text)
{
	size_t had;
	struct template *t;
	struct err e;

	if (!check_is_template(text))
		return;
	t = template_compile(text, NULL, &e);
	if (t != NULL && template_uses(t, "faker"))
		check_fakers(c, name, text);
	if (t == NULL) {
		had = check_enter(c, name);
		check_found(c, true, "template: %s", e.text);
		c->where.n = had;
	}
	template_free(t);
}

static void
check_header(struct checking *c, const struct mock_header *h)
{
	size_t had = c->where.n;

	check_template(c, "value", h->value);
	if (!check_is_template(h->value) &&
	    !str_is_field_value(str_trim(h->value))) {
		check_enter(c, "value");
		check_found(c, true, "a control character: it is not sent");
		c->where.n = had;
	}
	if (h->key.n > 0 && !str_is_token(h->key)) {
		check_enter(c, "key");
		check_found(c, true, "expected the name of a field");
		c->where.n = had;
	}
}

void
check_headers(
    struct checking *c, const char *name, const struct mock_headers *h)
{
	size_t i, had;

	for (i = 0; i < h->n; i++) {
		had = check_enter_item(c, name, i);
		check_header(c, &h->v[i]);
		c->where.n = had;
	}
}

void
check_path(struct checking *c, struct str path, bool needed)
{
	size_t had = check_enter(c, "filePath");
	char *text;

	if (path.n == 0)
		check_found(c, needed, "expected the path of a file");
	else if (!check_is_template(path)) {
		text = path.p[0] == '/'
			   ? xasprintf("%.*s", STR_ARGS(path))
			   : xasprintf("%.*s/%.*s", STR_ARGS(c->env->folder),
				 STR_ARGS(path));
		if (access(text, R_OK) == -1)
			check_found(
			    c, needed, "%s: no file that can be read", text);
		free(text);
	}
	c->where.n = had;
}

bool
check_has_bucket(const struct checking *c, struct str id, bool names)
{
	size_t i;

	for (i = 0; i < c->env->nbuckets; i++)
		if (str_eq(c->env->buckets[i].id, id) ||
		    (names && str_eq(c->env->buckets[i].name, id)))
			return true;
	return false;
}

void
check_bucket(struct checking *c, const char *name, struct str id, bool wrong)
{
	size_t had = check_enter(c, name);

	if (!check_has_bucket(c, id, false))
		check_found(
		    c, wrong, "%.*s: no data bucket has that id", STR_ARGS(id));
	c->where.n = had;
}
