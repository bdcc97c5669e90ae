/* hark export: a tape, or the part of it that filters leave, as a HAR. */
#include "config.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"
#include "gateway/export_tape.h"
#include "gateway/filters.h"
#include "har/har_write.h"
#include "recorder/store.h"

#include "gateway/commands.h"

enum {
	EXPORT_OUTPUT,
	EXPORT_FORMAT,
	EXPORT_BODIES,
	EXPORT_MODE,
	EXPORT_FILTERS,
	EXPORT_OPTIONS = EXPORT_FILTERS + FILTERS_OPTIONS,
};

const struct own_option cmd_export_options[] = {
	[EXPORT_OUTPUT] = {
	    .name = "output",
	    .letter = 'o',
	    .argument = "FILE",
	    .help = "the file to write; - is standard output",
	},
	[EXPORT_FORMAT] = {
	    .name = "format",
	    .argument = "FORMAT",
	    .help = "har, har.zip, playwright-zip or ndjson; by FILE's name",
	    .words = "har har.zip playwright-zip ndjson",
	},
	[EXPORT_BODIES] = {
	    .name = "bodies",
	    .argument = "HOW",
	    .help = "embed, attach (in files, as zips have them) or omit",
	    .words = "embed attach omit",
	},
	[EXPORT_MODE] = {
	    .name = "mode",
	    .argument = "MODE",
	    .help = "full, or minimal: only what replay needs",
	    .words = "full minimal",
	},
	FILTERS_ROWS(EXPORT_FILTERS),
	{ .name = NULL },
};

/*
 * The command line
 */

enum export_format { EXPORT_HAR, EXPORT_ZIP, EXPORT_PLAYWRIGHT, EXPORT_LINES };

/* Which of the names text is, or the first when it is NULL.  -1 with *e
 * set. */
static int
cmd_export_choice(const char *option, const char *text,
    const char *const *names, struct err *e)
{
	struct buf all = { 0 };
	int i;

	if (text == NULL)
		return 0;
	for (i = 0; names[i] != NULL; i++) {
		if (strcmp(text, names[i]) == 0) {
			buf_free(&all);
			return i;
		}
		buf_addf(&all, "%s%s",
		    i == 0                 ? ""
		    : names[i + 1] == NULL ? " or "
					   : ", ",
		    names[i]);
	}
	err_set(
	    e, "option %s: %.100s: expected %s", option, text, buf_text(&all));
	buf_free(&all);
	return -1;
}

static enum export_format
cmd_export_format_of(const char *path)
{
	struct str name = str_of(path);

	if (str_ends(name, ".har.zip"))
		return EXPORT_ZIP;
	if (str_ends(name, ".zip"))
		return EXPORT_PLAYWRIGHT;
	if (str_ends(name, ".ndjson") || str_ends(name, ".jsonl"))
		return EXPORT_LINES;
	return EXPORT_HAR;
}

static int
cmd_export_bodies(
    const char **values, int format, struct export_form *form, struct err *e)
{
	static const char *const names[] = { "embed", "attach", "omit", NULL };
	const char *text = values[EXPORT_BODIES];
	int bodies = cmd_export_choice("bodies", text, names, e);

	if (bodies == -1)
		return -1;
	if (text == NULL && form->zip)
		bodies = HAR_BODIES_ATTACH;
	if (format == EXPORT_PLAYWRIGHT && bodies != HAR_BODIES_ATTACH)
		return err_set(e,
		    "option bodies: %s: expected attach, as playwright-zip "
		    "has them",
		    text);
	if (!form->zip && bodies == HAR_BODIES_ATTACH &&
	    strcmp(values[EXPORT_OUTPUT], "-") == 0)
		return err_set(e, "option bodies: attach: expected -o FILE to "
				  "put files beside it");
	form->har.bodies = (enum har_bodies)bodies;
	return 0;
}

static int
cmd_export_form(const char **values, struct export_form *form, struct err *e)
{
	static const char *const formats[] = { "har", "har.zip",
		"playwright-zip", "ndjson", NULL };
	static const char *const sizes[] = { "full", "minimal", NULL };
	int format, mode;

	format = cmd_export_choice("format", values[EXPORT_FORMAT], formats, e);
	mode = cmd_export_choice("mode", values[EXPORT_MODE], sizes, e);
	if (format == -1 || mode == -1)
		return -1;
	if (values[EXPORT_FORMAT] == NULL)
		format = (int)cmd_export_format_of(values[EXPORT_OUTPUT]);
	*form = (struct export_form){
		.zip = format == EXPORT_ZIP || format == EXPORT_PLAYWRIGHT,
		.har = { .version = PACKAGE_VERSION,
		    .lines = format == EXPORT_LINES,
		    .playwright = format == EXPORT_PLAYWRIGHT,
		    .minimal = mode == 1 },
	};
	return cmd_export_bodies(values, format, form, e);
}

static int
cmd_export_filter(const char **values, struct store_filter *f, struct err *e)
{
	if (values[EXPORT_OUTPUT] == NULL)
		return err_set(e, "expected -o FILE, or -o - for standard "
				  "output");
	return filters_take(values + EXPORT_FILTERS, f, e);
}

int
cmd_export(const struct command *c, int argc, char **argv)
{
	const char *values[EXPORT_OPTIONS];
	struct store_filter filter;
	struct export_form form;
	struct store *store = NULL;
	struct settings *s;
	struct err e;
	int operands, status;

	s = commands_settings(c, argc, argv, values, &operands, &status);
	if (s == NULL)
		return status;
	status = STATUS_FINE;
	if (operands > 0)
		status = commands_misused(c);
	else if (cmd_export_filter(values, &filter, &e) == -1 ||
		 cmd_export_form(values, &form, &e) == -1 ||
		 (store = store_open(s->store, STORE_READ, false, &e)) == NULL)
		status = commands_fail(STATUS_USAGE, &e);
	else if (filters_tape(store, s->tape, &filter, &e) == -1 ||
		 export_tape(
		     store, &filter, &form, values[EXPORT_OUTPUT], &e) == -1)
		status = commands_fail(STATUS_FAILED, &e);
	store_close(store);
	settings_free(s);
	return status;
}
