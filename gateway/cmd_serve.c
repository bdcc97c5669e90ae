/* hark proxy, record, replay, auto, spy, fallback: a gateway in that mode
 * until somebody stops it. */
#include "config.h"

#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "base/log.h"
#include "gateway/command_line.h"
#include "gateway/differences.h"
#include "gateway/gateway.h"
#include "gateway/notify.h"
#include "gateway/ready.h"
#include "gateway/report.h"

#include "gateway/commands.h"

enum {
	SERVE_REPORT,
	SERVE_JUNIT,
	SERVE_TAP,
	SERVE_OPTIONS,
};

const struct own_option cmd_serve_options[] = {
	[SERVE_REPORT] = {
	    .name = "report",
	    .argument = "FILE",
	    .help = "at the end, write what was used and missed there: JSON",
	},
	[SERVE_JUNIT] = {
	    .name = "junit",
	    .argument = "FILE",
	    .help = "the same for CI servers: JUnit XML",
	},
	[SERVE_TAP] = {
	    .name = "tap",
	    .argument = "FILE",
	    .help = "the same for test harnesses: TAP",
	},
	{ .name = NULL },
};

/* What becomes of it when it has stopped. */
struct serve_report {
	const struct settings *settings;
	struct report_files files;
};

/* Blocks the signals that a gateway acts on, so that no other thread gets
 * them; they are waited for instead. */
static void
cmd_serve_block(sigset_t *waited)
{
	signal(SIGPIPE, SIG_IGN);
	sigemptyset(waited);
	sigaddset(waited, SIGINT);
	sigaddset(waited, SIGTERM);
	sigaddset(waited, SIGHUP);
	pthread_sigmask(SIG_BLOCK, waited, NULL);
}

/* From now on such a signal does not ask but ends. */
static void
cmd_serve_unblock(const sigset_t *waited)
{
	signal(SIGINT, SIG_DFL);
	signal(SIGTERM, SIG_DFL);
	pthread_sigmask(SIG_UNBLOCK, waited, NULL);
}

/* Whether its end would be the end of this; not so under nohup(1). */
static bool
cmd_serve_needs_terminal(void)
{
	struct sigaction on_hangup;

	return sigaction(SIGHUP, NULL, &on_hangup) == 0 &&
	       on_hangup.sa_handler == SIG_DFL;
}

static bool
cmd_serve_has_terminal(void)
{
	int fd = open("/dev/tty", O_RDONLY | O_CLOEXEC | O_NOCTTY);

	if (fd != -1)
		close(fd);
	return fd != -1;
}

/* Until a signal that ends it.  SIGHUP asks for files to be read again, but
 * comes as well when the terminal is closed. */
static void
cmd_serve_wait(struct gateway *g, struct notify *n, const sigset_t *waited)
{
	bool terminal = cmd_serve_needs_terminal() && cmd_serve_has_terminal();
	struct gateway_reload r;
	struct err e;
	int number;

	while (sigwait(waited, &number) == 0 && number == SIGHUP) {
		if (terminal && !cmd_serve_has_terminal())
			return;
		notify_reloading(n);
		(void)gateway_reload(g, &r, &e);
		notify_reloaded(n);
		gateway_reload_fini(&r);
	}
}

static void
cmd_serve_announce(const struct settings *s, const struct gateway *g)
{
	const struct mode *m = &modes[s->mode];
	const char *address;
	size_t i;

	for (i = 0; (address = gateway_address(g, i)) != NULL; i++)
		log_info(NULL, "%s on %s://%s, store %s, tape %s", m->name,
		    gateway_scheme(g), address, s->store, s->tape);
	if (settings_relays(s) && m->forwards)
		log_info(NULL, "forward proxy for any origin, HTTPS %s",
		    gateway_authority(g) != NULL
			? "with certificates of the local authority"
			: "passed on unread (hark ca init makes an "
			  "authority)");
}

static void
cmd_serve_log_figures(const struct gateway *g)
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
	if (f.sockets > 0)
		log_info(NULL, "%llu of them WebSocket%s, with %llu messages",
		    (unsigned long long)f.sockets, f.sockets == 1 ? "" : "s",
		    (unsigned long long)f.messages);
	if (f.delivered + f.undelivered + f.dropped > 0)
		log_info(NULL,
		    "callbacks: %llu delivered, %llu failed, %llu dropped",
		    (unsigned long long)f.delivered,
		    (unsigned long long)f.undelivered,
		    (unsigned long long)f.dropped);
	if (f.lost > 0)
		log_error(NULL, "%llu exchanges could not be stored",
		    (unsigned long long)f.lost);
}

/* With --diff. */
static void
cmd_serve_log_differences(const struct gateway *g)
{
	struct differences *d = gateway_differences(g);
	struct buf text = { 0 };
	struct str rest, line;

	if (d == NULL)
		return;
	differences_report(d, &text);
	rest = buf_str(&text);
	while (rest.n > 0 && str_cut(&rest, '\n', &line))
		log_info(NULL, "%.*s", STR_ARGS(line));
	buf_free(&text);
}

int
cmd_serve_until_signal(
    const struct settings *s, struct mocks *m, const struct serve_events *on)
{
	struct buf json = { 0 };
	struct gateway *g;
	struct err e;
	struct notify *n;
	sigset_t waited;
	int status = STATUS_FINE;

	cmd_serve_block(&waited);
	n = notify_open();
	g = gateway_start(s, m, &e);
	if (g == NULL) {
		notify_close(n);
		return commands_fail(STATUS_USAGE, &e);
	}
	gateway_ready(g, &json);
	if (ready_write(s->ready_file, buf_str(&json), &e) == -1) {
		status = commands_fail(STATUS_USAGE, &e);
	} else {
		cmd_serve_announce(s, g);
		if (on->on_ready != NULL)
			on->on_ready(on->arg, g);
		notify_ready(n, g, gateway_address(g, 0));
		cmd_serve_wait(g, n, &waited);
		notify_stopping(n);
		ready_remove(s->ready_file);
		log_info(NULL, "stopping; once more to stop at once");
	}
	cmd_serve_unblock(&waited);
	gateway_stop(g);
	notify_close(n);
	cmd_serve_log_figures(g);
	cmd_serve_log_differences(g);
	if (status == STATUS_FINE && on->on_stopped != NULL)
		status = on->on_stopped(on->arg, g);
	gateway_free(g);
	buf_free(&json);
	return status;
}

static int
cmd_serve_on_stopped(void *arg, const struct gateway *g)
{
	const struct serve_report *w = arg;
	struct report r;
	struct err e;
	unsigned fail_on;
	int status = STATUS_FINE;

	(void)report_fail_on(NULL, w->settings, &fail_on, &e); /* no text */
	if (report_open(&r, g, w->settings, fail_on, &e) == -1 ||
	    report_write(&r, &w->files, STATUS_FINE, &e) == -1)
		status = commands_fail(STATUS_FAILED, &e);
	report_close(&r);
	return status;
}

static int
cmd_serve_report(struct settings *s, const char **values)
{
	struct serve_report w = {
		.settings = s,
		.files = { .json = values[SERVE_REPORT],
		    .junit = values[SERVE_JUNIT],
		    .tap = values[SERVE_TAP] },
	};
	struct serve_events on = { .arg = &w };

	settings_add_file(s, w.files.json);
	settings_add_file(s, w.files.junit);
	settings_add_file(s, w.files.tap);
	s->tally = w.files.json != NULL || w.files.junit != NULL ||
		   w.files.tap != NULL;
	if (s->tally)
		on.on_stopped = cmd_serve_on_stopped;
	return cmd_serve_until_signal(s, NULL, &on);
}

/* The addresses of sockets that a service manager holds instead of others. */
static int
cmd_serve_listen(struct settings *s, const struct activated *a, struct err *e)
{
	char *address;
	size_t i;
	int rc = 0;

	s->activated = *a;
	for (i = 0; i < a->n && rc == 0; i++) {
		address = activated_address(a->fds[i]);
		s->listen_inherited = i == 0;
		rc = settings_listen(s, address, e);
		free(address);
	}
	return rc;
}

/* Which also comes when the settings are read again. */
static int
cmd_serve_finish(struct settings *s, const struct settings *was,
    char **operands, int n, struct err *e)
{
	s->mode = was->mode;
	s->tally = was->tally;
	if (cmd_serve_listen(s, &was->activated, e) == -1)
		return -1;
	return n == 1 ? settings_upstream(s, operands[0], e) : 0;
}

int
cmd_serve(const struct command *c, int argc, char **argv)
{
	const char *values[SERVE_OPTIONS];
	struct settings *s;
	struct err e;
	int operands, status;

	s = commands_settings(c, argc, argv, values, &operands, &status);
	if (s == NULL)
		return status;
	s->mode = mode_of(c->name);
	s->drains = true;
	command_line_set_finish(s->line, cmd_serve_finish);
	if (operands > 1)
		status = commands_misused(c);
	else if (activated_take(&s->activated, &e) == -1 ||
		 cmd_serve_finish(s, s, argv + 1, operands, &e) == -1 ||
		 settings_check(s, &e) == -1)
		status = commands_fail(STATUS_USAGE, &e);
	else
		status = cmd_serve_report(s, values);
	settings_free(s);
	return status;
}
