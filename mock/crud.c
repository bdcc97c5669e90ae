#include "config.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "mock/js_regex.h"
#include "mock/mocks.h"
#include "mock/respond.h"
#include "mock/state.h"
#include "mock/value_json.h"

#include "mock/crud.h"

/* An operation while it is done. */
struct crud {
	const struct responding *d;
	struct mock_reply *r;
	struct values v;   /* of the reply */
	struct str key;    /* path of the id in an item */
	struct str id;     /* in the path */
	struct value body; /* of the request */
	struct value query;
	struct value given; /* the body of the reply */
	int status;
	struct buf counts; /* fields */
};

/* ---- paths -------------------------------------------------------------- */

/* The next name of a path of names with dots between them; \. is a dot. */
static bool
crud_step(struct str *path, struct buf *name)
{
	size_t i = 0;

	if (path->p == NULL)
		return false;
	name->n = 0;
	for (; i < path->n && path->p[i] != '.'; i++) {
		i += path->p[i] == '\\' && i + 1 < path->n &&
		     path->p[i + 1] == '.';
		buf_add(name, path->p + i, 1);
	}
	*path = i < path->n ? (struct str){ path->p + i + 1, path->n - i - 1 }
			    : (struct str){ NULL, 0 };
	return true;
}

static struct value
crud_get(struct value of, struct str path)
{
	struct buf name = { 0 };

	while (crud_step(&path, &name))
		of = value_get(of, buf_str(&name));
	buf_free(&name);
	return of;
}

/* Sets it, in objects that are made on the way. */
static void
crud_set(struct values *v, struct value of, struct str path, struct value to)
{
	struct buf name = { 0 };
	struct value next;
	struct str at;

	while (crud_step(&path, &name)) {
		at = value_copy_text(v, buf_str(&name)).text;
		next = path.p == NULL ? to : value_get(of, at);
		if (path.p != NULL && next.kind != VALUE_OBJECT)
			next = value_new_object(v);
		if (of.kind == VALUE_OBJECT)
			value_set(v, of, at, next);
		of = next;
	}
	buf_free(&name);
}

/* ---- searching and filtering -------------------------------------------- */

static bool
crud_matches(struct crud *c, const char *before, struct str pattern,
    const char *behind, struct value of)
{
	struct buf whole = { 0 };
	struct regex *regex;
	struct err e;
	bool found;

	buf_add_text(&whole, before);
	buf_add_str(&whole, pattern);
	buf_add_text(&whole, behind);
	regex = js_regex_new(buf_str(&whole), JS_REGEX_IGNORE_CASE, &e);
	buf_free(&whole);
	if (regex == NULL)
		return false;
	found = regex_find(regex, value_to_str(&c->v, of), 0, NULL) == 1;
	regex_free(regex);
	return found;
}

/* Numbers as parseFloat() takes them: from the start of a text. */
static bool
crud_is_number(struct crud *c, struct value of)
{
	struct str text = str_trim(value_to_str(&c->v, of));
	size_t i = text.n > 0 && strchr("+-", text.p[0]) != NULL;

	i += i < text.n && text.p[i] == '.';
	return (i < text.n && text.p[i] >= '0' && text.p[i] <= '9') ||
	       str_starts((struct str){ text.p + i, text.n - i }, "Infinity");
}

static bool
crud_same(struct crud *c, struct value data, struct value query)
{
	if (str_eq(value_to_str(&c->v, data), value_to_str(&c->v, query)))
		return true;
	return crud_is_number(c, data) && crud_is_number(c, query) &&
	       value_to_number(data) == value_to_number(query);
}

/* -1, 0, 1, or 2 where JavaScript's < and > are both false. */
static int
crud_compare(struct crud *c, struct value a, struct value b)
{
	double x, y;
	int order;

	if ((a.kind == VALUE_TEXT || value_is_object(a)) &&
	    (b.kind == VALUE_TEXT || value_is_object(b))) {
		order =
		    str_order(value_to_str(&c->v, a), value_to_str(&c->v, b));
		return order < 0 ? -1 : order > 0;
	}
	x = value_to_number(a);
	y = value_to_number(b);
	if (isnan(x) || isnan(y))
		return 2;
	return x < y ? -1 : x > y;
}

static bool
crud_filter(
    struct crud *c, const char *filter, struct value data, struct value query)
{
	struct str text = value_to_str(&c->v, query);
	int order;

	if (strcmp(filter, "eq") == 0)
		return crud_same(c, data, query);
	if (strcmp(filter, "ne") == 0)
		return !crud_same(c, data, query);
	if (strcmp(filter, "like") == 0)
		return crud_matches(c, "", text, "", data);
	if (strcmp(filter, "start") == 0)
		return crud_matches(c, "^", text, "", data);
	if (strcmp(filter, "end") == 0)
		return crud_matches(c, "", text, "$", data);
	order = crud_compare(c, data, query);
	if (strcmp(filter, "gt") == 0)
		return order == 1;
	if (strcmp(filter, "gte") == 0)
		return order == 1 || order == 0;
	if (strcmp(filter, "lt") == 0)
		return order == -1;
	return order == -1 || order == 0;
}

/* "price_gt": the filter, and the path in front of it. */
static const char *
crud_filter_of(struct str name, struct str *path)
{
	static const char *const filters[] = { "eq", "ne", "gt", "gte", "lt",
		"lte", "like", "start", "end" };
	size_t i, n;

	for (i = 0; i < sizeof(filters) / sizeof(*filters); i++) {
		n = strlen(filters[i]);
		if (name.n <= n || name.p[name.n - n - 1] != '_' ||
		    memcmp(name.p + name.n - n, filters[i], n) != 0)
			continue;
		*path = (struct str){ name.p, name.n - n - 1 };
		return filters[i];
	}
	return NULL;
}

static bool
crud_passes(struct crud *c, struct value item)
{
	const struct value_object *q =
	    c->query.kind == VALUE_OBJECT ? c->query.object : NULL;
	const char *filter;
	struct str path;
	size_t i;

	for (i = 0; q != NULL && i < q->n; i++) {
		filter = crud_filter_of(q->at[i].name, &path);
		if (filter != NULL && !crud_filter(c, filter,
					  crud_get(item, path), q->at[i].value))
			return false;
	}
	return true;
}

/* Whether a scalar somewhere in the item has the text. */
static bool
crud_found(struct crud *c, struct value item, struct str text)
{
	size_t i;

	if (!value_work(&c->v) || item.kind == VALUE_BOOL ||
	    item.kind == VALUE_NULL)
		return false;
	if (item.kind == VALUE_ARRAY) {
		for (i = 0; i < item.array->n; i++)
			if (crud_found(c, item.array->at[i], text))
				return true;
		return false;
	}
	if (item.kind == VALUE_OBJECT) {
		for (i = 0; i < item.object->n; i++)
			if (crud_found(c, item.object->at[i].value, text))
				return true;
		return false;
	}
	return str_ihas(value_to_str(&c->v, item), text);
}

/* ---- lists --------------------------------------------------------------- */

static struct str
crud_query(const struct crud *c, const char *name)
{
	struct value v = value_get(c->query, str_of(name));

	return v.kind == VALUE_TEXT ? v.text : STR("");
}

/* parseInt(), or other for 0 and what is no number. */
static double
crud_whole(struct str text, double other)
{
	double v = 0;
	size_t i = text.n > 0 && (text.p[0] == '-' || text.p[0] == '+');
	bool minus = i > 0 && text.p[0] == '-';

	for (; i < text.n && text.p[i] >= '0' && text.p[i] <= '9'; i++)
		v = v * 10 + (text.p[i] - '0');
	return v == 0 ? other : minus ? -v : v;
}

struct crud_sorted {
	struct crud *c;
	struct value by;
	struct value item;
	size_t at;
	bool down;
};

static struct value
crud_folded(struct crud *c, struct value of)
{
	struct buf text = { 0 };
	size_t i;

	if (of.kind != VALUE_TEXT)
		return of;
	buf_add_str(&text, of.text);
	for (i = 0; i < text.n; i++)
		text.p[i] = str_lower(text.p[i]);
	of = value_copy_text(&c->v, buf_str(&text));
	buf_free(&text);
	return of;
}

static int
crud_sort_order(const void *a, const void *b)
{
	const struct crud_sorted *x = a, *y = b;
	int order = crud_compare(x->c, x->by, y->by);

	if (order == 2 || order == 0)
		return x->at < y->at ? -1 : 1; /* as they were */
	return x->down ? -order : order;
}

static struct value
crud_sort(struct crud *c, struct value list, struct str key, bool down)
{
	size_t n = list.array->n, i;
	struct crud_sorted *v = arena_alloc(c->v.arena, (n + 1) * sizeof(*v));
	struct value sorted = value_new_array(&c->v, n);

	for (i = 0; i < n; i++) {
		v[i] = (struct crud_sorted){
			.c = c, .item = list.array->at[i], .at = i, .down = down
		};
		v[i].by = crud_folded(c, v[i].item.kind == VALUE_OBJECT
					     ? value_get(v[i].item, key)
					     : v[i].item);
	}
	qsort(v, n, sizeof(*v), crud_sort_order);
	for (i = 0; i < n; i++)
		value_push(&c->v, sorted, v[i].item);
	return sorted;
}

/* slice(), for which what is negative counts from the end. */
static size_t
crud_place(double at, size_t n)
{
	if (at < 0)
		at += (double)n;
	return at < 0 ? 0 : at > (double)n ? n : (size_t)at;
}

static struct value
crud_page(struct crud *c, struct value list)
{
	double limit = crud_whole(crud_query(c, "limit"), 10);
	double page = crud_whole(crud_query(c, "page"), 1);
	size_t i = crud_place((page - 1) * limit, list.array->n);
	size_t end = crud_place(page * limit, list.array->n);
	struct value cut = value_new_array(&c->v, 16);

	for (; i < end; i++)
		value_push(&c->v, cut, list.array->at[i]);
	return cut;
}

static struct value
crud_list(struct crud *c, struct value all)
{
	struct str search = crud_query(c, "search");
	struct str sort = crud_query(c, "sort");
	struct value list = value_new_array(&c->v, all.array->n);
	size_t i;

	for (i = 0; i < all.array->n; i++)
		if ((search.n == 0 ||
			crud_found(c, all.array->at[i], search)) &&
		    crud_passes(c, all.array->at[i]))
			value_push(&c->v, list, all.array->at[i]);
	buf_addf(&c->counts, "X-Total-Count: %zu\r\nX-Filtered-Count: %zu\r\n",
	    all.array->n, list.array->n);
	if (value_get(c->query, STR("sort")).kind == VALUE_TEXT)
		list = crud_sort(
		    c, list, sort, str_is(crud_query(c, "order"), "desc"));
	if (value_get(c->query, STR("limit")).kind != VALUE_UNDEFINED ||
	    value_get(c->query, STR("page")).kind != VALUE_UNDEFINED)
		list = crud_page(c, list);
	return list;
}

/* ---- single items ---------------------------------------------------------
 */

/* Where the item with the id of the path is; the length for nowhere. */
static size_t
crud_index(struct crud *c, struct value all)
{
	double at = crud_whole(c->id, 0);
	struct value item, id;
	size_t i;

	for (i = 0; i < all.array->n; i++) {
		item = all.array->at[i];
		if (!value_is_object(item)) {
			if (at == (double)i)
				break;
			continue;
		}
		id = crud_get(item, c->key);
		if (!value_is_nothing(id) &&
		    str_eq(value_to_str(&c->v, id), c->id))
			break;
	}
	return i;
}

/* The members of a, and those of b over them. */
static struct value
crud_merged(struct values *v, struct value a, struct value b)
{
	struct value both = value_new_object(v);
	const struct value *from[] = { &a, &b };
	char name[24];
	size_t i, k;

	for (k = 0; k < 2; k++) {
		for (i = 0;
		     from[k]->kind == VALUE_OBJECT && i < from[k]->object->n;
		     i++)
			value_set(v, both, from[k]->object->at[i].name,
			    from[k]->object->at[i].value);
		for (i = 0;
		     from[k]->kind == VALUE_ARRAY && i < from[k]->array->n;
		     i++) {
			snprintf(name, sizeof(name), "%zu", i);
			value_set(v, both,
			    value_copy_text(v, str_of(name)).text,
			    from[k]->array->at[i]);
		}
	}
	return both;
}

static void
crud_uuid(struct crud *c, char out[37])
{
	static const char hex[] = "0123456789abcdef";
	const struct template_context *t = c->d->c;
	int i, digit;

	for (i = 0; i < 36; i++) {
		digit = (int)(t->random(t->random_arg) * 16);
		out[i] = i == 8 || i == 13 || i == 18 || i == 23 ? '-'
			 : i == 14                               ? '4'
			 : i == 19 ? hex[8 + digit % 4]
				   : hex[digit];
	}
	out[36] = '\0';
}

/* One more than the highest id there is, or one by chance. */
static struct value
crud_next_id(struct crud *c, struct values *v, struct value all)
{
	double highest = NAN;
	struct value id;
	char uuid[37];
	size_t i;

	for (i = 0; i < all.array->n; i++) {
		id = crud_get(all.array->at[i], c->key);
		if (id.kind == VALUE_NUMBER &&
		    (isnan(highest) || id.number > highest))
			highest = id.number;
	}
	if (!isnan(highest))
		return value_number(highest + 1);
	crud_uuid(c, uuid);
	return value_copy_text(v, str_of(uuid));
}

/* ---- changes: each on a copy of the bucket --------------------------------
 */

/* The reply is written while the copy is at hand. */
static void
crud_give(struct crud *c, struct value given)
{
	c->given = value_copy(&c->v, given);
}

static bool
crud_create(void *arg, struct values *v, struct value *now)
{
	struct crud *c = arg;
	struct value item = value_copy(v, c->body);

	c->status = 201;
	if (now->kind == VALUE_ARRAY) {
		if (item.kind == VALUE_OBJECT &&
		    crud_get(item, c->key).kind == VALUE_UNDEFINED)
			crud_set(v, item, c->key, crud_next_id(c, v, *now));
		value_push(v, *now, item);
	} else {
		*now = item;
	}
	crud_give(c, item);
	return true;
}

static bool
crud_replace(void *arg, struct values *v, struct value *now)
{
	struct crud *c = arg;

	*now = value_copy(v, c->body);
	c->status = 200;
	crud_give(c, *now);
	return true;
}

static bool
crud_replace_one(void *arg, struct values *v, struct value *now)
{
	struct crud *c = arg;
	struct value item, id;
	size_t i;

	if (now->kind != VALUE_ARRAY)
		return crud_replace(arg, v, now);
	i = crud_index(c, *now);
	c->status = i < now->array->n ? 200 : 404;
	if (i == now->array->n)
		return false;
	item = value_copy(v, c->body);
	if (value_is_object(now->array->at[i])) {
		id = crud_get(now->array->at[i], c->key);
		item = crud_merged(v, VALUE_NONE, item);
		if (crud_get(item, c->key).kind == VALUE_UNDEFINED)
			crud_set(v, item, c->key, id);
	}
	now->array->at[i] = item;
	crud_give(c, item);
	return true;
}

static bool
crud_merge(void *arg, struct values *v, struct value *now)
{
	struct crud *c = arg;
	struct value body = value_copy(v, c->body);
	size_t i;

	c->status = 200;
	if (now->kind == VALUE_ARRAY && body.kind == VALUE_ARRAY)
		for (i = 0; i < body.array->n; i++)
			value_push(v, *now, body.array->at[i]);
	else if (value_is_object(*now))
		*now = crud_merged(v, *now, body);
	else
		*now = body;
	crud_give(c, *now);
	return true;
}

static bool
crud_merge_one(void *arg, struct values *v, struct value *now)
{
	struct crud *c = arg;
	struct value body, *item;
	size_t i;

	if (now->kind != VALUE_ARRAY)
		return crud_merge(arg, v, now);
	i = crud_index(c, *now);
	c->status = i < now->array->n ? 200 : 404;
	if (i == now->array->n)
		return false;
	item = &now->array->at[i];
	body = value_copy(v, c->body);
	*item = value_is_object(*item) ? crud_merged(v, *item, body) : body;
	crud_give(c, *item);
	return true;
}

static bool
crud_delete(void *arg, struct values *v, struct value *now)
{
	struct crud *c = arg;

	(void)v;
	*now = VALUE_NONE;
	c->status = 200;
	return true;
}

static bool
crud_delete_one(void *arg, struct values *v, struct value *now)
{
	struct crud *c = arg;
	size_t i;

	if (now->kind != VALUE_ARRAY)
		return crud_delete(arg, v, now);
	i = crud_index(c, *now);
	c->status = i < now->array->n ? 200 : 404;
	if (i == now->array->n)
		return false;
	now->array->n--;
	memmove(&now->array->at[i], &now->array->at[i + 1],
	    (now->array->n - i) * sizeof(*now->array->at));
	return true;
}

/* ---- all ------------------------------------------------------------------
 */

static const struct crud_operation {
	const char *method;
	bool item;
	template_edit_fn edit; /* NULL: it only reads */
} crud_operations[] = {
	{ "GET", false, NULL },
	{ "GET", true, NULL },
	{ "POST", false, crud_create },
	{ "PUT", false, crud_replace },
	{ "PUT", true, crud_replace_one },
	{ "PATCH", false, crud_merge },
	{ "PATCH", true, crud_merge_one },
	{ "DELETE", false, crud_delete },
	{ "DELETE", true, crud_delete_one },
};

static const struct crud_operation *
crud_operation(struct str method, bool item)
{
	size_t i, n = sizeof(crud_operations) / sizeof(*crud_operations);

	for (i = 0; i < n; i++)
		if (crud_operations[i].item == item &&
		    str_iis(method, crud_operations[i].method))
			return &crud_operations[i];
	return NULL;
}

bool
crud_has_method(struct str method, bool item)
{
	return crud_operation(method, item) != NULL;
}

static void
crud_read(struct crud *c, bool item)
{
	struct value all = state_bucket(c->d->use, c->d->plan->bucket);
	size_t i;

	if (all.kind != VALUE_ARRAY) {
		c->given = all;
	} else if (!item) {
		c->given = crud_list(c, all);
	} else {
		i = crud_index(c, all);
		c->status = i < all.array->n ? 0 : 404;
		if (i < all.array->n)
			c->given = all.array->at[i];
	}
}

static void
crud_reply(struct crud *c)
{
	struct buf json = { 0 };
	struct str fields;

	if (c->given.kind == VALUE_TEXT)
		buf_add_str(&json, c->given.text);
	else
		(void)value_write_json(&c->v, &json, c->given, 0, false);
	respond_json(c->d, buf_str(&json), c->status, c->r);
	buf_add_str(&c->counts, c->r->headers);
	fields = arena_str(&c->r->arena, buf_str(&c->counts));
	c->r->headers = fields;
	buf_free(&json);
}

void
crud_answer(
    const struct responding *d, bool item, struct str key, struct mock_reply *r)
{
	const struct template_request *q = d->c->request;
	const struct crud_operation *op = crud_operation(q->method, item);
	struct crud c = { .d = d,
		.r = r,
		.v = { .arena = &r->arena,
		    .most = STATE_MOST_VALUE,
		    .most_work = 10000000 },
		.key = key,
		.query = q->part(q->arg, TEMPLATE_QUERY),
		.body = q->part(q->arg, TEMPLATE_BODY),
		.given = VALUE_NONE };
	struct value id =
	    value_get(q->part(q->arg, TEMPLATE_PARAMS), STR("id"));

	c.id = id.kind == VALUE_TEXT ? id.text : STR("");
	c.given = value_new_object(&c.v);
	if (c.body.kind == VALUE_UNDEFINED)
		c.body = q->body.n > 0 ? value_text(q->body)
				       : value_new_object(&c.v);
	if (op->edit == NULL)
		crud_read(&c, item);
	else
		(void)state_change(d->use, d->plan->bucket, op->edit, &c);
	crud_reply(&c);
	buf_free(&c.counts);
}
