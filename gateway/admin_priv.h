#ifndef GATEWAY_ADMIN_PRIV_H
#define GATEWAY_ADMIN_PRIV_H

/* For the files of the admin port itself: admin.c, admin_client.c,
 * admin_reply.c, admin_jobs.c. */

#include <pthread.h>
#include <stdbool.h>
#include <sys/queue.h>

#include "gateway/admin.h"
#include "gateway/admin_guard.h"
#include "gateway/admin_request.h"

#define ADMIN_CLIENTS 64 /* connections at a time */
#define ADMIN_JOBS 32    /* requests that wait for the jobs' thread */

struct admin_jobs;
struct bufferevent;
struct event;
struct event_base;

TAILQ_HEAD(admin_clients, admin_client);

struct admin {
	struct admin_of of;
	struct admin_guard guard;
	char *token;   /* made here, when none is set; or NULL */
	char *path;    /* of a unix socket; or NULL */
	char *address; /* for people: a URL or unix:PATH */
	uint16_t port;
	int fd; /* listens */
	struct event_base *base;
	struct event *accept, *again;
	struct mailbox *letters;
	struct admin_jobs *jobs;
	struct admin_clients clients;
	size_t nclients;
	pthread_t thread;
	bool started;
};

/* ---- admin_client.c ------------------------------------------------------ */

/* A connection, whose descriptor is taken over; own is the address it came
 * to. */
void admin_client_new(struct admin *a, int fd, const char *own);
void admin_client_free(struct admin_client *c);
/* No loop runs any more: what the socket takes of an answer goes out. */
void admin_client_flush(struct admin_client *c);

/* Sends the answer of its request, which ends with it. */
void admin_client_answer(struct admin_client *c);

/* The bytes of a stream: gives how many wait. */
void admin_client_begin_stream(struct admin_client *c, const char *type);
size_t admin_client_stream(struct admin_client *c, struct str bytes);
void admin_client_end_stream(struct admin_client *c);

/* ---- admin_reply.c ------------------------------------------------------- */

struct admin_request *admin_request_new(struct admin_client *c);
void admin_request_free(struct admin_request *r); /* safe on NULL */

/* The head of the answer, without framing fields and the blank line. */
void admin_reply_head(const struct admin_reply *p, struct buf *out);

/* ---- admin_jobs.c -------------------------------------------------------- */

struct admin_jobs *admin_jobs_new(struct admin *a, struct err *e);
void admin_jobs_free(struct admin_jobs *j); /* waits; safe on NULL */

/* Has the handler of r called; it comes back by letter.  False when too many
 * wait. */
bool admin_jobs_take(struct admin_jobs *j, struct admin_request *r);

/* What the letter brings: the client may have left meanwhile. */
void admin_client_on_done(struct worker *w, void *request);

#endif
