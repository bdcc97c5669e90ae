#ifndef GATEWAY_ASSET_H
#define GATEWAY_ASSET_H

/* The files of gateway/assets/, which gateway/assets.sh makes part of the
 * program. */

#include <stddef.h>

struct asset {
	const char *name; /* "index.html" */
	const char *p;
	size_t n;
};

/* Ends with a row without name. */
extern const struct asset assets[];

#endif
