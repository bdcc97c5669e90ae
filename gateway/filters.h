#ifndef GATEWAY_FILTERS_H
#define GATEWAY_FILTERS_H

/*
 * Which entries a command is about, from the text of its options.  Errors
 * name the option.
 */

#include <stdint.h>

#include "gateway/options.h"

struct err;
struct store;
struct store_filter;

/* The options that commands choose entries by, as rows of their own tables
 * from place first on. */
enum {
	FILTERS_METHOD,
	FILTERS_URL,
	FILTERS_STATUS,
	FILTERS_IDS,
	FILTERS_SINCE,
	FILTERS_UNTIL,
	FILTERS_OPTIONS
};

#define FILTERS_ROWS(first) \
	[(first) + FILTERS_METHOD] = { \
	    .name = "method", \
	    .argument = "METHOD", \
	    .help = "only entries with this method", \
	}, \
	[(first) + FILTERS_URL] = { \
	    .name = "url", \
	    .argument = "GLOB", \
	    .help = "only entries whose URL fits; * is any text, ? a byte", \
	}, \
	[(first) + FILTERS_STATUS] = { \
	    .name = "status", \
	    .argument = "STATUS", \
	    .help = "only entries with this status, 404 or 4xx", \
	}, \
	[(first) + FILTERS_IDS] = { \
	    .name = "ids", \
	    .argument = "FIRST-LAST", \
	    .help = "only entries with these numbers, 7 or 7-12", \
	}, \
	[(first) + FILTERS_SINCE] = { \
	    .name = "since", \
	    .argument = "DATE", \
	    .help = "only entries that started then or later; also 12h, 30d", \
	}, \
	[(first) + FILTERS_UNTIL] = { \
	    .name = "until", \
	    .argument = "DATE", \
	    .help = "only entries that started before; also 12h, 30d", \
	}

/* Sets *f by what came for those rows; values is that of the first one.  0 or
 * -1. */
int filters_take(
    const char *const *values, struct store_filter *f, struct err *e);

/* "90s", "30m", "12h", "30d", "4w" in microseconds.  0 or -1. */
int filters_age(
    const char *option, const char *text, int64_t *us, struct err *e);

/* Only the tape called name, which has to exist; all when it is NULL. */
int filters_tape(
    struct store *s, const char *name, struct store_filter *f, struct err *e);

#endif
