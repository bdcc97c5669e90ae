#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/mem.h"
#include "gateway/commands.h"
#include "gateway/options.h"
#include "gateway/settings.h"

#include "gateway/command_line.h"

struct command_line {
	const struct command *command;
	int argc;
	char **argv;
	struct options_files files;
	command_line_finish_fn finish;
};

struct command_line *
command_line_new(const struct command *c, int argc, char **argv)
{
	struct command_line *s = xcalloc(1, sizeof(*s));
	int i;

	s->command = c;
	s->argc = argc;
	s->argv = xcalloc((size_t)argc + 1, sizeof(char *));
	/* Copies: what is secret there is wiped out. */
	for (i = 0; i < argc; i++)
		s->argv[i] = xstrdup(argv[i]);
	return s;
}

void
command_line_free(struct command_line *s)
{
	int i;

	if (s == NULL)
		return;
	options_files_fini(&s->files);
	for (i = 0; i < s->argc; i++)
		free(s->argv[i]);
	free(s->argv);
	free(s);
}

struct options_files *
command_line_files(struct command_line *s)
{
	return &s->files;
}

void
command_line_set_finish(struct command_line *s, command_line_finish_fn finish)
{
	s->finish = finish;
}

static size_t
command_line_own_options(const struct command *c)
{
	size_t n = 0;

	while (c->own != NULL && c->own[n].name != NULL)
		n++;
	return n;
}

static struct settings *
command_line_walk(struct command_line *s, enum options_walk walk,
    const struct settings *was, struct err *e)
{
	const struct command *c = s->command;
	size_t own = command_line_own_options(c);
	const char **values = xcalloc(own + 1, sizeof(char *));
	char **argv = xcalloc((size_t)s->argc + 1, sizeof(char *));
	struct options_line line = { .settings = settings_new(),
		.scope = c->scope,
		.own = c->own,
		.values = values,
		.files = &s->files,
		.stop_at_operand = c->stop_at_operand };

	s->files.walk = walk;
	memcpy(argv, s->argv, (size_t)s->argc * sizeof(char *));
	if (c->preset != NULL)
		c->preset(line.settings);
	if (options_parse(&line, s->argc, argv, e) == -1 ||
	    s->finish(line.settings, was, argv + 1, line.operands, e) == -1 ||
	    settings_check(line.settings, e) == -1) {
		settings_free(line.settings);
		line.settings = NULL;
	}
	free(argv);
	free(values);
	return line.settings;
}

struct settings *
command_line_again(struct command_line *s, const struct settings *was,
    struct buf *changed, struct buf *stays, struct err *e)
{
	struct settings *next;

	if (s == NULL || s->finish == NULL)
		return NULL;
	next = command_line_walk(s, OPTIONS_TRY, was, e);
	settings_free(next);
	if (next == NULL)
		return NULL;
	s->files.changed.n = s->files.stays.n = 0;
	next = command_line_walk(s, OPTIONS_AGAIN, was, e);
	if (next == NULL)
		return NULL;
	buf_add_str(changed, buf_str(&s->files.changed));
	buf_add_str(stays, buf_str(&s->files.stays));
	return next;
}

void
command_line_accept(struct command_line *s)
{
	if (s != NULL && s->finish != NULL)
		options_files_accept(&s->files);
}
