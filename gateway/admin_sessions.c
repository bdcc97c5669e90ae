/* Isolation sessions, and the cursors of recordings that come in turn. */
#include "config.h"

#include <jansson.h>

#include "base/clock.h"
#include "base/err.h"
#include "gateway/admin_table.h"
#include "gateway/sessions.h"
#include "gateway/worker.h"
#include "replay/library.h"

static void
admin_sessions_on_row(void *arg, const struct session_row *row)
{
	const struct session_count *c;
	json_t *requests = json_object();

	for (c = row->counts; c->source != NULL; c++)
		json_object_set_new(
		    requests, c->source, json_integer((json_int_t)c->n));
	json_array_append_new(
	    arg, json_pack("{s:o, s:I, s:o}", "name", admin_json_str(row->name),
		     "idle_us", (json_int_t)(clock_mono_us() - row->used_us),
		     "requests", requests));
}

void
admin_list_sessions(struct admin_request *r)
{
	json_t *list = json_array();

	sessions_each(r->of->shared->sessions, admin_sessions_on_row, list);
	admin_reply_json(r, 200, json_pack("{s:o}", "sessions", list));
}

void
admin_end_session(struct admin_request *r)
{
	if (sessions_close(r->of->shared->sessions, admin_text(r, "name")) > 0)
		admin_reply_nothing(r);
	else
		admin_reply_problem(r, 404, "there is no such session");
}

void
admin_reset_cursors(struct admin_request *r)
{
	struct library *l = r->of->shared->library;
	struct err e;

	if (l == NULL || library_rewind(l, &e) == 0)
		admin_reply_nothing(r);
	else
		admin_reply_problem(r, 503, "%s", e.text);
}
