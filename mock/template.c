#include "config.h"

#include <stdlib.h>

#include "base/mem.h"
#include "mock/helper.h"

#include "mock/template_priv.h"

static const struct template_limits template_defaults = {
	.text = 4u << 20,
	.nodes = 200000,
	.depth = 250,
	.steps = 10000000,
	.memory = 64u << 20,
	.output = 64u << 20,
	.time_us = 2000000,
};

struct template_limits
template_limits_of(const struct template_limits *given)
{
	struct template_limits l = template_defaults;

	if (given == NULL)
		return l;
	if (given->text > 0)
		l.text = given->text;
	if (given->nodes > 0)
		l.nodes = given->nodes;
	if (given->depth > 0)
		l.depth = given->depth;
	if (given->steps > 0)
		l.steps = given->steps;
	if (given->memory > 0)
		l.memory = given->memory;
	if (given->output > 0)
		l.output = given->output;
	if (given->time_us > 0)
		l.time_us = given->time_us;
	return l;
}

int
template_wrong(
    const struct template *t, uint32_t at, struct err *e, const char *what)
{
	size_t i, line = 1, column = 1;

	for (i = 0; i < at && i < t->text.n; i++) {
		if (t->text.p[i] == '\n') {
			line++;
			column = 1;
		} else if ((t->text.p[i] & 0xc0) != 0x80) {
			column++;
		}
	}
	return err_set(e, "line %zu, column %zu: %s", line, column, what);
}

struct template *
template_compile(
    struct str text, const struct template_limits *limits, struct err *e)
{
	struct template_limits l = template_limits_of(limits);
	struct template *t;

	if (text.n > l.text) {
		err_set(e,
		    "the template has %zu bytes, more than the %zu "
		    "allowed",
		    text.n, l.text);
		return NULL;
	}
	t = xcalloc(1, sizeof(*t));
	t->text = arena_str(&t->arena, text);
	if (template_parse(t, &l, e) == -1)
		goto fail;
	template_strip(t);
	if (template_name(t, e) == -1)
		goto fail;
	return t;
fail:
	template_free(t);
	return NULL;
}

void
template_free(struct template *t)
{
	if (t == NULL)
		return;
	arena_fini(&t->arena);
	free(t);
}

bool
template_is_plain(const struct template *t)
{
	const struct node *n;

	for (n = t->main->first; n != NULL; n = n->next)
		if (n->kind != NODE_CONTENT && n->kind != NODE_COMMENT)
			return false;
	return true;
}

bool
template_uses(const struct template *t, const char *helper)
{
	const struct used *u;

	for (u = t->used; u != NULL; u = u->next)
		if (str_is(str_of(helper), u->helper->name))
			return true;
	return false;
}
