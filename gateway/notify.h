#ifndef GATEWAY_NOTIFY_H
#define GATEWAY_NOTIFY_H

/*
 * What a service manager is told (sd_notify(3)): that the gateway is ready,
 * reads its files again, stops; and, if it watches, that all workers are well.
 * Where there is none, nothing is told.
 */

struct err;
struct gateway;
struct notify; /* opaque */

/*
 * By NOTIFY_SOCKET, WATCHDOG_USEC and WATCHDOG_PID, which are taken out of the
 * environment: before there are threads.  NULL when nobody wants to be told.
 */
struct notify *notify_open(void);

/* Each safe on NULL.  The gateway is ready, and watched from now on until
 * notify_close(). */
void notify_ready(struct notify *n, struct gateway *g, const char *status);
void notify_reloading(struct notify *n);
void notify_reloaded(struct notify *n);
void notify_stopping(struct notify *n);
void notify_close(struct notify *n);

#endif
