#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "har/exchange.h"
#include "recorder/path.h"
#include "recorder/rules.h"
#include "replay/answer.h"
#include "replay/hash.h"
#include "replay/rule_line.h"
#include "replay/suggest_priv.h"
#include "replay/written.h"

/* The fewest recordings that a suggestion rests on. */
#define SUGGEST_LEAST 2

/* With the same answers: the fewest different values. */
#define SUGGEST_VALUES 3

#define SUGGEST_SLOTS (2 * SUGGEST_ENDPOINTS)

struct suggest {
	struct arena arena;
	const struct rules *rules;
	struct suggest_group *groups;
	size_t n, cap;
	uint32_t slots[SUGGEST_SLOTS]; /* 1 + the place in groups, or 0 */
	struct suggestion *all;
	size_t nall, all_cap;
	bool made;
};

/* What is found out of a name in its group. */
struct suggest_sight {
	size_t present;  /* in so many requests */
	size_t distinct; /* values */
	enum looks looks;
	bool rising;   /* numbers, each higher than the one before */
	bool fleeting; /* it is new each time, by its looks or its name */
	size_t rests;  /* on so many recordings */
};

struct suggest *
suggest_new(const struct rules *rules)
{
	struct suggest *s = xcalloc(1, sizeof(*s));

	s->rules = rules;
	return s;
}

void
suggest_free(struct suggest *s)
{
	size_t i;

	if (s == NULL)
		return;
	for (i = 0; i < s->n; i++) {
		free(s->groups[i].names);
		free(s->groups[i].entries);
	}
	free(s->groups);
	free(s->all);
	arena_fini(&s->arena);
	free(s);
}

/*
 * Endpoints
 */

static void
suggest_pattern(struct str target, struct buf *out)
{
	struct str path = path_of(target), segment;

	while (path_cut(&path, &segment)) {
		buf_add_text(out, "/");
		buf_add_str(out, path_is_id(segment) ? STR("*") : segment);
	}
}

static uint64_t
suggest_hash(const struct rules_request *q, struct str pattern)
{
	uint64_t h = hash_add(HASH_START, q->method);

	h = hash_add(hash_add_u64(h, q->method.n), q->scope);
	return hash_mix(hash_add(hash_add_u64(h, q->scope.n), pattern));
}

static struct suggest_group *
suggest_new_group(struct suggest *s, const struct rules_request *q,
    struct str pattern, uint64_t hash)
{
	if (s->n == SUGGEST_ENDPOINTS)
		return NULL;
	if (s->n == s->cap) {
		s->cap = s->cap == 0 ? 16 : 2 * s->cap;
		s->groups = xrealloc(s->groups, s->cap * sizeof(*s->groups));
	}
	s->groups[s->n] = (struct suggest_group){
		.hash = hash,
		.method = arena_str(&s->arena, q->method),
		.scope = arena_str(&s->arena, q->scope),
		.pattern = arena_str(&s->arena, pattern),
		.target = arena_str(&s->arena, q->target),
	};
	return &s->groups[s->n++];
}

static struct suggest_group *
suggest_group(struct suggest *s, const struct rules_request *q)
{
	struct suggest_group *g = NULL;
	struct buf pattern = { 0 };
	uint64_t hash;
	size_t slot;

	suggest_pattern(q->target, &pattern);
	hash = suggest_hash(q, buf_str(&pattern));
	for (slot = hash % SUGGEST_SLOTS; s->slots[slot] != 0;
	     slot = (slot + 1) % SUGGEST_SLOTS) {
		g = &s->groups[s->slots[slot] - 1];
		if (g->hash == hash)
			break;
	}
	if (s->slots[slot] == 0) {
		g = suggest_new_group(s, q, buf_str(&pattern), hash);
		if (g != NULL)
			s->slots[slot] = (uint32_t)s->n;
	}
	buf_free(&pattern);
	return g;
}

bool
suggest_wants(struct suggest *s, const struct rules_request *q)
{
	const struct suggest_group *g = suggest_group(s, q);

	return g != NULL && g->n < SUGGEST_ENTRIES;
}

void
suggest_add(struct suggest *s, const struct exchange *x)
{
	struct rules_request q = { x->method, x->scope, x->target };
	struct suggest_group *g;

	if (!answer_usable(x))
		return;
	g = suggest_group(s, &q);
	if (g != NULL && g->n < SUGGEST_ENTRIES)
		suggest_fields(&s->arena, g, s->rules, x);
}

/*
 * Looking at names
 */

static const struct suggest_value *
suggest_find(const struct suggest_entry *e, size_t name)
{
	size_t i;

	for (i = 0; i < e->n; i++)
		if (e->v[i].name == name)
			return &e->v[i];
	return NULL;
}

static int
suggest_order(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

static size_t
suggest_distinct(uint64_t *v, size_t n)
{
	size_t i, distinct = n > 0;

	if (n > 0)
		qsort(v, n, sizeof(*v), suggest_order);
	for (i = 1; i < n; i++)
		distinct += v[i] != v[i - 1];
	return distinct;
}

/* What one name is in all requests of the group. */
static struct suggest_sight
suggest_look(const struct suggest_group *g, size_t name)
{
	struct suggest_sight sight = { .rising = true };
	uint64_t values[SUGGEST_ENTRIES], last = 0;
	const struct suggest_value *v;
	size_t i;

	for (i = 0; i < g->n; i++) {
		v = suggest_find(&g->entries[i], name);
		if (v == NULL)
			continue;
		if (sight.present == 0)
			sight.looks = v->looks;
		else if (sight.looks != v->looks)
			sight.looks = LOOKS_PLAIN;
		sight.rising = sight.rising && v->looks == LOOKS_NUMBER &&
			       (sight.present == 0 || v->number > last);
		last = v->number;
		values[sight.present++] = v->hash;
	}
	sight.rising = sight.rising && sight.present >= SUGGEST_VALUES;
	sight.distinct = suggest_distinct(values, sight.present);
	return sight;
}

/* Whether what it is called says that it is new each time. */
static bool
suggest_is_called_so(const struct suggest_name *n)
{
	struct str rest = n->name, name = n->name;

	if (n->place == DIFFERENCE_IN_PATH)
		return false; /* a number */
	for (; n->place == DIFFERENCE_IN_JSON && rest.p != NULL;
	     (void)str_cut(&rest, '/', &name))
		;
	return looks_fleeting(name);
}

/* Whether a value like this is new each time; one that may name something is
 * only where a request changes something. */
static bool
suggest_is_fleeting(const struct suggest_group *g, const struct suggest_name *n,
    const struct suggest_sight *sight)
{
	bool names =
	    !written_by(g->method) &&
	    (n->place == DIFFERENCE_IN_PATH || n->place == DIFFERENCE_IN_QUERY);

	if (n->covered || n->place == DIFFERENCE_IN_BODY ||
	    (sight->distinct < 2 && sight->present == g->n))
		return false;
	if (suggest_is_called_so(n))
		return true;
	switch (sight->looks) {
	case LOOKS_TIME:
	case LOOKS_JWT:
		return n->place != DIFFERENCE_IN_PATH || !names;
	case LOOKS_UUID:
	case LOOKS_RANDOM:
		return !names;
	case LOOKS_NUMBER:
		return sight->rising && (n->place == DIFFERENCE_IN_JSON ||
					    n->place == DIFFERENCE_IN_FORM);
	case LOOKS_PLAIN:
		break;
	}
	return false;
}

/*
 * Requests that are equal but for some names
 */

struct suggest_rest {
	uint64_t hash;
	size_t entry;
};

static int
suggest_order_rest(const void *a, const void *b)
{
	const struct suggest_rest *x = a, *y = b;

	if (x->hash != y->hash)
		return x->hash < y->hash ? -1 : 1;
	return x->entry < y->entry ? -1 : x->entry > y->entry;
}

/* Sorts the entries by what they are without fleeting names and without also
 * (SIZE_MAX: no other). */
static void
suggest_sort(const struct suggest_group *g, const struct suggest_sight *sights,
    size_t also, struct suggest_rest *rest)
{
	const struct suggest_value *v;
	size_t i, k;

	for (i = 0; i < g->n; i++) {
		rest[i] = (struct suggest_rest){ g->entries[i].beyond, i };
		for (k = 0; k < g->entries[i].n; k++) {
			v = &g->entries[i].v[k];
			if (!sights[v->name].fleeting &&
			    !g->names[v->name].covered && v->name != also)
				rest[i].hash += hash_mix(hash_add_u64(
				    hash_add_u64(HASH_START, v->name),
				    v->hash));
		}
	}
	qsort(rest, g->n, sizeof(*rest), suggest_order_rest);
}

/* How many values the name has in entries that are equal otherwise; absence
 * is one. */
static size_t
suggest_varies(const struct suggest_group *g, const struct suggest_rest *rest,
    size_t n, size_t name)
{
	const struct suggest_value *v;
	uint64_t values[SUGGEST_ENTRIES];
	size_t i;

	for (i = 0; i < n; i++) {
		v = suggest_find(&g->entries[rest[i].entry], name);
		values[i] = v != NULL ? v->hash : 0;
	}
	return suggest_distinct(values, n);
}

/* The end of the run of equal ones that begins at from. */
static size_t
suggest_run_end(const struct suggest_rest *rest, size_t from, size_t n)
{
	size_t to = from + 1;

	while (to < n && rest[to].hash == rest[from].hash)
		to++;
	return to;
}

/* On how many recordings it rests that fleeting names may go. */
static void
suggest_count(const struct suggest_group *g, struct suggest_sight *sights)
{
	struct suggest_rest rest[SUGGEST_ENTRIES];
	size_t from, to, name;

	suggest_sort(g, sights, SIZE_MAX, rest);
	for (from = 0; from < g->n; from = to) {
		to = suggest_run_end(rest, from, g->n);
		for (name = 0; to - from > 1 && name < g->nnames; name++)
			if (sights[name].fleeting &&
			    suggest_varies(g, rest + from, to - from, name) > 1)
				sights[name].rests += to - from;
	}
}

static bool
suggest_same_answers(
    const struct suggest_group *g, const struct suggest_rest *rest, size_t n)
{
	size_t i;

	for (i = 1; i < n; i++)
		if (g->entries[rest[i].entry].answer !=
		    g->entries[rest[0].entry].answer)
			return false;
	return true;
}

/* The same for another name, without which all that is equal has the same
 * answer, too. */
static void
suggest_count_other(
    const struct suggest_group *g, struct suggest_sight *sights, size_t name)
{
	struct suggest_rest rest[SUGGEST_ENTRIES];
	size_t from, to, values;

	suggest_sort(g, sights, name, rest);
	for (from = 0; from < g->n; from = to) {
		to = suggest_run_end(rest, from, g->n);
		values = suggest_varies(g, rest + from, to - from, name);
		if (values > 1 &&
		    !suggest_same_answers(g, rest + from, to - from)) {
			sights[name].rests = 0;
			return;
		}
		if (values >= SUGGEST_VALUES)
			sights[name].rests += to - from;
	}
}

/*
 * Suggesting
 */

static const char *
suggest_verb(enum difference_place place)
{
	static const char *const verbs[DIFFERENCE_PLACE_COUNT] = {
		[DIFFERENCE_IN_QUERY] = "ignore query",
		[DIFFERENCE_IN_HEADER] = "ignore header",
		[DIFFERENCE_IN_JSON] = "ignore json",
		[DIFFERENCE_IN_FORM] = "ignore form",
		[DIFFERENCE_IN_PART] = "ignore part",
		[DIFFERENCE_IN_BODY] = "ignore body",
	};

	return verbs[place];
}

static struct str
suggest_why(struct suggest *s, const struct suggest_group *g,
    const struct suggest_name *n, const struct suggest_sight *sight)
{
	struct buf why = { 0 };
	struct str text;

	buf_add_text(&why, sight->present < g->n ? "not always there"
			   : sight->distinct == sight->present
			       ? "always different"
			       : "often different");
	if (sight->rising && sight->looks == LOOKS_NUMBER)
		buf_add_text(&why, ", counts up");
	else if (sight->looks > LOOKS_NUMBER)
		buf_addf(&why, ", looks like %s", looks_text(sight->looks));
	if (suggest_is_called_so(n))
		buf_add_text(&why, ", new each time by its name");
	if (!sight->fleeting)
		buf_add_text(&why, ", and the answers are the same");
	text = arena_str(&s->arena, buf_str(&why));
	buf_free(&why);
	return text;
}

static void
suggest_put(struct suggest *s, const struct suggest_group *g,
    const struct suggest_name *n, const struct suggest_sight *sight,
    const struct buf *rule)
{
	if (s->nall == s->all_cap) {
		s->all_cap = s->all_cap == 0 ? 16 : 2 * s->all_cap;
		s->all = xrealloc(s->all, s->all_cap * sizeof(*s->all));
	}
	s->all[s->nall++] = (struct suggestion){
		.rule = arena_str(&s->arena, buf_str(rule)),
		.why = suggest_why(s, g, n, sight),
		.examples = { n->examples[0], n->examples[1] },
		.recordings = sight->rests,
	};
}

/* Whether the path's segment with that number may go. */
static bool
suggest_goes(const struct suggest_group *g, const struct suggest_sight *sights,
    size_t number)
{
	char text[24];
	size_t i;

	snprintf(text, sizeof(text), "%zu", number);
	for (i = 0; i < g->nnames; i++)
		if (g->names[i].place == DIFFERENCE_IN_PATH &&
		    str_is(g->names[i].name, text))
			return sights[i].rests >= SUGGEST_LEAST;
	return false;
}

/* The path of the first entry with other ids where they may go. */
static void
suggest_other_path(const struct suggest_group *g,
    const struct suggest_sight *sights, struct buf *out)
{
	struct str path = path_of(g->target), segment;
	size_t i;

	for (i = 1; path_cut(&path, &segment); i++) {
		buf_add_text(out, "/");
		buf_add_str(out, segment);
		if (suggest_goes(g, sights, i))
			buf_add_text(out, "0"); /* numbers stay numbers */
	}
}

/* One rule for all segments that may go: name is the first of them. */
static void
suggest_path_line(struct suggest *s, const struct suggest_group *g,
    const struct suggest_sight *sights, size_t name)
{
	struct rules_request q = { g->method, g->scope, g->target };
	struct buf rule = { 0 }, other = { 0 };

	suggest_other_path(g, sights, &other);
	if (rule_line_path(&rule, &q, path_of(g->target), buf_str(&other)))
		suggest_put(s, g, &g->names[name], &sights[name], &rule);
	buf_free(&other);
	buf_free(&rule);
}

static void
suggest_line(struct suggest *s, const struct suggest_group *g,
    const struct suggest_name *n, const struct suggest_sight *sight)
{
	struct rules_request q = { g->method, g->scope, g->target };
	struct buf rule = { 0 };

	if (rule_line(&rule, &q, suggest_verb(n->place),
		n->place == DIFFERENCE_IN_BODY ? (struct str){ NULL, 0 }
					       : n->name))
		suggest_put(s, g, n, sight, &rule);
	buf_free(&rule);
}

static void
suggest_lines(struct suggest *s, const struct suggest_group *g,
    const struct suggest_sight *sights)
{
	bool path = false;
	size_t i;

	for (i = 0; i < g->nnames; i++) {
		if (sights[i].rests < SUGGEST_LEAST)
			continue;
		if (g->names[i].place != DIFFERENCE_IN_PATH)
			suggest_line(s, g, &g->names[i], &sights[i]);
		else if (!path)
			suggest_path_line(s, g, sights, i);
		path |= g->names[i].place == DIFFERENCE_IN_PATH;
	}
}

static void
suggest_from(struct suggest *s, const struct suggest_group *g)
{
	struct suggest_sight *sights = xcalloc(g->nnames + 1, sizeof(*sights));
	size_t i;

	for (i = 0; i < g->nnames; i++) {
		sights[i] = suggest_look(g, i);
		sights[i].fleeting =
		    suggest_is_fleeting(g, &g->names[i], &sights[i]);
	}
	suggest_count(g, sights);
	for (i = 0; i < g->nnames; i++)
		if (!sights[i].fleeting && !g->names[i].covered &&
		    sights[i].distinct >= SUGGEST_VALUES)
			suggest_count_other(g, sights, i);
	suggest_lines(s, g, sights);
	free(sights);
}

const struct suggestion *
suggest_all(struct suggest *s, size_t *n)
{
	size_t i;

	for (i = 0; !s->made && i < s->n; i++)
		if (s->groups[i].n > 1)
			suggest_from(s, &s->groups[i]);
	s->made = true;
	*n = s->nall;
	return s->all;
}
