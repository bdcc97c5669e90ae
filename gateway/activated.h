#ifndef GATEWAY_ACTIVATED_H
#define GATEWAY_ACTIVATED_H

/*
 * Sockets that a service manager listens on for the gateway (sd_listen_fds(3)).
 * They replace the addresses of the settings; the one called "admin"
 * (FileDescriptorName=) is that of the admin port.
 */

#include <stddef.h>

struct err;

#define ACTIVATED_MOST 64

struct activated {
	int fds[ACTIVATED_MOST]; /* of the data port */
	size_t n;
	int admin; /* 0: none */
};

/*
 * Takes those of LISTEN_PID, LISTEN_FDS and LISTEN_FDNAMES, once: the
 * variables are taken out of the environment, so before there are threads.
 * The descriptors stay open.  0, also when there are none; -1 with *e set when
 * one of them cannot be used.
 */
int activated_take(struct activated *a, struct err *e);

/* "127.0.0.1:8080", where a socket of the data port listens; to be freed. */
char *activated_address(int fd);

#endif
