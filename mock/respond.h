#ifndef MOCK_RESPOND_H
#define MOCK_RESPOND_H

/* Making the reply of a response that was chosen; Mockoon's steps in its
 * order. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/str.h"
#include "mock/environment.h"

struct arena;
struct buf;
struct callback_use;
struct err;
struct headers;
struct mock_reply;
struct state_use;
struct template;
struct template_context;

/* A template, or without one the text itself; or what is wrong with it. */
struct respond_text {
	struct str plain;
	struct template *template;
	struct str wrong; /* p NULL: nothing */
};

struct respond_header {
	struct str key;
	struct respond_text value;
};

struct respond_headers {
	struct respond_header *v;
	size_t n;
};

struct respond_plan {
	const struct mock_response *of;
	struct respond_headers headers;
	struct respond_text body, file_path;
	size_t bucket; /* its place; the number of buckets for none */
	struct callback_use *callbacks;
	size_t ncallbacks;
};

struct responding {
	const struct environment *env;
	const struct respond_headers *env_headers;
	const struct respond_plan *plan;
	struct state_use *use;
	struct template_context *c;
	struct str range;    /* of the request, p NULL for none */
	bool mockoon_errors; /* a template's error with the response's status */
	struct str prefix;   /* of all routes, "" or "/path" */
	struct str authority; /* that the request was for */
	struct str depth;     /* the request's X-Mockoon-Callback-Depth */
	uint64_t most_depth;  /* at which no callback follows */
};

/* Appends what the text is in c.  0 or -1. */
int respond_text(const struct respond_text *text,
    const struct template_context *c, struct buf *out, struct err *e);

/* Fills r.  Nothing fails: what goes wrong is the reply. */
void respond(const struct responding *d, struct mock_reply *r);

/* A JSON body with its status, as CRUD operations make it, instead of the
 * plan's. */
void respond_json(const struct responding *d, struct str json, int status,
    struct mock_reply *r);

/* Pieces of it, which callbacks are made of, too. */

/* Adds the fields to to, whose bytes go to a.  What is wrong with one is its
 * value, or leaves it out, and is added to remarks. */
void respond_fields(const struct respond_headers *from,
    const struct template_context *c, struct headers *to, struct arena *a,
    struct buf *remarks);

/* Sets the field; cookies add up. */
void respond_set_field(
    struct headers *h, struct arena *a, struct str name, struct str value);

/* Whether a field is for who sends the message to say: its length, ... */
bool respond_is_framing(struct str name);

/* Appends a bucket's value as bodies have it. */
void respond_bucket_text(const struct responding *d, size_t bucket,
    struct arena *a, struct buf *out);

#endif
