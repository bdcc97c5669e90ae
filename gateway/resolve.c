#include "config.h"

#include <netdb.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"
#include "gateway/mailbox.h"
#include "gateway/worker.h"

#include "gateway/resolve.h"

/*
 * The thread owns it until it posts it to the worker, which frees it; so
 * nothing but the worker ever looks at cancelled.
 */
struct lookup {
	struct mailbox *mailbox;
	char *host;
	char port[8];
	struct addresses found;
	void (*on_done)(void *arg, const struct addresses *);
	void *arg;
	bool cancelled;
};

static void
lookup_free(struct lookup *l)
{
	mailbox_unref(l->mailbox);
	free(l->host);
	free(l);
}

static void
lookup_deliver(struct worker *w, void *arg)
{
	struct lookup *l = arg;

	(void)w;
	if (!l->cancelled)
		l->on_done(l->arg, &l->found);
	lookup_free(l);
}

static void
lookup_ask(struct addresses *out, const char *host, const char *port, int flags)
{
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM,
		.ai_flags = flags };
	struct addrinfo *list, *a;
	int error = getaddrinfo(host, port, &hints, &list);

	out->n = 0;
	if (error != 0) {
		out->failure = gai_strerror(error);
		return;
	}
	for (a = list; a != NULL && out->n < RESOLVE_MOST; a = a->ai_next) {
		memcpy(&out->v[out->n], a->ai_addr, a->ai_addrlen);
		out->len[out->n++] = a->ai_addrlen;
	}
	freeaddrinfo(list);
	if (out->n == 0)
		out->failure = "no address";
}

/* localhost is loopback even where no file says so (RFC 6761 section 6.3). */
static void *
lookup_thread(void *arg)
{
	struct lookup *l = arg;

	lookup_ask(&l->found, l->host, l->port, 0);
	if (l->found.n == 0 && strcasecmp(l->host, "localhost") == 0)
		lookup_ask(&l->found, "127.0.0.1", l->port, AI_NUMERICHOST);
	if (!mailbox_post(l->mailbox, lookup_deliver, l))
		lookup_free(l);
	return NULL;
}

struct lookup *
lookup_start(struct worker *w, const char *host, uint16_t port,
    void (*on_done)(void *arg, const struct addresses *), void *arg)
{
	struct lookup *l = xcalloc(1, sizeof(*l));
	pthread_attr_t detached;
	pthread_t thread;

	l->mailbox = mailbox_ref(w->mailbox);
	l->host = xstrdup(host);
	l->on_done = on_done;
	l->arg = arg;
	snprintf(l->port, sizeof(l->port), "%u", port);
	pthread_attr_init(&detached);
	pthread_attr_setdetachstate(&detached, PTHREAD_CREATE_DETACHED);
	if (pthread_create(&thread, &detached, lookup_thread, l) != 0) {
		l->found.failure = "no thread for the look-up";
		mailbox_post(w->mailbox, lookup_deliver, l);
	}
	pthread_attr_destroy(&detached);
	return l;
}

void
lookup_cancel(struct lookup *l)
{
	l->cancelled = true;
}

int
lookup_literal(const char *host, uint16_t port, struct addresses *out)
{
	char text[8];

	snprintf(text, sizeof(text), "%u", port);
	lookup_ask(out, host, text, AI_NUMERICHOST | AI_NUMERICSERV);
	return out->n > 0 ? 0 : -1;
}

int
lookup_pinned(const struct settings *s, const char *host, uint16_t port,
    struct addresses *out)
{
	const struct pin_setting *p;
	struct addresses one;

	*out = (struct addresses){ 0 };
	for (p = s->pins; p < s->pins + s->npins; p++) {
		if (p->port != port ||
		    (strcmp(p->host, "*") != 0 &&
			strcasecmp(p->host, host) != 0) ||
		    out->n == RESOLVE_MOST ||
		    lookup_literal(p->address, port, &one) == -1)
			continue;
		out->v[out->n] = one.v[0];
		out->len[out->n++] = one.len[0];
	}
	return out->n > 0 ? 0 : -1;
}
