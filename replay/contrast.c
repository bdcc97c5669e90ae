#include "config.h"

#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/regex.h"
#include "har/headers.h"
#include "recorder/path.h"
#include "recorder/rules.h"
#include "replay/contrast_priv.h"
#include "replay/level.h"
#include "replay/rule_line.h"
#include "replay/shown.h"

#include "replay/contrast.h"

/* How far a difference puts two requests apart. */
enum {
	FAR_SEGMENTS = 100, /* not as many of them */
	FAR_NAME = 50,      /* another segment that is no id */
	FAR_METHOD = 40,
	FAR_HOST = 30,
	FAR_ID = 12,
	FAR_FIELD = 3,
};

/* With a rule of these, a request is compared by what it means. */
#define CONTRAST_MEANING \
	(RULES_OF_MATCHING & ~RULE_BIT(RULE_COMPARE_HEADER) & \
	    ~RULE_BIT(RULE_REPLACE_HEADER) & ~RULE_BIT(RULE_IGNORE_HEADER))

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
contrast_shown(struct contrast_run *r, struct str s)
{
	struct arena *a = &r->d->arena;

	return s.p == NULL ? s : arena_str(a, shown_value(a, s));
}

void
contrast_add(struct contrast_run *r, struct difference x, unsigned distance,
    const char *what)
{
	struct contrast *d = r->d;

	/* Which secret it was decides nothing: see replay/level.h. */
	if (x.way == DIFFERENCE_CHANGED && !str_eq(x.recorded, x.live) &&
	    level_same(x.recorded, x.live))
		return;
	d->distance += distance;
	if (r->by->distance_only)
		return;
	if (d->n == CONTRAST_MOST) {
		d->more = true;
		return;
	}
	if (what != NULL && x.rule.p == NULL && r->by->lines) {
		r->rule.n = 0;
		if (rule_line(&r->rule, &r->q, what, x.name))
			x.rule = buf_str(&r->rule);
	}
	if (x.rule.p != NULL)
		x.rule = arena_str(&d->arena, x.rule);
	x.name = contrast_shown(r, x.name.p != NULL ? x.name : STR(""));
	x.recorded = contrast_shown(r, x.recorded);
	x.live = contrast_shown(r, x.live);
	d->v[d->n++] = x;
}

void
contrast_add_ruled(struct contrast_run *r, struct difference x,
    unsigned distance, const char *what, struct str argument)
{
	struct buf rule = { 0 };

	if (r->by->lines && rule_line(&rule, &r->q, what, argument))
		x.rule = buf_str(&rule);
	contrast_add(r, x, distance, NULL);
	buf_free(&rule);
}

bool
contrast_named(const struct contrast_run *r, uint64_t verbs, struct str name,
    bool any_case)
{
	const struct rule *rule = NULL;

	while ((rule = rules_next(r->by->rules, rule, verbs, &r->q)) != NULL)
		if (rule->narguments == 0 || rule_names(rule, name, any_case))
			return true;
	return false;
}

/*
 * Method, host, path
 */

static void
contrast_method(struct contrast_run *r)
{
	if (!str_eq(r->recorded->method, r->live->method))
		contrast_add(r,
		    (struct difference){
			.place = DIFFERENCE_IN_METHOD,
			.recorded = r->recorded->method,
			.live = r->live->method,
		    },
		    FAR_METHOD, NULL);
	if (!str_eq(r->recorded->scope, r->live->scope))
		contrast_add(r,
		    (struct difference){
			.place = DIFFERENCE_IN_HOST,
			.recorded = r->recorded->scope,
			.live = r->live->scope,
		    },
		    FAR_HOST, NULL);
}

static void
contrast_segments(struct contrast_run *r, struct str recorded, struct str live)
{
	struct difference x = { .place = DIFFERENCE_IN_PATH };
	struct buf rule = { 0 };
	char number[24];
	size_t i;
	bool ids;

	if (r->by->lines && rule_line_path(&rule, &r->q, live, recorded))
		x.rule = buf_str(&rule);
	for (i = 1;
	     path_cut(&recorded, &x.recorded) && path_cut(&live, &x.live);
	     i++) {
		if (str_eq(x.recorded, x.live))
			continue;
		x.name = (struct str){ number,
			(size_t)snprintf(number, sizeof(number), "%zu", i) };
		ids = path_is_id(x.recorded) && path_is_id(x.live);
		contrast_add(r, x, ids ? FAR_ID : FAR_NAME, NULL);
	}
	buf_free(&rule);
}

/* What the path rules leave of a path. */
static struct str
contrast_replaced(struct contrast_run *r, struct str path)
{
	const struct rule *rule = NULL;
	struct buf out = { 0 };

	while ((rule = rules_next(
		    r->by->rules, rule, RULE_BIT(RULE_PATH), &r->q)) != NULL) {
		out.n = 0;
		(void)regex_replace(
		    rule->regex, path, rule->arguments[1], &out);
		path = arena_str(&r->d->arena, buf_str(&out));
	}
	buf_free(&out);
	return path;
}

static void
contrast_path(struct contrast_run *r)
{
	struct difference x = {
		.place = DIFFERENCE_IN_PATH,
		.recorded = contrast_replaced(r, path_of(r->recorded->target)),
		.live = contrast_replaced(r, path_of(r->live->target)),
	};

	if (str_eq(x.recorded, x.live))
		return;
	/* Only real paths have segments: not "*", nor what imports may hold. */
	if (str_starts(x.recorded, "/") && str_starts(x.live, "/") &&
	    path_segments(x.recorded) == path_segments(x.live))
		contrast_segments(r, x.recorded, x.live);
	else
		contrast_add(r, x, FAR_SEGMENTS, NULL);
}

/*
 * The query
 */

static struct str
contrast_query(struct str target)
{
	size_t n = path_of(target).n;

	return n < target.n ? (struct str){ target.p + n + 1, target.n - n - 1 }
			    : (struct str){ NULL, 0 };
}

static void
contrast_in_query(struct contrast_run *r)
{
	struct str a = contrast_query(r->recorded->target);
	struct str b = contrast_query(r->live->target);

	/* "/a?" is not "/a". */
	if (!str_eq(a, b) || (a.p == NULL) != (b.p == NULL))
		contrast_pairs(r, DIFFERENCE_IN_QUERY, a, b);
}

/*
 * Header fields
 */

/* The members of all fields called name, a comma and a blank between them;
 * p is NULL when there are none. */
static struct str
contrast_field(struct contrast_run *r, const struct headers *h, struct str name)
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

/* Whether no field before that one has its name. */
static bool
contrast_first(const struct headers *const h[2], size_t i, size_t k)
{
	struct str name = h[i]->v[k].name;
	size_t at;

	for (at = 0; at < k; at++)
		if (str_ieq(h[i]->v[at].name, name))
			return false;
	for (at = 0; i == 1 && h[0] != NULL && at < h[0]->n; at++)
		if (str_ieq(h[0]->v[at].name, name))
			return false;
	return true;
}

static void
contrast_in_field(struct contrast_run *r, struct str name, const char *rule)
{
	uint64_t left_out = RULE_BIT(RULE_IGNORE_HEADER);
	struct difference x = {
		.place = DIFFERENCE_IN_HEADER,
		.name = name,
		.recorded = contrast_field(r, r->recorded->headers, name),
		.live = contrast_field(r, r->live->headers, name),
	};

	if (str_eq(x.recorded, x.live) &&
	    (x.recorded.p == NULL) == (x.live.p == NULL))
		return;
	x.way = x.live.p == NULL       ? DIFFERENCE_MISSING
		: x.recorded.p == NULL ? DIFFERENCE_EXTRA
				       : DIFFERENCE_CHANGED;
	if (x.way == DIFFERENCE_CHANGED)
		left_out |= RULE_BIT(RULE_REPLACE_HEADER);
	if (!contrast_named(r, left_out, name, true))
		contrast_add(r, x, FAR_FIELD, rule);
}

/* The fields that a compare rule names. */
static void
contrast_in_compared(struct contrast_run *r)
{
	const struct headers *h[2] = { r->recorded->headers, r->live->headers };
	uint64_t verbs =
	    RULE_BIT(RULE_COMPARE_HEADER) | RULE_BIT(RULE_REPLACE_HEADER);
	size_t i, k;

	for (i = 0; i < 2; i++)
		for (k = 0; h[i] != NULL && k < h[i]->n; k++)
			if (contrast_first(h, i, k) &&
			    contrast_named(r, verbs, h[i]->v[k].name, true))
				contrast_in_field(
				    r, h[i]->v[k].name, "ignore header");
}

static void
contrast_in_vary(struct contrast_run *r)
{
	const struct headers *answer = r->by->answer;
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
				contrast_in_field(r, name, "ignore header");
		}
	}
}

/* What a Content-Type says but for a boundary. */
static struct str
contrast_type(const struct headers *h)
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
contrast_in_type(struct contrast_run *r)
{
	if (!str_ieq(contrast_type(r->recorded->headers),
		contrast_type(r->live->headers)))
		contrast_in_field(r, STR("Content-Type"), NULL);
}

void
contrast_find(struct contrast *d, const struct compared *recorded,
    const struct compared *live, const struct contrast_by *by)
{
	struct contrast_run r = {
		.d = d,
		.by = by,
		.recorded = recorded,
		.live = live,
		.q = { .method = live->method,
		    .scope = live->scope,
		    .target = live->target },
	};
	unsigned before;

	r.by_meaning =
	    rules_next(by->rules, NULL, CONTRAST_MEANING, &r.q) != NULL;
	contrast_method(&r);
	contrast_path(&r);
	contrast_in_query(&r);
	contrast_in_vary(&r);
	contrast_in_compared(&r);
	before = d->distance;
	contrast_body(&r);
	if (d->distance > before)
		contrast_in_type(&r);
	buf_free(&r.rule);
}

void
contrast_fini(struct contrast *d)
{
	arena_fini(&d->arena);
	*d = (struct contrast){ 0 };
}

/*
 * Words
 */

/* A scope is empty where no host chose the upstream. */
static void
difference_add_value(struct buf *out, struct str value)
{
	if (value.n > 0)
		buf_add_str(out, value);
	else
		buf_add_text(out, "nothing");
}

void
difference_text(const struct difference *x, struct buf *out)
{
	buf_addf(out, "%s%s%.*s: ", difference_place_text(x->place),
	    x->name.n > 0 ? " " : "", STR_ARGS(x->name));
	switch (x->way) {
	case DIFFERENCE_CHANGED:
		buf_add_text(out, "recorded ");
		difference_add_value(out, x->recorded);
		buf_add_text(out, ", asked ");
		difference_add_value(out, x->live);
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
