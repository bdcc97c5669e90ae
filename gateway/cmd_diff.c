/* hark diff: two tapes or HAR files by the shapes of their endpoints. */
#include "config.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "base/str.h"
#include "gateway/body_out.h"
#include "gateway/printable.h"
#include "gateway/terminal.h"
#include "har/exchange.h"
#include "har/har_file.h"
#include "har/har_read.h"
#include "har/json_write.h"
#include "recorder/store.h"
#include "replay/shape.h"

#include "gateway/commands.h"

#define BODY_MOST (64u << 20) /* a longer one is not looked into */
#define FLUSH_AT (1u << 16)

/* As diff(1) has them: 1 says that there are differences. */
enum { DIFF_SAME = 0, DIFF_DIFFERENT = 1, DIFF_TROUBLE = 2 };

enum { DIFF_JSON, DIFF_OPTIONS };

const struct own_option cmd_diff_options[] = {
	[DIFF_JSON] = {
	    .name = "json",
	    .help = "one JSON object per endpoint that differs",
	},
	{ .name = NULL },
};

struct diff {
	struct shape *shape;
	int side; /* being read */
	const char *name;
	struct har_file *file;
	struct buf decoded;
	uint64_t unseen; /* bodies that were not looked into */
};

/*
 * Reading the sides
 */

static int
cmd_diff_add(struct diff *d, const struct exchange *x, struct err *e)
{
	struct str bytes = body_out_plain(&x->response, BODY_MOST, &d->decoded);

	d->unseen += bytes.p == NULL && x->response.body.size > 0;
	return shape_add(d->shape, d->side, x, bytes, e);
}

/* A name of a tape is no path: that has a slash or a HAR's ending, or is -. */
static bool
cmd_diff_is_file(const char *name)
{
	static const char *const endings[] = { ".har", ".har.gz", ".zip",
		".json" };
	size_t n = strlen(name), k, i;

	if (strchr(name, '/') != NULL || strcmp(name, "-") == 0)
		return true;
	for (i = 0; i < sizeof(endings) / sizeof(*endings); i++) {
		k = strlen(endings[i]);
		if (n > k && strcmp(name + n - k, endings[i]) == 0)
			return true;
	}
	return false;
}

static int
cmd_diff_on_exchange(void *arg, struct exchange *x, bool own, struct err *e)
{
	int r = cmd_diff_add(arg, x, e);

	(void)own;
	exchange_free(x);
	return r;
}

static int
cmd_diff_side_file(void *arg, struct str name, struct bulk *out, struct err *e)
{
	const struct diff *d = arg;

	return har_file_side(d->file, name, out, e);
}

static int
cmd_diff_read_file(struct diff *d, struct err *e)
{
	struct har_read_options o = {
		.read = har_file_read,
		.in_memory = BODY_MOST,
		.on_exchange = cmd_diff_on_exchange,
		.side_file = cmd_diff_side_file,
		.arg = d,
	};
	struct har_figures figures = { 0 };
	int r = -1;

	d->file = har_file_open(d->name, e);
	o.read_arg = d->file;
	if (d->file != NULL)
		r = har_read(&o, &figures, e);
	har_file_close(d->file);
	if (r == -1)
		return err_wrap(e, "%.300s", d->name);
	if (figures.skipped > 0)
		fprintf(stderr, "hark: %s: %" PRIu64 " entries skipped\n",
		    d->name, figures.skipped);
	return 0;
}

struct diff_tape {
	struct diff *d;
	struct store *store;
	struct err *e;
};

static int
cmd_diff_on_entry(void *arg, const struct store_entry_row *row)
{
	struct diff_tape *t = arg;
	struct exchange *x;
	int r = store_get(t->store, row->id, BODY_MOST, &x, t->e);

	if (r != 1) /* 0: removed by somebody else since */
		return r;
	return cmd_diff_on_exchange(t->d, x, true, t->e);
}

static int
cmd_diff_read_tape(struct diff *d, struct store *s, struct err *e)
{
	struct diff_tape t = { .d = d, .store = s, .e = e };
	struct store_filter f = { 0 };

	f.tape = store_tape(s, str_of(d->name), false, e);
	if (f.tape == 0)
		return err_set(e,
		    "tape %.100s: no such tape (a file has a / or .har in its "
		    "name)",
		    d->name);
	return f.tape == -1 ? -1 : store_list(s, &f, cmd_diff_on_entry, &t, e);
}

static int
cmd_diff_read(
    struct diff *d, const struct settings *s, char **names, struct err *e)
{
	struct store *store = NULL;
	int r = 0;

	for (d->side = 0; r == 0 && d->side < 2; d->side++) {
		d->name = names[d->side];
		if (cmd_diff_is_file(d->name)) {
			r = cmd_diff_read_file(d, e);
			continue;
		}
		if (store == NULL)
			store = store_open(s->store, STORE_READ, false, e);
		r = store == NULL ? -1 : cmd_diff_read_tape(d, store, e);
	}
	store_close(store);
	return r;
}

/*
 * Saying what differs
 */

struct diff_out {
	struct buf out;
	struct json_write json;
	bool as_json;
	bool colours;
	uint64_t changes[3]; /* endpoints by enum diff_change */
};

enum diff_change { DIFF_ADDED, DIFF_REMOVED, DIFF_CHANGED };

static const char *const diff_words[] = { "added", "removed", "changed" };

static enum diff_change
cmd_diff_change(const struct shape_fact *f)
{
	if (f->seen[0] == 0)
		return DIFF_ADDED;
	return f->seen[1] == 0 ? DIFF_REMOVED : DIFF_CHANGED;
}

/* Calls on_type for the name of each type in seen, in order. */
static void
cmd_diff_types(
    unsigned seen, void (*on_type)(void *arg, const char *type), void *arg)
{
	static const char *const types[] = { "object", "array", "string",
		"number", "boolean", "null" };
	size_t i;

	for (i = 0; i < sizeof(types) / sizeof(*types); i++)
		if ((seen & 1u << i) != 0)
			on_type(arg, types[i]);
}

static void
cmd_diff_add_type(void *arg, const char *type)
{
	struct buf *out = arg;

	if (out->p[out->n - 1] != ' ')
		buf_add_text(out, "|");
	buf_add_text(out, type);
}

static void
cmd_diff_line(struct diff_out *o, const char *indent, enum diff_change c,
    const char *what, struct str name)
{
	static const enum terminal_colour colours[] = {
		[DIFF_ADDED] = TERMINAL_GREEN,
		[DIFF_REMOVED] = TERMINAL_RED,
		[DIFF_CHANGED] = TERMINAL_YELLOW,
	};

	buf_add_text(&o->out, indent);
	buf_add_text(&o->out, terminal_code(o->colours, colours[c]));
	buf_addf(&o->out, "%c %s", "+-!"[c], what);
	printable_add(&o->out, name, false);
	buf_add_text(&o->out, terminal_code(o->colours, TERMINAL_PLAIN));
}

static const char *const diff_kinds[SHAPE_KINDS] = {
	[SHAPE_STATUS] = "status ",
	[SHAPE_HEADER] = "header ",
	[SHAPE_MEDIA] = "type ",
	[SHAPE_JSON] = "body ",
};

static void
cmd_diff_text_fact(struct diff_out *o, const struct shape_fact *f)
{
	enum diff_change c = cmd_diff_change(f);

	cmd_diff_line(o, "    ", c, diff_kinds[f->kind], f->name);
	if (f->kind == SHAPE_JSON) {
		buf_add_text(&o->out, ": ");
		cmd_diff_types(
		    f->seen[c == DIFF_ADDED], cmd_diff_add_type, &o->out);
		if (c == DIFF_CHANGED) {
			buf_add_text(&o->out, " -> ");
			cmd_diff_types(f->seen[1], cmd_diff_add_type, &o->out);
		}
	}
	buf_add_text(&o->out, "\n");
}

static void
cmd_diff_json_type(void *arg, const char *type)
{
	json_write_str(arg, str_of(type));
}

static void
cmd_diff_json_types(struct json_write *w, const char *name, unsigned seen)
{
	if (seen == 0)
		return;
	json_write_name(w, str_of(name));
	json_write_array(w);
	cmd_diff_types(seen, cmd_diff_json_type, w);
	json_write_array_end(w);
}

static void
cmd_diff_json_fact(struct diff_out *o, const struct shape_fact *f)
{
	static const char *const kinds[SHAPE_KINDS] = {
		[SHAPE_STATUS] = "status",
		[SHAPE_HEADER] = "header",
		[SHAPE_MEDIA] = "type",
		[SHAPE_JSON] = "body",
	};
	struct json_write *w = &o->json;

	json_write_object(w);
	json_write_member(w, "change", str_of(diff_words[cmd_diff_change(f)]));
	json_write_member(w, kinds[f->kind], f->name);
	if (f->kind == SHAPE_JSON) {
		cmd_diff_json_types(w, "from", f->seen[0]);
		cmd_diff_json_types(w, "to", f->seen[1]);
	}
	json_write_object_end(w);
}

/* Whether f lies below the place that the one said last is at: that all of it
 * came or went is said already. */
static bool
cmd_diff_below(const struct shape_fact *f, const struct shape_fact *said)
{
	struct str start;

	if (said == NULL || said->kind != SHAPE_JSON || f->kind != SHAPE_JSON ||
	    cmd_diff_change(said) == DIFF_CHANGED || f->name.n <= said->name.n)
		return false;
	start = (struct str){ f->name.p, said->name.n };
	return str_eq(start, said->name) && (f->name.p[said->name.n] == '.' ||
						f->name.p[said->name.n] == '[');
}

/* Those facts of an endpoint that differ. */
static void
cmd_diff_facts(struct diff_out *o, const struct shape_fact *f, size_t n)
{
	const struct shape_fact *said = NULL;
	size_t i;

	for (i = 1; i < n; i++) {
		if (f[i].seen[0] == f[i].seen[1] || cmd_diff_below(&f[i], said))
			continue;
		said = &f[i];
		if (o->as_json)
			cmd_diff_json_fact(o, &f[i]);
		else
			cmd_diff_text_fact(o, &f[i]);
	}
}

static void
cmd_diff_text(struct diff_out *o, const struct shape_fact *f, size_t n)
{
	enum diff_change c = cmd_diff_change(f);

	cmd_diff_line(o, "", c, "", f->endpoint);
	buf_add_text(&o->out, "\n");
	if (c == DIFF_CHANGED)
		cmd_diff_facts(o, f, n);
}

static void
cmd_diff_json(struct diff_out *o, const struct shape_fact *f, size_t n)
{
	enum diff_change c = cmd_diff_change(f);
	struct json_write *w = &o->json;

	json_write_init(w, false, NULL, NULL);
	json_write_object(w);
	json_write_member(w, "endpoint", f->endpoint);
	json_write_member(w, "change", str_of(diff_words[c]));
	if (c == DIFF_CHANGED) {
		json_write_name(w, STR("changes"));
		json_write_array(w);
		cmd_diff_facts(o, f, n);
		json_write_array_end(w);
	}
	json_write_object_end(w);
	buf_add_str(&o->out, buf_str(&w->out));
	buf_add_text(&o->out, "\n");
	json_write_fini(w);
}

/* An endpoint: n facts from SHAPE_ENDPOINT on. */
static void
cmd_diff_endpoint(struct diff_out *o, const struct shape_fact *f, size_t n)
{
	bool differs = f->seen[0] != f->seen[1];
	size_t i;

	for (i = 1; !differs && i < n; i++)
		differs = f[i].seen[0] != f[i].seen[1];
	if (!differs)
		return;
	o->changes[cmd_diff_change(f)]++;
	if (o->as_json)
		cmd_diff_json(o, f, n);
	else
		cmd_diff_text(o, f, n);
}

static int
cmd_diff_say(struct diff *d, bool json)
{
	struct diff_out o = { .as_json = json, .colours = terminal_colours() };
	const struct shape_fact *f;
	size_t n, from, to;
	int status = STATUS_FINE;

	f = shape_facts(d->shape, &n);
	for (from = 0; from < n && status == STATUS_FINE; from = to) {
		to = from + 1;
		while (to < n && f[to].kind != SHAPE_ENDPOINT)
			to++;
		cmd_diff_endpoint(&o, f + from, to - from);
		if (o.out.n >= FLUSH_AT)
			status = commands_print(&o.out);
	}
	n = o.changes[DIFF_ADDED] + o.changes[DIFF_REMOVED] +
	    o.changes[DIFF_CHANGED];
	if (!json && n > 0)
		buf_addf(&o.out,
		    "%" PRIu64 " added, %" PRIu64 " removed, %" PRIu64
		    " changed\n",
		    o.changes[DIFF_ADDED], o.changes[DIFF_REMOVED],
		    o.changes[DIFF_CHANGED]);
	if (status == STATUS_FINE)
		status = commands_print(&o.out);
	buf_free(&o.out);
	if (status != STATUS_FINE)
		return DIFF_TROUBLE;
	return n > 0 ? DIFF_DIFFERENT : DIFF_SAME;
}

static int
cmd_diff_compare(const struct settings *s, char **names, bool json)
{
	struct diff d = { .shape = shape_new(SHAPE_EXACT) };
	struct err e;
	int status;

	if (cmd_diff_read(&d, s, names, &e) == -1) {
		status = commands_fail(DIFF_TROUBLE, &e);
	} else {
		if (d.unseen > 0)
			fprintf(stderr,
			    "hark: %" PRIu64 " bodies were not compared: not "
			    "kept, too large, or in a broken or unknown "
			    "coding\n",
			    d.unseen);
		status = cmd_diff_say(&d, json);
	}
	buf_free(&d.decoded);
	shape_free(d.shape);
	return status;
}

int
cmd_diff(const struct command *c, int argc, char **argv)
{
	const char *values[DIFF_OPTIONS];
	struct settings *s;
	int operands, status;

	s = commands_settings(c, argc, argv, values, &operands, &status);
	if (s == NULL)
		return status;
	status = operands != 2
		     ? commands_misused(c)
		     : cmd_diff_compare(s, argv + 1, values[DIFF_JSON] != NULL);
	settings_free(s);
	return status;
}
