#include "config.h"

#include <stdlib.h>

#include "base/buf.h"
#include "base/err.h"
#include "gateway/mode_set.h"
#include "gateway/origin.h"
#include "gateway/plan.h"
#include "gateway/settings.h"

#include "gateway/options.h"

#include "tap.h"

static struct err e;

static const char *
mode_for(const struct mode_set *m, const char *method, const char *prefix,
    const char *scope, const char *target)
{
	const struct mode_request q = { str_of(method), str_of(scope),
		str_of(target), prefix };

	return mode_set_find(m, &q)->name;
}

static void
a_route_beats_an_upstream_and_that_the_rest(void)
{
	struct mode_set m = { .mode = MODE_REPLAY };

	CHECK_INT(mode_set_upstream(&m, "/api", "record", &e), 0);
	CHECK_INT(mode_set_route(&m, "GET,HEAD", "/api/v1/*", "spy", &e), 0);
	CHECK_INT(mode_set_route(&m, "*", "/api/v1/*", "proxy", &e), 0);
	CHECK_INT(mode_set_route(&m, "*", "HOST.test/*", "auto", &e), 0);
	CHECK_STR(mode_for(&m, "GET", "/api", "", "/api/v1/a?b"), "spy");
	CHECK_STR(mode_for(&m, "HEAD", "/api", "", "/api/v1/a"), "spy");
	CHECK_STR(mode_for(&m, "POST", "/api", "", "/api/v1/a"), "proxy");
	CHECK_STR(
	    mode_for(&m, "GET", "/api", "", "/api/v2?/api/v1/x"), "record");
	CHECK_STR(mode_for(&m, "GET", "/apix", "", "/apix"), "replay");
	CHECK_STR(mode_for(&m, "GET", NULL, "host.test", "/x"), "auto");
	CHECK_STR(mode_for(&m, "GET", NULL, "other.test", "/x"), "replay");
	CHECK_STR(mode_for(&m, "GET", NULL, "", "/x"), "replay");
	mode_set_fini(&m);
}

static void
the_sum_has_what_any_part_does(void)
{
	struct mode_set m = { .mode = MODE_REPLAY };
	struct mode sum = mode_set_sum(&m);

	CHECK(sum.reads && !sum.forwards && !sum.records);
	CHECK_INT(mode_set_upstream(&m, "", "fallback", &e), 0);
	CHECK_INT(mode_set_route(&m, "*", "*", "record", &e), 0);
	sum = mode_set_sum(&m);
	CHECK(sum.reads && sum.forwards && sum.records);
	CHECK(sum.reads_on_failure);
	CHECK_STR(sum.name, "fallback");
	mode_set_fini(&m);
}

static void
an_upstream_has_one_mode_or_that_of_all(void)
{
	struct mode_set m = { .mode = MODE_PROXY }, copy;

	CHECK_INT(mode_set_upstream(&m, "/a", "record", &e), 0);
	CHECK_INT(mode_set_upstream(&m, "/b", "record", &e), 0);
	CHECK_INT(mode_set_upstream(&m, "/a", "replay", &e), 0);
	CHECK_STR(mode_for(&m, "GET", "/a", "", "/a"), "replay");
	mode_set_copy(&copy, &m);
	CHECK(mode_set_equal(&m, &copy));
	CHECK_INT(mode_set_upstream(&m, "/a", NULL, &e), 0);
	CHECK_INT(mode_set_upstream(&m, "/none", NULL, &e), 0);
	CHECK(!mode_set_equal(&m, &copy));
	CHECK_STR(mode_for(&m, "GET", "/a", "", "/a"), "proxy");
	CHECK_STR(mode_for(&m, "GET", "/b", "", "/b"), "record");
	CHECK_STR(mode_for(&copy, "GET", "/a", "", "/a"), "replay");
	mode_set_fini(&m);
	mode_set_fini(&copy);
}

static void
what_is_no_mode_or_no_route_is_refused(void)
{
	struct mode_set m = { .mode = MODE_PROXY };
	struct settings *s = settings_new();

	CHECK_INT(mode_set_mode(&m, "rec", &e), -1);
	CHECK_STR(e.text, "mode rec: expected one of proxy, record, replay, "
			  "auto, spy, fallback");
	CHECK_INT(mode_set_upstream(&m, "/a", "", &e), -1);
	CHECK_INT(mode_set_route(&m, "G T", "/a", "spy", &e), -1);
	CHECK_INT(mode_set_route(&m, "GET,", "/a", "spy", &e), -1);
	CHECK_INT(mode_set_route(&m, "GET", "a b/", "spy", &e), -1);
	CHECK_INT(mode_set_route(&m, "GET", "host", "spy", &e), -1);
	CHECK_INT(mode_set_route(&m, "GET", "", "spy", &e), -1);
	CHECK_INT((int)m.routes.n + (int)m.upstreams.n, 0);
	CHECK_INT(option_set(s, "mode-for", "GET /a spy", &e), -1);
	CHECK_STR(e.text, "option mode-for: GET /a spy: expected [METHODS "
			  "]PATTERN=MODE such as 'GET /v1/*=replay'");
	CHECK_INT(option_set(s, "mode-for", "GET /a=b/*=spy", &e), 0);
	CHECK_STR(s->modes.routes.v[0].path, "/a=b/*");
	CHECK_INT(option_set(s, "upstream-mode", "/x/=replay", &e), 0);
	CHECK_STR(s->modes.upstreams.v[0].prefix, "/x");
	s->mode = MODE_REPLAY;
	CHECK_INT(settings_check(s, &e), -1);
	CHECK_STR(
	    e.text, "mode of upstream /x: expected the prefix of an upstream");
	settings_free(s);
}

static void
origins_stay_the_same_while_their_url_does(void)
{
	struct known_origins *k = known_origins_new();
	struct settings *s = settings_new();
	struct plan *p, *q;
	struct route a, b;

	s->mode = MODE_PROXY;
	CHECK_INT(option_set(s, "upstream", "/a=http://a.test/x/", &e), 0);
	p = plan_new(s, false, k, &e);
	CHECK(origins_route(p->origins, STR("h"), STR("/a/b"), &a));
	CHECK_STR(a.prefix, "/a");
	CHECK_INT(option_set(s, "upstream", "/b=http://b.test", &e), 0);
	CHECK_INT(option_set(s, "upstream", "/c=http://a.test/x", &e), 0);
	q = plan_new(s, false, k, &e);
	CHECK(origins_route(q->origins, STR("h"), STR("/c/b"), &b));
	CHECK(a.origin == b.origin);
	CHECK(origins_route(q->origins, STR("h"), STR("/b"), &b));
	CHECK(a.origin != b.origin);
	CHECK_INT(a.origin->index, 0);
	CHECK_INT(b.origin->index, 1);
	plan_unref(p);
	plan_unref(q);
	settings_free(s);
	known_origins_free(k);
}

static void
a_plan_takes_only_modes_that_its_settings_allow(void)
{
	struct known_origins *k = known_origins_new();
	struct settings *s = settings_new();
	struct mode_set m;
	struct plan *p, *q;

	s->mode = MODE_REPLAY;
	CHECK_INT(option_set(s, "forward-proxy", "off", &e), 0);
	p = plan_new(s, true, k, &e);
	CHECK(p->offline && !p->calls_back);
	settings_modes(s, &m);
	m.mode = MODE_RECORD;
	CHECK(plan_with_modes(p, &m, &e) == NULL);
	CHECK(strstr(e.text, "mode record forwards and needs an upstream"));
	CHECK_INT(option_set(s, "upstream", "http://a.test", &e), 0);
	q = plan_with_modes(p, &m, &e);
	CHECK(q != NULL && !q->offline && q->calls_back);
	plan_unref(p); /* q goes on with what it has */
	CHECK_INT((int)q->settings->nupstreams, 1);
	plan_unref(q);
	mode_set_fini(&m);
	known_origins_free(k);
}

RUN(TEST(a_route_beats_an_upstream_and_that_the_rest),
    TEST(the_sum_has_what_any_part_does),
    TEST(an_upstream_has_one_mode_or_that_of_all),
    TEST(what_is_no_mode_or_no_route_is_refused),
    TEST(origins_stay_the_same_while_their_url_does),
    TEST(a_plan_takes_only_modes_that_its_settings_allow))
