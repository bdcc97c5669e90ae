#include "config.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/mem.h"
#include "gateway/body_out.h"
#include "gateway/commands.h"
#include "gateway/filters.h"
#include "gateway/out_file.h"
#include "har/exchange.h"
#include "har/frame.h"
#include "har/har_file.h"
#include "har/har_read.h"
#include "mock/draft.h"
#include "mock/from_entry.h"
#include "recorder/store.h"

#include "gateway/mock_entries.h"

#define BODY_MOST (64u << 20) /* a longer one is left out */

struct entries {
	const struct mock_entries *how;
	struct draft *draft;
	struct from_entry *from;
	struct store *store;
	struct har_file *file;
	const char *path; /* of the HAR, or NULL */
	uint64_t count;   /* of the HAR's entries so far */
	struct err *e;
};

/* ---- one exchange ------------------------------------------------------- */

static struct str
mock_entries_body(const struct message *m, struct buf *scratch)
{
	if (m->body.known && m->body.stored_id == 0 && m->body.spool == NULL &&
	    m->body.bytes.n == 0)
		return STR("");
	return body_out_plain(m, BODY_MOST, scratch);
}

static int
mock_entries_add(struct entries *x, const struct exchange *one,
    const char *where, struct err *e)
{
	struct buf scratch[2] = { { 0 }, { 0 } };
	struct from_entry_source s = {
		.where = str_of(where),
		.method = one->method,
		.target = one->target,
		.request_fields = one->request.headers,
		.request_body = mock_entries_body(&one->request, &scratch[0]),
		.status = one->outcome == OUTCOME_COMPLETE && one->status > 0
			      ? (unsigned)one->status
			      : 0,
		.fields = one->response.headers,
		.body = mock_entries_body(&one->response, &scratch[1]),
		.socket = frame_socket(one),
	};
	int r = from_entry_add(x->from, &s, e);

	if (one->scope.n > 0)
		draft_note(x->draft, s.where,
		    "recorded for %.*s: its route answers for any host",
		    STR_ARGS(one->scope));
	buf_free(&scratch[0]);
	buf_free(&scratch[1]);
	return r;
}

/* The folder of output and name. */
static int
mock_entries_on_file(
    void *arg, const char *name, struct str bytes, struct err *e)
{
	const struct mock_entries *m = arg;
	const char *slash = strrchr(m->output, '/');
	char *path = xasprintf("%.*s%s",
	    slash != NULL ? (int)(slash - m->output) + 1 : 0, m->output, name);
	int r = out_file_save(out_file_open, path, bytes, e);

	free(path);
	return r;
}

static void
mock_entries_begin(struct entries *x, const struct mock_entries *m)
{
	const char *slash = strrchr(m->output, '/'), *name, *dot;
	struct from_entry_options o = { .crud = m->crud };

	name = slash != NULL ? slash + 1 : m->output;
	dot = strrchr(name, '.');
	o.prefix =
	    (struct str){ name, dot != NULL && dot > name ? (size_t)(dot - name)
							  : strlen(name) };
	if (strcmp(m->output, "-") != 0) {
		o.on_file = mock_entries_on_file;
		o.arg = (void *)(uintptr_t)m;
	}
	x->how = m;
	x->draft = draft_new(STR("Recorded"), false);
	x->from = from_entry_new(x->draft, &o);
}

/* The draft when r is 0. */
static struct draft *
mock_entries_end(struct entries *x, int r)
{
	struct draft *d = x->draft;

	if (r == 0)
		from_entry_end(x->from);
	from_entry_free(x->from);
	if (r == 0)
		return d;
	draft_free(d);
	return NULL;
}

/* ---- the store ---------------------------------------------------------- */

static int
mock_entries_entry(struct entries *x, int64_t id, struct err *e)
{
	struct exchange *one;
	char where[40];
	int r = store_get(x->store, id, BODY_MOST, &one, e);

	if (r == 0)
		return err_set(e, "entry %" PRId64 ": no such entry", id);
	if (r == -1)
		return -1;
	snprintf(where, sizeof(where), "entry %" PRId64, id);
	r = mock_entries_add(x, one, where, e);
	exchange_free(one);
	return r;
}

static int
mock_entries_on_row(void *arg, const struct store_entry_row *row)
{
	struct entries *x = arg;

	return mock_entries_entry(x, row->id, x->e);
}

static int
mock_entries_tape(struct entries *x, struct err *e)
{
	struct store_filter filter = { 0 };

	x->e = e;
	if (filters_tape(x->store, x->how->settings->tape, &filter, e) == -1)
		return -1;
	return store_list(x->store, &filter, mock_entries_on_row, x, e);
}

struct draft *
mock_entries_store(
    const struct mock_entries *m, char **ids, int n, struct err *e)
{
	struct entries x = { 0 };
	int64_t id;
	int i, r = 0;

	mock_entries_begin(&x, m);
	x.store = store_open(m->settings->store, STORE_READ, false, e);
	if (x.store == NULL)
		r = -1;
	else if (n == 0)
		r = mock_entries_tape(&x, e);
	for (i = 0; i < n && r == 0; i++) {
		r = commands_entry_id(ids[i], &id, e);
		if (r == 0)
			r = mock_entries_entry(&x, id, e);
	}
	store_close(x.store);
	return mock_entries_end(&x, r);
}

/* ---- HAR files ---------------------------------------------------------- */

static int
mock_entries_on_exchange(
    void *arg, struct exchange *one, bool own, struct err *e)
{
	struct entries *x = arg;
	char *where = xasprintf("%s: entry %" PRIu64, x->path, ++x->count);
	int r = mock_entries_add(x, one, where, e);

	(void)own;
	free(where);
	exchange_free(one);
	return r;
}

static void
mock_entries_on_note(void *arg, const struct har_note *n)
{
	struct entries *x = arg;
	char *where = xasprintf("%s: %s", x->path, n->path);

	draft_note(x->draft, str_of(where), "%s%s",
	    n->skipped ? "left out: " : "", n->text);
	free(where);
}

static int
mock_entries_side(void *arg, struct str name, struct bulk *out, struct err *e)
{
	struct entries *x = arg;

	return har_file_side(x->file, name, out, e);
}

static int
mock_entries_har(struct entries *x, const char *path, struct err *e)
{
	struct har_figures figures = { 0 };
	struct har_read_options o = {
		.read = har_file_read,
		.lines = str_ends(str_of(path), ".ndjson") ||
			 str_ends(str_of(path), ".jsonl"),
		.in_memory = BODY_MOST,
		.on_exchange = mock_entries_on_exchange,
		.on_note = mock_entries_on_note,
		.side_file = mock_entries_side,
		.arg = x,
	};
	int r;

	x->path = path;
	x->count = 0;
	x->file = har_file_open(path, e);
	o.read_arg = x->file;
	r = x->file == NULL ? -1 : har_read(&o, &figures, e);
	har_file_close(x->file);
	return r == -1 ? err_wrap(e, "%.300s", path) : 0;
}

struct draft *
mock_entries_hars(
    const struct mock_entries *m, char **paths, int n, struct err *e)
{
	struct entries x = { 0 };
	int i, r = 0;

	mock_entries_begin(&x, m);
	for (i = 0; i < n && r == 0; i++)
		r = mock_entries_har(&x, paths[i], e);
	return mock_entries_end(&x, r);
}

/* ---- one that is given -------------------------------------------------- */

struct draft *
mock_entries_one(const struct mock_entries *m, const struct exchange *one,
    const char *where, struct err *e)
{
	struct entries x = { 0 };

	mock_entries_begin(&x, m);
	return mock_entries_end(&x, mock_entries_add(&x, one, where, e));
}
