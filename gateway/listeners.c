#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/err.h"
#include "base/mem.h"
#include "gateway/activated.h"
#include "gateway/settings.h"

#include "gateway/listeners.h"

#define LISTENERS_BACKLOG 4096

static struct addrinfo *
listeners_resolve(const char *text, struct err *e)
{
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM,
		.ai_flags = AI_PASSIVE | AI_NUMERICSERV };
	const char *colon = strrchr(text, ':');
	struct addrinfo *list = NULL;
	char *host;
	int error;

	if (colon == NULL) {
		err_set(e, "listen %s: expected ADDR:PORT", text);
		return NULL;
	}
	if (text[0] == '[' && colon > text && colon[-1] == ']')
		host = xmemdup0(text + 1, (size_t)(colon - text) - 2);
	else
		host = xmemdup0(text, (size_t)(colon - text));
	error = getaddrinfo(
	    host[0] == '\0' ? NULL : host, colon + 1, &hints, &list);
	free(host);
	if (error != 0)
		err_set(e, "listen %s: %s", text, gai_strerror(error));
	return error == 0 ? list : NULL;
}

/* A bound socket; shared by several workers when reuse is set. */
static int
listeners_bind(const struct sockaddr *a, socklen_t n, bool reuse)
{
	int fd =
	    socket(a->sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	int one = 1, saved;

	if (fd == -1)
		return -1;
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (a->sa_family == AF_INET6)
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &one, sizeof(one));
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	if (reuse)
		setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &one, sizeof(one));
	if (bind(fd, a, n) == 0 &&
	    (!reuse || listen(fd, LISTENERS_BACKLOG) == 0))
		return fd;
	saved = errno;
	close(fd);
	errno = saved;
	return -1;
}

static uint16_t *
listeners_port_of(struct sockaddr_storage *a)
{
	return a->ss_family == AF_INET6 ? &((struct sockaddr_in6 *)a)->sin6_port
					: &((struct sockaddr_in *)a)->sin_port;
}

char *
listeners_name(const struct sockaddr_storage *a, socklen_t n)
{
	char host[NI_MAXHOST], port[NI_MAXSERV];

	if (getnameinfo((const struct sockaddr *)a, n, host, sizeof(host), port,
		sizeof(port), NI_NUMERICHOST | NI_NUMERICSERV) != 0)
		return xstrdup("?:0");
	return xasprintf(
	    a->ss_family == AF_INET6 ? "[%s]:%s" : "%s:%s", host, port);
}

/*
 * One listening socket per worker on one address.  A first bind without
 * SO_REUSEPORT finds out whether another program has the port: with it the
 * kernel would share its connections with us.
 */
static int
listeners_listen(
    struct listeners *l, size_t at, const char *text, struct err *e)
{
	struct addrinfo *list = listeners_resolve(text, e);
	struct sockaddr_storage a = { 0 };
	socklen_t len;
	size_t i;
	int fd;

	if (list == NULL)
		return -1;
	memcpy(&a, list->ai_addr, list->ai_addrlen);
	len = list->ai_addrlen;
	freeaddrinfo(list);
	if (*listeners_port_of(&a) != 0) {
		fd = listeners_bind((struct sockaddr *)&a, len, false);
		if (fd == -1)
			return err_sys(e, "listen %s", text);
		close(fd);
	}
	for (i = 0; i < l->workers; i++) {
		fd = listeners_bind((struct sockaddr *)&a, len, true);
		if (fd == -1)
			return err_sys(e, "listen %s", text);
		l->fds[i * l->n + at] = fd;
		getsockname(fd, (struct sockaddr *)&a, &len);
	}
	l->addresses[at] = listeners_name(&a, len);
	return 0;
}

/* One socket that is there, for all workers. */
static int
listeners_adopt(struct listeners *l, size_t at, int fd, struct err *e)
{
	int one = 1;
	size_t i;

	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	for (i = 0; i < l->workers; i++) {
		l->fds[i * l->n + at] = fcntl(fd, F_DUPFD_CLOEXEC, 0);
		if (l->fds[i * l->n + at] == -1)
			return err_sys(e, "listen on descriptor %d", fd);
	}
	l->addresses[at] = activated_address(fd);
	return 0;
}

int
listeners_open(struct listeners *l, const struct settings *s, size_t workers,
    struct err *e)
{
	const struct activated *a = &s->activated;
	size_t i;

	l->n = s->listen.n;
	l->workers = workers;
	l->addresses = xcalloc(l->n, sizeof(char *));
	l->fds = xcalloc(l->n * workers, sizeof(*l->fds));
	memset(l->fds, -1, l->n * workers * sizeof(*l->fds));
	for (i = 0; i < l->n; i++)
		if ((a->n > 0
			    ? listeners_adopt(l, i, a->fds[i], e)
			    : listeners_listen(l, i, s->listen.v[i], e)) == -1)
			return -1;
	return 0;
}

void
listeners_give(struct listeners *l, size_t worker, int *fds)
{
	int *own = l->fds + worker * l->n;

	memcpy(fds, own, l->n * sizeof(*fds));
	memset(own, -1, l->n * sizeof(*own));
}

uint16_t
listeners_port(const struct listeners *l, size_t i)
{
	return (uint16_t)strtoul(strrchr(l->addresses[i], ':') + 1, NULL, 10);
}

void
listeners_close(struct listeners *l)
{
	size_t i;

	for (i = 0; i < l->n * l->workers; i++)
		if (l->fds[i] != -1)
			close(l->fds[i]);
	for (i = 0; i < l->n; i++)
		free(l->addresses[i]);
	free(l->addresses);
	free(l->fds);
	*l = (struct listeners){ 0 };
}
