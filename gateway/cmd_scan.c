/* hark scan: secrets in a store or in HAR files, for people and for CI. */
#include "config.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"
#include "gateway/filters.h"
#include "gateway/printable.h"
#include "har/har_file.h"
#include "har/har_read.h"
#include "har/json_write.h"
#include "recorder/redact.h"
#include "recorder/scan.h"
#include "recorder/store.h"

#include "gateway/commands.h"

#define SHOWN 4      /* bytes of a secret that are shown */
#define SHOWN_OF 16  /* in one of that many at least */
#define FLUSH 65536u /* bytes of output */

enum { SCAN_JSON, SCAN_TAPE, SCAN_OPTIONS };

const struct own_option cmd_scan_options[] = {
	[SCAN_JSON] = {
	    .name = "json",
	    .help = "one JSON object per finding",
	},
	[SCAN_TAPE] = {
	    .name = "tape",
	    .argument = "NAME",
	    .help = "only entries of this tape; without it those of all",
	},
	{ .name = NULL },
};

struct scan {
	const char *path; /* of the file; NULL: the store of --store */
	bool json;
	struct scanner *scanner;
	struct store *store;
	struct har_file *file;
	int64_t entry; /* that is looked at; counted from 1 in a HAR */
	uint64_t findings, unsearched;
	struct buf out;
	int status; /* of writing */
};

/*
 * Telling
 */

/* "Bear... (36 bytes)": enough to know it again, and of no use. */
static void
cmd_scan_mask(struct str secret, struct buf *out)
{
	if (secret.n >= SHOWN_OF)
		buf_add(out, secret.p, SHOWN);
	buf_addf(out, "... (%zu bytes)", secret.n);
}

static void
cmd_scan_json(struct scan *s, const struct scan_finding *f, struct str masked)
{
	struct json_write w;

	json_write_init(&w, false, NULL, NULL);
	json_write_object(&w);
	if (s->path != NULL)
		json_write_member(&w, "file", str_of(s->path));
	json_write_member_int(&w, "entry", s->entry);
	json_write_member(&w, "in", str_of(f->in));
	if (f->place.n > 0)
		json_write_member(&w, "place", f->place);
	json_write_member_int(&w, "offset", (int64_t)f->offset);
	json_write_member(&w, "kind", str_of(f->kind));
	if (f->name.n > 0)
		json_write_member(&w, "name", f->name);
	json_write_member(&w, "value", masked);
	json_write_object_end(&w);
	json_write_newline(&w);
	buf_add_str(&s->out, buf_str(&w.out));
	json_write_fini(&w);
}

static void
cmd_scan_line(struct scan *s, const struct scan_finding *f, struct str masked)
{
	if (s->path != NULL) {
		printable_add(&s->out, str_of(s->path), false);
		buf_add_text(&s->out, ": ");
	}
	buf_addf(&s->out, "entry %" PRId64 ": %s", s->entry, f->in);
	if (f->place.n > 0) {
		buf_add_text(&s->out, " ");
		printable_add(&s->out, f->place, false);
	} else {
		buf_addf(&s->out, " at byte %zu", f->offset);
	}
	buf_addf(&s->out, ": %s", f->kind);
	if (f->name.n > 0 && !str_eq(f->name, f->place)) {
		buf_add_text(&s->out, " ");
		printable_add(&s->out, f->name, false);
	}
	buf_add_text(&s->out, ": ");
	printable_add(&s->out, masked, false);
	buf_add_text(&s->out, "\n");
}

static void
cmd_scan_on_finding(void *arg, const struct scan_finding *f)
{
	struct scan *s = arg;
	struct buf masked = { 0 };

	s->findings++;
	cmd_scan_mask(f->secret, &masked);
	if (s->json)
		cmd_scan_json(s, f, buf_str(&masked));
	else
		cmd_scan_line(s, f, buf_str(&masked));
	buf_free(&masked);
	if (s->out.n >= FLUSH && s->status == STATUS_FINE)
		s->status = commands_print(&s->out);
}

/*
 * Looking
 */

static void
cmd_scan_exchange(struct scan *s, const struct exchange *x)
{
	s->unsearched += !scanner_exchange(s->scanner, x);
}

static int
cmd_scan_on_entry(void *arg, const struct store_entry_row *row)
{
	struct scan *s = arg;
	struct exchange *x;
	struct err e;
	int r = store_get(s->store, row->id, REDACT_DECODED, &x, &e);

	if (r == -1)
		return commands_fail(STATUS_FAILED, &e);
	if (r == 1) {
		s->entry = row->id;
		cmd_scan_exchange(s, x);
		exchange_free(x);
	}
	return s->status;
}

static int
cmd_scan_store(struct scan *s, const char *path, const char *tape)
{
	struct store_filter f = { 0 };
	struct err e;
	int r = -1;

	s->store = store_open(path, STORE_READ, false, &e);
	if (s->store == NULL)
		return commands_fail(STATUS_USAGE, &e);
	if (filters_tape(s->store, tape, &f, &e) == 0)
		r = store_list(s->store, &f, cmd_scan_on_entry, s, &e);
	store_close(s->store);
	return r == -1 ? commands_fail(STATUS_FAILED, &e) : r;
}

static int
cmd_scan_on_exchange(void *arg, struct exchange *x, bool own, struct err *e)
{
	struct scan *s = arg;

	(void)own;
	s->entry++;
	cmd_scan_exchange(s, x);
	exchange_free(x);
	return s->status == STATUS_FINE ? 0 : err_set(e, "cannot write");
}

static int
cmd_scan_on_log(void *arg, struct str object, struct err *e)
{
	struct scan *s = arg;
	int64_t entry = s->entry;

	(void)e;
	s->entry = 0;
	scanner_har(s->scanner, object);
	s->entry = entry;
	return 0;
}

static int
cmd_scan_side_file(void *arg, struct str name, struct bulk *out, struct err *e)
{
	struct scan *s = arg;
	int r = har_file_side(s->file, name, out, e);

	s->unsearched += r == -1;
	return r;
}

static int
cmd_scan_har(struct scan *s)
{
	struct har_read_options o = {
		.read = har_file_read,
		.in_memory = REDACT_DECODED,
		.on_exchange = cmd_scan_on_exchange,
		.on_log = cmd_scan_on_log,
		.side_file = cmd_scan_side_file,
		.arg = s,
	};
	struct har_figures figures = { 0 };
	struct err e;
	int r;

	s->file = har_file_open(s->path, &e);
	if (s->file == NULL) {
		err_wrap(&e, "%.300s", s->path);
		return commands_fail(STATUS_USAGE, &e);
	}
	o.read_arg = s->file;
	r = har_read(&o, &figures, &e);
	har_file_close(s->file);
	if (r == 0)
		return STATUS_FINE;
	err_wrap(&e, "%.300s", s->path);
	return commands_fail(STATUS_FAILED, &e);
}

/* Whether the file is a store rather than a HAR. */
static bool
cmd_scan_is_store(const char *path)
{
	static const char magic[] = "SQLite format 3";
	char start[sizeof(magic)];
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	bool is = fd != -1 &&
		  read(fd, start, sizeof(start)) == (ssize_t)sizeof(start) &&
		  memcmp(start, magic, sizeof(magic)) == 0;

	if (fd != -1)
		close(fd);
	return is;
}

static int
cmd_scan_file(struct scan *s, const char *path, const char *tape)
{
	s->path = path;
	s->entry = 0;
	return cmd_scan_is_store(path) ? cmd_scan_store(s, path, tape)
				       : cmd_scan_har(s);
}

/* All files, also when one cannot be read, which then is what counts. */
static int
cmd_scan_all(struct scan *s, const struct settings *settings, char **paths,
    int n, const char *tape)
{
	int i, r, status = STATUS_FINE;

	if (n == 0)
		status = cmd_scan_store(s, settings->store, tape);
	for (i = 0; i < n; i++) {
		r = cmd_scan_file(s, paths[i], tape);
		if (status == STATUS_FINE)
			status = r;
	}
	r = commands_print(&s->out);
	if (s->unsearched > 0)
		fprintf(stderr,
		    "hark: %" PRIu64 " entries with a body that could not be "
		    "searched\n",
		    s->unsearched);
	if (status == STATUS_FINE)
		status = s->status != STATUS_FINE ? s->status : r;
	return status == STATUS_FINE && s->findings > 0 ? STATUS_SECRETS
							: status;
}

int
cmd_scan(const struct command *c, int argc, char **argv)
{
	const char *values[SCAN_OPTIONS];
	struct scan s = { 0 };
	struct settings *settings;
	int operands, status;

	settings = commands_settings(c, argc, argv, values, &operands, &status);
	if (settings == NULL)
		return status;
	s.json = values[SCAN_JSON] != NULL;
	s.scanner = scanner_new(cmd_scan_on_finding, &s);
	status =
	    cmd_scan_all(&s, settings, argv + 1, operands, values[SCAN_TAPE]);
	scanner_free(s.scanner);
	buf_free(&s.out);
	settings_free(settings);
	return status;
}
