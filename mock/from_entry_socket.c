/*
 * A conversation from a recorded WebSocket: what the server said behind each
 * text of the client becomes the answer to that text, what it said before all
 * of them its greeting.
 */
#include "config.h"

#include <stdint.h>

#include "base/buf.h"
#include "har/frame.h"

#include "mock/draft.h"
#include "mock/endpoint.h"

#include "mock/from_entry_priv.h"

struct talk {
	struct from_entry *f;
	const struct from_entry_source *s;
	json_t *route;
	json_t
	    *response; /* to the last text of the client; NULL: none can be */
	bool heard;    /* the client has said something */
	bool said;     /* and was answered; or greeted */
};

static json_t *
talk_route(struct from_entry *f, struct str path)
{
	struct buf endpoint = { 0 };
	json_t *route;

	endpoint_add_literal(&endpoint, path);
	route = draft_find_route(f->draft, STR("ws"), buf_str(&endpoint));
	if (route == NULL) {
		route = draft_route(
		    f->draft, NULL, STR("ws"), buf_str(&endpoint), STR(""));
		draft_set(route, "type", STR("ws"));
		draft_set(route, "method", STR(""));
		draft_set(route, "responseMode", STR("FALLBACK"));
	}
	buf_free(&endpoint);
	return route;
}

static void
talk_note(struct talk *t, const char *text)
{
	draft_note(t->f->draft, t->s->where, "%s", text);
}

/* ---- what the client says ----------------------------------------------- */

/* The response is the last one; it goes where there is another for the same
 * text. */
static void
talk_settle(struct talk *t)
{
	json_t *responses = json_object_get(t->route, "responses"), *other;
	size_t i, n = json_array_size(responses);

	for (i = 0; t->response != NULL && i + 1 < n; i++) {
		other = json_array_get(responses, i);
		if (!json_equal(json_object_get(t->response, "rules"),
			json_object_get(other, "rules")))
			continue;
		if (!json_equal(json_object_get(t->response, "body"),
			json_object_get(other, "body")))
			talk_note(t,
			    "of answers to the same message the first stays");
		json_array_remove(responses, n - 1);
		break;
	}
	t->response = NULL;
}

static void
talk_hear(struct talk *t, const struct frame *f)
{
	struct buf value = { 0 };

	talk_settle(t);
	t->heard = true;
	t->said = false;
	if (f->opcode != FRAME_TEXT) {
		talk_note(t, "binary messages have no answer");
	} else if (f->size > f->data.n || !str_is_utf8(f->data) ||
		   !draft_quote(&value, f->data)) {
		talk_note(t, "a message has no answer: no rule can have it");
	} else {
		t->response = draft_response(t->route, t->s->where, 200);
		json_object_set_new(
		    t->response, "disableTemplating", json_true());
		draft_rule(t->response, "body", STR(""), "equals",
		    buf_str(&value), false);
	}
	buf_free(&value);
}

/* ---- what the server says ----------------------------------------------- */

static void
talk_greet(struct talk *t, struct str text)
{
	json_t *hark = draft_hark(t->route);
	struct buf value = { 0 };

	if (json_object_get(hark, "open") != NULL)
		talk_note(t, "of several greetings the first stays");
	else if (!draft_quote(&value, text))
		talk_note(t, "no template can have the greeting");
	else
		draft_set(hark, "open", buf_str(&value));
	buf_free(&value);
}

static void
talk_say(struct talk *t, const struct frame *f)
{
	if (f->opcode != FRAME_TEXT || f->size > f->data.n ||
	    !str_is_utf8(f->data))
		talk_note(t, "binary and cut messages are left out");
	else if (t->said)
		talk_note(t, "of several messages in a row the first stays");
	else if (!t->heard)
		talk_greet(t, f->data);
	else if (t->response != NULL)
		draft_set(t->response, "body", f->data);
	t->said = true;
}

static void
talk_close(struct talk *t, const struct frame *f)
{
	const uint8_t *p = (const uint8_t *)f->data.p;
	struct buf reason = { 0 };
	json_t *close;

	if (t->response == NULL || f->data.n < 2)
		return;
	close = json_object();
	json_object_set_new(close, "code", json_integer(p[0] << 8 | p[1]));
	if (f->data.n > 2 &&
	    draft_quote(&reason, (struct str){ f->data.p + 2, f->data.n - 2 }))
		draft_set(close, "reason", buf_str(&reason));
	json_object_set_new(draft_hark(t->response), "close", close);
	buf_free(&reason);
}

static void
talk_frame(struct talk *t, const struct frame *f)
{
	if (f->opcode == FRAME_PING || f->opcode == FRAME_PONG)
		return;
	if (f->opcode == FRAME_CLOSE) {
		if (!f->sent)
			talk_close(t, f);
	} else if (f->sent) {
		talk_hear(t, f);
	} else {
		talk_say(t, f);
	}
}

void
from_entry_socket(
    struct from_entry *f, const struct from_entry_source *s, struct str path)
{
	struct talk t = { .f = f, .s = s, .route = talk_route(f, path) };
	struct str rest = s->body, line;
	struct buf scratch = { 0 };
	struct frame frame;

	if (s->body.p == NULL)
		talk_note(&t, "the messages are left out: they are too many");
	while (rest.n > 0 && str_cut(&rest, '\n', &line)) {
		buf_clear(&scratch, 4096);
		if (frame_read(line, &frame, &scratch) == 0)
			talk_frame(&t, &frame);
	}
	talk_settle(&t);
	buf_free(&scratch);
}
