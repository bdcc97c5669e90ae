#ifndef GATEWAY_FILTERS_H
#define GATEWAY_FILTERS_H

/*
 * Which entries a command is about, from the text of its options.  Errors
 * name the option.
 */

#include <stdint.h>

struct err;
struct store;
struct store_filter;

/* "404", or "4xx" as 4; *status stays when text is NULL.  0 or -1. */
int filters_status(const char *text, int *status, struct err *e);

/* "90s", "30m", "12h", "30d", "4w" in microseconds.  0 or -1. */
int filters_age(
    const char *option, const char *text, int64_t *us, struct err *e);

/* A date or an age, which is that long before now; *us stays when text is
 * NULL.  0 or -1. */
int filters_moment(const char *option, const char *text, int64_t now_us,
    int64_t *us, struct err *e);

/* Only the tape called name, which has to exist; all when it is NULL. */
int filters_tape(
    struct store *s, const char *name, struct store_filter *f, struct err *e);

#endif
