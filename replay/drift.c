#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/mem.h"
#include "har/exchange.h"
#include "recorder/path.h"
#include "replay/shape.h"

#include "replay/drift.h"

/* Strings are one of a few words when they were seen at least so often, in
 * several answers, and each of them twice on average. */
#define WORDS_LEAST 4
#define WORDS_ANSWERS 2

struct drift {
	struct shape *shape;
};

/* An object or array in which the walk is, by either side. */
struct drift_level {
	struct str name;
	uint32_t was, now; /* objects there; bodies for the answer itself */
};

struct drift_walk {
	struct drift_findings *out;
	uint32_t answers;  /* recorded */
	struct buf levels; /* of struct drift_level, the innermost last */
};

/*
 * Findings
 */

static const struct {
	const char *word;
	bool breaking;
} drift_kinds[DRIFT_KIND_COUNT] = {
#define K(name, text, breaks) [DRIFT_##name] = { text, breaks },
	DRIFT_KINDS(K)
#undef K
};

const char *
drift_kind_text(enum drift_kind k)
{
	return drift_kinds[k].word;
}

void
drift_findings_reset(struct drift_findings *f)
{
	arena_reset(&f->arena);
	f->n = 0;
	f->breaking = f->informational = 0;
}

void
drift_findings_fini(struct drift_findings *f)
{
	arena_fini(&f->arena);
	free(f->v);
	*f = (struct drift_findings){ .v = NULL };
}

static void
drift_add(struct drift_findings *f, const struct drift_finding *found)
{
	struct arena *a = &f->arena;

	if (found->breaking)
		f->breaking++;
	else
		f->informational++;
	if (f->n == DRIFT_FINDINGS)
		return;
	if (f->n == f->cap) {
		f->cap = f->cap > 0 ? 2 * f->cap : 8;
		f->v = xrealloc(f->v, f->cap * sizeof(*f->v));
	}
	f->v[f->n++] = (struct drift_finding){
		.kind = found->kind,
		.breaking = found->breaking,
		.place = arena_str(a, found->place),
		.was = arena_str(a, found->was),
		.now = arena_str(a, found->now),
	};
}

/* Views of the texts are copied. */
static void
drift_found(struct drift_walk *w, enum drift_kind kind, struct str place,
    struct str was, struct str now)
{
	struct drift_finding f = { .kind = kind,
		.breaking = drift_kinds[kind].breaking,
		.place = place,
		.was = was,
		.now = now };

	drift_add(w->out, &f);
}

static const char *const drift_subjects[DRIFT_KIND_COUNT] = {
	[DRIFT_STATUS] = "status",
	[DRIFT_MEDIA] = "media type",
	[DRIFT_FIELD_REMOVED] = "header ",
	[DRIFT_FIELD_ADDED] = "header ",
};

/* Behind what was there. */
static const char *const drift_verbs[DRIFT_KIND_COUNT] = {
	[DRIFT_FIELD_REMOVED] = " is gone",
	[DRIFT_FIELD_ADDED] = " is new",
	[DRIFT_REMOVED] = " is gone",
	[DRIFT_OPTIONAL] = " is not always there any more",
	[DRIFT_ADDED] = " is new",
	[DRIFT_WORD] = " is new there, not one of ",
};

void
drift_text(const struct drift_finding *f, struct buf *out)
{
	const char *subject = drift_subjects[f->kind];
	const char *verb = drift_verbs[f->kind];
	bool word = f->kind == DRIFT_WORD;
	struct str first = word || f->was.n == 0 ? f->now : f->was;

	buf_add_text(out, subject != NULL ? subject : "body ");
	buf_add_str(out, f->place);
	if (first.n > 0) {
		buf_add_text(out, subject == NULL ? ": " : " ");
		buf_add_str(out, first);
	}
	buf_add_text(out, verb != NULL ? verb : " is now ");
	if (word)
		buf_add_str(out, f->was);
	else if (verb == NULL)
		buf_add_str(out, f->now);
}

/*
 * Header fields
 */

enum drift_weight {
	DRIFT_IGNORED, /* of the way, the server and the moment */
	DRIFT_LIGHT,   /* clients do without it */
	DRIFT_HEAVY,
};

static enum drift_weight
drift_weight(struct str name)
{
	static const struct {
		const char *name; /* in lower case; a prefix if it ends in - */
		enum drift_weight weight;
	} rows[] = {
		{ "accept-ranges", DRIFT_LIGHT },
		{ "age", DRIFT_IGNORED },
		{ "akamai-", DRIFT_IGNORED },
		{ "alt-svc", DRIFT_IGNORED },
		{ "cache-control", DRIFT_LIGHT },
		{ "cache-status", DRIFT_IGNORED },
		{ "cdn-", DRIFT_IGNORED },
		{ "cf-", DRIFT_IGNORED },
		{ "content-encoding", DRIFT_LIGHT },
		{ "content-language", DRIFT_LIGHT },
		{ "content-length", DRIFT_IGNORED },
		{ "content-security-policy", DRIFT_LIGHT },
		{ "date", DRIFT_IGNORED },
		{ "etag", DRIFT_LIGHT },
		{ "expires", DRIFT_LIGHT },
		{ "fly-request-id", DRIFT_IGNORED },
		{ "last-modified", DRIFT_LIGHT },
		{ "nel", DRIFT_IGNORED },
		{ "pragma", DRIFT_LIGHT },
		{ "referrer-policy", DRIFT_LIGHT },
		{ "report-to", DRIFT_IGNORED },
		{ "reporting-endpoints", DRIFT_IGNORED },
		{ "request-id", DRIFT_IGNORED },
		{ "server", DRIFT_IGNORED },
		{ "server-timing", DRIFT_IGNORED },
		{ "set-cookie", DRIFT_LIGHT },
		{ "strict-transport-security", DRIFT_LIGHT },
		{ "timing-allow-origin", DRIFT_LIGHT },
		{ "traceparent", DRIFT_IGNORED },
		{ "tracestate", DRIFT_IGNORED },
		{ "vary", DRIFT_LIGHT },
		{ "via", DRIFT_IGNORED },
		{ "x-amz-", DRIFT_IGNORED },
		{ "x-amzn-", DRIFT_IGNORED },
		{ "x-azure-", DRIFT_IGNORED },
		{ "x-cache", DRIFT_IGNORED },
		{ "x-cache-", DRIFT_IGNORED },
		{ "x-cloud-trace-context", DRIFT_IGNORED },
		{ "x-content-type-options", DRIFT_LIGHT },
		{ "x-correlation-id", DRIFT_IGNORED },
		{ "x-envoy-", DRIFT_IGNORED },
		{ "x-fastly-", DRIFT_IGNORED },
		{ "x-frame-options", DRIFT_LIGHT },
		{ "x-hark-source", DRIFT_IGNORED },
		{ "x-powered-by", DRIFT_IGNORED },
		{ "x-request-id", DRIFT_IGNORED },
		{ "x-runtime", DRIFT_IGNORED },
		{ "x-served-by", DRIFT_IGNORED },
		{ "x-timer", DRIFT_IGNORED },
		{ "x-trace-id", DRIFT_IGNORED },
		{ "x-varnish", DRIFT_IGNORED },
		{ "x-xss-protection", DRIFT_LIGHT },
	};
	size_t i, n;

	for (i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		n = strlen(rows[i].name);
		if (rows[i].name[n - 1] == '-' ? str_starts(name, rows[i].name)
					       : str_is(name, rows[i].name))
			return rows[i].weight;
	}
	return DRIFT_HEAVY;
}

static void
drift_field(struct drift_walk *w, const struct shape_fact *was,
    const struct shape_fact *now)
{
	struct drift_finding f = { .was = STR(""), .now = STR("") };
	enum drift_weight weight;

	if (was != NULL && (now != NULL || was->times[0] < w->answers))
		return;
	f.place = was != NULL ? was->name : now->name;
	weight = drift_weight(f.place);
	if (weight == DRIFT_IGNORED)
		return;
	f.kind = was != NULL ? DRIFT_FIELD_REMOVED : DRIFT_FIELD_ADDED;
	f.breaking = drift_kinds[f.kind].breaking && weight == DRIFT_HEAVY;
	drift_add(w->out, &f);
}

/* The media types of an endpoint among n facts of it, "a, b". */
static void
drift_media_names(const struct shape_fact *f, size_t n, struct buf *out)
{
	size_t i;

	for (i = 0; i < n; i++) {
		if (f[i].kind != SHAPE_MEDIA)
			continue;
		if (out->n > 0)
			buf_add_text(out, ", ");
		buf_add_str(out, f[i].name);
	}
}

/*
 * Bodies
 */

static void
drift_add_types(struct buf *out, unsigned types)
{
	static const char *const words[] = { "object", "array", "string",
		"number", "boolean", "null" };
	bool first = true;
	size_t i;

	for (i = 0; i < sizeof(words) / sizeof(*words); i++) {
		if ((types & 1u << i) == 0)
			continue;
		if (!first)
			buf_add_text(out, "|");
		buf_add_text(out, words[i]);
		first = false;
	}
}

static void
drift_found_types(struct drift_walk *w, enum drift_kind kind, struct str place,
    unsigned was, unsigned now)
{
	struct buf text = { 0 };
	size_t n;

	drift_add_types(&text, was);
	n = text.n;
	drift_add_types(&text, now);
	drift_found(w, kind, place, (struct str){ text.p, n },
	    (struct str){ text.p + n, text.n - n });
	buf_free(&text);
}

static void
drift_types(struct drift_walk *w, struct str place, unsigned was, unsigned now)
{
	unsigned more = now & ~was;

	if (more == 0)
		return;
	if (was == SHAPE_NULL)
		drift_found_types(w, DRIFT_FILLED, place, was, now);
	else if (more == SHAPE_NULL)
		drift_found_types(w, DRIFT_NULLABLE, place, was, now);
	else
		drift_found_types(w, DRIFT_TYPE, place, was, now);
}

/* Whether s could be one of the words that a program compares with. */
static bool
drift_is_word(struct str s)
{
	size_t i;
	char c;

	for (i = 0; i < s.n; i++) {
		c = s.p[i];
		if (!((c | 32) >= 'a' && (c | 32) <= 'z') &&
		    (i == 0 || ((c < '0' || c > '9') && c != '_' && c != '-' &&
				   c != '.' && c != ':' && c != ' ')))
			return false;
	}
	return s.n > 0 && !path_is_id(s);
}

static bool
drift_are_words(const struct drift_walk *w, const struct shape_words *words)
{
	unsigned i;

	if (words == NULL || words->many || words->times < WORDS_LEAST ||
	    words->n * 2 > words->times || w->answers < WORDS_ANSWERS)
		return false;
	for (i = 0; i < words->n; i++)
		if (!drift_is_word(words->v[i]))
			return false;
	return true;
}

static bool
drift_has_word(const struct shape_words *words, struct str word)
{
	unsigned i;

	for (i = 0; i < words->n; i++)
		if (str_eq(words->v[i], word))
			return true;
	return false;
}

static void
drift_add_word(struct buf *out, struct str word)
{
	if (out->n > 0)
		buf_add_text(out, ", ");
	buf_add_text(out, "\"");
	buf_add_str(out, word);
	buf_add_text(out, "\"");
}

static void
drift_words(struct drift_walk *w, struct str place,
    const struct shape_words *was, const struct shape_words *now)
{
	struct buf known = { 0 }, new = { 0 };
	unsigned i;

	if (now == NULL || !drift_are_words(w, was))
		return;
	for (i = 0; i < now->n; i++)
		if (!drift_has_word(was, now->v[i]))
			drift_add_word(&new, now->v[i]);
	for (i = 0; i < was->n; i++)
		drift_add_word(&known, was->v[i]);
	if (new.n > 0)
		drift_found(
		    w, DRIFT_WORD, place, buf_str(&known), buf_str(&new));
	buf_free(&known);
	buf_free(&new);
}

/* What holds the place called name; the levels inside of it end. */
static struct drift_level
drift_holder(struct drift_walk *w, struct str name)
{
	struct drift_level top;

	for (;;) {
		memcpy(
		    &top, w->levels.p + w->levels.n - sizeof(top), sizeof(top));
		if (top.name.n == 0 ||
		    (name.n > top.name.n &&
			memcmp(name.p, top.name.p, top.name.n) == 0 &&
			(name.p[top.name.n] == '.' ||
			    name.p[top.name.n] == '[')))
			return top;
		w->levels.n -= sizeof(top);
	}
}

static void
drift_push(struct drift_walk *w, struct str name, const struct shape_fact *was,
    const struct shape_fact *now)
{
	struct drift_level level = {
		.name = name,
		.was = was != NULL ? was->holders[0] : 0,
		.now = now != NULL ? now->holders[0] : 0,
	};

	buf_add(&w->levels, &level, sizeof(level));
}

/* Elements and members named by ids come and go. */
static bool
drift_is_counted(struct str name)
{
	return name.n < 2 || (memcmp(name.p + name.n - 2, "[]", 2) != 0 &&
				 memcmp(name.p + name.n - 2, ".*", 2) != 0);
}

static void
drift_place(struct drift_walk *w, const struct shape_fact *was,
    const struct shape_fact *now)
{
	struct str name = was != NULL ? was->name : now->name;
	struct drift_level up = drift_holder(w, name);
	bool counted = drift_is_counted(name);
	bool always = counted && was != NULL && was->times[0] >= up.was;

	drift_push(w, name, was, now);
	if (was == NULL) {
		if (counted && up.was > 0)
			drift_found_types(
			    w, DRIFT_ADDED, name, 0, now->seen[0]);
		return;
	}
	if (always && up.now > 0 && now == NULL)
		drift_found_types(w, DRIFT_REMOVED, name, was->seen[0], 0);
	if (now == NULL)
		return;
	if (always && now->times[0] < up.now)
		drift_found_types(w, DRIFT_OPTIONAL, name, was->seen[0], 0);
	drift_types(w, name, was->seen[0], now->seen[0]);
	drift_words(w, name, was->words, now->words);
}

/*
 * Answers
 */

struct drift *
drift_new(void)
{
	struct drift *d = xcalloc(1, sizeof(*d));

	d->shape = shape_new(SHAPE_GENERAL);
	return d;
}

void
drift_free(struct drift *d)
{
	if (d == NULL)
		return;
	shape_free(d->shape);
	free(d);
}

int
drift_learn(
    struct drift *d, const struct exchange *x, struct str body, struct err *e)
{
	return shape_add(d->shape, 0, x, body, e);
}

static void
drift_fact(struct drift_walk *w, const struct shape_fact *was,
    const struct shape_fact *now)
{
	switch (was != NULL ? was->kind : now->kind) {
	case SHAPE_HEADER:
		drift_field(w, was, now);
		break;
	case SHAPE_JSON:
		drift_place(w, was, now);
		break;
	default:
		break;
	}
}

/* A type that none of the recordings has. */
static void
drift_media(struct drift_walk *w, const struct shape_fact *was, size_t nwas,
    const struct shape_fact *now, size_t nnow)
{
	struct buf before = { 0 }, after = { 0 };
	size_t i;

	drift_media_names(was, nwas, &before);
	drift_media_names(now, nnow, &after);
	for (i = 0; i < nwas; i++)
		if (was[i].kind == SHAPE_MEDIA &&
		    str_eq(was[i].name, buf_str(&after)))
			break;
	if (i == nwas && before.n > 0 && after.n > 0)
		drift_found(
		    w, DRIFT_MEDIA, STR(""), buf_str(&before), buf_str(&after));
	buf_free(&before);
	buf_free(&after);
}

/* Both begin with their SHAPE_ENDPOINT. */
static void
drift_facts(struct drift_walk *w, const struct shape_fact *was, size_t nwas,
    const struct shape_fact *now, size_t nnow)
{
	size_t i = 1, j = 1;
	int order;

	w->answers = was->times[0];
	drift_push(w, STR(""), was, now);
	drift_media(w, was, nwas, now, nnow);
	while (i < nwas || j < nnow) {
		order = i == nwas   ? 1
			: j == nnow ? -1
				    : shape_order(&was[i], &now[j]);
		drift_fact(w, order <= 0 ? &was[i] : NULL,
		    order >= 0 ? &now[j] : NULL);
		i += order <= 0;
		j += order >= 0;
	}
}

static int
drift_compare_answers(struct drift *d, const struct exchange *was,
    const struct exchange *now, struct str body, struct drift_walk *w,
    struct err *e)
{
	struct shape *live = shape_new(SHAPE_GENERAL);
	const struct shape_fact *recorded, *facts;
	struct exchange x = *now; /* views; under the name of was */
	size_t nrecorded, n;
	int r;

	x.method = was->method;
	x.url = was->url;
	r = shape_add(live, 0, &x, body, e);
	if (r == 0) {
		facts = shape_facts(live, &n);
		recorded =
		    shape_facts_of(d->shape, facts->endpoint, &nrecorded);
		if (nrecorded > 0)
			drift_facts(w, recorded, nrecorded, facts, n);
	}
	buf_free(&w->levels);
	shape_free(live);
	return r;
}

/* The whole of something, a part of it, or that it is as the client knows. */
static bool
drift_is_content(int status)
{
	return status == 200 || status == 206 || status == 304;
}

int
drift_compare(struct drift *d, const struct exchange *was,
    const struct exchange *now, struct str body, struct drift_findings *out,
    struct err *e)
{
	struct drift_walk w = { .out = out };
	struct buf text = { 0 };

	drift_findings_reset(out);
	if (was->status == now->status)
		return drift_compare_answers(d, was, now, body, &w, e);
	if (drift_is_content(was->status) && drift_is_content(now->status))
		return 0;
	buf_addf(&text, "%d%d", was->status, now->status);
	drift_found(&w, DRIFT_STATUS, STR(""), (struct str){ text.p, 3 },
	    (struct str){ text.p + 3, text.n - 3 });
	buf_free(&text);
	return 0;
}
