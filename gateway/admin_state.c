/* What of the gateway can be seen from outside: state and health. */
#include "config.h"

#include <stdlib.h>

#include <jansson.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/mem.h"
#include "gateway/admin_table.h"
#include "gateway/gateway.h"
#include "gateway/mocking.h"
#include "gateway/plan.h"
#include "gateway/settings.h"
#include "gateway/worker.h"
#include "har/date.h"
#include "mock/mocks.h"
#include "recorder/backlog.h"
#include "recorder/recorder.h"
#include "recorder/shipper.h"

static json_t *
admin_state_modes(void)
{
	json_t *list = json_array();
	size_t i;

	for (i = 0; i < MODES; i++)
		json_array_append_new(list, json_string(modes[i].name));
	return list;
}

static json_t *
admin_state_listen(const struct gateway *g)
{
	json_t *list = json_array();
	const char *address;
	size_t i;

	for (i = 0; (address = gateway_address(g, i)) != NULL; i++)
		json_array_append_new(
		    list, json_sprintf("%s://%s", gateway_scheme(g), address));
	return list;
}

/* What waits for a shared store, or null. */
static json_t *
admin_state_buffer(struct recorder *r)
{
	struct shipper_figures f;
	char since[DATE_BYTES];

	if (!recorder_shipping(r, &f))
		return json_null();
	date_format(f.since_us, since);
	return json_pack("{s:o, s:I, s:I, s:o, s:I, s:I, s:b, s:o}", "file",
	    admin_json_text(backlog_path(recorder_backlog(r))), "entries",
	    (json_int_t)f.entries, "bytes", (json_int_t)f.bytes, "since",
	    admin_json_text(f.since_us != 0 ? since : NULL), "shipped",
	    (json_int_t)f.shipped, "refused", (json_int_t)f.aside, "away",
	    f.away, "error",
	    admin_json_text(f.error[0] != '\0' ? f.error : NULL));
}

static json_t *
admin_state_recording(const struct admin_of *of)
{
	struct recorder_figures f = { 0 };
	char *trouble;
	json_t *o;

	if (of->shared->recorder == NULL)
		return json_null();
	recorder_figures(of->shared->recorder, &f);
	trouble = gateway_trouble(of->gateway);
	o = json_pack("{s:I, s:I, s:I, s:I, s:o, s:o}", "queue_entries",
	    (json_int_t)f.queued_entries, "queue_bytes",
	    (json_int_t)f.queued_bytes, "recorded", (json_int_t)f.entries,
	    "lost", (json_int_t)f.lost, "error", admin_json_text(trouble),
	    "buffer", admin_state_buffer(of->shared->recorder));
	free(trouble);
	return o;
}

static json_t *
admin_state_upstreams(const struct plan *p)
{
	const struct settings *s = p->settings;
	const struct mode_row *row;
	json_t *list = json_array();
	size_t i;

	for (i = 0; i < s->nupstreams; i++) {
		row = mode_set_row(&p->modes, s->upstreams[i].prefix);
		json_array_append_new(
		    list, json_pack("{s:o, s:o, s:o}", "scope",
			      admin_json_text(s->upstreams[i].prefix), "url",
			      admin_json_text(s->upstreams[i].url), "mode",
			      admin_json_text(
				  row != NULL ? modes[row->mode].name : NULL)));
	}
	return list;
}

static json_t *
admin_state_mocks(const struct admin_of *of)
{
	struct mocks *m = mocking_get(of->mocking);
	json_t *list = json_array();
	size_t i;

	for (i = 0; m != NULL && i < of->settings->nmocks; i++)
		json_array_append_new(
		    list, json_pack("{s:o, s:I}", "file",
			      admin_json_text(of->settings->mocks[i].file),
			      "routes", (json_int_t)mocks_routes(m, i)));
	mocks_unref(m);
	return list;
}

static json_t *
admin_state_figures(const struct gateway *g)
{
	struct gateway_figures f;

	gateway_figures(g, &f);
	return json_pack("{s:I, s:I, s:I, s:I, s:I, s:I, s:I}", "requests",
	    (json_int_t)f.requests, "mocked", (json_int_t)f.mocked, "replayed",
	    (json_int_t)f.replayed, "forwarded", (json_int_t)f.forwarded,
	    "missed", (json_int_t)f.missed, "refused", (json_int_t)f.refused,
	    "failed", (json_int_t)f.failed);
}

void
admin_get_state(struct admin_request *r)
{
	const struct admin_of *of = r->of;
	struct plan *p = gateway_plan(of->gateway);
	const struct settings *s = of->settings;
	char started[DATE_BYTES];

	date_format(of->shared->began_us, started);
	admin_reply_json(r, 200,
	    json_pack("{s:s, s:s, s:I, s:o, s:o, s:s, s:I, s:o, s:o, s:o, s:o, "
		      "s:o, s:o}",
		"version", PACKAGE_VERSION, "mode", modes[p->modes.mode].name,
		"own_modes",
		(json_int_t)(p->modes.upstreams.n + p->modes.routes.n), "modes",
		admin_state_modes(), "listen", admin_state_listen(of->gateway),
		"started", started, "uptime_us",
		(json_int_t)(clock_mono_us() - of->shared->began_mono_us),
		"tape", admin_json_text(s->tape), "store",
		admin_json_text(s->store), "recording",
		admin_state_recording(of), "upstreams",
		admin_state_upstreams(p), "mocks", admin_state_mocks(of),
		"figures", admin_state_figures(of->gateway)));
	plan_unref(p);
}

void
admin_get_live(struct admin_request *r)
{
	admin_reply_json(r, 200, json_pack("{s:s}", "status", "live"));
}

/* Why requests would not be answered, or not recorded; NULL if all is well.
 * The caller frees. */
static char *
admin_unready(const struct admin_of *of)
{
	char *trouble;

	if (gateway_stopping(of->gateway))
		return xstrdup("the gateway stops");
	trouble = gateway_trouble(of->gateway);
	if (trouble == NULL && of->shared->recorder != NULL &&
	    recorder_full(of->shared->recorder))
		return xstrdup("the store is slower than what is recorded");
	return trouble;
}

void
admin_get_ready(struct admin_request *r)
{
	char *why = admin_unready(r->of);

	admin_reply_json(r, why == NULL ? 200 : 503,
	    json_pack("{s:s, s:o, s:o}", "status",
		why == NULL ? "ready" : "unready", "reason",
		admin_json_text(why), "recording",
		admin_state_recording(r->of)));
	free(why);
}
