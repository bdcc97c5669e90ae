#include "config.h"

#include <string.h>

#include "base/arena.h"

#include "replay/pairs.h"

static struct str
pairs_decode(struct arena *a, struct str s)
{
	char *p;

	if (s.p == NULL ||
	    (memchr(s.p, '%', s.n) == NULL && memchr(s.p, '+', s.n) == NULL))
		return s.p != NULL ? s : STR("");
	p = arena_alloc(a, s.n);
	return (struct str){ p, str_decode(s, true, p) };
}

size_t
pairs_split(struct arena *a, struct str s, struct pair *v, size_t most)
{
	struct str pair, name;
	size_t n = 0;

	while (s.p != NULL && str_cut(&s, '&', &pair)) {
		if (pair.n == 0)
			continue;
		if (n++ >= most)
			continue;
		(void)str_cut(&pair, '=', &name);
		v[n - 1] = (struct pair){
			.name = pairs_decode(a, name),
			.value = pairs_decode(a, pair),
		};
	}
	return n;
}
