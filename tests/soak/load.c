#include "config.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "tests/soak/reader.h"
#include "tests/soak/writer.h"

#include "tests/soak/ends.h"

#define LOAD_ITEMS 1000        /* that can be replayed */
#define LOAD_REQUESTS 500      /* on one connection */
#define LOAD_PATIENCE 60000000 /* µs without an answer */
#define LOAD_KINDS 16
#define LOAD_MOCK_SEED 7
#define LOAD_MOCK_SIZE 1024
#define LOAD_SAY 10 /* wrong answers that are told */

struct load;

struct load_client {
	int fd; /* -1 when not connected */
	int writing;
	unsigned requests;
	int status; /* what the answer has to have */
	const struct load_kind *kind;
	uint64_t number;
	char words[64]; /* of an expected text */
	struct text expected;
	int anything;
	struct reader in;
	struct writer out;
	struct load_client *next; /* idle */
};

/* Begins a request and says what its answer has to be. */
typedef void (*load_fn)(struct load *l, struct load_client *c);

struct load_kind {
	const char *name;
	load_fn begin;
};

struct load {
	int poll;
	uint16_t port;
	uint64_t chance;
	unsigned n_clients, busy;
	struct load_client *clients, *idle;
	/* of the run */
	const struct load_kind *kinds[LOAD_KINDS];
	unsigned n_kinds;
	int64_t begun_us, answered_us;
	uint64_t rate, first, most, begun, recorded;
	uint64_t answers, wrong, bytes;
};

static uint64_t
load_random(struct load *l, uint64_t below)
{
	return text_mix(l->chance++) % below;
}

static void
load_ask(struct load_client *c, const char *method, const char *path,
    const struct text *body, int chunked)
{
	char start[512];

	snprintf(start, sizeof(start), "%s %s HTTP/1.1\r\nHost: soak\r\n%s",
	    method, path,
	    strcmp(method, "POST") == 0 ? "Content-Type: text/plain\r\n" : "");
	writer_begin(&c->out, start, body, chunked, 1);
}

static void
load_item(struct load_client *c, const char *folder, uint64_t number)
{
	struct item i = item_of(number);
	char path[64];

	c->number = number;
	c->expected = i.response;
	snprintf(
	    path, sizeof(path), "/%s/%llu", folder, (unsigned long long)number);
	load_ask(c, i.method, path, &i.request, i.request_chunked);
}

static void
load_seed(struct load *l, struct load_client *c)
{
	load_item(c, "items", l->recorded++);
}

static void
load_replay(struct load *l, struct load_client *c)
{
	load_item(c, "items", load_random(l, LOAD_ITEMS));
}

static void
load_record(struct load *l, struct load_client *c)
{
	load_item(c, "record", l->first + l->recorded++);
}

static void
load_get(struct load_client *c, const char *path)
{
	static const struct text none = { .words = "" };

	load_ask(c, "GET", path, &none, 0);
}

static void
load_static(struct load *l, struct load_client *c)
{
	(void)l;
	c->expected.words = NULL;
	c->expected.seed = LOAD_MOCK_SEED;
	c->expected.size = LOAD_MOCK_SIZE;
	load_get(c, "/mock/static");
}

static void
load_template(struct load *l, struct load_client *c)
{
	unsigned id = (unsigned)load_random(l, 1000000);
	unsigned word = (unsigned)load_random(l, 1000000);
	char path[64];

	snprintf(path, sizeof(path), "/mock/echo/%u?word=%u", id, word);
	snprintf(c->words, sizeof(c->words), "%u says %u", id, word);
	c->expected.words = c->words;
	c->expected.size = strlen(c->words);
	load_get(c, path);
}

static void
load_miss(struct load *l, struct load_client *c)
{
	char path[64];

	snprintf(path, sizeof(path), "/items/none/%u",
	    (unsigned)load_random(l, 1000000));
	c->status = 501;
	c->anything = 1;
	load_get(c, path);
}

static const struct load_kind load_kinds[] = {
	{ "seed", load_seed },
	{ "record", load_record },
	{ "replay", load_replay },
	{ "static", load_static },
	{ "template", load_template },
	{ "miss", load_miss },
};

/*
 * Connections
 */

static void
load_want(struct load *l, struct load_client *c, int op, uint32_t events)
{
	struct epoll_event e = { .events = events, .data.ptr = c };

	if (epoll_ctl(l->poll, op, c->fd, &e) < 0) {
		perror("soak load: epoll_ctl");
		exit(1);
	}
}

static void
load_connect(struct load *l, struct load_client *c)
{
	struct sockaddr_in a = {
		.sin_family = AF_INET,
		.sin_port = htons(l->port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	int on = 1;

	c->fd = socket(AF_INET, SOCK_STREAM, 0);
	if (c->fd < 0 || connect(c->fd, (struct sockaddr *)&a, sizeof(a)) < 0) {
		perror("soak load: connect");
		exit(1);
	}
	setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	c->requests = 0;
	c->writing = 0;
	load_want(l, c, EPOLL_CTL_ADD, EPOLLIN);
}

static void
load_disconnect(struct load_client *c)
{
	close(c->fd);
	c->fd = -1;
}

static void
load_idle(struct load *l, struct load_client *c)
{
	l->busy--;
	c->kind = NULL;
	c->next = l->idle;
	l->idle = c;
}

static void
load_wrong(struct load *l, struct load_client *c, const char *why)
{
	if (l->wrong++ < LOAD_SAY)
		fprintf(stderr, "soak load: %s %llu: %s: %.300s\n",
		    c->kind->name, (unsigned long long)c->number, why,
		    c->in.head_size > 0 ? c->in.head : "no head");
	l->answered_us = clock_mono_us();
	l->answers++;
	load_disconnect(c);
	load_idle(l, c);
}

static void
load_write(struct load *l, struct load_client *c)
{
	int done = writer_flush(&c->out, c->fd);

	if (done < 0) {
		load_wrong(l, c, "could not be sent");
		return;
	}
	if (done == 0 && !c->writing)
		load_want(l, c, EPOLL_CTL_MOD, EPOLLIN | EPOLLOUT);
	if (done == 1 && c->writing)
		load_want(l, c, EPOLL_CTL_MOD, EPOLLIN);
	c->writing = done == 0;
}

static void
load_begin(struct load *l)
{
	struct load_client *c = l->idle;

	l->idle = c->next;
	l->busy++;
	c->kind = l->kinds[l->begun++ % l->n_kinds];
	c->status = 200;
	c->anything = 0;
	memset(&c->expected, 0, sizeof(c->expected));
	c->number = 0;
	c->kind->begin(l, c);
	reader_begin(&c->in);
	if (c->fd < 0)
		load_connect(l, c);
	c->requests++;
	load_write(l, c);
}

/* A whole answer came. */
static void
load_answered(struct load *l, struct load_client *c, int more)
{
	int close_it;

	if (atoi(c->in.head + strlen("HTTP/1.1 ")) != c->status) {
		load_wrong(l, c, "another status");
	} else if (c->in.wrong) {
		load_wrong(l, c, "wrong bytes");
	} else if (more || c->writing) {
		load_wrong(l, c, "an answer too early or too long");
	} else {
		l->answered_us = clock_mono_us();
		l->answers++;
		l->bytes += c->in.offset;
		close_it = reader_field(&c->in, "Connection") != NULL &&
			   strncmp(reader_field(&c->in, "Connection"), "close",
			       5) == 0;
		if (close_it || c->requests >= LOAD_REQUESTS)
			load_disconnect(c);
		load_idle(l, c);
	}
}

static void
load_read(struct load *l, struct load_client *c)
{
	static char bytes[65536];
	ssize_t n = recv(c->fd, bytes, sizeof(bytes), MSG_DONTWAIT);
	size_t taken = 0;

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (c->kind == NULL) { /* idle: it may end, but not say anything */
		if (n > 0)
			l->wrong++;
		load_disconnect(c);
		return;
	}
	if (n <= 0) {
		load_wrong(l, c, "the connection ended");
		return;
	}
	while (taken < (size_t)n) {
		taken += reader_feed(&c->in, bytes + taken, (size_t)n - taken);
		if (c->in.state == READER_HEAD_DONE)
			reader_expect(
			    &c->in, c->anything ? NULL : &c->expected, 0);
		if (c->in.state == READER_BROKEN) {
			load_wrong(l, c, "no HTTP");
			return;
		}
		if (c->in.state == READER_DONE) {
			load_answered(l, c, taken < (size_t)n);
			return;
		}
	}
}

/*
 * Runs
 */

/* How many may have been begun by now. */
static uint64_t
load_due(const struct load *l, int64_t now)
{
	uint64_t due = UINT64_MAX;

	if (l->rate > 0)
		due = (uint64_t)(now - l->begun_us) * l->rate / 1000000;
	return l->most > 0 && due > l->most ? l->most : due;
}

static void
load_events(struct load *l, int timeout_ms)
{
	struct epoll_event events[64];
	struct load_client *c;
	int i, n = epoll_wait(l->poll, events, 64, timeout_ms);

	for (i = 0; i < n; i++) {
		c = events[i].data.ptr;
		if (c->fd >= 0 && events[i].events & EPOLLOUT)
			load_write(l, c);
		if (c->fd >= 0 && events[i].events & ~(uint32_t)EPOLLOUT)
			load_read(l, c);
	}
}

/* Waits for all answers that are still to come. */
static int
load_finish(struct load *l)
{
	l->answered_us = clock_mono_us();
	while (l->busy > 0) {
		load_events(l, 100);
		if (clock_mono_us() - l->answered_us > LOAD_PATIENCE) {
			fprintf(stderr, "soak load: %u answers do not come\n",
			    l->busy);
			return -1;
		}
	}
	return 0;
}

static int
load_run(struct load *l, uint64_t seconds)
{
	int64_t now, end;

	l->begun = l->answers = l->wrong = l->bytes = l->recorded = 0;
	l->begun_us = l->answered_us = clock_mono_us();
	end = l->begun_us + (int64_t)seconds * 1000000;
	for (now = l->begun_us; now < end; now = clock_mono_us()) {
		while (l->idle != NULL && l->begun < load_due(l, now))
			load_begin(l);
		if (l->most > 0 && l->begun == l->most)
			break;
		load_events(l, 1);
		if (l->busy > 0 && now - l->answered_us > LOAD_PATIENCE)
			break;
	}
	return load_finish(l);
}

/* One line of standard input. */
static int
load_command(struct load *l, char *line)
{
	char *at, *word = strtok_r(line, " \n", &at);
	uint64_t numbers[4] = { 0 };
	size_t i, j;
	int bad;

	for (i = 0; i < 4 && word != NULL; i++) {
		numbers[i] = strtoull(word, NULL, 10);
		word = strtok_r(NULL, " \n", &at);
	}
	l->rate = numbers[1];
	l->first = numbers[2];
	l->most = numbers[3];
	l->n_kinds = 0;
	for (; word != NULL; word = strtok_r(NULL, " \n", &at))
		for (j = 0; j < sizeof(load_kinds) / sizeof(*load_kinds); j++)
			if (strcmp(word, load_kinds[j].name) == 0 &&
			    l->n_kinds < LOAD_KINDS)
				l->kinds[l->n_kinds++] = &load_kinds[j];
	if (l->n_kinds == 0) {
		fprintf(stderr, "soak load: no kind of request\n");
		return -1;
	}
	bad = load_run(l, numbers[0]);
	printf("{\"answers\": %llu, \"wrong\": %llu, \"recorded\": %llu, "
	       "\"bytes\": %llu, \"us\": %lld}\n",
	    (unsigned long long)l->answers, (unsigned long long)l->wrong,
	    (unsigned long long)l->recorded, (unsigned long long)l->bytes,
	    (long long)(clock_mono_us() - l->begun_us));
	return bad;
}

static void
load_init(struct load *l, const char *port, const char *clients)
{
	unsigned i;

	memset(l, 0, sizeof(*l));
	l->poll = epoll_create1(0);
	l->port = (uint16_t)atoi(port);
	l->n_clients = (unsigned)atoi(clients);
	l->clients = xcalloc(l->n_clients, sizeof(*l->clients));
	for (i = 0; i < l->n_clients; i++) {
		l->clients[i].fd = -1;
		l->busy++;
		load_idle(l, &l->clients[i]);
	}
}

int
load_main(int argc, char **argv)
{
	struct load l;
	char line[512];
	int bad = 0;

	if (argc != 3) {
		fprintf(stderr, "usage: soak load PORT CONNECTIONS\n");
		return 2;
	}
	load_init(&l, argv[1], argv[2]);
	while (bad == 0 && fgets(line, sizeof(line), stdin) != NULL)
		bad = load_command(&l, line);
	free(l.clients);
	return bad != 0;
}
