#include "config.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/mem.h"
#include "base/str.h"

#include "gateway/ranges.h"

#define RANGES_MOST 1000
#define RANGES_V4 96 /* bits in front of an IPv4 address as IPv6 has it */

enum range_kind {
	RANGE_GUARD, /* denies where strangers choose the upstream */
	RANGE_ALLOW,
	RANGE_DENY,
};

struct range {
	unsigned char address[16]; /* IPv4 as ::ffff:a.b.c.d */
	unsigned bits;
	enum range_kind kind;
	char why[96];
};

/* RFC 6890, RFC 6598, and where clouds tell a machine its secrets. */
static const struct range_word {
	const char *name;
	const char *ranges;
} ranges_words[] = {
	{ "all", "::/0" },
	{ "loopback", "127.0.0.0/8,0.0.0.0/8,::1,::" },
	{ "private", "10.0.0.0/8,172.16.0.0/12,192.168.0.0/16,100.64.0.0/10,"
		     "fc00::/7,fec0::/10" },
	{ "link-local", "169.254.0.0/16,fe80::/10" },
	{ "metadata",
	    "169.254.169.254,169.254.169.253,169.254.170.2,169.254.170.23,"
	    "169.254.0.23,100.100.100.200,168.63.129.16,192.0.0.192,"
	    "fd00:ec2::254,fd00:ec2::253,fd00:ec2::23,fd20:ce::254" },
	{ "multicast", "224.0.0.0/4,255.255.255.255,ff00::/8" },
};

#define RANGES_WORDS (sizeof(ranges_words) / sizeof(*ranges_words))

static const unsigned char ranges_mapped[12] = { [10] = 0xff, [11] = 0xff };

/* ---- reading --------------------------------------------------------- */

static bool
ranges_covers(const struct range *r, const unsigned char *address)
{
	unsigned whole = r->bits / 8, rest = r->bits % 8;

	return memcmp(r->address, address, whole) == 0 &&
	       (rest == 0 ||
		   (r->address[whole] ^ address[whole]) >> (8 - rest) == 0);
}

/* Whether nothing of the address stands behind its prefix. */
static bool
ranges_is_prefix(const struct range *r)
{
	static const unsigned char nothing[16];
	struct range rest = { .bits = 128 };
	unsigned i;

	memcpy(rest.address, r->address, sizeof(rest.address));
	for (i = 0; i < r->bits; i++)
		rest.address[i / 8] &= (unsigned char)~(0x80u >> i % 8);
	return memcmp(rest.address, nothing, sizeof(nothing)) == 0;
}

static int
ranges_parse(struct range *r, struct str text)
{
	struct str address;
	char copy[INET6_ADDRSTRLEN];
	uint64_t bits = 128;
	unsigned first = 0;
	bool has_bits = memchr(text.p, '/', text.n) != NULL;

	(void)str_cut(&text, '/', &address);
	if (address.n >= sizeof(copy))
		return -1;
	memcpy(copy, address.p, address.n);
	copy[address.n] = '\0';
	memcpy(r->address, ranges_mapped, sizeof(ranges_mapped));
	if (inet_pton(AF_INET, copy, r->address + sizeof(ranges_mapped)) == 1)
		first = RANGES_V4;
	else if (inet_pton(AF_INET6, copy, r->address) != 1)
		return -1;
	if (has_bits && (str_u64(text, &bits) == -1 || bits > 128 - first))
		return -1;
	r->bits = has_bits ? first + (unsigned)bits : 128;
	return ranges_is_prefix(r) ? 0 : -1;
}

/* ---- a list ---------------------------------------------------------- */

static void
ranges_explain(struct range *r, struct str name)
{
	if (r->kind == RANGE_GUARD)
		snprintf(r->why, sizeof(r->why),
		    "a proxy for others refuses %.*s addresses (see "
		    "--allow-upstream)",
		    STR_ARGS(name));
	else
		snprintf(r->why, sizeof(r->why),
		    "refused by --deny-upstream %.*s", STR_ARGS(name));
}

static int
ranges_append(
    struct ranges *r, struct str text, enum range_kind kind, struct str name)
{
	struct range one = { .kind = kind };

	if (r->n == RANGES_MOST || ranges_parse(&one, text) == -1)
		return -1;
	ranges_explain(&one, name);
	r->v = xrealloc(r->v, (r->n + 1) * sizeof(*r->v));
	r->v[r->n++] = one;
	return 0;
}

static int
ranges_append_word(struct ranges *r, struct str word, enum range_kind kind)
{
	struct str rest, text;
	size_t i;

	for (i = 0; i < RANGES_WORDS; i++)
		if (str_iis(word, ranges_words[i].name))
			break;
	if (i == RANGES_WORDS)
		return ranges_append(r, word, kind, word);
	rest = str_of(ranges_words[i].ranges);
	while (str_cut(&rest, ',', &text))
		if (ranges_append(r, text, kind, word) == -1)
			return -1;
	return 0;
}

void
ranges_init(struct ranges *r)
{
	*r = (struct ranges){ 0 };
	(void)ranges_append_word(r, STR("link-local"), RANGE_GUARD);
	(void)ranges_append_word(r, STR("metadata"), RANGE_GUARD);
}

void
ranges_fini(struct ranges *r)
{
	free(r->v);
	*r = (struct ranges){ 0 };
}

int
ranges_add(struct ranges *r, const char *text, bool allow, struct err *e)
{
	struct str rest = str_of(text), one;
	size_t before = r->n;
	enum range_kind kind = allow ? RANGE_ALLOW : RANGE_DENY;

	while (str_cut(&rest, ',', &one)) {
		if (ranges_append_word(r, one, kind) == 0)
			continue;
		r->n = before;
		return err_set(e,
		    "%.*s: expected a range such as 10.0.0.0/8, fd00::/8 or "
		    "192.0.2.1, without bits behind its prefix, or one of "
		    "all, loopback, private, link-local, metadata, multicast",
		    one.n > 100 ? 100 : (int)one.n, one.p);
	}
	return 0;
}

/* ---- judging --------------------------------------------------------- */

static const char *
ranges_judge(const struct ranges *r, const unsigned char *address, bool guarded)
{
	const struct range *best = NULL, *one;

	for (one = r->v; one < r->v + r->n; one++) {
		if ((one->kind == RANGE_GUARD && !guarded) ||
		    !ranges_covers(one, address))
			continue;
		if (best == NULL || one->bits > best->bits ||
		    (one->bits == best->bits && one->kind > best->kind))
			best = one;
	}
	return best != NULL && best->kind != RANGE_ALLOW ? best->why : NULL;
}

/* The IPv4 address within one of IPv6, if there is one: RFC 4291 section
 * 2.5.5, RFC 3056, RFC 6052. */
static const unsigned char *
ranges_carried(const unsigned char *a)
{
	static const unsigned char nat64[12] = { 0, 0x64, 0xff, 0x9b };
	static const unsigned char nothing[12];

	if (memcmp(a, nat64, sizeof(nat64)) == 0)
		return a + 12;
	if (a[0] == 0x20 && a[1] == 0x02)
		return a + 2;
	/* :: and ::1 are no such addresses. */
	if (memcmp(a, nothing, sizeof(nothing)) == 0 &&
	    (a[12] != 0 || a[13] != 0 || a[14] != 0 || a[15] > 1))
		return a + 12;
	return NULL;
}

const char *
ranges_refuse(const struct ranges *r, const struct sockaddr *a, bool guarded)
{
	unsigned char address[16], carried[16];
	const unsigned char *inner;
	const char *why;

	memcpy(address, ranges_mapped, sizeof(ranges_mapped));
	if (a->sa_family == AF_INET)
		memcpy(address + sizeof(ranges_mapped),
		    &((const struct sockaddr_in *)(const void *)a)->sin_addr,
		    4);
	else
		memcpy(address,
		    &((const struct sockaddr_in6 *)(const void *)a)->sin6_addr,
		    sizeof(address));
	why = ranges_judge(r, address, guarded);
	inner = ranges_carried(address);
	if (why != NULL || inner == NULL)
		return why;
	memcpy(carried, ranges_mapped, sizeof(ranges_mapped));
	memcpy(carried + sizeof(ranges_mapped), inner, 4);
	return ranges_judge(r, carried, guarded);
}
