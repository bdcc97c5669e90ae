/* hark merge: the entries of some tapes in the order of their times at the
 * end of another. */
#include "config.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/mem.h"
#include "base/str.h"
#include "har/json_write.h"
#include "recorder/rules.h"
#include "recorder/store.h"
#include "replay/reindex.h"

#include "gateway/commands.h"

#define NAME_MOST 200 /* of --tape */

enum { MERGE_INTO, MERGE_JSON, MERGE_OPTIONS };

const struct own_option cmd_merge_options[] = {
	[MERGE_INTO] = {
	    .name = "into",
	    .argument = "NAME",
	    .help = "the tape that gets the entries; made if need be",
	},
	[MERGE_JSON] = {
	    .name = "json",
	    .help = "say what was done as a JSON object",
	},
	{ .name = NULL },
};

struct merge_entry {
	int64_t started_us;
	int64_t id;
};

struct merge {
	struct store *store;
	const char *into;
	struct merge_entry *v;
	size_t n, cap;
};

static int
cmd_merge_on_entry(void *arg, const struct store_entry_row *row)
{
	struct merge *m = arg;

	if (m->n == m->cap) {
		m->cap = m->cap > 0 ? 2 * m->cap : 256;
		m->v = xrealloc(m->v, m->cap * sizeof(*m->v));
	}
	m->v[m->n++] = (struct merge_entry){ row->started_us, row->id };
	return 0;
}

static int
cmd_merge_order(const void *left, const void *right)
{
	const struct merge_entry *a = left, *b = right;

	if (a->started_us != b->started_us)
		return a->started_us < b->started_us ? -1 : 1;
	return a->id < b->id ? -1 : a->id > b->id;
}

static int
cmd_merge_collect(struct merge *m, char **tapes, int n, struct err *e)
{
	struct store_filter f = { 0 };
	int i;

	for (i = 0; i < n; i++) {
		f.tape = store_tape(m->store, str_of(tapes[i]), false, e);
		if (f.tape == 0)
			return err_set(
			    e, "tape %.100s: no such tape", tapes[i]);
		if (f.tape == -1 ||
		    store_list(m->store, &f, cmd_merge_on_entry, m, e) == -1)
			return -1;
	}
	if (m->n > 0)
		qsort(m->v, m->n, sizeof(*m->v), cmd_merge_order);
	return 0;
}

/* Bodies stay where they are: the copy has the same ones. */
static int
cmd_merge_copy(struct merge *m, int64_t tape, struct err *e)
{
	struct exchange *x;
	size_t i;
	int r;

	for (i = 0; i < m->n; i++) {
		r = store_get(m->store, m->v[i].id, 0, &x, e);
		if (r == 1)
			r = store_put(m->store, tape, x, e);
		else if (r == 0)
			r = err_set(
			    e, "entry %" PRId64 ": no such entry", m->v[i].id);
		exchange_free(x);
		if (r == -1)
			return -1;
	}
	return 0;
}

/* What HARs on the tapes had beside their entries. */
static int
cmd_merge_extra(
    struct merge *m, int64_t into, char **tapes, int n, struct err *e)
{
	struct buf extra = { 0 };
	int64_t tape;
	int i, r = 0;

	for (i = 0; i < n && r == 0; i++) {
		extra.n = 0;
		tape = store_tape(m->store, str_of(tapes[i]), false, e);
		r = tape == -1 ? -1
			       : store_tape_extra(m->store, tape, &extra, e);
		if (r == 0 && extra.n > 0)
			r = store_tape_add_extra(
			    m->store, into, buf_str(&extra), e);
	}
	buf_free(&extra);
	return r;
}

/*
 * Keys go by the rules of the tape that gets the entries, or of the first when
 * it is new.  Where those of another tape went by others they have to be made
 * anew: *rules then, and the tape says so; NULL else.
 */
static int
cmd_merge_rules(struct merge *m, int64_t into, bool made, char **tapes, int n,
    struct rules **rules, struct err *e)
{
	int64_t tape = store_tape(m->store, str_of(tapes[0]), false, e);
	struct rules *by = NULL;
	int i, same = tape == -1 ? -1 : 1;

	if (same == 1)
		by = reindex_rules_of(m->store, made ? tape : into, e);
	if (by != NULL && !made)
		same = reindex_is_by(m->store, into, by, e);
	for (i = 0; by != NULL && same == 1 && i < n; i++) {
		tape = store_tape(m->store, str_of(tapes[i]), false, e);
		same = tape == -1 ? -1 : reindex_is_by(m->store, tape, by, e);
	}
	if (by == NULL || same == -1 ||
	    reindex_say(m->store, into, same == 1 ? by : NULL, e) == -1) {
		rules_free(by);
		return -1;
	}
	*rules = by;
	if (same == 1) {
		rules_free(by);
		*rules = NULL;
	}
	return 0;
}

/* How they were redacted is how the new one is. */
static int
cmd_merge_redaction(
    struct merge *m, int64_t into, char **tapes, int n, struct err *e)
{
	struct buf marks = { 0 };
	int64_t tape;
	int i, r = 0;

	for (i = 0; i < n && r == 0; i++) {
		tape = store_tape(m->store, str_of(tapes[i]), false, e);
		r = tape == -1
			? -1
			: store_tape_redaction(m->store, tape, &marks, e);
	}
	if (r == 0)
		r = store_tape_add_redaction(
		    m->store, into, buf_str(&marks), e);
	buf_free(&marks);
	return r;
}

static int
cmd_merge_tapes(struct merge *m, char **tapes, int n, struct err *e)
{
	struct rules *anew = NULL;
	struct reindex_figures f;
	int64_t was, into;
	int r = 0;

	if (store_begin(m->store, e) == -1)
		return -1;
	if (cmd_merge_collect(m, tapes, n, e) == -1 ||
	    (was = store_tape(m->store, str_of(m->into), false, e)) == -1 ||
	    (into = store_tape(m->store, str_of(m->into), true, e)) <= 0 ||
	    cmd_merge_copy(m, into, e) == -1 ||
	    cmd_merge_extra(m, into, tapes, n, e) == -1 ||
	    cmd_merge_redaction(m, into, tapes, n, e) == -1 ||
	    cmd_merge_rules(m, into, was == 0, tapes, n, &anew, e) == -1 ||
	    store_commit(m->store, e) == -1) {
		store_rollback(m->store);
		r = -1;
	} else if (anew != NULL) {
		r = reindex_tape(m->store, into, anew, &f, e);
	}
	rules_free(anew);
	return r;
}

static int
cmd_merge_say(const struct merge *m, int n, bool json)
{
	struct json_write w;
	int status;

	json_write_init(&w, false, NULL, NULL);
	if (json) {
		json_write_object(&w);
		json_write_member(&w, "into", str_of(m->into));
		json_write_member_int(&w, "tapes", n);
		json_write_member_int(&w, "entries", (int64_t)m->n);
		json_write_object_end(&w);
		buf_add_text(&w.out, "\n");
	} else {
		buf_addf(&w.out, "merged %zu %s of %d %s into %s\n", m->n,
		    m->n == 1 ? "entry" : "entries", n,
		    n == 1 ? "tape" : "tapes", m->into);
	}
	status = commands_print(&w.out);
	json_write_fini(&w);
	return status;
}

static int
cmd_merge_check(const char *into, char **tapes, int n, struct err *e)
{
	size_t i;
	int k, l;

	if (into == NULL)
		return err_set(e, "expected --into NAME");
	for (i = 0; into[i] != '\0'; i++)
		if ((unsigned char)into[i] < ' ' || into[i] == 0x7f)
			break;
	if (i == 0 || i > NAME_MOST || into[i] != '\0')
		return err_set(e,
		    "option into: %.200s: expected NAME of 1 to %d bytes, "
		    "without control characters",
		    into, NAME_MOST);
	for (k = 0; k < n; k++) {
		if (strcmp(tapes[k], into) == 0)
			return err_set(e,
			    "tape %.100s: cannot be merged into itself", into);
		for (l = 0; l < k; l++)
			if (strcmp(tapes[k], tapes[l]) == 0)
				return err_set(
				    e, "tape %.100s: given twice", tapes[k]);
	}
	return 0;
}

static int
cmd_merge_open(struct merge *m, const char *path, struct err *e)
{
	/* Opening for writing would make one. */
	if (!store_exists(path))
		return err_sys(e, "store %.300s", path);
	m->store = store_open(path, STORE_WRITE, true, e);
	return m->store != NULL ? 0 : -1;
}

int
cmd_merge(const struct command *c, int argc, char **argv)
{
	const char *values[MERGE_OPTIONS];
	struct merge m = { 0 };
	struct settings *s;
	struct err e;
	int operands, status;

	s = commands_settings(c, argc, argv, values, &operands, &status);
	if (s == NULL)
		return status;
	m.into = values[MERGE_INTO];
	if (operands == 0)
		status = commands_misused(c);
	else if (cmd_merge_check(m.into, argv + 1, operands, &e) == -1 ||
		 cmd_merge_open(&m, s->store, &e) == -1)
		status = commands_fail(STATUS_USAGE, &e);
	else if (cmd_merge_tapes(&m, argv + 1, operands, &e) == -1)
		status = commands_fail(STATUS_FAILED, &e);
	else
		status =
		    cmd_merge_say(&m, operands, values[MERGE_JSON] != NULL);
	free(m.v);
	store_close(m.store);
	settings_free(s);
	return status;
}
