#include "config.h"

#include "base/buf.h"
#include "gateway/traffic.h"
#include "gateway/traffic_flow.h"
#include "gateway/traffic_view.h"
#include "har/date.h"
#include "har/json_write.h"

#include "gateway/traffic_json.h"

#define TRAFFIC_JSON_EVENTS 1000 /* of a stream */

static void
traffic_json_text(struct json_write *w, const char *name, struct str s)
{
	json_write_name(w, str_of(name));
	if (s.p != NULL && s.n > 0)
		json_write_str(w, s);
	else
		json_write_null(w);
}

/* Null for what is below 0, or at it with none. */
static void
traffic_json_int(
    struct json_write *w, const char *name, int64_t v, int64_t none)
{
	json_write_name(w, str_of(name));
	if (v > none)
		json_write_int(w, v);
	else
		json_write_null(w);
}

static void
traffic_json_lines(struct json_write *w, const char *name, struct str rest)
{
	struct str line;

	json_write_name(w, str_of(name));
	json_write_array(w);
	while (rest.n > 0 && str_cut(&rest, '\n', &line))
		if (line.n > 0)
			json_write_str(w, line);
	json_write_array_end(w);
}

static void
traffic_json_miss(struct json_write *w, const struct traffic_row *r)
{
	json_write_name(w, STR("miss"));
	if (r->reason == NULL) {
		json_write_null(w);
		return;
	}
	json_write_object(w);
	json_write_member(w, "reason", str_of(r->reason));
	traffic_json_int(w, "nearest", r->nearest, 0);
	json_write_member(w, "text", r->text[TRAFFIC_MISS]);
	traffic_json_lines(w, "rules", r->text[TRAFFIC_RULES]);
	json_write_object_end(w);
}

static void
traffic_json_members(struct json_write *w, const struct traffic_row *r)
{
	const struct str *x = r->text;
	char time[DATE_BYTES];

	date_format(r->started_us, time);
	json_write_member_int(w, "id", (int64_t)r->number);
	json_write_member(w, "time", str_of(time));
	json_write_member(w, "state", str_of(traffic_state_text(r->state)));
	json_write_member(w, "client", x[TRAFFIC_CLIENT]);
	json_write_member(w, "session", x[TRAFFIC_SESSION]);
	json_write_member(w, "method", x[TRAFFIC_METHOD]);
	json_write_member(w, "scheme", str_of(r->secure ? "https" : "http"));
	json_write_member(w, "host", x[TRAFFIC_HOST]);
	json_write_member(w, "path", x[TRAFFIC_PATH]);
	traffic_json_int(w, "status", r->status, 0);
	json_write_member(w, "source", str_of(r->source));
	json_write_member(w, "mode", str_of(r->mode));
	traffic_json_text(w, "tier", str_of(r->tier));
	traffic_json_int(w, "entry", traffic_row_entry(r), 0);
	traffic_json_text(w, "route", x[TRAFFIC_ROUTE]);
	json_write_member_int(w, "duration_us", r->duration_us);
	traffic_json_int(w, "wait_us", r->wait_us, -1);
	json_write_member_int(w, "request_bytes", (int64_t)r->request_bytes);
	json_write_member_int(w, "response_bytes", (int64_t)r->response_bytes);
	traffic_json_text(w, "content_type",
	    traffic_field(x[TRAFFIC_RESPONSE_FIELDS], "Content-Type"));
	traffic_json_miss(w, r);
	traffic_json_text(w, "note", x[TRAFFIC_NOTE]);
}

void
traffic_json_summary(struct json_write *w, const struct traffic_row *r)
{
	json_write_object(w);
	traffic_json_members(w, r);
	json_write_object_end(w);
}

/* ---- details ------------------------------------------------------------ */

static void
traffic_json_timings(struct json_write *w, const struct timings *t)
{
	json_write_name(w, STR("timings_us"));
	json_write_object(w);
	traffic_json_int(w, "blocked", t->blocked, -1);
	traffic_json_int(w, "dns", t->dns, -1);
	traffic_json_int(w, "connect", t->connect, -1);
	traffic_json_int(w, "ssl", t->tls, -1);
	traffic_json_int(w, "send", t->send, -1);
	traffic_json_int(w, "wait", t->wait, -1);
	traffic_json_int(w, "receive", t->receive, -1);
	json_write_object_end(w);
}

static void
traffic_json_fields(struct json_write *w, struct str rest)
{
	struct str line, name;

	json_write_name(w, STR("headers"));
	json_write_array(w);
	while (rest.n > 0 && str_cut(&rest, '\n', &line)) {
		if (line.n > 0 && line.p[line.n - 1] == '\r')
			line.n--;
		if (!str_cut(&line, ':', &name) || line.p == NULL)
			continue;
		json_write_object(w);
		json_write_member(w, "name", name);
		json_write_member(w, "value", str_trim(line));
		json_write_object_end(w);
	}
	json_write_array_end(w);
}

static void
traffic_json_message(
    struct json_write *w, const struct traffic_row *r, enum traffic_side side)
{
	bool asks = side == TRAFFIC_OF_REQUEST;
	struct buf body = { 0 };
	bool whole = traffic_view_body(r, side, &body);

	json_write_name(w, asks ? STR("request") : STR("response"));
	json_write_object(w);
	if (!asks)
		json_write_member(w, "reason", r->text[TRAFFIC_REASON]);
	traffic_json_fields(w,
	    r->text[asks ? TRAFFIC_REQUEST_FIELDS : TRAFFIC_RESPONSE_FIELDS]);
	json_write_member_int(w, "body_bytes",
	    (int64_t)(asks ? r->request_bytes : r->response_bytes));
	json_write_member_int(w, "kept_bytes", (int64_t)body.n);
	json_write_name(w, STR("cut"));
	json_write_bool(w, !whole);
	json_write_object_end(w);
	buf_free(&body);
}

static void
traffic_json_messages(struct json_write *w, const struct traffic_flow_seen *s)
{
	struct str rest = buf_str(&s->bytes), line;

	json_write_name(w, STR("messages"));
	json_write_array(w);
	while (rest.n > 0 && str_cut(&rest, '\n', &line))
		if (line.n > 0)
			(void)json_write_copy(w, line);
	json_write_array_end(w);
	json_write_member_int(w, "messages_seen", (int64_t)s->count);
	json_write_member_int(w, "messages_dropped", (int64_t)s->dropped);
}

static void
traffic_json_events(struct json_write *w, const struct traffic_flow_seen *s)
{
	struct traffic_event e = { .at_us = -1 };
	size_t at = 0, n = 0;

	json_write_name(w, STR("events"));
	json_write_array(w);
	while (n++ < TRAFFIC_JSON_EVENTS && traffic_view_event(s, &at, &e)) {
		json_write_object(w);
		traffic_json_int(w, "at_us", e.at_us, -1);
		traffic_json_text(w, "event", buf_str(&e.type));
		traffic_json_text(w, "id", buf_str(&e.id));
		json_write_member(w, "data", buf_str(&e.data));
		json_write_object_end(w);
	}
	json_write_array_end(w);
	traffic_view_event_fini(&e);
}

static void
traffic_json_flow(struct json_write *w, const struct traffic_row *r)
{
	struct str type =
	    traffic_field(r->text[TRAFFIC_RESPONSE_FIELDS], "Content-Type");
	struct traffic_flow_seen s;

	if (r->flow == NULL)
		return;
	traffic_flow_look(r->flow, &s);
	if (s.messages)
		traffic_json_messages(w, &s);
	else if (str_istarts(type, "text/event-stream"))
		traffic_json_events(w, &s);
	traffic_flow_seen_fini(&s);
}

void
traffic_json_details(struct json_write *w, const struct traffic_row *r)
{
	json_write_object(w);
	traffic_json_members(w, r);
	json_write_member(
	    w, "version", str_of(r->minor == 1 ? "HTTP/1.1" : "HTTP/1.0"));
	traffic_json_text(w, "upstream", r->text[TRAFFIC_UPSTREAM]);
	traffic_json_text(w, "derived", str_of(r->derived));
	traffic_json_timings(w, &r->timings);
	traffic_json_message(w, r, TRAFFIC_OF_REQUEST);
	traffic_json_message(w, r, TRAFFIC_OF_RESPONSE);
	traffic_json_flow(w, r);
	json_write_object_end(w);
}
