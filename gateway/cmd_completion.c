/* hark completion: what a shell reads to complete hark's command line. */
#include "config.h"

#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "gateway/completion.h"
#include "gateway/settings.h"

#include "gateway/commands.h"

static const struct {
	const char *shell;
	void (*write)(struct buf *out, const struct command *commands);
} cmd_completion_shells[] = {
	{ "bash", completion_bash },
	{ "zsh", completion_zsh },
};

static int
cmd_completion_print(const char *shell)
{
	struct buf out = { 0 };
	struct err e;
	size_t i;
	int status;

	for (i = 0; i < 2; i++)
		if (strcmp(shell, cmd_completion_shells[i].shell) == 0)
			break;
	if (i == 2) {
		err_set(&e, "completion %.100s: expected bash or zsh", shell);
		return commands_fail(STATUS_USAGE, &e);
	}
	cmd_completion_shells[i].write(&out, commands);
	status = commands_print(&out);
	buf_free(&out);
	return status;
}

int
cmd_completion(const struct command *c, int argc, char **argv)
{
	struct settings *s;
	int operands, status;

	s = commands_settings(c, argc, argv, NULL, &operands, &status);
	if (s == NULL)
		return status;
	status =
	    operands == 1 ? cmd_completion_print(argv[1]) : commands_misused(c);
	settings_free(s);
	return status;
}
