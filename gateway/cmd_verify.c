/* hark verify: whether requests were made, by a gateway that runs. */
#include "config.h"

#include <errno.h>
#include <jansson.h>
#include <netdb.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/mem.h"
#include "gateway/http1.h"
#include "gateway/printable.h"
#include "gateway/verify.h"
#include "har/url.h"
#include "mock/file.h"

#include "gateway/commands.h"

#define VERIFY_ADMIN "http://127.0.0.1:8081"
#define VERIFY_SECONDS 60
#define VERIFY_ANSWER (64u << 20) /* bytes of it */

enum { VERIFY_ADMIN_PORT, VERIFY_TOKEN, VERIFY_JSON_OUT, VERIFY_OPTIONS };

const struct own_option cmd_verify_options[] = {
	[VERIFY_ADMIN_PORT] = {
	    .name = "admin",
	    .argument = "URL",
	    .help = "the admin port (" VERIFY_ADMIN "); unix:PATH, too",
	},
	[VERIFY_TOKEN] = {
	    .name = "admin-token",
	    .argument = "TOKEN",
	    .help = "what it wants to hear",
	},
	[VERIFY_JSON_OUT] = {
	    .name = "json",
	    .help = "print the answer as it comes",
	},
	{ .name = NULL },
};

/* ---- asking -------------------------------------------------------------- */

static int
cmd_verify_connect_unix(const char *path, struct err *e)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	int fd;

	if (strlen(path) >= sizeof(a.sun_path))
		return err_set(e, "%.200s: too long for a socket", path);
	memcpy(a.sun_path, path, strlen(path) + 1);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd != -1 &&
	    connect(fd, (const struct sockaddr *)&a, sizeof(a)) == 0)
		return fd;
	err_sys(e, "admin port unix:%.200s", path);
	if (fd != -1)
		close(fd);
	return -1;
}

static int
cmd_verify_connect(const struct url *u, struct err *e)
{
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM }, *list, *a;
	char *host = xmemdup0(u->host.p, u->host.n), port[8];
	int fd = -1, rc;

	snprintf(port, sizeof(port), "%u", u->port);
	rc = getaddrinfo(host, port, &hints, &list);
	if (rc != 0) {
		err_set(e, "admin port %.200s: %s", host, gai_strerror(rc));
		free(host);
		return -1;
	}
	for (a = list; a != NULL && fd == -1; a = a->ai_next) {
		fd = socket(a->ai_family, a->ai_socktype | SOCK_CLOEXEC, 0);
		if (fd == -1 || connect(fd, a->ai_addr, a->ai_addrlen) == 0)
			continue;
		err_sys(e, "admin port %.200s:%s", host, port);
		close(fd);
		fd = -1;
	}
	freeaddrinfo(list);
	free(host);
	return fd;
}

static int
cmd_verify_send(int fd, struct str s, struct err *e)
{
	ssize_t n;

	while (s.n > 0) {
		n = send(fd, s.p, s.n, MSG_NOSIGNAL);
		if (n == -1 && errno == EINTR)
			continue;
		if (n == -1)
			return err_sys(e, "admin port");
		s = (struct str){ s.p + n, s.n - (size_t)n };
	}
	return 0;
}

static int
cmd_verify_receive(int fd, struct buf *in, struct err *e)
{
	ssize_t n;

	do {
		n = recv(fd, buf_reserve(in, 65536), 65536, 0);
		if (n > 0)
			in->n += (size_t)n;
		if (in->n > VERIFY_ANSWER)
			return err_set(e, "admin port: the answer is too long");
	} while (n > 0 || (n == -1 && errno == EINTR));
	return n == 0 ? 0 : err_sys(e, "admin port");
}

/* Sends body there; *in is all that comes.  0 or -1. */
static int
cmd_verify_ask(const char *url, const char *token, struct str body,
    struct buf *in, struct err *e)
{
	struct timeval patience = { .tv_sec = VERIFY_SECONDS };
	struct url u = { .authority = STR("localhost") };
	struct buf out = { 0 };
	int fd, rc;

	if (strncmp(url, "unix:", 5) == 0)
		fd = cmd_verify_connect_unix(url + 5, e);
	else if (url_parse(&u, str_of(url), e) == -1)
		return err_wrap(e, "option admin");
	else if (u.https)
		return err_set(e, "option admin: the admin port speaks no TLS");
	else
		fd = cmd_verify_connect(&u, e);
	if (fd == -1)
		return -1;
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
	buf_addf(&out,
	    "POST /v1/verify HTTP/1.1\r\nHost: %.*s\r\n"
	    "Content-Type: application/json\r\nConnection: close\r\n"
	    "Content-Length: %zu\r\n",
	    STR_ARGS(u.authority), body.n);
	if (token != NULL)
		buf_addf(&out, "Authorization: Bearer %s\r\n", token);
	buf_add_text(&out, "\r\n");
	buf_add_str(&out, body);
	rc = cmd_verify_send(fd, buf_str(&out), e);
	if (rc == 0)
		rc = cmd_verify_receive(fd, in, e);
	close(fd);
	buf_free(&out);
	return rc;
}

/* ---- the answer ---------------------------------------------------------- */

static const char *
cmd_verify_text(const json_t *from, const char *name)
{
	const char *text = json_string_value(json_object_get(from, name));

	return text != NULL ? text : "";
}

static void
cmd_verify_add_closest(const json_t *expected, struct buf *out)
{
	const json_t *c =
	    json_array_get(json_object_get(expected, "closest"), 0);
	const json_t *list = json_object_get(c, "differences");
	size_t i;

	if (c == NULL)
		return;
	buf_addf(out, "    closest: exchange %" JSON_INTEGER_FORMAT ", ",
	    json_integer_value(json_object_get(c, "id")));
	printable_add(out, str_of(cmd_verify_text(c, "method")), false);
	buf_add_text(out, " ");
	printable_add(out, str_of(cmd_verify_text(c, "path")), false);
	buf_add_text(out, "\n");
	for (i = 0; i < json_array_size(list); i++)
		buf_addf(out, "      %s\n",
		    json_string_value(json_array_get(list, i)));
}

static void
cmd_verify_tell(const json_t *answer, struct buf *out)
{
	const json_t *list = json_object_get(answer, "expectations"), *x;
	bool ok;
	size_t i;

	for (i = 0; i < json_array_size(list); i++) {
		x = json_array_get(list, i);
		ok = json_is_true(json_object_get(x, "ok"));
		buf_add_text(out, ok ? "ok      " : "not ok  ");
		printable_add(out, str_of(cmd_verify_text(x, "name")), false);
		buf_addf(out,
		    ok ? " (%s%s%" JSON_INTEGER_FORMAT ")\n" : ": %s%s\n",
		    ok ? cmd_verify_text(x, "expected")
		       : cmd_verify_text(x, "why"),
		    ok ? ": " : "",
		    json_integer_value(json_object_get(x, "count")));
		if (!ok)
			cmd_verify_add_closest(x, out);
	}
}

/* The exit status that the answer makes. */
static int
cmd_verify_judge(struct buf *in, bool json_out)
{
	struct http1_limits limits = { 8192, 65536, 1000 };
	struct http1_head h = { 0 };
	struct arena arena = { 0 };
	enum http1_fault fault;
	json_t *answer = NULL;
	struct buf out = { 0 };
	size_t seen = 0;
	struct err e;
	int status = STATUS_USAGE;

	if (http1_response(&h, &arena, in->p, in->n, &seen, STR("POST"),
		&limits, &fault) == HTTP1_DONE)
		answer = json_loadb(in->p + h.bytes, in->n - h.bytes, 0, NULL);
	if (answer == NULL || (h.status != 200 && h.status != 406)) {
		err_set(&e, "admin port: %d: %.400s", h.status,
		    answer != NULL ? cmd_verify_text(answer, "detail")
				   : "not what hark would answer");
		status = commands_fail(STATUS_USAGE, &e);
	} else {
		if (json_out)
			buf_add(&out, in->p + h.bytes, in->n - h.bytes);
		else
			cmd_verify_tell(answer, &out);
		status = commands_print(&out);
		if (h.status == 406)
			status = STATUS_FAILED;
	}
	json_decref(answer);
	arena_fini(&arena);
	buf_free(&out);
	return status;
}

int
cmd_verify(const struct command *c, int argc, char **argv)
{
	const char *values[VERIFY_OPTIONS];
	struct buf text = { 0 }, in = { 0 };
	struct verify *v = NULL;
	struct settings *s;
	struct err e;
	int operands, status;

	s = commands_settings(c, argc, argv, values, &operands, &status);
	if (s == NULL)
		return status;
	settings_free(s);
	if (operands != 1)
		return commands_misused(c);
	if (file_read(argv[1], &text, &e) == -1 ||
	    (v = verify_new_text(buf_str(&text), &e)) == NULL) {
		err_wrap(&e, "%.300s", argv[1]);
		status = commands_fail(STATUS_USAGE, &e);
	} else if (cmd_verify_ask(values[VERIFY_ADMIN_PORT] != NULL
				      ? values[VERIFY_ADMIN_PORT]
				      : VERIFY_ADMIN,
		       values[VERIFY_TOKEN], buf_str(&text), &in, &e) == -1) {
		status = commands_fail(STATUS_USAGE, &e);
	} else {
		status = cmd_verify_judge(&in, values[VERIFY_JSON_OUT] != NULL);
	}
	verify_free(v);
	buf_free(&text);
	buf_free(&in);
	return status;
}
