#include "config.h"

#include <string.h>

#include "base/arena.h"
#include "har/date.h"
#include "har/headers.h"
#include "har/json_write.h"

#include "har/har_kept.h"

/*
 * Cookies
 */

static bool
har_kept_one_of(struct str name, const char *const *list)
{
	for (; *list != NULL; list++)
		if (str_is(name, *list))
			return true;
	return false;
}

/* Whether a member of a cookie is what HAR wants; text is its value when
 * that is a string.  A member of no standard may be anything. */
static bool
har_kept_fits(struct str name, enum json_token t, struct str text)
{
	static const char *const strings[] = { "name", "value", "path",
		"domain", "expires", "comment", NULL };
	static const char *const bools[] = { "httpOnly", "secure", NULL };
	int64_t us;

	if (har_kept_one_of(name, bools))
		return t == JSON_TRUE || t == JSON_FALSE;
	if (!har_kept_one_of(name, strings))
		return true;
	if (t != JSON_STRING)
		return false;
	return !str_is(name, "expires") || date_parse(text, &us) == 0;
}

/* Writes the cookie whose object was just opened in j. */
static void
har_kept_cookie(struct json_write *w, struct json *j)
{
	struct buf name = { 0 }, text = { 0 };
	enum json_token t;
	bool is_string;

	json_write_object(w);
	while (json_next(j) == JSON_NAME) {
		name.n = text.n = 0;
		buf_add_str(&name, json_text(j));
		t = json_next(j);
		is_string = t == JSON_STRING;
		if (is_string)
			(void)json_decode(j, &text, HAR_MOST_TEXT);
		if (!har_kept_fits(buf_str(&name), t, buf_str(&text))) {
			(void)json_skip(j, t);
			continue;
		}
		json_write_name(w, buf_str(&name));
		if (is_string)
			json_write_str(w, buf_str(&text));
		else
			(void)json_write_value(w, j, t);
	}
	json_write_object_end(w);
	buf_free(&name);
	buf_free(&text);
}

/* The list given as text, with only what HAR allows in it.  How many. */
static size_t
har_kept_tidy(struct str list, struct buf *out)
{
	struct json *j = json_open_str(list);
	enum json_token t;
	struct json_write w;
	size_t n = 0;

	(void)json_next(j); /* it begins */
	json_write_init(&w, false, NULL, NULL);
	json_write_array(&w);
	while ((t = json_next(j)) != JSON_ARRAY_END && t != JSON_ERROR) {
		if (t == JSON_OBJECT) {
			har_kept_cookie(&w, j);
			n++;
		} else {
			(void)json_skip(j, t);
		}
	}
	json_write_array_end(&w);
	json_close(j);
	*out = w.out;
	return n;
}

/* The value that begins with t as compact text. */
static int
har_kept_value(struct har_in *in, enum json_token t, struct buf *out)
{
	struct json_write w;
	int r;

	json_write_init(&w, false, NULL, NULL);
	r = json_write_value(&w, in->j, t);
	*out = w.out;
	return r == -1 ? har_in_fail(in) : 0;
}

static int
har_kept_cookies(
    struct har_in *in, enum json_token t, enum har_place place, bool *some)
{
	struct buf text = { 0 }, tidy = { 0 };
	int r;

	if (t != JSON_ARRAY)
		return har_in_pass(in, t, NULL);
	r = har_kept_value(in, t, &text);
	if (r == 0 && har_kept_tidy(buf_str(&text), &tidy) > 0 && !*some) {
		har_in_add(in->entry, place, "cookies", buf_str(&tidy));
		*some = true;
	}
	buf_free(&text);
	buf_free(&tidy);
	return r;
}

int
har_kept_request_cookies(struct har_in *in, enum json_token t, void *slot)
{
	struct har_entry *entry = slot;

	return har_kept_cookies(in, t, HAR_REQUEST, &entry->request_cookies);
}

int
har_kept_response_cookies(struct har_in *in, enum json_token t, void *slot)
{
	struct har_entry *entry = slot;

	return har_kept_cookies(in, t, HAR_RESPONSE, &entry->response_cookies);
}

/*
 * Cache and comment
 */

static bool
har_kept_has(struct str text, const char *part)
{
	return memmem(text.p, text.n, part, strlen(part)) != NULL;
}

/* A state of the cache has three members that must be there (HAR 1.2); what
 * some producers write instead is kept under another name. */
static bool
har_kept_is_cache(struct str text)
{
	return !har_kept_has(text, ":{") ||
	       (har_kept_has(text, "\"lastAccess\":\"") &&
		   har_kept_has(text, "\"eTag\":\"") &&
		   har_kept_has(text, "\"hitCount\":"));
}

int
har_kept_cache(struct har_in *in, enum json_token t, void *slot)
{
	struct buf text = { 0 };
	struct str s;
	int r;

	if (t != JSON_OBJECT)
		return har_in_pass(in, t, NULL);
	r = har_kept_value(in, t, &text);
	s = buf_str(&text);
	if (r == 0 && !str_is(s, "{}"))
		har_in_add(slot, HAR_ENTRY,
		    har_kept_is_cache(s) ? "cache" : "_cache", s);
	buf_free(&text);
	return r;
}

int
har_kept_comment(struct har_in *in, enum json_token t, void *slot)
{
	struct har_entry *entry = slot;

	if (t == JSON_STRING)
		return har_in_text(in, t, &entry->comment);
	if (t == JSON_NULL)
		return 0;
	return har_in_keep(in, t, STR("_comment"), HAR_ENTRY);
}

/*
 * In the end
 */

/* Removes the cookies kept as extra when a header field has them. */
static void
har_kept_drop_cookies(struct har_entry *entry, enum har_place place)
{
	struct json_write w;
	struct buf was = entry->extra[place], text = { 0 };
	struct json *j;

	buf_add(&text, "{", 1);
	buf_add_str(&text, buf_str(&was));
	buf_add(&text, "}", 1);
	j = json_open_str(buf_str(&text));
	json_write_init(&w, false, NULL, NULL);
	entry->extra_members[place] = 0;
	(void)json_next(j); /* the brace just put there */
	while (json_next(j) == JSON_NAME) {
		if (str_is(json_text(j), "cookies")) {
			(void)json_skip(j, json_next(j));
			continue;
		}
		json_write_name(&w, json_text(j));
		(void)json_write_value(&w, j, json_next(j));
		entry->extra_members[place]++;
	}
	json_close(j);
	buf_free(&text);
	buf_free(&was);
	entry->extra[place] = w.out;
}

void
har_kept_finish(struct har_entry *entry)
{
	struct exchange *x = entry->x;
	struct buf all = { 0 };
	int p;

	if (entry->request_cookies &&
	    headers_get(&x->request.headers, "Cookie").p != NULL)
		har_kept_drop_cookies(entry, HAR_REQUEST);
	if (entry->response_cookies &&
	    headers_get(&x->response.headers, "Set-Cookie").p != NULL)
		har_kept_drop_cookies(entry, HAR_RESPONSE);
	for (p = 0; p < HAR_PLACES; p++) {
		if (entry->extra_members[p] == 0)
			continue;
		buf_addf(&all, "%s\"%s\":{", all.n == 0 ? "{" : ",",
		    har_place_text((enum har_place)p));
		buf_add_str(&all, buf_str(&entry->extra[p]));
		buf_add(&all, "}", 1);
	}
	if (all.n > 0) {
		buf_add(&all, "}", 1);
		x->extra = arena_str(&x->arena, buf_str(&all));
	}
	buf_free(&all);
}
