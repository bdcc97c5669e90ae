/* hark edit: an entry as a HAR in an editor, and back in its place. */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/digest.h"
#include "base/err.h"
#include "base/mem.h"
#include "base/str.h"
#include "gateway/edited.h"
#include "gateway/editor.h"
#include "gateway/printable.h"
#include "gateway/redacting.h"
#include "har/har_file.h"
#include "har/har_read.h"
#include "har/har_write.h"
#include "recorder/rules.h"
#include "recorder/store.h"
#include "replay/key.h"
#include "replay/reindex.h"

#include "gateway/commands.h"

#define STEP (64u << 10)
#define MOST_BODY (1u << 30) /* who edits a longer one? */

enum { EDIT_FROM, EDIT_JSON, EDIT_OPTIONS };

const struct own_option cmd_edit_options[] = {
	[EDIT_FROM] = {
	    .name = "from",
	    .argument = "FILE",
	    .help = "take the edited entry from FILE, start no editor",
	},
	[EDIT_JSON] = {
	    .name = "json",
	    .help = "say what was done as a JSON object",
	},
	{ .name = NULL },
};

struct edit {
	struct store *store;
	struct exchange *was;
	const char *path; /* of the HAR */
	struct redacting redacting;

	/* of reading it back */
	struct exchange *x;
	bool own;
	uint64_t entries;
	char refused[256]; /* why an entry is none */
};

/*
 * Out
 */

static int
cmd_edit_write(void *arg, const void *p, size_t n, struct err *e)
{
	const int *fd = arg;
	const char *at = p;
	ssize_t done;

	while (n > 0) {
		done = write(*fd, at, n);
		if (done == -1 && errno == EINTR)
			continue;
		if (done == -1)
			return err_sys(e, "cannot write the HAR");
		at += done;
		n -= (size_t)done;
	}
	return 0;
}

static int
cmd_edit_write_har(const struct edit *d, struct err *e)
{
	static const struct har_write_options options = {
		.version = PACKAGE_VERSION,
	};
	int fd = open(d->path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	struct har_write *h;
	int r;

	if (fd == -1)
		return err_sys(e, "%.300s", d->path);
	h = har_write_open(cmd_edit_write, &fd, &options);
	har_write_entry(h, d->was);
	r = har_write_close(h, e);
	close(fd);
	return r;
}

/* What the file is, to see whether it changed. */
static int
cmd_edit_sum(const char *path, uint8_t sum[DIGEST_BYTES], struct err *e)
{
	struct digest *digest;
	char *piece;
	ssize_t n;
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd == -1)
		return err_sys(e, "%.300s", path);
	digest = digest_new();
	piece = xmalloc(STEP);
	while ((n = read(fd, piece, STEP)) != 0) {
		if (n > 0)
			digest_add(digest, piece, (size_t)n);
		else if (errno != EINTR)
			break;
	}
	n = n != 0 ? err_sys(e, "%.300s", path) : 0;
	digest_end(digest, sum);
	digest_free(digest);
	free(piece);
	close(fd);
	return (int)n;
}

/*
 * Back
 */

static int
cmd_edit_on_exchange(void *arg, struct exchange *x, bool own, struct err *e)
{
	struct edit *d = arg;

	(void)e;
	if (d->entries++ == 0) {
		d->x = x;
		d->own = own;
	} else {
		exchange_free(x);
	}
	return 0;
}

/* What the reader put right is told; it is not what was typed. */
static void
cmd_edit_on_note(void *arg, const struct har_note *n)
{
	struct edit *d = arg;
	struct buf line = { 0 };

	printable_add(&line, str_of(n->path), false);
	buf_add_text(&line, ": ");
	printable_add(&line, str_of(n->text), false);
	if (n->skipped)
		snprintf(d->refused, sizeof(d->refused), "%s", buf_text(&line));
	else
		fprintf(stderr, "hark: entry %" PRId64 ": %s\n", d->was->id,
		    buf_text(&line));
	buf_free(&line);
}

static int
cmd_edit_read(struct edit *d, struct err *e)
{
	struct har_read_options o = {
		.read = har_file_read,
		.in_memory = MOST_BODY,
		.on_exchange = cmd_edit_on_exchange,
		.on_note = cmd_edit_on_note,
		.arg = d,
	};
	struct har_file *file = har_file_open(d->path, e);
	struct har_figures figures;
	int r;

	if (file == NULL)
		return -1;
	o.read_arg = file;
	r = har_read(&o, &figures, e);
	har_file_close(file);
	if (r == -1)
		return -1;
	if (d->refused[0] != '\0')
		return err_set(e, "%s", d->refused);
	if (d->entries != 1)
		return err_set(
		    e, "it has %" PRIu64 " entries, expected one", d->entries);
	return 0;
}

static int
cmd_edit_on_row(void *arg, const struct store_entry_row *row)
{
	*(int64_t *)arg = row->tape_id;
	return 1;
}

/* By the rules of the tape that the entry is on. */
static int
cmd_edit_keys(struct edit *d, struct err *e)
{
	struct store_filter one = { .first_id = d->was->id,
		.last_id = d->was->id };
	struct rules *rules;
	struct keyer *keyer;
	int64_t tape = 0;

	if (store_list(d->store, &one, cmd_edit_on_row, &tape, e) == -1)
		return -1;
	rules = reindex_rules_of(d->store, tape, e);
	if (rules == NULL)
		return -1;
	keyer = keyer_new(rules);
	key_exchange(keyer, d->x);
	keyer_free(keyer);
	rules_free(rules);
	return 0;
}

static int
cmd_edit_store(struct edit *d, struct err *e)
{
	int r;

	edited_settle(d->x, d->was, d->own);
	if (!redacting_exchange(&d->redacting, d->x))
		return err_set(e,
		    "a body cannot be searched for secrets; --no-redact "
		    "keeps it");
	if (cmd_edit_keys(d, e) == -1 ||
	    redacting_note_entry(&d->redacting, d->store, d->x->id, e) == -1)
		return -1;
	r = store_replace(d->store, d->x, e);
	if (r == 0)
		return err_set(e, "the entry is not there any more");
	return r == 1 ? 0 : -1;
}

static int
cmd_edit_say(const struct edit *d, bool changed, bool json)
{
	struct buf out = { 0 };
	int status;

	if (json)
		buf_addf(&out, "{\"entry\":%" PRId64 ",\"changed\":%s}\n",
		    d->was->id, changed ? "true" : "false");
	else
		buf_addf(&out, "entry %" PRId64 " %s\n", d->was->id,
		    changed ? "replaced" : "not changed");
	status = commands_print(&out);
	buf_free(&out);
	return status;
}

/* 0, or -1 when the editor failed; *changed says whether there is anything
 * of the person's in the file. */
static int
cmd_edit_by_hand(
    struct edit *d, const struct editor *editor, bool *changed, struct err *e)
{
	uint8_t before[DIGEST_BYTES], after[DIGEST_BYTES];
	struct err late;
	int r;

	*changed = false;
	if (cmd_edit_write_har(d, e) == -1 ||
	    cmd_edit_sum(d->path, before, e) == -1)
		return -1;
	r = editor_run(editor, e);
	if (cmd_edit_sum(d->path, after, &late) == -1) {
		if (r == 0)
			*e = late;
		return -1;
	}
	*changed = memcmp(before, after, sizeof(before)) != 0;
	return r;
}

/* Nothing that was typed is lost. */
static int
cmd_edit_kept(struct edit *d, struct editor *editor, const struct err *e)
{
	int status = commands_fail(STATUS_FAILED, e);

	fprintf(stderr,
	    "hark: entry %" PRId64 " is as it was; what was edited is kept: "
	    "hark edit --from %s %" PRId64 "\n",
	    d->was->id, d->path, d->was->id);
	editor_keep(editor);
	return status;
}

static int
cmd_edit_in_editor(struct edit *d, bool json)
{
	struct editor editor;
	struct err e;
	char name[40];
	bool changed;
	int r, status = STATUS_FINE;

	snprintf(name, sizeof(name), "entry-%" PRId64 ".har", d->was->id);
	if (editor_open(&editor, name, &e) == -1)
		return commands_fail(STATUS_FAILED, &e);
	d->path = editor.path;
	r = cmd_edit_by_hand(d, &editor, &changed, &e);
	if (r == 0 && changed)
		r = cmd_edit_read(d, &e) == 0 ? cmd_edit_store(d, &e) : -1;
	if (r == -1) {
		err_wrap(&e, "entry %" PRId64, d->was->id);
		status = changed ? cmd_edit_kept(d, &editor, &e)
				 : commands_fail(STATUS_FAILED, &e);
	}
	editor_close(&editor);
	return status == STATUS_FINE ? cmd_edit_say(d, changed, json) : status;
}

static int
cmd_edit_from(struct edit *d, const char *path, bool json)
{
	struct err e;

	d->path = path;
	if (cmd_edit_read(d, &e) == 0 && cmd_edit_store(d, &e) == 0)
		return cmd_edit_say(d, true, json);
	err_wrap(&e, "%.300s", path);
	return commands_fail(STATUS_FAILED, &e);
}

/* The store stays locked while somebody edits: nobody writes to it between
 * reading the entry and putting it back. */
static int
cmd_edit_open(
    struct edit *d, const struct settings *s, const char *text, struct err *e)
{
	int64_t id;
	int r;

	if (commands_entry_id(text, &id, e) == -1)
		return STATUS_USAGE;
	if (!store_exists(s->store)) {
		err_sys(e, "store %.300s", s->store);
		return STATUS_USAGE;
	}
	d->store = store_open(s->store, STORE_WRITE, true, e);
	if (d->store == NULL || redacting_open(&d->redacting, s, true, e) == -1)
		return STATUS_USAGE;
	r = store_get(d->store, id, MOST_BODY, &d->was, e);
	if (r == 0)
		err_set(e, "entry %.100s: no such entry", text);
	if (r != 1)
		return STATUS_FAILED;
	if (d->was->request.body.stored_id == 0 &&
	    d->was->response.body.stored_id == 0)
		return STATUS_FINE;
	err_set(e, "entry %.100s: a body of more than %u bytes is too large",
	    text, MOST_BODY);
	return STATUS_FAILED;
}

int
cmd_edit(const struct command *c, int argc, char **argv)
{
	const char *values[EDIT_OPTIONS];
	struct edit d = { 0 };
	struct settings *s;
	struct err e;
	bool json;
	int operands, status;

	s = commands_settings(c, argc, argv, values, &operands, &status);
	if (s == NULL)
		return status;
	json = values[EDIT_JSON] != NULL;
	if (operands != 1)
		status = commands_misused(c);
	else if ((status = cmd_edit_open(&d, s, argv[1], &e)) != STATUS_FINE)
		(void)commands_fail(status, &e); /* status is said */
	else if (values[EDIT_FROM] != NULL)
		status = cmd_edit_from(&d, values[EDIT_FROM], json);
	else
		status = cmd_edit_in_editor(&d, json);
	exchange_free(d.x);
	redacting_close(&d.redacting);
	exchange_free(d.was);
	store_close(d.store);
	settings_free(s);
	return status;
}
