#include "config.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/mem.h"
#include "har/json_write.h"

#include "har/har_in.h"

int
har_in_fail(struct har_in *in)
{
	return json_error(in->j, in->e);
}

int
har_in_wrong(struct har_in *in, const char *fmt, ...)
{
	struct buf path = { 0 };
	char what[256];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(what, sizeof(what), fmt, ap);
	va_end(ap);
	json_wrong(in->j, in->e, what);
	json_path(in->j, &path);
	if (path.n > 0)
		err_wrap(in->e, "%s", buf_text(&path));
	buf_free(&path);
	return -1;
}

static int
har_in_note(struct har_in *in, const char *path, const char *text)
{
	struct har_note n = { in->index, path, text, false, false };

	if (in->quiet)
		return 0;
	in->repaired = true;
	if (in->o->strict)
		return err_set(in->e, "%s: %s", path, text);
	if (in->o->on_note != NULL)
		in->o->on_note(in->o->arg, &n);
	return 0;
}

int
har_in_repair(struct har_in *in, const char *fmt, ...)
{
	struct buf path = { 0 };
	char text[256];
	va_list ap;
	int r;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (in->lines)
		buf_addf(
		    &path, "/log/entries/%llu", (unsigned long long)in->index);
	json_path(in->j, &path);
	r = har_in_note(in, buf_text(&path), text);
	buf_free(&path);
	return r;
}

int
har_in_repair_at(struct har_in *in, const char *path, const char *fmt, ...)
{
	char text[256], whole[96];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	snprintf(whole, sizeof(whole), "/log/entries/%llu/%s",
	    (unsigned long long)in->index, path);
	return har_in_note(in, whole, text);
}

struct bulk
har_in_bulk(const struct har_in *in)
{
	return (struct bulk){
		.in_memory =
		    in->o->in_memory > 0 ? in->o->in_memory : HAR_IN_MEMORY,
		.folder = in->o->folder,
		.limit = HAR_MOST_BODY,
	};
}

struct str
har_in_str(struct har_in *in, const struct buf *b)
{
	return arena_str(&in->entry->x->arena, buf_str(b));
}

int
har_in_keep(
    struct har_in *in, enum json_token t, struct str name, enum har_place place)
{
	struct har_entry *entry = in->entry;
	struct json_write w;
	int r;

	json_write_init(&w, false, NULL, NULL);
	w.out = entry->extra[place];
	w.empty = entry->extra_members[place]++ == 0;
	json_write_name(&w, name);
	(void)json_flaws(in->j); /* of what was passed over */
	r = json_write_value(&w, in->j, t);
	entry->extra[place] = w.out;
	if (r == -1)
		return har_in_fail(in);
	if ((json_flaws(in->j) & JSON_BAD_UTF8) != 0)
		return har_in_repair(in, "bytes that are not UTF-8, replaced");
	return 0;
}

void
har_in_add(struct har_entry *entry, enum har_place place, const char *name,
    struct str value)
{
	buf_addf(&entry->extra[place],
	    "%s\"%s\":", entry->extra_members[place]++ == 0 ? "" : ",", name);
	buf_add_str(&entry->extra[place], value);
}

static const struct har_member *
har_in_find(const struct har_member *m, struct str name)
{
	for (; m->name != NULL; m++)
		if (str_is(name, m->name))
			return m;
	return NULL;
}

static int
har_in_member(struct har_in *in, const struct har_member *members, void *base,
    enum har_place place)
{
	const struct har_member *m = har_in_find(members, json_text(in->j));
	enum json_token t;
	struct str name;
	char *copy;
	int r;

	if (m != NULL) {
		t = json_next(in->j);
		return t == JSON_ERROR
			   ? har_in_fail(in)
			   : m->read(in, t, (char *)base + m->offset);
	}
	if (place == HAR_PLACES)
		return har_in_pass(in, json_next(in->j), NULL);
	name = json_text(in->j);
	copy = xmemdup0(name.p, name.n);
	r = har_in_keep(
	    in, json_next(in->j), (struct str){ copy, name.n }, place);
	free(copy);
	return r;
}

static enum json_token
har_in_next(struct har_in *in)
{
	enum json_token t = in->ahead;

	in->ahead = JSON_ERROR;
	return t != JSON_ERROR ? t : json_next(in->j);
}

int
har_in_object(struct har_in *in, enum json_token t,
    const struct har_member *members, void *base, enum har_place place)
{
	if (t == JSON_NULL)
		return har_in_repair(in, "null, expected an object");
	if (t != JSON_OBJECT) {
		if (har_in_pass(in, t, NULL) == -1)
			return -1;
		return har_in_repair(in, "passed over %s, expected an object",
		    json_token_text(t));
	}
	while ((t = har_in_next(in)) != JSON_OBJECT_END) {
		if (t != JSON_NAME)
			return har_in_fail(in);
		if (har_in_member(in, members, base, place) == -1)
			return -1;
	}
	return 0;
}

int
har_in_array(struct har_in *in, enum json_token t,
    int (*on_item)(struct har_in *in, enum json_token t, void *arg), void *arg)
{
	while ((t = json_next(in->j)) != JSON_ARRAY_END) {
		if (t == JSON_ERROR)
			return har_in_fail(in);
		if (on_item(in, t, arg) == -1)
			return -1;
	}
	return 0;
}

int
har_in_pass(struct har_in *in, enum json_token t, void *slot)
{
	(void)slot; /* a row of a table for what is not wanted */
	return json_skip(in->j, t) == -1 ? har_in_fail(in) : 0;
}

/* Says what was tolerated in the string just read. */
static int
har_in_flaws(struct har_in *in)
{
	unsigned flaws = json_flaws(in->j);

	if ((flaws & JSON_LONE_SURROGATE) != 0 &&
	    har_in_repair(in, "a surrogate without its other half") == -1)
		return -1;
	if ((flaws & JSON_BAD_UTF8) != 0)
		return har_in_repair(in, "bytes that are not UTF-8");
	return 0;
}

int
har_in_text(struct har_in *in, enum json_token t, void *slot)
{
	struct str *s = slot;
	int r;

	switch (t) {
	case JSON_STRING:
		in->scratch.n = 0;
		(void)json_flaws(in->j); /* of what was passed over */
		r = json_decode(in->j, &in->scratch, HAR_MOST_TEXT);
		if (r == -1)
			return har_in_fail(in);
		*s = har_in_str(in, &in->scratch);
		if (r == 1 &&
		    har_in_repair(in, "cut to %u bytes", HAR_MOST_TEXT) == -1)
			return -1;
		return har_in_flaws(in);
	case JSON_NULL:
		return 0;
	case JSON_NUMBER:
	case JSON_TRUE:
	case JSON_FALSE:
		*s = arena_str(&in->entry->x->arena,
		    t == JSON_NUMBER ? json_text(in->j)
				     : str_of(json_token_text(t)));
		return har_in_repair(
		    in, "%s, expected a string", json_token_text(t));
	default:
		if (har_in_pass(in, t, NULL) == -1)
			return -1;
		return har_in_repair(in, "passed over %s, expected a string",
		    json_token_text(t));
	}
}

/* The number's or the string's text as a C text in scratch; 1, or 0 when
 * there is neither. */
static int
har_in_digits(struct har_in *in, enum json_token t)
{
	in->scratch.n = 0;
	if (t == JSON_NUMBER) {
		buf_add_str(&in->scratch, json_text(in->j));
		return 1;
	}
	if (t == JSON_STRING) {
		if (json_decode(in->j, &in->scratch, 64) == -1)
			return har_in_fail(in);
		if (har_in_repair(in, "a string, expected a number") == -1)
			return -1;
		return 1;
	}
	if (har_in_pass(in, t, NULL) == -1)
		return -1;
	if (t != JSON_NULL &&
	    har_in_repair(in, "passed over %s, expected a number",
		json_token_text(t)) == -1)
		return -1;
	return 0;
}

/* Reads a decimal text times scale, rounded half away from zero.  0, or -1
 * when it is none or beyond 10^15. */
static int
har_in_decimal(const char *text, double scale, int64_t *v)
{
	char *end;
	double d = strtod(text, &end) * scale;

	if (end == text || *end != '\0' || !(d > -1e15 && d < 1e15))
		return -1;
	*v = (int64_t)(d < 0 ? d - 0.5 : d + 0.5);
	return 0;
}

int
har_in_number(struct har_in *in, enum json_token t, void *slot)
{
	int64_t *v = slot, scaled;
	int r = har_in_digits(in, t);

	if (r != 1)
		return r;
	if (har_in_decimal(buf_text(&in->scratch), 1, v) == -1)
		return har_in_repair(in,
		    "passed over \"%.40s\", a number that cannot be",
		    buf_text(&in->scratch));
	if (har_in_decimal(buf_text(&in->scratch), 1000, &scaled) == 0 &&
	    scaled != *v * 1000)
		return har_in_repair(in, "%.40s rounded to %lld",
		    buf_text(&in->scratch), (long long)*v);
	return 0;
}

int
har_in_ms(struct har_in *in, enum json_token t, void *slot)
{
	int64_t *v = slot;
	int r = har_in_digits(in, t);

	*v = -1;
	if (r != 1)
		return r;
	if (har_in_decimal(buf_text(&in->scratch), 1000, v) == -1) {
		*v = -1;
		return har_in_repair(in, "passed over \"%.40s\", no time",
		    buf_text(&in->scratch));
	}
	if (*v < 0 && *v != -1000) {
		*v = -1;
		return har_in_repair(in, "a negative time");
	}
	if (*v < 0)
		*v = -1;
	return 0;
}
