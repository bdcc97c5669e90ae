#ifndef RECORDER_ON_RECORD_H
#define RECORDER_ON_RECORD_H

/*
 * What becomes of the entries that a tape has for a request when it is
 * recorded again.  "For a request" means under its key; an exchange without
 * one is always appended.
 */

#include <stdint.h>

struct err;
struct exchange;
struct store;

enum on_record {
	ON_RECORD_APPEND,     /* they stay, and the new one comes behind them */
	ON_RECORD_REPLACE,    /* a complete one takes the place of all */
	ON_RECORD_KEEP_FIRST, /* when one is complete, no other is stored */
	ON_RECORD_REPLACE_IF_SUCCESS, /* one below 400 takes their place;
					 others only come to no complete one */
	ON_RECORD_FOLD, /* one that is the same as the last, but for its times
			   and the fields Date and Age, is counted there */
};

/*
 * In the transaction in which x is to be stored on the tape: removes what it
 * replaces.  1 when x is to be stored, 0 when not, -1 with *e set.
 */
int on_record_apply(enum on_record policy, struct store *s, int64_t tape,
    const struct exchange *x, struct err *e);

#endif
