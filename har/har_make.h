#ifndef HAR_HAR_MAKE_H
#define HAR_HAR_MAKE_H

/* From an entry as it was read to an exchange that can be trusted. */

#include "har/har_in.h"

#define HAR_MINOR_UNSET (-2) /* nobody said which version it is */

/*
 * Makes in->entry's exchange.  0; 1 with the reason in why (up to n bytes)
 * when the entry cannot be one and is to be skipped; -1 when reading the file
 * has to end.
 */
int har_make(struct har_in *in, char *why, size_t n);

#endif
