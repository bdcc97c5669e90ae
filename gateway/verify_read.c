#include "config.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/mem.h"
#include "base/regex.h"
#include "gateway/query.h"
#include "gateway/traffic.h"
#include "har/date.h"

#include "gateway/verify_priv.h"

#define VERIFY_COUNT_MOST INT64_C(1000000000)

/* ---- texts -------------------------------------------------------------- */

/* A text with a * or ? is a glob, as in a query. */
static int
verify_read_plain(struct verify_text *x, const json_t *v)
{
	x->text = (struct str){ json_string_value(v), json_string_length(v) };
	x->way = memchr(x->text.p, '*', x->text.n) != NULL ||
			 memchr(x->text.p, '?', x->text.n) != NULL
		     ? VERIFY_GLOB
		     : VERIFY_IS;
	return 0;
}

/* {"equals": TEXT}, {"glob": ...}, {"contains": ...}, {"matches": REGEX} */
static int
verify_read_way(struct verify_text *x, const json_t *v, struct err *e)
{
	static const struct {
		const char *name;
		enum verify_way way;
	} ways[] = { { "equals", VERIFY_IS }, { "glob", VERIFY_GLOB },
		{ "contains", VERIFY_CONTAINS }, { "matches", VERIFY_REGEX } };
	const json_t *text = NULL;
	size_t i;

	for (i = 0; i < sizeof(ways) / sizeof(*ways) && text == NULL; i++) {
		text = json_object_get(v, ways[i].name);
		x->way = ways[i].way;
	}
	if (json_object_size(v) != 1 || !json_is_string(text))
		return err_set(e,
		    "expected a text, or an object with one of equals, glob, "
		    "contains, matches");
	x->text =
	    (struct str){ json_string_value(text), json_string_length(text) };
	if (x->way == VERIFY_REGEX &&
	    (x->regex = regex_new(x->text, e)) == NULL)
		return -1;
	return 0;
}

static int
verify_read_text(struct verify_text *x, const json_t *v, struct err *e)
{
	x->wanted = true;
	if (json_is_string(v))
		return verify_read_plain(x, v);
	if (json_is_null(v) || json_is_false(v))
		x->way = VERIFY_ABSENT;
	else if (json_is_true(v))
		x->way = VERIFY_THERE;
	else
		return verify_read_way(x, v, e);
	return 0;
}

/* A place in a body: {"matches": ...} and its like, or a JSON value. */
static int
verify_read_place(struct verify_text *x, const json_t *v, struct err *e)
{
	x->wanted = true;
	if (x->name[0] != '/' && x->name[0] != '\0')
		return err_set(e, "expected a JSON Pointer such as /user/id");
	if (json_is_object(v) && json_object_size(v) == 1 &&
	    (json_object_get(v, "matches") != NULL ||
		json_object_get(v, "contains") != NULL ||
		json_object_get(v, "glob") != NULL))
		return verify_read_way(x, v, e);
	x->way = VERIFY_JSON;
	x->json = v;
	return 0;
}

static int
verify_read_pairs(struct verify *all, struct verify_pairs *p, const json_t *v,
    int (*read)(struct verify_text *, const json_t *, struct err *),
    struct err *e)
{
	const char *name;
	json_t *value;

	if (!json_is_object(v) || json_object_size(v) > VERIFY_PAIRS)
		return err_set(e, "expected an object of at most %d members",
		    VERIFY_PAIRS);
	p->v = arena_zalloc(
	    &all->arena, (json_object_size(v) + 1) * sizeof(*p->v));
	json_object_foreach((json_t *)v, name, value)
	{
		p->v[p->n].name = name;
		if (read(&p->v[p->n++], value, e) == -1)
			return err_wrap(e, "%.100s", name);
	}
	return 0;
}

/* ---- counts ------------------------------------------------------------- */

static int
verify_read_number(const json_t *v, uint64_t *n, struct err *e)
{
	if (!json_is_integer(v) || json_integer_value(v) < 0 ||
	    json_integer_value(v) > VERIFY_COUNT_MOST)
		return err_set(e, "expected a number from 0 on");
	*n = (uint64_t)json_integer_value(v);
	return 0;
}

static int
verify_read_bounds(struct verify_expected *x, const json_t *v, struct err *e)
{
	const char *name;
	json_t *value;
	uint64_t n;

	x->least = 0;
	json_object_foreach((json_t *)v, name, value)
	{
		if (verify_read_number(value, &n, e) == -1)
			return err_wrap(e, "%.100s", name);
		if (strcmp(name, "exactly") == 0)
			x->least = x->most = n;
		else if (strcmp(name, "at_least") == 0)
			x->least = n;
		else if (strcmp(name, "at_most") == 0)
			x->most = n;
		else
			return err_set(e,
			    "%.100s: expected exactly, at_least "
			    "or at_most",
			    name);
	}
	if (json_object_size(v) == 0 || x->least > x->most)
		return err_set(e, "no number is as expected");
	return 0;
}

static int
verify_read_count(struct verify_expected *x, const json_t *v, struct err *e)
{
	if (json_is_object(v))
		return verify_read_bounds(x, v, e);
	if (json_is_string(v) && strcmp(json_string_value(v), "never") == 0) {
		x->least = x->most = 0;
		return 0;
	}
	if (!json_is_integer(v))
		return err_set(e, "expected a number, \"never\", or an object "
				  "with exactly, at_least or at_most");
	if (verify_read_number(v, &x->least, e) == -1)
		return -1;
	x->most = x->least;
	return 0;
}

static const char *
verify_counted(struct verify *v, const struct verify_expected *x)
{
	if (x->most == 0)
		return "never";
	if (x->least == x->most)
		return arena_printf(&v->arena, "exactly %" PRIu64, x->least);
	if (x->most == UINT64_MAX)
		return arena_printf(&v->arena, "at least %" PRIu64, x->least);
	if (x->least == 0)
		return arena_printf(&v->arena, "at most %" PRIu64, x->most);
	return arena_printf(
	    &v->arena, "%" PRIu64 " to %" PRIu64, x->least, x->most);
}

/* ---- expectations ------------------------------------------------------- */

static int
verify_read_query(struct verify_expected *x, const json_t *v, struct err *e)
{
	if (!json_is_string(v))
		return err_set(e, "expected a text");
	x->q = query_new(
	    (struct str){ json_string_value(v), json_string_length(v) }, e);
	return x->q != NULL ? 0 : -1;
}

static int
verify_read_member(struct verify *all, struct verify_expected *x,
    const char *name, const json_t *v, struct err *e)
{
	if (strcmp(name, "name") == 0 && json_is_string(v))
		x->name = json_string_value(v);
	else if (strcmp(name, "method") == 0)
		return verify_read_text(&x->method, v, e);
	else if (strcmp(name, "host") == 0)
		return verify_read_text(&x->host, v, e);
	else if (strcmp(name, "path") == 0)
		return verify_read_text(&x->path, v, e);
	else if (strcmp(name, "query") == 0)
		return verify_read_pairs(
		    all, &x->query, v, verify_read_text, e);
	else if (strcmp(name, "headers") == 0)
		return verify_read_pairs(
		    all, &x->headers, v, verify_read_text, e);
	else if (strcmp(name, "body") == 0)
		x->body = v;
	else if (strcmp(name, "body_text") == 0)
		return verify_read_text(&x->raw, v, e);
	else if (strcmp(name, "body_json") == 0)
		return verify_read_pairs(
		    all, &x->places, v, verify_read_place, e);
	else if (strcmp(name, "q") == 0)
		return verify_read_query(x, v, e);
	else if (strcmp(name, "count") == 0)
		return verify_read_count(x, v, e);
	else
		return err_set(e,
		    "expected one of name, method, host, path, query, headers, "
		    "body, body_text, body_json, q, count");
	return 0;
}

static int
verify_read_expected(
    struct verify *all, struct verify_expected *x, json_t *v, struct err *e)
{
	const char *name;
	json_t *value;

	if (!json_is_object(v))
		return err_set(e, "expected an object");
	*x = (struct verify_expected){ .least = 1, .most = UINT64_MAX };
	json_object_foreach(v, name, value)
	{
		if (verify_read_member(all, x, name, value, e) == -1)
			return err_wrap(e, "%.100s", name);
	}
	x->counted = verify_counted(all, x);
	if (x->name == NULL)
		x->name = arena_printf(&all->arena, "%.*s %.*s",
		    x->method.text.n > 0 ? (int)x->method.text.n : 3,
		    x->method.text.n > 0 ? x->method.text.p : "any",
		    x->path.text.n > 0 ? (int)x->path.text.n : 8,
		    x->path.text.n > 0 ? x->path.text.p : "requests");
	return 0;
}

static int
verify_read_list(struct verify *all, json_t *list, struct err *e)
{
	size_t i, n = json_array_size(list);

	if (!json_is_array(list) || n == 0 || n > VERIFY_EXPECTED)
		return err_set(e, "expect: expected a list of 1 to %d objects",
		    VERIFY_EXPECTED);
	all->v = xcalloc(n, sizeof(*all->v));
	for (i = 0; i < n; i++) {
		all->n = i + 1;
		if (verify_read_expected(
			all, &all->v[i], json_array_get(list, i), e) == -1)
			return err_wrap(e, "expect[%zu]", i);
	}
	return 0;
}

static int
verify_read_since(struct verify *all, const json_t *v, struct err *e)
{
	if (json_is_integer(v) && json_integer_value(v) >= 0)
		all->since = (uint64_t)json_integer_value(v);
	else if (!json_is_string(v) ||
		 date_parse(str_of(json_string_value(v)), &all->since_us) == -1)
		return err_set(e, "since: expected the number of an exchange "
				  "or a date");
	return 0;
}

static int
verify_read(struct verify *all, struct err *e)
{
	const char *name;
	json_t *v;

	if (!json_is_object(all->json))
		return err_set(e, "expected an object with the member expect");
	json_object_foreach(all->json, name, v)
	{
		if (strcmp(name, "expect") == 0)
			continue;
		if (strcmp(name, "order") == 0 && json_is_boolean(v))
			all->order = json_is_true(v);
		else if (strcmp(name, "session") == 0 && json_is_string(v))
			all->session = json_string_value(v);
		else if (strcmp(name, "since") != 0)
			return err_set(e,
			    "%.100s: expected one of expect, order (true or "
			    "false), session (a text), since",
			    name);
		else if (verify_read_since(all, v, e) == -1)
			return -1;
	}
	return verify_read_list(all, json_object_get(all->json, "expect"), e);
}

struct verify *
verify_new(const json_t *from, struct err *e)
{
	struct verify *v = xcalloc(1, sizeof(*v));

	v->json = json_deep_copy(from);
	if (verify_read(v, e) == 0)
		return v;
	verify_free(v);
	return NULL;
}

struct verify *
verify_new_text(struct str text, struct err *e)
{
	struct verify *v;
	json_error_t wrong;
	json_t *json =
	    json_loadb(text.p, text.n, JSON_REJECT_DUPLICATES, &wrong);

	if (json == NULL) {
		err_set(e, "line %d, column %d: %s", wrong.line, wrong.column,
		    wrong.text);
		return NULL;
	}
	v = verify_new(json, e);
	json_decref(json);
	return v;
}

static void
verify_free_text(struct verify_text *x)
{
	regex_free(x->regex);
}

static void
verify_free_pairs(struct verify_pairs *p)
{
	size_t i;

	for (i = 0; i < p->n; i++)
		verify_free_text(&p->v[i]);
}

static void
verify_free_expected(struct verify_expected *x)
{
	size_t i;

	query_free(x->q);
	verify_free_text(&x->method);
	verify_free_text(&x->host);
	verify_free_text(&x->path);
	verify_free_text(&x->raw);
	verify_free_pairs(&x->query);
	verify_free_pairs(&x->headers);
	verify_free_pairs(&x->places);
	for (i = 0; i < VERIFY_CLOSEST; i++) {
		traffic_row_unref(x->closest[i].row);
		buf_free(&x->closest[i].differences);
	}
	buf_free(&x->why);
	free(x->numbers);
}

void
verify_free(struct verify *v)
{
	size_t i;

	if (v == NULL)
		return;
	for (i = 0; i < v->n; i++)
		verify_free_expected(&v->v[i]);
	free(v->v);
	json_decref(v->json);
	arena_fini(&v->arena);
	free(v);
}
