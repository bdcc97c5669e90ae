#ifndef GATEWAY_RESOLVE_H
#define GATEWAY_RESOLVE_H

/*
 * Host names to addresses without stopping a loop: getaddrinfo(3) knows the
 * machine's own rules (hosts file, search list, VPNs) but waits, so each
 * look-up has a thread for as long as it takes.  Who asks for the same shares
 * one, and no more than RESOLVE_AT_ONCE go on at a time: where a name server
 * does not answer, requests that wait for it cost no threads.
 */

#include <stdint.h>
#include <sys/socket.h>

struct mailbox;
struct resolver; /* opaque; one a worker */
struct settings;

#define RESOLVE_MOST 8
#define RESOLVE_AT_ONCE 32

struct addresses {
	size_t n;
	struct sockaddr_storage v[RESOLVE_MOST];
	socklen_t len[RESOLVE_MOST];
	const char *failure; /* in words when n is 0; static text */
};

struct lookup; /* opaque */

/* Answers come by m, which is there for longer. */
struct resolver *resolver_new(struct mailbox *m);

/* What is still looked up is told to nobody, so after the last
 * lookup_cancel().  Safe on NULL. */
void resolver_free(struct resolver *r);

/*
 * Looks host up; on_done(arg, addresses) is called on the worker's thread,
 * never from inside, and the look-up is gone.  Not at all after
 * lookup_cancel(), which is over with it, too.
 */
struct lookup *lookup_start(struct resolver *r, const char *host, uint16_t port,
    void (*on_done)(void *arg, const struct addresses *), void *arg);
void lookup_cancel(struct lookup *l);

/* The addresses that settings have for host, if any: 0, or -1 for none. */
int lookup_pinned(const struct settings *s, const char *host, uint16_t port,
    struct addresses *out);

/* The one address of a literal; nothing waits.  0, or -1 if it is none. */
int lookup_literal(const char *host, uint16_t port, struct addresses *out);

#endif
