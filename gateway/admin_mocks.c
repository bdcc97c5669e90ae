/* Mocked routes: what there are, one of them, on and off, and what was
 * recorded made one. */
#include "config.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "base/digest.h"
#include "base/err.h"
#include "base/mem.h"
#include "gateway/admin_mocks.h"
#include "gateway/admin_table.h"
#include "gateway/mock_entries.h"
#include "gateway/mocking.h"
#include "gateway/sessions.h"
#include "gateway/settings.h"
#include "gateway/worker.h"
#include "mock/document.h"
#include "mock/draft.h"
#include "mock/mocks.h"

#define ADMIN_PROMOTED "promoted"

/* ---- which ----------------------------------------------------------------
 */

/* The number of the environment that the path names, or -1 and the request is
 * answered. */
static int
admin_mocks_environment(struct admin_request *r)
{
	struct str name = admin_text(r, "environment");
	size_t n = mocking_count(r->of->mocking);
	uint64_t i;

	if (n > 0 && str_is(name, ADMIN_PROMOTED))
		return (int)n - 1;
	if (str_u64(name, &i) == 0 && n > 0 && i < n - 1)
		return (int)i;
	admin_reply_problem(r, 404, "there is no such environment");
	return -1;
}

/* What a route is called that has no uuid. */
static void
admin_mocks_name(size_t i, char *out, size_t n)
{
	snprintf(out, n, "route-%zu", i);
}

/* Where the route with that uuid is in a list; its length if it has none. */
static size_t
admin_mocks_find(const json_t *routes, struct str uuid)
{
	char name[32];
	json_t *route;
	size_t i;

	json_array_foreach(routes, i, route)
	{
		admin_mocks_name(i, name, sizeof(name));
		if (str_eq(document_text(route, "uuid"), uuid) ||
		    (json_object_get(route, "uuid") == NULL &&
			str_is(uuid, name)))
			break;
	}
	return i;
}

/* A route as it is told: with a name, and whether it answers. */
static json_t *
admin_mocks_told(const json_t *routes, size_t i)
{
	json_t *told = json_copy(json_array_get(routes, i));
	char name[32];

	admin_mocks_name(i, name, sizeof(name));
	if (json_object_get(told, "uuid") == NULL)
		json_object_set_new(told, "uuid", json_string(name));
	if (json_object_get(told, "enabled") == NULL)
		json_object_set_new(told, "enabled", json_true());
	return told;
}

/* ---- lists -----------------------------------------------------------------
 */

static json_t *
admin_mocks_routes(const json_t *root)
{
	const json_t *routes = json_object_get(root, "routes");
	json_t *list = json_array();
	size_t i;

	for (i = 0; i < json_array_size(routes); i++)
		json_array_append_new(list, admin_mocks_told(routes, i));
	return list;
}

/* One environment; what cannot be read says why. */
static json_t *
admin_mocks_tell(struct mocking *m, const struct settings *s, size_t i)
{
	bool promoted = mocking_is_promoted(m, i);
	const char *file = promoted ? s->mocks_write : s->mocks[i].file;
	char number[24];
	struct err e;
	json_t *root, *name;
	json_t *told = json_object();

	snprintf(number, sizeof(number), "%zu", i);
	json_object_set_new(
	    told, "id", json_string(promoted ? ADMIN_PROMOTED : number));
	json_object_set_new(told, "file", admin_json_text(file));
	root = mocking_document(m, i, &e);
	name = json_object_get(root, "name");
	json_object_set_new(
	    told, "name", name != NULL ? json_incref(name) : json_null());
	json_object_set_new(
	    told, "error", admin_json_text(root != NULL ? NULL : e.text));
	json_object_set_new(told, "routes", admin_mocks_routes(root));
	json_decref(root);
	return told;
}

void
admin_list_mocks(struct admin_request *r)
{
	struct mocking *m = r->of->mocking;
	json_t *list = json_array(), *one;
	size_t i;

	for (i = 0; i < mocking_count(m); i++) {
		one = admin_mocks_tell(m, r->of->settings, i);
		if (mocking_is_promoted(m, i) &&
		    json_array_size(json_object_get(one, "routes")) == 0)
			json_decref(one);
		else
			json_array_append_new(list, one);
	}
	admin_reply_json(r, 200, json_pack("{s:o}", "environments", list));
}

void
admin_get_route(struct admin_request *r)
{
	int i = admin_mocks_environment(r);
	json_t *root, *routes;
	struct err e;
	size_t at;

	if (i == -1)
		return;
	root = mocking_document(r->of->mocking, (size_t)i, &e);
	if (root == NULL) {
		admin_reply_problem(r, 409, "%s", e.text);
		return;
	}
	routes = json_object_get(root, "routes");
	at = admin_mocks_find(routes, admin_text(r, "uuid"));
	if (at < json_array_size(routes))
		admin_reply_json(r, 200, admin_mocks_told(routes, at));
	else
		admin_reply_problem(r, 404, "there is no such route");
	json_decref(root);
}

/* ---- changes ----------------------------------------------------------------
 */

struct admin_mocks_change {
	struct str uuid;
	json_t *route;   /* in the place of the one that there is; or NULL */
	json_t *enabled; /* or only that */
	json_t *told;    /* out: the route that came of it */
	bool missing;    /* out */
};

static int
admin_mocks_edit(void *arg, json_t *root, struct err *e)
{
	struct admin_mocks_change *c = arg;
	json_t *routes = json_object_get(root, "routes"), *old;
	size_t at = admin_mocks_find(routes, c->uuid);

	old = json_array_get(routes, at);
	c->missing = old == NULL;
	if (c->missing)
		return err_set(e, "there is no such route");
	if (c->route != NULL) {
		if (json_object_get(old, "uuid") != NULL)
			json_object_set(
			    c->route, "uuid", json_object_get(old, "uuid"));
		json_array_set(routes, at, c->route);
	} else {
		json_object_set(old, "enabled", c->enabled);
	}
	c->told = admin_mocks_told(routes, at);
	return 0;
}

static void
admin_mocks_change(struct admin_request *r, struct admin_mocks_change *c)
{
	int i = admin_mocks_environment(r);
	struct err e;
	int rc;

	if (i == -1)
		return;
	c->uuid = admin_text(r, "uuid");
	rc = mocking_edit(r->of->mocking, (size_t)i, admin_mocks_edit, c, &e);
	if (rc == 0)
		admin_reply_json(r, 200, json_incref(c->told));
	else
		admin_reply_problem(r, c->missing ? 404 : 409, "%s", e.text);
	json_decref(c->told);
}

void
admin_put_route(struct admin_request *r)
{
	struct admin_mocks_change c = { .route = r->body };

	admin_mocks_change(r, &c);
}

void
admin_enable_route(struct admin_request *r)
{
	struct admin_mocks_change c = { .enabled = json_true() };

	admin_mocks_change(r, &c);
}

void
admin_disable_route(struct admin_request *r)
{
	struct admin_mocks_change c = { .enabled = json_false() };

	admin_mocks_change(r, &c);
}

/* ---- promotion
 * ---------------------------------------------------------------- */

struct admin_promotion {
	json_t *route;
	json_t *told; /* out */
};

/* A response is named by whom it answers, so that no two have one name and the
 * same made once more has the same. */
static void
admin_promote_name(json_t *route, json_t *response)
{
	char *rules = json_dumps(
	    json_object_get(response, "rules"), JSON_COMPACT | JSON_ENCODE_ANY);
	struct str of = document_text(route, "uuid");
	char *all =
	    xasprintf("%.*s %s", STR_ARGS(of), rules != NULL ? rules : "");
	uint8_t sum[DIGEST_BYTES];
	char hex[2 * DIGEST_BYTES + 1];

	digest_of(all, strlen(all), sum);
	digest_hex(sum, sizeof(sum), hex);
	json_object_set_new(response, "uuid",
	    json_sprintf("%.8s-%.4s-8%.3s-a%.3s-%.12s", hex, hex + 8, hex + 12,
		hex + 15, hex + 18));
	free(all);
	free(rules);
}

/* Whether one of a list has that uuid. */
static bool
admin_promote_has(const json_t *responses, struct str uuid)
{
	json_t *response;
	size_t i;

	json_array_foreach(responses, i, response)
	{
		if (str_eq(document_text(response, "uuid"), uuid))
			return true;
	}
	return false;
}

/* In front of what the route answered before, but for the same requests. */
static void
admin_promote_responses(json_t *to, const json_t *old)
{
	json_t *list = json_object_get(to, "responses"), *response;
	size_t i;

	json_array_foreach(json_object_get(old, "responses"), i, response)
	{
		if (admin_promote_has(list, document_text(response, "uuid")))
			continue;
		json_object_set_new(response, "default", json_false());
		json_array_append(list, response);
	}
}

static void
admin_promote_child(json_t *root, json_t *route)
{
	json_t *children = json_object_get(root, "rootChildren");

	if (json_is_array(children))
		json_array_append_new(
		    children, json_pack("{s:s, s:O}", "type", "route", "uuid",
				  json_object_get(route, "uuid")));
}

static int
admin_promote_edit(void *arg, json_t *root, struct err *e)
{
	struct admin_promotion *p = arg;
	json_t *routes = json_object_get(root, "routes");
	size_t at = admin_mocks_find(routes, document_text(p->route, "uuid"));

	(void)e; /* nothing can be wrong with it */
	if (at < json_array_size(routes)) {
		admin_promote_responses(p->route, json_array_get(routes, at));
		json_array_set(routes, at, p->route);
	} else {
		at = 0;
		json_array_insert(routes, 0, p->route);
		admin_promote_child(root, p->route);
	}
	p->told = admin_mocks_told(routes, at);
	return 0;
}

/* The route of a draft, or NULL: what was promoted made none. */
static json_t *
admin_promote_route(const struct draft *d)
{
	struct buf text = { 0 };
	json_t *root, *route, *response;
	size_t i;

	draft_write(d, &text);
	root = json_loadb(text.p, text.n, 0, NULL);
	route = json_incref(json_array_get(json_object_get(root, "routes"), 0));
	json_array_foreach(json_object_get(route, "responses"), i, response)
	{
		admin_promote_name(route, response);
	}
	json_decref(root);
	buf_free(&text);
	return route;
}

const char *
admin_promote_place(struct admin_request *r)
{
	size_t n = mocking_count(r->of->mocking);
	const char *path = NULL;
	struct err e;

	if (n == 0)
		admin_reply_problem(
		    r, 409, "the mocks of this gateway are its own");
	else if ((path = mocking_file(r->of->mocking, n - 1, &e)) == NULL)
		admin_reply_problem(r, 409, "%s", e.text);
	return path;
}

void
admin_promote(struct admin_request *r, struct draft *d)
{
	struct str notes = draft_notes(d);
	struct admin_promotion p = { .route = admin_promote_route(d) };
	size_t n = mocking_count(r->of->mocking);
	struct err e;

	if (p.route == NULL)
		admin_reply_problem(r, 409, "no route can be made of it%s%.*s",
		    notes.n > 0 ? ": " : "", STR_ARGS(notes));
	else if (mocking_edit(
		     r->of->mocking, n - 1, admin_promote_edit, &p, &e) == -1)
		admin_reply_problem(r, 409, "%s", e.text);
	else
		admin_reply_json(r, 201, json_incref(p.told));
	json_decref(p.route);
	json_decref(p.told);
	draft_free(d);
}

void
admin_promote_entry(struct admin_request *r)
{
	struct mock_entries how = { .settings = r->of->settings };
	char id[24], *ids[] = { id };
	struct draft *d;
	struct err e;

	if (!admin_has_entry(r))
		return;
	how.output = admin_promote_place(r);
	if (how.output == NULL)
		return;
	snprintf(id, sizeof(id), "%" PRIu64, admin_number(r, "id"));
	d = mock_entries_store(&how, ids, 1, &e);
	if (d != NULL)
		admin_promote(r, d);
	else
		admin_reply_problem(r, 409, "%s", e.text);
}

/* ---- what is remembered
 * --------------------------------------------------------- */

static void
admin_mocks_on_session(void *arg, const struct session_row *row)
{
	mocks_reset(
	    arg, row->number, MOCKS_COUNTERS | MOCKS_BUCKETS | MOCKS_VARIABLES);
}

void
admin_reset_mocks(struct admin_request *r)
{
	struct mocks *m = mocking_get(r->of->mocking);

	if (m != NULL) {
		mocks_reset(
		    m, 0, MOCKS_COUNTERS | MOCKS_BUCKETS | MOCKS_VARIABLES);
		sessions_each(
		    r->of->shared->sessions, admin_mocks_on_session, m);
	}
	mocks_unref(m);
	admin_reply_nothing(r);
}
