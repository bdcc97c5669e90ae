/* Lists and their items: GET /users, GET /users/7 and what changes them. */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/number.h"

#include "mock/document.h"
#include "mock/draft.h"
#include "mock/endpoint.h"
#include "mock/json_text.h"

#include "mock/from_entry_priv.h"

struct series {
	struct from_entry *from;
	struct str path; /* of the list */
	const json_t *list;
	json_t *items;   /* by their identifiers, in order */
	const char *key; /* the member that identifies them */
	size_t asked;    /* requests for one item, or that change any */
};

/* Cuts the last segment off path, decoded into last. */
static struct str
from_entry_parent(struct str path, struct buf *last)
{
	struct str part = path;

	while (path.n > 0 && path.p[path.n - 1] != '/')
		path.n--;
	part.p += path.n;
	part.n -= path.n;
	buf_clear(last, 4096);
	buf_add_decoded(last, part, false);
	if (path.n > 0)
		path.n--;
	return path;
}

/* Whether v written as text is s. */
static bool
from_entry_is(const json_t *v, struct str s)
{
	char number[NUMBER_BYTES];

	if (json_is_string(v))
		return str_eq(s, (struct str){ json_string_value(v),
				     json_string_length(v) });
	if (!json_is_number(v))
		return false;
	number_format(json_number_value(v), number);
	return str_is(s, number);
}

/* The member of item that has what the path says; "id" before others. */
static const char *
from_entry_key(const json_t *item, struct str id)
{
	const char *name;
	json_t *v;

	if (from_entry_is(json_object_get(item, "id"), id))
		return "id";
	json_object_foreach((json_t *)(uintptr_t)item, name, v)
	{
		if (from_entry_is(v, id))
			return name;
	}
	return NULL;
}

/* ---- finding them ------------------------------------------------------- */

static bool
from_entry_is_list(const json_t *one)
{
	const json_t *list = json_object_get(one, "body");
	size_t i;

	for (i = 0; i < json_array_size(list); i++)
		if (!json_is_object(json_array_get(list, i)))
			return false;
	return json_array_size(list) > 0 &&
	       str_is(document_text(one, "method"), "GET") &&
	       json_integer_value(json_object_get(one, "status")) == 200 &&
	       json_is_true(json_object_get(one, "plain"));
}

/* What an entry adds to the series: an item, or a request for one. */
static void
from_entry_join(struct series *s, const json_t *one)
{
	const json_t *body = json_object_get(one, "body");
	struct str path = document_text(one, "path");
	struct buf id = { 0 };
	const char *key;

	if (str_eq(path, s->path)) {
		s->asked += !str_is(document_text(one, "method"), "GET");
	} else if (str_eq(from_entry_parent(path, &id), s->path) && id.n > 0) {
		key = json_is_object(body) &&
			      str_is(document_text(one, "method"), "GET") &&
			      json_integer_value(
				  json_object_get(one, "status")) == 200
			  ? from_entry_key(body, buf_str(&id))
			  : NULL;
		if (key != NULL &&
		    (s->key == NULL || strcmp(key, s->key) == 0)) {
			s->key = key;
			json_object_set(
			    s->items, buf_text(&id), (json_t *)(uintptr_t)body);
			s->asked++;
		} else if (key == NULL) {
			s->asked += s->list != NULL;
		}
	}
	buf_free(&id);
}

/* ---- making a bucket ---------------------------------------------------- */

/* The list, each item as it was when it was asked for alone. */
static json_t *
from_entry_all(const struct series *s)
{
	json_t *all = json_array(), *item, *whole;
	struct buf text = { 0 };
	const char *id;
	size_t i;

	json_array_foreach((json_t *)(uintptr_t)s->list, i, item)
	{
		buf_clear(&text, 4096);
		whole = json_object_get(item, s->key);
		if (json_is_string(whole))
			buf_add_text(&text, json_string_value(whole));
		else
			json_text_add(&text, whole, 0, false);
		whole = json_object_get(s->items, buf_text(&text));
		json_array_append(all, whole != NULL ? whole : item);
		json_object_del(s->items, buf_text(&text));
	}
	json_object_foreach(s->items, id, item) json_array_append(all, item);
	buf_free(&text);
	return all;
}

/* Such a route stays, and comes before the bucket. */
static bool
from_entry_asks_query(const json_t *route)
{
	return str_is(document_text(route, "method"), "get") &&
	       str_is(document_text(route, "responseMode"), "FALLBACK");
}

/* Routes that the new one stands for: of the list and of items. */
static void
from_entry_replace(const struct series *s)
{
	struct from_entry *f = s->from;
	struct buf id = { 0 };
	struct str path;
	json_t *one, *route;
	size_t i;

	json_array_foreach(f->seen, i, one)
	{
		path = document_text(one, "path");
		route = json_object_get(one, "route");
		if ((!str_eq(path, s->path) &&
			!str_eq(from_entry_parent(path, &id), s->path)) ||
		    from_entry_asks_query(route))
			continue;
		if (!json_is_true(json_object_get(one, "plain")) &&
		    str_is(document_text(one, "method"), "GET"))
			draft_note(f->draft, path,
			    "its answers to queries are left out: the data "
			    "bucket answers instead");
		if (json_object_get(route, "removed") != NULL)
			continue;
		json_object_set_new(route, "removed", json_true());
		draft_remove(f->draft, route);
	}
	buf_free(&id);
}

static void
from_entry_bucket(const struct series *s)
{
	struct draft *d = s->from->draft;
	json_t *all = from_entry_all(s), *route, *response;
	struct buf value = { 0 }, name = { 0 }, endpoint = { 0 };
	const char *id;

	(void)from_entry_parent(s->path, &name);
	json_text_add(&value, all, 0, true);
	id = draft_bucket(d, buf_str(&name), buf_str(&value));
	from_entry_replace(s);
	endpoint_add_literal(&endpoint, s->path);
	route =
	    draft_route(d, NULL, STR(""), buf_str(&endpoint), buf_str(&name));
	response = draft_response(route, buf_str(&name), 200);
	draft_set(response, "bodyType", STR("DATABUCKET"));
	draft_set(response, "databucketID", str_of(id));
	draft_set(response, "crudKey", str_of(s->key));
	draft_header(response, STR("Content-Type"), STR("application/json"));
	draft_note(d, s->path, "%zu items in the data bucket %s",
	    json_array_size(all), buf_text(&name));
	json_decref(all);
	buf_free(&value);
	buf_free(&name);
	buf_free(&endpoint);
}

/* The series that one, a list, begins. */
static void
from_entry_try(struct from_entry *f, const json_t *list)
{
	struct series s = { .from = f,
		.path = document_text(list, "path"),
		.list = json_object_get(list, "body"),
		.items = json_object() };
	json_t *one;
	size_t i;

	json_array_foreach(f->seen, i, one) from_entry_join(&s, one);
	if (s.key == NULL && json_object_get(json_array_get(s.list, 0), "id"))
		s.key = "id";
	if (s.path.n > 1 && s.asked > 0 && s.key != NULL) {
		if (f->options.crud)
			from_entry_bucket(&s);
		else
			draft_note(f->draft, s.path,
			    "a list and requests for its items: with --crud "
			    "they become a data bucket");
	}
	json_decref(s.items);
}

void
from_entry_buckets(struct from_entry *f)
{
	json_t *done = json_object(), *one;
	struct str path;
	char *text;
	size_t i;

	json_array_foreach(f->seen, i, one)
	{
		if (!from_entry_is_list(one))
			continue;
		path = document_text(one, "path");
		text = strndup(path.p, path.n);
		if (text != NULL && json_object_get(done, text) == NULL) {
			json_object_set_new(done, text, json_true());
			from_entry_try(f, one);
		}
		free(text);
	}
	json_decref(done);
}
