/*
 * hark run: a gateway for the life of one command, which finds it by its
 * environment: HARK_URL, or as its proxy.
 */
#include "config.h"

#include <errno.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/err.h"
#include "base/log.h"
#include "base/mem.h"
#include "gateway/differences.h"
#include "gateway/gateway.h"
#include "gateway/ready.h"
#include "gateway/report.h"
#include "gateway/run_env.h"
#include "gateway/tally.h"
#include "gateway/terminal.h"
#include "gateway/verify.h"
#include "mock/file.h"

#include "gateway/commands.h"

#define MISSES_SHOWN 10

enum {
	RUN_MODE,
	RUN_URL,
	RUN_FAIL_ON,
	RUN_SUMMARY,
	RUN_JSON,
	RUN_REPORT,
	RUN_JUNIT,
	RUN_TAP,
	RUN_VERIFY,
	RUN_OPTIONS,
};

const struct own_option cmd_run_options[] = {
	[RUN_MODE] = {
	    .name = "mode",
	    .argument = "MODE",
	    .help = "proxy, record, replay, auto, spy or fallback (replay)",
	    .words = "proxy record replay auto spy fallback",
	},
	[RUN_URL] = {
	    .name = "url",
	    .argument = "URL",
	    .help = "the API that unprefixed requests are forwarded to",
	},
	[RUN_FAIL_ON] = {
	    .name = "fail-on",
	    .argument = "LIST",
	    .help = "of miss, live, unused, contract; exit with 3, 6, 7, 8",
	    .words = "miss live unused contract",
	},
	[RUN_SUMMARY] = {
	    .name = "summary",
	    .help = "say what was used and missed, on standard error",
	},
	[RUN_JSON] = {
	    .name = "json",
	    .help = "the summary as a JSON object",
	},
	[RUN_REPORT] = {
	    .name = "report",
	    .argument = "FILE",
	    .help = "write this object there",
	},
	[RUN_JUNIT] = {
	    .name = "junit",
	    .argument = "FILE",
	    .help = "write the same for CI servers: JUnit XML",
	},
	[RUN_TAP] = {
	    .name = "tap",
	    .argument = "FILE",
	    .help = "write the same for test harnesses: TAP",
	},
	[RUN_VERIFY] = {
	    .name = "verify",
	    .argument = "FILE",
	    .help = "exit with 9 unless the requests in FILE were made",
	},
	{ .name = NULL },
};

/* What is told in the end, and what it makes of the exit status. */
struct run_report {
	unsigned fail_on;
	bool summary;          /* on standard error */
	bool json;             /* as an object */
	bool wanted;           /* more than a list of misses */
	struct verify *verify; /* NULL: nothing is */
	struct report_files files;
};

/* What the command gets that it would have had without us. */
struct run_signals {
	sigset_t waited;   /* those that end us, and SIGCHLD */
	sigset_t mask;     /* before */
	sigset_t defaults; /* to be reset in the command */
};

void
cmd_run_preset(struct settings *s)
{
	struct err e;

	/* A free port: many such commands may run at a time. */
	(void)settings_listen(s, "127.0.0.1:0", &e); /* a constant */
	s->listen_inherited = true;
	(void)settings_admin(s, "off", &e); /* the same */
}

static void
cmd_run_block(struct run_signals *r)
{
	static const int numbers[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT,
		SIGCHLD };
	struct sigaction old;
	size_t i;

	sigemptyset(&r->waited);
	sigemptyset(&r->defaults);
	for (i = 0; i < sizeof(numbers) / sizeof(*numbers); i++)
		sigaddset(&r->waited, numbers[i]);
	pthread_sigmask(SIG_BLOCK, &r->waited, &r->mask);
	/* An ignored SIGCHLD would take the command's status away. */
	signal(SIGCHLD, SIG_DFL);
	sigaction(SIGPIPE, NULL, &old);
	if (old.sa_handler == SIG_DFL)
		sigaddset(&r->defaults, SIGPIPE);
	signal(SIGPIPE, SIG_IGN);
}

/* From here on a signal ends us at once. */
static void
cmd_run_unblock(const struct run_signals *r)
{
	signal(SIGINT, SIG_DFL);
	signal(SIGTERM, SIG_DFL);
	pthread_sigmask(SIG_SETMASK, &r->mask, NULL);
}

/* "http://127.0.0.1:40123" for the first listener; one that listens on all
 * addresses is reached by the loopback one. */
static char *
cmd_run_url(const struct gateway *g)
{
	const char *address = gateway_address(g, 0);
	const char *port = strrchr(address, ':');
	const char *scheme = gateway_scheme(g);

	if (strncmp(address, "0.0.0.0:", 8) == 0)
		return xasprintf("%s://127.0.0.1%s", scheme, port);
	if (strncmp(address, "[::]:", 5) == 0)
		return xasprintf("%s://[::1]%s", scheme, port);
	return xasprintf("%s://%s", scheme, address);
}

/* Starts the command.  Its process id, or -1 with errno set. */
static pid_t
cmd_run_spawn(
    char **argv, const struct run_env *env, const struct run_signals *r)
{
	posix_spawnattr_t attributes;
	pid_t child;
	int rc;

	posix_spawnattr_init(&attributes);
	posix_spawnattr_setsigmask(&attributes, &r->mask);
	posix_spawnattr_setsigdefault(&attributes, &r->defaults);
	posix_spawnattr_setflags(
	    &attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
	rc = posix_spawnp(
	    &child, argv[0], NULL, &attributes, argv, run_env_variables(env));
	posix_spawnattr_destroy(&attributes);
	errno = rc;
	return rc == 0 ? child : -1;
}

/* Waits for the end of the command and hands signals on to it; its exit
 * status as a shell gives it. */
static int
cmd_run_wait(pid_t child, const struct run_signals *r)
{
	siginfo_t info;
	int status, number;

	for (;;) {
		number = sigwaitinfo(&r->waited, &info);
		/* The kernel sends what a terminal's keys mean to the whole
		 * process group: the command has it already. */
		if (number > 0 && number != SIGCHLD && info.si_code <= 0)
			kill(child, number);
		if (number == SIGCHLD &&
		    waitpid(child, &status, WNOHANG) == child)
			break;
	}
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status)
				   : WEXITSTATUS(status);
}

static int
cmd_run_command(char **argv, const struct gateway *g, const struct settings *s,
    const struct run_signals *r)
{
	char *url = cmd_run_url(g);
	struct err e;
	struct run_env *env = run_env_open(g, s, url, &e);
	pid_t child;
	int status;

	free(url);
	if (env == NULL)
		return commands_fail(STATUS_USAGE, &e);
	child = cmd_run_spawn(argv, env, r);
	if (child != -1) {
		status = cmd_run_wait(child, r);
	} else {
		/* 127 and 126 as a shell has them. */
		status = errno == ENOENT ? 127 : 126;
		err_sys(&e, "%.300s", argv[0]);
		commands_fail(status, &e);
	}
	run_env_close(env);
	return status;
}

static void
cmd_run_print_misses(const struct gateway *g, const char *mode)
{
	const struct tally *t = gateway_tally(g);
	uint64_t total = tally_total(t, TALLY_MISS);
	const struct tally_line *line;
	struct buf text = { 0 };
	size_t i, n;

	line = tally_lines(t, TALLY_MISS, &n);
	fprintf(stderr, "hark: mode %s forbids a miss, and there %s %llu:\n",
	    mode, total == 1 ? "was" : "were", (unsigned long long)total);
	for (i = 0; i < n && i < MISSES_SHOWN; i++, line++) {
		text.n = 0;
		report_add_request(&text, line);
		fprintf(stderr, "hark:   %s\n", buf_text(&text));
	}
	if (n > MISSES_SHOWN)
		fprintf(stderr, "hark:   ... (--summary tells more)\n");
	buf_free(&text);
}

static int
cmd_run_print_summary(const struct report *r, const struct run_report *o,
    int status, struct err *e)
{
	struct buf out = { 0 };
	int rc;

	rc = o->json ? report_json(r, status, &out, e)
		     : report_summary(r, terminal_columns_of(STDERR_FILENO),
			   terminal_colours_of(STDERR_FILENO), status, &out, e);
	fwrite(out.p, 1, out.n, stderr);
	buf_free(&out);
	return rc;
}

static int
cmd_run_report(const struct settings *s, const struct gateway *g,
    const struct run_report *o, int status)
{
	struct report r;
	struct err e;

	if (report_open(&r, g, s, o->fail_on, &e) == 0) {
		r.verify = o->verify;
		status = report_status(&r, status);
		if ((!o->summary ||
			cmd_run_print_summary(&r, o, status, &e) == 0) &&
		    report_write(&r, &o->files, status, &e) == 0) {
			report_close(&r);
			return status;
		}
	}
	report_close(&r);
	commands_fail(STATUS_FAILED, &e);
	return status == STATUS_FINE ? STATUS_FAILED : status;
}

/* With --diff: whether there was breaking drift. */
static bool
cmd_run_differs(const struct gateway *g)
{
	struct differences *d = gateway_differences(g);
	struct buf text = { 0 };
	struct str rest, line;

	if (d == NULL)
		return false;
	differences_report(d, &text);
	rest = buf_str(&text);
	while (rest.n > 0 && str_cut(&rest, '\n', &line))
		fprintf(stderr, "hark: %.*s\n", STR_ARGS(line));
	buf_free(&text);
	return differences_breaking(d) > 0;
}

/* With --verify: whether not all that was expected came. */
static bool
cmd_run_misses(const struct gateway *g, const struct run_report *o)
{
	struct buf text = { 0 };
	struct str rest, line;
	bool ok;

	if (o->verify == NULL)
		return false;
	ok = verify_check(o->verify, gateway_traffic(g), NULL, &text);
	rest = buf_str(&text);
	while (rest.n > 0 && str_cut(&rest, '\n', &line))
		fprintf(stderr, "hark: %.*s\n", STR_ARGS(line));
	buf_free(&text);
	return !ok;
}

/* What the traffic makes of the command's own status. */
static int
cmd_run_verdict(const struct settings *s, const struct gateway *g,
    const struct run_report *o, int status)
{
	struct gateway_figures f;

	gateway_figures(g, &f);
	if (f.lost > 0) {
		fprintf(stderr, "hark: %llu exchanges could not be stored\n",
		    (unsigned long long)f.lost);
		if (status == STATUS_FINE)
			status = STATUS_FAILED;
	}
	if (cmd_run_differs(g) && status == STATUS_FINE)
		status = STATUS_DRIFT;
	if (cmd_run_misses(g, o) && status == STATUS_FINE)
		status = STATUS_VERIFY;
	if (o->wanted)
		return cmd_run_report(s, g, o, status);
	if (tally_total(gateway_tally(g), TALLY_MISS) == 0 || o->fail_on == 0)
		return status;
	cmd_run_print_misses(g, modes[s->mode].name);
	return STATUS_MISS;
}

static int
cmd_run_gateway(
    const struct settings *s, char **argv, const struct run_report *o)
{
	struct buf json = { 0 };
	struct run_signals r;
	struct gateway *g;
	struct err e;
	int status;

	cmd_run_block(&r);
	g = gateway_start(s, NULL, &e);
	if (g == NULL)
		return commands_fail(STATUS_USAGE, &e);
	gateway_ready(g, &json);
	if (ready_write(s->ready_file, buf_str(&json), &e) == -1) {
		status = commands_fail(STATUS_USAGE, &e);
		cmd_run_unblock(&r);
		gateway_stop(g);
	} else {
		status = cmd_run_command(argv, g, s, &r);
		ready_remove(s->ready_file);
		cmd_run_unblock(&r);
		gateway_stop(g);
		status = cmd_run_verdict(s, g, o, status);
	}
	gateway_free(g);
	buf_free(&json);
	return status;
}

/* Takes --mode and --url. */
static int
cmd_run_settings(struct settings *s, const char **values, struct err *e)
{
	const char *mode = values[RUN_MODE];

	s->mode = mode == NULL ? MODE_REPLAY : mode_of(mode);
	if (s->mode == MODES)
		return err_set(e,
		    "option mode: %.100s: expected one of proxy, record, "
		    "replay, auto, spy, fallback",
		    mode);
	if (values[RUN_URL] != NULL &&
	    settings_upstream(s, values[RUN_URL], e) == -1)
		return err_wrap(e, "option url");
	if (s->sandbox > SANDBOX_AUTO)
		return err_set(e, "option sandbox: the command would be in it, "
				  "too; a gateway of its own can have one");
	s->sandbox = SANDBOX_OFF;
	s->tally = true;
	s->ca_for_run = true;
	return settings_check(s, e);
}

static int
cmd_run_read_verify(
    struct settings *s, const char *path, struct run_report *o, struct err *e)
{
	struct buf text = { 0 };

	if (path == NULL)
		return 0;
	s->keep_traffic = true;
	if (file_read(path, &text, e) == 0)
		o->verify = verify_new_text(buf_str(&text), e);
	buf_free(&text);
	return o->verify != NULL ? 0 : err_wrap(e, "verify %.300s", path);
}

/* The other options; *s is complete. */
static int
cmd_run_report_options(struct settings *s, const char **values,
    struct run_report *o, struct err *e)
{
	*o = (struct run_report){
		.json = values[RUN_JSON] != NULL,
		.files = { .json = values[RUN_REPORT],
		    .junit = values[RUN_JUNIT],
		    .tap = values[RUN_TAP] },
	};
	if (report_fail_on(values[RUN_FAIL_ON], s, &o->fail_on, e) == -1)
		return -1;
	o->summary = values[RUN_SUMMARY] != NULL || o->json ||
		     (values[RUN_FAIL_ON] != NULL && o->fail_on != 0);
	o->wanted = o->summary || o->files.json != NULL ||
		    o->files.junit != NULL || o->files.tap != NULL;
	return cmd_run_read_verify(s, values[RUN_VERIFY], o, e);
}

int
cmd_run(const struct command *c, int argc, char **argv)
{
	const char *values[RUN_OPTIONS];
	struct run_report report = { 0 };
	struct settings *s;
	struct err e;
	int operands, status;

	s = commands_settings(c, argc, argv, values, &operands, &status);
	if (s == NULL)
		return status;
	/* What the command prints matters, not our comings and goings. */
	log_setup(s->verbose ? LOG_DEBUG : LOG_WARN, s->log_json);
	if (operands == 0) {
		status = commands_misused(c);
	} else if (cmd_run_settings(s, values, &e) == -1 ||
		   cmd_run_report_options(s, values, &report, &e) == -1) {
		status = commands_fail(STATUS_USAGE, &e);
	} else {
		argv[operands + 1] = NULL;
		status = cmd_run_gateway(s, argv + 1, &report);
	}
	verify_free(report.verify);
	settings_free(s);
	return status;
}
