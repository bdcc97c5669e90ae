#ifndef GATEWAY_TRAFFIC_SINK_H
#define GATEWAY_TRAFFIC_SINK_H

/* Where the rows of all workers go: traffic log and access log. */

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

struct access_log;
struct err;
struct settings;
struct traffic;

struct traffic_sink {
	struct traffic *log;           /* NULL: none is kept */
	struct access_log *access;     /* the same */
	size_t body;                   /* bytes kept of each body */
	size_t slab;                   /* traffic_slab_size() */
	atomic_uint_least64_t numbers; /* given out where no log does */
};

/* Opens what the settings ask for.  0 or -1. */
int traffic_sink_open(
    struct traffic_sink *k, const struct settings *s, struct err *e);

/* The file of the access log is opened anew. */
void traffic_sink_reopen(struct traffic_sink *k);

/* No rows come any more: the access log is written out and closed. */
void traffic_sink_flush(struct traffic_sink *k);
void traffic_sink_close(struct traffic_sink *k);

#endif
