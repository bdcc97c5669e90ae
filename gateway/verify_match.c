#include "config.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "base/regex.h"
#include "gateway/printable.h"
#include "gateway/query.h"
#include "gateway/traffic.h"
#include "gateway/traffic_view.h"

#include "gateway/verify_priv.h"

#define VERIFY_SHOWN 200 /* bytes of a value */

/* Of what weighs most in how near a request is. */
enum { VERIFY_FAR = 100, VERIFY_MIDDLE = 10, VERIFY_NEAR = 1 };

struct verify_at {
	const struct traffic_row *row;
	unsigned distance;
	struct buf *lines;
	bool unsure;
};

/* ---- what is said ------------------------------------------------------- */

static void
verify_show(struct buf *out, struct str s)
{
	struct str some = { s.p, s.n < VERIFY_SHOWN ? s.n : VERIFY_SHOWN };

	if (s.p == NULL) {
		buf_add_text(out, "nothing");
		return;
	}
	buf_add_text(out, "\"");
	printable_add(out, some, false);
	buf_add_text(out, s.n > some.n ? "...\"" : "\"");
}

static void
verify_show_json(struct buf *out, const json_t *v)
{
	char *text =
	    v != NULL ? json_dumps(v, JSON_ENCODE_ANY | JSON_COMPACT) : NULL;

	if (text == NULL) {
		buf_add_text(out, "nothing");
		return;
	}
	printable_add(out,
	    (struct str){ text,
		strlen(text) < VERIFY_SHOWN ? strlen(text) : VERIFY_SHOWN },
	    false);
	free(text);
}

/* "query page: expected " */
static void
verify_begin_line(
    struct verify_at *a, unsigned weight, const char *place, const char *name)
{
	a->distance += weight;
	buf_add_text(a->lines, place);
	if (name != NULL) {
		buf_add_text(a->lines, " ");
		printable_add(a->lines, str_of(name), false);
	}
	buf_add_text(a->lines, ": expected ");
}

static void
verify_differs(struct verify_at *a, unsigned weight, const char *place,
    const struct verify_text *x, struct str came)
{
	static const char *const words[] = { [VERIFY_IS] = "",
		[VERIFY_GLOB] = "",
		[VERIFY_CONTAINS] = "something with ",
		[VERIFY_REGEX] = "a match of ",
		[VERIFY_THERE] = "something",
		[VERIFY_ABSENT] = "none",
		[VERIFY_JSON] = "" };

	verify_begin_line(a, weight, place, x->name);
	buf_add_text(a->lines, words[x->way]);
	if (x->way < VERIFY_THERE)
		verify_show(a->lines, x->text);
	buf_add_text(a->lines, ", came ");
	verify_show(a->lines, came);
	buf_add_text(a->lines, "\n");
}

/* ---- texts -------------------------------------------------------------- */

/* p is NULL for what is not there. */
static bool
verify_text_fits(const struct verify_text *x, struct str s)
{
	if (!x->wanted)
		return true;
	if (s.p == NULL || x->way == VERIFY_ABSENT)
		return s.p == NULL && x->way == VERIFY_ABSENT;
	switch (x->way) {
	case VERIFY_IS:
		return str_eq(x->text, s);
	case VERIFY_GLOB:
		return str_glob(x->text, s);
	case VERIFY_CONTAINS:
		return memmem(s.p, s.n, x->text.p, x->text.n) != NULL;
	case VERIFY_REGEX:
		return regex_find(x->regex, s, 0, NULL) == 1;
	case VERIFY_THERE:
		return true;
	case VERIFY_ABSENT:
	case VERIFY_JSON:
		break;
	}
	return false;
}

static void
verify_text(struct verify_at *a, unsigned weight, const char *place,
    const struct verify_text *x, struct str s)
{
	if (!verify_text_fits(x, s))
		verify_differs(a, weight, place, x, s);
}

/* Any value of that key will do; the first is told when none does. */
static void
verify_query(struct verify_at *a, const struct verify_text *x)
{
	struct str rest = a->row->text[TRAFFIC_PATH], pair, name, first = { 0 };
	struct buf key = { 0 }, value = { 0 };
	bool fits = false;

	(void)str_cut(&rest, '?', &pair);
	while (!fits && rest.p != NULL && str_cut(&rest, '&', &pair)) {
		(void)str_cut(&pair, '=', &name);
		key.n = 0;
		buf_add_decoded(&key, name, true);
		if (!str_is(buf_str(&key), x->name))
			continue;
		value.n = 0;
		buf_reserve(&value, 1);
		if (pair.p != NULL)
			buf_add_decoded(&value, pair, true);
		first = buf_str(&value);
		fits = verify_text_fits(x, first);
		if (x->way == VERIFY_ABSENT)
			break;
	}
	if (!fits && (first.p != NULL || x->way != VERIFY_ABSENT))
		verify_differs(a, VERIFY_NEAR, "query", x, first);
	buf_free(&key);
	buf_free(&value);
}

static void
verify_header(struct verify_at *a, const struct verify_text *x)
{
	struct str rest = a->row->text[TRAFFIC_REQUEST_FIELDS];
	struct str line, name, first = { NULL, 0 };
	bool fits = false;

	while (!fits && rest.n > 0 && str_cut(&rest, '\n', &line)) {
		if (!str_cut(&line, ':', &name) || line.p == NULL ||
		    !str_iis(name, x->name))
			continue;
		if (line.n > 0 && line.p[line.n - 1] == '\r')
			line.n--;
		line = str_trim(line);
		if (first.p == NULL)
			first = line;
		fits = verify_text_fits(x, line);
		if (x->way == VERIFY_ABSENT)
			break;
	}
	if (!fits && (first.p != NULL || x->way != VERIFY_ABSENT))
		verify_differs(a, VERIFY_NEAR, "header", x, first);
}

/* ---- JSON --------------------------------------------------------------- */

static bool verify_json_has(
    const json_t *wanted, const json_t *came, unsigned depth);

static bool
verify_json_members(const json_t *wanted, const json_t *came, unsigned depth)
{
	const char *name;
	json_t *value;

	/* jansson reads what it gets as what it may change. */
	json_object_foreach((json_t *)wanted, name, value)
	{
		if (!verify_json_has(
			value, json_object_get(came, name), depth + 1))
			return false;
	}
	return true;
}

/* Whether came has all of wanted: an object may have more members. */
static bool
verify_json_has(const json_t *wanted, const json_t *came, unsigned depth)
{
	size_t i;

	if (came == NULL || depth > VERIFY_DEPTH)
		return false;
	if (json_is_number(wanted) && json_is_number(came))
		return json_equal(wanted, came) ||
		       json_number_value(wanted) == json_number_value(came);
	if (json_typeof(wanted) != json_typeof(came))
		return false;
	if (json_is_object(wanted))
		return verify_json_members(wanted, came, depth);
	if (!json_is_array(wanted))
		return json_equal(wanted, came);
	if (json_array_size(wanted) != json_array_size(came))
		return false;
	for (i = 0; i < json_array_size(wanted); i++)
		if (!verify_json_has(json_array_get(wanted, i),
			json_array_get(came, i), depth + 1))
			return false;
	return true;
}

/* What a JSON Pointer (RFC 6901) points to, or NULL. */
static const json_t *
verify_pointer(const json_t *v, const char *pointer)
{
	struct str rest = str_of(pointer), part;
	struct buf name = { 0 };
	uint64_t index;
	size_t i;

	if (rest.n == 0)
		return v;
	(void)str_cut(&rest, '/', &part);
	while (v != NULL && rest.p != NULL && str_cut(&rest, '/', &part)) {
		name.n = 0;
		for (i = 0; i < part.n; i++)
			if (part.p[i] == '~' && i + 1 < part.n)
				buf_add(
				    &name, part.p[++i] == '1' ? "/" : "~", 1);
			else
				buf_add(&name, part.p + i, 1);
		if (json_is_array(v))
			v = str_u64(buf_str(&name), &index) == 0
				? json_array_get(v, index)
				: NULL;
		else
			v = json_object_get(v, buf_text(&name));
	}
	buf_free(&name);
	return v;
}

static void
verify_json_differs(struct verify_at *a, const char *place,
    const json_t *wanted, const json_t *came)
{
	verify_begin_line(a, VERIFY_NEAR, "body", place);
	verify_show_json(a->lines, wanted);
	buf_add_text(a->lines, ", came ");
	verify_show_json(a->lines, came);
	buf_add_text(a->lines, "\n");
}

static void
verify_place(
    struct verify_at *a, const struct verify_text *x, const json_t *body)
{
	const json_t *came = verify_pointer(body, x->name);
	struct str text = { NULL, 0 };
	char *dumped = NULL;

	if (x->way == VERIFY_JSON) {
		if (!verify_json_has(x->json, came, 0))
			verify_json_differs(a, x->name, x->json, came);
		return;
	}
	if (json_is_string(came)) {
		text = (struct str){ json_string_value(came),
			json_string_length(came) };
	} else if (came != NULL) {
		dumped = json_dumps(came, JSON_ENCODE_ANY | JSON_COMPACT);
		text = str_of(dumped);
	}
	verify_text(a, VERIFY_NEAR, "body", x, text);
	free(dumped);
}

static void
verify_body(struct verify_at *a, const struct verify_expected *x)
{
	struct buf body = { 0 };
	json_t *json = NULL;
	json_error_t wrong;
	size_t i;

	if (x->body == NULL && x->places.n == 0 && !x->raw.wanted)
		return;
	if (!traffic_view_decoded(a->row, TRAFFIC_OF_REQUEST, &body) &&
	    a->row->request_bytes > a->row->text[TRAFFIC_REQUEST_BODY].n) {
		a->unsure = true;
		buf_free(&body);
		return;
	}
	buf_reserve(&body, 1);
	verify_text(a, VERIFY_NEAR, "body", &x->raw, buf_str(&body));
	if (x->body != NULL || x->places.n > 0)
		json = json_loadb(body.p, body.n, JSON_DECODE_ANY, &wrong);
	if (x->body != NULL && !verify_json_has(x->body, json, 0))
		verify_json_differs(a, NULL, x->body, json);
	for (i = 0; i < x->places.n; i++)
		verify_place(a, &x->places.v[i], json);
	json_decref(json);
	buf_free(&body);
}

/* ---- all ---------------------------------------------------------------- */

static void
verify_asked(struct verify_at *a, const struct query *q)
{
	struct query_of of;

	traffic_view_query(a->row, &of);
	if (q == NULL || query_holds(q, &of))
		return;
	a->distance += VERIFY_MIDDLE;
	buf_add_text(a->lines, "it is not what q asks for\n");
}

enum verify_fit
verify_match(const struct verify_expected *x, const struct traffic_row *r,
    unsigned *distance, struct buf *lines)
{
	struct verify_at a = { .row = r, .lines = lines };
	struct str path = r->text[TRAFFIC_PATH], rest = path;
	size_t i;

	(void)str_cut(&rest, '?', &path);
	verify_text(
	    &a, VERIFY_MIDDLE, "method", &x->method, r->text[TRAFFIC_METHOD]);
	verify_text(&a, VERIFY_MIDDLE, "host", &x->host, r->text[TRAFFIC_HOST]);
	verify_text(&a, VERIFY_FAR, "path", &x->path, path);
	verify_asked(&a, x->q);
	for (i = 0; i < x->query.n; i++)
		verify_query(&a, &x->query.v[i]);
	for (i = 0; i < x->headers.n; i++)
		verify_header(&a, &x->headers.v[i]);
	verify_body(&a, x);
	*distance = a.distance;
	if (a.distance > 0)
		return VERIFY_DIFFERS;
	return a.unsure ? VERIFY_UNSURE : VERIFY_FITS;
}
