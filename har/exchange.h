#ifndef HAR_EXCHANGE_H
#define HAR_EXCHANGE_H

/*
 * An exchange: one request and its response with their times.  It is the
 * value that everything else passes around.  The wire truth is the master
 * (DESIGN 4): bytes as received after removing only the transfer coding,
 * field lines in order; HAR, decoded text and cookies are derived from it.
 *
 * All strings and lists live in the exchange's arena, the body bytes in
 * their own buffers; exchange_free() frees it all.  An exchange belongs to
 * one thread at a time and is handed on whole.
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/digest.h"
#include "har/headers.h"

struct feed;
struct spool;

#define EXCHANGE_KEY_BYTES 16

/* How a message delimited its body (RFC 9112 section 6.3). */
enum framing {
	FRAMING_NONE, /* no body and no Content-Length */
	FRAMING_LENGTH,
	FRAMING_CHUNKED,
	FRAMING_CLOSE, /* a response that ends with its connection */
};

/* Whether the response is whole, and if not, how it failed. */
enum outcome {
	OUTCOME_COMPLETE,
	OUTCOME_TRUNCATED,   /* the body ended before its announced end */
	OUTCOME_RESET,       /* the upstream reset the connection */
	OUTCOME_TIMEOUT,     /* connect, first byte or idle; see failure */
	OUTCOME_REFUSED,     /* no connection: resolve, connect or tls */
	OUTCOME_BAD_ANSWER,  /* not HTTP as RFC 9112 wants it */
	OUTCOME_CLIENT_GONE, /* cancelled because the client left */
	OUTCOMES
};

/* "complete", "truncated", ... as stored and exported. */
const char *outcome_text(enum outcome o);

/* The outcome called text, or -1. */
int outcome_of(struct str text);

/*
 * Body bytes, as they were on the wire without the transfer coding.  Either
 * all in bytes, or all in a file (a long body on its way from a HAR to the
 * store), or (stored_id > 0) in the store under that id; bytes are empty then.
 * An unknown body (known is false) was announced but not kept by whoever
 * recorded it; it is not an empty one.
 */
struct body {
	struct buf bytes;
	struct spool *spool; /* or NULL */
	uint64_t size; /* of the whole body; that of bytes or spool if there */
	int64_t stored_id;
	bool known;
	bool hashed; /* sha256 is set */
	uint8_t sha256[DIGEST_BYTES];
};

/* How many of its bytes are at hand, in memory or in a file. */
uint64_t body_held(const struct body *b);

/* These bytes; the caller frees. */
struct feed *body_feed(const struct body *b);

/* Drops them. */
void body_clear(struct body *b);

/* One piece of a streamed answer: where it begins and when it came. */
struct chunk_mark {
	uint64_t offset; /* in the body */
	int64_t at_us;   /* since the exchange started */
};

/* An interim response (RFC 9110 section 15.2), 100 left out. */
struct interim {
	struct interim *next;
	int status;
	struct headers headers;
};

struct message {
	int minor;          /* HTTP/1.minor; -1 when it came from elsewhere */
	struct str version; /* as written: "HTTP/1.1", "h2" */
	struct headers headers;
	struct headers trailers;
	enum framing framing;
	struct body body;
	int64_t head_bytes; /* size of the head on the wire, -1 unknown */
};

/* HAR 1.2 timings in microseconds, -1 for what did not happen or is not
 * known.  As in HAR, tls is a part of connect. */
struct timings {
	int64_t blocked, dns, connect, tls, send, wait, receive;
};

#define TIMINGS_UNKNOWN ((struct timings){ -1, -1, -1, -1, -1, -1, -1 })

struct exchange {
	struct arena arena;
	int64_t id; /* of the entry; 0 before it is stored */
	uint8_t key[EXCHANGE_KEY_BYTES]; /* see replay/key.h */
	bool keyed;
	uint8_t normal_key[EXCHANGE_KEY_BYTES]; /* by the user's rules */
	bool normal_keyed;
	uint64_t times; /* it was recorded in a row, the same each time */

	int64_t started_us; /* wall clock */
	struct timings timings;

	struct str method;
	struct str target; /* as the client asked the gateway, origin-form */
	struct str scope; /* host that chose the upstream; "" for the default */
	struct str url;   /* absolute, at the upstream: the HAR URL */
	struct message request;

	int status; /* 0 when no response head came */
	struct str reason;
	struct message response;
	struct interim *interims;  /* in order */
	struct chunk_mark *chunks; /* of the response body; may be NULL */
	size_t nchunks;

	enum outcome outcome;
	struct str failure; /* what failed in words; "" when complete */

	struct str server_addr; /* "192.0.2.1:443", IPv6 in brackets, or "" */
	struct str client_addr;
	struct str connection; /* id of the upstream connection, or "" */
	struct str session;
	struct str mode; /* the mode that recorded it, "import" for imported */
	struct str comment;
	struct str extra; /* JSON object text: HAR members we do not model */
};

/* An empty exchange: sizes 0, timings unknown, bodies known and empty. */
struct exchange *exchange_new(void);

/* Makes x as exchange_new() gives it, keeping memory of its arena and up to
 * keep bytes of each body's. */
void exchange_reset(struct exchange *x, size_t keep);
void exchange_free(struct exchange *x); /* safe on NULL */

/* Makes to, an empty one, the same as from but for its id, the body of its
 * response, trailers and chunk marks: what is known while it goes on. */
void exchange_copy_begun(struct exchange *to, const struct exchange *from);

#endif
