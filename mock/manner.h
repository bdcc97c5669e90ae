#ifndef MOCK_MANNER_H
#define MOCK_MANNER_H

/*
 * How answers are given: late, slowly, in pieces, or wrong.  What a mocks file
 * says of it in its objects named hark, and what that comes to for one answer.
 */

#include "mock/environment.h"
#include "mock/members.h"

/* The rows of struct mock_manner as a part of type. */
#define MANNER_MEMBERS(type, part) \
	{ .name = "delay", \
		.kind = MEMBER_OWN, \
		S(type, part.delay), \
		.of = &manner_delay_shape, \
		.read = manner_read_delay }, \
	    OBJECT("dribble", type, part.dribble, &manner_dribble_shape), \
	    NUMBER( \
		"bandwidth", type, part.bandwidth, 1, MANNER_MOST_BANDWIDTH)

#define MANNER_ERRORS(type, member) \
	{ \
		.name = "errors", .kind = MEMBER_OWN, S(type, member), \
		.of = &manner_errors_shape, .read = manner_read_errors \
	}

#define MANNER_MOST_MS (24 * 3600 * 1000)
#define MANNER_MOST_PIECES 10000
#define MANNER_MOST_SIGMA 10
#define MANNER_MOST_BANDWIDTH (UINT64_C(1) << 40)

extern const struct shape manner_delay_shape, manner_dribble_shape,
    manner_errors_shape;
extern const char *const manner_fault_words[];

int manner_read_delay(
    struct reading *in, const struct member *m, json_t *from, void *to);
int manner_read_errors(
    struct reading *in, const struct member *m, json_t *from, void *to);

/* What first says, and where it says nothing, second. */
struct mock_manner manner_of(
    const struct mock_manner *first, const struct mock_manner *second);

/* Chance: at least 0, below 1. */
typedef double (*manner_random_fn)(void *arg);

/* Milliseconds to wait. */
uint64_t manner_delay(
    const struct mock_delay *d, manner_random_fn random, void *arg);

#endif
