#ifndef MOCK_ENVIRONMENT_READ_H
#define MOCK_ENVIRONMENT_READ_H

/* A file while it is read, as environment*.c share it. */

#include <jansson.h>

#include "mock/environment.h"
#include "mock/members.h"

/* The enum that a bool of two words is read through. */
struct response_read {
	struct mock_response r;
	int rules_operator;
	int body_type;
};

/* A route while it is read: older formats had these. */
struct route_read {
	struct mock_route r;
	bool random, sequential;
};

/* The body's type follows from other members where none says it. */
struct callback_read {
	struct mock_callback c;
	int body_type;
};

/* An environment with what is taken apart once all is read. */
struct environment_read {
	struct environment env;
	struct route_read *routes;
	size_t nroutes;
	struct callback_read *callbacks;
	size_t ncallbacks;
	uint64_t format;
};

/* environment_shape.c: what a file may have, and where it goes in a struct
 * environment_read. */
extern const struct shape environment_shape;

/* environment_order.c: puts the routes that are enabled into env, in the order
 * of the tree of folders in root; what is in none comes last.  What the tree
 * has that is no route or folder is remarked. */
void environment_order(struct reading *in, struct environment *env,
    const struct environment_read *from, json_t *root);

#endif
