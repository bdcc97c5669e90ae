#include "config.h"

#include <string.h>

#include "replay/cursor.h"
#include "replay/hash.h"

#include "replay/written.h"

/* A write to a path leaves a mark on it, which those below it look for, and
 * one on all above it, which these look for themselves. */
enum written_mark {
	WRITTEN_HERE = 1,
	WRITTEN_BELOW,
};

bool
written_by(struct str method)
{
	return !str_is(method, "GET") && !str_is(method, "HEAD") &&
	       !str_is(method, "OPTIONS") && !str_is(method, "TRACE");
}

static struct key
written_key(struct str scope, struct str path)
{
	uint64_t h = hash_add(hash_add(HASH_START, scope), STR("\n"));
	uint64_t halves[2] = { hash_mix(hash_add(h, path)),
		hash_add(hash_mix(h), path) };
	struct key key;

	memcpy(key.bytes, halves, sizeof(key.bytes));
	return key;
}

/* The path and those above it, the longest first; how many. */
static size_t
written_paths(struct str target, struct str paths[WRITTEN_DEPTH])
{
	const char *query =
	    target.n > 0 ? memchr(target.p, '?', target.n) : NULL;
	size_t n = 0;

	if (query != NULL)
		target.n = (size_t)(query - target.p);
	while (target.n > 0 && n < WRITTEN_DEPTH) {
		while (target.n > 0 && target.p[target.n - 1] == '/')
			target.n--;
		paths[n++] = target;
		while (target.n > 0 && target.p[target.n - 1] != '/')
			target.n--;
	}
	return n;
}

void
written_mark(struct cursors *c, const struct written_place *p, int64_t entry)
{
	struct str paths[WRITTEN_DEPTH];
	size_t i, n = written_paths(p->target, paths);
	_Atomic int64_t id = entry;
	struct key key;

	for (i = 0; i < n; i++) {
		key = written_key(p->scope, paths[i]);
		cursors_move(c, &key, p->session,
		    i == 0 ? WRITTEN_HERE : WRITTEN_BELOW, &id);
	}
}

int64_t
written_since(struct cursors *c, const struct written_place *p)
{
	static const uint64_t marks[] = { WRITTEN_HERE, WRITTEN_BELOW };
	struct str paths[WRITTEN_DEPTH];
	size_t i, n = written_paths(p->target, paths);
	struct cursor_at at[2];
	int64_t since = 0;
	struct key key;
	size_t k;

	for (i = 0; i < n; i++) {
		key = written_key(p->scope, paths[i]);
		cursors_marks(c, &key, p->session, marks, i == 0 ? 2 : 1, at);
		for (k = 0; k < (i == 0 ? 2 : 1); k++)
			if (at[k].entry > since)
				since = at[k].entry;
	}
	return since;
}
