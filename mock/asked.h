#ifndef MOCK_ASKED_H
#define MOCK_ASKED_H

/*
 * How a mocked route sees a request: its parts as values, as Mockoon (Node,
 * Express 4, cookie-parser, qs, busboy, xml-js) makes them.  A part is made
 * when it is first asked for and stays as it is; all of it lives in an arena.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/str.h"
#include "mock/template.h"
#include "mock/value.h"

struct arena;
struct asked; /* opaque; lives in an arena */
struct headers;
struct pattern_match;

/* A request as it came; what it points to outlives the view. */
struct asked_from {
	struct str method; /* "GET" */
	struct str target; /* with its query; of any form */
	struct str authority;
	struct str client_address;
	struct str body; /* without transfer coding */
	const struct headers *headers;
	/* What {{baseUrl}} is made of: public_url, or scheme, hostname and
	 * port, and the prefix of the environment. */
	struct str public_url; /* p NULL: not known */
	bool https;
	uint16_t port;
	struct str prefix;
	/* It asks for a WebSocket, and body is a message: Mockoon sees some
	 * parts in another way then. */
	bool socket;
};

/* In a, as all that it gives; what *from views has to live as long. */
struct asked *asked_new(struct arena *a, const struct asked_from *from);

/* The path and what it has of a query as well, repeated slashes being one:
 * what routes are matched with, and what rules see. */
struct str asked_path(const struct asked *a);
struct str asked_url(const struct asked *a);

/* As the request has it. */
struct str asked_method(const struct asked *a);
struct str asked_client(const struct asked *a); /* its address */

/* The route's pattern fits; m outlives the view or the next call.  NULL: no
 * parameters. */
void asked_set_match(struct asked *a, const struct pattern_match *m);

/* The endpoint that the route has in its file, for rules. */
void asked_set_endpoint(struct asked *a, struct str endpoint);
struct str asked_endpoint(const struct asked *a);

/* Whether the body is a message to a WebSocket. */
bool asked_is_message(const struct asked *a);

/* VALUE_UNDEFINED for a body of no known type, or that is not of its type. */
struct value asked_part(struct asked *a, enum template_part part);

/* A header field by its name in any case: a text, an array of them for
 * Set-Cookie, or VALUE_UNDEFINED. */
struct value asked_header(struct asked *a, struct str name);

/* The body as text: what is no UTF-8 is U+FFFD. */
struct str asked_text(struct asked *a);

/* Why the body is not of the type it says, for the log, once it has been asked
 * for; empty when there is nothing to say. */
struct str asked_remark(const struct asked *a);

/* The same for templates. */
const struct template_request *asked_template(struct asked *a);

#endif
