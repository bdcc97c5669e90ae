#ifndef GATEWAY_TRAFFIC_NOTE_H
#define GATEWAY_TRAFFIC_NOTE_H

/*
 * What the traffic log and the access log get to know of a transaction: noted
 * while it goes on, and made a row when it is over.  Does nothing unless one
 * of them is kept.
 *
 * Each worker keeps some notes for the next transactions and the block of a row
 * that made room, so that nothing is allocated.
 */

#include <stdbool.h>

#include "base/str.h"
#include "gateway/traffic.h"

struct explanation;
struct transaction;
struct traffic_note; /* opaque */
struct worker;

/* The head of the reply is in w->head, whole. */
void traffic_note_head(struct transaction *t);

/* Bytes of its body, without the transfer coding. */
void traffic_note_body(struct transaction *t, struct str bytes);

/* Bytes of a request body that t->r does not have. */
void traffic_note_sent(struct transaction *t, struct str bytes);

/* t->call is about to be over: its times count. */
void traffic_note_call(struct transaction *t);

/* What went wrong, in words. */
void traffic_note_text(struct transaction *t, const char *text);

/* Nothing answers: in a sentence, and why, which may be NULL. */
void traffic_note_miss(
    struct transaction *t, const char *detail, const struct explanation *x);

/* The mock that answers, where t->mock does not say so. */
void traffic_note_route(struct transaction *t, struct str route);

/* Its head is out and its body will last: it is shown from now on.  Of the body
 * nothing is shown meanwhile where secrets are kept out, since they are looked
 * for in the whole. */
void traffic_note_open(struct transaction *t);

/* The same of a WebSocket, and bytes that pass on it. */
void traffic_note_socket(struct transaction *t);
void traffic_note_frames(
    struct transaction *t, bool from_client, struct str bytes);

/* The entry that t is recorded as is said there; NULL when nobody asks.  The
 * reference is the caller's. */
struct traffic_link *traffic_note_link(struct transaction *t);

/* It is over, for its client at least; only the first call counts. */
void traffic_note_end(struct transaction *t, enum traffic_state state);

/* What a worker keeps for the next ones. */
void traffic_note_forget(struct worker *w);

#endif
