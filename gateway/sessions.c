#include "config.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/seeded.h"

#include "gateway/sessions.h"

#define SESSIONS_BUCKETS 1024

struct session {
	struct session *next;          /* in its bucket */
	struct session *newer, *older; /* by when it was used last */
	uint64_t number;
	int64_t used_us;
	struct session_count counts[SESSIONS_SOURCES + 1];
	struct str name;
};

struct sessions {
	pthread_mutex_t lock; /* of all that follows */
	struct session *buckets[SESSIONS_BUCKETS];
	struct session *newest, *oldest;
	size_t n, most;
	int64_t idle_us;
	uint64_t numbers; /* given out */
};

struct sessions *
sessions_new(size_t most, int64_t idle_us)
{
	struct sessions *s = xcalloc(1, sizeof(*s));

	pthread_mutex_init(&s->lock, NULL);
	s->most = most;
	s->idle_us = idle_us;
	return s;
}

static struct session **
sessions_place(struct sessions *s, struct str name)
{
	struct session **at = &s->buckets[seeded_hash(name) % SESSIONS_BUCKETS];

	while (*at != NULL && !str_eq((*at)->name, name))
		at = &(*at)->next;
	return at;
}

static void
sessions_unlink(struct sessions *s, struct session *x)
{
	*(x->newer != NULL ? &x->newer->older : &s->newest) = x->older;
	*(x->older != NULL ? &x->older->newer : &s->oldest) = x->newer;
}

static void
sessions_link(struct sessions *s, struct session *x)
{
	x->newer = NULL;
	x->older = s->newest;
	*(s->newest != NULL ? &s->newest->newer : &s->oldest) = x;
	s->newest = x;
}

static void
sessions_report(const struct session *x)
{
	struct buf text = { 0 };
	uint64_t all = 0;
	size_t i;

	for (i = 0; i < SESSIONS_SOURCES && x->counts[i].source != NULL; i++) {
		all += x->counts[i].n;
		buf_addf(&text, ", %s %" PRIu64, x->counts[i].source,
		    x->counts[i].n);
	}
	log_info("session", "%.*s ended: requests %" PRIu64 "%s",
	    STR_ARGS(x->name), all, buf_text(&text));
	buf_free(&text);
}

static void
sessions_end(struct sessions *s, struct session *x)
{
	*sessions_place(s, x->name) = x->next;
	sessions_unlink(s, x);
	s->n--;
	sessions_report(x);
	free(x);
}

void
sessions_free(struct sessions *s)
{
	if (s == NULL)
		return;
	while (s->oldest != NULL)
		sessions_end(s, s->oldest);
	pthread_mutex_destroy(&s->lock);
	free(s);
}

static struct session *
sessions_begin(struct sessions *s, struct str name)
{
	struct session *x = xcalloc(1, sizeof(*x) + name.n);

	if (s->n == s->most)
		sessions_end(s, s->oldest);
	memcpy(x + 1, name.p, name.n);
	x->name = (struct str){ (char *)(x + 1), name.n };
	x->number = ++s->numbers;
	*sessions_place(s, name) = x;
	sessions_link(s, x);
	s->n++;
	return x;
}

uint64_t
sessions_enter(struct sessions *s, struct str name, int64_t now_us)
{
	struct session *x;
	uint64_t number;

	pthread_mutex_lock(&s->lock);
	while (s->oldest != NULL && now_us - s->oldest->used_us > s->idle_us)
		sessions_end(s, s->oldest);
	x = *sessions_place(s, name);
	if (x == NULL) {
		x = sessions_begin(s, name);
	} else {
		sessions_unlink(s, x);
		sessions_link(s, x);
	}
	x->used_us = now_us;
	number = x->number;
	pthread_mutex_unlock(&s->lock);
	return number;
}

void
sessions_count(struct sessions *s, struct str name, const char *source)
{
	struct session *x;
	size_t i;

	pthread_mutex_lock(&s->lock);
	x = *sessions_place(s, name);
	for (i = 0; x != NULL && i < SESSIONS_SOURCES; i++) {
		if (x->counts[i].source == NULL)
			x->counts[i].source = source;
		if (x->counts[i].source == source) {
			x->counts[i].n++;
			break;
		}
	}
	pthread_mutex_unlock(&s->lock);
}

size_t
sessions_open(struct sessions *s)
{
	size_t n;

	pthread_mutex_lock(&s->lock);
	n = s->n;
	pthread_mutex_unlock(&s->lock);
	return n;
}

size_t
sessions_close(struct sessions *s, struct str name)
{
	struct session *x;
	size_t n = 0;

	pthread_mutex_lock(&s->lock);
	while ((x = name.p != NULL ? *sessions_place(s, name) : s->oldest) !=
	       NULL) {
		sessions_end(s, x);
		n++;
	}
	pthread_mutex_unlock(&s->lock);
	return n;
}

void
sessions_each(struct sessions *s,
    void (*on_session)(void *arg, const struct session_row *row), void *arg)
{
	struct session_row row;
	struct session *x;

	pthread_mutex_lock(&s->lock);
	for (x = s->newest; x != NULL; x = x->older) {
		row = (struct session_row){ .name = x->name,
			.number = x->number,
			.used_us = x->used_us,
			.counts = x->counts };
		on_session(arg, &row);
	}
	pthread_mutex_unlock(&s->lock);
}
