#ifndef GATEWAY_READY_H
#define GATEWAY_READY_H

/*
 * The ready file tells whoever started the gateway that it accepts, and
 * where: {"listen":["127.0.0.1:40123"],"admin":"http://127.0.0.1:8081"}.  It
 * appears whole or not at all, and goes when the gateway stops.
 */

#include "base/str.h"

struct err;

/* 0, or -1 with *e set; also 0 when path is NULL. */
int ready_write(const char *path, struct str json, struct err *e);

/* Safe on NULL. */
void ready_remove(const char *path);

#endif
