#include "config.h"

#include <stdbool.h>

#include "base/err.h"
#include "har/exchange.h"
#include "har/url.h"
#include "replay/hash.h"

#include "replay/home.h"

uint64_t
home_of(const struct url *u)
{
	uint64_t h = hash_add_u64(HASH_START, u->https);

	h = hash_mix(hash_add_lower(hash_add_u64(h, u->port), u->host));
	return h != 0 ? h : 1;
}

/* A URL without a path is asked for as "/" (RFC 9112 section 3.2.1). */
static bool
home_same_target(struct str at_home, struct str asked)
{
	if (!str_starts(at_home, "/") && str_starts(asked, "/"))
		asked = (struct str){ asked.p + 1, asked.n - 1 };
	return str_eq(at_home, asked);
}

uint64_t
home_recorded(const struct exchange *x)
{
	struct str rest = x->url, text;
	struct url u;
	struct err e;

	if (!str_cut(&rest, '#', &text) || url_parse_any(&u, text, &e) == -1 ||
	    !home_same_target(u.target, x->target))
		return 0;
	return home_of(&u);
}
