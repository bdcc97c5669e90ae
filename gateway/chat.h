#ifndef GATEWAY_CHAT_H
#define GATEWAY_CHAT_H

/*
 * A WebSocket that a mocked route answers: what mock/socket.h says, with its
 * handshake, timers and limits.
 *
 * Answers that wait for their latency are at most 1,000.  A client that does
 * not take what it is sent is not heard while more than 1 MiB waits; what
 * comes unasked then, of a stream or late, closes it with 1013.
 */

#include <stdbool.h>
#include <stdint.h>

struct mock_request;
struct transaction;

#define CHAT_MESSAGE (1u << 20) /* bytes of a client's message */
#define CHAT_LATER 1000
#define CHAT_QUEUED (1u << 20)
#define CHAT_CLOSE_US 5000000 /* for the client's own Close */

/* Whether a mocked WebSocket route answers q, the request of t, which asks for
 * a WebSocket. */
bool chat_begin(struct transaction *t, const struct mock_request *q);

/* As Mockoon answers where there are such routes, but none that fits, and
 * nobody else to ask. */
void chat_refuse(struct transaction *t);

#endif
