#ifndef REPLAY_ENDPOINT_H
#define REPLAY_ENDPOINT_H

/*
 * The endpoint that a request asks: what stays when the host, the values in
 * the query and the body are taken away.
 */

#include <stdbool.h>

#include "base/str.h"

struct buf;

/* Appends "GET /users?page&size": method, path, and the names in the query,
 * each once and in order.  With general all ids in the path are "*". */
void endpoint_add(
    struct buf *out, struct str method, struct str url, bool general);

#endif
