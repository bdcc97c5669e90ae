/* hark proxy, record, replay, auto, spy, fallback: a gateway in that mode
 * until somebody stops it. */
#include "config.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "base/log.h"
#include "gateway/gateway.h"
#include "gateway/ready.h"

#include "gateway/commands.h"

/* Blocks the signals that end a gateway, so that no other thread gets them;
 * they are waited for instead. */
static void
cmd_serve_block(sigset_t *ends)
{
	signal(SIGPIPE, SIG_IGN);
	sigemptyset(ends);
	sigaddset(ends, SIGINT);
	sigaddset(ends, SIGTERM);
	pthread_sigmask(SIG_BLOCK, ends, NULL);
}

/* From now on such a signal does not ask but ends. */
static void
cmd_serve_unblock(const sigset_t *ends)
{
	signal(SIGINT, SIG_DFL);
	signal(SIGTERM, SIG_DFL);
	pthread_sigmask(SIG_UNBLOCK, ends, NULL);
}

static void
cmd_serve_announce(const struct settings *s, const struct gateway *g)
{
	const struct mode *m = &modes[s->mode];
	const char *address;
	size_t i;

	for (i = 0; (address = gateway_address(g, i)) != NULL; i++)
		log_info(NULL, "%s on http://%s, store %s, tape %s", m->name,
		    address, s->store, s->tape);
}

static void
cmd_serve_report(const struct gateway *g)
{
	struct gateway_figures f;

	gateway_figures(g, &f);
	log_info(NULL,
	    "stopped after %llu requests: %llu mocked, %llu replayed, "
	    "%llu forwarded, %llu missed, %llu refused, %llu failed; "
	    "%llu recorded",
	    (unsigned long long)f.requests, (unsigned long long)f.mocked,
	    (unsigned long long)f.replayed, (unsigned long long)f.forwarded,
	    (unsigned long long)f.missed, (unsigned long long)f.refused,
	    (unsigned long long)f.failed, (unsigned long long)f.recorded);
	if (f.lost > 0)
		log_error(NULL, "%llu exchanges could not be stored",
		    (unsigned long long)f.lost);
}

int
cmd_serve_until_signal(const struct settings *s, const struct mocks *m,
    void (*on_ready)(void *arg, const struct gateway *g), void *arg)
{
	struct buf json = { 0 };
	struct gateway *g;
	struct err e;
	sigset_t ends;
	int number, status = STATUS_FINE;

	cmd_serve_block(&ends);
	g = gateway_start(s, m, &e);
	if (g == NULL)
		return commands_fail(STATUS_USAGE, &e);
	gateway_ready(g, &json);
	if (ready_write(s->ready_file, buf_str(&json), &e) == -1) {
		status = commands_fail(STATUS_USAGE, &e);
	} else {
		cmd_serve_announce(s, g);
		if (on_ready != NULL)
			on_ready(arg, g);
		sigwait(&ends, &number);
		ready_remove(s->ready_file);
		log_info(NULL, "stopping; once more to stop at once");
	}
	cmd_serve_unblock(&ends);
	gateway_stop(g);
	cmd_serve_report(g);
	gateway_free(g);
	buf_free(&json);
	return status;
}

int
cmd_serve(const struct command *c, int argc, char **argv)
{
	struct settings *s;
	struct err e;
	int operands, status;

	s = commands_settings(c, argc, argv, NULL, &operands, &status);
	if (s == NULL)
		return status;
	s->mode = mode_of(c->name);
	if (operands > 1)
		status = commands_misused(c);
	else if ((operands == 1 && settings_upstream(s, argv[1], &e) == -1) ||
		 settings_check(s, &e) == -1)
		status = commands_fail(STATUS_USAGE, &e);
	else
		status = cmd_serve_until_signal(s, NULL, NULL, NULL);
	settings_free(s);
	return status;
}
