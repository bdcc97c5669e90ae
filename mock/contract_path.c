/*
 * Paths with names in braces, as a tree by segments.  A segment is what is
 * written out, or pieces of that with names between them; what is written out
 * is tried first, and of the others those with more of it.
 */
#include "config.h"

#include <string.h>

#include "base/buf.h"
#include "base/mem.h"

#include "mock/contract_priv.h"

#define PATH_PIECES 16    /* of one segment */
#define PATH_STEPS 100000 /* of one search */

/* "a{x}b{y}": pieces "a", "b", "", names x, y. */
struct path_segment {
	struct str pieces[PATH_PIECES + 1];
	struct str names[PATH_PIECES];
	size_t n;       /* names */
	size_t written; /* bytes of the pieces */
};

struct contract_path {
	struct path_segment segment; /* that leads here */
	struct contract_path *first; /* of the next segment, as tried */
	struct contract_path *next;  /* beside this one */
	const struct contract_item *items[CONTRACT_CAPTURES];
	size_t nitems; /* equal but for their names, which are the first's */
};

struct path_search {
	struct str method;
	struct arena *arena;
	struct contract_found *found;
	unsigned steps;
};

struct str
contract_decode(struct arena *a, struct str text, bool plus)
{
	char *p;

	if (memchr(text.p, '%', text.n) == NULL &&
	    (!plus || memchr(text.p, '+', text.n) == NULL))
		return text;
	p = arena_alloc(a, text.n + 1);
	return (struct str){ p, str_decode(text, plus, p) };
}

/* ---- making the tree ----------------------------------------------------- */

static bool
path_read_segment(struct arena *a, struct str text, struct path_segment *s)
{
	const char *open, *close;
	struct str piece;

	*s = (struct path_segment){ 0 };
	while ((open = memchr(text.p, '{', text.n)) != NULL) {
		close = memchr(open, '}', text.n - (size_t)(open - text.p));
		if (close == NULL || s->n == PATH_PIECES)
			return false;
		piece = (struct str){ text.p, (size_t)(open - text.p) };
		s->pieces[s->n] = contract_decode(a, piece, false);
		s->written += piece.n;
		s->names[s->n++] =
		    (struct str){ open + 1, (size_t)(close - open) - 1 };
		text.n -= (size_t)(close + 1 - text.p);
		text.p = close + 1;
	}
	s->pieces[s->n] = contract_decode(a, text, false);
	s->written += text.n;
	return true;
}

static bool
path_equal(const struct path_segment *a, const struct path_segment *b)
{
	size_t i;

	for (i = 0; i <= a->n && a->n == b->n; i++)
		if (!str_eq(a->pieces[i], b->pieces[i]))
			return false;
	return a->n == b->n;
}

/* Whether a is tried before b. */
static bool
path_before(const struct path_segment *a, const struct path_segment *b)
{
	if ((a->n == 0) != (b->n == 0))
		return a->n == 0;
	return a->n > 0 && a->written > b->written;
}

static struct contract_path *
path_child(
    struct arena *a, struct contract_path *parent, const struct path_segment *s)
{
	struct contract_path **at = &parent->first, *child;

	for (child = parent->first; child != NULL; child = child->next)
		if (path_equal(&child->segment, s))
			return child;
	while (*at != NULL && !path_before(s, &(*at)->segment))
		at = &(*at)->next;
	child = arena_zalloc(a, sizeof(*child));
	child->segment = *s;
	child->next = *at;
	return *at = child;
}

bool
contract_path_add(struct arena *a, struct contract_path **paths,
    struct str template, const struct contract_item *item)
{
	struct contract_path *node;
	struct path_segment s;
	struct str part;

	if (*paths == NULL)
		*paths = arena_zalloc(a, sizeof(**paths));
	node = *paths;
	(void)str_cut(&template, '/', &part);
	while (str_cut(&template, '/', &part)) {
		if (!path_read_segment(a, part, &s))
			return false;
		node = path_child(a, node, &s);
	}
	if (node->nitems < CONTRACT_CAPTURES)
		node->items[node->nitems++] = item;
	return true;
}

/* ---- finding ------------------------------------------------------------- */

static void
path_capture(struct path_search *s, struct str name, struct str value)
{
	struct contract_found *f = s->found;

	if (f->n < CONTRACT_CAPTURES)
		f->captures[f->n++] = (struct contract_capture){ name, value };
}

/* Whether text, decoded, fits; names are captured. */
static bool
path_fits(struct path_search *s, const struct path_segment *g, struct str text)
{
	struct str piece = g->pieces[0];
	const char *at;
	size_t i, n;

	if (text.n < piece.n || memcmp(text.p, piece.p, piece.n) != 0)
		return false;
	text = (struct str){ text.p + piece.n, text.n - piece.n };
	for (i = 0; i < g->n; i++) {
		piece = g->pieces[i + 1];
		if (text.n < 1 + piece.n)
			return false;
		at = text.p + text.n - piece.n;
		if (i + 1 < g->n)
			at = piece.n == 0 ? text.p + 1
					  : memmem(text.p + 1, text.n - 1,
						piece.p, piece.n);
		if (at == NULL || memcmp(at, piece.p, piece.n) != 0)
			return false;
		n = (size_t)(at - text.p);
		path_capture(s, g->names[i], (struct str){ text.p, n });
		text.p += n + piece.n;
		text.n -= n + piece.n;
	}
	return text.n == 0;
}

static const struct contract_operation *
path_operation(const struct contract_item *item, struct str method)
{
	size_t i;

	for (i = 0; i < item->n; i++)
		if (str_eq(item->operations[i].method, method))
			return &item->operations[i];
	/* RFC 9110, section 9.3.2: HEAD is a GET without content. */
	return str_is(method, "HEAD") ? path_operation(item, STR("GET")) : NULL;
}

/* True when the search is over. */
static bool
path_end(struct path_search *s, const struct contract_path *node)
{
	struct contract_found *f = s->found;
	size_t i;

	for (i = 0; i < node->nitems; i++) {
		f->operation = path_operation(node->items[i], s->method);
		if (f->operation != NULL) {
			f->item = node->items[i];
			return true;
		}
	}
	if (f->item == NULL && node->nitems > 0)
		f->item = node->items[0];
	return false;
}

static bool
path_search(
    struct path_search *s, const struct contract_path *node, struct str rest)
{
	const struct contract_path *child;
	struct str part, text;
	size_t n = s->found->n;

	if (!str_cut(&rest, '/', &part))
		return path_end(s, node);
	text = contract_decode(s->arena, part, false);
	for (child = node->first; child != NULL; child = child->next) {
		if (++s->steps > PATH_STEPS)
			return true;
		if (path_fits(s, &child->segment, text) &&
		    path_search(s, child, rest))
			return true;
		s->found->n = n;
	}
	return false;
}

bool
contract_path_find(const struct contract_path *paths, struct str path,
    struct str method, struct arena *a, struct contract_found *found)
{
	struct path_search s = { method, a, found, 0 };
	struct str part;

	*found = (struct contract_found){ 0 };
	if (paths == NULL || path.n == 0 || path.p[0] != '/')
		return false;
	(void)str_cut(&path, '/', &part);
	(void)path_search(&s, paths, path);
	return found->item != NULL;
}
