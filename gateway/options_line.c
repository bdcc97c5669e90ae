/* The command line, taken apart by the option table. */
#include "config.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/str.h"
#include "gateway/option_table.h"

#include "gateway/options.h"

/* One option as it stands on the command line. */
struct given {
	struct str name;
	char letter;       /* of -o; 0 for --name */
	const char *value; /* behind = or the letter, or the next argument */
	bool attached;     /* value is in the same argument */
};

static const struct own_option *
options_line_own(const struct options_line *l, const struct given *g)
{
	const struct own_option *o;

	for (o = l->own; o != NULL && o->name != NULL; o++)
		if (g->letter != 0 ? o->letter == g->letter
				   : str_is(g->name, o->name))
			return o;
	return NULL;
}

static struct given
options_line_split(char **argv, int at)
{
	const char *text = argv[at], *equals = NULL;
	struct given g = { .letter = 0 };

	if (text[1] != '-') {
		g.letter = text[1];
		g.name = (struct str){ text + 1, 1 };
		g.value = text + 2;
		g.attached = text[2] != '\0';
	} else {
		equals = strchr(text, '=');
		g.name = str_of(text + 2);
		if (equals != NULL)
			g.name.n = (size_t)(equals - text) - 2;
		g.value = equals != NULL ? equals + 1 : NULL;
		g.attached = equals != NULL;
	}
	if (!g.attached)
		g.value = argv[at + 1]; /* NULL at the end of argv */
	return g;
}

/* A flag takes the next argument only if that can be nothing else. */
static bool
options_line_takes_next(bool flag, const struct given *g)
{
	if (g->attached)
		return false;
	return !flag || (g->value != NULL && (strcmp(g->value, "on") == 0 ||
						 strcmp(g->value, "off") == 0));
}

/* --no-NAME is --NAME off.  The flag, or NULL; *g says off then. */
static const struct option *
options_line_without(struct given *g)
{
	const struct option *o;

	if (!str_starts(g->name, "no-"))
		return NULL;
	o = option_find((struct str){ g->name.p + 3, g->name.n - 3 });
	if (o == NULL || !o->flag)
		return NULL;
	g->value = "off";
	g->attached = true;
	return o;
}

/* One walk over the line looks for configuration files alone (config). */
static int
options_line_take_own(struct options_line *l, const struct own_option *o,
    const struct given *g, bool config, struct err *e)
{
	if (o->argument == NULL && g->attached)
		return err_set(e, "option %s: takes no value", o->name);
	if (o->argument != NULL && g->value == NULL)
		return err_set(e, "option %s: expected %s behind it", o->name,
		    o->argument);
	if (!config && o->take != NULL &&
	    o->take(l->settings, g->value, e) == -1)
		return err_wrap(e, "option %s", o->name);
	l->values[o - l->own] = o->argument == NULL ? "on" : g->value;
	return o->argument != NULL && !g->attached;
}

static int
options_line_take(struct options_line *l, const struct option *o,
    const struct given *g, bool config, struct err *e)
{
	bool next = options_line_takes_next(o->flag, g);
	const char *value = o->flag && !next && !g->attached ? "on" : g->value;
	int rc = 0;

	if (value == NULL)
		return err_set(e, "option %s: expected %s behind it", o->name,
		    o->argument);
	if (strcmp(o->name, "config") == 0)
		rc = config ? options_load(l->settings, l->files, value, e) : 0;
	else if (!config)
		rc = option_set(l->settings, o->name, value, e);
	if (!config && l->hides && o->secret && value == g->value)
		memset((char *)(uintptr_t)value, '*', strlen(value));
	return rc == -1 ? -1 : next;
}

/* Takes the option at argv[at].  How many further arguments it used (0 or
 * 1), or -1. */
static int
options_line_option(
    struct options_line *l, char **argv, int at, bool config, struct err *e)
{
	struct given g = options_line_split(argv, at);
	const struct own_option *own = options_line_own(l, &g);
	const struct option *o;

	if (own != NULL)
		return options_line_take_own(l, own, &g, config, e);
	o = g.letter == 0 ? option_find(g.name) : NULL;
	if (o == NULL && g.letter == 0 && !g.attached)
		o = options_line_without(&g);
	if (o == NULL)
		return err_set(e,
		    "option %s%.*s: no such option (see hark help %.40s)",
		    g.letter != 0 ? "-" : "",
		    (int)(g.name.n < 100 ? g.name.n : 100), g.name.p, argv[0]);
	if (!option_is_in(o, l->scope))
		return err_set(
		    e, "option %s: not an option of hark %s", o->name, argv[0]);
	return options_line_take(l, o, &g, config, e);
}

/*
 * One walk over argv: first (config) for the configuration files alone, and
 * then for the rest, with the operands moving to the front, which they can
 * do while the walk is ahead of them.
 */
static int
options_line_walk(
    struct options_line *l, int argc, char **argv, bool config, struct err *e)
{
	bool open = true; /* options may still come */
	int i, rc, n = 0;

	for (i = 1; i < argc; i++) {
		if (!open || argv[i][0] != '-' || argv[i][1] == '\0') {
			n++;
			if (!config)
				argv[n] = argv[i];
			if (l->stop_at_operand)
				open = false;
		} else if (strcmp(argv[i], "--") == 0) {
			open = false;
		} else if (strcmp(argv[i], "-h") == 0 ||
			   strcmp(argv[i], "--help") == 0) {
			l->help = true;
			return 0;
		} else {
			rc = options_line_option(l, argv, i, config, e);
			if (rc == -1)
				return -1;
			i += rc;
		}
	}
	l->operands = n;
	return 0;
}

static int
options_line_environment(struct options_line *l, struct err *e)
{
	const struct option *o;
	const char *value;

	for (o = option_table; o->name != NULL; o++) {
		value = o->variable != NULL && option_is_in(o, l->scope)
			    ? getenv(o->variable)
			    : NULL;
		if (value != NULL && value[0] != '\0' &&
		    o->set(l->settings, o, value, e) == -1)
			return err_wrap(e, "%s", o->variable);
	}
	return 0;
}

int
options_parse(struct options_line *l, int argc, char **argv, struct err *e)
{
	const struct own_option *o;

	l->help = false;
	l->operands = 0;
	if (l->files != NULL)
		l->files->at = 0;
	for (o = l->own; o != NULL && o->name != NULL; o++)
		l->values[o - l->own] = NULL;
	if (options_line_environment(l, e) == -1)
		return -1;
	if (options_line_walk(l, argc, argv, true, e) == -1 || l->help)
		return l->help ? 0 : -1;
	return options_line_walk(l, argc, argv, false, e);
}
