#ifndef MOCK_SOCKET_H
#define MOCK_SOCKET_H

/*
 * WebSocket routes, without I/O: what is sent when a connection opens, when a
 * text comes and when an interval is over, and when it is closed.
 *
 * As in Mockoon a route is a conversation, whose responses are chosen by each
 * text that comes; a stream for each connection (UNICAST); or one for all of
 * them (BROADCAST), which sees the request that it began with.  Responses are
 * numbered for each connection or stream.
 *
 * One thread at a time.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "mock/environment.h"
#include "mock/mocks.h"

struct socket; /* opaque */

#define SOCKET_LEAST_MS 10 /* of a stream's interval, as in Mockoon */

/* Codes of a Close (RFC 6455 section 7.4.1). */
#define SOCKET_NO_CODE 0
#define SOCKET_BROKEN 1011

/* The WebSocket route whose path fits, or NULL; q->socket is set. */
struct socket *mocks_socket(struct mocks *m, const struct mock_request *q);
void socket_free(struct socket *s); /* safe on NULL */

enum mock_streaming_mode socket_mode(const struct socket *s);
uint64_t socket_interval_ms(const struct socket *s); /* of a stream */
struct str socket_route(const struct socket *s);     /* its name */

/* The same for all connections that one broadcast is for: those of a route and
 * an isolation session. */
struct socket_channel {
	uint64_t route, session;
};
struct socket_channel socket_channel(const struct socket *s);

/* What is to be done; empty and reused from one to the next. */
struct socket_answer {
	bool sends; /* text, in one message */
	struct buf text;
	bool closes; /* behind it, with that code and reason */
	unsigned code;
	struct buf reason;
	struct buf remarks; /* for the log, one a line */
};
void socket_answer_fini(struct socket_answer *a);

/* What a connection begins with (not Mockoon's). */
void socket_greet(struct socket *s, int64_t now_us, struct socket_answer *a);

/* A response that was chosen, to be sent after so long. */
struct socket_turn {
	size_t response;
	uint64_t latency_ms;
};

/* Chooses the response to a text, or in a stream the next one (text is "").
 * False when there is none; a says what else is to be done then. */
bool socket_choose(struct socket *s, struct str text, int64_t now_us,
    struct socket_turn *turn, struct socket_answer *a);

/* Makes a response that was chosen for text. */
void socket_answer(struct socket *s, const struct socket_turn *turn,
    struct str text, int64_t now_us, struct socket_answer *a);

#endif
