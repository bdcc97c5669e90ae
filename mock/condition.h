#ifndef MOCK_CONDITION_H
#define MOCK_CONDITION_H

/*
 * When a response's rules hold, as Mockoon decides it: a target, taken out of
 * the request or a store by the modifier, is compared with the value.  Rules
 * are compiled once and asked by several threads at once if need be.
 *
 * Beyond Mockoon there are the targets client (the client's address) and
 * graphql_operation (the operation's name; with the modifier "type" query,
 * mutation or subscription), and the operators less and greater, which compare
 * numbers and do not hold for what is none.
 */

#include <stdint.h>

#include "mock/template.h"

struct asked;
struct buf;
struct conditions; /* opaque */
struct environment;
struct err;
struct mock_response;

/*
 * The rules of a response; where names it ("routes[1].responses[0]") in front
 * of what is wrong: NULL with *e set for a regular expression that is none.
 * What is odd but harmless is added to remarks, one a line; it may be NULL.
 * What the response points to outlives the conditions.
 */
struct conditions *conditions_new(const struct mock_response *response,
    const char *where, struct buf *remarks, struct err *e);
void conditions_free(struct conditions *c); /* safe on NULL */

struct conditions_of {
	struct asked *asked;
	/* Its request is that of asked; with buckets and globals, if any. */
	const struct template_context *context;
	const struct environment *environment; /* names its buckets */
	uint64_t number;                       /* of the request, from 1 */
};

/*
 * 1 when the rules hold, 0 when they do not or there is none, -1 with *e set
 * when one cannot be asked: a template made a regular expression that is none,
 * or a JSONPath that cannot be followed.
 */
int conditions_hold(
    const struct conditions *c, const struct conditions_of *of, struct err *e);

#endif
