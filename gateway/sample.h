#ifndef GATEWAY_SAMPLE_H
#define GATEWAY_SAMPLE_H

/*
 * A small JSON API for hark demo, on a loopback port and in a thread of its
 * own.  POST /off switches it off for good: its port is closed then.
 */

struct err;
struct sample; /* opaque */

/* NULL with *e set on failure. */
struct sample *sample_start(struct err *e);

/* "127.0.0.1:40124" */
const char *sample_address(const struct sample *a);

/* Ends the thread.  Safe on NULL. */
void sample_stop(struct sample *a);

#endif
