/* hark import: the entries of HAR files onto a tape, a file at a time. */
#include "config.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/mem.h"
#include "base/str.h"
#include "gateway/indexed.h"
#include "gateway/printable.h"
#include "gateway/redacting.h"
#include "har/exchange.h"
#include "har/har_file.h"
#include "har/har_read.h"
#include "har/url.h"
#include "recorder/rules.h"
#include "recorder/store.h"
#include "replay/key.h"
#include "replay/reindex.h"

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

/* One file on its way to the tape. */
struct import {
	const struct settings *settings;
	const char *path;
	const char *filter; /* or NULL */
	bool strict;
	struct store *store; /* NULL for a dry run */
	int64_t tape;
	struct rules *of_tape; /* what keys go by; NULL: those given */
	struct keyer *keyer;
	struct redacting redacting;
	struct har_file *file;
	char *folder; /* of the store; or NULL */

	bool has_base;
	char *base_text;
	struct url base;
	bool several;    /* origins, and nobody said which */
	bool of_sockets; /* what is guessed so far: only WebSockets came */

	uint64_t taken, filtered, scoped;
	uint64_t dropped; /* bodies that could not be searched for secrets */
	unsigned notes;
	bool taking;   /* entries, in the last pass */
	bool progress; /* to be shown */
	unsigned percent;
};

/*
 * Reports
 */

static void
cmd_import_on_note(void *arg, const struct har_note *n)
{
	struct import *i = arg;
	struct buf line = { 0 };

	i->notes++;
	if (i->notes > NOTES_SHOWN && !i->settings->verbose)
		return;
	printable_add(&line, str_of(n->path), false);
	buf_add_text(&line, n->skipped ? ": skipped: " : ": ");
	printable_add(&line, str_of(n->text), false);
	fprintf(stderr, "%s%s: %s\n", i->progress ? "\r\033[K" : "", i->path,
	    buf_text(&line));
	buf_free(&line);
}

static void
cmd_import_more_notes(const struct import *i)
{
	if (i->notes > NOTES_SHOWN && !i->settings->verbose)
		fprintf(stderr, "%s: and %u more (--verbose shows all)\n",
		    i->path, i->notes - NOTES_SHOWN);
}

/* In both passes over a file, the first of which takes no entry; also while
 * one long body is read. */
static void
cmd_import_show_progress(struct import *i)
{
	uint64_t at, size;
	unsigned percent;

	if (!i->progress)
		return;
	har_file_progress(i->file, &at, &size);
	percent = size > 0 ? (unsigned)(at * 100 / size) : 0;
	if (percent == i->percent)
		return;
	i->percent = percent;
	fprintf(stderr, "\r\033[K%s: %3u%%", i->path, percent);
	if (i->taking)
		fprintf(stderr, ", %" PRIu64 " entries", i->taken);
}

/*
 * Where an entry belongs
 */

/* The host and a port other than the default, in lower case. */
static struct str
cmd_import_scope(struct arena *a, const struct url *u)
{
	bool port = u->port != (u->https ? 443 : 80);
	char *text, *p;

	text = port ? arena_printf(a, u->ipv6 ? "[%.*s]:%u" : "%.*s:%u",
			  STR_ARGS(u->host), u->port)
		    : arena_printf(
			  a, u->ipv6 ? "[%.*s]" : "%.*s", STR_ARGS(u->host));
	for (p = text; *p != '\0'; p++)
		if (*p >= 'A' && *p <= 'Z')
			*p += 32;
	return str_of(text);
}

/* The base's path without a slash at its end. */
static struct str
cmd_import_prefix(const struct url *base)
{
	struct str path = base->path;

	while (path.n > 0 && path.p[path.n - 1] == '/')
		path.n--;
	return path;
}

/* Whether target lies below prefix, which is cut off it then. */
static bool
cmd_import_below(struct str *target, struct str prefix)
{
	struct str start = *target;

	if (target->n < prefix.n)
		return false;
	start.n = prefix.n;
	if (!str_eq(start, prefix))
		return false;
	start = (struct str){ target->p + prefix.n, target->n - prefix.n };
	if (start.n > 0 && start.p[0] != '/' && start.p[0] != '?')
		return false;
	*target = start;
	return true;
}

static void
cmd_import_place(struct import *i, struct exchange *x)
{
	struct str target = x->target;
	struct url u;
	struct err e;

	if (url_parse_any(&u, x->url, &e) == -1)
		return;
	if (!i->has_base || !url_same_origin(&u, &i->base) ||
	    !cmd_import_below(&target, cmd_import_prefix(&i->base))) {
		x->scope = cmd_import_scope(&x->arena, &u);
		i->scoped++;
		return;
	}
	if (target.n == 0 || target.p[0] != '/')
		target =
		    str_of(arena_printf(&x->arena, "/%.*s", STR_ARGS(target)));
	x->target = target;
	x->scope = STR("");
}

/* The API's origin is that of its requests; WebSockets, which often have a
 * host of their own, count where there is nothing else. */
static void
cmd_import_on_url(void *arg, struct str text)
{
	struct import *i = arg;
	bool socket = url_is_socket(text);
	struct url u;
	struct err e;

	cmd_import_show_progress(i);
	if (text.n > 0 && memchr(text.p, '#', text.n) != NULL)
		text.n = (size_t)((const char *)memchr(text.p, '#', text.n) -
				  text.p);
	if (url_parse_any(&u, text, &e) == -1)
		return;
	if (i->of_sockets && !socket) {
		free(i->base_text);
		i->base_text = NULL;
		i->has_base = i->several = i->of_sockets = false;
	}
	if (i->several || (socket && i->has_base && !i->of_sockets))
		return;
	if (i->has_base) {
		i->several = !url_same_origin(&u, &i->base);
		return;
	}
	i->base_text = xasprintf(
	    "%s://%.*s/", u.https ? "https" : "http", STR_ARGS(u.authority));
	i->has_base = url_parse(&i->base, str_of(i->base_text), &e) == 0;
	i->of_sockets = socket;
}

/* Finds out the origin that all entries share, if they do. */
static int
cmd_import_guess(
    struct import *i, const struct har_read_options *o, struct err *e)
{
	if (har_read_urls(o, cmd_import_on_url, i, e) == -1)
		return -1;
	if (i->several)
		i->has_base = false;
	return har_file_rewind(i->file, e);
}

/*
 * Reading and storing
 */

static int
cmd_import_on_exchange(void *arg, struct exchange *x, bool own, struct err *e)
{
	struct import *i = arg;
	int r;

	if (i->filter != NULL && !str_glob(str_of(i->filter), x->url)) {
		i->filtered++;
		exchange_free(x);
		return 0;
	}
	if (!own)
		cmd_import_place(i, x);
	if (!redacting_exchange(&i->redacting, x))
		i->dropped++;
	r = key_exchange_spooled(i->keyer, x, e);
	if (r == 0 && i->store != NULL)
		r = store_put(i->store, i->tape, x, e);
	exchange_free(x);
	i->taken++;
	cmd_import_show_progress(i);
	return r;
}

static int
cmd_import_on_log(void *arg, struct str object, struct err *e)
{
	struct import *i = arg;
	struct buf redacted = { 0 };
	int r;

	if (i->store == NULL)
		return 0;
	r = store_tape_add_extra(i->store, i->tape,
	    redacting_har(&i->redacting, object, &redacted), e);
	buf_free(&redacted);
	return r;
}

static int
cmd_import_side_file(
    void *arg, struct str name, struct bulk *out, struct err *e)
{
	struct import *i = arg;

	return har_file_side(i->file, name, out, e);
}

static int64_t
cmd_import_text(void *arg, void *p, size_t n, struct err *e)
{
	struct import *i = arg;

	cmd_import_show_progress(i);
	return har_file_read(i->file, p, n, e);
}

/* A tape without entries is an empty file where entries are lines. */
static bool
cmd_import_is_lines(const char *path)
{
	struct str name = str_of(path);

	return str_ends(name, ".ndjson") || str_ends(name, ".jsonl");
}

static int
cmd_import_read(struct import *i, struct har_figures *f, struct err *e)
{
	const struct har_read_options o = {
		.read = cmd_import_text,
		.read_arg = i,
		.strict = i->strict,
		.lines = cmd_import_is_lines(i->path),
		.folder = i->folder,
		.on_exchange = cmd_import_on_exchange,
		.on_log = cmd_import_on_log,
		.on_note = cmd_import_on_note,
		.side_file = cmd_import_side_file,
		.arg = i,
	};

	if (!i->has_base && cmd_import_guess(i, &o, e) == -1)
		return -1;
	i->taking = true;
	if (har_read(&o, f, e) == -1)
		return -1;
	if (f->entries == 0 && f->unsafe > 0)
		return err_set(
		    e, "refused: what is in it would inject into messages");
	return 0;
}

static int
cmd_import_onto_tape(struct import *i, struct har_figures *f, struct err *e)
{
	i->tape = store_tape(i->store, str_of(i->settings->tape), true, e);
	if (i->tape <= 0 ||
	    redacting_note(&i->redacting, i->store, i->tape, e) == -1 ||
	    (i->of_tape == NULL &&
		reindex_say(i->store, i->tape, i->settings->rules, e) == -1))
		return -1;
	return cmd_import_read(i, f, e);
}

/* All of the file or nothing, not even the tape. */
static int
cmd_import_store(struct import *i, struct har_figures *f, struct err *e)
{
	if (i->store == NULL)
		return cmd_import_read(i, f, e);
	if (store_begin(i->store, e) == -1)
		return -1;
	if (cmd_import_onto_tape(i, f, e) == -1) {
		store_rollback(i->store);
		return -1;
	}
	return store_commit(i->store, e);
}

static int
cmd_import_file(struct import *i)
{
	struct har_figures f = { 0 };
	struct err e;
	int r;

	i->file = har_file_open(i->path, &e);
	if (i->file == NULL) {
		err_wrap(&e, "%.300s", i->path);
		return commands_fail(STATUS_USAGE, &e);
	}
	i->progress = isatty(STDERR_FILENO) == 1;
	r = cmd_import_store(i, &f, &e);
	har_file_close(i->file);
	if (i->progress && i->percent > 0)
		fputs("\r\033[K", stderr);
	cmd_import_more_notes(i);
	if (r == 0 && i->several && i->scoped > 0)
		fprintf(stderr,
		    "hark: %s: several origins: their entries answer under "
		    "the host of each; --base names the one the gateway "
		    "stands for\n",
		    i->path);
	if (i->dropped > 0)
		fprintf(stderr,
		    "hark: %s: %" PRIu64 " entries without a body that could "
		    "not be searched for secrets; --no-redact keeps it\n",
		    i->path, i->dropped);
	if (r == -1) {
		err_wrap(&e, "%.300s", i->path);
		return commands_fail(STATUS_FAILED, &e);
	}
	printf("imported %" PRIu64 " entries (%" PRIu64 " repaired, %" PRIu64
	       " skipped",
	    i->taken, f.repaired, f.skipped + i->filtered);
	if (f.idle > 0)
		printf(", %" PRIu64 " kept and never replayed", f.idle);
	printf(") from %s\n", i->path);
	return STATUS_FINE;
}

/* All files, each by itself: a bad one does not keep the others out. */
static int
cmd_import_files(const struct import *common, char **paths, int n)
{
	int k, r, status = STATUS_FINE;
	struct import i;

	for (k = 0; k < n; k++) {
		i = *common;
		i.path = paths[k];
		r = cmd_import_file(&i);
		if (status == STATUS_FINE)
			status = r;
		if (i.base_text != common->base_text)
			free(i.base_text);
	}
	return status;
}

/* Long bodies wait beside the store, where they go.  A dry run leaves that
 * place alone. */
static char *
cmd_import_folder(const char *store)
{
	const char *slash = strrchr(store, '/');

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
	int operands, status;

	s = commands_settings(c, argc, argv, values, &operands, &status);
	if (s == NULL)
		return status;
	i.settings = s;
	i.filter = values[IMPORT_FILTER];
	i.strict = values[IMPORT_STRICT] != NULL;
	if (values[IMPORT_DRY_RUN] == NULL)
		i.folder = cmd_import_folder(s->store);
	if (operands == 0)
		status = commands_misused(c);
	else if (cmd_import_base(&i, values[IMPORT_BASE], &e) == -1 ||
		 cmd_import_open(&i, values[IMPORT_DRY_RUN] != NULL, &e) == -1)
		status = commands_fail(STATUS_USAGE, &e);
	else
		status = cmd_import_files(&i, argv + 1, operands);
	store_close(i.store);
	free(i.folder);
	keyer_free(i.keyer);
	rules_free(i.of_tape);
	redacting_close(&i.redacting);
	settings_free(s);
	return status;
}
