#ifndef GATEWAY_LISTENERS_H
#define GATEWAY_LISTENERS_H

/*
 * The sockets of the data port: each worker has one for each address.  Those
 * that are bound here share their port (SO_REUSEPORT), so that the kernel
 * spreads connections; those of a service manager are one socket that all
 * workers wait for.
 */

#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

struct err;
struct settings;
struct sockaddr_storage;

struct listeners {
	size_t n; /* addresses */
	size_t workers;
	char **addresses; /* really bound, "127.0.0.1:40123" */
	int *fds;         /* n of each worker; -1: given away */
};

/* Those of the settings: binds their addresses, or copies the sockets that were
 * activated.  0, or -1 with *e set; to be closed in either case. */
int listeners_open(struct listeners *l, const struct settings *s,
    size_t workers, struct err *e);
void listeners_close(struct listeners *l); /* safe on zeros, and twice */

/* The sockets of a worker, which become its own. */
void listeners_give(struct listeners *l, size_t worker, int *fds);

/* "127.0.0.1:8080" of a TCP socket's address of n bytes; to be freed. */
char *listeners_name(const struct sockaddr_storage *a, socklen_t n);

/* The port of an address. */
uint16_t listeners_port(const struct listeners *l, size_t i);

#endif
