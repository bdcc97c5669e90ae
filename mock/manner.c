#include "config.h"

#include <math.h>

#include "mock/manner.h"

#define MANNER_TRIES 100 /* to stay below a limit */
#define MANNER_PI 3.14159265358979323846

/* ---- reading ------------------------------------------------------------- */

const char *const manner_fault_words[] = {
	[MOCK_FAULT_NONE] = "",
	[MOCK_FAULT_RESET] = "reset",
	[MOCK_FAULT_EMPTY] = "empty",
	[MOCK_FAULT_MALFORMED] = "malformed",
	[MOCK_FAULT_GARBAGE] = "garbage",
	[MOCK_FAULT_CUT] = "cut",
	[MOCK_FAULT_STALL] = "stall",
	NULL,
};

static bool
manner_is_ms(json_t *v)
{
	return json_is_number(v) && json_number_value(v) >= 0 &&
	       json_number_value(v) <= MANNER_MOST_MS;
}

/* [from, to] */
static int
manner_read_uniform(
    struct reading *in, const struct member *m, json_t *from, void *to)
{
	struct mock_delay *d = to;
	json_t *least = json_array_get(from, 0),
	       *most = json_array_get(from, 1);

	if (json_array_size(from) != 2 || !manner_is_ms(least) ||
	    !manner_is_ms(most) ||
	    json_number_value(least) > json_number_value(most))
		return members_expected(in, m->name,
		    "two numbers of milliseconds, the second not below the "
		    "first",
		    from);
	d->kind = MOCK_DELAY_UNIFORM;
	d->least_ms = json_number_value(least);
	d->most_ms = json_number_value(most);
	return 0;
}

static const struct member lognormal_members[] = { { .name = "median",
						       .kind = MEMBER_REAL,
						       .needed = true,
						       S(mock_delay, median_ms),
						       .most = MANNER_MOST_MS },
	{ .name = "sigma",
	    .kind = MEMBER_REAL,
	    .needed = true,
	    S(mock_delay, sigma),
	    .most = MANNER_MOST_SIGMA },
	{ .name = "most",
	    .kind = MEMBER_REAL,
	    S(mock_delay, most_ms),
	    .least = 1,
	    .most = MANNER_MOST_MS },
	END };
static const struct shape lognormal_shape = { lognormal_members,
	sizeof(struct mock_delay), NULL };

static const struct member delay_members[] = {
	{ .name = "uniform", .kind = MEMBER_OWN, .read = manner_read_uniform },
	GROUP("lognormal", &lognormal_shape), END
};
const struct shape manner_delay_shape = { delay_members,
	sizeof(struct mock_delay), NULL };

int
manner_read_delay(
    struct reading *in, const struct member *m, json_t *from, void *to)
{
	struct mock_delay *d = to;

	if (json_is_null(from))
		return 0;
	if (manner_is_ms(from)) {
		d->kind = MOCK_DELAY_FIXED;
		d->least_ms = d->most_ms = json_number_value(from);
		return 0;
	}
	if (!json_is_object(from) || json_object_size(from) != 1)
		return members_expected(in, m->name,
		    "milliseconds of at most a day, or an object with either "
		    "uniform or lognormal",
		    from);
	if (json_object_get(from, "lognormal") != NULL)
		d->kind = MOCK_DELAY_LOGNORMAL;
	return members_read_part(in, m, from, to);
}

static const struct member dribble_members[] = { { .name = "pieces",
						     .kind = MEMBER_NUMBER,
						     .needed = true,
						     S(mock_dribble, pieces),
						     .least = 1,
						     .most =
							 MANNER_MOST_PIECES },
	{ .name = "over",
	    .kind = MEMBER_NUMBER,
	    .needed = true,
	    S(mock_dribble, over_ms),
	    .most = MANNER_MOST_MS },
	END };
const struct shape manner_dribble_shape = { dribble_members,
	sizeof(struct mock_dribble), NULL };

static const struct member errors_members[] = { { .name = "rate",
						    .kind = MEMBER_REAL,
						    .needed = true,
						    S(mock_errors, rate),
						    .most = 1 },
	NUMBER("status", mock_errors, status, 100, 999),
	WORD("fault", mock_errors, fault, manner_fault_words), END };
const struct shape manner_errors_shape = { errors_members,
	sizeof(struct mock_errors), NULL };

int
manner_read_errors(
    struct reading *in, const struct member *m, json_t *from, void *to)
{
	const struct mock_errors *e;

	if (members_read_new(in, m, from, to) == -1)
		return -1;
	e = *(struct mock_errors **)to;
	if (e != NULL && e->status != 0 && e->fault != MOCK_FAULT_NONE)
		return members_expected(
		    in, m->name, "either a status or a fault", from);
	return 0;
}

/* ---- one answer ---------------------------------------------------------- */

struct mock_manner
manner_of(const struct mock_manner *first, const struct mock_manner *second)
{
	struct mock_manner is = *first;

	if (is.delay.kind == MOCK_DELAY_NONE)
		is.delay = second->delay;
	if (is.dribble == NULL)
		is.dribble = second->dribble;
	if (is.bandwidth == 0)
		is.bandwidth = second->bandwidth;
	return is;
}

/* Box and Muller's way to a number that is distributed normally. */
static double
manner_normal(manner_random_fn random, void *arg)
{
	double size = sqrt(-2 * log(1 - random(arg)));

	return size * cos(2 * MANNER_PI * random(arg));
}

static double
manner_lognormal(const struct mock_delay *d, manner_random_fn random, void *arg)
{
	double most = d->most_ms > 0 ? d->most_ms : MANNER_MOST_MS, v;
	int i;

	for (i = 0; i < MANNER_TRIES; i++) {
		v = d->median_ms * exp(d->sigma * manner_normal(random, arg));
		if (v <= most)
			return v;
	}
	return most;
}

uint64_t
manner_delay(const struct mock_delay *d, manner_random_fn random, void *arg)
{
	switch (d->kind) {
	case MOCK_DELAY_NONE:
		break;
	case MOCK_DELAY_FIXED:
		return (uint64_t)(d->least_ms + 0.5);
	case MOCK_DELAY_UNIFORM:
		return (uint64_t)(d->least_ms +
				  (d->most_ms - d->least_ms) * random(arg) +
				  0.5);
	case MOCK_DELAY_LOGNORMAL:
		return (uint64_t)(manner_lognormal(d, random, arg) + 0.5);
	}
	return 0;
}
