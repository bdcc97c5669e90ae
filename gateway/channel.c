#include "config.h"

#include <pthread.h>
#include <stdlib.h>

#include <event2/event.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "gateway/mailbox.h"
#include "gateway/worker.h"
#include "gateway/ws_message.h"
#include "mock/socket.h"

#include "gateway/channel.h"

TAILQ_HEAD(channel_members, channel_member);

/* What a channel has on one worker. */
struct channel_seat {
	struct channel_members members; /* only on its thread */
	struct mailbox *box;            /* NULL: nobody has been there */
};

struct channel {
	TAILQ_ENTRY(channel) link;
	struct channels *all;
	struct socket_channel id;
	struct socket *socket;      /* only on owner's thread */
	const struct worker *owner; /* may be freed before the channel */
	size_t owner_seat, nseats;
	struct event *timer; /* owner's; NULL once that is gone */
	/* With the lock of all: */
	size_t members;
	unsigned refs; /* by members and mail, and the list */
	struct channel_seat seats[];
};

struct channels {
	pthread_mutex_t lock;
	TAILQ_HEAD(, channel) list;
};

/* What was said, on its way to workers. */
struct bulletin {
	struct channel *of;
	atomic_uint refs;
	struct buf frame, reason;
	bool closes;
	unsigned code;
};

struct channels *
channels_new(void)
{
	struct channels *c = xcalloc(1, sizeof(*c));

	pthread_mutex_init(&c->lock, NULL);
	TAILQ_INIT(&c->list);
	return c;
}

void
channels_free(struct channels *c)
{
	if (c == NULL)
		return;
	pthread_mutex_destroy(&c->lock);
	free(c);
}

/* ---- lives of channels ------------------------------------------------- */

static void
channel_unref(struct channel *c)
{
	struct channels *all = c->all;
	size_t i;
	bool last;

	pthread_mutex_lock(&all->lock);
	last = --c->refs == 0;
	pthread_mutex_unlock(&all->lock);
	if (!last)
		return;
	for (i = 0; i < c->nseats; i++)
		if (c->seats[i].box != NULL)
			mailbox_unref(c->seats[i].box);
	socket_free(c->socket);
	free(c);
}

/* The last member left: on the owner's thread. */
static void
channel_end(struct worker *w, void *arg)
{
	struct channel *c = arg;

	(void)w;
	if (c->timer != NULL)
		event_free(c->timer);
	c->timer = NULL;
	channel_unref(c);
}

void
channels_forget(struct channels *all, const struct worker *w)
{
	struct channel *c;

	if (all == NULL)
		return;
	TAILQ_FOREACH(c, &all->list, link)
	{
		if (c->owner != w || c->timer == NULL)
			continue;
		event_free(c->timer);
		c->timer = NULL;
	}
}

/* ---- saying ------------------------------------------------------------ */

static void
bulletin_unref(struct bulletin *b)
{
	if (atomic_fetch_sub(&b->refs, 1) != 1)
		return;
	channel_unref(b->of);
	buf_free(&b->frame);
	buf_free(&b->reason);
	free(b);
}

static void
channel_read(struct worker *w, void *arg)
{
	struct bulletin *b = arg;
	struct channel_members *members = &b->of->seats[w->index].members;
	struct channel_member *m, *next;

	for (m = TAILQ_FIRST(members); m != NULL; m = next) {
		next = TAILQ_NEXT(m, link);
		m->say(m, buf_str(&b->frame), b->closes, b->code,
		    buf_str(&b->reason));
	}
	bulletin_unref(b);
}

static void
channel_say(struct channel *c, const struct socket_answer *a)
{
	struct bulletin *b = xcalloc(1, sizeof(*b));
	struct mailbox *box;
	size_t i;

	b->of = c;
	atomic_init(&b->refs, 1);
	pthread_mutex_lock(&c->all->lock);
	c->refs++;
	pthread_mutex_unlock(&c->all->lock);
	if (a->sends)
		ws_message_write(&b->frame, WS_TEXT, buf_str(&a->text), NULL);
	b->closes = a->closes;
	b->code = a->code;
	buf_add_str(&b->reason, buf_str(&a->reason));
	for (i = 0; i < c->nseats; i++) {
		pthread_mutex_lock(&c->all->lock);
		box = c->seats[i].box;
		pthread_mutex_unlock(&c->all->lock);
		atomic_fetch_add(&b->refs, 1);
		if (box == NULL || !mailbox_post(box, channel_read, b))
			bulletin_unref(b);
	}
	bulletin_unref(b);
}

static void
channel_on_tick(evutil_socket_t fd, short what, void *arg)
{
	struct channel *c = arg;
	struct socket_answer a = { 0 };
	struct socket_turn turn;
	int64_t now = clock_wall_us();
	struct str rest, line;

	(void)fd;
	(void)what;
	if (socket_choose(c->socket, STR(""), now, &turn, &a))
		socket_answer(c->socket, &turn, STR(""), now, &a);
	rest = buf_str(&a.remarks);
	while (rest.n > 0 && str_cut(&rest, '\n', &line) && line.n > 0)
		log_warn("a broadcast", "%.*s", STR_ARGS(line));
	if (a.sends || a.closes)
		channel_say(c, &a);
	socket_answer_fini(&a);
}

/* ---- members ----------------------------------------------------------- */

static struct channel *
channel_new(struct channels *all, struct worker *w, struct socket *s)
{
	size_t i, n = w->shared->nworkers;
	struct channel *c = xcalloc(1, sizeof(*c) + n * sizeof(*c->seats));
	uint64_t ms = socket_interval_ms(s);
	struct timeval tv = { (time_t)(ms / 1000),
		(suseconds_t)(ms % 1000 * 1000) };

	c->all = all;
	c->id = socket_channel(s);
	c->socket = s;
	c->owner = w;
	c->owner_seat = w->index;
	c->nseats = n;
	c->refs = 1;
	for (i = 0; i < n; i++)
		TAILQ_INIT(&c->seats[i].members);
	c->timer = event_new(w->base, -1, EV_PERSIST, channel_on_tick, c);
	if (c->timer == NULL)
		abort(); /* as for any small piece of memory */
	event_add(c->timer, &tv);
	TAILQ_INSERT_TAIL(&all->list, c, link);
	return c;
}

static struct channel *
channel_of(struct channels *all, struct socket_channel id)
{
	struct channel *c;

	TAILQ_FOREACH(c, &all->list, link)
	if (c->id.route == id.route && c->id.session == id.session)
		return c;
	return NULL;
}

void
channel_join(struct channels *all, struct worker *w, struct socket *s,
    struct channel_member *m)
{
	struct channel *c;

	pthread_mutex_lock(&all->lock);
	c = channel_of(all, socket_channel(s));
	if (c == NULL)
		c = channel_new(all, w, s);
	c->members++;
	c->refs++;
	if (c->seats[w->index].box == NULL)
		c->seats[w->index].box = mailbox_ref(w->mailbox);
	pthread_mutex_unlock(&all->lock);
	if (c->socket != s)
		socket_free(s);
	m->of = c;
	TAILQ_INSERT_TAIL(&c->seats[w->index].members, m, link);
}

void
channel_leave(struct worker *w, struct channel_member *m)
{
	struct channel *c = m->of;
	bool last;

	TAILQ_REMOVE(&c->seats[w->index].members, m, link);
	m->of = NULL;
	pthread_mutex_lock(&c->all->lock);
	last = --c->members == 0;
	if (last)
		TAILQ_REMOVE(&c->all->list, c, link);
	pthread_mutex_unlock(&c->all->lock);
	/* Its mailbox is closed only when the owner's loop has ended. */
	if (last && (c->owner == w || !mailbox_post(c->seats[c->owner_seat].box,
					  channel_end, c)))
		channel_end(w, c);
	channel_unref(c);
}
