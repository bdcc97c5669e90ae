#include "config.h"

#include <string.h>

#include "base/arena.h"

#include "replay/shown.h"

#define SHOWN_MOST_TARGET 1024

static struct str
shown_cut(struct arena *a, struct str s, size_t most)
{
	size_t n = 0, one;
	bool whole;
	char *p;

	if (s.n <= most)
		return s;
	while (n < most) {
		one = str_utf8((struct str){ s.p + n, s.n - n }, &whole);
		if (n + one > most)
			break;
		n += one;
	}
	p = arena_alloc(a, n + 3);
	memcpy(p, s.p, n);
	memcpy(p + n, "...", 3);
	return (struct str){ p, n + 3 };
}

struct str
shown_value(struct arena *a, struct str value)
{
	return shown_cut(a, value, SHOWN_MOST);
}

struct str
shown_target(struct arena *a, struct str target)
{
	return shown_cut(a, target, SHOWN_MOST_TARGET);
}
