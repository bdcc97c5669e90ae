#include "config.h"

#include <stdlib.h>

#include "base/err.h"
#include "har/url.h"

#include "tests/fuzz/fuzz.h"

/* What must hold: the parts of a URL lie in it one behind the other and make
 * it up, and its authority is one by itself. */

static void
must(bool holds)
{
	if (!holds)
		abort();
}

static bool
inside(struct str part, struct str whole)
{
	return part.n == 0 ||
	       (part.p >= whole.p && part.p + part.n <= whole.p + whole.n);
}

static void
check_parts(const struct url *u, struct str text)
{
	must(inside(u->userinfo, text) && inside(u->host, text));
	must(inside(u->authority, text) && inside(u->target, text));
	must(inside(u->path, u->target) && inside(u->query, u->target));
	must(u->target.n == u->path.n + (u->query.p != NULL) + u->query.n);
	must(u->authority.p + u->authority.n == text.p + text.n - u->target.n);
	must(u->host.n > 0 && url_is_authority(u->authority));
	must(url_host_covers(url_host(u->authority), u->authority));
	must(url_same_origin(u, u));
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	struct str text = { (const char *)bytes, n };
	struct url u, any;
	struct err e = { "" };
	bool plain = url_parse(&u, text, &e) == 0;

	if (plain)
		check_parts(&u, text);
	else
		must(e.text[0] != '\0');
	if (url_parse_any(&any, text, &e) == 0)
		check_parts(&any, text);
	else
		must(!plain);
	must(!plain || str_eq(u.authority, any.authority));
	if (url_is_authority(text))
		must(url_host_covers(text, text));
	(void)url_host(text);
	return 0;
}
