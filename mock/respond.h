#ifndef MOCK_RESPOND_H
#define MOCK_RESPOND_H

/* Making the reply of a response that was chosen; Mockoon's steps in its
 * order. */

#include <stdbool.h>
#include <stddef.h>

#include "base/str.h"
#include "mock/environment.h"

struct buf;
struct err;
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
};

struct responding {
	const struct environment *env;
	const struct respond_headers *env_headers;
	const struct respond_plan *plan;
	struct state_use *use;
	struct template_context *c;
	struct str range;    /* of the request, p NULL for none */
	bool mockoon_errors; /* a template's error with the response's status */
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

#endif
