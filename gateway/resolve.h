#ifndef GATEWAY_RESOLVE_H
#define GATEWAY_RESOLVE_H

/*
 * Host names to addresses without stopping a loop: getaddrinfo(3) knows the
 * machine's own rules (hosts file, search list, VPNs) but waits, so each
 * look-up has a thread for as long as it takes.
 */

#include <stdint.h>
#include <sys/socket.h>

struct settings;
struct worker;

#define RESOLVE_MOST 8

struct addresses {
	size_t n;
	struct sockaddr_storage v[RESOLVE_MOST];
	socklen_t len[RESOLVE_MOST];
	const char *failure; /* in words when n is 0; static text */
};

struct lookup; /* opaque */

/*
 * Looks host up; on_done(arg, addresses) is called on the worker's thread,
 * never from inside.  Not at all after lookup_cancel().
 */
struct lookup *lookup_start(struct worker *w, const char *host, uint16_t port,
    void (*on_done)(void *arg, const struct addresses *), void *arg);
void lookup_cancel(struct lookup *l);

/* The addresses that settings have for host, if any: 0, or -1 for none. */
int lookup_pinned(const struct settings *s, const char *host, uint16_t port,
    struct addresses *out);

/* The one address of a literal; nothing waits.  0, or -1 if it is none. */
int lookup_literal(const char *host, uint16_t port, struct addresses *out);

#endif
