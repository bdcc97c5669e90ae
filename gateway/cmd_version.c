#include "config.h"

#include <event2/event.h>
#include <openssl/crypto.h>

#include "base/buf.h"
#include "recorder/engine.h"

#include "gateway/commands.h"

int
cmd_version(const struct command *c, int argc, char **argv)
{
	struct buf out = { 0 };
	int status;

	(void)argv;
	if (argc > 1)
		return commands_misused(c);
	buf_addf(&out, "hark %s\nlibevent %s\n%s\nSQLite %s\n", VERSION,
	    event_get_version(), OpenSSL_version(OPENSSL_VERSION),
	    engine_version());
	status = commands_print(&out);
	buf_free(&out);
	return status;
}
