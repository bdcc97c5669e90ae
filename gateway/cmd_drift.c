/* hark drift: how the live API differs from a tape. */
#include "config.h"

#include <signal.h>
#include <unistd.h>

#include "base/err.h"
#include "base/str.h"
#include "gateway/drift_run.h"
#include "gateway/filters.h"
#include "gateway/terminal.h"
#include "gateway/values.h"
#include "recorder/store.h"

#include "gateway/commands.h"

#define CONCURRENCY 4
#define CONCURRENCY_MOST 64
#define TIME_MOST (24 * INT64_C(3600000000))
#define TIME (2 * INT64_C(60000000))

enum {
	OPTION_ALL_METHODS,
	OPTION_HEADER,
	OPTION_CONCURRENCY,
	OPTION_MAX_TIME,
	OPTION_JSON,
	OPTION_JUNIT,
	OPTION_ACCEPT,
	OPTION_FILTERS,
	OPTION_OPTIONS = OPTION_FILTERS + FILTERS_OPTIONS,
};

const struct own_option cmd_drift_options[] = {
	[OPTION_ALL_METHODS] = {
	    .name = "all-methods",
	    .help = "send requests that may change something, too",
	},
	[OPTION_HEADER] = {
	    .name = "header",
	    .argument = "'NAME: VALUE'",
	    .help = "send this field in the place of the recorded one",
	    .take = settings_field,
	},
	[OPTION_CONCURRENCY] = {
	    .name = "concurrency",
	    .argument = "N",
	    .help = "requests at a time, 1 to 64 (4)",
	},
	[OPTION_MAX_TIME] = {
	    .name = "max-time",
	    .argument = "TIME",
	    .help = "for all of one request and its answer (2m)",
	},
	[OPTION_JSON] = {
	    .name = "json",
	    .help = "one JSON object per entry",
	},
	[OPTION_JUNIT] = {
	    .name = "junit",
	    .argument = "FILE",
	    .help = "write a JUnit report, too",
	},
	[OPTION_ACCEPT] = {
	    .name = "accept",
	    .help = "put the live answers in the place of the recorded ones",
	},
	FILTERS_ROWS(OPTION_FILTERS),
	{ .name = NULL },
};

static int
cmd_drift_run(struct drift_run *d, struct store_filter *f, const char *junit)
{
	const uint64_t *n = d->report.results;
	struct err e;
	int status;

	if (drift_run(d, f, &e) == -1)
		return commands_fail(STATUS_FAILED, &e);
	status = drift_report_end(&d->report);
	if (junit != NULL &&
	    junit_write(&d->report.junit, STR("hark drift"), junit, &e) == -1)
		return commands_fail(STATUS_FAILED, &e);
	if (n[DRIFT_SKIPPED] < d->n)
		return status;
	/* A gate that looks at nothing must not stay open. */
	err_set(&e, d->n == 0 ? "no entry fits: nothing was compared"
			      : "no request could be sent: nothing was "
				"compared");
	return commands_fail(STATUS_FAILED, &e);
}

static int
cmd_drift_concurrency(const char *text, size_t *n, struct err *e)
{
	uint64_t v = CONCURRENCY;

	if (text != NULL &&
	    (str_u64(str_of(text), &v) == -1 || v < 1 || v > CONCURRENCY_MOST))
		return err_set(e,
		    "option concurrency: %.100s: expected a number from 1 to "
		    "%d",
		    text, CONCURRENCY_MOST);
	*n = (size_t)v;
	return 0;
}

static int
cmd_drift_time(const char *text, int64_t *us, struct err *e)
{
	uint64_t v = TIME;

	if (text != NULL &&
	    (value_parse(VALUE_TIME, text, &v) == -1 || v < 1 || v > TIME_MOST))
		return err_set(e,
		    "option max-time: %.100s: expected a time up to 24h such "
		    "as 30s",
		    text);
	*us = (int64_t)v;
	return 0;
}

static int
cmd_drift_open(struct drift_run *d, struct err *e)
{
	const char *path = d->settings->store;
	bool accept = d->report.accept;

	/* Opening for writing would make one. */
	if (!store_exists(path))
		return err_sys(e, "store %.300s", path);
	d->store =
	    store_open(path, accept ? STORE_WRITE : STORE_READ, accept, e);
	if (d->store == NULL)
		return -1;
	return accept ? redacting_open(&d->redacting, d->settings, true, e) : 0;
}

static int
cmd_drift_with(struct drift_run *d, const char **values, const char *url)
{
	struct store_filter filter;
	struct err e;

	if ((url != NULL && settings_upstream(d->settings, url, &e) == -1) ||
	    settings_check_upstream(d->settings, &e) == -1 ||
	    filters_take(values + OPTION_FILTERS, &filter, &e) == -1 ||
	    cmd_drift_concurrency(
		values[OPTION_CONCURRENCY], &d->concurrency, &e) == -1 ||
	    cmd_drift_time(values[OPTION_MAX_TIME], &d->most_us, &e) == -1 ||
	    cmd_drift_open(d, &e) == -1)
		return commands_fail(STATUS_USAGE, &e);
	/* A reader that leaves, and an upstream, are errors to us. */
	signal(SIGPIPE, SIG_IGN);
	return cmd_drift_run(d, &filter, values[OPTION_JUNIT]);
}

int
cmd_drift(const struct command *c, int argc, char **argv)
{
	const char *values[OPTION_OPTIONS];
	struct drift_run d = { .report = { .colours = terminal_colours() } };
	int operands, status;

	d.settings =
	    commands_settings(c, argc, argv, values, &operands, &status);
	if (d.settings == NULL)
		return status;
	d.all_methods = values[OPTION_ALL_METHODS] != NULL;
	d.report.json = values[OPTION_JSON] != NULL;
	d.report.accept = values[OPTION_ACCEPT] != NULL;
	status = operands > 1 ? commands_misused(c)
			      : cmd_drift_with(
				    &d, values, operands == 1 ? argv[1] : NULL);
	drift_run_fini(&d);
	redacting_close(&d.redacting);
	store_close(d.store);
	settings_free(d.settings);
	return status;
}
