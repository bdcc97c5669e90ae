/* A request for a WebSocket that an upstream agrees to: its 101 is passed on,
 * and then what both ends say, as it is. */
#include "config.h"

#include "base/log.h"
#include "gateway/lane.h"
#include "gateway/meter.h"
#include "gateway/traffic_note.h"
#include "gateway/tunnel.h"
#include "gateway/upstream.h"
#include "gateway/worker.h"
#include "gateway/ws_tap.h"
#include "recorder/recorder.h"

#include "gateway/transaction.h"

static void
upgrade_on_over(void *arg, enum tunnel_end end, const char *why)
{
	struct transaction *t = arg;
	char subject[256];
	bool broke =
	    end == TUNNEL_BROKE && t->tap != NULL && !ws_tap_closed(t->tap);

	t->tunnel = NULL;
	meter_add(t->w->meter, METER_AT(sockets_over), 1);
	if (t->x != NULL)
		tee_end(t, broke ? OUTCOME_RESET : OUTCOME_COMPLETE,
		    broke ? why : NULL, NULL, NULL);
	log_debug(transaction_subject(t, subject, sizeof(subject)),
	    "the WebSocket is over%s%s", why[0] != '\0' ? ": " : "", why);
	transaction_over(t);
}

/* What was said is recorded before the last Close has gone on, so that whoever
 * has seen it finds it.  As for any answer, a store that is slow slows down
 * what it is to keep. */
static void
upgrade_on_bytes(void *arg, enum tunnel_side from, struct str bytes)
{
	struct transaction *t = arg;

	traffic_note_frames(t, from == TUNNEL_CLIENT, bytes);
	if (t->x == NULL)
		return;
	tee_socket_take(t, from == TUNNEL_CLIENT, bytes);
	if (ws_tap_over(t->tap))
		tee_end(t, OUTCOME_COMPLETE, NULL, NULL, NULL);
	else if (!t->starved && recorder_full(t->w->shared->recorder)) {
		forward_starve(t);
		upgrade_hold(t, true);
	}
}

static const struct tunnel_events upgrade_events = {
	.on_bytes = upgrade_on_bytes,
	.on_over = upgrade_on_over,
};

void
upgrade_begin(struct transaction *t, struct lane *upstream)
{
	t->call = NULL;
	meter_add(t->w->meter, METER_AT(sockets), 1);
	t->tunnel =
	    tunnel_new(client_take_over(t->c), upstream, &upgrade_events, t);
}

void
upgrade_hold(struct transaction *t, bool on)
{
	tunnel_hold(t->tunnel, on);
}
