#include "config.h"

#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/str.h"
#include "base/thread.h"
#include "gateway/gateway.h"

#include "gateway/notify.h"

struct notify {
	int fd;
	int64_t watchdog_us; /* 0: nobody watches */
	struct gateway *gateway;
	pthread_t thread;
	bool started;
	pthread_mutex_t lock;
	pthread_cond_t closed;
	bool closing;
};

/* A path, or with @ a name without a file (unix(7)). */
static int
notify_connect(const char *name)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	size_t n = strlen(name);
	int fd;

	if ((name[0] != '/' && name[0] != '@') || n < 2 ||
	    n >= sizeof(a.sun_path))
		return -1;
	memcpy(a.sun_path, name, n);
	if (name[0] == '@')
		a.sun_path[0] = '\0';
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd != -1 && connect(fd, (const struct sockaddr *)&a,
			    (socklen_t)(offsetof(struct sockaddr_un, sun_path) +
					n)) == -1) {
		close(fd);
		return -1;
	}
	return fd;
}

static void
notify_send(const struct notify *n, const char *text)
{
	ssize_t sent;

	do
		sent = send(n->fd, text, strlen(text), MSG_NOSIGNAL);
	while (sent == -1 && errno == EINTR);
	if (sent == -1)
		log_warn(NULL, "the service manager was not told: %s",
		    strerror(errno));
}

/* How often the watchdog wants to hear of this process. */
static int64_t
notify_watchdog(const char *usec, const char *pid)
{
	uint64_t us, who;

	if (usec == NULL || str_u64(str_of(usec), &us) == -1 ||
	    us > INT64_MAX / 2 ||
	    (pid != NULL && (str_u64(str_of(pid), &who) == -1 ||
				who != (uint64_t)getpid())))
		return 0;
	return (int64_t)us;
}

struct notify *
notify_open(void)
{
	const char *name = getenv("NOTIFY_SOCKET");
	struct notify *n = NULL;
	int fd = name != NULL ? notify_connect(name) : -1;

	if (fd != -1) {
		n = xcalloc(1, sizeof(*n));
		n->fd = fd;
		n->watchdog_us = notify_watchdog(
		    getenv("WATCHDOG_USEC"), getenv("WATCHDOG_PID"));
		pthread_mutex_init(&n->lock, NULL);
		thread_cond_init(&n->closed);
	} else if (name != NULL) {
		log_warn(NULL, "NOTIFY_SOCKET %.200s: cannot be told", name);
	}
	unsetenv("NOTIFY_SOCKET");
	unsetenv("WATCHDOG_USEC");
	unsetenv("WATCHDOG_PID");
	return n;
}

/* False at the end. */
static bool
notify_wait(struct notify *n, int64_t us)
{
	int64_t until = clock_mono_us() + us;
	bool closing;

	pthread_mutex_lock(&n->lock);
	while (!n->closing && thread_wait(&n->closed, &n->lock, until))
		;
	closing = n->closing;
	pthread_mutex_unlock(&n->lock);
	return !closing;
}

/* Twice in its time, and only when all workers come to read a letter. */
static void *
notify_thread(void *arg)
{
	struct notify *n = arg;

	(void)pthread_setname_np(pthread_self(), "watchdog");
	do {
		if (gateway_answers(n->gateway, n->watchdog_us / 4))
			notify_send(n, "WATCHDOG=1\n");
		else
			log_error(NULL, "a worker does not answer");
	} while (notify_wait(n, n->watchdog_us / 4));
	return NULL;
}

void
notify_ready(struct notify *n, struct gateway *g, const char *status)
{
	char text[512];

	if (n == NULL)
		return;
	snprintf(text, sizeof(text), "READY=1\nSTATUS=%.400s\n", status);
	notify_send(n, text);
	n->gateway = g;
	n->started = n->watchdog_us > 0 &&
		     thread_start(&n->thread, notify_thread, n) == 0;
}

void
notify_reloading(struct notify *n)
{
	char text[64];

	if (n == NULL)
		return;
	snprintf(text, sizeof(text),
	    "RELOADING=1\nMONOTONIC_USEC=%" PRId64 "\n", clock_mono_us());
	notify_send(n, text);
}

void
notify_reloaded(struct notify *n)
{
	if (n != NULL)
		notify_send(n, "READY=1\n");
}

void
notify_stopping(struct notify *n)
{
	if (n != NULL)
		notify_send(n, "STOPPING=1\nSTATUS=answering what runs\n");
}

void
notify_close(struct notify *n)
{
	if (n == NULL)
		return;
	pthread_mutex_lock(&n->lock);
	n->closing = true;
	pthread_cond_signal(&n->closed);
	pthread_mutex_unlock(&n->lock);
	if (n->started)
		pthread_join(n->thread, NULL);
	pthread_mutex_destroy(&n->lock);
	pthread_cond_destroy(&n->closed);
	close(n->fd);
	free(n);
}
