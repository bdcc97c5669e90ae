#include "config.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/mem.h"
#include "tests/soak/reader.h"
#include "tests/soak/writer.h"

#include "tests/soak/ends.h"

struct origin_client {
	int fd;
	int writing;
	struct reader in;
	struct writer out;
	struct item item;
	size_t held; /* bytes read but not taken */
	char bytes[65536];
};

static const struct text origin_nothing = { .words = "" };

static void
origin_close(int poll, struct origin_client *c)
{
	epoll_ctl(poll, EPOLL_CTL_DEL, c->fd, NULL);
	close(c->fd);
	free(c);
}

static void
origin_want(int poll, struct origin_client *c, uint32_t events)
{
	struct epoll_event e = { .events = events, .data.ptr = c };

	epoll_ctl(poll, EPOLL_CTL_MOD, c->fd, &e);
}

/* The number at the end of a request's path; -1 when there is none. */
static int64_t
origin_number(const struct reader *r)
{
	const char *path = strchr(r->head, ' ');
	char *end;
	int64_t n;

	if (path == NULL)
		return -1;
	if (strncmp(path, " /record/", 9) == 0)
		path += 9;
	else if (strncmp(path, " /items/", 8) == 0)
		path += 8;
	else
		return -1;
	n = strtoll(path, &end, 10);
	return end == path || *end != ' ' ? -1 : n;
}

static void
origin_answer(struct origin_client *c)
{
	const struct item *i = &c->item;
	char start[256];

	if (c->in.wrong || i->method == NULL) {
		writer_begin(&c->out, "HTTP/1.1 500 Not What Was Sent\r\n",
		    &origin_nothing, 0, 0);
		return;
	}
	snprintf(start, sizeof(start),
	    "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n");
	writer_begin(&c->out, start, &i->response, i->response_chunked, 0);
}

/* Its head is there: what its body has to be. */
static void
origin_head(struct origin_client *c)
{
	int64_t n = origin_number(&c->in);
	size_t method;

	memset(&c->item, 0, sizeof(c->item));
	if (n >= 0) {
		c->item = item_of((uint64_t)n);
		method = strlen(c->item.method);
		if (strncmp(c->in.head, c->item.method, method) != 0 ||
		    c->in.head[method] != ' ')
			c->item.method = NULL;
	}
	reader_expect(
	    &c->in, c->item.method == NULL ? NULL : &c->item.request, 0);
}

/* -1 when the connection is over. */
static int
origin_write(int poll, struct origin_client *c)
{
	int done = writer_flush(&c->out, c->fd);

	if (done == 0 && !c->writing)
		origin_want(poll, c, EPOLLOUT);
	if (done == 1 && c->writing)
		origin_want(poll, c, EPOLLIN);
	c->writing = done == 0;
	if (done == 1)
		reader_begin(&c->in);
	return done < 0 ? -1 : 0;
}

/* Takes what was read, message by message. */
static int
origin_take(int poll, struct origin_client *c)
{
	size_t taken = 0;

	while (!c->writing &&
	       (taken < c->held || c->in.state == READER_HEAD_DONE ||
		   c->in.state == READER_DONE)) {
		taken += reader_feed(&c->in, c->bytes + taken, c->held - taken);
		if (c->in.state == READER_BROKEN)
			return -1;
		if (c->in.state == READER_HEAD_DONE)
			origin_head(c);
		if (c->in.state == READER_DONE) {
			origin_answer(c);
			if (origin_write(poll, c) < 0)
				return -1;
		}
	}
	memmove(c->bytes, c->bytes + taken, c->held - taken);
	c->held -= taken;
	return 0;
}

static int
origin_read(int poll, struct origin_client *c)
{
	ssize_t n = read(c->fd, c->bytes + c->held, sizeof(c->bytes) - c->held);

	if (n <= 0)
		return n < 0 && (errno == EAGAIN || errno == EINTR) ? 0 : -1;
	c->held += (size_t)n;
	return origin_take(poll, c);
}

static void
origin_accept(int poll, int listener)
{
	struct origin_client *c;
	struct epoll_event e = { .events = EPOLLIN };
	int fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK), on = 1;

	if (fd < 0)
		return;
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	c = xcalloc(1, sizeof(*c));
	c->fd = fd;
	reader_begin(&c->in);
	e.data.ptr = c;
	epoll_ctl(poll, EPOLL_CTL_ADD, fd, &e);
}

static void
origin_event(int poll, struct origin_client *c)
{
	if (c->writing) {
		if (origin_write(poll, c) < 0 || origin_take(poll, c) < 0)
			origin_close(poll, c);
	} else if (origin_read(poll, c) < 0) {
		origin_close(poll, c);
	}
}

static int
origin_listen(void)
{
	struct sockaddr_in a = { .sin_family = AF_INET };
	socklen_t n = sizeof(a);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);

	a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (fd < 0 || bind(fd, (struct sockaddr *)&a, sizeof(a)) < 0 ||
	    listen(fd, 1024) < 0 ||
	    getsockname(fd, (struct sockaddr *)&a, &n) < 0) {
		perror("soak origin");
		return -1;
	}
	printf("%d\n", ntohs(a.sin_port));
	return fd;
}

int
origin_main(int argc, char **argv)
{
	struct epoll_event events[64], e = { .events = EPOLLIN };
	int listener = origin_listen(), poll = epoll_create1(0), i, n;

	(void)argc;
	(void)argv;
	if (listener < 0 || poll < 0)
		return 1;
	epoll_ctl(poll, EPOLL_CTL_ADD, listener, &e);
	e.data.ptr = &e; /* stands for standard input */
	epoll_ctl(poll, EPOLL_CTL_ADD, STDIN_FILENO, &e);
	for (;;) {
		n = epoll_wait(poll, events, 64, -1);
		for (i = 0; i < n; i++) {
			if (events[i].data.ptr == &e)
				return 0;
			if (events[i].data.ptr == NULL)
				origin_accept(poll, listener);
			else
				origin_event(poll, events[i].data.ptr);
		}
	}
}
