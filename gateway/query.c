/*
 * A query becomes a list of nodes: terms, and the joints that have two nodes
 * or, for a negation, one.  The last is the whole.
 */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/mem.h"
#include "gateway/values.h"
#include "har/url.h"

#include "gateway/query.h"

/* How the value of a field is read and held against what there is. */
enum query_kind {
	QUERY_WORD,    /* the whole text, or a glob */
	QUERY_PART,    /* some of it, or a glob of the whole */
	QUERY_AN_HOST, /* the host, with port or without */
	QUERY_A_PATH,  /* what is in front of the ? */
	QUERY_ASKED,   /* what is behind it */
	QUERY_URL,
	QUERY_FIELDS, /* NAME or NAME=VALUE */
	QUERY_BODY,
	QUERY_COUNT,
	QUERY_CLASS, /* 404, 4xx or as a count */
	QUERY_BYTES,
	QUERY_TIME,
	QUERY_FREE, /* no field: anywhere in what is shown */
};

struct query_field {
	const char *name;
	enum query_kind kind;
	int slot;      /* in query_of.text or .number */
	int64_t least; /* a number below that is none */
	const char *help;
};

static const struct query_field query_table[] = {
	{ "method", QUERY_WORD, QUERY_METHOD, 0, "method of the request" },
	{ "status", QUERY_CLASS, QUERY_STATUS, 1, "404, 4xx, >=400, 200..299" },
	{ "source", QUERY_WORD, QUERY_SOURCE, 0,
	    "who answered: mock, replay, upstream, miss, hark" },
	{ "mode", QUERY_WORD, QUERY_MODE, 0, "mode that it was served in" },
	{ "tier", QUERY_WORD, QUERY_TIER, 0,
	    "how a recording was found: exact, normalized" },
	{ "state", QUERY_WORD, QUERY_STATE, 0, "open, done, client-gone, cut" },
	{ "reason", QUERY_WORD, QUERY_REASON, 0, "of a miss" },
	{ "scheme", QUERY_WORD, QUERY_SCHEME, 0, "http, https" },
	{ "host", QUERY_AN_HOST, QUERY_HOST, 0, "with or without port" },
	{ "path", QUERY_A_PATH, QUERY_TARGET, 0, "without the query string" },
	{ "query", QUERY_ASKED, QUERY_TARGET, 0, "the query string" },
	{ "url", QUERY_URL, QUERY_TARGET, 0, "a part of the URL, or a glob" },
	{ "type", QUERY_PART, QUERY_TYPE, 0,
	    "a part of the answer's Content-Type" },
	{ "session", QUERY_WORD, QUERY_SESSION, 0, "name of the session" },
	{ "client", QUERY_AN_HOST, QUERY_CLIENT, 0, "address of the client" },
	{ "route", QUERY_WORD, QUERY_ROUTE, 0, "uuid or endpoint of the mock" },
	{ "note", QUERY_PART, QUERY_NOTE, 0, "a part of what went wrong" },
	{ "header", QUERY_FIELDS, 0, 0,
	    "NAME or NAME=VALUE, a field of either side" },
	{ "body", QUERY_BODY, 0, 0, "a part of either body" },
	{ "id", QUERY_COUNT, QUERY_ID, 1, "number of the exchange" },
	{ "entry", QUERY_COUNT, QUERY_ENTRY, 1, "number of the recording" },
	{ "duration", QUERY_TIME, QUERY_DURATION, 0, ">100ms, 1s..2s" },
	{ "wait", QUERY_TIME, QUERY_WAIT, 0,
	    "the same until the answer began" },
	{ "size", QUERY_BYTES, QUERY_SIZE, 0, ">1k: bytes of the answer" },
	{ "sent", QUERY_BYTES, QUERY_SENT, 0, "bytes of the request" },
	{ NULL, QUERY_FREE, 0, 0, NULL },
};

enum query_op { QUERY_TERM, QUERY_AND, QUERY_OR, QUERY_NOT };

struct query_node {
	enum query_op op;
	int left, right;
	const struct query_field *field;
	struct str name;  /* of a header */
	struct str value; /* p is NULL for "there is one" */
	bool glob;
	int64_t from, to; /* of a number, both included */
};

struct query {
	struct arena arena;
	struct query_node *nodes;
	int n; /* 0: all hold */
};

struct query_reader {
	struct query *q;
	const char *begin;
	struct str rest;
	unsigned depth;
	struct err *e;
};

void
query_fields(struct buf *out)
{
	const struct query_field *f;

	for (f = query_table; f->name != NULL; f++)
		buf_addf(out, "%-9s %s\n", f->name, f->help);
}

/* ---- reading ----------------------------------------------------------- */

static int
query_fail(struct query_reader *r, const char *at, const char *what)
{
	return err_set(
	    r->e, "query, column %d: %s", (int)(at - r->begin) + 1, what);
}

static int
query_node(struct query_reader *r, const struct query_node *node)
{
	if (r->q->n == QUERY_NODES)
		return query_fail(r, r->rest.p, "too many terms");
	r->q->nodes[r->q->n] = *node;
	return r->q->n++;
}

static bool
query_is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static void
query_spaces(struct query_reader *r)
{
	while (r->rest.n > 0 && query_is_space(r->rest.p[0]))
		r->rest = (struct str){ r->rest.p + 1, r->rest.n - 1 };
}

/* Whether the rest goes on with the word OR. */
static bool
query_at_or(const struct query_reader *r)
{
	struct str s = r->rest;

	return str_starts(s, "OR") && (s.n == 2 || query_is_space(s.p[2]) ||
					  s.p[2] == '(' || s.p[2] == ')');
}

/* What stands in quotes, without its escapes. */
static int
query_quoted(struct query_reader *r, struct str *value)
{
	const char *p = r->rest.p + 1, *end = r->rest.p + r->rest.n;
	char *to = arena_alloc(&r->q->arena, r->rest.n + 1);
	size_t n = 0;

	for (; p < end && *p != '"'; p++) {
		if (*p == '\\' && p + 1 < end && (p[1] == '"' || p[1] == '\\'))
			p++;
		to[n++] = *p;
	}
	if (p == end)
		return query_fail(r, r->rest.p, "the quote has no end");
	r->rest = (struct str){ p + 1, (size_t)(end - p) - 1 };
	*value = (struct str){ to, n };
	if (r->rest.n > 0 && !query_is_space(r->rest.p[0]) &&
	    r->rest.p[0] != ')')
		return query_fail(
		    r, r->rest.p, "expected a space behind the quote");
	return 0;
}

/* What ends at a space, or at the parenthesis that ends a group. */
static struct str
query_bare(struct query_reader *r)
{
	struct str s = { r->rest.p, 0 };

	while (s.n < r->rest.n && !query_is_space(s.p[s.n]) && s.p[s.n] != ')')
		s.n++;
	r->rest = (struct str){ s.p + s.n, r->rest.n - s.n };
	return s;
}

static bool
query_is_glob(struct str s)
{
	return memchr(s.p, '*', s.n) != NULL || memchr(s.p, '?', s.n) != NULL;
}

/* ---- numbers ----------------------------------------------------------- */

static int
query_number(enum query_kind kind, struct str text, int64_t *v)
{
	char copy[32];
	uint64_t u;

	if (text.n == 0 || text.n >= sizeof(copy))
		return -1;
	memcpy(copy, text.p, text.n);
	copy[text.n] = '\0';
	if (value_parse(kind == QUERY_TIME    ? VALUE_TIME
			: kind == QUERY_BYTES ? VALUE_SIZE
					      : VALUE_COUNT,
		copy, &u) == -1 ||
	    u > (uint64_t)INT64_MAX)
		return -1;
	*v = (int64_t)u;
	return 0;
}

/* "5xx" */
static bool
query_class(struct str s, struct query_node *t)
{
	if (s.n != 3 || s.p[0] < '1' || s.p[0] > '9' ||
	    str_lower(s.p[1]) != 'x' || str_lower(s.p[2]) != 'x')
		return false;
	t->from = (int64_t)(s.p[0] - '0') * 100;
	t->to = t->from + 99;
	return true;
}

/* "7..9" */
static bool
query_span(struct str s, struct query_node *t)
{
	size_t i;

	for (i = 0; i + 1 < s.n; i++)
		if (s.p[i] == '.' && s.p[i + 1] == '.')
			return query_number(t->field->kind,
				   (struct str){ s.p, i }, &t->from) == 0 &&
			       query_number(t->field->kind,
				   (struct str){ s.p + i + 2, s.n - i - 2 },
				   &t->to) == 0;
	return false;
}

/* "7", ">=7", ... */
static bool
query_bound(struct str s, struct query_node *t)
{
	char op = s.n > 0 ? s.p[0] : '\0';
	bool same = s.n > 1 && s.p[1] == '=';
	size_t skip = 0;
	int64_t v;

	if (op == '<' || op == '>')
		skip = same ? 2 : 1;
	else if (op == '=')
		skip = 1;
	if (query_number(t->field->kind, (struct str){ s.p + skip, s.n - skip },
		&v) == -1)
		return false;
	t->from = op == '<' ? INT64_MIN : op == '>' && !same ? v + 1 : v;
	t->to = op == '>' ? INT64_MAX : op == '<' && !same ? v - 1 : v;
	return true;
}

static int
query_read_number(struct query_reader *r, struct query_node *t, const char *at)
{
	static const char *const wrong[] = {
		[QUERY_COUNT] = "expected a number such as 7, >7 or 1..7",
		[QUERY_CLASS] = "expected a status such as 404, 4xx or >=400",
		[QUERY_BYTES] = "expected a size such as 500, >1k or 1k..2m",
		[QUERY_TIME] = "expected a time such as >100ms or 1s..2s",
	};

	if (t->field->kind == QUERY_CLASS && query_class(t->value, t))
		return 0;
	if (query_span(t->value, t) || query_bound(t->value, t))
		return 0;
	return query_fail(r, at, wrong[t->field->kind]);
}

/* ---- terms ------------------------------------------------------------- */

static const struct query_field *
query_find(struct str name)
{
	const struct query_field *f;

	for (f = query_table; f->name != NULL; f++)
		if (str_iis(name, f->name))
			break;
	return f;
}

/* How long the name is that the rest begins with, if a colon ends it. */
static size_t
query_name(struct str s)
{
	size_t n = 0;

	while (n < s.n && ((s.p[n] >= 'a' && s.p[n] <= 'z') ||
			      (s.p[n] >= 'A' && s.p[n] <= 'Z')))
		n++;
	return n > 0 && n < s.n && s.p[n] == ':' ? n : 0;
}

static int
query_value(struct query_reader *r, struct query_node *t)
{
	const char *at = r->rest.p;
	struct str name;

	if (r->rest.n > 0 && r->rest.p[0] == '"') {
		if (query_quoted(r, &t->value) == -1)
			return -1;
	} else {
		t->value = query_bare(r);
	}
	if (t->value.n == 0)
		return query_fail(r, at, "expected a value");
	if (t->field->kind == QUERY_FIELDS) {
		(void)str_cut(&t->value, '=', &name);
		t->name = name;
	}
	if (t->value.p == NULL)
		return 0;
	t->glob = query_is_glob(t->value);
	if (str_is(t->value, "*"))
		t->value.p = NULL;
	else if (t->field->kind >= QUERY_COUNT && t->field->kind < QUERY_FREE)
		return query_read_number(r, t, at);
	return 0;
}

static int
query_term(struct query_reader *r)
{
	size_t n = query_name(r->rest);
	struct query_node t = { .op = QUERY_TERM };

	t.field = query_find((struct str){ r->rest.p, n });
	if (n > 0 && t.field->name == NULL)
		return query_fail(r, r->rest.p,
		    "no such field; text with a colon stands in quotes");
	if (n > 0)
		r->rest = (struct str){ r->rest.p + n + 1, r->rest.n - n - 1 };
	if (query_value(r, &t) == -1)
		return -1;
	return query_node(r, &t);
}

static int query_any(struct query_reader *r);

static int
query_group(struct query_reader *r)
{
	const char *at = r->rest.p;
	int node;

	if (r->depth == QUERY_DEPTH)
		return query_fail(r, at, "too many parentheses");
	r->rest = (struct str){ r->rest.p + 1, r->rest.n - 1 };
	r->depth++;
	node = query_any(r);
	r->depth--;
	if (node == -1)
		return -1;
	if (r->rest.n == 0)
		return query_fail(r, at, "the parenthesis has no end");
	r->rest = (struct str){ r->rest.p + 1, r->rest.n - 1 };
	return node;
}

static int
query_one(struct query_reader *r)
{
	bool negated = r->rest.n > 1 && r->rest.p[0] == '-';
	struct query_node not = { .op = QUERY_NOT };

	if (negated)
		r->rest = (struct str){ r->rest.p + 1, r->rest.n - 1 };
	not .left = r->rest.p[0] == '(' ? query_group(r) : query_term(r);
	if (not .left == -1 || !negated)
		return not .left;
	return query_node(r, &not );
}

/* Terms side by side. */
static int
query_all(struct query_reader *r)
{
	struct query_node and = { .op = QUERY_AND };
	int node = -1;

	query_spaces(r);
	if (r->rest.n == 0 || query_at_or(r) || r->rest.p[0] == ')')
		return query_fail(r, r->rest.p, "expected a term");
	while (r->rest.n > 0 && !query_at_or(r) && r->rest.p[0] != ')') {
		and.left = node;
		and.right = query_one(r);
		if (and.right == -1)
			return -1;
		node = and.left == -1 ? and.right : query_node(r, &and);
		if (node == -1)
			return -1;
		query_spaces(r);
	}
	return node;
}

static int
query_any(struct query_reader *r)
{
	struct query_node or = { .op = QUERY_OR };
	int node = query_all(r);

	while (node != -1 && query_at_or(r)) {
		r->rest = (struct str){ r->rest.p + 2, r->rest.n - 2 };
		or.left = node;
		or.right = query_all(r);
		node = or.right == -1 ? -1 : query_node(r, & or);
	}
	return node;
}

static bool
query_ends(struct query_reader *r)
{
	if (r->rest.n > 0)
		(void)query_fail(r, r->rest.p,
		    "no parenthesis is open; text with one stands in quotes");
	return r->rest.n == 0;
}

struct query *
query_new(struct str text, struct err *e)
{
	struct query *q = xcalloc(1, sizeof(*q));
	struct query_reader r = { .q = q, .e = e };

	r.rest = arena_str(&q->arena, text);
	r.begin = r.rest.p;
	query_spaces(&r);
	if (r.rest.n == 0)
		return q;
	q->nodes = xcalloc(QUERY_NODES, sizeof(*q->nodes));
	if (text.n > QUERY_MOST)
		err_set(e, "query: longer than %d bytes", QUERY_MOST);
	else if (query_any(&r) != -1 && query_ends(&r))
		return q;
	query_free(q);
	return NULL;
}

void
query_free(struct query *q)
{
	if (q == NULL)
		return;
	arena_fini(&q->arena);
	free(q->nodes);
	free(q);
}

/* ---- asking ------------------------------------------------------------ */

static void
query_lower(struct buf *out, struct str s)
{
	char *to = buf_reserve(out, s.n + 1);
	size_t i;

	for (i = 0; i < s.n; i++)
		to[i] = str_lower(s.p[i]);
	out->n = s.n;
}

/* A glob for which letters have no case. */
static bool
query_iglob(struct str pattern, struct str text)
{
	struct buf a = { 0 }, b = { 0 };
	bool fits;

	query_lower(&a, pattern);
	query_lower(&b, text);
	fits = str_glob(buf_str(&a), buf_str(&b));
	buf_free(&a);
	buf_free(&b);
	return fits;
}

static bool
query_word(const struct query_node *t, struct str text)
{
	if (t->value.p == NULL)
		return text.n > 0;
	return t->glob ? query_iglob(t->value, text) : str_ieq(t->value, text);
}

static bool
query_part(const struct query_node *t, struct str text)
{
	if (t->value.p == NULL)
		return text.n > 0;
	return t->glob ? query_iglob(t->value, text) : str_ihas(text, t->value);
}

/* In paths letters have case. */
static bool
query_exact(const struct query_node *t, struct str text)
{
	if (t->value.p == NULL)
		return text.n > 0;
	return t->glob ? str_glob(t->value, text) : str_eq(t->value, text);
}

static bool
query_target(const struct query_node *t, struct str target)
{
	struct str path;

	(void)str_cut(&target, '?', &path);
	return query_exact(t, t->field->kind == QUERY_A_PATH ? path : target);
}

static bool
query_url(const struct query_node *t, const struct query_of *of)
{
	struct buf url = { 0 };
	bool fits;

	buf_addf(&url, "%.*s://%.*s", STR_ARGS(of->text[QUERY_SCHEME]),
	    STR_ARGS(of->text[QUERY_HOST]));
	buf_add_str(&url, of->text[QUERY_TARGET]);
	fits = query_part(t, buf_str(&url));
	buf_free(&url);
	return fits;
}

static bool
query_header(const struct query_node *t, struct str rest)
{
	struct str line, name;

	while (rest.n > 0 && str_cut(&rest, '\n', &line)) {
		if (!str_cut(&line, ':', &name) || line.p == NULL ||
		    !str_ieq(name, t->name))
			continue;
		if (line.n > 0 && line.p[line.n - 1] == '\r')
			line.n--;
		if (t->value.p == NULL || query_word(t, str_trim(line)))
			return true;
	}
	return false;
}

/* What a free text is looked for in. */
static bool
query_free_text(const struct query_node *t, const struct query_of *of)
{
	static const enum query_text shown[] = { QUERY_METHOD, QUERY_SOURCE,
		QUERY_SESSION, QUERY_ROUTE, QUERY_NOTE, QUERY_REQUEST_FIELDS,
		QUERY_RESPONSE_FIELDS };
	struct query_node part = *t;
	size_t i;

	part.glob = false;
	if (part.value.p == NULL)
		return true;
	if (query_url(&part, of))
		return true;
	for (i = 0; i < sizeof(shown) / sizeof(*shown); i++)
		if (query_part(&part, of->text[shown[i]]))
			return true;
	return false;
}

static bool
query_term_holds(const struct query_node *t, const struct query_of *of)
{
	const struct query_field *f = t->field;

	switch (f->kind) {
	case QUERY_WORD:
		return query_word(t, of->text[f->slot]);
	case QUERY_PART:
		return query_part(t, of->text[f->slot]);
	case QUERY_AN_HOST:
		return query_word(t, of->text[f->slot]) ||
		       query_word(t, url_host(of->text[f->slot]));
	case QUERY_A_PATH:
	case QUERY_ASKED:
		return query_target(t, of->text[f->slot]);
	case QUERY_URL:
		return query_url(t, of);
	case QUERY_FIELDS:
		return query_header(t, of->text[QUERY_REQUEST_FIELDS]) ||
		       query_header(t, of->text[QUERY_RESPONSE_FIELDS]);
	case QUERY_BODY:
		return query_part(t, of->text[QUERY_REQUEST_BODY]) ||
		       query_part(t, of->text[QUERY_RESPONSE_BODY]);
	case QUERY_COUNT:
	case QUERY_CLASS:
	case QUERY_BYTES:
	case QUERY_TIME:
		if (of->number[f->slot] < f->least)
			return false;
		return t->value.p == NULL || (of->number[f->slot] >= t->from &&
						 of->number[f->slot] <= t->to);
	case QUERY_FREE:
		return query_free_text(t, of);
	}
	return false;
}

static bool
query_node_holds(const struct query *q, const struct query_node *t,
    const struct query_of *of)
{
	switch (t->op) {
	case QUERY_TERM:
		return query_term_holds(t, of);
	case QUERY_AND:
		return query_node_holds(q, &q->nodes[t->left], of) &&
		       query_node_holds(q, &q->nodes[t->right], of);
	case QUERY_OR:
		return query_node_holds(q, &q->nodes[t->left], of) ||
		       query_node_holds(q, &q->nodes[t->right], of);
	case QUERY_NOT:
		return !query_node_holds(q, &q->nodes[t->left], of);
	}
	return false;
}

bool
query_holds(const struct query *q, const struct query_of *of)
{
	return q->n == 0 || query_node_holds(q, &q->nodes[q->n - 1], of);
}
