#ifndef GATEWAY_CHANNEL_H
#define GATEWAY_CHANNEL_H

/*
 * Broadcasts of mocked WebSocket routes: what is said in a channel reaches all
 * its members, on whatever workers they are.  A channel is there while it has
 * a member.  The first one's worker has the timer, and its request is the one
 * that templates see; other workers hear by mail.
 */

#include <stdbool.h>
#include <stddef.h>
#include <sys/queue.h>

#include "base/str.h"

struct channel;  /* opaque */
struct channels; /* opaque; safe for any worker */
struct socket;
struct worker;

/* Those of a gateway; channels_free() ends them. */
struct channels *channels_new(void);
void channels_free(struct channels *c); /* safe on NULL */

/* No worker runs any more, and w is about to be freed. */
void channels_forget(struct channels *c, const struct worker *w);

/* One in a channel.  say tells it on its worker: text, one frame, if n > 0;
 * and whether it is to close then.  It may leave meanwhile. */
struct channel_member {
	TAILQ_ENTRY(channel_member) link;
	struct channel *of;
	void (*say)(struct channel_member *m, struct str frame, bool closes,
	    unsigned code, struct str reason);
};

/* Takes s over, which says what the channel is.  On w's thread, as leaving. */
void channel_join(struct channels *all, struct worker *w, struct socket *s,
    struct channel_member *m);
void channel_leave(struct worker *w, struct channel_member *m);

#endif
