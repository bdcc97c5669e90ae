#include "config.h"

#include <string.h>

#include "base/err.h"
#include "gateway/long_body.h"
#include "gateway/redacted.h"
#include "gateway/settings.h"
#include "har/frame.h"
#include "recorder/rules.h"
#include "replay/explain.h"
#include "replay/home.h"
#include "replay/http_rules.h"
#include "replay/key.h"
#include "replay/level.h"
#include "replay/normal.h"
#include "replay/written.h"

#include "gateway/search.h"

#define SEARCH_TURNS (RULE_BIT(RULE_REPEAT) | RULE_BIT(RULE_ADVANCE))

_Static_assert(SCOPES_MOST <= EXPLAIN_SCOPES &&
		   EXPLAIN_KEYS >= 8 * (EXPLAIN_SCOPES + EXPLAIN_ELSEWHERE),
    "all scopes have room");

/* The live request as keys are made of it: here and nowhere else. */
static struct key_parts
search_parts(const struct search *s, struct str method, struct str scope)
{
	const struct rules_request q = { method, scope, s->target };
	struct key_parts parts = { .method = method,
		.scope = scope,
		.target = s->target,
		.headers = s->headers,
		.body = s->body,
		.socket = frame_asks(method, s->headers) };
	struct err e;

	if (s->longer != NULL &&
	    long_body_parts(s->longer, s->by, &q, &parts, &e) == -1)
		parts.body.p = NULL;
	return parts;
}

/* The same with a body that is not known. */
static struct key_parts
search_any_body(const struct key_parts *parts)
{
	struct key_parts any = *parts;

	any.body = (struct str){ NULL, 0 };
	any.identity = NULL;
	return any;
}

/* Whether rules can make more requests equal than are so byte by byte. */
static bool
search_is_loose(const struct search *s)
{
	return s->settings->max_tier >= TIER_NORMALIZED &&
	       (rules_verbs(s->settings->rules) & NORMAL_VERBS) != 0;
}

/* What the rules leave of the request, when it is not recorded as it is. */
static enum found
search_probe_normalized(struct search *s, const struct key_parts *parts,
    struct answer **a, struct err *e)
{
	struct wanted *w = s->wanted, exact = *w;
	struct key_parts any = search_any_body(parts);
	enum found found;

	if (!key_normal(s->keyer, parts, &w->key))
		return FOUND_NOTHING;
	w->tier = TIER_NORMALIZED;
	if (w->has_body) {
		(void)key_normal(s->keyer, &any, &w->any_body);
	}
	found = library_find(s->reader, w, a, e);
	if (found == FOUND_NOTHING)
		*w = exact;
	return found;
}

/* parts is s's request, or what redaction leaves of it. */
static enum found
search_probe_parts(struct search *s, const struct key_parts *parts,
    struct answer **a, struct err *e)
{
	struct key_parts any = search_any_body(parts);
	const struct settings *by = s->settings;
	struct wanted *w = s->wanted;
	enum found found, looser;

	w->tier = TIER_EXACT;
	w->key = key_of(s->keyer, parts);
	w->has_body = parts->body.n > 0 || parts->identity != NULL;
	w->headers = parts->headers;
	w->secrets = level_hash(parts->target, parts->body);
	if (w->has_body)
		w->any_body = key_of(s->keyer, &any);
	w->ignoring = by->max_tier >= TIER_NORMALIZED &&
			      (rules_verbs(by->rules) & NORMAL_IGNORING) != 0
			  ? by->rules
			  : NULL;
	w->asked =
	    (struct rules_request){ parts->method, parts->scope, s->target };
	found = library_find(s->reader, w, a, e);
	if ((found != FOUND_NOTHING && found != FOUND_UNUSABLE) ||
	    !search_is_loose(s))
		return found;
	looser = search_probe_normalized(s, parts, a, e);
	return looser == FOUND_NOTHING ? found : looser;
}

/* As one way to redact has it recorded.  *changed is set when that is not how
 * it is. */
static enum found
search_probe_redacted(struct search *s, const struct redactor *by,
    const struct key_parts *parts, bool *changed, struct answer **a,
    struct err *e)
{
	const struct rules_request q = { parts->method, parts->scope,
		parts->target };
	struct key_parts without = *parts;
	struct redacted r;
	enum found found;
	int same = 1;

	redacted_make(&r, by, &q, parts->headers,
	    s->longer == NULL ? parts->body : STR(""));
	without.target = r.target;
	without.headers = r.headers;
	without.body = r.body;
	if (s->longer != NULL)
		same = long_body_parts(s->longer, by, &q, &without, e);
	found =
	    same == -1 ? FOUND_ERROR : search_probe_parts(s, &without, a, e);
	*changed |= r.changed || same == 0;
	s->wanted->headers = parts->headers;
	redacted_fini(&r);
	return found;
}

/* In the ways in which secrets are kept out of the tape, and as it is unless
 * that is the same. */
static enum found
search_probe(struct search *s, struct str method, struct str scope,
    struct answer **a, struct err *e)
{
	const struct key_parts parts = search_parts(s, method, scope);
	const struct redactor *by;
	enum found found = FOUND_NOTHING;
	bool changed = false;
	size_t i;

	for (i = 0; (by = reader_redactor(s->reader, i)) != NULL; i++) {
		found = search_probe_redacted(s, by, &parts, &changed, a, e);
		if (found != FOUND_NOTHING)
			return found;
	}
	return i == 0 || changed ? search_probe_parts(s, &parts, a, e) : found;
}

/* What was recorded of the origin in the other way to reach it.  A tape
 * without scopes has no names. */
static enum found
search_elsewhere(
    struct search *s, struct str method, struct answer **a, struct err *e)
{
	struct scopes scopes;
	enum found found = FOUND_NOTHING;
	size_t i;

	if (s->route.n == 0 && !reader_has_scopes(s->reader))
		return FOUND_NOTHING;
	scopes_elsewhere(&scopes, s->route, s->origin);
	s->wanted->home = home_of(s->origin);
	for (i = 0; i < scopes.n && found == FOUND_NOTHING; i++)
		found = search_probe(s, method, scopes.v[i], a, e);
	return found;
}

/* Most tapes have no scopes but that of the route, and no look in vain. */
static enum found
search_scopes(
    struct search *s, struct str method, struct answer **a, struct err *e)
{
	struct scopes scopes;
	enum found found;
	size_t i;

	s->wanted->home = 0;
	scopes_of(&scopes, s->route, s->authority);
	found = search_probe(s, method, scopes.v[0], a, e);
	for (i = 1; i < scopes.n && found == FOUND_NOTHING &&
		    reader_has_scopes(s->reader);
	     i++)
		found = search_probe(s, method, scopes.v[i], a, e);
	if (found == FOUND_NOTHING && s->origin != NULL)
		found = search_elsewhere(s, method, a, e);
	return found;
}

/* HEAD gets the head of a GET when nothing else was recorded for it. */
static enum found
search_get(struct search *s, enum found found, struct answer **a, struct err *e)
{
	struct wanted head = *s->wanted;
	enum found other = search_scopes(s, STR("GET"), a, e);

	if (other == FOUND)
		s->derived = "head";
	if (other == FOUND_NOTHING)
		*s->wanted = head;
	return other == FOUND_NOTHING ? found : other;
}

/* Which of several recordings is next; the first rule for a request counts. */
static void
search_turn(struct search *s)
{
	const struct settings *by = s->settings;
	struct rules_request q = { s->method, s->route, s->target };
	struct wanted *w = s->wanted;
	const struct rule *rule;
	enum advance advance = by->advance;

	w->repeat = by->repeat;
	w->scope = s->route;
	w->target = s->target;
	if ((rules_verbs(by->rules) & SEARCH_TURNS) != 0) {
		rule = rules_next(by->rules, NULL, RULE_BIT(RULE_REPEAT), &q);
		if (rule != NULL)
			w->repeat = (enum repeat)rule->word;
		rule = rules_next(by->rules, NULL, RULE_BIT(RULE_ADVANCE), &q);
		if (rule != NULL)
			advance = (enum advance)rule->word;
	}
	w->writes = written_by(s->method);
	w->waits = advance == ADVANCE_ON_WRITE && !w->writes;
	w->writes = w->writes &&
		    (by->advance == ADVANCE_ON_WRITE ||
			(rules_verbs(by->rules) & RULE_BIT(RULE_ADVANCE)) != 0);
}

enum found
search_find(struct search *s, struct answer **a, struct err *e)
{
	bool rules = s->settings->http_rules;
	enum found found;

	s->derived = NULL;
	s->wanted->headers = s->headers;
	search_turn(s);
	s->wanted->asks = rules ? http_rules_asks(s->method, s->headers) : 0;
	found = search_scopes(s, s->method, a, e);
	if ((found == FOUND_NOTHING || found == FOUND_UNUSABLE) && rules &&
	    str_is(s->method, "HEAD"))
		found = search_get(s, found, a, e);
	return found;
}

/* The keys under which entries for the scope, of home if not 0, are found in
 * any tier. */
static void
search_keys(struct search *s, struct str method, struct str scope,
    uint64_t home, struct explain_request *r)
{
	struct key_parts parts = search_parts(s, method, scope);
	struct explain_key *k = r->keys + r->nkeys;
	bool has_body = parts.body.n > 0 || parts.identity != NULL;
	int i;

	for (i = 0; i < 2 && r->nkeys + 2 <= EXPLAIN_KEYS; i++) {
		*k++ = (struct explain_key){ TIER_EXACT,
			key_of(s->keyer, &parts), home };
		k->tier = TIER_NORMALIZED;
		k->home = home;
		if (search_is_loose(s) && key_normal(s->keyer, &parts, &k->key))
			k++;
		r->nkeys = (size_t)(k - r->keys);
		if (!has_body)
			break;
		parts = search_any_body(&parts);
	}
}

static void
search_keys_all(struct search *s, struct str method, struct explain_request *r)
{
	size_t i;

	for (i = 0; i < r->nscopes; i++)
		search_keys(s, method, r->scopes[i], 0, r);
	/* It was looked there only if there was nothing under those. */
	for (i = 0; i < r->nelsewhere && s->wanted->home != 0; i++)
		search_keys(s, method, r->elsewhere[i], r->home, r);
}

/* The request becomes what is recorded of such. */
static void
search_redact(struct search *s, struct redacted *r)
{
	const struct rules_request q = { s->method, s->route, s->target };
	const struct redactor *by;

	if (r->headers != NULL)
		return; /* done */
	by = reader_redactor(s->reader, 0);
	if (by == NULL)
		return;
	redacted_make(r, by, &q, s->headers, s->body);
	s->target = r->target;
	s->headers = r->headers;
	s->body = r->body;
	s->by = by;
}

void
search_told_fini(struct search_told *told)
{
	redacted_fini(&told->redacted);
}

/* What there is to be compared. */
static struct str
search_body(const struct search *s)
{
	if (s->longer != NULL)
		return (struct str){ NULL, 0 };
	return s->body.n > 0 ? s->body : STR("");
}

void
search_explain(struct search *s, enum found found, struct search_told *told,
    struct explain_request *r)
{
	struct scopes *scopes = &told->scopes;

	search_redact(s, &told->redacted);
	scopes_of(scopes, s->route, s->authority);
	told->elsewhere.n = 0;
	if (s->origin != NULL)
		scopes_elsewhere(&told->elsewhere, s->route, s->origin);
	*r = (struct explain_request){
		.method = s->method,
		.target = s->target,
		.nscopes = scopes->n,
		.nelsewhere = told->elsewhere.n,
		.home = s->origin != NULL ? home_of(s->origin) : 0,
		.headers = s->headers,
		.body = search_body(s),
		.size =
		    s->longer != NULL ? long_body_size(s->longer) : s->body.n,
		.found = found,
		.rules = s->settings->max_tier >= TIER_NORMALIZED
			     ? s->settings->rules
			     : NULL,
		.lines = true,
	};
	memcpy(r->scopes, scopes->v, scopes->n * sizeof(*scopes->v));
	memcpy(r->elsewhere, told->elsewhere.v,
	    r->nelsewhere * sizeof(*r->elsewhere));
	if (found == FOUND_NOTHING)
		return;
	/* What answered is under the last key that was looked under. */
	if (found == FOUND) {
		r->keys[r->nkeys++] = (struct explain_key){ s->wanted->tier,
			s->wanted->under, s->wanted->home };
		return;
	}
	search_keys_all(s, s->method, r);
	if (str_is(s->method, "HEAD"))
		search_keys_all(s, STR("GET"), r);
}
