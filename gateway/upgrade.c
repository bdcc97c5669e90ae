/* A request for a WebSocket that an upstream agrees to: its 101 is passed on,
 * and then what both ends say, as it is. */
#include "config.h"

#include "base/log.h"
#include "gateway/lane.h"
#include "gateway/tunnel.h"
#include "gateway/upstream.h"
#include "gateway/worker.h"
#include "gateway/ws_handshake.h"
#include "recorder/recorder.h"

#include "gateway/transaction.h"

static void
upgrade_on_over(void *arg, enum tunnel_end end, const char *why)
{
	struct transaction *t = arg;
	char subject[256];

	(void)end;
	t->tunnel = NULL;
	log_debug(transaction_subject(t, subject, sizeof(subject)),
	    "the WebSocket is over%s%s", why[0] != '\0' ? ": " : "", why);
	transaction_over(t);
}

static const struct tunnel_events upgrade_events = {
	.on_over = upgrade_on_over,
};

void
upgrade_begin(struct transaction *t, struct lane *upstream)
{
	t->call = NULL;
	t->tunnel =
	    tunnel_new(client_take_over(t->c), upstream, &upgrade_events, t);
}

void
upgrade_hold(struct transaction *t, bool on)
{
	tunnel_hold(t->tunnel, on);
}
