#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "har/headers.h"
#include "recorder/pseudonym.h"
#include "replay/multipart.h"

#include "replay/identity.h"

/* Bytes that are looked at together, however they came, and how many of them
 * are in sight of what is decided: a longer pseudonym is not known for one. */
#define IDENTITY_WINDOW (320u << 10)
#define IDENTITY_AHEAD (64u << 10)
#define IDENTITY_BEHIND 16

#define IDENTITY_LINE (4 + MULTIPART_BOUNDARY) /* CRLF "--" boundary */
#define IDENTITY_MULTIPART_HELD (64u << 10)

/* The parts of a multipart, by what each of them is. */
struct parts {
	char line[IDENTITY_LINE];
	size_t line_n;
	struct digest *all, *part;
	uint64_t size;   /* of the part so far */
	struct buf held; /* what may be the start of a delimiter */
	bool begun;      /* the preamble is over */
	bool closed;
};

struct identifier {
	struct buf window;
	size_t before; /* of it, that is only there to be seen */
	struct buf level;
	struct digest *bytes;
	struct parts *parts; /* NULL: it does not claim to be a multipart */
};

/* ---- multiparts -------------------------------------------------------- */

/* A body begins at the start of a line. */
static struct parts *
parts_new(struct str boundary)
{
	struct parts *p = xcalloc(1, sizeof(*p));

	p->line_n = 4 + boundary.n;
	memcpy(p->line, "\r\n--", 4);
	memcpy(p->line + 4, boundary.p, boundary.n);
	p->all = digest_new();
	p->part = digest_new();
	buf_add(&p->held, "\r\n", 2);
	return p;
}

static void
parts_free(struct parts *p)
{
	if (p == NULL)
		return;
	digest_free(p->all);
	digest_free(p->part);
	buf_free(&p->held);
	free(p);
}

/* What stands behind a delimiter. */
enum parts_line {
	PARTS_MORE,    /* it is not all there */
	PARTS_NO_LINE, /* something else: it is a part's */
	PARTS_NEXT,
	PARTS_CLOSE,
};

static enum parts_line
parts_line(struct str rest, bool last, size_t *end)
{
	size_t i = 0;
	bool closes = str_starts(rest, "--");

	if (closes)
		i = 2;
	else if (rest.n < 2 && !last && (rest.n == 0 || rest.p[0] == '-'))
		return PARTS_MORE;
	while (i < rest.n && i < IDENTITY_PADDING &&
	       (rest.p[i] == ' ' || rest.p[i] == '\t'))
		i++;
	*end = i + 2;
	if (rest.n >= i + 2)
		return rest.p[i] != '\r' || rest.p[i + 1] != '\n'
			   ? PARTS_NO_LINE
		       : closes ? PARTS_CLOSE
				: PARTS_NEXT;
	if (rest.n == i + 1 && rest.p[i] != '\r')
		return PARTS_NO_LINE;
	if (!last)
		return PARTS_MORE;
	return closes && rest.n == i ? PARTS_CLOSE : PARTS_NO_LINE;
}

static void
parts_take(struct parts *p, const char *bytes, size_t n)
{
	if (!p->begun)
		return;
	digest_add(p->part, bytes, n);
	p->size += n;
}

static void
parts_end_part(struct parts *p)
{
	uint8_t sum[DIGEST_BYTES], size[8];
	int i;

	if (!p->begun)
		return;
	for (i = 0; i < 8; i++)
		size[i] = (uint8_t)(p->size >> (8 * i));
	digest_end(p->part, sum);
	digest_add(p->all, size, sizeof(size));
	digest_add(p->all, sum, sizeof(sum));
	p->size = 0;
}

/* All that is decided of what is held. */
static void
parts_walk(struct parts *p, bool last)
{
	size_t at = 0, from = 0, end;
	const char *hit = NULL;
	enum parts_line line;

	while (!p->closed && (hit = memmem(p->held.p + from, p->held.n - from,
				  p->line, p->line_n)) != NULL) {
		from = (size_t)(hit - p->held.p);
		line = parts_line((struct str){ hit + p->line_n,
				      p->held.n - from - p->line_n },
		    last, &end);
		if (line == PARTS_MORE)
			break;
		if (line == PARTS_NO_LINE) {
			from += 2;
			continue;
		}
		parts_take(p, p->held.p + at, from - at);
		parts_end_part(p);
		p->begun = true;
		p->closed = line == PARTS_CLOSE;
		at = from = from + p->line_n + end;
	}
	if (p->closed) {
		p->held.n = 0;
		return;
	}
	/* A line may begin in the last bytes. */
	if (hit == NULL && p->held.n - from > p->line_n)
		from = p->held.n - p->line_n;
	parts_take(p, p->held.p + at, from - at);
	buf_drop(&p->held, from);
}

static void
parts_add(struct parts *p, struct str bytes)
{
	if (p->closed)
		return;
	buf_add_str(&p->held, bytes);
	if (p->held.n >= IDENTITY_MULTIPART_HELD)
		parts_walk(p, false);
}

/* ---- bodies ------------------------------------------------------------ */

struct identifier *
identifier_new(const struct headers *h)
{
	struct identifier *i = xcalloc(1, sizeof(*i));
	struct str type = h != NULL ? headers_get(h, "Content-Type") : STR("");
	struct str boundary;

	i->bytes = digest_new();
	if (type.p != NULL && multipart_boundary(type, &boundary))
		i->parts = parts_new(boundary);
	return i;
}

void
identifier_free(struct identifier *i)
{
	if (i == NULL)
		return;
	buf_free(&i->window);
	buf_free(&i->level);
	digest_free(i->bytes);
	parts_free(i->parts);
	free(i);
}

static void
identifier_take(struct identifier *i, struct str bytes)
{
	digest_add(i->bytes, bytes.p, bytes.n);
	if (i->parts != NULL)
		parts_add(i->parts, bytes);
}

/* What stands up to an offset of the window is decided. */
static void
identifier_slide(struct identifier *i, size_t to)
{
	struct str window = buf_str(&i->window);
	size_t keep;

	i->level.n = 0;
	if (pseudonym_level_part(window, i->before, &to, &i->level))
		identifier_take(i, buf_str(&i->level));
	else
		identifier_take(
		    i, (struct str){ window.p + i->before, to - i->before });
	keep = to < IDENTITY_BEHIND ? to : IDENTITY_BEHIND;
	buf_drop(&i->window, to - keep);
	i->before = keep;
}

/* Always by windows of the same size, so that the pieces do not count. */
void
identifier_add(struct identifier *i, struct str bytes)
{
	size_t n;

	while (bytes.n > 0) {
		n = IDENTITY_WINDOW - i->window.n;
		if (n > bytes.n)
			n = bytes.n;
		buf_add(&i->window, bytes.p, n);
		bytes.p += n;
		bytes.n -= n;
		if (i->window.n == IDENTITY_WINDOW)
			identifier_slide(i, IDENTITY_WINDOW - IDENTITY_AHEAD);
	}
}

struct identity
identifier_end(struct identifier *i)
{
	struct identity made = { .form = IDENTITY_BYTES };

	identifier_slide(i, i->window.n);
	digest_end(i->bytes, made.sum);
	if (i->parts == NULL)
		return made;
	parts_walk(i->parts, true);
	if (i->parts->closed) {
		made.form = IDENTITY_MULTIPART;
		digest_end(i->parts->all, made.sum);
	}
	return made;
}

struct identity
identity_of(const struct headers *h, struct str body)
{
	struct identifier *i = identifier_new(h);
	struct identity made;

	identifier_add(i, body);
	made = identifier_end(i);
	identifier_free(i);
	return made;
}
