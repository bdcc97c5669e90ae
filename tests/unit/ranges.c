#include "config.h"

#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "gateway/ranges.h"
#include "gateway/resolve.h"
#include "tests/unit/tap.h"

/* What refuses the address, or "". */
static const char *
judged(const struct ranges *r, const char *address, bool guarded)
{
	struct addresses a;
	const char *why;

	CHECK_INT(lookup_literal(address, 80, &a), 0);
	why = ranges_refuse(r, (const struct sockaddr *)&a.v[0], guarded);
	return why != NULL ? why : "";
}

static bool
refused(const struct ranges *r, const char *address)
{
	return judged(r, address, false)[0] != '\0';
}

static void
list(struct ranges *r, const char *deny, const char *allow)
{
	struct err e = { "" };

	ranges_init(r);
	if (deny != NULL)
		CHECK_INT(ranges_add(r, deny, false, &e), 0);
	if (allow != NULL)
		CHECK_INT(ranges_add(r, allow, true, &e), 0);
	CHECK_STR(e.text, "");
}

static void
nothing_is_refused_unless_it_is_said(void)
{
	struct ranges r;

	list(&r, NULL, NULL);
	CHECK(!refused(&r, "127.0.0.1"));
	CHECK(!refused(&r, "169.254.169.254"));
	CHECK(!refused(&r, "2001:db8::1"));
	ranges_fini(&r);
}

static void
words_stand_for_ranges(void)
{
	static const struct {
		const char *word, *in[6], *out[4];
	} cases[] = {
		{ "loopback",
		    { "127.0.0.1", "127.255.1.2", "::1", "0.0.0.0",
			"::", "0.1.2.3" },
		    { "128.0.0.1", "126.255.255.255", "1::1" } },
		{ "private",
		    { "10.255.0.1", "172.16.0.1", "172.31.255.255",
			"192.168.0.0", "100.64.0.1", "fd12::1" },
		    { "11.0.0.1", "172.32.0.1", "192.169.0.1", "fe00::1" } },
		{ "link-local", { "169.254.0.1", "fe80::1", "febf::" },
		    { "169.255.0.1", "fec0::" } },
		{ "metadata",
		    { "169.254.169.254", "fd00:ec2::254", "100.100.100.200",
			"169.254.170.2", "168.63.129.16" },
		    { "169.254.169.255", "100.100.100.201" } },
		{ "multicast", { "224.0.0.1", "ff02::1", "255.255.255.255" },
		    { "223.255.255.255", "240.0.0.1" } },
		{ "all", { "192.0.2.1", "2001:db8::1", "::1" }, { NULL } },
	};
	struct ranges r;
	size_t i, k;

	for (i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		list(&r, cases[i].word, NULL);
		for (k = 0; k < 6 && cases[i].in[k] != NULL; k++)
			CHECK_STR(refused(&r, cases[i].in[k]) ? cases[i].in[k]
							      : "passes",
			    cases[i].in[k]);
		for (k = 0; k < 4 && cases[i].out[k] != NULL; k++)
			CHECK_STR(judged(&r, cases[i].out[k], false), "");
		ranges_fini(&r);
	}
}

static void
the_narrowest_range_decides(void)
{
	struct ranges r;

	list(&r, "all,10.1.2.0/24", "10.0.0.0/8,2001:db8::/32,10.1.2.3");
	CHECK(!refused(&r, "10.9.9.9"));
	CHECK(refused(&r, "10.1.2.4"));
	CHECK(!refused(&r, "10.1.2.3"));
	CHECK(!refused(&r, "2001:db8::5"));
	CHECK(refused(&r, "192.0.2.1"));
	CHECK(refused(&r, "2001:db9::5"));
	ranges_fini(&r);
	list(&r, "192.0.2.0/24", "192.0.2.0/24");
	CHECK(refused(&r, "192.0.2.1"));
	ranges_fini(&r);
	list(&r, "10.0.0.0/9", NULL);
	CHECK(refused(&r, "10.127.255.255"));
	CHECK(!refused(&r, "10.128.0.0"));
	ranges_fini(&r);
}

static void
an_ipv4_address_in_one_of_ipv6_is_judged_as_both(void)
{
	static const char *const ways[] = { "::ffff:127.0.0.1", "::127.0.0.1",
		"64:ff9b::7f00:1", "2002:7f00:1::" };
	struct ranges r;
	size_t i;

	list(&r, "127.0.0.0/8", NULL);
	for (i = 0; i < sizeof(ways) / sizeof(*ways); i++)
		CHECK_STR(refused(&r, ways[i]) ? ways[i] : "passes", ways[i]);
	CHECK(!refused(&r, "64:ff9b::100:1"));
	CHECK(!refused(&r, "::1"));
	ranges_fini(&r);
	list(&r, "64:ff9b::/96", NULL);
	CHECK(refused(&r, "64:ff9b::100:1"));
	ranges_fini(&r);
	list(&r, "::ffff:0:0/96", NULL);
	CHECK(refused(&r, "192.0.2.1"));
	ranges_fini(&r);
}

static void
other_ways_to_write_an_address_make_no_difference(void)
{
	static const char *const ways[] = { "2852039166", "0xa9fea9fe",
		"0251.0376.0251.0376", "169.16689662", "169.254.43518" };
	struct ranges r;
	size_t i;

	list(&r, "metadata", NULL);
	for (i = 0; i < sizeof(ways) / sizeof(*ways); i++)
		CHECK_STR(refused(&r, ways[i]) ? ways[i] : "passes", ways[i]);
	ranges_fini(&r);
}

static void
a_guarded_gateway_refuses_where_machines_keep_secrets(void)
{
	struct ranges r;

	list(&r, NULL, NULL);
	CHECK_STR(judged(&r, "169.254.169.254", true),
	    "a proxy for others refuses metadata addresses (see "
	    "--allow-upstream)");
	CHECK_STR(judged(&r, "fe80::1", true),
	    "a proxy for others refuses link-local addresses (see "
	    "--allow-upstream)");
	CHECK_STR(judged(&r, "127.0.0.1", true), "");
	CHECK_STR(judged(&r, "10.0.0.1", true), "");
	ranges_fini(&r);
	list(&r, NULL, "link-local,all");
	CHECK_STR(judged(&r, "fe80::1", true), "");
	CHECK(judged(&r, "169.254.169.254", true)[0] != '\0');
	ranges_fini(&r);
	list(&r, NULL, "169.254.169.254");
	CHECK_STR(judged(&r, "169.254.169.254", true), "");
	CHECK(judged(&r, "169.254.170.2", true)[0] != '\0');
	ranges_fini(&r);
}

static void
what_is_no_range_is_refused_whole(void)
{
	static const char *const wrong[] = { "", "10.0.0.0/33", "::/129",
		"10.0.0.1/8", "10.0.0.0/", "10/8", "privat", "private,",
		",private", "10.0.0.0/8,fd00::1/8", "10.0.0.0/-1", "[::1]",
		"10.0.0.0/8 ", "api.test",
		"1111:2222:3333:4444:5555:6666:7777:8888:9999:0000:1111:2222" };
	struct ranges r;
	struct err e;
	size_t i, n;

	ranges_init(&r);
	n = r.n;
	for (i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
		CHECK_STR(ranges_add(&r, wrong[i], false, &e) == -1 ? wrong[i]
								    : "taken",
		    wrong[i]);
		CHECK(strstr(e.text, "expected a range such as") != NULL);
		CHECK_INT(r.n, n);
	}
	for (i = 0; i < 1000; i++)
		if (ranges_add(&r, "10.0.0.0/8", false, &e) == -1)
			break;
	CHECK_INT(i, 1000 - n);
	ranges_fini(&r);
}

RUN(TEST(nothing_is_refused_unless_it_is_said), TEST(words_stand_for_ranges),
    TEST(the_narrowest_range_decides),
    TEST(an_ipv4_address_in_one_of_ipv6_is_judged_as_both),
    TEST(other_ways_to_write_an_address_make_no_difference),
    TEST(a_guarded_gateway_refuses_where_machines_keep_secrets),
    TEST(what_is_no_range_is_refused_whole))
