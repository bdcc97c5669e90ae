#include "config.h"

#include <inttypes.h>
#include <stdlib.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"
#include "recorder/store.h"

#include "gateway/commands.h"

enum { RM_JSON, RM_OPTIONS };

const struct own_option cmd_rm_options[] = {
	[RM_JSON] = {
	    .name = "json",
	    .help = "one JSON object per entry that was removed",
	},
	{ .name = NULL },
};

/* All or none: an entry that is not there leaves the others. */
static int
cmd_rm_entries(struct store *s, const int64_t *ids, int n, struct err *e)
{
	int i, rc;

	if (store_begin(s, e) == -1)
		return -1;
	for (i = 0; i < n; i++) {
		rc = store_remove(s, ids[i], e);
		if (rc == 0)
			err_set(e, "entry %" PRId64 ": no such entry", ids[i]);
		if (rc != 1) {
			store_rollback(s);
			return -1;
		}
	}
	return store_commit(s, e);
}

static int
cmd_rm_say(const int64_t *ids, int n)
{
	struct buf out = { 0 };
	int i, status;

	for (i = 0; i < n; i++)
		buf_addf(
		    &out, "{\"entry\":%" PRId64 ",\"removed\":true}\n", ids[i]);
	status = commands_print(&out);
	buf_free(&out);
	return status;
}

static int
cmd_rm_store(const struct settings *s, char **texts, int n, bool json)
{
	int64_t *ids;
	struct store *store = NULL;
	struct err e;
	int status = STATUS_USAGE;

	ids = commands_entry_ids(texts, n, &e);
	if (ids == NULL)
		goto fail;
	/* Opening for writing would make one. */
	if (!store_exists(s->store)) {
		err_sys(&e, "store %.300s", s->store);
		goto fail;
	}
	store = store_open(s->store, STORE_WRITE, true, &e);
	if (store == NULL)
		goto fail;
	status = STATUS_FAILED;
	if (cmd_rm_entries(store, ids, n, &e) == -1)
		goto fail;
	store_close(store);
	status = json ? cmd_rm_say(ids, n) : STATUS_FINE;
	free(ids);
	return status;
fail:
	store_close(store);
	free(ids);
	return commands_fail(status, &e);
}

int
cmd_rm(const struct command *c, int argc, char **argv)
{
	const char *values[RM_OPTIONS];
	struct settings *s;
	int operands, status;

	s = commands_settings(c, argc, argv, values, &operands, &status);
	if (s == NULL)
		return status;
	status = operands == 0 ? commands_misused(c)
			       : cmd_rm_store(s, argv + 1, operands,
				     values[RM_JSON] != NULL);
	settings_free(s);
	return status;
}
