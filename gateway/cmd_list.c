/* hark list: one line per entry, as a table or as JSON objects. */
#include "config.h"

#include "base/err.h"
#include "base/str.h"
#include "gateway/filters.h"
#include "gateway/rows.h"
#include "gateway/unused.h"
#include "recorder/store.h"

#include "gateway/commands.h"

enum {
	LIST_JSON,
	LIST_FILTERS,
	LIST_FAILED = LIST_FILTERS + FILTERS_OPTIONS,
	LIST_UNUSED,
	LIST_TAPE,
	LIST_OPTIONS,
};

const struct own_option cmd_list_options[] = {
	[LIST_JSON] = {
	    .name = "json",
	    .help = "one JSON object per line",
	},
	FILTERS_ROWS(LIST_FILTERS),
	[LIST_FAILED] = {
	    .name = "failed",
	    .help = "only exchanges that failed",
	},
	[LIST_UNUSED] = {
	    .name = "unused",
	    .help = "only entries that no replay has served",
	},
	[LIST_TAPE] = {
	    .name = "tape",
	    .argument = "NAME",
	    .help = "only entries of this tape; without it those of all",
	},
	{ .name = NULL },
};

static int
cmd_list_filter(const char **values, struct store_filter *f, struct err *e)
{
	if (filters_take(values + LIST_FILTERS, f, e) == -1)
		return -1;
	f->failed = values[LIST_FAILED] != NULL;
	return 0;
}

struct list {
	struct rows rows;
	struct unused *unused; /* NULL: the used ones, too */
};

static int
cmd_list_on_entry(void *arg, const struct store_entry_row *row)
{
	struct list *l = arg;

	if (l->unused != NULL && !unused_is(l->unused, row))
		return 0;
	return rows_add(&l->rows, row);
}

/* What has to be known before the first line. */
static int
cmd_list_begin(struct list *l, struct store *s, const char *path,
    const char **values, struct store_filter *f, struct err *e)
{
	const char *tape = values[LIST_TAPE];

	if (filters_tape(s, tape, f, e) == -1)
		return -1;
	if (values[LIST_UNUSED] != NULL &&
	    (l->unused = unused_load(s, path, f->tape, e)) == NULL)
		return -1;
	return rows_begin(
	    &l->rows, s, values[LIST_JSON] != NULL, tape != NULL, e);
}

static int
cmd_list_entries(struct store *s, const char *path, const char **values,
    struct store_filter *f)
{
	struct list l = { 0 };
	struct err e;
	int rc = -1, status;

	if (cmd_list_begin(&l, s, path, values, f, &e) == 0)
		rc = store_list(s, f, cmd_list_on_entry, &l, &e);
	unused_free(l.unused);
	status = rows_end(&l.rows);
	if (rc == -1)
		return commands_fail(STATUS_FAILED, &e);
	return rc == 0 ? status : STATUS_FAILED;
}

int
cmd_list(const struct command *c, int argc, char **argv)
{
	const char *values[LIST_OPTIONS];
	struct store_filter filter;
	struct store *store = NULL;
	struct settings *s;
	struct err e;
	int operands, status;

	s = commands_settings(c, argc, argv, values, &operands, &status);
	if (s == NULL)
		return status;
	if (operands > 0)
		status = commands_misused(c);
	else if (cmd_list_filter(values, &filter, &e) == -1 ||
		 (store = store_open(s->store, STORE_READ, false, &e)) == NULL)
		status = commands_fail(STATUS_USAGE, &e);
	else
		status = cmd_list_entries(store, s->store, values, &filter);
	store_close(store);
	settings_free(s);
	return status;
}
