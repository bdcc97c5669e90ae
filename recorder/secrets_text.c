/* Secrets in text of any kind. */
#include "config.h"

#include <string.h>

#include "recorder/secret_tokens.h"
#include "recorder/secrets_priv.h"

#define NAME_MOST 64 /* bytes of a name */
#define USERINFO_MOST 512
#define APART_MOST 256 /* bytes from a name to its value, as in HAR */

/* A walk over a text, with what was seen last. */
struct look {
	const struct secrets_in *in;
	struct str text;
	enum secret_class named; /* by {"name": "password", ... */
	struct str name;
	size_t named_at;
};

/* A string of JSON. */
struct quoted {
	size_t at, end; /* between the quotes */
	size_t behind;  /* them */
};

/* Marks of pairs of bytes: 0 is nothing to look at. */
enum { MARK_NONE, MARK_PLACE, MARK_TOKEN };

static void
secrets_mark(struct finder *f, char a, char b)
{
	const char pair[2] = { a, b };

	f->begins[secret_pair(pair)] = MARK_PLACE;
}

void
secrets_prepare(struct finder *f)
{
	unsigned c;

	secret_token_marks(f->begins, MARK_TOKEN);
	for (c = 0; c < 256; c++)
		secrets_mark(f, '=', (char)c);
	secrets_mark(f, '"', ':');
	secrets_mark(f, '"', ' ');
	secrets_mark(f, ':', '/');
}

static bool
look_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static bool
look_alnum(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       (c >= '0' && c <= '9');
}

static size_t
look_skip_blank(struct str text, size_t at)
{
	while (at < text.n && look_blank(text.p[at]))
		at++;
	return at;
}

/* How many backslashes stand in front of at, none of them before from. */
static size_t
look_backslashes(struct str text, size_t at, size_t from)
{
	size_t n = 0;

	while (at - n > from && text.p[at - n - 1] == '\\')
		n++;
	return n;
}

/*
 * The string whose first byte behind the quote is at; its quotes have escapes
 * backslashes in front: 0, 1 in a string in a string, 3 in one in that.  One
 * that does not end goes to the end of the text.
 */
static struct quoted
look_string(struct str text, size_t at, size_t escapes)
{
	size_t i = at, n;
	const char *q;

	while ((q = i < text.n ? memchr(text.p + i, '"', text.n - i) : NULL) !=
	       NULL) {
		i = (size_t)(q - text.p);
		n = look_backslashes(text, i, at);
		if (n < escapes)
			return (struct quoted){ at, i - n, i };
		if (n % (2 * (escapes + 1)) == escapes)
			return (struct quoted){ at, i - escapes, i + 1 };
		i++;
	}
	return (struct quoted){ at, text.n, text.n };
}

/* How deep in strings of strings a quote with that many backslashes is. */
static uint8_t
look_depth(size_t escapes)
{
	uint8_t depth = 1;

	for (; escapes > 0; escapes >>= 1)
		depth++;
	return depth;
}

static bool
look_opens(struct str text, size_t at, size_t escapes)
{
	return at + escapes < text.n && text.p[at + escapes] == '"' &&
	       look_backslashes(text, at + escapes, at) == escapes;
}

/* How long the number at the start is, with a value's end behind it. */
static size_t
look_number(struct str text, size_t at)
{
	size_t n = 0;

	while (at + n < text.n &&
	       ((text.p[at + n] >= '0' && text.p[at + n] <= '9') ||
		   memchr("-+.eE", text.p[at + n], 5) != NULL))
		n++;
	if (n == 0 || at + n == text.n || text.p[at] == '+' ||
	    text.p[at] == '.' || (text.p[at] | 32) == 'e')
		return 0;
	return look_blank(text.p[at + n]) ||
		       memchr(",}]", text.p[at + n], 3) != NULL
		   ? n
		   : 0;
}

/* ---- members of objects ----------------------------------------------- */

/* Where the name in quotes that ends before end (its last byte's successor)
 * begins; 0 when it is no name. */
static size_t
look_name(struct str text, size_t end, size_t escapes)
{
	size_t at = end;
	char c;

	while (at > 0 && end - at < NAME_MOST) {
		c = text.p[at - 1];
		if (c == '"')
			return look_backslashes(text, at - 1, 0) >= escapes ? at
									    : 0;
		if (!look_alnum(c) && c != '_' && c != '-' && c != '.' &&
		    c != '$' && c != '@')
			return 0;
		at--;
	}
	return 0;
}

/* Takes the value that begins at; where to go on, 0 when it was not taken. */
static size_t
look_take(struct look *l, enum secret_class class, struct str name, size_t at,
    size_t escapes)
{
	struct secret s = { .name = name, .kind = "field" };
	struct quoted q;
	size_t n;

	if (look_opens(l->text, at, escapes)) {
		q = look_string(l->text, at + escapes + 1, escapes);
		s.at = q.at;
		s.n = q.end - q.at;
		s.escapes = look_depth(escapes);
		if (str_starts(
			(struct str){ l->text.p + s.at, s.n }, "-----BEGIN "))
			return 0; /* the lines around a key may stay */
		return secrets_take(l->in, l->text, class, s) ? q.behind : 0;
	}
	n = look_number(l->text, at);
	if (n == 0 || class != SECRET_SURE)
		return 0;
	s.at = at;
	s.n = n;
	s.number = true;
	return secrets_take(l->in, l->text, class, s) ? at + n : 0;
}

/* The same for each item of a list. */
static size_t
look_take_list(struct look *l, enum secret_class class, struct str name,
    size_t at, size_t escapes)
{
	size_t behind, taken = 0;

	if (at == l->text.n || l->text.p[at] != '[')
		return look_take(l, class, name, at, escapes);
	do {
		at = look_skip_blank(l->text, at + 1);
		behind = look_take(l, class, name, at, escapes);
		if (behind == 0)
			break;
		taken = behind;
		at = look_skip_blank(l->text, behind);
	} while (at < l->text.n && l->text.p[at] == ',');
	return taken;
}

/* {"name": "password", "value": "..."}: what the name says is remembered. */
static void
look_named(struct look *l, size_t at, size_t escapes)
{
	struct quoted q;
	enum secret_class of_header;
	bool kept;

	if (!look_opens(l->text, at, escapes))
		return;
	q = look_string(l->text, at + escapes + 1, escapes);
	l->name = (struct str){ l->text.p + q.at, q.end - q.at };
	l->named_at = q.behind;
	l->named = SECRET_NONE;
	if (l->name.n == 0 || l->name.n > NAME_MOST ||
	    memchr(l->name.p, ' ', l->name.n) != NULL)
		return;
	l->named = secrets_class(l->in, SECRET_OF_EITHER, l->name, &kept);
	of_header = secrets_class(l->in, SECRET_OF_HEADER, l->name, &kept);
	if (of_header > l->named)
		l->named = of_header;
}

static bool
look_is_value_of_name(const struct look *l, size_t at)
{
	return l->named != SECRET_NONE && at > l->named_at &&
	       at - l->named_at < APART_MOST &&
	       memchr(l->text.p + l->named_at, '}', at - l->named_at) == NULL;
}

/* A member of {"name": ..., "value": ...}; where to go on, or 0. */
static size_t
look_pair_member(
    struct look *l, struct str name, size_t at, size_t value, size_t escapes)
{
	if (str_iis(name, "name") || str_iis(name, "key"))
		look_named(l, value, escapes);
	else if (str_iis(name, "value") && look_is_value_of_name(l, at))
		return look_take(l, l->named, l->name, value, escapes);
	return 0;
}

/* A quote at i with a colon behind it. */
static size_t
look_member(struct look *l, size_t i)
{
	size_t escapes = look_backslashes(l->text, i, 0);
	size_t end = i - escapes, at, value, behind = 0;
	enum secret_class class;
	struct str name;
	bool kept = false;

	value = look_skip_blank(l->text, i + 1);
	at = look_name(l->text, end, escapes);
	if (at == 0 || value == l->text.n || l->text.p[value] != ':')
		return i + 1;
	value = look_skip_blank(l->text, value + 1);
	name = (struct str){ l->text.p + at, end - at };
	class = secrets_class(l->in, SECRET_OF_FIELD, name, &kept);
	if (class != SECRET_NONE)
		behind = look_take_list(l, class, name, value, escapes);
	else if (name.n >= 3 && name.n <= 5)
		behind = look_pair_member(l, name, at, value, escapes);
	return behind > 0 ? behind : value;
}

/* ---- URLs ------------------------------------------------------------- */

static bool
look_ends_value(char c)
{
	return (unsigned char)c <= ' ' || c == 0x7f ||
	       memchr("\"'<>\\&#`{}|^;,)", c, 15) != NULL;
}

/* An equals sign at i: ?name=value in a URL. */
static size_t
look_pair(struct look *l, size_t i)
{
	struct secret s = { .at = i + 1, .kind = "query", .percent = 1 };
	enum secret_class class;
	size_t at = i;
	bool kept = false;

	while (at > 0 && i - at < NAME_MOST &&
	       (look_alnum(l->text.p[at - 1]) ||
		   memchr("_-.~[]%", l->text.p[at - 1], 7) != NULL))
		at--;
	if (at == i || at == 0)
		return i + 1;
	if (l->text.p[at - 1] == '\\' && i - at > 5 &&
	    memcmp(l->text.p + at, "u0026", 5) == 0)
		at += 5; /* an ampersand, as some write it in JSON */
	else if (memchr("?&#;", l->text.p[at - 1], 4) == NULL)
		return i + 1;
	s.name = (struct str){ l->text.p + at, i - at };
	class = secrets_class(l->in, SECRET_OF_QUERY, s.name, &kept);
	if (class == SECRET_NONE && !kept)
		return i + 1;
	while (
	    s.at + s.n < l->text.n && !look_ends_value(l->text.p[s.at + s.n]))
		s.n++;
	if (kept || secrets_take(l->in, l->text, class, s))
		return s.at + s.n;
	return i + 1;
}

/* A colon at i: scheme://user:password@host. */
static size_t
look_userinfo(struct look *l, size_t i)
{
	struct secret s = { .at = i + 3, .kind = "url-password", .percent = 1 };
	size_t at, end = 0;
	bool password = false;
	struct str user;
	char c;

	if (i + 3 > l->text.n || l->text.p[i + 2] != '/' || i == 0 ||
	    !look_alnum(l->text.p[i - 1]))
		return i + 1;
	for (at = s.at; at < l->text.n && at - s.at < USERINFO_MOST; at++) {
		c = l->text.p[at];
		if ((unsigned char)c <= ' ' ||
		    memchr("/?#\"'<>\\{}()`|", c, 14) != NULL)
			break;
		password |= c == ':' && end == 0 && at + 1 < l->text.n &&
			    l->text.p[at + 1] != '@';
		if (c == '@')
			end = at;
	}
	if (end == 0)
		return i + 3;
	s.n = end - s.at;
	user = (struct str){ l->text.p + s.at, s.n };
	if ((password && memchr(user.p, ':', user.n) != NULL) ||
	    secret_looks_random(user))
		(void)secrets_add(l->in, l->text, s);
	return end;
}

/* ---- all of it -------------------------------------------------------- */

static size_t
look_token(struct look *l, size_t i, unsigned mark)
{
	struct secret_token t;
	struct secret s = { 0 };

	if (!secret_token_at(l->text, i, mark - MARK_TOKEN, &t))
		return i + 1;
	s.at = t.at;
	s.n = t.n;
	s.kind = t.kind;
	(void)secrets_add(l->in, l->text, s);
	return t.at + t.n;
}

static size_t
look_at(struct look *l, size_t i, unsigned mark)
{
	switch (l->text.p[i]) {
	case '=':
		return look_pair(l, i);
	case '"':
		return look_member(l, i);
	case ':':
		return look_userinfo(l, i);
	default:
		return look_token(l, i, mark);
	}
}

/* How many of the n bytes at p begin no pair with a mark.  Most of a text is
 * like that, and eight at a time take a sixth of what one by one takes. */
static size_t
look_pass(const uint8_t *begins, const char *p, size_t n)
{
	size_t i = 0;

	while (i + 8 < n &&
	       (begins[secret_pair(p + i)] | begins[secret_pair(p + i + 1)] |
		   begins[secret_pair(p + i + 2)] |
		   begins[secret_pair(p + i + 3)] |
		   begins[secret_pair(p + i + 4)] |
		   begins[secret_pair(p + i + 5)] |
		   begins[secret_pair(p + i + 6)] |
		   begins[secret_pair(p + i + 7)]) == MARK_NONE)
		i += 8;
	while (i + 1 < n && begins[secret_pair(p + i)] == MARK_NONE)
		i++;
	return i;
}

void
secrets_look(const struct secrets_in *in, struct str text, size_t from)
{
	const uint8_t *begins = in->finder->begins;
	struct look l = { .in = in, .text = text };
	size_t i = from;

	while (i + 1 < text.n) {
		i += look_pass(begins, text.p + i, text.n - i);
		if (i + 1 < text.n)
			i = look_at(&l, i, begins[secret_pair(text.p + i)]);
	}
}

void
secrets_in_value(const struct secrets_in *in, struct str text, size_t from,
    size_t to, const char *kind)
{
	struct look l = { .in = in, .text = text };
	struct secret s;
	struct quoted q;
	size_t n, next;

	while (from < to) {
		s = (struct secret){ .at = from, .kind = kind };
		if (text.p[from] == '"') {
			q = look_string(l.text, from + 1, 0);
			next = look_skip_blank(l.text, q.behind);
			s.at = q.at;
			s.n = q.end - q.at;
			s.escapes = 1;
			if (next >= to || text.p[next] != ':')
				(void)secrets_add(in, text, s);
			from = q.behind;
		} else if ((n = look_number(l.text, from)) > 0) {
			s.n = n;
			s.number = true;
			(void)secrets_add(in, text, s);
			from += n;
		} else {
			from++;
		}
	}
}
