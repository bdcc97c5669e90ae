#include "config.h"

#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include <event2/event.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "gateway/channel.h"
#include "gateway/lane.h"
#include "gateway/meter.h"
#include "gateway/traffic_note.h"
#include "gateway/transaction.h"
#include "gateway/worker.h"
#include "gateway/ws_handshake.h"
#include "mock/mocks.h"
#include "mock/socket.h"

#include "gateway/chat.h"

/* An answer that waits for its time. */
struct chat_later {
	TAILQ_ENTRY(chat_later) link;
	struct chat *of;
	struct event *timer;
	struct socket_turn turn;
	struct buf text;
};

struct chat {
	struct transaction *t;
	struct lane *lane;
	struct socket *socket; /* NULL: the channel has it */
	struct channel_member member;
	struct ws_message_reader reader;
	struct event *timer; /* of a stream, or for the end */
	TAILQ_HEAD(, chat_later) later;
	size_t nlater;
	struct socket_answer answer;
	struct buf out;
	struct buf behind; /* came when too much waited to be taken */
	size_t queued;
	bool closing; /* our Close is out */
	bool heard;   /* something since the last look */
	bool over;    /* nothing is to be read any more */
};

static void
chat_arm(struct event *timer, uint64_t us)
{
	struct timeval tv = { (time_t)(us / 1000000),
		(suseconds_t)(us % 1000000) };

	event_add(timer, &tv);
}

static struct event *
chat_timer(struct chat *c, short what, event_callback_fn fn, void *arg)
{
	struct event *timer = event_new(c->t->w->base, -1, what, fn, arg);

	if (timer == NULL)
		abort(); /* as for any small piece of memory */
	return timer;
}

/* ---- the end ----------------------------------------------------------- */

static void
chat_later_free(struct chat_later *l)
{
	TAILQ_REMOVE(&l->of->later, l, link);
	l->of->nlater--;
	event_free(l->timer);
	buf_free(&l->text);
	free(l);
}

/* No more is said: what waits for its time never comes. */
static void
chat_hush(struct chat *c)
{
	while (!TAILQ_EMPTY(&c->later))
		chat_later_free(TAILQ_FIRST(&c->later));
	if (c->member.of != NULL)
		channel_leave(c->t->w, &c->member);
	if (c->timer != NULL)
		event_free(c->timer);
	c->timer = NULL;
}

static void
chat_free(struct chat *c, const char *why)
{
	char subject[256];

	chat_hush(c);
	meter_add(c->t->w->meter, METER_AT(sockets_over), 1);
	log_debug(transaction_subject(c->t, subject, sizeof(subject)),
	    "the WebSocket is over: %s", why);
	transaction_over(c->t);
	ws_message_fini(&c->reader);
	socket_answer_fini(&c->answer);
	socket_free(c->socket);
	buf_free(&c->out);
	buf_free(&c->behind);
	free(c);
}

/* Once both have said Close, or one of them left. */
static void
chat_end(struct chat *c, const char *why)
{
	struct lane *lane = c->lane;

	chat_free(c, why);
	lane_close(lane);
}

static void
chat_on_unanswered(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	chat_end(arg, "the client did not answer the Close");
}

static void
chat_write(struct chat *c)
{
	traffic_note_frames(c->t, false, buf_str(&c->out));
	c->queued = lane_write(c->lane, buf_str(&c->out));
	buf_clear(&c->out, CHAT_MESSAGE);
}

static void
chat_close(struct chat *c, unsigned code, struct str reason)
{
	if (c->closing)
		return;
	ws_message_close(&c->out, code == SOCKET_NO_CODE ? WS_CODE_NONE : code,
	    reason, NULL);
	chat_write(c);
	c->closing = true;
	chat_hush(c);
	lane_read(c->lane, true);
	c->timer = chat_timer(c, 0, chat_on_unanswered, c);
	chat_arm(c->timer, CHAT_CLOSE_US);
}

/* ---- what the route says ----------------------------------------------- */

static void
chat_send(struct chat *c, struct str frame)
{
	char subject[256];

	if (c->closing)
		return;
	if (c->queued > CHAT_QUEUED) {
		log_info(transaction_subject(c->t, subject, sizeof(subject)),
		    "the client reads too slowly and is closed");
		chat_close(c, 1013, STR("the client reads too slowly"));
		return;
	}
	meter_add(c->t->w->meter, METER_AT(said), 1);
	c->t->messages++;
	buf_add_str(&c->out, frame);
	chat_write(c);
	if (c->queued > CHAT_QUEUED)
		lane_read(c->lane, false);
}

/* What c->answer says. */
static void
chat_act(struct chat *c)
{
	struct socket_answer *a = &c->answer;
	struct str rest = buf_str(&a->remarks), line;
	struct buf frame = { 0 };
	char subject[256];

	while (rest.n > 0 && str_cut(&rest, '\n', &line) && line.n > 0)
		log_warn(transaction_subject(c->t, subject, sizeof(subject)),
		    "%.*s", STR_ARGS(line));
	if (a->sends) {
		ws_message_write(&frame, WS_TEXT, buf_str(&a->text), NULL);
		chat_send(c, buf_str(&frame));
		buf_free(&frame);
	}
	if (a->closes)
		chat_close(c, a->code, buf_str(&a->reason));
}

static void
chat_answer(struct chat *c, const struct socket_turn *turn, struct str text)
{
	socket_answer(c->socket, turn, text, clock_wall_us(), &c->answer);
	chat_act(c);
}

static void
chat_on_later(evutil_socket_t fd, short what, void *arg)
{
	struct chat_later *l = arg;
	struct chat *c = l->of;
	struct socket_turn turn = l->turn;
	struct buf text = l->text;

	(void)fd;
	(void)what;
	l->text = (struct buf){ 0 };
	chat_later_free(l);
	chat_answer(c, &turn, buf_str(&text));
	buf_free(&text);
}

static void
chat_postpone(struct chat *c, const struct socket_turn *turn, struct str text)
{
	struct chat_later *l;

	if (c->nlater == CHAT_LATER) {
		chat_close(c, 1008, STR("too many messages wait for answers"));
		return;
	}
	l = xcalloc(1, sizeof(*l));
	l->of = c;
	l->turn = *turn;
	buf_add_str(&l->text, text);
	l->timer = chat_timer(c, 0, chat_on_later, l);
	TAILQ_INSERT_TAIL(&c->later, l, link);
	c->nlater++;
	chat_arm(l->timer, turn->latency_ms * 1000);
}

static void
chat_on_tick(evutil_socket_t fd, short what, void *arg)
{
	struct chat *c = arg;
	struct socket_turn turn;

	(void)fd;
	(void)what;
	if (socket_choose(
		c->socket, STR(""), clock_wall_us(), &turn, &c->answer))
		chat_answer(c, &turn, STR(""));
	else
		chat_act(c);
}

static void
chat_on_bulletin(struct channel_member *m, struct str frame, bool closes,
    unsigned code, struct str reason)
{
	struct chat *c =
	    (struct chat *)((char *)m - offsetof(struct chat, member));

	if (frame.n > 0)
		chat_send(c, frame);
	if (closes)
		chat_close(c, code, reason);
}

/* ---- what the client says ---------------------------------------------- */

/* A text; streams are deaf, as in Mockoon. */
static void
chat_hear(struct chat *c, struct str text)
{
	struct socket_turn turn;

	meter_add(c->t->w->meter, METER_AT(heard), 1);
	c->t->messages++;
	if (c->socket == NULL || socket_mode(c->socket) != MOCK_STREAMING_NONE)
		return;
	if (!socket_choose(c->socket, text, clock_wall_us(), &turn, &c->answer))
		chat_act(c);
	else if (turn.latency_ms > 0)
		chat_postpone(c, &turn, text);
	else
		chat_answer(c, &turn, text);
}

static void
chat_take(struct chat *c, const struct ws_message *m)
{
	char subject[256];

	switch (m->opcode) {
	case WS_TEXT:
		if (!c->closing)
			chat_hear(c, m->payload);
		break;
	case WS_BINARY:
		log_warn(transaction_subject(c->t, subject, sizeof(subject)),
		    "a binary message, which no mocked route answers");
		break;
	case WS_PING:
		if (c->closing)
			break;
		ws_message_write(&c->out, WS_PONG, m->payload, NULL);
		chat_write(c);
		break;
	case WS_CLOSE:
		c->over = true;
		if (c->closing)
			break;
		ws_message_close(&c->out, m->code, STR(""), NULL);
		chat_write(c);
		break;
	case WS_PONG:
	case WS_CONTINUATION:
		break;
	}
}

static void
chat_read(struct chat *c, struct str bytes)
{
	struct ws_message m;
	enum ws_fault fault;
	enum ws_step step = WS_DONE;
	size_t used;

	while (step == WS_DONE && !c->over &&
	       (c->closing || c->queued <= CHAT_QUEUED)) {
		step = ws_message_read(
		    &c->reader, bytes.p, bytes.n, &used, &m, &fault);
		bytes.p += used;
		bytes.n -= used;
		if (step == WS_DONE)
			chat_take(c, &m);
	}
	if (c->over) {
		chat_end(c, "the client closed it");
	} else if (step == WS_FAULTY) {
		chat_close(
		    c, ws_fault_code(fault), str_of(ws_fault_text(fault)));
		chat_end(c, ws_fault_text(fault));
	} else if (step == WS_DONE) {
		buf_add_str(&c->behind, bytes);
	}
}

static void
chat_on_bytes(void *arg, struct str bytes)
{
	struct chat *c = arg;

	c->heard = true;
	traffic_note_frames(c->t, true, bytes);
	chat_read(c, bytes);
}

static void
chat_on_end(void *arg)
{
	chat_end(arg, "the client left without a Close");
}

static void
chat_on_drained(void *arg)
{
	struct chat *c = arg;
	struct buf behind = c->behind;

	c->queued = 0;
	c->behind = (struct buf){ 0 };
	lane_read(c->lane, true);
	if (behind.n > 0)
		chat_read(c, buf_str(&behind));
	buf_free(&behind);
}

static void
chat_on_gone(void *arg, const char *why)
{
	chat_free(arg, why);
}

/* Whoever is silent is asked whether it is still there. */
static void
chat_on_idle(void *arg)
{
	struct chat *c = arg;
	struct lane *lane = c->lane;

	if (!c->heard) {
		chat_free(c, "the client is silent");
		lane_abort(lane);
		return;
	}
	c->heard = false;
	ws_message_write(&c->out, WS_PING, STR(""), NULL);
	chat_write(c);
}

static void
chat_on_stop(void *arg)
{
	chat_close(arg, 1001, STR("the gateway stops"));
}

/* ---- the beginning ----------------------------------------------------- */

static void
chat_refuse_with(struct transaction *t, enum source source, int status,
    const char *fields, const char *text)
{
	struct buf *b = &t->w->head;

	t->source = source;
	t->status = status;
	t->keep = false;
	b->n = 0;
	http1_add_status_line(b, status);
	buf_addf(b, "Content-Type: text/html\r\n%sContent-Length: %zu\r\n",
	    fields, strlen(text));
	reply_choose_framing(t, status, true);
	reply_finish_head(t);
	reply_whole(t, str_of(text));
}

void
chat_refuse(struct transaction *t)
{
	chat_refuse_with(
	    t, SOURCE_MISS, 404, "", "No WebSocket route found for this path");
}

/* The first of the protocols that the client would speak, as in Mockoon. */
static struct str
chat_protocol(const struct headers *h)
{
	struct str rest = headers_get(h, "Sec-WebSocket-Protocol"), first;

	if (rest.p == NULL || !str_cut(&rest, ',', &first))
		return STR("");
	first = str_trim(first);
	return str_is_token(first) ? first : STR("");
}

static void
chat_agree(struct transaction *t, struct str route)
{
	const struct headers *h = &t->r->head.headers;
	struct str protocol = chat_protocol(h);
	char accept[WS_ACCEPT_BYTES];
	struct buf *b = &t->w->head;
	struct iovec v;

	t->source = SOURCE_MOCK;
	t->status = 101;
	ws_handshake_accept(headers_get(h, "Sec-WebSocket-Key"), accept);
	b->n = 0;
	http1_add_status_line(b, 101);
	buf_addf(b,
	    "Upgrade: websocket\r\nConnection: Upgrade\r\n"
	    "Sec-WebSocket-Accept: %s\r\n",
	    accept);
	if (protocol.n > 0)
		buf_addf(
		    b, "Sec-WebSocket-Protocol: %.*s\r\n", STR_ARGS(protocol));
	if (t->settings->source_header)
		buf_addf(
		    b, "X-Hark-Source: mock;route=%.*s\r\n", STR_ARGS(route));
	buf_add_text(b, "\r\n");
	traffic_note_route(t, route);
	traffic_note_head(t);
	traffic_note_socket(t);
	v = (struct iovec){ b->p, b->n };
	client_write(t->c, &v, 1);
}

static void
chat_start(struct chat *c)
{
	struct socket *s = c->socket;

	socket_greet(s, clock_wall_us(), &c->answer);
	chat_act(c);
	if (c->closing)
		return;
	switch (socket_mode(s)) {
	case MOCK_STREAMING_NONE:
		break;
	case MOCK_STREAMING_UNICAST:
		c->timer = chat_timer(c, EV_PERSIST, chat_on_tick, c);
		chat_arm(c->timer, socket_interval_ms(s) * 1000);
		break;
	case MOCK_STREAMING_BROADCAST:
		c->socket = NULL;
		c->member.say = chat_on_bulletin;
		channel_join(c->t->w->shared->channels, c->t->w, s, &c->member);
		break;
	}
}

static void
chat_new(struct transaction *t, struct socket *s)
{
	static const struct lane_events events = {
		.on_bytes = chat_on_bytes,
		.on_end = chat_on_end,
		.on_drained = chat_on_drained,
		.on_gone = chat_on_gone,
		.on_idle = chat_on_idle,
		.on_stop = chat_on_stop,
	};
	struct chat *c = xcalloc(1, sizeof(*c));

	c->t = t;
	c->socket = s;
	c->heard = true;
	meter_add(t->w->meter, METER_AT(sockets), 1);
	TAILQ_INIT(&c->later);
	ws_message_start(&c->reader, true, CHAT_MESSAGE, NULL);
	c->lane = client_take_over(t->c);
	lane_listen(c->lane, &events, c);
	chat_start(c);
}

bool
chat_begin(struct transaction *t, const struct mock_request *q)
{
	struct socket *s = mocks_socket(t->w->mocks, q);
	int status;
	const char *wrong;

	if (s == NULL)
		return false;
	wrong = ws_handshake_wrong(&t->r->head.headers, &status);
	if (wrong == NULL) {
		meter_route(t->w->meter, socket_route(s));
		chat_agree(t, socket_route(s));
		chat_new(t, s);
		return true;
	}
	socket_free(s);
	if (status == 426)
		chat_refuse_with(t, SOURCE_MOCK, 400,
		    "Sec-WebSocket-Version: 13\r\n",
		    "Missing or invalid Sec-WebSocket-Version header");
	else
		chat_refuse_with(t, SOURCE_MOCK, 400, "",
		    "Missing or invalid Sec-WebSocket-Key header");
	return true;
}
