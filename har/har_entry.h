#ifndef HAR_HAR_ENTRY_H
#define HAR_HAR_ENTRY_H

/*
 * One entry of a HAR: first read as it is written, in whatever order, then
 * understood as an exchange.
 */

#include "har/har_in.h"

/* Reads the entry that begins with t into in->entry, which must be all zero.
 * 0, or -1 when reading the file has to end. */
int har_entry_read(struct har_in *in, enum json_token t);

/*
 * Makes the exchange of what was read.  0; 1 with the reason in why (up to n
 * bytes) when the entry cannot be one and is to be skipped; -1 as above.
 */
int har_entry_finish(struct har_in *in, char *why, size_t n);

void har_entry_fini(struct har_entry *entry);

#endif
