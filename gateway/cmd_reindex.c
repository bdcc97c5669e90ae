/* hark reindex: the keys of a tape by other rules, or by a newer hark. */
#include "config.h"

#include <inttypes.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"
#include "har/json_write.h"
#include "recorder/store.h"
#include "replay/reindex.h"

#include "gateway/commands.h"

enum { REINDEX_JSON, REINDEX_OPTIONS };

const struct own_option cmd_reindex_options[] = {
	[REINDEX_JSON] = {
	    .name = "json",
	    .help = "say what was done as a JSON object",
	},
	{ .name = NULL },
};

/* Of the other tapes only what is due in any case. */
static int
cmd_reindex_all(struct store *store, int64_t tape, const struct rules *rules,
    struct reindex_figures *f, struct err *e)
{
	int due = reindex_long_due(store, 0, e);

	if (due == 1)
		due = reindex_long(store, f, e);
	return due == 0 ? reindex_tape(store, tape, rules, f, e) : -1;
}

static int
cmd_reindex_tape(
    const struct settings *s, struct reindex_figures *f, struct err *e)
{
	struct store *store;
	int64_t tape;
	int r = -1;

	/* Opening for writing would make one. */
	if (!store_exists(s->store)) {
		err_sys(e, "store %.300s", s->store);
		return STATUS_USAGE;
	}
	/* What a power cut undoes is done again. */
	store = store_open(s->store, STORE_WRITE, false, e);
	if (store == NULL)
		return STATUS_USAGE;
	tape = store_tape(store, str_of(s->tape), false, e);
	if (tape == 0)
		err_set(e, "tape %.100s: no such tape", s->tape);
	else if (tape > 0)
		r = cmd_reindex_all(store, tape, s->rules, f, e);
	store_close(store);
	return r == 0 ? STATUS_FINE : STATUS_FAILED;
}

static int
cmd_reindex_say(
    const struct settings *s, const struct reindex_figures *f, bool json)
{
	struct json_write w;
	int status;

	json_write_init(&w, false, NULL, NULL);
	if (json) {
		json_write_object(&w);
		json_write_member(&w, "tape", str_of(s->tape));
		json_write_member_int(&w, "entries", (int64_t)f->entries);
		json_write_member_int(&w, "normalized", (int64_t)f->normal);
		json_write_object_end(&w);
		buf_add_text(&w.out, "\n");
	} else {
		buf_addf(&w.out,
		    "indexed %" PRIu64 " entries of tape %s; a rule is for "
		    "%" PRIu64 " of them\n",
		    f->entries, s->tape, f->normal);
	}
	status = commands_print(&w.out);
	json_write_fini(&w);
	return status;
}

int
cmd_reindex(const struct command *c, int argc, char **argv)
{
	const char *values[REINDEX_OPTIONS];
	struct reindex_figures f;
	struct settings *s;
	struct err e;
	int operands, status;

	s = commands_settings(c, argc, argv, values, &operands, &status);
	if (s == NULL)
		return status;
	if (operands != 0)
		status = commands_misused(c);
	else if ((status = cmd_reindex_tape(s, &f, &e)) != STATUS_FINE)
		(void)commands_fail(status, &e); /* status is said */
	else
		status = cmd_reindex_say(s, &f, values[REINDEX_JSON] != NULL);
	settings_free(s);
	return status;
}
