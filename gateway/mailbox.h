#ifndef GATEWAY_MAILBOX_H
#define GATEWAY_MAILBOX_H

/*
 * Calls from any thread into a worker's loop.  Counted, because a name
 * look-up may come back after its worker is gone.
 */

#include <stdbool.h>

struct event_base;
struct mailbox; /* opaque */
struct worker;

typedef void (*letter_fn)(struct worker *, void *arg);

/* Letters are read on base's thread, in the order of posting.  w is NULL where
 * base is not that of a worker. */
struct mailbox *mailbox_new(struct worker *w, struct event_base *base);
struct mailbox *mailbox_ref(struct mailbox *m);
void mailbox_unref(struct mailbox *m);

/* False when the worker is gone: fn is not called and arg stays yours. */
bool mailbox_post(struct mailbox *m, letter_fn fn, void *arg);

/* Reads what is there and refuses what comes later; drops the worker's own
 * reference.  On the worker's thread, or when that has ended.  Safe on NULL. */
void mailbox_close(struct mailbox *m);

#endif
