#include "config.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <event2/event.h>

#include "base/err.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/thread.h"
#include "gateway/settings.h"
#include "gateway/worker.h"

#include "gateway/admin_priv.h"

#define ADMIN_USUAL "127.0.0.1:8081"
#define ADMIN_FREE "127.0.0.1:0"
#define ADMIN_BACKLOG 64
#define ADMIN_AGAIN_MS 100 /* after there were no descriptors */

/* ---- sockets ------------------------------------------------------------ */

static int
admin_socket(const struct sockaddr *a, socklen_t n)
{
	int fd =
	    socket(a->sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	int one = 1, saved;

	if (fd == -1)
		return -1;
	if (a->sa_family == AF_UNIX)
		(void)fchmod(fd, 0600); /* what Linux makes the file with */
	else
		setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (bind(fd, a, n) == 0 && listen(fd, ADMIN_BACKLOG) == 0)
		return fd;
	saved = errno;
	close(fd);
	errno = saved;
	return -1;
}

/* "127.0.0.1:8081" of an end of a connection; "" of a unix socket. */
static void
admin_name(const struct sockaddr_storage *s, char *out, size_t n)
{
	const struct sockaddr_in *v4 = (const struct sockaddr_in *)s;
	const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)s;
	char text[INET6_ADDRSTRLEN];

	out[0] = '\0';
	if (s->ss_family == AF_INET)
		snprintf(out, n, "%s:%u",
		    inet_ntop(AF_INET, &v4->sin_addr, text, sizeof(text)),
		    ntohs(v4->sin_port));
	else if (s->ss_family == AF_INET6)
		snprintf(out, n, "[%s]:%u",
		    inet_ntop(AF_INET6, &v6->sin6_addr, text, sizeof(text)),
		    ntohs(v6->sin6_port));
}

/* ADDR:PORT, which settings_admin() has looked at. */
static void
admin_parse(const char *text, struct sockaddr_storage *a, socklen_t *n)
{
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM,
		.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV };
	const char *colon = strrchr(text, ':');
	bool v6 = text[0] == '[';
	struct addrinfo *list = NULL;
	char *host = xmemdup0(
	    text + (v6 ? 1 : 0), (size_t)(colon - text) - (v6 ? 2 : 0));

	if (getaddrinfo(host, colon + 1, &hints, &list) != 0)
		abort(); /* an address and a number need nobody's help */
	memcpy(a, list->ai_addr, list->ai_addrlen);
	*n = list->ai_addrlen;
	freeaddrinfo(list);
	free(host);
}

static void
admin_name_tcp(struct admin *a, const struct sockaddr_storage *at)
{
	char name[64];

	admin_name(at, name, sizeof(name));
	a->port = (uint16_t)strtoul(strrchr(name, ':') + 1, NULL, 10);
	a->address = xasprintf("http://%s", name);
}

static int
admin_listen_tcp(struct admin *a, const char *text)
{
	struct sockaddr_storage at = { 0 };
	socklen_t n;

	admin_parse(text, &at, &n);
	a->fd = admin_socket((struct sockaddr *)&at, n);
	if (a->fd == -1)
		return -1;
	n = sizeof(at);
	getsockname(a->fd, (struct sockaddr *)&at, &n);
	admin_name_tcp(a, &at);
	return 0;
}

/* Whether a program that has ended left the socket behind. */
static bool
admin_is_stale(const struct sockaddr_un *at)
{
	struct stat st;
	bool stale;
	int fd;

	if (lstat(at->sun_path, &st) == -1 || !S_ISSOCK(st.st_mode))
		return false;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd == -1)
		return false;
	stale = connect(fd, (const struct sockaddr *)at, sizeof(*at)) == -1 &&
		errno == ECONNREFUSED;
	close(fd);
	return stale;
}

static int
admin_listen_unix(struct admin *a, const char *path, struct err *e)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };

	if (strlen(path) >= sizeof(at.sun_path))
		return err_set(e, "admin unix:%s: expected at most %zu bytes",
		    path, sizeof(at.sun_path) - 1);
	memcpy(at.sun_path, path, strlen(path));
	if (admin_is_stale(&at))
		unlink(path);
	a->fd = admin_socket((struct sockaddr *)&at, sizeof(at));
	if (a->fd == -1)
		return err_sys(e, "admin unix:%s", path);
	a->path = xstrdup(path);
	a->address = xasprintf("unix:%s", path);
	if (chmod(path, 0600) == -1)
		return err_sys(e, "admin unix:%s", path);
	return 0;
}

/* Where nobody said where: the usual port if that is free. */
static int
admin_listen_anywhere(struct admin *a, bool free_port, struct err *e)
{
	if (!free_port && admin_listen_tcp(a, ADMIN_USUAL) == 0)
		return 0;
	if (admin_listen_tcp(a, ADMIN_FREE) == -1)
		return err_sys(e, "admin " ADMIN_FREE);
	if (!free_port)
		log_info(NULL, "admin: " ADMIN_USUAL " is taken, another port "
			       "is used (--admin says which)");
	return 0;
}

/* A service manager listens already.  The path of a unix socket is its own. */
static void
admin_adopt(struct admin *a, int fd)
{
	union {
		struct sockaddr_storage any;
		struct sockaddr_un local;
	} at = { 0 };
	socklen_t n = sizeof(at);

	a->fd = fd;
	getsockname(fd, (struct sockaddr *)&at, &n);
	if (at.any.ss_family == AF_UNIX)
		a->address = xasprintf("unix:%s", at.local.sun_path);
	else
		admin_name_tcp(a, &at.any);
}

static int
admin_listen(struct admin *a, bool free_port, struct err *e)
{
	const char *where = a->of.settings->admin;

	if (a->of.listening != 0) {
		admin_adopt(a, a->of.listening);
		return 0;
	}
	if (where == NULL)
		return admin_listen_anywhere(a, free_port, e);
	if (strncmp(where, "unix:", 5) == 0)
		return admin_listen_unix(a, where + 5, e);
	if (admin_listen_tcp(a, where) == -1)
		return err_sys(e, "admin %s", where);
	return 0;
}

/* ---- connections -------------------------------------------------------- */

/* No descriptor is free: those who wait in the queue do so a little more. */
static void
admin_rest(struct admin *a)
{
	struct timeval tv = { 0, ADMIN_AGAIN_MS * 1000 };

	event_del(a->accept);
	event_add(a->again, &tv);
}

static void
admin_on_accept(evutil_socket_t fd, short what, void *arg)
{
	struct admin *a = arg;
	struct sockaddr_storage own = { 0 };
	socklen_t n = sizeof(own);
	char name[64];
	int s = accept4(fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

	(void)what;
	if (s == -1) {
		if (errno == EMFILE || errno == ENFILE || errno == ENOMEM ||
		    errno == ENOBUFS)
			admin_rest(a);
		return;
	}
	if (a->nclients >= ADMIN_CLIENTS) {
		close(s);
		return;
	}
	getsockname(s, (struct sockaddr *)&own, &n);
	admin_name(&own, name, sizeof(name));
	admin_client_new(a, s, name);
}

static void
admin_on_again(evutil_socket_t fd, short what, void *arg)
{
	struct admin *a = arg;

	(void)fd;
	(void)what;
	event_add(a->accept, NULL);
}

/* ---- life --------------------------------------------------------------- */

static bool
admin_is_remote(const struct admin *a)
{
	return a->port != 0 &&
	       strncmp(a->address, "http://127.", strlen("http://127.")) != 0 &&
	       strncmp(a->address, "http://[::1]:", strlen("http://[::1]:")) !=
		   0;
}

static void
admin_set_guard(struct admin *a)
{
	const struct settings *s = a->of.settings;
	const char *token = s->admin_token;

	if (token == NULL)
		token = getenv("HARK_ADMIN_TOKEN");
	if (token != NULL && token[0] == '\0')
		token = NULL;
	a->guard = (struct admin_guard){ .token = token,
		.names = s->admin_hosts.v,
		.nnames = s->admin_hosts.n,
		.local = a->port == 0 };
	if (a->guard.token == NULL && admin_is_remote(a))
		a->guard.token = a->token = admin_guard_make_token();
}

struct admin *
admin_open(const struct admin_of *of, bool free_port, struct err *e)
{
	struct admin *a = xcalloc(1, sizeof(*a));

	a->of = *of;
	a->fd = -1;
	TAILQ_INIT(&a->clients);
	if (admin_listen(a, free_port, e) == -1)
		goto fail;
	admin_set_guard(a);
	a->base = worker_base();
	if (a->base != NULL)
		a->letters = mailbox_new(NULL, a->base);
	if (a->letters != NULL) {
		a->accept = event_new(
		    a->base, a->fd, EV_READ | EV_PERSIST, admin_on_accept, a);
		a->again = event_new(a->base, -1, 0, admin_on_again, a);
	}
	if (a->accept == NULL || a->again == NULL ||
	    event_add(a->accept, NULL) == -1) {
		err_set(e, "no memory or descriptors for admin");
		goto fail;
	}
	return a;
fail:
	admin_close(a);
	return NULL;
}

const char *
admin_address(const struct admin *a)
{
	return a->address;
}

uint16_t
admin_port(const struct admin *a)
{
	return a->port;
}

static void *
admin_thread(void *arg)
{
	struct admin *a = arg;

	(void)pthread_setname_np(pthread_self(), "admin");
	event_base_dispatch(a->base);
	return NULL;
}

int
admin_start(struct admin *a, struct err *e)
{
	a->jobs = admin_jobs_new(a, e);
	if (a->jobs == NULL)
		return -1;
	if (thread_start(&a->thread, admin_thread, a) == -1)
		return err_sys(e, "cannot start a thread for admin");
	a->started = true;
	log_info(NULL, "admin on %s", a->address);
	if (a->token != NULL)
		log_info(NULL,
		    "admin token %s (another with --admin-token or "
		    "HARK_ADMIN_TOKEN)",
		    a->token);
	return 0;
}

bool
admin_post(struct admin *a, letter_fn fn, void *arg)
{
	return mailbox_post(a->letters, fn, arg);
}

struct event_base *
admin_base(struct admin *a)
{
	return a->base;
}

static void
admin_on_close(struct worker *w, void *arg)
{
	struct admin *a = arg;

	(void)w;
	event_base_loopbreak(a->base);
}

void
admin_close(struct admin *a)
{
	struct admin_client *c;

	if (a == NULL)
		return;
	if (a->started && mailbox_post(a->letters, admin_on_close, a))
		pthread_join(a->thread, NULL);
	admin_jobs_free(a->jobs);
	mailbox_close(a->letters);
	/* Who asked for the end has its answer. */
	while ((c = TAILQ_FIRST(&a->clients)) != NULL) {
		admin_client_flush(c);
		admin_client_free(c);
	}
	if (a->accept != NULL)
		event_free(a->accept);
	if (a->again != NULL)
		event_free(a->again);
	if (a->base != NULL)
		event_base_free(a->base);
	if (a->fd != -1)
		close(a->fd);
	if (a->path != NULL)
		unlink(a->path);
	free(a->token);
	free(a->path);
	free(a->address);
	free(a);
}
