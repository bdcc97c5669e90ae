/* What all commands share: taking options, failing, printing. */
#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/str.h"
#include "gateway/command_line.h"

#include "gateway/commands.h"

int
commands_fail(int status, const struct err *e)
{
	fprintf(stderr, "hark: %s\n", e->text);
	return status;
}

int
commands_misused(const struct command *c)
{
	fprintf(stderr, "hark: expected: hark %s %s%s(see hark help %s)\n",
	    c->name, c->operands, c->operands[0] != '\0' ? " " : "", c->name);
	return STATUS_USAGE;
}

int
commands_print(struct buf *b)
{
	size_t done = 0;
	ssize_t n = 0;
	int rc = STATUS_FINE;

	while (done < b->n) {
		n = write(STDOUT_FILENO, b->p + done, b->n - done);
		if (n > 0)
			done += (size_t)n;
		else if (n == -1 && errno != EINTR)
			break;
	}
	if (done < b->n) {
		if (errno != EPIPE)
			fprintf(stderr, "hark: standard output: %s\n",
			    strerror(errno));
		rc = STATUS_FAILED;
	}
	buf_clear(b, 1 << 16);
	return rc;
}

int
commands_entry_id(const char *text, int64_t *id, struct err *e)
{
	uint64_t v;

	if (str_u64(str_of(text), &v) == -1 || v == 0)
		return err_set(e,
		    "%.100s: expected the number of an entry (see hark list)",
		    text);
	*id = (int64_t)v;
	return 0;
}

int64_t *
commands_entry_ids(char **texts, int n, struct err *e)
{
	int64_t *ids = xmalloc((size_t)n * sizeof(*ids));
	int i;

	for (i = 0; i < n; i++) {
		if (commands_entry_id(texts[i], &ids[i], e) == -1) {
			free(ids);
			return NULL;
		}
	}
	return ids;
}

struct settings *
commands_settings(const struct command *c, int argc, char **argv,
    const char **values, int *operands, int *status)
{
	struct options_line line = {
		.settings = settings_new(),
		.scope = c->scope,
		.own = c->own,
		.values = values,
		.stop_at_operand = c->stop_at_operand,
		.hides = true,
	};
	struct buf usage = { 0 };
	struct err e;

	line.settings->line = command_line_new(c, argc, argv);
	line.files = command_line_files(line.settings->line);
	if (c->preset != NULL)
		c->preset(line.settings);
	if (options_parse(&line, argc, argv, &e) == -1) {
		*status = commands_fail(STATUS_USAGE, &e);
	} else if (line.help) {
		commands_usage(&usage, c);
		*status = commands_print(&usage);
		buf_free(&usage);
	} else {
		*operands = line.operands;
		log_setup(line.settings->verbose ? LOG_DEBUG : LOG_INFO,
		    line.settings->log_json);
		return line.settings;
	}
	settings_free(line.settings);
	return NULL;
}

static void
commands_usage_program(struct buf *out)
{
	const struct command *c;

	buf_add_text(out,
	    "usage: hark COMMAND [options] [operands]\n\n"
	    "A gateway between a client and its HTTP API: forwards, records "
	    "and replays.\n\n");
	for (c = commands; c->name != NULL; c++)
		if (c->help != NULL)
			buf_addf(out, "  %-10s %s\n", c->name, c->help);
	buf_add_text(out, "\nhark help COMMAND lists the options of a command, "
			  "hark(1) has it all.\n");
}

void
commands_usage(struct buf *out, const struct command *c)
{
	if (c == NULL) {
		commands_usage_program(out);
		return;
	}
	buf_addf(out, "usage: hark %s%s%s%s\n\n%s\n", c->name,
	    c->scope != OPTIONS_NONE || c->own != NULL ? " [options]" : "",
	    c->operands[0] != '\0' ? " " : "", c->operands, c->help);
	if (c->own != NULL || c->scope != OPTIONS_NONE)
		buf_add_text(out, "\noptions (initial value):\n");
	options_usage_own(out, c->own);
	options_usage(out, c->scope);
}
