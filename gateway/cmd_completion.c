/* hark completion: what a shell reads to complete hark's command line. */
#include "config.h"

#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "gateway/completion.h"

#include "gateway/commands.h"

static const struct {
	const char *shell;
	void (*write)(struct buf *out, const struct command *commands);
} cmd_completion_shells[] = {
	{ "bash", completion_bash },
	{ "zsh", completion_zsh },
};

int
cmd_completion(const struct command *c, int argc, char **argv)
{
	struct buf out = { 0 };
	struct err e;
	size_t i;
	int status;

	if (argc != 2)
		return commands_misused(c);
	for (i = 0; i < 2; i++)
		if (strcmp(argv[1], cmd_completion_shells[i].shell) == 0)
			break;
	if (i == 2) {
		err_set(&e, "completion %.100s: expected bash or zsh", argv[1]);
		return commands_fail(STATUS_USAGE, &e);
	}
	cmd_completion_shells[i].write(&out, commands);
	status = commands_print(&out);
	buf_free(&out);
	return status;
}
