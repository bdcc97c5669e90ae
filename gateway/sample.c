#include "config.h"

#include <event2/buffer.h>
#include <event2/event.h>
#include <event2/http.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/mem.h"
#include "base/thread.h"

#include "gateway/sample.h"

#define BODY_MOST 65536

struct sample {
	struct event_base *base;
	struct evhttp *http;
	struct event *wake; /* the other end of stop was closed */
	int stop[2];
	pthread_t thread;
	bool running;
	char address[32];
};

static void
sample_answer_users(struct evhttp_request *req, struct evbuffer *body)
{
	(void)req;
	evbuffer_add_printf(body,
	    "[{\"id\":1,\"name\":\"Ada\"},{\"id\":2,\"name\":\"Grace\"}]\n");
}

static void
sample_answer_user(struct evhttp_request *req, struct evbuffer *body)
{
	(void)req;
	evbuffer_add_printf(body, "{\"id\":1,\"name\":\"Ada\"}\n");
}

static void
sample_answer_time(struct evhttp_request *req, struct evbuffer *body)
{
	(void)req;
	evbuffer_add_printf(
	    body, "{\"time_us\":%lld}\n", (long long)clock_wall_us());
}

static void
sample_answer_echo(struct evhttp_request *req, struct evbuffer *body)
{
	evbuffer_add_buffer(body, evhttp_request_get_input_buffer(req));
}

static void
sample_on_off(struct evhttp_request *req, void *arg)
{
	struct sample *a = arg;

	(void)req;
	event_base_loopexit(a->base, NULL);
}

static void
sample_answer_off(struct evhttp_request *req, struct evbuffer *body)
{
	(void)req;
	evbuffer_add_printf(body, "{\"sample\":\"off\"}\n");
}

static const struct endpoint {
	enum evhttp_cmd_type method;
	const char *path;
	void (*answer)(struct evhttp_request *req, struct evbuffer *body);
	void (*after)(struct evhttp_request *req, void *arg);
} endpoints[] = {
	{ EVHTTP_REQ_GET, "/users", sample_answer_users, NULL },
	{ EVHTTP_REQ_GET, "/users/1", sample_answer_user, NULL },
	{ EVHTTP_REQ_GET, "/time", sample_answer_time, NULL },
	{ EVHTTP_REQ_POST, "/echo", sample_answer_echo, NULL },
	{ EVHTTP_REQ_POST, "/off", sample_answer_off, sample_on_off },
};

#define NENDPOINTS (sizeof(endpoints) / sizeof(*endpoints))

static const struct endpoint *
sample_endpoint(struct evhttp_request *req)
{
	const struct evhttp_uri *uri = evhttp_request_get_evhttp_uri(req);
	const char *path = uri == NULL ? NULL : evhttp_uri_get_path(uri);
	const struct endpoint *p;

	if (path == NULL) /* what evhttp could not read comes here, too */
		return NULL;
	for (p = endpoints; p < endpoints + NENDPOINTS; p++)
		if (evhttp_request_get_command(req) == p->method &&
		    strcmp(path, p->path) == 0)
			return p;
	return NULL;
}

static void
sample_on_request(struct evhttp_request *req, void *arg)
{
	const struct endpoint *p = sample_endpoint(req);
	struct evkeyvalq *headers = evhttp_request_get_output_headers(req);
	struct evbuffer *body = evhttp_request_get_output_buffer(req);

	evhttp_add_header(headers, "Content-Type", "application/json");
	/* No connection outlives its answer: off means off. */
	evhttp_add_header(headers, "Connection", "close");
	if (p == NULL) {
		evbuffer_add_printf(body, "{\"error\":\"not found\"}\n");
		evhttp_send_reply(req, HTTP_NOTFOUND, "Not Found", NULL);
		return;
	}
	p->answer(req, body);
	if (p->after != NULL)
		evhttp_request_set_on_complete_cb(req, p->after, arg);
	evhttp_send_reply(req, HTTP_OK, "OK", NULL);
}

static void
sample_on_wake(evutil_socket_t fd, short what, void *arg)
{
	struct sample *a = arg;

	(void)fd;
	(void)what;
	event_base_loopexit(a->base, NULL);
}

static void *
sample_run(void *arg)
{
	struct sample *a = arg;

	event_base_dispatch(a->base);
	evhttp_free(a->http); /* closes the port */
	a->http = NULL;
	return NULL;
}

static int
sample_bind(struct sample *a, struct err *e)
{
	struct evhttp_bound_socket *bound;
	struct sockaddr_in address;
	socklen_t n = sizeof(address);

	bound = evhttp_bind_socket_with_handle(a->http, "127.0.0.1", 0);
	if (bound == NULL || getsockname(evhttp_bound_socket_get_fd(bound),
				 (struct sockaddr *)&address, &n) == -1)
		return err_sys(e, "bind 127.0.0.1");
	snprintf(a->address, sizeof(a->address), "127.0.0.1:%u",
	    ntohs(address.sin_port));
	return 0;
}

static int
sample_start_thread(struct sample *a, struct err *e)
{
	a->running = thread_start(&a->thread, sample_run, a) == 0;
	return a->running ? 0 : err_set(e, "cannot start a thread");
}

struct sample *
sample_start(struct err *e)
{
	struct sample *a = xcalloc(1, sizeof(*a));

	a->stop[0] = a->stop[1] = -1;
	if (pipe2(a->stop, O_CLOEXEC) == -1) {
		err_sys(e, "pipe");
		goto fail;
	}
	a->base = event_base_new();
	a->http = a->base == NULL ? NULL : evhttp_new(a->base);
	if (a->http == NULL) {
		err_set(e, "cannot start an event loop");
		goto fail;
	}
	evhttp_set_max_body_size(a->http, BODY_MOST);
	evhttp_set_gencb(a->http, sample_on_request, a);
	a->wake = event_new(a->base, a->stop[0], EV_READ, sample_on_wake, a);
	event_add(a->wake, NULL);
	if (sample_bind(a, e) == -1 || sample_start_thread(a, e) == -1)
		goto fail;
	return a;
fail:
	err_wrap(e, "sample API");
	sample_stop(a);
	return NULL;
}

const char *
sample_address(const struct sample *a)
{
	return a->address;
}

void
sample_stop(struct sample *a)
{
	if (a == NULL)
		return;
	if (a->stop[1] != -1)
		close(a->stop[1]);
	if (a->running)
		pthread_join(a->thread, NULL);
	if (a->http != NULL)
		evhttp_free(a->http);
	if (a->wake != NULL)
		event_free(a->wake);
	if (a->base != NULL)
		event_base_free(a->base);
	if (a->stop[0] != -1)
		close(a->stop[0]);
	free(a);
}
