/* Which operation a request is, and how what is wrong with it is told. */
#include "config.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "har/headers.h"
#include "mock/schema.h"

#include "mock/contract_priv.h"

#define CONTRACT_WORK 2000000 /* of the schemas of one message */
#define CONTRACT_VALUES 80    /* bytes of values for a byte of a body */

static const struct contract_kind_row {
	const char *name, *text;
} contract_kinds[CONTRACT_KIND_COUNT] = {
#define K(id, name, text) [CONTRACT_##id] = { name, text },
	CONTRACT_KINDS(K)
#undef K
};

const char *
contract_kind_name(enum contract_kind kind)
{
	return contract_kinds[kind].name;
}

int
contract_read_kinds(const char *text, unsigned *kinds, struct err *e)
{
	struct str rest = str_of(text), word;
	size_t i;

	*kinds = 0;
	if (strcmp(text, "none") == 0)
		return 0;
	while (str_cut(&rest, ',', &word)) {
		for (i = 0; i < CONTRACT_KIND_COUNT; i++)
			if (str_is(word, contract_kinds[i].name))
				break;
		if (i == CONTRACT_KIND_COUNT)
			return err_set(e,
			    "%.100s: expected none or a list of kinds of "
			    "violation such as undocumented-query (hark(1) "
			    "has them)",
			    text);
		*kinds |= CONTRACT_BIT(i);
	}
	return 0;
}

/* ---- what is told -------------------------------------------------------- */

void
contract_findings_fini(struct contract_findings *f)
{
	arena_fini(&f->arena);
	*f = (struct contract_findings){ 0 };
}

/* rule with the file's name in front. */
static struct str
contract_rule(const struct contract_check *k, struct str rule)
{
	struct str name;

	if (k->operation == NULL || rule.n == 0)
		return STR("");
	name = k->operation->spec->name;
	return str_of(arena_printf(&k->findings->arena, "%.*s%s%.*s",
	    STR_ARGS(name), rule.p[0] == '#' ? "" : ": ", STR_ARGS(rule)));
}

void
contract_found(struct contract_check *k, enum contract_kind kind,
    struct str rule, struct str at, const char *fmt, ...)
{
	struct contract_findings *f = k->findings;
	const char *text = contract_kinds[kind].text;
	char why[300];
	va_list ap;

	if (f->n == CONTRACT_MOST ||
	    (k->contract->options.ignored & CONTRACT_BIT(kind)) != 0)
		return;
	if (fmt != NULL) {
		va_start(ap, fmt);
		vsnprintf(why, sizeof(why), fmt, ap);
		va_end(ap);
		text = why;
	}
	f->v[f->n++] = (struct contract_violation){
		.kind = kind,
		.answer = k->answer,
		.at = arena_str(&f->arena, at),
		.rule = contract_rule(k, rule),
		.why = arena_str(&f->arena, str_of(text)),
	};
}

/* Why a value does not fit a keyword, where that is more than its name. */
static const struct contract_reason {
	const char *keyword, *why; /* %s: the name, or the types */
} contract_reasons[] = {
	{ "type", "expected %s" },
	{ "required", "%s is missing" },
	{ "additionalProperties", "it is not described" },
	{ "propertyNames", "its name does not fit" },
	{ "dependencies", "%s is missing beside it" },
	{ "enum", "it is none of the values there are" },
	{ "const", "it is not the value there is" },
	{ "format", "it is not of that format" },
	{ "pattern", "it does not match" },
	{ "anyOf", "it fits none of them" },
	{ "oneOf", "it does not fit exactly one of them" },
	{ "not", "it fits what it must not" },
	{ "false", "nothing is allowed there" },
	{ "readOnly", "it is for answers only" },
	{ "writeOnly", "it is for requests only" },
};

/* What a judgement is about. */
struct contract_case {
	struct contract_check *check;
	enum contract_kind kind;
	struct str at;
	bool presence; /* only of what is there, not of what it is */
};

static void
contract_on_fault(void *arg, const struct schema_fault *f)
{
	struct contract_case *c = arg;
	struct contract_check *k = c->check;
	struct arena *a = &k->findings->arena;
	struct str about = f->name.n > 0 ? f->name : f->expected;
	enum contract_kind kind = c->kind;
	const char *why = "it does not fit", *rule;
	size_t i;

	if (c->presence && (strcmp(f->keyword, "required") != 0 || f->at.n > 0))
		return;
	for (i = 0; i < sizeof(contract_reasons) / sizeof(*contract_reasons);
	     i++)
		if (strcmp(contract_reasons[i].keyword, f->keyword) == 0)
			why = contract_reasons[i].why;
	if (strcmp(f->keyword, "readOnly") == 0)
		kind = CONTRACT_READ_ONLY;
	else if (strcmp(f->keyword, "writeOnly") == 0)
		kind = CONTRACT_WRITE_ONLY;
	about.n = about.n < 100 ? about.n : 100;
	why = strchr(why, '%') == NULL
		  ? why
		  : arena_printf(a, "%.*s%.*s%s", (int)(strchr(why, '%') - why),
			why, STR_ARGS(about), strchr(why, '%') + 2);
	rule = arena_printf(a, "%.*s/%s", STR_ARGS(f->where),
	    strcmp(f->keyword, "false") == 0 ? "" : f->keyword);
	contract_found(k, kind, str_of(rule),
	    str_of(arena_printf(a, "%.*s%s%.*s", STR_ARGS(c->at),
		f->at.n > 0 ? " " : "", (int)(f->at.n < 300 ? f->at.n : 300),
		f->at.p)),
	    "%s", why);
}

static void
contract_judge_as(struct contract_check *k, size_t schema, struct value value,
    struct contract_case *c)
{
	const struct schema *s = k->operation->spec->schemas;

	if (schema == CONTRACT_NONE)
		return;
	(void)schema_judge(
	    s, schema, value, &k->work, CONTRACT_MOST, contract_on_fault, c);
	if (k->work == 0)
		k->findings->unchecked = "its schema asks for too much work";
}

void
contract_judge(struct contract_check *k, size_t schema, struct value value,
    enum contract_kind kind, struct str at)
{
	struct contract_case c = { .check = k, .kind = kind, .at = at };

	contract_judge_as(k, schema, value, &c);
}

void
contract_judge_presence(
    struct contract_check *k, size_t schema, struct value value, struct str at)
{
	struct contract_case c = {
		.check = k, .kind = CONTRACT_BODY, .at = at, .presence = true
	};

	contract_judge_as(k, schema, value, &c);
}

/* ---- which operation ----------------------------------------------------- */

static struct str
contract_path_part(struct str target, struct str *query)
{
	struct str path;

	(void)str_cut(&target, '?', &path);
	*query = target.p != NULL ? target : STR("");
	return path;
}

static bool
contract_is_below(struct str path, struct str prefix)
{
	while (prefix.n > 0 && prefix.p[prefix.n - 1] == '/')
		prefix.n--;
	return path.n >= prefix.n && memcmp(path.p, prefix.p, prefix.n) == 0 &&
	       (path.n == prefix.n || path.p[prefix.n] == '/');
}

/* The operation in one description, with *found set when it has the path. */
static enum contract_match
contract_search(const struct contract_spec *s, const struct contract_message *m,
    struct arena *a, struct contract_found *found)
{
	struct str query, path = contract_path_part(m->target, &query);

	if (s->prefix.p != NULL && !contract_is_below(path, s->prefix))
		return CONTRACT_ELSEWHERE;
	if (contract_path_find(s->paths, path, m->method, a, found) &&
	    found->operation != NULL)
		return CONTRACT_DOCUMENTED;
	if (s->prefix.p == NULL && m->upstream.p != NULL) {
		path = contract_path_part(m->upstream, &query);
		if (contract_path_find(s->paths, path, m->method, a, found) &&
		    found->operation != NULL)
			return CONTRACT_DOCUMENTED;
	}
	return CONTRACT_UNKNOWN;
}

/* What a browser asks before a request (Fetch, section 3.2.2) no description
 * tells of. */
static bool
contract_is_preflight(const struct contract_message *m)
{
	return str_is(m->method, "OPTIONS") &&
	       headers_get(m->headers, "Access-Control-Request-Method").p !=
		   NULL;
}

static enum contract_match
contract_find(struct contract_check *k, struct contract_found *found)
{
	const struct contract *c = k->contract;
	enum contract_match match = CONTRACT_ELSEWHERE, one;
	struct contract_found f;
	size_t i;

	*found = (struct contract_found){ 0 };
	for (i = 0; i < c->n && match != CONTRACT_DOCUMENTED; i++) {
		f = (struct contract_found){ 0 };
		one = contract_search(c->specs[i], k->message, k->v.arena, &f);
		if (one == CONTRACT_ELSEWHERE)
			continue;
		match = one;
		if (one == CONTRACT_DOCUMENTED || found->item == NULL)
			*found = f;
	}
	if (match == CONTRACT_UNKNOWN && contract_is_preflight(k->message))
		match = CONTRACT_ELSEWHERE;
	return match;
}

static void
contract_begin(struct contract_check *k, const struct contract *c,
    const struct contract_operation *o, const struct contract_message *m,
    struct contract_findings *f, struct arena *a)
{
	*k = (struct contract_check){
		.contract = c,
		.operation = o,
		.message = m,
		.findings = f,
		.v = { .arena = a,
		    .most = CONTRACT_VALUES * (c->options.most_body + 65536) },
		.work = CONTRACT_WORK,
	};
}

static void
contract_check_body(struct contract_check *k)
{
	const struct contract_operation *o = k->operation;

	if (k->message->passes) {
		if (contract_content_type(k, &o->body, true))
			k->findings->unchecked = "it is too long";
		return;
	}
	if (o->body_required && k->message->body.n == 0)
		contract_found(
		    k, CONTRACT_BODY_MISSING, o->body.where, STR("body"), NULL);
	if (k->message->body.n == 0)
		return;
	if (contract_content_type(k, &o->body, true))
		contract_content(k, &o->body);
}

enum contract_match
contract_request(const struct contract *c, const struct contract_message *m,
    const struct contract_operation **operation, struct contract_findings *f)
{
	struct contract_found *found;
	enum contract_match match;
	struct arena a = { 0 };
	struct contract_check k;
	struct str query;

	contract_begin(&k, c, NULL, m, f, &a);
	found = arena_alloc(&a, sizeof(*found));
	match = contract_find(&k, found);
	if (match == CONTRACT_UNKNOWN) {
		contract_found(&k,
		    found->item != NULL ? CONTRACT_METHOD : CONTRACT_PATH,
		    STR(""), found->item != NULL ? STR("method") : STR("path"),
		    NULL);
	} else if (match == CONTRACT_DOCUMENTED) {
		*operation = k.operation = found->operation;
		(void)contract_path_part(m->target, &query);
		contract_parameters(&k, found, query);
		contract_check_body(&k);
	}
	arena_fini(&a);
	return match;
}

struct str
contract_operation_text(const struct contract_operation *o)
{
	return o->text;
}

/* ---- answers ------------------------------------------------------------- */

/* Of a status itself, then of its range, then of all others. */
static const struct contract_response *
contract_response(const struct contract_operation *o, int status)
{
	const struct contract_response *r, *best = NULL;

	for (r = o->responses; r < o->responses + o->nresponses; r++) {
		if (r->from != 0 && (status < r->from || status > r->to))
			continue;
		if (best == NULL || best->from == 0 || r->from == r->to)
			best = r;
	}
	return best;
}

static bool
contract_has_no_body(const struct contract_message *m)
{
	return str_is(m->method, "HEAD") || m->status < 200 ||
	       m->status == 204 || m->status == 304;
}

void
contract_head(const struct contract *c, const struct contract_operation *o,
    const struct contract_message *m, struct contract_findings *f)
{
	const struct contract_response *r = contract_response(o, m->status);
	struct contract_check k;
	struct arena a = { 0 };

	contract_begin(&k, c, o, m, f, &a);
	k.answer = true;
	if (r == NULL) {
		contract_found(&k, CONTRACT_STATUS, o->where,
		    str_of(arena_printf(&a, "status %d", m->status)), NULL);
	} else {
		contract_fields(&k, r);
		if (!contract_has_no_body(m) && r->content.described)
			(void)contract_content_type(&k, &r->content, false);
	}
	arena_fini(&a);
}

bool
contract_wants_body(
    const struct contract_operation *o, const struct contract_message *m)
{
	return contract_response(o, m->status) != NULL &&
	       !contract_has_no_body(m);
}

void
contract_body(const struct contract *c, const struct contract_operation *o,
    const struct contract_message *m, struct contract_findings *f)
{
	const struct contract_response *r = contract_response(o, m->status);
	struct contract_check k;
	struct arena a = { 0 };

	if (r == NULL || contract_has_no_body(m))
		return;
	contract_begin(&k, c, o, m, f, &a);
	k.answer = true;
	if (m->body.n == 0 && r->content.described)
		contract_found(&k, CONTRACT_BODY_MISSING, r->content.where,
		    STR("body"), NULL);
	else if (m->body.n > 0 && !r->content.described)
		contract_found(
		    &k, CONTRACT_BODY_EXTRA, r->where, STR("body"), NULL);
	else if (m->body.n > 0)
		contract_content(&k, &r->content);
	arena_fini(&a);
}
