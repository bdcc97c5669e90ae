#include "config.h"

#include <string.h>

#include "recorder/path.h"

/* FNV-1a. */
#define PATH_HASH_START UINT64_C(0xcbf29ce484222325)
#define PATH_HASH_PRIME UINT64_C(0x100000001b3)

/* Paths with more segments than this are one kind. */
#define PATH_MOST_COUNT 31

struct str
path_of(struct str target)
{
	const char *query =
	    target.n > 0 ? memchr(target.p, '?', target.n) : NULL;

	if (query != NULL)
		target.n = (size_t)(query - target.p);
	return target;
}

bool
path_cut(struct str *rest, struct str *segment)
{
	const char *slash;

	if (rest->p == NULL)
		return false;
	if (rest->n > 0 && rest->p[0] == '/') {
		rest->p++;
		rest->n--;
	}
	*segment = *rest;
	slash = rest->n > 0 ? memchr(rest->p, '/', rest->n) : NULL;
	if (slash != NULL)
		segment->n = (size_t)(slash - rest->p);
	rest->p = slash;
	rest->n -= segment->n;
	return true;
}

size_t
path_segments(struct str path)
{
	struct str segment;
	size_t n = 0;

	while (path_cut(&path, &segment))
		n++;
	return n;
}

/* What a segment is made of; an escape (%2F) counts as one other byte. */
struct path_made {
	size_t n, digits, hex, letters;
	size_t run;  /* the longest one of digits */
	size_t last; /* the one at the end */
	bool at;     /* an @ is there: an e-mail address */
	bool number; /* begins with digits and no letter behind them */
	bool dotted; /* all but the first byte are digits and dots */
};

static void
path_count(struct path_made *m, unsigned char c)
{
	unsigned char lower = c | 32;

	m->n++;
	m->dotted =
	    m->n == 1 || (m->dotted && (c == '.' || (c >= '0' && c <= '9')));
	if (c >= '0' && c <= '9') {
		m->digits++;
		if (++m->last > m->run)
			m->run = m->last;
		return;
	}
	if (m->last > 0 && m->last == m->n - 1)
		m->number = !(lower >= 'a' && lower <= 'z');
	m->last = 0;
	m->at |= c == '@';
	if (lower >= 'a' && lower <= 'z') {
		m->letters++;
		m->hex += lower <= 'f';
	}
}

static struct path_made
path_look(struct str s)
{
	struct path_made m = { 0 };
	size_t i;
	int byte;

	for (i = 0; i < s.n; i++) {
		byte = str_percent((struct str){ s.p + i, s.n - i });
		if (byte != -1) {
			path_count(&m, byte == '@' ? '@' : '%');
			i += 2;
		} else {
			path_count(&m, (unsigned char)s.p[i]);
		}
	}
	return m;
}

/* Whether a separator stands in front of the digits at the end: user-1. */
static bool
path_ends_in_number(struct str s, const struct path_made *m)
{
	return m->last > 0 && m->last < s.n &&
	       memchr("-_.:~", s.p[s.n - m->last - 1], 5) != NULL;
}

/* v1, v2.0.1 */
static bool
path_is_version(struct str s, const struct path_made *m)
{
	return m->dotted && (s.p[0] | 32) == 'v';
}

bool
path_is_id(struct str segment)
{
	struct path_made m = path_look(segment);

	if (m.at)
		return true;
	if (m.digits == 0 || path_is_version(segment, &m))
		return false;
	if (m.letters == 0 || m.number)
		return true;
	if (m.letters == m.hex && m.n >= 8)
		return true;
	if (m.n >= 16 && m.digits >= 2)
		return true;
	return m.run >= 3 || path_ends_in_number(segment, &m);
}

static uint64_t
path_hash(uint64_t h, struct str s)
{
	size_t i;

	for (i = 0; i < s.n; i++)
		h = (h ^ (unsigned char)s.p[i]) * PATH_HASH_PRIME;
	return h;
}

/* The bits of h, the highest ones mixed in. */
static uint64_t
path_fold(uint64_t h, unsigned bits)
{
	h ^= h >> 32;
	h ^= h >> 16;
	return h & ((UINT64_C(1) << bits) - 1);
}

static struct str
path_alike(struct str segment)
{
	/* No segment has a slash. */
	return path_is_id(segment) ? STR("/id") : segment;
}

/* A slash more or less at the end is a mistake that is soon made. */
static struct str
path_without_slash(struct str path)
{
	if (path.n > 1 && path.p[path.n - 1] == '/')
		path.n--;
	return path;
}

struct path_place
path_place(struct str target)
{
	struct str path = path_without_slash(path_of(target)), rest = path;
	uint64_t h[3] = { PATH_HASH_START, PATH_HASH_START, PATH_HASH_START };
	struct path_place place;
	struct str segment;
	uint64_t n = 0;

	for (; path_cut(&rest, &segment); n++) {
		h[n < 2 ? n : 2] =
		    path_hash(h[n < 2 ? n : 2], path_alike(segment));
		h[2] = path_hash(h[2], STR("/"));
	}
	if (n > PATH_MOST_COUNT)
		n = PATH_MOST_COUNT;
	place.shape = (int64_t)(n << PATH_SAME_COUNT |
				path_fold(h[0], 10) << PATH_SAME_FIRST |
				path_fold(h[1], 10) << PATH_SAME_SECOND |
				path_fold(h[2], 22));
	place.path = (int64_t)path_fold(path_hash(PATH_HASH_START, path), 23);
	return place;
}
