#include "config.h"

#include <string.h>

#include "base/digest.h"

#include "replay/multipart.h"

/*
 * Everything that goes into the digest has a tag and its length in front, so
 * that no two different sequences of parts give the same bytes.
 */
enum tag {
	TAG_PART = 'p',      /* head, body */
	TAG_HEAD_ONLY = 'h', /* a part without the empty line */
	TAG_NESTED = 'n', /* head before and behind the boundary, then parts */
	TAG_END = 'e',
};

/* A walk over the parts of one body. */
struct multipart {
	struct str body;
	char line[4 + MULTIPART_BOUNDARY]; /* CRLF "--" boundary */
	size_t line_n;
	size_t at;   /* behind the delimiter found last */
	bool closed; /* that was the closing one */
};

static void multipart_add(
    struct digest *d, struct str boundary, struct str body, int depth);

static struct str
multipart_from(struct str s, size_t n)
{
	return (struct str){ s.p + n, s.n - n };
}

static bool
multipart_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static struct str
multipart_skip_blank(struct str s)
{
	while (s.n > 0 && multipart_blank(s.p[0]))
		s = multipart_from(s, 1);
	return s;
}

/* Cuts a word off *s that ends before a blank, a semicolon or stop. */
static struct str
multipart_word(struct str *s, char stop)
{
	struct str word = { s->p, 0 };

	while (word.n < s->n && s->p[word.n] != ';' && s->p[word.n] != stop &&
	       !multipart_blank(s->p[word.n]))
		word.n++;
	*s = multipart_from(*s, word.n);
	return word;
}

/* Cuts what stands between the quotes off *s, escapes left as they are. */
static bool
multipart_quoted(struct str *s, struct str *value)
{
	size_t i;

	for (i = 1; i < s->n && s->p[i] != '"'; i++)
		if (s->p[i] == '\\')
			i++;
	if (i >= s->n)
		return false;
	*value = (struct str){ s->p + 1, i - 1 };
	*s = multipart_from(*s, i + 1);
	return true;
}

/* The next "; name=value" of *rest (RFC 9110 section 5.6.6), with blanks
 * around the equals sign forgiven. */
static bool
multipart_parameter(struct str *rest, struct str *name, struct str *value)
{
	struct str s = multipart_skip_blank(*rest);

	if (s.n == 0 || s.p[0] != ';')
		return false;
	s = multipart_skip_blank(multipart_from(s, 1));
	*name = multipart_word(&s, '=');
	*value = STR("");
	s = multipart_skip_blank(s);
	if (s.n > 0 && s.p[0] == '=') {
		s = multipart_skip_blank(multipart_from(s, 1));
		if (s.n == 0 || s.p[0] != '"')
			*value = multipart_word(&s, ';');
		else if (!multipart_quoted(&s, value))
			return false;
	}
	*rest = s;
	return true;
}

static bool
multipart_boundary_fits(struct str b)
{
	size_t i;

	if (b.n == 0 || b.n > MULTIPART_BOUNDARY || b.p[b.n - 1] == ' ')
		return false;
	for (i = 0; i < b.n; i++)
		if (b.p[i] < ' ' || b.p[i] > '~' || b.p[i] == '"' ||
		    b.p[i] == '\\')
			return false;
	return true;
}

/* The parameter of a field value behind its first word. */
static bool
multipart_find(struct str rest, const char *wanted, struct str *value)
{
	struct str name;

	(void)multipart_word(&rest, ';');
	while (multipart_parameter(&rest, &name, value))
		if (str_iis(name, wanted))
			return true;
	return false;
}

bool
multipart_boundary(struct str content_type, struct str *boundary)
{
	struct str type = multipart_skip_blank(content_type);

	return str_istarts(type, "multipart/") &&
	       multipart_find(type, "boundary", boundary) &&
	       multipart_boundary_fits(*boundary);
}

/*
 * Whether the delimiter line that reaches from somewhere up to q is one: only
 * padding up to its CRLF may follow, or "--" and then also the end of the
 * body.  A longer boundary that begins with ours (a nested one) is not ours.
 */
static bool
multipart_line_ends(struct multipart *m, size_t q)
{
	struct str rest = multipart_from(m->body, q);
	bool closes = str_starts(rest, "--");

	if (closes)
		rest = multipart_from(rest, 2);
	while (rest.n > 0 && (rest.p[0] == ' ' || rest.p[0] == '\t'))
		rest = multipart_from(rest, 1);
	if (!str_starts(rest, "\r\n") && !(closes && rest.n == 0))
		return false;
	m->at = m->body.n - rest.n + (rest.n > 0 ? 2 : 0);
	m->closed = closes;
	return true;
}

/* Moves behind the next delimiter; *part is what stands before it. */
static bool
multipart_next(struct multipart *m, struct str *part)
{
	const char *from = m->body.p + m->at, *hit = from;
	const char *end = m->body.p + m->body.n;

	if (m->closed)
		return false;
	while ((hit = memmem(hit, (size_t)(end - hit), m->line, m->line_n)) !=
	       NULL) {
		*part = (struct str){ from, (size_t)(hit - from) };
		if (multipart_line_ends(
			m, (size_t)(hit - m->body.p) + m->line_n))
			return true;
		hit += 2;
	}
	return false;
}

/* Moves behind the first delimiter, over the preamble. */
static bool
multipart_start(struct multipart *m, struct str boundary, struct str body)
{
	struct str preamble;

	*m = (struct multipart){ .body = body, .line_n = 4 + boundary.n };
	memcpy(m->line, "\r\n--", 4);
	memcpy(m->line + 4, boundary.p, boundary.n);
	if (body.n >= m->line_n - 2 &&
	    memcmp(body.p, m->line + 2, m->line_n - 2) == 0 &&
	    multipart_line_ends(m, m->line_n - 2))
		return true;
	return body.n > 0 && multipart_next(m, &preamble);
}

bool
multipart_fits(struct str boundary, struct str body)
{
	struct multipart m;
	struct str part;

	if (!multipart_boundary_fits(boundary) ||
	    !multipart_start(&m, boundary, body))
		return false;
	while (multipart_next(&m, &part))
		;
	return m.closed;
}

/* How far the field at the start of head goes, folded lines and all. */
static size_t
multipart_line(struct str head)
{
	size_t n = 0;
	const char *end;

	while ((end = memmem(head.p + n, head.n - n, "\r\n", 2)) != NULL) {
		n = (size_t)(end - head.p);
		if (n + 2 == head.n || (end[2] != ' ' && end[2] != '\t'))
			return n;
		n += 2;
	}
	return head.n;
}

bool
multipart_field(struct str *head, struct str *name, struct str *value)
{
	struct str line = { head->p, head->n > 0 ? multipart_line(*head) : 0 };
	size_t n = line.n + 2 < head->n ? line.n + 2 : head->n;

	if (line.n == 0 || memchr(line.p, ':', line.n) == NULL)
		return false;
	*value = line;
	(void)str_cut(value, ':', name);
	*name = str_trim(*name);
	*value = str_trim(*value);
	*head = multipart_from(*head, n);
	return true;
}

static struct str
multipart_find_field(struct str head, const char *wanted)
{
	struct str name, value;
	size_t n;

	while (head.n > 0) {
		if (!multipart_field(&head, &name, &value)) {
			n = multipart_line(head);
			head = multipart_from(
			    head, n + 2 < head.n ? n + 2 : head.n);
		} else if (str_iis(name, wanted)) {
			return value;
		}
	}
	return STR("");
}

struct str
multipart_type(struct str head)
{
	return multipart_find_field(head, "Content-Type");
}

/* RFC 7578 section 4.2. */
static struct str
multipart_name(struct str head)
{
	struct str value = multipart_find_field(head, "Content-Disposition"),
		   name;

	return multipart_find(value, "name", &name) ? name : STR("");
}

static void
multipart_add_bytes(struct digest *d, struct str s)
{
	uint8_t n[8];
	int i;

	for (i = 0; i < 8; i++)
		n[i] = (uint8_t)((uint64_t)s.n >> (8 * i));
	digest_add(d, n, sizeof(n));
	digest_add(d, s.p, s.n);
}

static void
multipart_add_tag(struct digest *d, enum tag tag)
{
	uint8_t c = (uint8_t)tag;

	digest_add(d, &c, 1);
}

/* Takes a part apart at its empty line; false when it has none. */
static bool
multipart_split(struct str part, struct str *head, struct str *body)
{
	const char *gap;

	if (str_starts(part, "\r\n")) {
		*head = STR("");
		*body = multipart_from(part, 2);
		return true;
	}
	gap = part.n > 0 ? memmem(part.p, part.n, "\r\n\r\n", 4) : NULL;
	if (gap == NULL)
		return false;
	*head = (struct str){ part.p, (size_t)(gap - part.p) };
	*body = multipart_from(part, head->n + 4);
	return true;
}

static void
multipart_add_part(struct digest *d, struct str part, int depth)
{
	struct str head, body, inner;
	size_t before;

	if (!multipart_split(part, &head, &body)) {
		multipart_add_tag(d, TAG_HEAD_ONLY);
		multipart_add_bytes(d, part);
		return;
	}
	if (depth < MULTIPART_DEPTH &&
	    multipart_boundary(multipart_type(head), &inner) &&
	    multipart_fits(inner, body)) {
		before = (size_t)(inner.p - head.p);
		multipart_add_tag(d, TAG_NESTED);
		multipart_add_bytes(d, (struct str){ head.p, before });
		multipart_add_bytes(d, multipart_from(head, before + inner.n));
		multipart_add(d, inner, body, depth + 1);
		return;
	}
	multipart_add_tag(d, TAG_PART);
	multipart_add_bytes(d, head);
	multipart_add_bytes(d, body);
}

/* Adds the parts of a body that is known to fit. */
static void
multipart_add(struct digest *d, struct str boundary, struct str body, int depth)
{
	struct multipart m;
	struct str part;

	if (multipart_start(&m, boundary, body))
		while (multipart_next(&m, &part))
			multipart_add_part(d, part, depth);
	multipart_add_tag(d, TAG_END);
}

void
multipart_digest(struct digest *d, struct str boundary, struct str body)
{
	multipart_add(d, boundary, body, 1);
}

void
multipart_each(struct str boundary, struct str body,
    void (*on_part)(void *arg, const struct multipart_part *), void *arg)
{
	struct multipart_part part;
	struct multipart m;
	struct str all;

	if (!multipart_start(&m, boundary, body))
		return;
	while (multipart_next(&m, &all)) {
		if (!multipart_split(all, &part.head, &part.body)) {
			part.head = all;
			part.body = (struct str){ NULL, 0 };
		}
		part.name = multipart_name(part.head);
		on_part(arg, &part);
	}
}

struct multipart_list {
	struct multipart_part *v;
	size_t n, most;
};

static void
multipart_on_part(void *arg, const struct multipart_part *p)
{
	struct multipart_list *l = arg;

	if (l->n < l->most)
		l->v[l->n] = *p;
	l->n++;
}

size_t
multipart_parts(
    struct str boundary, struct str body, struct multipart_part *v, size_t most)
{
	struct multipart_list l = { .v = v, .most = most };

	multipart_each(boundary, body, multipart_on_part, &l);
	return l.n;
}
