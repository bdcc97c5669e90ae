#include "config.h"

#include <search.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/err.h"
#include "har/date.h"
#include "har/json_write.h"

#include "har/har_log.h"

/*
 * As HAR wants it
 */

enum har_log_kind {
	HAR_LOG_TEXT,
	HAR_LOG_DATE,
	HAR_LOG_NUMBER,
	HAR_LOG_OBJECT,
};

struct har_log_rule {
	const char *name;
	enum har_log_kind kind;
	const char *otherwise; /* of a member that has to be there; or NULL */
	const struct har_log_rule *inside; /* of HAR_LOG_OBJECT */
};

static const struct har_log_rule har_log_timings[] = {
	{ "onContentLoad", HAR_LOG_NUMBER, NULL, NULL },
	{ "onLoad", HAR_LOG_NUMBER, NULL, NULL },
	{ "comment", HAR_LOG_TEXT, NULL, NULL },
	{ NULL, HAR_LOG_TEXT, NULL, NULL },
};

static const struct har_log_rule har_log_page[] = {
	{ "startedDateTime", HAR_LOG_DATE, "\"1970-01-01T00:00:00.000Z\"",
	    NULL },
	{ "id", HAR_LOG_TEXT, "\"\"", NULL },
	{ "title", HAR_LOG_TEXT, "\"\"", NULL },
	{ "pageTimings", HAR_LOG_OBJECT, "{}", har_log_timings },
	{ "comment", HAR_LOG_TEXT, NULL, NULL },
	{ NULL, HAR_LOG_TEXT, NULL, NULL },
};

static const struct har_log_rule har_log_browser[] = {
	{ "name", HAR_LOG_TEXT, "\"\"", NULL },
	{ "version", HAR_LOG_TEXT, "\"\"", NULL },
	{ "comment", HAR_LOG_TEXT, NULL, NULL },
	{ NULL, HAR_LOG_TEXT, NULL, NULL },
};

static unsigned har_log_object(
    struct json *j, const struct har_log_rule *rules, struct buf *out);

static void
har_log_any(struct json *j, enum json_token t, struct buf *out)
{
	struct json_write w;

	json_write_init(&w, false, NULL, NULL);
	w.out = *out;
	(void)json_write_value(&w, j, t);
	*out = w.out;
}

static void
har_log_string(struct str s, struct buf *out)
{
	struct json_write w;

	json_write_init(&w, false, NULL, NULL);
	w.out = *out;
	json_write_str(&w, s);
	*out = w.out;
}

/* A number does for a text: identifiers often are. */
static bool
har_log_text(struct json *j, enum json_token t, struct buf *out)
{
	if (t == JSON_STRING)
		har_log_any(j, t, out);
	else if (t == JSON_NUMBER)
		har_log_string(json_text(j), out);
	return t == JSON_STRING || t == JSON_NUMBER;
}

static bool
har_log_date(
    struct json *j, enum json_token t, struct buf *out, unsigned *changes)
{
	char right[DATE_BYTES];
	struct buf text = { 0 };
	int64_t us;
	int r = -1;

	if (t == JSON_STRING && json_decode(j, &text, DATE_BYTES * 4) == 0)
		r = date_parse(buf_str(&text), &us);
	if (r == -1 && date_parse_odd(buf_str(&text), &us) == 0)
		r = 1;
	if (r == 0) {
		har_log_string(buf_str(&text), out);
	} else if (r == 1) {
		date_format(us, right);
		har_log_string(str_of(right), out);
		++*changes;
	}
	buf_free(&text);
	return r >= 0;
}

/* Appends the value that begins with t to out, made to fit.  False when it
 * does not, with nothing appended. */
static bool
har_log_fit(struct json *j, enum json_token t, const struct har_log_rule *rule,
    struct buf *out, unsigned *changes)
{
	switch (rule->kind) {
	case HAR_LOG_TEXT:
		*changes += t == JSON_NUMBER;
		return har_log_text(j, t, out);
	case HAR_LOG_DATE:
		return har_log_date(j, t, out, changes);
	case HAR_LOG_NUMBER:
		if (t == JSON_NUMBER)
			har_log_any(j, t, out);
		return t == JSON_NUMBER;
	case HAR_LOG_OBJECT:
		if (t == JSON_OBJECT)
			*changes += har_log_object(j, rule->inside, out);
		return t == JSON_OBJECT;
	}
	return false;
}

static void
har_log_add(struct buf *out, struct str name, struct str value)
{
	if (out->n > 0 && out->p[out->n - 1] != '{')
		buf_add(out, ",", 1);
	har_log_string(name, out);
	buf_add(out, ":", 1);
	buf_add_str(out, value);
}

/* The member whose name j just read.  seen has a bit for each rule. */
static void
har_log_member(struct json *j, const struct har_log_rule *rules, unsigned *seen,
    unsigned *changes, struct buf *out)
{
	struct buf name = { 0 }, value = { 0 };
	enum json_token t;
	unsigned i;
	bool fits = true;

	buf_add_str(&name, json_text(j));
	for (i = 0; rules[i].name != NULL; i++)
		if (str_is(buf_str(&name), rules[i].name))
			break;
	t = json_next(j);
	if (rules[i].name == NULL) {
		har_log_any(j, t, &value);
	} else if ((*seen & 1u << i) != 0) {
		fits = false;
		++*changes;
	} else {
		fits = har_log_fit(j, t, &rules[i], &value, changes);
		if (!fits && rules[i].otherwise == NULL)
			*changes += t != JSON_NULL; /* null says nothing */
		*seen |= fits ? 1u << i : 0;
	}
	if (fits)
		har_log_add(out, buf_str(&name), buf_str(&value));
	else
		(void)json_skip(j, t);
	buf_free(&name);
	buf_free(&value);
}

/* Appends the object that was just opened in j, made to fit.  How much had
 * to be changed. */
static unsigned
har_log_object(
    struct json *j, const struct har_log_rule *rules, struct buf *out)
{
	unsigned seen = 0, changes = 0, i;

	buf_add(out, "{", 1);
	while (json_next(j) == JSON_NAME)
		har_log_member(j, rules, &seen, &changes, out);
	for (i = 0; rules[i].name != NULL; i++) {
		if (rules[i].otherwise == NULL || (seen & 1u << i) != 0)
			continue;
		har_log_add(
		    out, str_of(rules[i].name), str_of(rules[i].otherwise));
		changes++;
	}
	buf_add(out, "}", 1);
	return changes;
}

/* The array given as text, made to fit. */
static unsigned
har_log_pages(struct json *j, struct buf *out)
{
	enum json_token t;
	unsigned changes = 0;

	buf_add(out, "[", 1);
	while ((t = json_next(j)) != JSON_ARRAY_END && t != JSON_ERROR) {
		if (t != JSON_OBJECT) {
			(void)json_skip(j, t);
			changes++;
			continue;
		}
		if (out->p[out->n - 1] != '[')
			buf_add(out, ",", 1);
		changes += har_log_object(j, har_log_page, out);
	}
	buf_add(out, "]", 1);
	return changes;
}

/* Adds a member with the compact text of its value.  How much had to be
 * changed; what cannot be what HAR means by its name gets another. */
static unsigned
har_log_tidy(struct str name, struct str text, struct buf *members)
{
	struct json *j = json_open_str(text);
	enum json_token t = json_next(j);
	struct buf value = { 0 }, other = { 0 };
	unsigned changes = 0;

	if (str_is(name, "pages") && t == JSON_ARRAY) {
		changes = har_log_pages(j, &value);
	} else if (str_is(name, "browser") && t == JSON_OBJECT) {
		changes = har_log_object(j, har_log_browser, &value);
	} else {
		buf_add_str(&value, text);
		if (str_is(name, "pages") || str_is(name, "browser") ||
		    (str_is(name, "comment") && t != JSON_STRING)) {
			buf_addf(&other, "_%.*s", STR_ARGS(name));
			name = buf_str(&other);
			changes = 1;
		}
	}
	har_log_add(members, name, buf_str(&value));
	json_close(j);
	buf_free(&value);
	buf_free(&other);
	return changes;
}

/*
 * Out of a file
 */

struct har_log_text {
	struct buf text;
	size_t most;
	bool over;
};

static int
har_log_take(void *arg, const void *p, size_t n, struct err *e)
{
	struct har_log_text *v = arg;

	(void)e; /* what is over the limit is told in the end */
	v->over |= n > v->most - v->text.n;
	if (!v->over)
		buf_add(&v->text, p, n);
	return 0;
}

int
har_log_keep(
    struct har_in *in, enum json_token t, struct str name, struct buf *members)
{
	struct har_log_text v = { .most = HAR_LOG_MOST - members->n };
	struct json_write w;
	struct err ignored;
	int r;

	if (t == JSON_NULL)
		return 0;
	(void)json_flaws(in->j); /* of what was passed over */
	json_write_init(&w, false, har_log_take, &v);
	r = json_write_value(&w, in->j, t);
	(void)json_write_end(&w, &ignored); /* har_log_take() never fails */
	json_write_fini(&w);
	if (r == -1)
		r = har_in_fail(in);
	else if (v.over || members->n + v.text.n + name.n * 6 > HAR_LOG_MOST)
		r = har_in_repair(in, "left out, for it is too long");
	else if (har_log_tidy(name, buf_str(&v.text), members) > 0)
		r = har_in_repair(in, "not as HAR wants it, changed");
	else if ((json_flaws(in->j) & JSON_BAD_UTF8) != 0)
		r = har_in_repair(in, "bytes that are not UTF-8, replaced");
	buf_free(&v.text);
	return r;
}

/*
 * Several into one
 */

struct har_log_item {
	struct har_log_item *next;
	struct str name; /* of a member */
	struct str value;
};

static int
har_log_by_name(const void *a, const void *b)
{
	const struct har_log_item *x = a, *y = b;
	size_t n = x->name.n < y->name.n ? x->name.n : y->name.n;
	int r = memcmp(x->name.p, y->name.p, n);

	return r != 0 ? r : (x->name.n > y->name.n) - (x->name.n < y->name.n);
}

/* The items of an array or object; those of an array are called by their
 * text. */
static struct har_log_item *
har_log_items(struct str text, struct arena *a)
{
	struct har_log_item *first = NULL, **end = &first, *item;
	struct json *j = json_open_str(text);
	struct buf value = { 0 };
	struct str name;
	enum json_token t = json_next(j);
	bool object = t == JSON_OBJECT;

	if (!object && t != JSON_ARRAY)
		t = JSON_ERROR;
	while (t != JSON_ERROR && (t = json_next(j)) != JSON_ERROR) {
		if (t == JSON_OBJECT_END || t == JSON_ARRAY_END)
			break;
		name = arena_str(a, json_text(j));
		value.n = 0;
		har_log_any(j, object ? json_next(j) : t, &value);
		if (value.n == 0)
			break; /* no JSON any more */
		item = arena_zalloc(a, sizeof(*item));
		item->value = arena_str(a, buf_str(&value));
		item->name = object ? name : item->value;
		*end = item;
		end = &item->next;
	}
	json_close(j);
	buf_free(&value);
	return first;
}

static void
har_log_nothing(void *item)
{
	(void)item; /* it lives in an arena */
}

/* Appends those of second that are not among first to it, by name. */
static struct har_log_item *
har_log_join(struct har_log_item *first, struct har_log_item *second)
{
	struct har_log_item **end = &first, *item;
	void *names = NULL;

	for (item = first; item != NULL; item = item->next) {
		(void)tsearch(item, &names, har_log_by_name);
		end = &item->next;
	}
	for (; second != NULL; second = item) {
		item = second->next;
		if (tfind(second, &names, har_log_by_name) != NULL)
			continue;
		(void)tsearch(second, &names, har_log_by_name);
		second->next = NULL;
		*end = second;
		end = &second->next;
	}
	tdestroy(names, har_log_nothing);
	return first;
}

static struct har_log_item *
har_log_find(struct har_log_item *item, const char *name)
{
	while (item != NULL && !str_is(item->name, name))
		item = item->next;
	return item;
}

static struct str
har_log_join_pages(struct str first, struct str second, struct arena *a)
{
	struct har_log_item *item =
	    har_log_join(har_log_items(first, a), har_log_items(second, a));
	struct buf out = { 0 };
	struct str all;

	buf_add(&out, "[", 1);
	for (; item != NULL; item = item->next) {
		buf_add_str(&out, item->value);
		if (item->next != NULL)
			buf_add(&out, ",", 1);
	}
	buf_add(&out, "]", 1);
	all = arena_str(a, buf_str(&out));
	buf_free(&out);
	return all;
}

void
har_log_merge(struct str first, struct str second, struct buf *out)
{
	struct arena a = { 0 };
	struct har_log_item *old = har_log_items(first, &a),
			    *more = har_log_items(second, &a), *pages, *others;

	pages = har_log_find(old, "pages");
	others = har_log_find(more, "pages");
	if (pages != NULL && others != NULL)
		pages->value =
		    har_log_join_pages(pages->value, others->value, &a);
	buf_add(out, "{", 1);
	for (old = har_log_join(old, more); old != NULL; old = old->next)
		har_log_add(out, old->name, old->value);
	buf_add(out, "}", 1);
	arena_fini(&a);
}
