#include "config.h"

#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "har/base64.h"
#include "har/headers.h"
#include "har/json_write.h"

#include "har/har_fields.h"

static void
har_fields_write_one(struct json_write *w, const struct header *f)
{
	struct buf text = { 0 };

	json_write_object(w);
	json_write_member(w, "name", f->name);
	json_write_name(w, STR("value"));
	if (str_is_utf8(f->value)) {
		json_write_str(w, f->value);
	} else {
		har_text_from_latin1(f->value, &text);
		json_write_str(w, buf_str(&text));
		json_write_name(w, STR("_base64"));
		json_write_base64(w, f->value);
	}
	json_write_object_end(w);
	buf_free(&text);
}

void
har_fields_write(struct json_write *w, const struct headers *list)
{
	size_t i;

	json_write_array(w);
	for (i = 0; i < list->n; i++)
		har_fields_write_one(w, &list->v[i]);
	json_write_array_end(w);
}

/*
 * Reading
 */

/* An item as written; value_list is its value when that was an array. */
struct har_field {
	struct str name, value, exact, file, type;
};

static int
har_fields_value_item(struct har_in *in, enum json_token t, void *arg)
{
	struct str *all = arg, one = { NULL, 0 };
	struct arena *a = &in->entry->x->arena;

	if (har_in_text(in, t, &one) == -1)
		return -1;
	if (one.p == NULL)
		return 0;
	*all = all->p == NULL ? one
			      : str_of(arena_printf(a, "%.*s\n%.*s",
				    STR_ARGS(*all), STR_ARGS(one)));
	return 0;
}

/* A value is a string, or in some files a list of strings, which becomes
 * lines as with those that join by LF. */
static int
har_fields_value(struct har_in *in, enum json_token t, void *slot)
{
	if (t != JSON_ARRAY)
		return har_in_text(in, t, slot);
	if (har_in_repair(in, "a list, expected a string") == -1)
		return -1;
	return har_in_array(in, t, har_fields_value_item, slot);
}

static const struct har_member har_field_members[] = {
	{ "name", har_in_text, offsetof(struct har_field, name) },
	{ "value", har_fields_value, offsetof(struct har_field, value) },
	{ "_base64", har_in_text, offsetof(struct har_field, exact) },
	{ "fileName", har_in_text, offsetof(struct har_field, file) },
	{ "filename", har_in_text, offsetof(struct har_field, file) },
	{ "contentType", har_in_text, offsetof(struct har_field, type) },
	{ NULL, NULL, 0 },
};

/* An item written as ["name", "value"]. */
static int
har_fields_pair(struct har_in *in, struct har_field *f)
{
	enum json_token t;
	int at = 0;

	while ((t = json_next(in->j)) != JSON_ARRAY_END) {
		if (t == JSON_ERROR)
			return har_in_fail(in);
		if (at > 1 ? har_in_pass(in, t, NULL) == -1
			   : har_fields_value(
				 in, t, at == 0 ? &f->name : &f->value) == -1)
			return -1;
		at++;
	}
	return har_in_repair(in, "a pair, expected an object");
}

/* "Name: value" in one string. */
static int
har_fields_line(struct har_in *in, enum json_token t, struct har_field *f)
{
	struct str line = { NULL, 0 };

	if (har_in_text(in, t, &line) == -1)
		return -1;
	if (str_cut(&line, ':', &f->name) && line.p != NULL)
		f->value = str_trim(line);
	return har_in_repair(in, "a string, expected an object");
}

typedef int (*har_field_fn)(
    struct har_in *in, const struct har_field *f, void *slot);

static int
har_fields_item(struct har_in *in, enum json_token t, struct har_field *f)
{
	*f = (struct har_field){ 0 };
	if (t == JSON_ARRAY)
		return har_fields_pair(in, f);
	if (t == JSON_STRING)
		return har_fields_line(in, t, f);
	return har_in_object(in, t, har_field_members, f, HAR_PLACES);
}

/* An object whose members are the names. */
static int
har_fields_map(struct har_in *in, har_field_fn give, void *slot)
{
	struct har_field f;
	enum json_token t;

	if (har_in_repair(in, "an object, expected a list") == -1)
		return -1;
	while ((t = json_next(in->j)) != JSON_OBJECT_END) {
		if (t != JSON_NAME)
			return har_in_fail(in);
		f = (struct har_field){ .name = arena_str(&in->entry->x->arena,
					    json_text(in->j)) };
		if (har_fields_value(in, json_next(in->j), &f.value) == -1 ||
		    give(in, &f, slot) == -1)
			return -1;
	}
	return 0;
}

static int
har_fields_list(
    struct har_in *in, enum json_token t, har_field_fn give, void *slot)
{
	struct har_field f;

	if (t == JSON_OBJECT)
		return har_fields_map(in, give, slot);
	if (t != JSON_ARRAY) {
		if (har_in_pass(in, t, NULL) == -1)
			return -1;
		return har_in_repair(
		    in, "%s, expected a list", json_token_text(t));
	}
	while ((t = json_next(in->j)) != JSON_ARRAY_END) {
		if (t == JSON_ERROR)
			return har_in_fail(in);
		if (har_fields_item(in, t, &f) == -1 ||
		    give(in, &f, slot) == -1)
			return -1;
	}
	return 0;
}

/* Whether s has a CR or NUL, which no producer joins values by. */
static bool
har_fields_injects(struct str s)
{
	size_t i;

	for (i = 0; i < s.n; i++)
		if (s.p[i] == '\0' || s.p[i] == '\r')
			return true;
	return false;
}

/* Several values under one name that were joined by LF: a field each. */
static int
har_fields_lines(
    struct har_in *in, const struct har_field *f, struct headers *list)
{
	struct str rest = f->value, line;

	while (str_cut(&rest, '\n', &line))
		if (str_trim(line).n > 0)
			headers_add(list, &in->entry->x->arena, f->name,
			    str_trim(line));
	return har_in_repair(
	    in, "lines of %.*s taken apart", STR_ARGS(f->name));
}

static int
har_fields_exact(struct har_in *in, struct har_field *f)
{
	struct buf bytes = { 0 };
	unsigned odd;
	int r = base64_decode(f->exact, &bytes, &odd);

	if (r == 0)
		f->value = har_in_str(in, &bytes);
	buf_free(&bytes);
	return r == 0 ? 0 : har_in_repair(in, "_base64 is not base64");
}

static int
har_fields_give_header(
    struct har_in *in, const struct har_field *given, void *slot)
{
	struct headers *list = slot;
	struct har_field f = *given;

	if (f.exact.p != NULL && har_fields_exact(in, &f) == -1)
		return -1;
	if (f.value.p == NULL)
		f.value = STR("");
	if (f.name.n > 0 && f.name.p[0] == ':') {
		in->pseudo++;
		return 0;
	}
	if (!str_is_token(f.name))
		return har_in_repair(in, "left out a field without valid name");
	if (har_fields_injects(f.value))
		return har_in_repair(in,
		    "left out %.*s, whose value has a CR or NUL in it",
		    STR_ARGS(f.name));
	if (f.value.n > 0 && memchr(f.value.p, '\n', f.value.n) != NULL)
		return har_fields_lines(in, &f, list);
	headers_add(list, &in->entry->x->arena, f.name, str_trim(f.value));
	return 0;
}

int
har_fields_read(struct har_in *in, enum json_token t, void *slot)
{
	in->pseudo = 0;
	if (har_fields_list(in, t, har_fields_give_header, slot) == -1)
		return -1;
	if (in->pseudo == 0)
		return 0;
	return har_in_repair(
	    in, "left out %u pseudo-header fields of HTTP/2", in->pseudo);
}

static int
har_fields_give_query(struct har_in *in, const struct har_field *f, void *slot)
{
	struct headers *list = slot;

	headers_add(list, &in->entry->x->arena,
	    f->name.p != NULL ? f->name : STR(""), f->value);
	return 0;
}

/* It repeats the URL and is only looked at when that has no query. */
int
har_fields_read_query(struct har_in *in, enum json_token t, void *slot)
{
	int r;

	in->quiet = true;
	r = har_fields_list(in, t, har_fields_give_query, slot);
	in->quiet = false;
	return r;
}

static int
har_fields_give_param(struct har_in *in, const struct har_field *f, void *slot)
{
	struct har_payload *payload = slot;
	struct har_param *p = arena_zalloc(&in->entry->x->arena, sizeof(*p));

	p->name = f->name.p != NULL ? f->name : STR("");
	p->value = f->value;
	p->file = f->file;
	p->type = f->type;
	if (payload->last_param != NULL)
		payload->last_param->next = p;
	else
		payload->params = p;
	payload->last_param = p;
	return 0;
}

int
har_fields_read_params(struct har_in *in, enum json_token t, void *slot)
{
	if (t == JSON_NULL)
		return 0;
	return har_fields_list(in, t, har_fields_give_param, slot);
}
