/* hark suggest: rules for what differs between repeated recordings. */
#include "config.h"

#include <stdio.h>

#include "base/err.h"
#include "base/str.h"
#include "gateway/printable.h"
#include "har/exchange.h"
#include "har/json_write.h"
#include "recorder/rules.h"
#include "recorder/store.h"
#include "replay/reindex.h"
#include "replay/suggest.h"

#include "gateway/commands.h"

#define SUGGEST_BODY (1u << 20) /* of a request that is looked into */

enum { SUGGEST_JSON, SUGGEST_OPTIONS };

const struct own_option cmd_suggest_options[] = {
	[SUGGEST_JSON] = {
	    .name = "json",
	    .help = "one JSON object per rule",
	},
	{ .name = NULL },
};

struct suggest_tape {
	struct store *store;
	int64_t tape;
	struct rules *rules;
	struct suggest *suggest;
	struct err *e;
	int result;
};

static void
cmd_suggest_on_request(void *arg, const struct store_request *row)
{
	struct suggest_tape *t = arg;
	struct rules_request q = { row->method, row->scope, row->target };
	struct exchange *x;
	int r;

	if (row->tape != t->tape || t->result == -1 ||
	    !suggest_wants(t->suggest, &q))
		return;
	r = store_get(t->store, row->id, 0, &x, t->e);
	if (r == 1) {
		r = store_body_load(
		    t->store, &x->request.body, SUGGEST_BODY, t->e);
		if (r == 0)
			suggest_add(t->suggest, x);
		exchange_free(x);
	}
	if (r == -1)
		t->result = -1;
}

/* Rules that are in force already are those of the tape, and those given. */
static int
cmd_suggest_read(
    struct suggest_tape *t, const struct settings *s, struct err *e)
{
	const struct rules *rules = s->rules;

	t->store = store_open(s->store, STORE_READ, false, e);
	if (t->store == NULL)
		return -1;
	t->tape = store_tape(t->store, str_of(s->tape), false, e);
	if (t->tape == 0)
		return err_set(e, "tape %.100s: no such tape", s->tape);
	if (t->tape == -1)
		return -1;
	if (rules_verbs(rules) == 0) {
		t->rules = reindex_rules_of(t->store, t->tape, e);
		if (t->rules == NULL)
			return -1;
		rules = t->rules;
	}
	t->suggest = suggest_new(rules);
	t->e = e;
	if (store_requests(t->store, 0, cmd_suggest_on_request, t, e) == -1)
		return -1;
	return t->result;
}

/* In the form of a file of rules: the reasons are comments. */
static void
cmd_suggest_words(const struct suggestion *g, struct buf *out)
{
	buf_addf(
	    out, "# %.*s; %zu recordings", STR_ARGS(g->why), g->recordings);
	if (g->examples[0].n > 0) {
		buf_add_text(out, ": ");
		printable_add(out, g->examples[0], false);
	}
	if (g->examples[1].n > 0) {
		buf_add_text(out, ", ");
		printable_add(out, g->examples[1], false);
	}
	buf_addf(out, "\n%.*s\n", STR_ARGS(g->rule));
}

static void
cmd_suggest_object(const struct suggestion *g, struct buf *out)
{
	struct json_write w;
	size_t i;

	json_write_init(&w, false, NULL, NULL);
	json_write_object(&w);
	json_write_member(&w, "rule", g->rule);
	json_write_member(&w, "why", g->why);
	json_write_member_int(&w, "recordings", (int64_t)g->recordings);
	json_write_name(&w, STR("examples"));
	json_write_array(&w);
	for (i = 0; i < 2; i++)
		if (g->examples[i].p != NULL)
			json_write_str(&w, g->examples[i]);
	json_write_array_end(&w);
	json_write_object_end(&w);
	buf_add_str(out, buf_str(&w.out));
	buf_add_text(out, "\n");
	json_write_fini(&w);
}

static int
cmd_suggest_say(struct suggest_tape *t, bool json)
{
	const struct suggestion *all;
	struct buf out = { 0 };
	size_t i, n;
	int status;

	all = suggest_all(t->suggest, &n);
	for (i = 0; i < n; i++)
		if (json)
			cmd_suggest_object(&all[i], &out);
		else
			cmd_suggest_words(&all[i], &out);
	if (n == 0)
		fputs("hark: nothing to suggest: no requests are equal but "
		      "for a value that changes\n",
		    stderr);
	status = commands_print(&out);
	buf_free(&out);
	return status;
}

int
cmd_suggest(const struct command *c, int argc, char **argv)
{
	const char *values[SUGGEST_OPTIONS];
	struct suggest_tape t = { .result = 0 };
	struct settings *s;
	struct err e;
	int operands, status;

	s = commands_settings(c, argc, argv, values, &operands, &status);
	if (s == NULL)
		return status;
	if (operands > 0)
		status = commands_misused(c);
	else if (cmd_suggest_read(&t, s, &e) == -1)
		status = commands_fail(t.store == NULL || t.suggest == NULL
					   ? STATUS_USAGE
					   : STATUS_FAILED,
		    &e);
	else
		status = cmd_suggest_say(&t, values[SUGGEST_JSON] != NULL);
	suggest_free(t.suggest);
	rules_free(t.rules);
	store_close(t.store);
	settings_free(s);
	return status;
}
