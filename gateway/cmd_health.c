/* hark health: whether a gateway that runs is well, for those who watch over
 * it. */
#include "config.h"

#include <stdlib.h>

#include "base/buf.h"
#include "base/err.h"
#include "gateway/admin_ask.h"
#include "gateway/settings.h"

#include "gateway/commands.h"

enum { HEALTH_ADMIN, HEALTH_OPTIONS };

const struct own_option cmd_health_options[] = {
	[HEALTH_ADMIN] = {
	    .name = "admin",
	    .argument = "ADDR:PORT|unix:PATH",
	    .help = "the admin port that is asked (127.0.0.1:8081)",
	},
	{ .name = NULL },
};

int
cmd_health(const struct command *c, int argc, char **argv)
{
	const char *values[HEALTH_OPTIONS] = { NULL };
	struct admin_ask q = {
		.method = "GET", .target = "/v1/health/ready", .json = STR("")
	};
	struct buf body = { 0 };
	struct settings *s;
	struct err e;
	int operands, status, answer;

	s = commands_settings(c, argc, argv, values, &operands, &status);
	if (s == NULL)
		return status;
	settings_free(s);
	if (operands > 0)
		return commands_misused(c);
	q.admin = values[HEALTH_ADMIN];
	if (admin_ask(&q, &answer, &body, &e) == -1) {
		status = commands_fail(STATUS_FAILED, &e);
	} else {
		status = commands_print(&body);
		if (answer != 200)
			status = STATUS_FAILED;
	}
	buf_free(&body);
	return status;
}
