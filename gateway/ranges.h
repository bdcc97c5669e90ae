#ifndef GATEWAY_RANGES_H
#define GATEWAY_RANGES_H

/*
 * Which addresses upstreams may have.  What is judged is the address that a
 * connection goes to, after names are resolved, so that no name leads to where
 * its address does not (DNS rebinding).
 */

#include <stdbool.h>
#include <stddef.h>

struct err;
struct range;
struct sockaddr;

struct ranges {
	struct range *v;
	size_t n;
};

/* With those that a guarded gateway starts from. */
void ranges_init(struct ranges *r);
void ranges_fini(struct ranges *r);

/*
 * Adds what text lists with commas between: 10.0.0.0/8, fd00::/8, an address,
 * or a word for several, such as private.  0, or -1 with nothing added.
 */
int ranges_add(struct ranges *r, const char *text, bool allow, struct err *e);

/*
 * What refuses an address of IPv4 or IPv6, in words, or NULL when nothing does.
 * The narrowest range that it is in decides, of equally narrow ones that which
 * denies; an address in none is permitted.  An IPv6 address that carries one of
 * IPv4 (mapped, compatible, 6to4, NAT64) is judged as that one, too.  guarded
 * brings in what ranges_init() began with, which gives way to what was added
 * for a range as narrow.
 */
const char *ranges_refuse(
    const struct ranges *r, const struct sockaddr *a, bool guarded);

#endif
