/* A HAR that somebody brings, onto a tape. */
#include "config.h"

#include <string.h>

#include "base/err.h"
#include "gateway/admin_store.h"
#include "gateway/admin_table.h"
#include "gateway/gateway.h"
#include "gateway/import_tape.h"
#include "gateway/plan.h"
#include "gateway/settings.h"
#include "har/har_file.h"
#include "har/json_write.h"
#include "recorder/rules.h"
#include "recorder/store.h"
#include "replay/key.h"
#include "replay/reindex.h"

#define ADMIN_IMPORT_NOTES 100u /* more are only counted */

static void
admin_import_on_note(struct import *i, const struct har_note *n)
{
	struct json_write *w = i->arg;

	if (i->notes > ADMIN_IMPORT_NOTES)
		return;
	json_write_object(w);
	json_write_member(w, "path", str_of(n->path));
	json_write_member(w, "text", str_of(n->text));
	json_write_name(w, STR("skipped"));
	json_write_bool(w, n->skipped);
	json_write_object_end(w);
}

/* By the rules of a tape that is there, else by the gateway's. */
static int
admin_import_into(struct store *s, void *arg, struct err *e)
{
	struct import *i = arg;
	int64_t tape = store_tape(s, str_of(i->settings->tape), false, e);

	if (tape == -1)
		return -1;
	if (tape > 0 && (i->of_tape = reindex_rules_of(s, tape, e)) == NULL)
		return -1;
	i->keyer =
	    keyer_new(i->of_tape != NULL ? i->of_tape : i->settings->rules);
	i->store = s;
	return import_run(i, e);
}

static int
admin_import_run(struct admin_request *r, struct import *i, struct err *e)
{
	int rc = -1;

	if (redacting_open(&i->redacting, i->settings, true, e) == -1)
		return -1;
	i->file = har_file_open_spool(r->file, e);
	if (i->file != NULL)
		rc = admin_store_write(r->of, admin_import_into, i, e);
	har_file_close(i->file);
	keyer_free(i->keyer);
	rules_free(i->of_tape);
	redacting_close(&i->redacting);
	return rc;
}

/* Behind the notes. */
static void
admin_import_tell(const struct import *i, struct json_write *w)
{
	unsigned shown =
	    i->notes < ADMIN_IMPORT_NOTES ? i->notes : ADMIN_IMPORT_NOTES;

	json_write_array_end(w);
	json_write_member_int(w, "more_notes", i->notes - shown);
	json_write_member(w, "tape", str_of(i->settings->tape));
	json_write_member_int(w, "imported", (int64_t)i->taken);
	json_write_member_int(w, "repaired", (int64_t)i->figures.repaired);
	json_write_member_int(
	    w, "skipped", (int64_t)(i->figures.skipped + i->filtered));
	json_write_member_int(w, "idle", (int64_t)i->figures.idle);
	json_write_member_int(w, "dropped_bodies", (int64_t)i->dropped);
	json_write_object_end(w);
	json_write_newline(w);
}

static int
admin_import_base(struct admin_request *r, struct import *i)
{
	struct err e;

	if (!admin_given(r, "base"))
		return 0;
	i->has_base = true;
	if (url_parse(&i->base, admin_text(r, "base"), &e) == 0)
		return 0;
	admin_reply_problem(r, 400, "base: %s", e.text);
	return -1;
}

void
admin_post_import(struct admin_request *r)
{
	struct plan *plan = gateway_plan(r->of->gateway);
	struct settings settings = *plan->settings; /* with another tape */
	struct json_write w;
	struct import i = { .settings = &settings,
		.strict = admin_number(r, "strict") != 0,
		.on_note = admin_import_on_note,
		.arg = &w };
	struct err e;

	json_write_init(&w, false, NULL, NULL);
	json_write_object(&w);
	json_write_name(&w, STR("notes"));
	json_write_array(&w);
	if (admin_given(r, "filter"))
		i.filter = admin_text(r, "filter").p;
	if (admin_given(r, "tape"))
		settings.tape = arena_printf(
		    &r->arena, "%.*s", STR_ARGS(admin_text(r, "tape")));
	if (admin_import_base(r, &i) == 0) {
		if (admin_import_run(r, &i, &e) == 0) {
			admin_import_tell(&i, &w);
			admin_reply_bytes(r, 200, "application/json", &w.out);
		} else {
			admin_reply_problem(r, 422, "%s", e.text);
		}
	}
	json_write_fini(&w);
	plan_unref(plan);
}
