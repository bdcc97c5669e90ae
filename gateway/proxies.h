#ifndef GATEWAY_PROXIES_H
#define GATEWAY_PROXIES_H

/*
 * The proxies that the upstream leg goes through: one that a setting names,
 * or those of the environment (http_proxy, https_proxy, no_proxy; upper case
 * as well).  HTTP is asked of a proxy with an absolute target, all else goes
 * by CONNECT.  The environment's are not for this machine itself.
 */

#include <stdint.h>

struct err;
struct origin;
struct proxies; /* opaque */

struct proxy {
	char *host;
	uint16_t port;
	char *credentials; /* a field's value; NULL: none */
};

/* option is a URL, "none", or NULL for the environment.  What is no URL of a
 * proxy is as if it was not there; proxies_check() tells. */
struct proxies *proxies_new(const char *option);
void proxies_free(struct proxies *p); /* safe on NULL */

/* 0, or -1 with *e set. */
int proxies_check(const char *option, struct err *e);

/* The one to o, or NULL for the direct way. */
const struct proxy *proxies_for(
    const struct proxies *p, const struct origin *o);

#endif
