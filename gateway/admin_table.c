#include "config.h"

#include <string.h>

#include "base/err.h"
#include "gateway/query.h"

#include "gateway/admin_table.h"

#define ID \
	{ \
		.name = "id", .kind = ADMIN_NUMBER, .least = 1, \
		.most = ADMIN_ID_MOST \
	}
#define LIMIT \
	{ \
		.name = "limit", .kind = ADMIN_NUMBER, .least = 1, \
		.most = 1000, .initial = "100" \
	}
#define AFTER \
	{ \
		.name = "after", .kind = ADMIN_NUMBER, .most = ADMIN_ID_MOST \
	}
#define TAPE \
	{ \
		.name = "tape", .most = 200 \
	}
#define ROUTE \
	{ .name = "environment", .most = 20 }, \
	{ \
		.name = "uuid", .most = 200 \
	}
#define DECODED \
	{ \
		.name = "decoded", .kind = ADMIN_FLAG \
	}
#define BEFORE \
	{ \
		.name = "before", .kind = ADMIN_NUMBER, .most = ADMIN_ID_MOST \
	}
#define ASKED \
	{ \
		.name = "q", .most = QUERY_MOST \
	}
#define QUERY \
	{ \
		.name = "q", .most = 2000 \
	}

const struct admin_command admin_commands[] = {
	{
	    .method = "GET",
	    .path = "/",
	    .summary = "the dashboard",
	    .open = true,
	    .handler = admin_get_asset,
	},
	{
	    .method = "GET",
	    .path = "/assets/{name}",
	    .summary = "what the dashboard is made of",
	    .parameters = { { .name = "name", .most = 100 } },
	    .open = true,
	    .handler = admin_get_asset,
	},
	{
	    .method = "GET",
	    .path = "/v1/openapi.json",
	    .summary = "the description of this API",
	    .open = true,
	    .handler = admin_get_asset,
	},
	{
	    .method = "GET",
	    .path = "/v1/health/live",
	    .summary = "whether the program runs",
	    .open = true,
	    .handler = admin_get_live,
	},
	{
	    .method = "GET",
	    .path = "/v1/health/ready",
	    .summary = "whether requests are answered and recorded",
	    .open = true,
	    .handler = admin_get_ready,
	},
	{
	    .method = "GET",
	    .path = "/metrics",
	    .summary = "metrics for Prometheus",
	    .handler = admin_get_metrics,
	},
	{
	    .method = "GET",
	    .path = "/v1/state",
	    .summary = "what runs, since when, and what it has done",
	    .handler = admin_get_state,
	},
	{
	    .method = "GET",
	    .path = "/v1/entries",
	    .summary = "what is recorded, in the order of recording",
	    .parameters = { TAPE, QUERY, LIMIT, AFTER },
	    .where = ADMIN_JOB,
	    .handler = admin_list_entries,
	},
	{
	    .method = "GET",
	    .path = "/v1/entries/{id}",
	    .summary = "a recorded exchange as HAR, curl or mock",
	    .parameters = { ID, { .name = "as",
				    .kind = ADMIN_CHOICE,
				    .choices = admin_entry_forms,
				    .initial = "har" } },
	    .where = ADMIN_JOB,
	    .handler = admin_get_entry,
	},
	{
	    .method = "DELETE",
	    .path = "/v1/entries/{id}",
	    .summary = "removes a recorded exchange",
	    .parameters = { ID },
	    .where = ADMIN_JOB,
	    .handler = admin_delete_entry,
	},
	{
	    .method = "GET",
	    .path = "/v1/entries/{id}/request/body",
	    .summary = "the body of a recorded request",
	    .parameters = { ID, DECODED },
	    .where = ADMIN_JOB,
	    .handler = admin_get_request_body,
	},
	{
	    .method = "GET",
	    .path = "/v1/entries/{id}/response/body",
	    .summary = "the body of a recorded response",
	    .parameters = { ID, DECODED },
	    .where = ADMIN_JOB,
	    .handler = admin_get_response_body,
	},
	{
	    .method = "GET",
	    .path = "/v1/export",
	    .summary = "what is recorded as a file",
	    .parameters = { TAPE, QUERY,
		{ .name = "format",
		    .kind = ADMIN_CHOICE,
		    .choices = admin_export_forms,
		    .initial = "har" } },
	    .where = ADMIN_JOB,
	    .handler = admin_get_export,
	},
	{
	    .method = "POST",
	    .path = "/v1/import",
	    .summary = "takes a HAR onto a tape",
	    .parameters = { TAPE, { .name = "base", .most = 4000 },
		{ .name = "filter", .most = 2000 },
		{ .name = "strict", .kind = ADMIN_FLAG, .initial = "0" } },
	    .takes = ADMIN_BYTES,
	    .most_body = ADMIN_IMPORT_MOST,
	    .where = ADMIN_JOB,
	    .handler = admin_post_import,
	},
	{
	    .method = "GET",
	    .path = "/v1/tapes",
	    .summary = "the tapes of the store",
	    .where = ADMIN_JOB,
	    .handler = admin_list_tapes,
	},
	{
	    .method = "GET",
	    .path = "/v1/traffic",
	    .summary = "the latest exchanges, the newest first",
	    .parameters = { ASKED, LIMIT, BEFORE },
	    .where = ADMIN_JOB,
	    .handler = admin_list_traffic,
	},
	{
	    .method = "DELETE",
	    .path = "/v1/traffic",
	    .summary = "forgets the traffic log",
	    .handler = admin_delete_traffic,
	},
	{
	    .method = "GET",
	    .path = "/v1/traffic/live",
	    .summary = "exchanges as they come, as server-sent events",
	    .parameters = { ASKED },
	    .handler = admin_watch_traffic,
	},
	{
	    .method = "GET",
	    .path = "/v1/traffic/{id}",
	    .summary = "all that is known of an exchange, but its bodies",
	    .parameters = { ID },
	    .handler = admin_get_traffic,
	},
	{
	    .method = "GET",
	    .path = "/v1/traffic/{id}/request/body",
	    .summary = "what is kept of the body of its request",
	    .parameters = { ID, DECODED },
	    .where = ADMIN_JOB,
	    .handler = admin_get_traffic_request_body,
	},
	{
	    .method = "GET",
	    .path = "/v1/traffic/{id}/response/body",
	    .summary = "what is kept of the body of its response",
	    .parameters = { ID, DECODED },
	    .where = ADMIN_JOB,
	    .handler = admin_get_traffic_response_body,
	},
	{
	    .method = "GET",
	    .path = "/v1/traffic/{id}/curl",
	    .summary = "its request as a command line of curl",
	    .parameters = { ID },
	    .where = ADMIN_JOB,
	    .handler = admin_get_traffic_curl,
	},
	{
	    .method = "GET",
	    .path = "/v1/traffic/{id}/har",
	    .summary = "the exchange as a HAR",
	    .parameters = { ID },
	    .where = ADMIN_JOB,
	    .handler = admin_get_traffic_har,
	},
	{
	    .method = "POST",
	    .path = "/v1/traffic/{id}/promote",
	    .summary = "makes a mocked route of an exchange",
	    .parameters = { ID },
	    .takes = ADMIN_MAYBE_JSON,
	    .where = ADMIN_JOB,
	    .handler = admin_promote_traffic,
	},
	{
	    .method = "GET",
	    .path = "/v1/mode",
	    .summary = "which mode answers what",
	    .handler = admin_get_mode,
	},
	{
	    .method = "PUT",
	    .path = "/v1/mode",
	    .summary = "other modes for requests from now on",
	    .takes = ADMIN_JSON,
	    .where = ADMIN_JOB,
	    .handler = admin_put_mode,
	},
	{
	    .method = "GET",
	    .path = "/v1/log",
	    .summary = "how much is logged",
	    .handler = admin_get_log,
	},
	{
	    .method = "PUT",
	    .path = "/v1/log",
	    .summary = "more or less of it from now on",
	    .takes = ADMIN_JSON,
	    .most_body = 1000,
	    .handler = admin_put_log,
	},
	{
	    .method = "POST",
	    .path = "/v1/reload",
	    .summary =
		"reads files again: all of them, or none when one is bad",
	    .where = ADMIN_JOB,
	    .handler = admin_post_reload,
	},
	{
	    .method = "POST",
	    .path = "/v1/drain",
	    .summary = "answers what runs, and ends",
	    .handler = admin_post_drain,
	},
	{
	    .method = "POST",
	    .path = "/v1/verify",
	    .summary = "says whether requests were made",
	    .takes = ADMIN_JSON,
	    .where = ADMIN_JOB,
	    .handler = admin_verify,
	},
	{
	    .method = "POST",
	    .path = "/v1/entries/{id}/promote",
	    .summary = "makes a mocked route of a recorded exchange",
	    .parameters = { ID },
	    .takes = ADMIN_MAYBE_JSON,
	    .where = ADMIN_JOB,
	    .handler = admin_promote_entry,
	},
	{
	    .method = "GET",
	    .path = "/v1/mocks",
	    .summary = "environments of mocked routes",
	    .where = ADMIN_JOB,
	    .handler = admin_list_mocks,
	},
	{
	    .method = "GET",
	    .path = "/v1/mocks/{environment}/routes/{uuid}",
	    .summary = "a mocked route as its file has it",
	    .parameters = { ROUTE },
	    .where = ADMIN_JOB,
	    .handler = admin_get_route,
	},
	{
	    .method = "PUT",
	    .path = "/v1/mocks/{environment}/routes/{uuid}",
	    .summary = "puts another route in its place",
	    .parameters = { ROUTE },
	    .takes = ADMIN_JSON,
	    .most_body = ADMIN_ROUTE_MOST,
	    .where = ADMIN_JOB,
	    .handler = admin_put_route,
	},
	{
	    .method = "POST",
	    .path = "/v1/mocks/{environment}/routes/{uuid}/enable",
	    .summary = "has a route answer",
	    .parameters = { ROUTE },
	    .takes = ADMIN_MAYBE_JSON,
	    .where = ADMIN_JOB,
	    .handler = admin_enable_route,
	},
	{
	    .method = "POST",
	    .path = "/v1/mocks/{environment}/routes/{uuid}/disable",
	    .summary = "has a route answer no more",
	    .parameters = { ROUTE },
	    .takes = ADMIN_MAYBE_JSON,
	    .where = ADMIN_JOB,
	    .handler = admin_disable_route,
	},
	{
	    .method = "POST",
	    .path = "/v1/mocks/reset",
	    .summary = "forgets what mocks remember, in all sessions",
	    .takes = ADMIN_MAYBE_JSON,
	    .where = ADMIN_JOB,
	    .handler = admin_reset_mocks,
	},
	{
	    .method = "GET",
	    .path = "/v1/rules",
	    .summary = "the rules by which requests are compared",
	    .handler = admin_list_rules,
	},
	{
	    .method = "POST",
	    .path = "/v1/rules",
	    .summary = "adds a rule until the gateway ends",
	    .takes = ADMIN_JSON,
	    .where = ADMIN_JOB,
	    .handler = admin_post_rule,
	},
	{
	    .method = "GET",
	    .path = "/v1/sessions",
	    .summary = "isolation sessions, the one used last first",
	    .where = ADMIN_JOB,
	    .handler = admin_list_sessions,
	},
	{
	    .method = "DELETE",
	    .path = "/v1/sessions/{name}",
	    .summary = "ends a session, which begins anew when it is named",
	    .parameters = { { .name = "name", .most = 200 } },
	    .where = ADMIN_JOB,
	    .handler = admin_end_session,
	},
	{
	    .method = "POST",
	    .path = "/v1/cursors/reset",
	    .summary = "has recordings that come in turn begin anew",
	    .takes = ADMIN_MAYBE_JSON,
	    .where = ADMIN_JOB,
	    .handler = admin_reset_cursors,
	},
	{ .method = NULL },
};

/* Cuts the next segment off *path, which begins with a slash. */
static struct str
admin_cut(struct str *path)
{
	struct str segment = { path->p + 1, 0 };

	while (segment.n + 1 < path->n && segment.p[segment.n] != '/')
		segment.n++;
	path->p += segment.n + 1;
	path->n -= segment.n + 1;
	return segment;
}

/* Whether path is as a row has it.  found gets what is in the places of its
 * parameters, in their order. */
static bool
admin_fits(const char *wanted, struct str path, struct str *found)
{
	struct str w = str_of(wanted), a, b;

	while (w.n > 0 && path.n > 0 && path.p[0] == '/') {
		a = admin_cut(&w);
		b = admin_cut(&path);
		if (a.n > 0 && a.p[0] == '{' && b.n > 0)
			*found++ = b;
		else if (!str_eq(a, b))
			return false;
	}
	return w.n == 0 && path.n == 0;
}

static bool
admin_has_method(const struct admin_command *c, struct str method)
{
	return str_is(method, c->method) ||
	       (str_is(method, "HEAD") && strcmp(c->method, "GET") == 0);
}

const struct admin_command *
admin_find(struct str method, struct str path, struct buf *allow)
{
	struct str found[ADMIN_PARAMETERS];
	const struct admin_command *c;
	const char *literal =
	    NULL; /* no {name} takes what has a row of its own */

	for (c = admin_commands; c->method != NULL; c++) {
		if (literal != NULL && strcmp(literal, c->path) != 0)
			continue;
		if (!admin_fits(c->path, path, found))
			continue;
		if (admin_has_method(c, method))
			return c;
		literal = c->path;
		buf_addf(allow, "%s%s%s", allow->n > 0 ? ", " : "", c->method,
		    strcmp(c->method, "GET") == 0 ? ", HEAD" : "");
	}
	return NULL;
}

/* ---- parameters --------------------------------------------------------- */

static int
admin_read_choice(
    const struct admin_parameter *p, struct admin_value *v, struct err *e)
{
	struct buf words = { 0 };
	size_t i;

	for (i = 0; p->choices[i] != NULL; i++) {
		if (str_is(v->text, p->choices[i])) {
			v->number = i;
			buf_free(&words);
			return 0;
		}
		buf_addf(&words, "%s%s", i > 0 ? ", " : "", p->choices[i]);
	}
	err_set(e, "%s: expected one of %s", p->name, buf_text(&words));
	buf_free(&words);
	return -1;
}

static int
admin_read_value(
    const struct admin_parameter *p, struct admin_value *v, struct err *e)
{
	uint64_t most = p->kind == ADMIN_FLAG ? 1 : p->most;

	switch (p->kind) {
	case ADMIN_TEXT:
		if (v->text.n > p->most || memchr(v->text.p, '\0', v->text.n))
			return err_set(e, "%s: expected at most %llu bytes",
			    p->name, (unsigned long long)p->most);
		return 0;
	case ADMIN_CHOICE:
		return admin_read_choice(p, v, e);
	case ADMIN_NUMBER:
	case ADMIN_FLAG:
		break;
	}
	if (str_u64(v->text, &v->number) == -1 || v->number < p->least ||
	    v->number > most)
		return err_set(e, "%s: expected a number from %llu to %llu",
		    p->name, (unsigned long long)p->least,
		    (unsigned long long)most);
	return 0;
}

static int
admin_take_value(
    struct admin_request *r, size_t i, struct str raw, bool plus, struct err *e)
{
	struct admin_value *v = &r->values[i];
	char *text = arena_alloc(&r->arena, raw.n + 1);

	v->text = (struct str){ text, str_decode(raw, plus, text) };
	text[v->text.n] = '\0';
	v->given = true;
	return admin_read_value(&r->command->parameters[i], v, e);
}

static size_t
admin_parameter_called(const struct admin_command *c, struct str name)
{
	size_t i;

	for (i = 0; i < ADMIN_PARAMETERS && c->parameters[i].name != NULL; i++)
		if (str_is(name, c->parameters[i].name))
			return i;
	return ADMIN_PARAMETERS;
}

static int
admin_read_pair(
    struct admin_request *r, size_t in_path, struct str pair, struct err *e)
{
	struct str name, value = pair;
	size_t i;

	(void)str_cut(&value, '=', &name);
	if (value.p == NULL)
		value = STR("");
	i = admin_parameter_called(r->command, name);
	if (i == ADMIN_PARAMETERS || i < in_path)
		return err_set(e, "there is no parameter %.*s here",
		    (int)(name.n < 100 ? name.n : 100), name.p);
	if (r->values[i].given)
		return err_set(
		    e, "%s: given twice", r->command->parameters[i].name);
	return admin_take_value(r, i, value, true, e);
}

static void
admin_set_initial(struct admin_request *r)
{
	const struct admin_parameter *p = r->command->parameters;
	struct err e;
	size_t i;

	for (i = 0; i < ADMIN_PARAMETERS && p[i].name != NULL; i++)
		if (!r->values[i].given && p[i].initial != NULL) {
			r->values[i].text = str_of(p[i].initial);
			(void)admin_read_value(&p[i], &r->values[i], &e);
		}
}

int
admin_read_parameters(struct admin_request *r, struct str query, struct err *e)
{
	struct str found[ADMIN_PARAMETERS], pair;
	const char *at = r->command->path;
	size_t in_path = 0, i;

	(void)admin_fits(r->command->path, r->path, found);
	for (; *at != '\0'; at++)
		in_path += *at == '{';
	for (i = 0; i < in_path; i++)
		if (admin_take_value(r, i, found[i], false, e) == -1)
			return -1;
	while (query.p != NULL && str_cut(&query, '&', &pair))
		if (pair.n > 0 && admin_read_pair(r, in_path, pair, e) == -1)
			return -1;
	admin_set_initial(r);
	return 0;
}
