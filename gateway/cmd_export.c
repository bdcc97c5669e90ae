/* hark export: a tape, or the part of it that filters leave, as a HAR. */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/mem.h"
#include "base/str.h"
#include "gateway/filters.h"
#include "har/har_read.h"
#include "har/har_write.h"
#include "recorder/store.h"

#include "gateway/commands.h"

enum {
	EXPORT_OUTPUT,
	EXPORT_METHOD,
	EXPORT_URL,
	EXPORT_STATUS,
	EXPORT_IDS,
	EXPORT_SINCE,
	EXPORT_UNTIL,
	EXPORT_OPTIONS,
};

const struct own_option cmd_export_options[] = {
	[EXPORT_OUTPUT] = {
	    .name = "output",
	    .letter = 'o',
	    .argument = "FILE",
	    .help = "the file to write; - is standard output",
	},
	[EXPORT_METHOD] = {
	    .name = "method",
	    .argument = "METHOD",
	    .help = "only entries with this method",
	},
	[EXPORT_URL] = {
	    .name = "url",
	    .argument = "GLOB",
	    .help = "only entries whose URL fits; * is any text, ? a byte",
	},
	[EXPORT_STATUS] = {
	    .name = "status",
	    .argument = "STATUS",
	    .help = "only entries with this status, 404 or 4xx",
	},
	[EXPORT_IDS] = {
	    .name = "ids",
	    .argument = "FIRST-LAST",
	    .help = "only entries with these numbers, 7 or 7-12",
	},
	[EXPORT_SINCE] = {
	    .name = "since",
	    .argument = "DATE",
	    .help = "only entries that started then or later; or an age, 2h",
	},
	[EXPORT_UNTIL] = {
	    .name = "until",
	    .argument = "DATE",
	    .help = "only entries that started before; or an age, 2h",
	},
	{ .name = NULL },
};

/*
 * The file
 */

/* A file that only takes the place of the old one when it is whole. */
struct export_file {
	const char *path;
	char *temporary; /* NULL for standard output */
	int fd;
};

static int
cmd_export_open(struct export_file *f, const char *path, struct err *e)
{
	const char *slash = strrchr(path, '/');
	int folder = slash != NULL ? (int)(slash - path) + 1 : 0;
	mode_t mask;

	*f = (struct export_file){ .path = path, .fd = STDOUT_FILENO };
	if (strcmp(path, "-") == 0)
		return 0;
	f->temporary = xasprintf("%.*s.%s.XXXXXX", folder, path, path + folder);
	f->fd = mkostemp(f->temporary, O_CLOEXEC);
	if (f->fd == -1) {
		err_sys(e, "%.300s", path);
		free(f->temporary);
		f->temporary = NULL;
		return -1;
	}
	mask = umask(0);
	umask(mask);
	if (fchmod(f->fd, 0666 & ~mask) == -1)
		return err_sys(e, "%.300s", path);
	return 0;
}

static int
cmd_export_write(void *arg, const void *p, size_t n, struct err *e)
{
	struct export_file *f = arg;
	const char *at = p;
	ssize_t done;

	while (n > 0) {
		done = write(f->fd, at, n);
		if (done == -1 && errno == EINTR)
			continue;
		if (done == -1)
			return err_sys(e, "%.300s",
			    f->temporary != NULL ? f->path : "standard output");
		at += done;
		n -= (size_t)done;
	}
	return 0;
}

/* Without this the new name may not survive a power cut; the file itself is
 * whole either way, so that a folder that cannot be synced is no failure. */
static void
cmd_export_sync_folder(const char *path)
{
	const char *slash = strrchr(path, '/');
	char *folder = slash == NULL
			   ? xstrdup(".")
			   : xmemdup0(path, (size_t)(slash - path) + 1);
	int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd != -1) {
		(void)fsync(fd);
		close(fd);
	}
	free(folder);
}

static int
cmd_export_commit(struct export_file *f, struct err *e)
{
	if (f->temporary == NULL)
		return 0;
	if (fsync(f->fd) == -1 || rename(f->temporary, f->path) == -1)
		return err_sys(e, "%.300s", f->path);
	free(f->temporary);
	f->temporary = NULL;
	cmd_export_sync_folder(f->path);
	close(f->fd);
	return 0;
}

static void
cmd_export_abandon(struct export_file *f)
{
	if (f->temporary == NULL)
		return;
	(void)unlink(f->temporary); /* nothing better to do if it stays */
	free(f->temporary);
	close(f->fd);
}

/*
 * The entries
 */

struct export
{
	struct store *store;
	struct har_write *har;
	uint64_t entries;
	struct err *e;
};

/* What would not fit into memory is left out, and said. */
static void
cmd_export_check(const struct exchange *x)
{
	const struct body *b = &x->response.body;

	if (b->stored_id > 0 || x->request.body.stored_id > 0)
		fprintf(stderr,
		    "hark: entry %" PRId64
		    ": left out a body of more than %u bytes\n",
		    x->id, HAR_MOST_BODY);
}

static int
cmd_export_on_entry(void *arg, const struct store_entry_row *row)
{
	struct export *x = arg;
	struct exchange *one;
	int r = store_get(x->store, row->id, HAR_MOST_BODY, &one, x->e);

	if (r != 1) /* 0: removed by somebody else since */
		return r;
	cmd_export_check(one);
	har_write_entry(x->har, one);
	exchange_free(one);
	x->entries++;
	return 0;
}

static int
cmd_export_entries(struct store *s, const struct store_filter *f,
    struct export_file *file, struct err *e)
{
	struct har_write_options options = { .version = PACKAGE_VERSION };
	struct export x = { .store = s, .e = e };
	struct buf log = { 0 };
	struct err late;
	int r, end;

	if (store_tape_extra(s, f->tape, &log, e) == -1)
		return -1;
	options.log = buf_str(&log);
	x.har = har_write_open(cmd_export_write, file, &options);
	r = store_list(s, f, cmd_export_on_entry, &x, e);
	end = har_write_close(x.har, &late);
	buf_free(&log);
	if (r == 0 && end == -1)
		*e = late;
	return r == 0 ? end : -1;
}

static int
cmd_export_tape(struct store *s, struct store_filter *f, const char *tape,
    const char *path, struct err *e)
{
	struct export_file file;

	if (filters_tape(s, tape, f, e) == -1)
		return -1;
	if (cmd_export_open(&file, path, e) == 0 &&
	    cmd_export_entries(s, f, &file, e) == 0 &&
	    cmd_export_commit(&file, e) == 0)
		return 0;
	cmd_export_abandon(&file);
	return -1;
}

/*
 * The command line
 */

static int
cmd_export_ids(const char *text, struct store_filter *f, struct err *e)
{
	struct str rest = str_of(text), first;
	uint64_t a, b;

	(void)str_cut(&rest, '-', &first);
	if (str_u64(first, &a) == -1 || a == 0)
		goto bad;
	b = a;
	if (rest.p != NULL && (str_u64(rest, &b) == -1 || b < a))
		goto bad;
	f->first_id = (int64_t)a;
	f->last_id = (int64_t)b;
	return 0;
bad:
	return err_set(e, "option ids: %.100s: expected 7 or 7-12", text);
}

static int
cmd_export_filter(const char **values, struct store_filter *f, struct err *e)
{
	int64_t now = clock_wall_us();

	*f = (struct store_filter){
		.method = str_of(values[EXPORT_METHOD]),
		.url = str_of(values[EXPORT_URL]),
	};
	if (values[EXPORT_OUTPUT] == NULL)
		return err_set(e, "expected -o FILE, or -o - for standard "
				  "output");
	if (filters_status(values[EXPORT_STATUS], &f->status, e) == -1)
		return -1;
	if (values[EXPORT_IDS] != NULL &&
	    cmd_export_ids(values[EXPORT_IDS], f, e) == -1)
		return -1;
	if (filters_moment(
		"since", values[EXPORT_SINCE], now, &f->since_us, e) == -1)
		return -1;
	return filters_moment(
	    "until", values[EXPORT_UNTIL], now, &f->until_us, e);
}

int
cmd_export(const struct command *c, int argc, char **argv)
{
	const char *values[EXPORT_OPTIONS];
	struct store_filter filter;
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
		 (store = store_open(s->store, STORE_READ, false, &e)) == NULL)
		status = commands_fail(STATUS_USAGE, &e);
	else if (cmd_export_tape(
		     store, &filter, s->tape, values[EXPORT_OUTPUT], &e) == -1)
		status = commands_fail(STATUS_FAILED, &e);
	store_close(store);
	settings_free(s);
	return status;
}
