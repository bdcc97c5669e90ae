#include "config.h"

#include <string.h>

#include "base/buf.h"
#include "base/err.h"

#include "gateway/commands.h"

int
cmd_help(const struct command *self, int argc, char **argv)
{
	const struct command *c = NULL;
	struct buf out = { 0 };
	struct err e;
	int status;

	if (argc > 2)
		return commands_misused(self);
	if (argc == 2) {
		for (c = commands; c->name != NULL; c++)
			if (c->help != NULL && strcmp(c->name, argv[1]) == 0)
				break;
		if (c->name == NULL) {
			err_set(&e,
			    "help %.100s: no such command (see hark help)",
			    argv[1]);
			return commands_fail(STATUS_USAGE, &e);
		}
	}
	commands_usage(&out, c);
	status = commands_print(&out);
	buf_free(&out);
	return status;
}

/* All names that the manual page must have, and no others: for its check. */
int
cmd_help_names(const struct command *self, int argc, char **argv)
{
	const struct own_option *o;
	const struct command *c;
	struct buf out = { 0 };
	int status;

	(void)self;
	(void)argc;
	(void)argv;
	for (c = commands; c->name != NULL; c++)
		if (c->help != NULL)
			buf_addf(&out, "%s\n", c->name);
	options_names(&out);
	for (c = commands; c->name != NULL; c++)
		for (o = c->own; o != NULL && o->name != NULL; o++)
			buf_addf(&out, "--%s\n", o->name);
	status = commands_print(&out);
	buf_free(&out);
	return status;
}
