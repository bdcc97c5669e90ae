/* Requests as lists of named values, for comparing many of them. */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "har/coding.h"
#include "har/exchange.h"
#include "har/har_text.h"
#include "recorder/path.h"
#include "recorder/pseudonym.h"
#include "recorder/rules.h"
#include "replay/hash.h"
#include "replay/leaves.h"
#include "replay/multipart.h"
#include "replay/pairs.h"
#include "replay/shown.h"
#include "replay/suggest_priv.h"

#define SUGGEST_BODY (1u << 20) /* larger ones are compared as a whole */
#define SUGGEST_PAIRS 256

struct suggest_run {
	struct arena *arena;
	struct suggest_group *g;
	struct rules_request q;
	const struct rules *rules;
	struct suggest_value v[SUGGEST_FIELDS];
	size_t n;
	uint64_t beyond;
};

/* Whether a rule leaves such a field out already. */
static bool
suggest_covered(
    const struct suggest_run *r, enum difference_place place, struct str name)
{
	static const uint64_t verbs[DIFFERENCE_PLACE_COUNT] = {
		[DIFFERENCE_IN_PATH] = RULE_BIT(RULE_PATH),
		[DIFFERENCE_IN_QUERY] =
		    RULE_BIT(RULE_IGNORE_QUERY) | RULE_BIT(RULE_REPLACE_QUERY),
		[DIFFERENCE_IN_HEADER] = RULE_BIT(RULE_IGNORE_HEADER) |
					 RULE_BIT(RULE_REPLACE_HEADER),
		[DIFFERENCE_IN_JSON] =
		    RULE_BIT(RULE_IGNORE_JSON) | RULE_BIT(RULE_REPLACE_JSON),
		[DIFFERENCE_IN_FORM] =
		    RULE_BIT(RULE_IGNORE_FORM) | RULE_BIT(RULE_REPLACE_FORM),
		[DIFFERENCE_IN_PART] =
		    RULE_BIT(RULE_IGNORE_PART) | RULE_BIT(RULE_REPLACE_PART),
	};
	uint64_t all = verbs[place] | RULE_BIT(RULE_IGNORE_BODY);
	const struct rule *rule = NULL;

	if (place < DIFFERENCE_IN_JSON)
		all = verbs[place];
	while ((rule = rules_next(r->rules, rule, all, &r->q)) != NULL)
		if (rule->verb == RULE_PATH || rule->narguments == 0 ||
		    rule_names(rule, name, place == DIFFERENCE_IN_HEADER))
			return true;
	return false;
}

static uint32_t
suggest_name(
    struct suggest_run *r, enum difference_place place, struct str name)
{
	struct suggest_group *g = r->g;
	size_t i;

	for (i = 0; i < g->nnames; i++)
		if (g->names[i].place == place &&
		    str_eq(g->names[i].name, name))
			return (uint32_t)i;
	if (g->nnames == SUGGEST_NAMES)
		return SUGGEST_NAMES;
	if (g->nnames == g->names_cap) {
		g->names_cap = g->names_cap == 0 ? 16 : 2 * g->names_cap;
		g->names = xrealloc(g->names, g->names_cap * sizeof(*g->names));
	}
	g->names[g->nnames] = (struct suggest_name){
		.place = place,
		.name = arena_str(r->arena, name),
		.covered = suggest_covered(r, place, name),
	};
	return (uint32_t)g->nnames++;
}

static void
suggest_example(struct suggest_run *r, struct suggest_name *n, struct str value,
    uint64_t hash)
{
	struct str *to;

	if (n->examples[0].p == NULL) {
		n->example = hash;
		to = &n->examples[0];
	} else if (n->examples[1].p == NULL && hash != n->example) {
		to = &n->examples[1];
	} else {
		return;
	}
	*to = arena_str(r->arena, shown_value(r->arena, value));
}

/* Which secret a pseudonym stands for decides nothing. */
static uint64_t
suggest_hash_value(struct str value)
{
	struct buf level = { 0 };
	uint64_t h = pseudonym_level(value, &level)
			 ? hash_add(HASH_START, buf_str(&level))
			 : hash_add(HASH_START, value);

	buf_free(&level);
	return hash_mix(h);
}

/* What had no room is never left out. */
static void
suggest_beyond(struct suggest_run *r, enum difference_place place,
    struct str name, uint64_t hash)
{
	uint64_t h = hash_add_u64(HASH_START, place);

	r->beyond += hash_mix(hash_add_u64(hash_add(h, name), hash));
}

/* Adds a value; a further one under its name is counted into it. */
static void
suggest_value(struct suggest_run *r, enum difference_place place,
    struct str name, struct str value, enum looks looks)
{
	uint64_t hash = suggest_hash_value(value);
	uint32_t at = suggest_name(r, place, name);
	size_t i;

	for (i = 0; i < r->n; i++)
		if (r->v[i].name == at)
			break;
	if (at == SUGGEST_NAMES || i == SUGGEST_FIELDS) {
		suggest_beyond(r, place, name, hash);
		return;
	}
	suggest_example(r, &r->g->names[at], value, hash);
	if (i == r->n) {
		r->v[r->n++] = (struct suggest_value){ at, hash, 0, looks };
		if (looks == LOOKS_NUMBER)
			(void)str_u64(value, &r->v[i].number);
		return;
	}
	r->v[i].hash = hash_mix(hash_add_u64(r->v[i].hash, hash));
	if (r->v[i].looks != looks)
		r->v[i].looks = LOOKS_PLAIN;
}

static void
suggest_path(struct suggest_run *r, struct str target)
{
	struct str rest = path_of(target), segment;
	char number[24];
	size_t i;

	for (i = 1; path_cut(&rest, &segment); i++) {
		if (!path_is_id(segment))
			continue;
		snprintf(number, sizeof(number), "%zu", i);
		suggest_value(r, DIFFERENCE_IN_PATH, str_of(number), segment,
		    looks_of(segment));
	}
}

static void
suggest_pairs(struct suggest_run *r, enum difference_place place, struct str s)
{
	struct pair v[SUGGEST_PAIRS];
	size_t i, n = pairs_split(r->arena, s, v, SUGGEST_PAIRS);

	for (i = 0; i < n && i < SUGGEST_PAIRS; i++)
		suggest_value(
		    r, place, v[i].name, v[i].value, looks_of(v[i].value));
}

/* Those that the response varies by. */
static void
suggest_headers(struct suggest_run *r, const struct exchange *x)
{
	const struct header *f;
	struct str rest, name, value;
	char text[256];
	size_t at = 0;

	while ((f = headers_next(&x->response.headers, "Vary", &at)) != NULL) {
		rest = f->value.p != NULL ? f->value : STR("");
		while (str_cut(&rest, ',', &name)) {
			name = str_trim(name);
			if (!str_is_token(name) || str_is(name, "*") ||
			    str_iis(name, "Host") || name.n >= sizeof(text))
				continue;
			memcpy(text, name.p, name.n);
			text[name.n] = '\0';
			value = headers_get(&x->request.headers, text);
			if (value.p != NULL)
				suggest_value(r, DIFFERENCE_IN_HEADER, name,
				    value, looks_of(value));
		}
	}
}

static void
suggest_leaf(struct suggest_run *r, const struct leaves *l, size_t i)
{
	const struct leaf *leaf = &l->v[i];
	enum looks looks =
	    leaf->type == LEAF_STRING || leaf->type == LEAF_NUMBER
		? looks_of(leaf->text)
		: LOOKS_PLAIN;
	struct buf name = { 0 }, text = { 0 };

	leaves_pointer(l, i, true, &name);
	leaves_text(l, i, &text);
	suggest_value(r, DIFFERENCE_IN_JSON,
	    name.n > 0 ? buf_str(&name) : STR("$"),
	    leaf->type == LEAF_NUMBER ? leaf->text : buf_str(&text), looks);
	buf_free(&name);
	buf_free(&text);
}

static bool
suggest_json(struct suggest_run *r, struct str body)
{
	struct leaves l = { .n = 0 };
	bool json = leaves_read(&l, body) == 0;
	size_t i;

	for (i = 0; json && i < l.n; i++)
		if (l.v[i].items == 0) /* else what is in it says it all */
			suggest_leaf(r, &l, i);
	leaves_free(&l);
	return json;
}

static bool
suggest_multipart(struct suggest_run *r, struct str type, struct str body)
{
	struct multipart_part *v;
	struct str boundary;
	size_t i, n;

	if (type.p == NULL || !multipart_boundary(type, &boundary) ||
	    !multipart_fits(boundary, body))
		return false;
	v = xcalloc(SUGGEST_PAIRS, sizeof(*v));
	n = multipart_parts(boundary, body, v, SUGGEST_PAIRS);
	for (i = 0; i < n && i < SUGGEST_PAIRS; i++)
		suggest_value(r, DIFFERENCE_IN_PART, v[i].name,
		    v[i].body.p != NULL ? v[i].body : v[i].head,
		    v[i].body.p != NULL ? looks_of(v[i].body) : LOOKS_PLAIN);
	free(v);
	return true;
}

static void
suggest_content(struct suggest_run *r, struct str type, struct str body)
{
	if (suggest_multipart(r, type, body))
		return;
	if (type.p != NULL &&
	    str_istarts(str_trim(type), "application/x-www-form-urlencoded") &&
	    har_text_is_text(body))
		suggest_pairs(r, DIFFERENCE_IN_FORM, body);
	else if (!suggest_json(r, body))
		suggest_value(
		    r, DIFFERENCE_IN_BODY, STR(""), body, LOOKS_PLAIN);
}

static void
suggest_body(struct suggest_run *r, const struct message *m)
{
	struct str bytes = buf_str(&m->body.bytes), list;
	struct buf decoded = { 0 };
	uint64_t id = (uint64_t)m->body.stored_id;

	if (!m->body.known || m->body.size == 0)
		return;
	if (bytes.n < m->body.size || bytes.n > SUGGEST_BODY) {
		suggest_value(r, DIFFERENCE_IN_BODY, STR(""),
		    (struct str){ (const char *)&id, sizeof(id) }, LOOKS_PLAIN);
		return;
	}
	list = coding_list(&m->headers, r->arena);
	if (list.n > 0 &&
	    coding_decode(list, bytes, SUGGEST_BODY, &decoded) == CODING_DONE)
		bytes = buf_str(&decoded);
	suggest_content(r, headers_get(&m->headers, "Content-Type"), bytes);
	buf_free(&decoded);
}

static uint64_t
suggest_answer(const struct exchange *x)
{
	const struct body *b = &x->response.body;
	uint64_t h = hash_add_u64(HASH_START, (uint64_t)x->status);

	h = hash_add_u64(h, (uint64_t)x->outcome);
	h = hash_add_u64(h, b->size);
	return hash_mix(b->stored_id > 0
			    ? hash_add_u64(h, (uint64_t)b->stored_id)
			    : hash_add(h, buf_str(&b->bytes)));
}

void
suggest_fields(struct arena *a, struct suggest_group *g,
    const struct rules *rules, const struct exchange *x)
{
	struct suggest_run r = {
		.arena = a,
		.g = g,
		.q = { x->method, x->scope, x->target },
		.rules = rules,
	};
	size_t path = path_of(x->target).n;
	struct suggest_entry *to;

	suggest_path(&r, x->target);
	if (path < x->target.n)
		suggest_pairs(&r, DIFFERENCE_IN_QUERY,
		    (struct str){
			x->target.p + path + 1, x->target.n - path - 1 });
	suggest_headers(&r, x);
	suggest_body(&r, &x->request);
	if (g->n == g->cap) {
		g->cap = g->cap == 0 ? 4 : 2 * g->cap;
		g->entries = xrealloc(g->entries, g->cap * sizeof(*to));
	}
	to = &g->entries[g->n++];
	to->path = arena_str(a, path_of(x->target));
	to->answer = suggest_answer(x);
	to->beyond = r.beyond;
	to->n = r.n;
	to->v = arena_alloc(a, r.n * sizeof(*to->v));
	memcpy(to->v, r.v, r.n * sizeof(*to->v));
}
