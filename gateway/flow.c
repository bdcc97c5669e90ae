#include "config.h"

#include "gateway/flow.h"

#define FLOW_STEPS 20             /* in a second, at a rate */
#define FLOW_MOST (64u * 1024)    /* bytes of one step */
#define FLOW_LATE INT64_C(100000) /* that may be made up for */

void
flow_begin(struct flow *f, int64_t now)
{
	if (f->pieces > f->size)
		f->pieces = f->size;
	f->sent = 0;
	f->began = f->ready = now;
}

/* Where the piece ends that begins at or has f->sent, and its number. */
static uint64_t
flow_piece(const struct flow *f, uint64_t *number)
{
	uint64_t i = f->sent * f->pieces / f->size;

	while (f->size * (i + 1) / f->pieces <= f->sent)
		i++;
	*number = i;
	return f->size * (i + 1) / f->pieces;
}

size_t
flow_next(const struct flow *f, int64_t now, int64_t *wait)
{
	uint64_t n = f->size - f->sent, step = f->rate / FLOW_STEPS, i;
	int64_t due = now, at;

	*wait = 0;
	if (n == 0)
		return 0;
	if (f->pieces > 0) {
		n = flow_piece(f, &i) - f->sent;
		at = f->began +
		     (int64_t)((uint64_t)f->over * (i + 1) / f->pieces);
		due = at > due ? at : due;
	}
	if (f->rate > 0) {
		step = step == 0 ? 1 : step > FLOW_MOST ? FLOW_MOST : step;
		n = n < step ? n : step;
		due = f->ready > due ? f->ready : due;
	}
	*wait = due - now;
	return *wait > 0 ? 0 : (size_t)n;
}

void
flow_sent(struct flow *f, size_t n, int64_t now)
{
	f->sent += n;
	if (f->rate == 0)
		return;
	/* Who took long to read does not get the rest at once. */
	if (f->ready < now - FLOW_LATE)
		f->ready = now - FLOW_LATE;
	f->ready += (int64_t)((uint64_t)n * 1000000 / f->rate);
}
