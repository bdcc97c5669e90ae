#include "config.h"

#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "har/headers.h"
#include "recorder/path.h"
#include "recorder/rules.h"
#include "replay/differences_priv.h"
#include "replay/rule_line.h"
#include "replay/shown.h"

#include "replay/differences.h"

/* How far a difference puts two requests apart. */
enum {
	FAR_SEGMENTS = 100, /* not as many of them */
	FAR_NAME = 50,      /* another segment that is no id */
	FAR_METHOD = 40,
	FAR_HOST = 30,
	FAR_ID = 12,
	FAR_KEY = 6, /* missing or extra */
	FAR_VALUE = 4,
	FAR_FIELD = 3,
	FAR_ORDER = 1,
};

static const char *const difference_places[DIFFERENCE_PLACE_COUNT] = {
#define P(name, text) [DIFFERENCE_IN_##name] = text,
	DIFFERENCE_PLACES(P)
#undef P
};

static const char *const difference_ways[DIFFERENCE_WAY_COUNT] = {
#define W(name, text) [DIFFERENCE_##name] = text,
	DIFFERENCE_WAYS(W)
#undef W
};

const char *
difference_place_text(enum difference_place p)
{
	return difference_places[p];
}

const char *
difference_way_text(enum difference_way w)
{
	return difference_ways[w];
}

/*
 * Adding
 */

static struct str
differences_shown(struct differences_run *r, struct str s)
{
	struct arena *a = &r->d->arena;

	return s.p == NULL ? s : arena_str(a, shown_value(a, s));
}

void
differences_add(struct differences_run *r, struct difference x,
    unsigned distance, const char *what)
{
	struct differences *d = r->d;

	d->distance += distance;
	if (d->n == DIFFERENCES_MOST) {
		d->more = true;
		return;
	}
	if (what != NULL && x.rule.p == NULL) {
		r->rule.n = 0;
		if (rule_line(&r->rule, &r->q, what, x.name))
			x.rule = buf_str(&r->rule);
	}
	if (x.rule.p != NULL)
		x.rule = arena_str(&d->arena, x.rule);
	x.name = differences_shown(r, x.name.p != NULL ? x.name : STR(""));
	x.recorded = differences_shown(r, x.recorded);
	x.live = differences_shown(r, x.live);
	d->v[d->n++] = x;
}

/*
 * Method, host, path
 */

static void
differences_method(struct differences_run *r)
{
	if (!str_eq(r->recorded->method, r->live->method))
		differences_add(r,
		    (struct difference){
			.place = DIFFERENCE_IN_METHOD,
			.recorded = r->recorded->method,
			.live = r->live->method,
		    },
		    FAR_METHOD, NULL);
	if (!str_eq(r->recorded->scope, r->live->scope))
		differences_add(r,
		    (struct difference){
			.place = DIFFERENCE_IN_HOST,
			.recorded = r->recorded->scope,
			.live = r->live->scope,
		    },
		    FAR_HOST, NULL);
}

static void
differences_segments(
    struct differences_run *r, struct str recorded, struct str live)
{
	struct difference x = { .place = DIFFERENCE_IN_PATH };
	struct buf rule = { 0 };
	char number[24];
	size_t i;
	bool ids;

	if (rule_line_path(&rule, &r->q, recorded))
		x.rule = buf_str(&rule);
	for (i = 1;
	     path_cut(&recorded, &x.recorded) && path_cut(&live, &x.live);
	     i++) {
		if (str_eq(x.recorded, x.live))
			continue;
		x.name = (struct str){ number,
			(size_t)snprintf(number, sizeof(number), "%zu", i) };
		ids = path_is_id(x.recorded) && path_is_id(x.live);
		differences_add(r, x, ids ? FAR_ID : FAR_NAME, NULL);
	}
	buf_free(&rule);
}

static void
differences_path(struct differences_run *r)
{
	struct difference x = {
		.place = DIFFERENCE_IN_PATH,
		.recorded = path_of(r->recorded->target),
		.live = path_of(r->live->target),
	};

	if (str_eq(x.recorded, x.live))
		return;
	if (path_segments(x.recorded) == path_segments(x.live))
		differences_segments(r, x.recorded, x.live);
	else
		differences_add(r, x, FAR_SEGMENTS, NULL);
}

/*
 * Queries and forms
 */

struct difference_pair {
	struct str name, value; /* value.p is NULL without an = */
	bool matched;
};

/* How many pairs there are; those that are too many are not kept. */
static size_t
differences_split(struct str s, struct difference_pair *v)
{
	size_t n = 0;
	struct str pair;

	if (s.p == NULL || s.n == 0)
		return 0;
	for (; str_cut(&s, '&', &pair); n++) {
		if (n >= DIFFERENCES_PAIRS)
			continue;
		v[n] = (struct difference_pair){ .value = pair };
		(void)str_cut(&v[n].value, '=', &v[n].name);
	}
	return n;
}

static struct difference_pair *
differences_pair(struct difference_pair *v, size_t n,
    const struct difference_pair *like, bool value)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (!v[i].matched && str_eq(v[i].name, like->name) &&
		    (!value || str_eq(v[i].value, like->value)))
			return &v[i];
	return NULL;
}

static const char *
differences_rule(enum difference_place place)
{
	return place == DIFFERENCE_IN_QUERY ? "ignore query" : "ignore form";
}

static struct str
differences_there(struct str value)
{
	return value.p != NULL ? value : STR("");
}

static void
differences_add_pair(struct differences_run *r, enum difference_place place,
    const struct difference_pair *recorded, const struct difference_pair *live)
{
	struct difference x = { .place = place };

	if (recorded != NULL) {
		x.name = recorded->name;
		x.recorded = differences_there(recorded->value);
	}
	if (live != NULL) {
		x.name = live->name;
		x.live = differences_there(live->value);
	}
	x.way = live == NULL       ? DIFFERENCE_MISSING
		: recorded == NULL ? DIFFERENCE_EXTRA
				   : DIFFERENCE_CHANGED;
	differences_add(r, x, x.way == DIFFERENCE_CHANGED ? FAR_VALUE : FAR_KEY,
	    differences_rule(place));
}

/* Each recorded pair with the live one of its name; how many are equal is
 * found out first.  Whether anything differed. */
static bool
differences_match_pairs(struct differences_run *r, enum difference_place place,
    struct difference_pair *a, size_t na, struct difference_pair *b, size_t nb)
{
	unsigned before = r->d->distance;
	struct difference_pair *other;
	size_t i;

	for (i = 0; i < na; i++) {
		other = differences_pair(b, nb, &a[i], true);
		if (other != NULL)
			a[i].matched = other->matched = true;
	}
	for (i = 0; i < na; i++) {
		if (a[i].matched)
			continue;
		other = differences_pair(b, nb, &a[i], false);
		if (other != NULL)
			other->matched = true;
		differences_add_pair(r, place, &a[i], other);
	}
	for (i = 0; i < nb; i++)
		if (!b[i].matched)
			differences_add_pair(r, place, NULL, &b[i]);
	return r->d->distance > before;
}

static bool
differences_in_order(
    const struct difference_pair *a, const struct difference_pair *b, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (!str_eq(a[i].name, b[i].name) ||
		    !str_eq(a[i].value, b[i].value))
			return false;
	return true;
}

void
differences_pairs(struct differences_run *r, enum difference_place place,
    struct str recorded, struct str live)
{
	struct difference_pair a[DIFFERENCES_PAIRS], b[DIFFERENCES_PAIRS];
	size_t na = differences_split(recorded, a);
	size_t nb = differences_split(live, b);
	struct difference x = {
		.place = place, .recorded = recorded, .live = live
	};
	const char *rule = place == DIFFERENCE_IN_QUERY ? "compare query-as-set"
							: "compare form-as-set";

	if (na > DIFFERENCES_PAIRS || nb > DIFFERENCES_PAIRS) {
		differences_add(r, x, FAR_KEY, NULL);
		return;
	}
	if (differences_match_pairs(r, place, a, na, b, nb))
		return;
	x.way = na == nb && !differences_in_order(a, b, na)
		    ? DIFFERENCE_ORDER
		    : DIFFERENCE_WRITTEN;
	differences_add(r, x, FAR_ORDER, rule);
}

static struct str
differences_query(struct str target)
{
	size_t n = path_of(target).n;

	return n < target.n ? (struct str){ target.p + n + 1, target.n - n - 1 }
			    : (struct str){ NULL, 0 };
}

static void
differences_in_query(struct differences_run *r)
{
	struct str a = differences_query(r->recorded->target);
	struct str b = differences_query(r->live->target);

	/* "/a?" is not "/a". */
	if (!str_eq(a, b) || (a.p == NULL) != (b.p == NULL))
		differences_pairs(r, DIFFERENCE_IN_QUERY, a, b);
}

/*
 * Header fields
 */

/* The members of all fields called name, a comma and a blank between them;
 * p is NULL when there are none. */
static struct str
differences_field(
    struct differences_run *r, const struct headers *h, struct str name)
{
	struct buf out = { 0 };
	struct str rest, member;
	bool any = false;
	size_t i;

	for (i = 0; h != NULL && i < h->n; i++) {
		if (!str_ieq(h->v[i].name, name))
			continue;
		rest = h->v[i].value.p != NULL ? h->v[i].value : STR("");
		while (str_cut(&rest, ',', &member)) {
			buf_add_text(&out, any ? ", " : "");
			buf_add_str(&out, str_trim(member));
			any = true;
		}
	}
	rest = any ? arena_str(&r->d->arena, buf_str(&out))
		   : (struct str){ NULL, 0 };
	buf_free(&out);
	return rest;
}

static void
differences_in_field(
    struct differences_run *r, struct str name, const char *rule)
{
	struct difference x = {
		.place = DIFFERENCE_IN_HEADER,
		.name = name,
		.recorded = differences_field(r, r->recorded->headers, name),
		.live = differences_field(r, r->live->headers, name),
	};

	if (str_eq(x.recorded, x.live) &&
	    (x.recorded.p == NULL) == (x.live.p == NULL))
		return;
	x.way = x.live.p == NULL       ? DIFFERENCE_MISSING
		: x.recorded.p == NULL ? DIFFERENCE_EXTRA
				       : DIFFERENCE_CHANGED;
	differences_add(r, x, FAR_FIELD, rule);
}

static void
differences_in_vary(struct differences_run *r, const struct headers *answer)
{
	const struct header *f;
	struct str rest, name;
	size_t at = 0;

	if (answer == NULL)
		return;
	while ((f = headers_next(answer, "Vary", &at)) != NULL) {
		rest = f->value.p != NULL ? f->value : STR("");
		while (str_cut(&rest, ',', &name)) {
			name = str_trim(name);
			if (str_is_token(name) && !str_is(name, "*") &&
			    !str_iis(name, "Host"))
				differences_in_field(r, name, "ignore header");
		}
	}
}

/* What a Content-Type says but for a boundary. */
static struct str
differences_type(const struct headers *h)
{
	struct str type = h != NULL ? headers_get(h, "Content-Type")
				    : (struct str){ NULL, 0 };
	struct str media = STR("");

	if (type.p == NULL)
		return type;
	if (str_istarts(type, "multipart/") && str_cut(&type, ';', &media))
		return str_trim(media);
	return type;
}

/* A type that is another one explains why bodies are. */
static void
differences_in_type(struct differences_run *r)
{
	if ((r->live->size > 0 || r->recorded->size > 0) &&
	    !str_ieq(differences_type(r->recorded->headers),
		differences_type(r->live->headers)))
		differences_in_field(r, STR("Content-Type"), NULL);
}

void
differences_find(struct differences *d, const struct compared *recorded,
    const struct compared *live, const struct headers *answer)
{
	struct differences_run r = {
		.d = d,
		.recorded = recorded,
		.live = live,
		.q = { .method = live->method,
		    .scope = live->scope,
		    .target = live->target },
	};

	differences_method(&r);
	differences_path(&r);
	differences_in_query(&r);
	differences_in_vary(&r, answer);
	differences_in_type(&r);
	differences_body(&r);
	buf_free(&r.rule);
}

void
differences_fini(struct differences *d)
{
	arena_fini(&d->arena);
	*d = (struct differences){ 0 };
}

/*
 * Words
 */

void
difference_text(const struct difference *x, struct buf *out)
{
	buf_addf(out, "%s%s%.*s: ", difference_place_text(x->place),
	    x->name.n > 0 ? " " : "", STR_ARGS(x->name));
	switch (x->way) {
	case DIFFERENCE_CHANGED:
		buf_addf(out, "recorded %.*s, asked %.*s",
		    STR_ARGS(x->recorded), STR_ARGS(x->live));
		break;
	case DIFFERENCE_MISSING:
		buf_addf(
		    out, "recorded %.*s, not asked", STR_ARGS(x->recorded));
		break;
	case DIFFERENCE_EXTRA:
		buf_addf(out, "not recorded, asked %.*s", STR_ARGS(x->live));
		break;
	case DIFFERENCE_ORDER:
		buf_add_text(out, "the same in another order");
		break;
	case DIFFERENCE_WRITTEN:
		buf_add_text(out, "the same, written otherwise");
		break;
	case DIFFERENCE_WAY_COUNT:
		break;
	}
}
