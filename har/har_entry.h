#ifndef HAR_HAR_ENTRY_H
#define HAR_HAR_ENTRY_H

/* One entry of a HAR, read as it is written, in whatever order. */

#include "har/har_in.h"

/* Reads the entry that begins with t into in->entry, which must be all zero.
 * 0, or -1 when reading the file has to end. */
int har_entry_read(struct har_in *in, enum json_token t);

void har_entry_fini(struct har_entry *entry);

#endif
