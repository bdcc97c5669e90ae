#ifndef GATEWAY_ORIGIN_H
#define GATEWAY_ORIGIN_H

/*
 * The real APIs and which request goes to which: by the host the client
 * asked for, by path prefix, or the default one.  Immutable.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/str.h"
#include "har/url.h"

struct buf;
struct err;
struct known_origins; /* opaque */
struct origins;       /* opaque */
struct settings;

/* The index of an origin that is in no origins: nothing is remembered of it, so
 * that each call has a connection of its own. */
#define ORIGIN_ALONE SIZE_MAX

struct origin {
	size_t index;    /* 0.. in origins, or ORIGIN_ALONE */
	char *text;      /* the URL as given, without a trailing slash */
	struct url url;  /* views of text */
	char *host;      /* for resolving and TLS */
	char *authority; /* for Host: host[:port] as given */
	char *base;      /* "https://host:port", in front of upstream targets */
	struct str base_path; /* of url, without a trailing slash; "" */
	bool literal;         /* host is an address: nothing to resolve */
	bool oneself; /* the gateway itself, whose certificate is its own */
};

/* Where a request goes. */
struct route {
	const struct origin *origin;
	struct str scope; /* host that chose it, "" otherwise; in the origins */
	struct str strip; /* prefix to take off the client's path */
	const char *prefix; /* of the setting; NULL: no setting has it */
};

/*
 * Origins that stay as long as a gateway, since connections, addresses and TLS
 * sessions are kept by their index: settings that are read again find theirs
 * here.  One thread at a time makes origins.
 */
struct known_origins *known_origins_new(void);
void known_origins_free(struct known_origins *k); /* safe on NULL */

/* An index that no other has.  From any thread. */
size_t known_origins_index(struct known_origins *k);

/* From settings' upstreams; with known, which outlives them, an origin of the
 * same URL is the same one.  NULL with *e set naming the bad one. */
struct origins *origins_new(
    const struct settings *s, struct known_origins *known, struct err *e);
void origins_free(struct origins *o); /* safe on NULL */
size_t origins_count(const struct origins *o);

/* One that is in no origins, of a URL that is not a setting's. */
struct origin *origin_alone(const struct url *u);
void origin_alone_free(struct origin *o); /* safe on NULL */

/*
 * The route of a request for path (with its query) on authority (the
 * client's Host, with or without port): the longest path prefix under a
 * matching host, then without host.  False when there is none.  A prefix
 * "/a" covers "/a", "/a/b" and "/a?q", not "/ab".
 */
bool origins_route(const struct origins *o, struct str authority,
    struct str path, struct route *r);

/* The origin, when the client's path is the one that it is asked for; NULL when
 * another is. */
const struct url *route_same_path(const struct route *r);

/* The target at the upstream for the client's path: base path, then path
 * without what is stripped. */
void route_target(const struct route *r, struct str path, struct buf *out);

#endif
