#ifndef GATEWAY_METRICS_PRIV_H
#define GATEWAY_METRICS_PRIV_H

/*
 * What the files of metrics share; nobody else includes it.
 *
 *	metrics.c        the formats
 *	metrics_table.c  the metrics, and what those with labels are made of
 *	metrics_gather.c where the numbers come from
 */

#include "gateway/metrics.h"

struct buf;

enum metric_kind { METRIC_COUNTER, METRIC_GAUGE, METRIC_HISTOGRAM };

struct metrics_out {
	const struct metrics_now *now;
	struct buf *b;
	bool open;
};

/*
 * One family.  Its name is without the _total that samples of a counter have.
 * The samples are written by write, or there is one: the number at offset in
 * struct metrics_now, or with less the difference to that there.
 */
struct metric {
	const char *name;
	enum metric_kind kind;
	const char *help;
	void (*write)(struct metrics_out *o, const struct metric *m);
	size_t offset;
	size_t less; /* 0: nothing is taken off */
	bool real;   /* a double, not a uint64_t */
};

/* Ends with a row without name. */
extern const struct metric metrics_table[];

/* The name of a sample, with what follows the family's, and its labels: pairs
 * of texts that end with NULL; a number has to follow. */
void metrics_name(struct metrics_out *o, const struct metric *m,
    const char *after, const char *const *labels);
void metrics_real(struct metrics_out *o, double v);

/* All of a sample of a counter or gauge. */
void metrics_sample(struct metrics_out *o, const struct metric *m,
    const char *const *labels, uint64_t v);

#endif
