#include "config.h"

#include <errno.h>
#include <netdb.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/mem.h"
#include "gateway/http1.h"

#include "gateway/admin_ask.h"

#define ADMIN_ASK_DEFAULT "127.0.0.1:8081"
#define ADMIN_ASK_SECONDS 30
#define ADMIN_ASK_HEAD (64u * 1024)

static int
admin_ask_socket(int family, const struct sockaddr *a, socklen_t n)
{
	struct timeval tv = { ADMIN_ASK_SECONDS, 0 };
	int fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0), saved;

	if (fd == -1)
		return -1;
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof(tv));
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &tv, sizeof(tv));
	if (connect(fd, a, n) == 0)
		return fd;
	saved = errno;
	close(fd);
	errno = saved;
	return -1;
}

static int
admin_ask_unix(const char *path, struct err *e)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	int fd;

	if (strlen(path) >= sizeof(a.sun_path))
		return err_set(e, "admin unix:%s: expected at most %zu bytes",
		    path, sizeof(a.sun_path) - 1);
	memcpy(a.sun_path, path, strlen(path));
	fd = admin_ask_socket(AF_UNIX, (struct sockaddr *)&a, sizeof(a));
	return fd != -1 ? fd : err_sys(e, "admin unix:%s", path);
}

static int
admin_ask_tcp(const char *address, struct err *e)
{
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM,
		.ai_flags = AI_NUMERICSERV };
	const char *colon = strrchr(address, ':');
	bool v6 = address[0] == '[';
	struct addrinfo *list = NULL, *a;
	char *host;
	int fd = -1, error;

	if (colon == NULL || colon == address || (v6 && colon[-1] != ']'))
		return err_set(e,
		    "admin %.200s: expected ADDR:PORT or unix:PATH", address);
	host = xmemdup0(
	    address + (v6 ? 1 : 0), (size_t)(colon - address) - (v6 ? 2 : 0));
	error = getaddrinfo(host, colon + 1, &hints, &list);
	free(host);
	if (error != 0)
		return err_set(
		    e, "admin %.200s: %s", address, gai_strerror(error));
	for (a = list; a != NULL && fd == -1; a = a->ai_next)
		fd = admin_ask_socket(a->ai_family, a->ai_addr, a->ai_addrlen);
	freeaddrinfo(list);
	return fd != -1 ? fd : err_sys(e, "admin %.200s", address);
}

static void
admin_ask_render(
    const struct admin_ask *q, const char *authority, struct buf *out)
{
	const char *token =
	    q->token != NULL ? q->token : getenv("HARK_ADMIN_TOKEN");

	buf_addf(out, "%s %s HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n",
	    q->method, q->target, authority);
	if (token != NULL)
		buf_addf(out, "Authorization: Bearer %s\r\n", token);
	if (strcmp(q->method, "GET") != 0)
		buf_addf(out,
		    "Content-Type: application/json\r\n"
		    "Content-Length: %zu\r\n",
		    q->json.n);
	buf_add_text(out, "\r\n");
	buf_add_str(out, q->json);
}

/* Sends all of it and reads until the other side ends. */
static int
admin_ask_talk(int fd, const struct buf *out, struct buf *in)
{
	size_t sent = 0;
	ssize_t n;

	while (sent < out->n) {
		n = send(fd, out->p + sent, out->n - sent, MSG_NOSIGNAL);
		if (n == -1 && errno != EINTR)
			return -1;
		sent += n > 0 ? (size_t)n : 0;
	}
	while (in->n < ADMIN_ASK_MOST + ADMIN_ASK_HEAD) {
		n = recv(fd, buf_reserve(in, 65536), 65536, 0);
		if (n == 0 || (n == -1 && errno != EINTR))
			return (int)n;
		in->n += n > 0 ? (size_t)n : 0;
	}
	errno = EMSGSIZE;
	return -1;
}

static int
admin_ask_understand(const struct admin_ask *q, const struct buf *in,
    int *status, struct buf *body)
{
	static const struct http1_limits limits = {
		.line = ADMIN_ASK_HEAD, .head = ADMIN_ASK_HEAD, .fields = 1000
	};
	struct http1_body reading = { 0 };
	struct http1_head h = { 0 };
	enum http1_fault fault;
	struct arena arena = { 0 };
	enum http1_step step;
	struct str piece;
	size_t seen = 0, used, at;

	step = http1_response(&h, &arena, in->p, in->n, &seen,
	    str_of(q->method), &limits, &fault);
	*status = h.status;
	at = h.bytes;
	http1_body_start(&reading, h.framing, h.length, ADMIN_ASK_HEAD);
	if (step == HTTP1_DONE && h.framing != FRAMING_NONE)
		step = h.framing == FRAMING_CLOSE ? HTTP1_DONE : HTTP1_MORE;
	while (step == HTTP1_MORE && at < in->n) {
		step = http1_body_read(
		    &reading, in->p + at, in->n - at, &used, &piece, &fault);
		buf_add_str(body, piece);
		at += used;
	}
	http1_body_fini(&reading);
	arena_fini(&arena);
	return step == HTTP1_DONE ? 0 : -1;
}

int
admin_ask(
    const struct admin_ask *q, int *status, struct buf *body, struct err *e)
{
	const char *admin = q->admin != NULL ? q->admin : ADMIN_ASK_DEFAULT;
	bool local = strncmp(admin, "unix:", 5) == 0;
	struct buf out = { 0 }, in = { 0 };
	int fd, result;

	if (strncmp(admin, "http://", 7) == 0)
		admin += 7;
	fd = local ? admin_ask_unix(admin + 5, e) : admin_ask_tcp(admin, e);
	if (fd == -1)
		return -1;
	admin_ask_render(q, local ? "localhost" : admin, &out);
	result = admin_ask_talk(fd, &out, &in);
	if (result == -1)
		(void)err_sys(e, "admin %.200s", admin);
	else if ((result = admin_ask_understand(q, &in, status, body)) == -1)
		(void)err_set(
		    e, "admin %.200s: the answer is not whole", admin);
	close(fd);
	buf_free(&out);
	buf_free(&in);
	return result;
}
