/* hark prune: removes the entries that are old or of no use. */
#include "config.h"

#include <inttypes.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/mem.h"
#include "base/str.h"
#include "gateway/filters.h"
#include "gateway/rows.h"
#include "gateway/unused.h"
#include "recorder/store.h"

#include "gateway/commands.h"

enum {
	PRUNE_OLDER,
	PRUNE_FAILED,
	PRUNE_UNUSED,
	PRUNE_TAPE,
	PRUNE_DRY_RUN,
	PRUNE_JSON,
	PRUNE_OPTIONS,
};

const struct own_option cmd_prune_options[] = {
	[PRUNE_OLDER] = {
	    .name = "older",
	    .argument = "AGE",
	    .help = "entries that started longer ago, such as 30d",
	},
	[PRUNE_FAILED] = {
	    .name = "failed",
	    .help = "exchanges that failed",
	},
	[PRUNE_UNUSED] = {
	    .name = "unused",
	    .help = "entries that no replay has served",
	},
	[PRUNE_TAPE] = {
	    .name = "tape",
	    .argument = "NAME",
	    .help = "only entries of this tape; without it those of all",
	},
	[PRUNE_DRY_RUN] = {
	    .name = "dry-run",
	    .help = "say what would be removed, but remove nothing",
	},
	[PRUNE_JSON] = {
	    .name = "json",
	    .help = "one JSON object per entry",
	},
	{ .name = NULL },
};

struct prune {
	struct store *store;
	bool dry_run;
	bool json;
	const char *path;
	const char *tape; /* or NULL */
	bool only_unused;
	struct unused *unused; /* what these are */
	struct rows rows;
	int64_t *ids;
	size_t n, cap;
};

static int
cmd_prune_on_entry(void *arg, const struct store_entry_row *row)
{
	struct prune *p = arg;

	if (p->unused != NULL && !unused_is(p->unused, row))
		return 0;
	if (p->n == p->cap) {
		p->cap = p->cap > 0 ? 2 * p->cap : 256;
		p->ids = xrealloc(p->ids, p->cap * sizeof(*p->ids));
	}
	p->ids[p->n++] = row->id;
	return rows_add(&p->rows, row);
}

static int
cmd_prune_remove(struct prune *p, struct err *e)
{
	size_t i;

	for (i = 0; i < p->n; i++)
		if (store_remove(p->store, p->ids[i], e) == -1)
			return -1;
	return 0;
}

/* Lists and removes; the count is only said when it has come true. */
static int
cmd_prune_entries(struct prune *p, struct store_filter *f, struct err *e)
{
	int r;

	if (filters_tape(p->store, p->tape, f, e) == -1)
		return -1;
	if (p->only_unused &&
	    (p->unused = unused_load(p->store, p->path, f->tape, e)) == NULL)
		return -1;
	if (rows_begin(&p->rows, p->store, p->json, p->tape != NULL, e) == -1)
		return -1;
	r = store_list(p->store, f, cmd_prune_on_entry, p, e);
	if (r > 0)
		return err_set(e, "nothing was removed");
	if (r == 0 && !p->dry_run)
		r = cmd_prune_remove(p, e);
	return r;
}

static int
cmd_prune_all(struct prune *p, struct store_filter *f, struct err *e)
{
	if (p->dry_run)
		return cmd_prune_entries(p, f, e);
	if (store_begin(p->store, e) == -1)
		return -1;
	if (cmd_prune_entries(p, f, e) == 0 && store_commit(p->store, e) == 0)
		return 0;
	store_rollback(p->store);
	return -1;
}

static int
cmd_prune_store(struct prune *p, struct store_filter *f)
{
	struct err e;
	int status;

	if (cmd_prune_all(p, f, &e) == -1) {
		(void)rows_end(&p->rows);
		status = commands_fail(STATUS_FAILED, &e);
	} else {
		if (!p->json)
			buf_addf(&p->rows.out, "%s %zu %s\n",
			    p->dry_run ? "would remove" : "removed", p->n,
			    p->n == 1 ? "entry" : "entries");
		status = rows_end(&p->rows);
	}
	unused_free(p->unused);
	free(p->ids);
	return status;
}

static int
cmd_prune_filter(const char **values, struct store_filter *f, struct err *e)
{
	int64_t age = 0;

	*f = (struct store_filter){ .failed = values[PRUNE_FAILED] != NULL };
	if (values[PRUNE_OLDER] == NULL && !f->failed &&
	    values[PRUNE_UNUSED] == NULL)
		return err_set(e,
		    "expected --older AGE, --failed or --unused; "
		    "entries to which all given apply are removed");
	if (values[PRUNE_OLDER] == NULL)
		return 0;
	if (filters_age("older", values[PRUNE_OLDER], &age, e) == -1)
		return -1;
	f->until_us = clock_wall_us() - age;
	return 0;
}

/* What others' gateways served of a shared store stands on their machines. */
static int
cmd_prune_knows(const struct prune *p, struct err *e)
{
	if (!p->only_unused || p->dry_run || !store_is_shared(p->path))
		return 0;
	return err_set(e,
	    "option unused: nobody knows here what gateways of other machines "
	    "served from a shared store; see what this one's did not with "
	    "--dry-run, or limit the tape with --retain-age");
}

static int
cmd_prune_open(struct prune *p, const char *path, struct err *e)
{
	/* Opening for writing would make one. */
	if (!store_exists(path))
		return err_sys(e, "store %.300s", path);
	p->store = store_open(
	    path, p->dry_run ? STORE_READ : STORE_WRITE, !p->dry_run, e);
	return p->store != NULL ? 0 : -1;
}

int
cmd_prune(const struct command *c, int argc, char **argv)
{
	const char *values[PRUNE_OPTIONS];
	struct store_filter filter;
	struct prune p = { 0 };
	struct settings *s;
	struct err e;
	int operands, status;

	s = commands_settings(c, argc, argv, values, &operands, &status);
	if (s == NULL)
		return status;
	p.dry_run = values[PRUNE_DRY_RUN] != NULL;
	p.json = values[PRUNE_JSON] != NULL;
	p.path = s->store;
	p.tape = values[PRUNE_TAPE];
	p.only_unused = values[PRUNE_UNUSED] != NULL;
	if (operands > 0)
		status = commands_misused(c);
	else if (cmd_prune_knows(&p, &e) == -1 ||
		 cmd_prune_filter(values, &filter, &e) == -1 ||
		 cmd_prune_open(&p, s->store, &e) == -1)
		status = commands_fail(STATUS_USAGE, &e);
	else
		status = cmd_prune_store(&p, &filter);
	store_close(p.store);
	settings_free(s);
	return status;
}
