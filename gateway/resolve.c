#include "config.h"

#include <netdb.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/queue.h>

#include "base/mem.h"
#include "base/thread.h"
#include "gateway/mailbox.h"
#include "gateway/worker.h"

#include "gateway/resolve.h"

#define RESOLVE_STACK (1u << 20) /* of a thread */

struct lookup {
	TAILQ_ENTRY(lookup) link;
	struct question *question;
	void (*on_done)(void *arg, const struct addresses *);
	void *arg;
};

/*
 * What is looked up.  While it is, host, port and found are the thread's,
 * which posts it to the worker in the end.  That frees it; all else is only
 * the worker's at any time.
 */
struct question {
	TAILQ_ENTRY(question) link; /* of the resolver, until it is answered */
	struct resolver *resolver;  /* NULL: nobody asks any more */
	struct mailbox *mailbox;
	char *host;
	char port[8];
	struct addresses found;
	TAILQ_HEAD(, lookup) asking;
	bool running;
};

struct resolver {
	struct mailbox *mailbox;
	TAILQ_HEAD(, question) questions; /* in the order of asking */
	size_t running;
};

static void
question_free(struct question *q)
{
	mailbox_unref(q->mailbox);
	free(q->host);
	free(q);
}

static void resolver_go_on(struct resolver *r);

/* Tells all who ask; they may ask again meanwhile, or leave. */
static void
question_deliver(struct worker *w, void *arg)
{
	struct question *q = arg;
	struct resolver *r = q->resolver;
	struct lookup *l, told;

	(void)w;
	if (r != NULL) {
		TAILQ_REMOVE(&r->questions, q, link);
		r->running--;
		resolver_go_on(r);
	}
	while ((l = TAILQ_FIRST(&q->asking)) != NULL) {
		told = *l;
		TAILQ_REMOVE(&q->asking, l, link);
		free(l);
		told.on_done(told.arg, &q->found);
	}
	question_free(q);
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
question_thread(void *arg)
{
	struct question *q = arg;

	lookup_ask(&q->found, q->host, q->port, 0);
	if (q->found.n == 0 && strcasecmp(q->host, "localhost") == 0)
		lookup_ask(&q->found, "127.0.0.1", q->port, AI_NUMERICHOST);
	if (!mailbox_post(q->mailbox, question_deliver, q))
		question_free(q);
	return NULL;
}

static void
question_run(struct question *q)
{
	q->running = true;
	q->resolver->running++;
	if (thread_start_alone(RESOLVE_STACK, question_thread, q) == -1) {
		q->found.failure = "no thread for the look-up";
		mailbox_post(q->mailbox, question_deliver, q);
	}
}

static void
resolver_go_on(struct resolver *r)
{
	struct question *q;

	TAILQ_FOREACH(q, &r->questions, link)
	{
		if (r->running >= RESOLVE_AT_ONCE)
			break;
		if (!q->running)
			question_run(q);
	}
}

struct resolver *
resolver_new(struct mailbox *m)
{
	struct resolver *r = xcalloc(1, sizeof(*r));

	r->mailbox = m;
	TAILQ_INIT(&r->questions);
	return r;
}

void
resolver_free(struct resolver *r)
{
	struct question *q;

	if (r == NULL)
		return;
	while ((q = TAILQ_FIRST(&r->questions)) != NULL) {
		TAILQ_REMOVE(&r->questions, q, link);
		q->resolver = NULL;
	}
	free(r);
}

static struct question *
resolver_ask(struct resolver *r, const char *host, const char *port)
{
	struct question *q;

	TAILQ_FOREACH(q, &r->questions, link)
	if (strcmp(q->host, host) == 0 && strcmp(q->port, port) == 0)
		return q;
	q = xcalloc(1, sizeof(*q));
	q->resolver = r;
	q->mailbox = mailbox_ref(r->mailbox);
	q->host = xstrdup(host);
	snprintf(q->port, sizeof(q->port), "%s", port);
	TAILQ_INIT(&q->asking);
	TAILQ_INSERT_TAIL(&r->questions, q, link);
	return q;
}

struct lookup *
lookup_start(struct resolver *r, const char *host, uint16_t port,
    void (*on_done)(void *arg, const struct addresses *), void *arg)
{
	struct lookup *l = xcalloc(1, sizeof(*l));
	char text[8];

	snprintf(text, sizeof(text), "%u", port);
	l->question = resolver_ask(r, host, text);
	l->on_done = on_done;
	l->arg = arg;
	TAILQ_INSERT_TAIL(&l->question->asking, l, link);
	resolver_go_on(r);
	return l;
}

void
lookup_cancel(struct lookup *l)
{
	struct question *q = l->question;

	TAILQ_REMOVE(&q->asking, l, link);
	free(l);
	if (q->running || !TAILQ_EMPTY(&q->asking))
		return;
	TAILQ_REMOVE(&q->resolver->questions, q, link);
	question_free(q);
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
