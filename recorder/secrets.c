#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/mem.h"
#include "base/regex.h"
#include "har/json_path.h"
#include "recorder/pseudonym.h"
#include "recorder/rules.h"
#include "recorder/secrets_priv.h"

#include "recorder/secrets.h"

#define SECRETS_SNIFFED 1024  /* bytes that show whether it is text */
#define SECRETS_PLACES 100000 /* that paths may lead to in one text */

/* What a path of secret_rules is for. */
enum { PATH_REDACT = 1, PATH_KEEP = 2 };

struct secret_rules {
	const struct rule **v;
	size_t n;
	uint64_t verbs;
	struct json_paths *paths; /* NULL for none */
};

void
secrets_fini(struct secrets *s)
{
	free(s->v);
	*s = (struct secrets){ 0 };
}

/* ---- what is prepared ------------------------------------------------- */

struct finder *
finder_new(void)
{
	struct finder *f = xcalloc(1, sizeof(*f));
	struct err e;

	secrets_prepare(f);
	f->names = secret_names_new();
	f->har = json_paths_new();
	if (json_paths_add(f->har, STR("$..cookies[*].value"), 1, &e) == -1)
		abort(); /* a constant */
	return f;
}

void
finder_free(struct finder *f)
{
	if (f == NULL)
		return;
	json_paths_free(f->har);
	secret_names_free(f->names);
	free(f);
}

static void
secret_rules_paths(struct secret_rules *s, const struct rule *rule)
{
	struct err e;
	size_t i;

	if (s->paths == NULL)
		s->paths = json_paths_new();
	for (i = 0; i < rule->narguments; i++)
		(void)json_paths_add(s->paths, rule->arguments[i],
		    rule->verb == RULE_KEEP_JSON ? PATH_KEEP : PATH_REDACT,
		    &e); /* rules_add() has tried it */
}

struct secret_rules *
secret_rules_new(const struct rules *r, const struct rules_request *q)
{
	const struct rule *rule = NULL;
	struct secret_rules *s = NULL;

	while ((rule = rules_next(r, rule, RULES_OF_REDACTION, q)) != NULL) {
		if (s == NULL)
			s = xcalloc(1, sizeof(*s));
		s->v = xrealloc(s->v, (s->n + 1) * sizeof(*s->v));
		s->v[s->n++] = rule;
		s->verbs |= RULE_BIT(rule->verb);
		if (rule->verb == RULE_REDACT_JSON ||
		    rule->verb == RULE_KEEP_JSON)
			secret_rules_paths(s, rule);
	}
	return s;
}

void
secret_rules_free(struct secret_rules *r)
{
	if (r == NULL)
		return;
	json_paths_free(r->paths);
	free(r->v);
	free(r);
}

bool
secret_rules_need_whole(const struct secret_rules *r)
{
	return r != NULL &&
	       (r->paths != NULL ||
		   (r->verbs & RULE_BIT(RULE_REDACT_PATTERN)) != 0);
}

/* ---- what is found ---------------------------------------------------- */

static bool
secrets_rule_names(const struct secrets_in *in, enum rule_verb verb,
    struct str name, bool any_case)
{
	const struct secret_rules *r = in->rules;
	size_t i;

	if (r == NULL || (r->verbs & RULE_BIT(verb)) == 0)
		return false;
	for (i = 0; i < r->n; i++)
		if (r->v[i]->verb == verb &&
		    rule_names(r->v[i], name, any_case))
			return true;
	return false;
}

/* What the user's rules say, else what is known. */
static enum secret_class
secrets_by_rule(const struct secrets_in *in, enum rule_verb redact,
    enum rule_verb keep, struct str name, enum secret_class known, bool *kept)
{
	bool header = redact == RULE_REDACT_HEADER;

	if (in->rules == NULL)
		return known;
	if (secrets_rule_names(in, keep, name, header)) {
		*kept = true;
		return SECRET_NONE;
	}
	if (known < SECRET_SURE && secrets_rule_names(in, redact, name, header))
		return SECRET_SURE;
	return known;
}

static enum secret_class
secrets_class_of(
    const struct secrets_in *in, enum secret_of of, struct str name, bool *kept)
{
	static const struct secret_name unknown = { .name = NULL };
	const struct secret_name *row =
	    secret_names_find(in->finder->names, name);

	*kept = false;
	if (row == NULL)
		row = &unknown;
	switch (of) {
	case SECRET_OF_HEADER:
		return secrets_by_rule(in, RULE_REDACT_HEADER, RULE_KEEP_HEADER,
		    name, row->header, kept);
	case SECRET_OF_QUERY:
		return secrets_by_rule(in, RULE_REDACT_QUERY, RULE_KEEP_QUERY,
		    name, row->query, kept);
	case SECRET_OF_FIELD:
		return row->field;
	case SECRET_OF_EITHER:
		break;
	}
	return secrets_by_rule(in, RULE_REDACT_FORM, RULE_KEEP_FORM, name,
	    row->field > row->query ? row->field : row->query, kept);
}

enum secret_class
secrets_class(
    const struct secrets_in *in, enum secret_of of, struct str name, bool *kept)
{
	enum secret_class class = secrets_class_of(in, of, name, kept);

	return class == SECRET_NONE && in->guesses && !*kept &&
		       secret_is_hinted(name)
		   ? SECRET_GUESS
		   : class;
}

static bool
secrets_keeps(const struct secrets_in *in, struct str text, struct secret s)
{
	const struct secret_rules *r = in->rules;
	struct buf scratch = { 0 };
	bool keeps = false;
	size_t i;

	if (r == NULL || (r->verbs & RULE_BIT(RULE_KEEP_PATTERN)) == 0)
		return false;
	for (i = 0; i < r->n && !keeps; i++)
		keeps = r->v[i]->verb == RULE_KEEP_PATTERN &&
			regex_find(r->v[i]->regex,
			    secret_value(&s, text, &scratch), 0, NULL) == 1;
	buf_free(&scratch);
	return keeps;
}

bool
secrets_add(const struct secrets_in *in, struct str text, struct secret s)
{
	struct secrets *found = in->found;
	struct str raw = { text.p + s.at, s.n };

	if (s.n == 0)
		return false;
	if (pseudonym_is(raw) || (s.number && pseudonym_is_number(raw)) ||
	    secrets_keeps(in, text, s))
		return true;
	if (found->n == found->cap) {
		found->cap = found->cap == 0 ? 8 : 2 * found->cap;
		found->v = xrealloc(found->v, found->cap * sizeof(*found->v));
	}
	found->v[found->n++] = s;
	return true;
}

/* What is behind the scheme of credentials (RFC 9110 section 11.4). */
static struct secret
secrets_behind_scheme(struct str text, struct secret s)
{
	const char *p = text.p + s.at;
	size_t n = 0;

	while (n < s.n && (str_is_tchar((unsigned char)p[n])) && p[n] != '%' &&
	       p[n] != '+')
		n++;
	if (n == 0 || n == s.n)
		return s;
	if (s.percent > 0 && p[n] == '%' && n + 3 < s.n && p[n + 1] == '2' &&
	    p[n + 2] == '0')
		n += 3;
	else if (p[n] == ' ' || (s.percent > 0 && p[n] == '+'))
		n++;
	else
		return s;
	while (n < s.n && p[n] == ' ')
		n++;
	s.at += n;
	s.n -= n;
	s.kind = "authorization";
	return s;
}

/* The value behind the equals sign of a cookie's pair, without quotes. */
static void
secrets_take_cookie(const struct secrets_in *in, struct str text,
    struct str pair, struct secret s)
{
	struct str value = pair, name;

	if (!str_cut(&value, '=', &name) || value.p == NULL)
		return;
	value = str_trim(value);
	if (value.n > 1 && value.p[0] == '"' && value.p[value.n - 1] == '"')
		value = (struct str){ value.p + 1, value.n - 2 };
	s.at = (size_t)(value.p - text.p);
	s.n = value.n;
	s.kind = "cookie";
	s.name = str_trim(name);
	s.percent++;
	(void)secrets_add(in, text, s);
}

static bool
secrets_look_random(
    const struct secret *s, struct str text, bool (*random)(struct str value))
{
	struct buf scratch = { 0 };
	struct str value = secret_value(s, text, &scratch);
	bool is = random(value) || pseudonym_is(value);

	buf_free(&scratch);
	return is;
}

bool
secrets_take(const struct secrets_in *in, struct str text,
    enum secret_class class, struct secret s)
{
	struct str rest = { text.p + s.at, s.n }, pair;

	switch (class) {
	case SECRET_NONE:
		return false;
	case SECRET_GUESS:
		if (!secrets_look_random(&s, text, secret_is_random))
			return false;
		s.kind = "entropy";
		break;
	case SECRET_LIKELY:
		if (!secrets_look_random(&s, text, secret_looks_random))
			return false;
		break;
	case SECRET_SURE:
		break;
	case SECRET_SCHEME:
		s = secrets_behind_scheme(text, s);
		break;
	case SECRET_COOKIES:
		while (str_cut(&rest, ';', &pair))
			secrets_take_cookie(in, text, pair, s);
		return true;
	case SECRET_SET_COOKIE:
		(void)str_cut(&rest, ';', &pair);
		secrets_take_cookie(in, text, pair, s);
		return true;
	}
	return secrets_add(in, text, s);
}

/* ---- the user's patterns and paths ------------------------------------ */

static int
secrets_order(const void *a, const void *b)
{
	const struct secret *x = a, *y = b;

	if (x->at != y->at)
		return x->at < y->at ? -1 : 1;
	return x->n > y->n ? -1 : x->n < y->n;
}

/* Makes the list ascend; those that overlap become one. */
static void
secrets_settle(struct secrets *found)
{
	struct secret *last, *s;
	size_t i, n = 0, end;

	if (found->n < 2)
		return;
	qsort(found->v, found->n, sizeof(*found->v), secrets_order);
	for (i = 1; i < found->n; i++) {
		last = &found->v[n];
		s = &found->v[i];
		end = s->at + s->n;
		if (s->at >= last->at + last->n) {
			found->v[++n] = *s;
		} else if (end > last->at + last->n) {
			last->n = end - last->at;
			last->number = false;
		}
	}
	found->n = n + 1;
}

/* What group 1 of each match is, or all of it. */
static void
secrets_by_pattern(
    const struct secrets_in *in, const struct regex *regex, struct str text)
{
	struct regex_match m;
	struct secret s;
	struct str hit;
	size_t from = 0;

	while (from <= text.n && regex_find(regex, text, from, &m) == 1) {
		hit = m.group[1].p != NULL ? m.group[1] : m.group[0];
		s = (struct secret){ .at = (size_t)(hit.p - text.p),
			.n = hit.n,
			.kind = "rule" };
		(void)secrets_add(in, text, s);
		from = (size_t)(m.group[0].p - text.p) + m.group[0].n;
		from += m.group[0].n == 0;
	}
}

static void
secrets_by_known(const struct secrets_in *in, struct str text)
{
	struct str rest = in->known, value;
	const char *hit, *end = text.p + text.n;
	struct secret s;

	while (rest.n > 0 && str_cut(&rest, '\0', &value)) {
		for (hit = text.p; value.n > 0 && text.n > 0 &&
				   (hit = memmem(hit, (size_t)(end - hit),
					value.p, value.n)) != NULL;
		     hit += value.n) {
			s = (struct secret){ .at = (size_t)(hit - text.p),
				.n = value.n,
				.kind = "known" };
			(void)secrets_add(in, text, s);
		}
	}
	if (in->known.n > 0)
		secrets_settle(in->found);
}

static void
secrets_by_patterns(const struct secrets_in *in, struct str text)
{
	const struct secret_rules *r = in->rules;
	size_t i;

	secrets_by_known(in, text);
	if (r == NULL || (r->verbs & RULE_BIT(RULE_REDACT_PATTERN)) == 0)
		return;
	for (i = 0; i < r->n; i++)
		if (r->v[i]->verb == RULE_REDACT_PATTERN)
			secrets_by_pattern(in, r->v[i]->regex, text);
	secrets_settle(in->found);
}

/* Takes out what lies between two offsets. */
static void
secrets_forget(struct secrets *found, size_t from, size_t to)
{
	size_t i, n = 0;

	for (i = 0; i < found->n; i++)
		if (found->v[i].at + found->v[i].n <= from ||
		    found->v[i].at >= to)
			found->v[n++] = found->v[i];
	found->n = n;
}

static void
secrets_by_paths(const struct secrets_in *in, const struct json_paths *paths,
    struct str text, const char *kind)
{
	struct json_places places = { 0 };
	const struct json_place *p;
	struct err e;
	size_t i;

	if (json_paths_find(paths, text, SECRETS_PLACES, &places, &e) == 0) {
		for (i = 0; i < places.n; i++) {
			p = &places.v[i];
			if ((p->tags & PATH_REDACT) != 0)
				secrets_in_value(
				    in, text, p->from, p->to, kind);
		}
		secrets_settle(in->found);
		for (i = 0; i < places.n; i++) {
			p = &places.v[i];
			if ((p->tags & PATH_KEEP) != 0)
				secrets_forget(in->found, p->from, p->to);
		}
	}
	json_places_fini(&places);
}

/* ---- where to look ---------------------------------------------------- */

/* A value of a pair that may have JSON or a URL in it, encoded. */
static void
secrets_in_encoded(
    const struct secrets_in *in, struct str text, size_t from, size_t to)
{
	struct str value = { text.p + from, to - from };
	struct secrets inner = { 0 };
	struct secrets_in at = *in;
	struct buf decoded = { 0 };
	size_t *map = xcalloc(value.n + 1, sizeof(*map)), i;
	struct secret s;

	at.found = &inner;
	secrets_unpercent(value, &decoded, map);
	secrets_look(&at, buf_str(&decoded), 0);
	for (i = 0; i < inner.n; i++) {
		s = inner.v[i];
		s.n = map[s.at + s.n] - map[s.at];
		s.at = from + map[s.at];
		s.name = STR(""); /* it was a view of what goes */
		s.percent++;
		(void)secrets_add(in, text, s);
	}
	free(map);
	buf_free(&decoded);
	secrets_fini(&inner);
}

static void
secrets_in_pair(const struct secrets_in *in, struct str text, size_t from,
    size_t to, enum secret_of of)
{
	const char *equals = memchr(text.p + from, '=', to - from);
	struct secret s = { .kind = of == SECRET_OF_QUERY ? "query" : "field",
		.percent = 1 };
	struct buf decoded = { 0 };
	enum secret_class class;
	bool kept, taken;

	if (equals == NULL)
		equals = text.p + from - 1;
	else
		s.name = (struct str){ text.p + from,
			(size_t)(equals - text.p) - from };
	s.at = (size_t)(equals + 1 - text.p);
	s.n = to - s.at;
	if (s.n == 0)
		return;
	if (s.name.n > 0 && memchr(s.name.p, '%', s.name.n) != NULL) {
		secrets_unpercent(s.name, &decoded, NULL);
		class = secrets_class(in, of, buf_str(&decoded), &kept);
	} else {
		class = secrets_class(in, of, s.name, &kept);
	}
	taken = kept || secrets_take(in, text, class, s);
	buf_free(&decoded);
	if (taken)
		return;
	if (memchr(text.p + s.at, '%', s.n) != NULL)
		secrets_in_encoded(in, text, s.at, to);
	else
		secrets_look(in, (struct str){ text.p, to }, s.at);
}

void
secrets_in_pairs(const struct secrets_in *in, struct str text, size_t from,
    size_t to, enum secret_of of)
{
	const char *end;
	size_t n;

	while (from < to) {
		end = memchr(text.p + from, '&', to - from);
		n = end != NULL ? (size_t)(end - text.p) : to;
		secrets_in_pair(in, text, from, n, of);
		from = n + 1;
	}
}

void
secrets_in_url(const struct secrets_in *in, struct str url)
{
	const char *query, *fragment;
	size_t end = url.n, at;

	in->found->n = 0;
	if (url.n == 0)
		return;
	fragment = memchr(url.p, '#', url.n);
	if (fragment != NULL)
		end = (size_t)(fragment - url.p);
	query = memchr(url.p, '?', end);
	at = query != NULL ? (size_t)(query - url.p) : end;
	secrets_look(in, (struct str){ url.p, at }, 0);
	if (query != NULL)
		secrets_in_pairs(in, url, at + 1, end, SECRET_OF_QUERY);
	if (fragment != NULL)
		secrets_look(in, url, end);
	secrets_by_patterns(in, url);
}

void
secrets_in_field(const struct secrets_in *in, struct str name, struct str value)
{
	struct secret s = { .n = value.n, .kind = "header", .name = name };
	enum secret_class class;
	bool kept;

	in->found->n = 0;
	if (value.n == 0)
		return;
	class = secrets_class(in, SECRET_OF_HEADER, name, &kept);
	if (kept)
		return;
	if (!secrets_take(in, value, class, s))
		secrets_look(in, value, 0);
	secrets_by_patterns(in, value);
}

void
secrets_in_text(const struct secrets_in *in, struct str text, size_t from)
{
	in->found->n = 0;
	secrets_look(in, text, from);
	secrets_by_patterns(in, text);
	if (in->rules != NULL && in->rules->paths != NULL)
		secrets_by_paths(in, in->rules->paths, text, "rule");
}

void
secrets_in_har(const struct secrets_in *in, struct str text)
{
	in->found->n = 0;
	secrets_look(in, text, 0);
	secrets_by_patterns(in, text);
	secrets_by_paths(in, in->finder->har, text, "cookie");
}

static bool
secrets_type_is(struct str content_type, const char *type)
{
	struct str name = content_type;
	size_t n = strlen(type);

	if (!str_istarts(name, type))
		return false;
	return name.n == n || memchr("; \t", name.p[n], 3) != NULL;
}

void
secrets_in_body(
    const struct secrets_in *in, struct str content_type, struct str body)
{
	in->found->n = 0;
	if (secrets_type_is(content_type, "application/x-www-form-urlencoded"))
		secrets_in_pairs(in, body, 0, body.n, SECRET_OF_EITHER);
	else if (str_istarts(content_type, "multipart/"))
		secrets_in_parts(in, content_type, body);
	else
		secrets_look(in, body, 0);
	secrets_by_patterns(in, body);
	if (in->rules != NULL && in->rules->paths != NULL)
		secrets_by_paths(in, in->rules->paths, body, "rule");
}

bool
secrets_are_possible(struct str content_type, struct str start)
{
	static const char *const binary[] = { "image/", "audio/", "video/",
		"font/", "application/grpc", "application/protobuf",
		"application/x-protobuf", "application/x-git-",
		"application/msgpack", "application/x-msgpack",
		"application/vnd.msgpack", "application/cbor",
		"application/pdf", "application/zip", "application/wasm" };
	size_t i;

	for (i = 0; i < sizeof(binary) / sizeof(*binary); i++)
		if (str_istarts(content_type, binary[i]))
			return str_istarts(content_type, "image/svg");
	if (start.n > SECRETS_SNIFFED)
		start.n = SECRETS_SNIFFED;
	return start.n > 0 && memchr(start.p, '\0', start.n) == NULL;
}
