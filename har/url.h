#ifndef HAR_URL_H
#define HAR_URL_H

/*
 * An absolute http or https URL (RFC 9110 section 4.2), taken apart without
 * decoding or normalizing anything: the parts are views of the text.
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"

struct err;

struct url {
	bool https;
	struct str userinfo; /* "" when there is none */
	struct str host;     /* IPv6 without its brackets */
	bool ipv6;           /* host stood in brackets */
	uint16_t port;       /* as written, or the scheme's default */
	bool has_port;
	struct str authority; /* host[:port] as written, without userinfo */
	struct str path;      /* from the first / on, "" when there is none */
	struct str query;     /* behind the ?; p is NULL when there is no ? */
	struct str target;    /* path and query as written; may be "" or "?q" */
};

/* Takes text apart.  A fragment is an error.  0, or -1 with *e set. */
int url_parse(struct url *u, struct str text, struct err *e);

/* The same, and takes the URL of a WebSocket (RFC 6455 section 3), which is
 * where http and https would lead. */
int url_parse_any(struct url *u, struct str text, struct err *e);

/* Whether text begins as the URL of a WebSocket does: ws:// or wss://. */
bool url_is_socket(struct str text);

/* Whether both name the same origin (RFC 6454): scheme, host, port. */
bool url_same_origin(const struct url *a, const struct url *b);

/* The host of a host[:port], IPv6 in its brackets; of anything else whatever
 * is in front of the last colon outside brackets. */
struct str url_host(struct str authority);

/* Whether a host that was chosen, with or without port, is that of an
 * authority: with the same port or, without one, with any. */
bool url_host_covers(struct str host, struct str authority);

/* Whether s is a host[:port] as RFC 9110 section 7.2 allows in a Host field
 * (a name, an IPv4 address or a bracketed IPv6 address). */
bool url_is_authority(struct str s);

#endif
