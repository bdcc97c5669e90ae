#ifndef GATEWAY_ADMIN_STORE_H
#define GATEWAY_ADMIN_STORE_H

/* The store as handlers of the admin port get at it, on the jobs' thread. */

#include "gateway/admin_request.h"

struct err;
struct store;
struct store_filter;

/* A reading connection, or NULL and the request is answered. */
struct store *admin_store_read(struct admin_request *r);

/*
 * Has fn called with a store that may be written to: on the recorder's thread
 * where the gateway records, else with a connection for as long.  Whoever
 * replays from it looks anew.  What fn gives, or -1.
 */
typedef int (*admin_store_fn)(struct store *s, void *arg, struct err *e);
int admin_store_write(
    const struct admin_of *of, admin_store_fn fn, void *arg, struct err *e);

/*
 * Which entries, by the parameters tape and q.  q is words: method:POST,
 * url:GLOB, status:4xx, ids:7-12, since:1h, until:DATE, failed:1, and a text
 * that URLs have.  0, or -1 and the request is answered.
 */
int admin_store_filter(
    struct admin_request *r, struct store *s, struct store_filter *f);

#endif
