#include "config.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "har/coding.h"
#include "har/date.h"
#include "har/json_path.h"
#include "replay/answer.h"

#include "replay/refresh.h"

#define REFRESH_MOST_BODY (16u << 20) /* decoded */
#define REFRESH_MOST_PLACES 100000

/* By how much a recording's dates move. */
struct refresh_ages {
	int64_t now, began;
};

/* ---- one date --------------------------------------------------------- */

/* Where the zone of an ISO 8601 text begins; its end when it has none. */
static size_t
refresh_zone(struct str text)
{
	size_t i;

	for (i = 11; i < text.n; i++)
		if (strchr("Zz+-", text.p[i]) != NULL)
			break;
	return i < text.n ? i : text.n;
}

/* "2026-11-21T06:18:18.123+01:00": the clock moves, the rest stays. */
static bool
refresh_iso(struct str text, int64_t us, struct buf *out)
{
	char now[DATE_BYTES];
	size_t zone = refresh_zone(text);
	struct str clock = { text.p, zone };
	int64_t at;

	if (text.n < 16 || text.n > 40 || date_parse(text, &at) == -1 ||
	    date_parse(clock, &at) == -1)
		return false;
	date_format(at + us - us % 1000000, now);
	buf_add(out, now, 10);
	buf_add(out, text.p + 10, 1);
	buf_add(out, now + 11, clock.n < 19 ? clock.n - 11 : 8);
	if (clock.n > 19)
		buf_add(out, clock.p + 19, clock.n - 19);
	buf_add(out, text.p + zone, text.n - zone);
	return true;
}

static bool
refresh_day(struct str text, int64_t us, struct buf *out)
{
	char day[32], now[DATE_BYTES];
	int64_t at;

	if (text.n != 10 || text.p[4] != '-')
		return false;
	memcpy(day, text.p, 10);
	memcpy(day + 10, "T00:00:00Z", 11);
	if (date_parse(str_of(day), &at) != 0)
		return false;
	date_format(at + us, now);
	buf_add(out, now, 10);
	return true;
}

bool
refresh_date(struct str text, int64_t us, struct buf *out)
{
	char now[DATE_BYTES];
	int64_t at;

	if (refresh_day(text, us, out) || refresh_iso(text, us, out))
		return true;
	if (date_parse_cookie(text, &at) == -1)
		return false;
	date_format_http(at + us, now);
	buf_add_text(out, now);
	return true;
}

bool
refresh_number(struct str number, int64_t us, struct buf *out)
{
	/* The least of each unit is of 2001, and ten times that of 2286. */
	static const uint64_t least[] = { 1000000000, 1000000000000,
		1000000000000000, 1000000000000000000 };
	const int64_t by[] = { us / 1000000, us / 1000, us, us * 1000 };
	struct str whole = number;
	const char *dot = memchr(number.p, '.', number.n);
	uint64_t v = 0;
	size_t i;

	if (dot != NULL)
		whole.n = (size_t)(dot - number.p);
	if (whole.n > 19) /* more than fits v */
		return false;
	for (i = 0; i < whole.n; i++) {
		if (whole.p[i] < '0' || whole.p[i] > '9')
			return false;
		v = v * 10 + (uint64_t)(whole.p[i] - '0');
	}
	for (i = 0; i < sizeof(least) / sizeof(*least); i++)
		if (v >= least[i] && v / 10 < least[i])
			break;
	if (i == sizeof(least) / sizeof(*least))
		return false;
	buf_addf(out, "%" PRIu64, v + (uint64_t)by[i]);
	buf_add(out, number.p + whole.n, number.n - whole.n);
	return true;
}

/* ---- fields ----------------------------------------------------------- */

/* The date behind "expires=" moves, the other attributes stay. */
static void
refresh_cookie(struct str value, int64_t us, struct buf *out)
{
	struct str rest = value, part, name;
	bool first = true;

	while (str_cut(&rest, ';', &part)) {
		if (!first)
			buf_add(out, ";", 1);
		first = false;
		name = str_trim(part);
		if (!str_istarts(name, "expires=")) {
			buf_add_str(out, part);
			continue;
		}
		buf_add(out, part.p, (size_t)(name.p - part.p) + 8);
		name = (struct str){ name.p + 8, name.n - 8 };
		if (!refresh_date(name, us, out))
			buf_add_str(out, name);
	}
}

/* Adds the value that a field has now. */
static void
refresh_value(struct str name, struct str value,
    const struct refresh_ages *ages, struct buf *out)
{
	static const char *const moving[] = { "Date", "Expires",
		"Retry-After" };
	size_t i;

	for (i = 0; i < sizeof(moving) / sizeof(*moving); i++)
		if (str_iis(name, moving[i]) &&
		    refresh_date(value, ages->now, out))
			return;
	if (str_iis(name, "Last-Modified") &&
	    refresh_date(value, ages->began, out))
		return;
	if (str_iis(name, "Set-Cookie"))
		refresh_cookie(value, ages->now, out);
	else
		buf_add_str(out, value);
}

static struct headers
refresh_headers(const struct headers *h, const struct refresh_ages *ages,
    struct arena *arena)
{
	struct headers moved = { 0 };
	struct buf value = { 0 };
	size_t i;

	for (i = 0; i < h->n; i++) {
		value.n = 0;
		refresh_value(h->v[i].name, h->v[i].value, ages, &value);
		headers_add(&moved, arena, h->v[i].name,
		    arena_str(arena, buf_str(&value)));
	}
	buf_free(&value);
	return moved;
}

/* The head once more; length is that of a new body, NULL for the old one. */
static void
refresh_head(struct str head, const struct refresh_ages *ages,
    const size_t *length, struct buf *out)
{
	struct str line, name;

	str_cut(&head, '\n', &line);
	buf_add(out, line.p, line.n + 1);
	while (head.n > 0 && str_cut(&head, '\n', &line)) {
		line.n--; /* the CR */
		str_cut(&line, ':', &name);
		buf_add_str(out, name);
		buf_add(out, ": ", 2);
		if (length != NULL && str_iis(name, "Content-Length"))
			buf_addf(out, "%zu", *length);
		else
			refresh_value(name, str_trim(line), ages, out);
		buf_add(out, "\r\n", 2);
	}
}

/* ---- JSON ------------------------------------------------------------- */

static enum json_edit
refresh_place(
    void *arg, const struct json_place *p, struct str value, struct buf *out)
{
	int64_t us = *(const int64_t *)arg;
	size_t was = out->n;

	if (p->kind == JSON_NUMBER)
		return refresh_number(value, us, out) ? JSON_EDIT_PUT
						      : JSON_EDIT_KEEP;
	if (p->kind != JSON_STRING || value.n < 2)
		return JSON_EDIT_KEEP;
	buf_add(out, "\"", 1);
	if (!refresh_date((struct str){ value.p + 1, value.n - 2 }, us, out)) {
		out->n = was;
		return JSON_EDIT_KEEP;
	}
	buf_add(out, "\"", 1);
	return JSON_EDIT_PUT;
}

/* The body with the dates at the places moved; false when it stays. */
static bool
refresh_body(const struct answer *a, const struct json_paths *paths, int64_t us,
    struct buf *body)
{
	struct arena arena = { 0 };
	struct str codings = coding_list(&a->headers, &arena);
	struct buf plain = { 0 }, moved = { 0 };
	struct json_places places = { 0 };
	struct err e;
	bool done = false;

	if (coding_decode(codings, buf_str(&a->body->bytes), REFRESH_MOST_BODY,
		&plain) == CODING_DONE &&
	    json_paths_find(paths, buf_str(&plain), REFRESH_MOST_PLACES,
		&places, &e) == 0 &&
	    places.n > 0) {
		json_places_edit(
		    &places, buf_str(&plain), refresh_place, &us, &moved);
		done = coding_encode(codings, buf_str(&moved), body) == 0;
	}
	json_places_fini(&places);
	buf_free(&plain);
	buf_free(&moved);
	arena_fini(&arena);
	return done;
}

struct answer *
refresh_answer(struct answer *a, const struct refresh *r)
{
	int64_t started = answer_kept_of(a)->started_us;
	struct refresh_ages fields = { 0, 0 };
	struct arena arena = { 0 };
	struct buf head = { 0 }, body = { 0 };
	struct headers moved;
	struct answer_kept *k;
	bool other = r->places != NULL && a->body->stored_id == 0 &&
		     a->body->size > 0 &&
		     refresh_body(a, r->places, r->now_us - started, &body);

	if (!other && !r->fields)
		return a;
	if (r->fields)
		fields = (struct refresh_ages){ r->now_us - started,
			r->began_us - started };
	moved = refresh_headers(&a->headers, &fields, &arena);
	refresh_head(a->head, &fields, other ? &body.n : NULL, &head);
	k = answer_changed(
	    answer_kept_of(a), buf_str(&head), &moved, other ? &body : NULL);
	buf_free(&head);
	buf_free(&body);
	arena_fini(&arena);
	return &k->answer;
}
