/* What changes a gateway that runs: modes, the log, files read again, the
 * end. */
#include "config.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/log.h"
#include "gateway/admin_table.h"
#include "gateway/gateway.h"
#include "gateway/plan.h"
#include "gateway/settings.h"

/* ---- modes -------------------------------------------------------------- */

static json_t *
admin_modes_upstreams(const struct mode_rows *r)
{
	json_t *o = json_object();
	size_t i;

	for (i = 0; i < r->n; i++)
		json_object_set_new(
		    o, r->v[i].prefix, json_string(modes[r->v[i].mode].name));
	return o;
}

static json_t *
admin_modes_routes(const struct mode_rows *r)
{
	json_t *list = json_array();
	struct buf path = { 0 };
	size_t i;

	for (i = 0; i < r->n; i++) {
		path.n = 0;
		mode_row_pattern(&r->v[i], &path);
		json_array_append_new(
		    list, json_pack("{s:s, s:s, s:s}", "method",
			      r->v[i].methods, "path", buf_text(&path), "mode",
			      modes[r->v[i].mode].name));
	}
	buf_free(&path);
	return list;
}

static void
admin_reply_modes(struct admin_request *r)
{
	struct plan *p = gateway_plan(r->of->gateway);

	admin_reply_json(r, 200,
	    json_pack("{s:s, s:o, s:o, s:b}", "mode", modes[p->modes.mode].name,
		"upstreams", admin_modes_upstreams(&p->modes.upstreams),
		"routes", admin_modes_routes(&p->modes.routes), "offline",
		p->offline));
	plan_unref(p);
}

void
admin_get_mode(struct admin_request *r)
{
	admin_reply_modes(r);
}

static int
admin_read_upstreams(struct mode_set *m, json_t *upstreams, struct err *e)
{
	const char *prefix;
	json_t *mode;

	if (!json_is_object(upstreams))
		return err_set(e, "upstreams: expected an object such as "
				  "{\"/api\": \"record\"}");
	json_object_foreach(upstreams, prefix, mode)
	{
		if (!json_is_string(mode) && !json_is_null(mode))
			return err_set(e,
			    "upstreams: %.100s: expected a mode, or null for "
			    "that of all others",
			    prefix);
		if (mode_set_upstream(m, prefix, json_string_value(mode), e) ==
		    -1)
			return err_wrap(e, "upstreams: %.100s", prefix);
	}
	return 0;
}

static int
admin_read_route(struct mode_set *m, json_t *route, struct err *e)
{
	const char *path, *mode, *method = "*";
	json_error_t why;

	if (json_unpack_ex(route, &why, JSON_STRICT, "{s:s, s:s, s?:s}", "path",
		&path, "mode", &mode, "method", &method) == -1)
		return err_set(e,
		    "%s; expected an object such as {\"path\": "
		    "\"/v1/*\", \"method\": \"GET\", \"mode\": "
		    "\"replay\"}",
		    why.text);
	return mode_set_route(m, method, path, mode, e);
}

static int
admin_read_routes(struct mode_set *m, json_t *routes, struct err *e)
{
	size_t i;

	if (!json_is_array(routes))
		return err_set(e, "routes: expected an array");
	mode_rows_clear(&m->routes);
	for (i = 0; i < json_array_size(routes); i++)
		if (admin_read_route(m, json_array_get(routes, i), e) == -1)
			return err_wrap(e, "routes: element %zu", i + 1);
	return 0;
}

/* What is not in the body stays. */
static int
admin_read_modes(struct mode_set *m, json_t *body, struct err *e)
{
	const char *name;
	json_t *value;

	if (!json_is_object(body))
		return err_set(e, "expected an object");
	json_object_foreach(body, name, value)
	{
		if (strcmp(name, "mode") == 0 && json_is_string(value)) {
			if (mode_set_mode(m, json_string_value(value), e) == -1)
				return -1;
		} else if (strcmp(name, "upstreams") == 0) {
			if (admin_read_upstreams(m, value, e) == -1)
				return -1;
		} else if (strcmp(name, "routes") == 0) {
			if (admin_read_routes(m, value, e) == -1)
				return -1;
		} else {
			return err_set(e,
			    "%.100s: expected \"mode\" with a text, "
			    "\"upstreams\" or \"routes\"",
			    name);
		}
	}
	return 0;
}

void
admin_put_mode(struct admin_request *r)
{
	struct plan *p = gateway_plan(r->of->gateway);
	struct mode_set m;
	struct err e;

	mode_set_copy(&m, &p->modes);
	plan_unref(p);
	if (admin_read_modes(&m, r->body, &e) == -1)
		admin_reply_problem(r, 400, "%s", e.text);
	else if (gateway_set_modes(r->of->gateway, &m, &e) == -1)
		admin_reply_problem(
		    r, 409, "%s; the modes stay as they were", e.text);
	else
		admin_reply_modes(r);
	mode_set_fini(&m);
}

/* ---- the log ------------------------------------------------------------ */

static void
admin_reply_log(struct admin_request *r)
{
	admin_reply_json(
	    r, 200, json_pack("{s:s}", "level", log_level_name(log_level())));
}

void
admin_get_log(struct admin_request *r)
{
	admin_reply_log(r);
}

void
admin_put_log(struct admin_request *r)
{
	const char *name = json_string_value(json_object_get(r->body, "level"));
	enum log_level level;

	if (json_object_size(r->body) != 1 || name == NULL ||
	    !log_level_of(name, &level)) {
		admin_reply_problem(r, 400,
		    "expected {\"level\": \"debug\"}, or info, warn or error");
		return;
	}
	log_set_level(level);
	admin_reply_log(r);
}

/* ---- files and the end --------------------------------------------------- */

static json_t *
admin_names(const struct buf *names)
{
	struct str rest = buf_str(names), one;
	json_t *list = json_array();

	while (rest.n > 0 && str_cut(&rest, ',', &one)) {
		one = str_trim(one);
		json_array_append_new(list, json_stringn(one.p, one.n));
	}
	return list;
}

void
admin_post_reload(struct admin_request *r)
{
	struct gateway_reload what;
	struct err e;

	if (gateway_reload(r->of->gateway, &what, &e) == -1)
		admin_reply_problem(r, 409, "%s; all stays as it was", e.text);
	else
		admin_reply_json(r, 200,
		    json_pack("{s:o, s:o}", "changed",
			admin_names(&what.changed), "next_start",
			admin_names(&what.stays)));
	gateway_reload_fini(&what);
}

void
admin_post_drain(struct admin_request *r)
{
	if (gateway_drain(r->of->gateway))
		admin_reply_json(
		    r, 202, json_pack("{s:s}", "status", "draining"));
	else
		admin_reply_problem(r, 409,
		    "this gateway ends with the command that it was started "
		    "for");
}
