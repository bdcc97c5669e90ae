#ifndef GATEWAY_ADMIN_REQUEST_H
#define GATEWAY_ADMIN_REQUEST_H

/*
 * What a handler of the admin port gets and how it answers.  When a handler
 * is called, the request has passed the guard, its parameters are checked, its
 * body is read and, where JSON is expected, parsed.  Before it returns it has
 * answered exactly once, by one of admin_reply_*(), or begun a stream.
 */

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/str.h"
#include "gateway/admin.h"
#include "gateway/http1.h"

#define ADMIN_PARAMETERS 12

struct admin_client;
struct admin_command;
struct admin_request;
struct json_t; /* jansson's, whose header and har/json.h do not go together */
struct spool;

typedef void (*admin_closed_fn)(void *arg);

struct admin_value {
	bool given;
	struct str text; /* decoded */
	uint64_t number; /* of a number or flag */
};

struct admin_reply {
	int status; /* 0: none yet */
	const char *type;
	struct buf headers; /* further ones, as lines */
	struct buf body;
	struct str fixed; /* instead of body; outlives the program's use */
	int fd;           /* instead of both; -1: none */
	uint64_t size;    /* of it */
	bool page;        /* headers has a Content-Security-Policy */
};

struct admin_request {
	const struct admin_of *of;
	struct admin *admin;
	const struct admin_command *command;
	struct http1_head head;
	struct str path; /* without query, as on the wire */
	struct admin_value values[ADMIN_PARAMETERS];
	struct json_t *body; /* NULL: none came, or the command takes no JSON */
	struct spool *file;  /* what came, where the command takes that */
	struct arena arena;  /* until the answer is written */

	/* Only for admin_*.c of the port itself. */
	struct admin_client *client; /* NULL: it left */
	struct admin_reply reply;
	struct buf text; /* the body as it came */
	bool streaming;
	admin_closed_fn on_closed;
	void *on_closed_arg;
};

/* ---- parameters, by their names in the command's row ------------------- */

/* Whether the request has it; its text, p being NULL without; and the number of
 * one whose row says that it is one, 0 without. */
bool admin_given(const struct admin_request *r, const char *name);
struct str admin_text(const struct admin_request *r, const char *name);
uint64_t admin_number(const struct admin_request *r, const char *name);

/* ---- values ------------------------------------------------------------- */

/* A string, whatever its bytes; null for no text.  What comes from outside
 * gets into JSON by these, as jansson takes UTF-8 only. */
struct json_t *admin_json_str(struct str text);
struct json_t *admin_json_text(const char *text);

/* ---- answers ------------------------------------------------------------ */

/* Takes value over. */
void admin_reply_json(
    struct admin_request *r, int status, struct json_t *value);

/* Takes the bytes over; type must be a constant. */
void admin_reply_bytes(
    struct admin_request *r, int status, const char *type, struct buf *bytes);

/* Bytes that live as long as the program. */
void admin_reply_fixed(
    struct admin_request *r, const char *type, struct str bytes);

/* The first size bytes of a file, whose descriptor is taken over. */
void admin_reply_file(
    struct admin_request *r, const char *type, int fd, uint64_t size);

/* 204. */
void admin_reply_nothing(struct admin_request *r);

/* application/problem+json with a sentence for whoever asked. */
void admin_reply_problem(struct admin_request *r, int status, const char *fmt,
    ...) __attribute__((format(printf, 3, 4)));

/* One more field of the answer; control characters in value are left out. */
void admin_reply_header(
    struct admin_request *r, const char *name, struct str value);

/* ---- streams, on the loop's thread only --------------------------------- */

/*
 * Begins an answer whose length is not known; the request then stays until
 * on_closed, which is called once: when the client left, after
 * admin_stream_end(), or when the port closes.  Not to be used afterwards.
 */
void admin_stream_begin(struct admin_request *r, const char *type,
    admin_closed_fn on_closed, void *arg);

/* Sends bytes; gives how many wait to be taken by the client.  More than
 * ADMIN_STREAM_MOST of them end the stream: on_closed comes soon. */
#define ADMIN_STREAM_MOST (4u * 1024 * 1024)
size_t admin_stream_send(struct admin_request *r, struct str bytes);

/* No more comes; on_closed comes soon. */
void admin_stream_end(struct admin_request *r);

#endif
