/* hark import: the entries of HAR files onto a tape, a file at a time. */
#include "config.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/mem.h"
#include "base/str.h"
#include "gateway/import_tape.h"
#include "gateway/indexed.h"
#include "gateway/printable.h"
#include "har/har_file.h"
#include "recorder/rules.h"
#include "recorder/store.h"
#include "replay/key.h"

#include "gateway/commands.h"

#define NOTES_SHOWN 5 /* without --verbose */

enum {
	IMPORT_BASE,
	IMPORT_FILTER,
	IMPORT_DRY_RUN,
	IMPORT_STRICT,
	IMPORT_OPTIONS,
};

const struct own_option cmd_import_options[] = {
	[IMPORT_BASE] = {
	    .name = "base",
	    .argument = "URL",
	    .help = "what the gateway stands for; guessed for one origin",
	},
	[IMPORT_FILTER] = {
	    .name = "filter",
	    .argument = "GLOB",
	    .help = "only entries whose URL fits; * is any text, ? a byte",
	},
	[IMPORT_DRY_RUN] = {
	    .name = "dry-run",
	    .help = "read and report, but store nothing",
	},
	[IMPORT_STRICT] = {
	    .name = "strict",
	    .help = "refuse a file of which anything had to be repaired",
	},
	{ .name = NULL },
};

/*
 * Reports
 */

/* What the command shows of a file. */
struct shown {
	const char *path;
	bool verbose;
	bool progress;
	unsigned percent;
};

static void
cmd_import_on_note(struct import *i, const struct har_note *n)
{
	const struct shown *s = i->arg;
	struct buf line = { 0 };

	if (i->notes > NOTES_SHOWN && !s->verbose)
		return;
	printable_add(&line, str_of(n->path), false);
	if (line.n > 0)
		buf_add_text(&line, ": ");
	if (n->skipped)
		buf_add_text(&line, "skipped: ");
	printable_add(&line, str_of(n->text), false);
	fprintf(stderr, "%s%s: %s\n", s->progress ? "\r\033[K" : "", s->path,
	    buf_text(&line));
	buf_free(&line);
}

static void
cmd_import_more_notes(const struct import *i)
{
	const struct shown *s = i->arg;

	if (i->notes > NOTES_SHOWN && !s->verbose)
		fprintf(stderr, "%s: and %u more (--verbose shows all)\n",
		    s->path, i->notes - NOTES_SHOWN);
}

/* In both passes over a file, the first of which takes no entry; also while
 * one long body is read. */
static void
cmd_import_on_progress(struct import *i)
{
	struct shown *s = i->arg;
	uint64_t at, size;
	unsigned percent;

	har_file_progress(i->file, &at, &size);
	percent = size > 0 ? (unsigned)(at * 100 / size) : 0;
	if (percent == s->percent)
		return;
	s->percent = percent;
	fprintf(stderr, "\r\033[K%s: %3u%%", s->path, percent);
	if (i->taking)
		fprintf(stderr, ", %" PRIu64 " entries", i->taken);
}

/*
 * Files
 */

/* A tape without entries is an empty file where entries are lines. */
static bool
cmd_import_is_lines(const char *path)
{
	struct str name = str_of(path);

	return str_ends(name, ".ndjson") || str_ends(name, ".jsonl");
}

static int
cmd_import_file(struct import *i)
{
	struct shown *s = i->arg;
	struct err e;
	int r;

	i->file = har_file_open(s->path, &e);
	if (i->file == NULL) {
		err_wrap(&e, "%.300s", s->path);
		return commands_fail(STATUS_USAGE, &e);
	}
	i->lines = cmd_import_is_lines(s->path);
	i->on_note = cmd_import_on_note;
	s->progress = isatty(STDERR_FILENO) == 1;
	if (s->progress)
		i->on_progress = cmd_import_on_progress;
	r = import_run(i, &e);
	har_file_close(i->file);
	if (s->progress && s->percent > 0)
		fputs("\r\033[K", stderr);
	cmd_import_more_notes(i);
	if (r == 0 && i->several && i->scoped > 0)
		fprintf(stderr,
		    "hark: %s: several origins: their entries answer under "
		    "the host of each; --base names the one the gateway "
		    "stands for\n",
		    s->path);
	if (i->dropped > 0)
		fprintf(stderr,
		    "hark: %s: %" PRIu64 " entries without a body that could "
		    "not be searched for secrets; --no-redact keeps it\n",
		    s->path, i->dropped);
	if (r == -1) {
		err_wrap(&e, "%.300s", s->path);
		return commands_fail(STATUS_FAILED, &e);
	}
	printf("imported %" PRIu64 " entries (%" PRIu64 " repaired, %" PRIu64
	       " skipped",
	    i->taken, i->figures.repaired, i->figures.skipped + i->filtered);
	if (i->figures.idle > 0)
		printf(
		    ", %" PRIu64 " kept and never replayed", i->figures.idle);
	printf(") from %s\n", s->path);
	return STATUS_FINE;
}

/* All files, each by itself: a bad one does not keep the others out. */
static int
cmd_import_files(const struct import *common, char **paths, int n)
{
	int k, r, status = STATUS_FINE;

	for (k = 0; k < n; k++) {
		struct shown s = { .path = paths[k],
			.verbose = common->settings->verbose };
		struct import i = *common;

		i.arg = &s;
		r = cmd_import_file(&i);
		if (status == STATUS_FINE)
			status = r;
	}
	return status;
}

/* Long bodies wait beside the store, where they go.  A dry run leaves that
 * place alone. */
static char *
cmd_import_folder(const char *store)
{
	const char *slash = strrchr(store, '/');

	if (store_is_shared(store))
		slash = NULL;
	return slash == NULL ? xstrdup(".")
			     : xmemdup0(store, (size_t)(slash - store) + 1);
}

static int
cmd_import_base(struct import *i, const char *text, struct err *e)
{
	if (text == NULL)
		return 0;
	if (url_parse(&i->base, str_of(text), e) == -1)
		return err_wrap(e, "option base: %.300s", text);
	i->has_base = true;
	return 0;
}

static int
cmd_import_open(struct import *i, bool dry_run, struct err *e)
{
	const struct settings *s = i->settings;
	int64_t tape;

	if (!dry_run) {
		i->store = store_open(s->store, STORE_WRITE, true, e);
		if (i->store == NULL ||
		    redacting_open(&i->redacting, s, true, e) == -1)
			return -1;
		tape = store_tape(i->store, str_of(s->tape), false, e);
		if (tape == -1 || indexed_for_command(
				      s, i->store, tape, &i->of_tape, e) == -1)
			return -1;
	}
	i->keyer = keyer_new(i->of_tape != NULL ? i->of_tape : s->rules);
	return 0;
}

int
cmd_import(const struct command *c, int argc, char **argv)
{
	const char *values[IMPORT_OPTIONS];
	struct import i = { 0 };
	struct settings *s;
	struct err e;
	char *folder = NULL;
	int operands, status;

	s = commands_settings(c, argc, argv, values, &operands, &status);
	if (s == NULL)
		return status;
	i.settings = s;
	i.filter = values[IMPORT_FILTER];
	i.strict = values[IMPORT_STRICT] != NULL;
	if (values[IMPORT_DRY_RUN] == NULL)
		i.folder = folder = cmd_import_folder(s->store);
	if (operands == 0)
		status = commands_misused(c);
	else if (cmd_import_base(&i, values[IMPORT_BASE], &e) == -1 ||
		 cmd_import_open(&i, values[IMPORT_DRY_RUN] != NULL, &e) == -1)
		status = commands_fail(STATUS_USAGE, &e);
	else
		status = cmd_import_files(&i, argv + 1, operands);
	store_close(i.store);
	free(folder);
	keyer_free(i.keyer);
	rules_free(i.of_tape);
	redacting_close(&i.redacting);
	settings_free(s);
	return status;
}
