#ifndef MOCK_CALLBACK_H
#define MOCK_CALLBACK_H

/*
 * Callbacks (webhooks): requests that follow an answer.  They are rendered
 * with it, in the order of the response's list, and go to whoever sends them
 * (gateway/callbacks.h).
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/str.h"
#include "mock/environment.h"
#include "mock/respond.h"

struct mock_reply;
struct responding;

#define CALLBACK_BODY_MOST (16u << 20)
#define CALLBACK_KEY_MOST 4096 /* bytes of a key for signatures */

/* A callback of an environment, made ready. */
struct callback_plan {
	const struct mock_callback *of;
	struct respond_text uri, body, file_path;
	struct respond_headers headers;
	size_t bucket;    /* its place; the number of buckets for none */
	struct str key;   /* of its signature; p NULL: it has none */
	struct str wrong; /* why it cannot be signed; p NULL: nothing */
};

struct callback_use {
	const struct callback_plan *plan;
	uint64_t latency_ms;
};

/* Reads the key, whose bytes are the environment's afterwards.  What hinders
 * is in p->wrong. */
void callback_read_key(struct callback_plan *p, struct environment *env);

/* A request that is to be sent.  It owns all that it has. */
struct callback {
	struct callback *next;
	struct arena arena;
	struct str name;  /* for the log, in one line */
	struct str wrong; /* why it cannot be sent; p NULL: it can */
	struct str method;
	struct str url;     /* absolute, or a path of this server */
	struct str headers; /* "Name: value\r\n"..., no framing fields */
	bool has_host;      /* they have a Host */
	struct str host;    /* else of a path of this server; or "" */
	bool has_body;      /* body is to be sent, also when it is empty */
	struct buf body;
	uint64_t latency_ms;
	struct mock_retry retry;
	struct str key;       /* of its signature; n 0: none */
	struct str signature; /* the name of its field */
	enum mock_signing_form form;
};
void callback_free(struct callback *c);     /* safe on NULL */
void callback_free_all(struct callback *c); /* it and those behind it */

/* Makes the callbacks of a reply, and adds them to r. */
void callback_make_all(const struct responding *d, struct mock_reply *r);

/*
 * Appends the field with the signature, "Name: value\r\n", if c is to have
 * one: of the body, sent at now_us (wall clock), HMAC-SHA256 in hexadecimal.
 *
 *	github	sha256=HMAC(body)
 *	stripe	t=SECONDS,v1=HMAC(SECONDS "." body)
 */
void callback_sign(const struct callback *c, int64_t now_us, struct buf *out);

#endif
