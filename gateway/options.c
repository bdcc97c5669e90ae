#include "config.h"

#include <assert.h>
#include <string.h>

#include "base/err.h"
#include "base/mem.h"
#include "gateway/option_table.h"
#include "recorder/rules.h"

#include "gateway/options.h"

/* Where the help texts begin in the usage; a longer option gets a line. */
#define COLUMN 36

struct settings *
settings_new(void)
{
	struct settings *s = xcalloc(1, sizeof(*s));
	const struct option *o;
	struct err e;
	int rc;

	s->rules = rules_new();
	ranges_init(&s->ranges);
	for (o = option_table; o->name != NULL; o++) {
		rc = o->initial == NULL ? 0 : o->set(s, o, o->initial, &e);
		assert(rc == 0);
	}
	s->listen_inherited = true;
	s->sessions_inherited = true;
	s->body_limit_given = false;
	return s;
}

int
option_set(
    struct settings *s, const char *name, const char *text, struct err *e)
{
	const struct option *o = option_find(str_of(name));

	if (o == NULL)
		return err_set(e, "option %.100s: no such option", name);
	if (o->set(s, o, text, e) == -1)
		return err_wrap(e, "option %s", name);
	return 0;
}

/* "  --store PATH          the file (./hark.db)\n" */
static void
options_usage_line(struct buf *out, char letter, const char *name,
    const char *argument, const char *help, const char *initial)
{
	size_t from = out->n, width;

	if (letter != 0)
		buf_addf(out, "  -%c, --%s", letter, name);
	else
		buf_addf(out, "  --%s", name);
	if (argument != NULL)
		buf_addf(out, " %s", argument);
	width = out->n - from;
	if (width + 2 > COLUMN) {
		buf_add_text(out, "\n");
		width = 0;
	}
	buf_addf(out, "%*s%s", (int)(COLUMN - width), "", help);
	if (initial != NULL)
		buf_addf(out, " (%s)", initial);
	buf_add_text(out, "\n");
}

void
options_usage(struct buf *out, enum option_scope scope)
{
	const struct option *o;

	for (o = option_table; o->name != NULL; o++)
		if (option_is_in(o, scope))
			options_usage_line(
			    out, 0, o->name, o->argument, o->help, o->initial);
}

void
options_usage_own(struct buf *out, const struct own_option *own)
{
	const struct own_option *o;

	for (o = own; o != NULL && o->name != NULL; o++)
		options_usage_line(
		    out, o->letter, o->name, o->argument, o->help, NULL);
}

void
options_names(struct buf *out)
{
	const struct option *o;

	for (o = option_table; o->name != NULL; o++)
		buf_addf(out, "--%s\n", o->name);
}
