#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/digest.h"
#include "base/err.h"
#include "base/mem.h"
#include "base/regex.h"
#include "har/coding.h"
#include "har/headers.h"
#include "har/json_path.h"
#include "replay/identity.h"
#include "replay/key.h"
#include "replay/multipart.h"
#include "replay/normal_priv.h"

#include "replay/normal.h"

/* Scratch memory above this is given back after each request. */
#define NORMAL_SCRATCH (64u << 10)

#define NORMAL_JSON_VERBS \
	(RULE_BIT(RULE_IGNORE_JSON) | RULE_BIT(RULE_REPLACE_JSON) | \
	    RULE_BIT(RULE_COMPARE_JSON_SET))
#define NORMAL_XML_VERBS \
	(RULE_BIT(RULE_IGNORE_XML) | RULE_BIT(RULE_REPLACE_XML))

struct normal {
	const struct rules *all;
	struct normal_rules rules; /* for the request at hand */
	struct json_paths *paths;  /* of these rules */
	const struct rule **paths_of;
	size_t paths_of_n, paths_of_cap;
	struct normal_json *json;
	struct arena arena;
	struct buf path, replaced, decoded;
};

/*
 * Writing
 */

void
normal_number(struct buf *out, uint64_t v)
{
	char byte;

	for (; v >= 0x80; v >>= 7) {
		byte = (char)(v | 0x80);
		buf_add(out, &byte, 1);
	}
	byte = (char)v;
	buf_add(out, &byte, 1);
}

void
normal_text(struct buf *out, char tag, struct str text)
{
	buf_add(out, &tag, 1);
	normal_number(out, text.n);
	if (text.n > 0)
		buf_add_str(out, text);
}

void
normal_shorten(struct buf *out, size_t from)
{
	uint8_t sum[DIGEST_BYTES];
	char tag = NORMAL_DIGEST;

	if (out->n - from <= NORMAL_LONG)
		return;
	digest_of(out->p + from, out->n - from, sum);
	out->n = from;
	buf_add(out, &tag, 1);
	buf_add(out, sum, sizeof(sum));
}

/* What is not looked into. */
static void
normal_bytes(struct buf *out, struct str bytes)
{
	uint8_t sum[DIGEST_BYTES];

	if (bytes.n <= NORMAL_LONG) {
		normal_text(out, 'b', bytes);
		return;
	}
	digest_of(bytes.p, bytes.n, sum);
	buf_add_text(out, "B");
	buf_add(out, sum, sizeof(sum));
}

/*
 * Rules
 */

enum normal_fate
normal_fate(const struct normal_rules *r, enum rule_verb ignore,
    enum rule_verb replace, struct str name)
{
	enum normal_fate fate = NORMAL_KEPT;
	size_t i;

	if ((r->verbs & (RULE_BIT(ignore) | RULE_BIT(replace))) == 0)
		return NORMAL_KEPT;
	for (i = 0; i < r->n; i++) {
		if (r->v[i]->verb == ignore && rule_names(r->v[i], name, false))
			return NORMAL_IGNORED;
		if (r->v[i]->verb == replace && fate == NORMAL_KEPT &&
		    rule_names(r->v[i], name, false))
			fate = NORMAL_ANY;
	}
	return fate;
}

/* Gathers the rules with these verbs that are for the request; whether there
 * is one. */
static bool
normal_gather(struct normal *n, const struct key_parts *p, uint64_t verbs)
{
	struct rules_request q = { p->method, p->scope, p->target };
	struct normal_rules *r = &n->rules;
	const struct rule *rule = NULL;

	r->n = 0;
	r->verbs = 0;
	while ((rule = rules_next(n->all, rule, verbs, &q)) != NULL) {
		if (r->n == r->cap) {
			r->cap = r->cap == 0 ? 16 : 2 * r->cap;
			r->v = xrealloc(r->v, r->cap * sizeof(*r->v));
		}
		r->v[r->n++] = rule;
		r->verbs |= RULE_BIT(rule->verb);
	}
	return r->n > 0;
}

/* Whether the paths are those of the rules at hand already. */
static bool
normal_same_rules(const struct normal *n)
{
	return n->paths != NULL && n->paths_of_n == n->rules.n &&
	       memcmp(n->paths_of, n->rules.v,
		   n->rules.n * sizeof(*n->rules.v)) == 0;
}

static void
normal_add_paths(struct normal *n, const struct rule *rule)
{
	uint64_t tag = rule->verb == RULE_IGNORE_JSON    ? NORMAL_JSON_IGNORE
		       : rule->verb == RULE_REPLACE_JSON ? NORMAL_JSON_REPLACE
							 : NORMAL_JSON_SET;
	struct err e;
	size_t i;

	for (i = 0; i < rule->narguments; i++)
		if (json_paths_add(n->paths, rule->arguments[i], tag, &e) == -1)
			abort(); /* rules_add() has taken it */
}

/* The paths of the rules that are for the request, or NULL. */
static const struct json_paths *
normal_paths(struct normal *n)
{
	const struct normal_rules *r = &n->rules;
	size_t i;

	if ((r->verbs & NORMAL_JSON_VERBS) == 0)
		return NULL;
	if (normal_same_rules(n))
		return n->paths;
	if (n->paths == NULL)
		n->paths = json_paths_new();
	json_paths_clear(n->paths);
	for (i = 0; i < r->n; i++)
		if ((RULE_BIT(r->v[i]->verb) & NORMAL_JSON_VERBS) != 0)
			normal_add_paths(n, r->v[i]);
	if (r->n > n->paths_of_cap) {
		n->paths_of_cap = r->n;
		n->paths_of =
		    xrealloc(n->paths_of, r->n * sizeof(*n->paths_of));
	}
	memcpy(n->paths_of, r->v, r->n * sizeof(*r->v));
	n->paths_of_n = r->n;
	return n->paths;
}

struct normal *
normal_new(const struct rules *r)
{
	struct normal *n = xcalloc(1, sizeof(*n));

	n->all = r;
	n->json = normal_json_new();
	return n;
}

void
normal_free(struct normal *n)
{
	if (n == NULL)
		return;
	free(n->rules.v);
	free(n->paths_of);
	json_paths_free(n->paths);
	normal_json_free(n->json);
	arena_fini(&n->arena);
	buf_free(&n->path);
	buf_free(&n->replaced);
	buf_free(&n->decoded);
	free(n);
}

/*
 * Header fields
 */

bool
normal_ignores_header(
    const struct rules *r, const struct rules_request *q, struct str name)
{
	const struct rule *rule = NULL;

	while ((rule = rules_next(r, rule, NORMAL_IGNORING, q)) != NULL)
		if (rule_names(rule, name, true))
			return true;
	return false;
}

struct normal_field {
	struct str name;
	struct str value;
	size_t at;
	bool any;
};

/* Whether one of the rules with this verb names the field. */
static bool
normal_names_field(
    const struct normal_rules *r, enum rule_verb verb, struct str name)
{
	size_t i;

	for (i = 0; i < r->n; i++)
		if (r->v[i]->verb == verb && rule_names(r->v[i], name, true))
			return true;
	return false;
}

static int
normal_field_order(const void *left, const void *right)
{
	const struct normal_field *a = left, *b = right;
	size_t n = a->name.n < b->name.n ? a->name.n : b->name.n, i;
	int r;

	for (i = 0; i < n; i++) {
		/* Names are tokens, in which only letters have a case. */
		r = (a->name.p[i] | 32) - (b->name.p[i] | 32);
		if (r != 0)
			return r;
	}
	if (a->name.n != b->name.n)
		return a->name.n < b->name.n ? -1 : 1;
	return a->at < b->at ? -1 : a->at > b->at;
}

/* The fields that count, each with its name in lower case. */
static size_t
normal_fields(
    const struct normal *n, const struct headers *h, struct normal_field *v)
{
	const struct header *f;
	size_t i, count = 0;

	for (i = 0; i < h->n; i++) {
		f = &h->v[i];
		if (!headers_end_to_end(h, f) || str_iis(f->name, "Host") ||
		    str_iis(f->name, "Content-Length") ||
		    normal_names_field(&n->rules, RULE_IGNORE_HEADER, f->name))
			continue;
		v[count] = (struct normal_field){ .name = f->name,
			.value = f->value,
			.at = count,
			.any = normal_names_field(
			    &n->rules, RULE_REPLACE_HEADER, f->name) };
		count += v[count].any || normal_names_field(&n->rules,
					     RULE_COMPARE_HEADER, f->name);
	}
	return count;
}

/* The members of a list, so that it does not matter how they are spread over
 * lines (RFC 9110 section 5.3). */
static void
normal_add_members(struct str value, struct buf *out)
{
	struct str member;

	if (value.p == NULL)
		value = STR("");
	while (str_cut(&value, ',', &member))
		normal_text(out, ',', str_trim(member));
}

/* A name of a field, in lower case. */
static void
normal_add_name(struct str name, struct buf *out)
{
	size_t i;

	normal_text(out, 'h', name);
	for (i = out->n - name.n; i < out->n; i++)
		if (out->p[i] >= 'A' && out->p[i] <= 'Z')
			out->p[i] |= 32;
}

void
normal_headers(struct normal *n, const struct key_parts *p, struct buf *out)
{
	const struct headers *h = p->headers;
	struct normal_field *v;
	size_t i, count;

	if ((rules_verbs(n->all) & NORMAL_HEADERS) == 0 || h == NULL ||
	    !normal_gather(n, p, NORMAL_HEADERS | RULE_BIT(RULE_IGNORE_HEADER)))
		return;
	v = xcalloc(h->n + 1, sizeof(*v));
	count = normal_fields(n, h, v);
	qsort(v, count, sizeof(*v), normal_field_order);
	for (i = 0; i < count; i++) {
		if (i == 0 || !str_ieq(v[i].name, v[i - 1].name))
			normal_add_name(v[i].name, out);
		if (!v[i].any)
			normal_add_members(v[i].value, out);
	}
	free(v);
}

/*
 * Bodies
 */

/* What a body is made of, and where it stands. */
struct normal_body {
	struct str type; /* Content-Type */
	struct str bytes;
	int depth; /* in multiparts */
};

static void normal_add_body(
    struct normal *n, const struct normal_body *b, struct buf *out);

static bool
normal_begins(struct str bytes, const char *with)
{
	size_t i = 0;

	if (str_starts(bytes, "\xef\xbb\xbf"))
		i = 3;
	while (i < bytes.n && memchr(" \t\r\n", bytes.p[i], 4) != NULL)
		i++;
	return i < bytes.n && strchr(with, bytes.p[i]) != NULL &&
	       bytes.p[i] != '\0';
}

/* The media type of a Content-Type, without parameters. */
static struct str
normal_media_type(struct str type)
{
	struct str rest = type, media = STR("");

	if (rest.p != NULL)
		(void)str_cut(&rest, ';', &media);
	return str_trim(media);
}

static bool
normal_ends(struct str s, const char *with)
{
	size_t n = strlen(with);

	return s.n >= n && str_iis((struct str){ s.p + s.n - n, n }, with);
}

static bool
normal_is_json(const struct normal_body *b, struct str media)
{
	return normal_begins(b->bytes, "{[") || normal_ends(media, "/json") ||
	       normal_ends(media, "+json") ||
	       str_iis(media, "application/x-ndjson");
}

struct normal_part {
	struct normal *normal;
	struct buf *out;
	int depth;
};

/* A part's fields in the order of their names, without the boundary that one
 * of them may name. */
static void
normal_add_part_head(struct str head, bool nested, struct buf *out)
{
	struct normal_field v[MULTIPART_FIELDS];
	size_t i, n = 0;

	while (n < MULTIPART_FIELDS &&
	       multipart_field(&head, &v[n].name, &v[n].value)) {
		v[n].at = n;
		n += !str_iis(v[n].name, "Content-Length");
	}
	qsort(v, n, sizeof(*v), normal_field_order);
	for (i = 0; i < n; i++) {
		if (nested && str_iis(v[i].name, "Content-Type"))
			v[i].value = normal_media_type(v[i].value);
		normal_add_name(v[i].name, out);
		normal_text(out, NORMAL_TEXT, v[i].value);
	}
	normal_bytes(out, head); /* those that are more, or are none */
}

static void
normal_on_part(void *arg, const struct multipart_part *part)
{
	const struct normal_part *p = arg;
	struct normal_body b = { .type = multipart_type(part->head),
		.bytes = part->body,
		.depth = p->depth + 1 };
	struct str boundary;
	bool nested = multipart_boundary(b.type, &boundary);
	enum normal_fate fate = normal_fate(
	    &p->normal->rules, RULE_IGNORE_PART, RULE_REPLACE_PART, part->name);

	if (fate == NORMAL_IGNORED)
		return;
	normal_text(p->out, 'P', part->name);
	if (fate == NORMAL_ANY) {
		normal_text(p->out, NORMAL_REPLACED, STR(""));
		return;
	}
	normal_add_part_head(part->head, nested, p->out);
	normal_add_body(p->normal, &b, p->out);
}

static bool
normal_multipart(struct normal *n, const struct normal_body *b, struct buf *out)
{
	struct normal_part part = { n, out, b->depth };
	struct str boundary;

	if (b->depth >= MULTIPART_DEPTH ||
	    !multipart_boundary(b->type, &boundary) ||
	    !multipart_fits(boundary, b->bytes))
		return false;
	buf_add_text(out, "m");
	multipart_each(boundary, b->bytes, normal_on_part, &part);
	buf_add_text(out, ".");
	return true;
}

static bool
normal_form_body(struct normal *n, const struct normal_body *b, struct buf *out)
{
	static const struct normal_pairs_kind kind = {
		.ignore = RULE_IGNORE_FORM,
		.replace = RULE_REPLACE_FORM,
		.as_set = RULE_COMPARE_FORM,
	};
	size_t from = out->n;

	buf_add_text(out, "f");
	if (normal_pairs(&n->rules, &kind, b->bytes, out)) {
		buf_add_text(out, ".");
		return true;
	}
	out->n = from;
	return false;
}

/* By what it means; false when nothing is known of that. */
static bool
normal_add_meaning(
    struct normal *n, const struct normal_body *b, struct buf *out)
{
	struct str media = normal_media_type(b->type);
	uint64_t verbs = n->rules.verbs;
	bool graphql = (verbs & RULE_BIT(RULE_COMPARE_GRAPHQL)) != 0;
	size_t from = out->n;

	if (normal_is_json(b, media)) {
		buf_add_text(out, "j");
		if (normal_json_add(
			n->json, normal_paths(n), graphql, b->bytes, out)) {
			buf_add_text(out, ".");
			return true;
		}
		out->n = from;
	}
	if (str_iis(media, "application/x-www-form-urlencoded"))
		return normal_form_body(n, b, out);
	if (graphql && str_iis(media, "application/graphql"))
		return normal_graphql(b->bytes, out);
	if ((verbs & NORMAL_XML_VERBS) != 0 && normal_begins(b->bytes, "<") &&
	    normal_xml(&n->rules, b->bytes, out))
		return true;
	return normal_multipart(n, b, out);
}

static void
normal_add_body(struct normal *n, const struct normal_body *b, struct buf *out)
{
	if (b->bytes.n == 0)
		buf_add_text(out, "0");
	else if (!normal_add_meaning(n, b, out))
		normal_bytes(out, b->bytes);
}

/* A body that is too long to be taken by its meaning. */
static void
normal_long(const struct key_parts *p, struct str codings, struct buf *out)
{
	struct identity made;

	if (p->identity != NULL)
		made = *p->identity;
	else
		made = identity_of(p->headers, p->body);
	if (codings.n > 0)
		normal_text(out, 'c', codings);
	buf_addf(out, "l%c", made.form);
	buf_add(out, made.sum, sizeof(made.sum));
}

/* The body of a request, without its content codings. */
static void
normal_request_body(
    struct normal *n, const struct key_parts *p, struct buf *out)
{
	static const struct headers none;
	const struct headers *h = p->headers != NULL ? p->headers : &none;
	struct normal_body b = { .type = headers_get(h, "Content-Type"),
		.bytes = p->body };
	struct str codings;

	if ((n->rules.verbs & RULE_BIT(RULE_IGNORE_BODY)) != 0)
		return;
	codings = coding_list(h, &n->arena);
	if (p->identity != NULL || p->body.n > NORMAL_MOST) {
		normal_long(p, codings, out);
		return;
	}
	if (p->body.p == NULL) {
		buf_add_text(out, "u");
		return;
	}
	buf_clear(&n->decoded, NORMAL_SCRATCH);
	if (codings.n > 0 && p->body.n > 0) {
		if (coding_decode(codings, p->body, NORMAL_MOST, &n->decoded) !=
		    CODING_DONE) {
			normal_text(out, 'c', codings);
			normal_bytes(out, p->body);
			return;
		}
		b.bytes = buf_str(&n->decoded);
	}
	normal_add_body(n, &b, out);
}

/*
 * The whole
 */

static struct str
normal_path(struct normal *n, struct str path)
{
	const struct rule *rule;
	struct buf swap;
	size_t i;

	if ((n->rules.verbs & RULE_BIT(RULE_PATH)) == 0)
		return path;
	buf_clear(&n->path, NORMAL_SCRATCH);
	buf_add_str(&n->path, path);
	for (i = 0; i < n->rules.n; i++) {
		rule = n->rules.v[i];
		if (rule->verb != RULE_PATH)
			continue;
		buf_clear(&n->replaced, NORMAL_SCRATCH);
		(void)regex_replace(rule->regex, buf_str(&n->path),
		    rule->arguments[1], &n->replaced);
		swap = n->path;
		n->path = n->replaced;
		n->replaced = swap;
	}
	return buf_str(&n->path);
}

static void
normal_query(struct normal *n, struct str query, struct buf *out)
{
	const struct normal_pairs_kind kind = {
		.ignore = RULE_IGNORE_QUERY,
		.replace = RULE_REPLACE_QUERY,
		.as_set = RULE_COMPARE_QUERY,
		.graphql =
		    (n->rules.verbs & RULE_BIT(RULE_COMPARE_GRAPHQL)) != 0,
	};

	if (!normal_pairs(&n->rules, &kind, query, out))
		normal_bytes(out, query);
}

bool
normal_form(struct normal *n, const struct key_parts *p, struct buf *out)
{
	struct str query = p->target, path;

	if (!normal_gather(n, p, NORMAL_VERBS))
		return false;
	arena_reset(&n->arena);
	if (!str_cut(&query, '?', &path))
		path = STR("");
	normal_text(out, 'M', p->socket ? STR(KEY_SOCKET) : p->method);
	normal_text(out, 'S', p->scope);
	normal_text(out, 'T', normal_path(n, path));
	if (query.p != NULL)
		normal_query(n, query, out);
	buf_add_text(out, ".");
	normal_request_body(n, p, out);
	buf_add_text(out, ".");
	normal_headers(n, p, out); /* gathers rules of its own */
	return true;
}
