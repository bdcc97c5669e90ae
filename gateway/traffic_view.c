#include "config.h"

#include <string.h>

#include "base/arena.h"
#include "gateway/query.h"
#include "gateway/traffic.h"
#include "gateway/traffic_flow.h"
#include "har/coding.h"
#include "har/exchange.h"

#include "gateway/traffic_view.h"

#define TRAFFIC_VIEW_DECODED (16u << 20) /* of a body without its codings */

static struct str
traffic_view_fields(const struct traffic_row *r, enum traffic_side side)
{
	return r->text[side == TRAFFIC_OF_REQUEST ? TRAFFIC_REQUEST_FIELDS
						  : TRAFFIC_RESPONSE_FIELDS];
}

/* ---- bodies ------------------------------------------------------------ */

static bool
traffic_view_flow(const struct traffic_row *r, struct buf *out)
{
	struct traffic_flow_seen s;
	bool whole;

	traffic_flow_look(r->flow, &s);
	whole = s.dropped == 0 && (s.messages || s.size == s.bytes.n) &&
		r->state != TRAFFIC_OPEN;
	buf_add_str(out, buf_str(&s.bytes));
	traffic_flow_seen_fini(&s);
	return whole;
}

bool
traffic_view_body(
    const struct traffic_row *r, enum traffic_side side, struct buf *out)
{
	struct str kept =
	    r->text[side == TRAFFIC_OF_REQUEST ? TRAFFIC_REQUEST_BODY
					       : TRAFFIC_RESPONSE_BODY];

	if (side == TRAFFIC_OF_RESPONSE && r->flow != NULL)
		return traffic_view_flow(r, out);
	buf_add_str(out, kept);
	return side == TRAFFIC_OF_REQUEST
		   ? r->request_changed || kept.n == r->request_bytes
		   : r->response_changed || kept.n == r->response_bytes;
}

bool
traffic_view_decoded(
    const struct traffic_row *r, enum traffic_side side, struct buf *out)
{
	struct arena arena = { 0 };
	struct headers fields = { 0 };
	struct buf raw = { 0 };
	struct str list;
	bool whole = traffic_view_body(r, side, &raw);

	(void)headers_parse(&fields, &arena, traffic_view_fields(r, side));
	list = coding_list(&fields, &arena);
	if (list.n == 0 || coding_decode(list, buf_str(&raw),
			       TRAFFIC_VIEW_DECODED, out) != CODING_DONE) {
		whole = whole && list.n == 0;
		buf_add_str(out, buf_str(&raw));
	}
	buf_free(&raw);
	arena_fini(&arena);
	return whole;
}

/* ---- as an exchange ----------------------------------------------------- */

static void
traffic_view_message(const struct traffic_row *r, enum traffic_side side,
    struct exchange *x, struct message *m)
{
	struct str fields = arena_str(&x->arena, traffic_view_fields(r, side));

	m->minor = r->minor;
	m->version = r->minor == 1 ? STR("HTTP/1.1") : STR("HTTP/1.0");
	(void)headers_parse(&m->headers, &x->arena, fields);
	m->body.known = traffic_view_body(r, side, &m->body.bytes);
	if (!m->body.known)
		buf_free(&m->body.bytes);
	m->body.size =
	    side == TRAFFIC_OF_REQUEST ? r->request_bytes : r->response_bytes;
	m->framing = m->body.size > 0 ? FRAMING_LENGTH : FRAMING_NONE;
}

struct exchange *
traffic_view_exchange(const struct traffic_row *r)
{
	struct exchange *x = exchange_new();
	struct arena *a = &x->arena;
	struct str host = r->text[TRAFFIC_HOST];

	x->id = traffic_row_entry(r);
	x->started_us = r->started_us;
	x->timings = r->timings;
	x->method = arena_str(a, r->text[TRAFFIC_METHOD]);
	x->target = arena_str(a, r->text[TRAFFIC_PATH]);
	x->url = str_of(arena_printf(a, "%s://%.*s%.*s",
	    r->secure ? "https" : "http", STR_ARGS(host), STR_ARGS(x->target)));
	x->status = r->status;
	x->reason = arena_str(a, r->text[TRAFFIC_REASON]);
	x->outcome = r->state == TRAFFIC_DONE   ? OUTCOME_COMPLETE
		     : r->state == TRAFFIC_GONE ? OUTCOME_CLIENT_GONE
						: OUTCOME_TRUNCATED;
	x->failure = arena_str(a, r->text[TRAFFIC_NOTE]);
	x->client_addr = arena_str(a, r->text[TRAFFIC_CLIENT]);
	x->session = arena_str(a, r->text[TRAFFIC_SESSION]);
	x->mode = str_of(r->mode);
	traffic_view_message(r, TRAFFIC_OF_REQUEST, x, &x->request);
	traffic_view_message(r, TRAFFIC_OF_RESPONSE, x, &x->response);
	return x;
}

/* ---- for a query -------------------------------------------------------- */

void
traffic_view_query(const struct traffic_row *r, struct query_of *q)
{
	const struct str *x = r->text;

	*q = (struct query_of){
		.text = {
		    [QUERY_METHOD] = x[TRAFFIC_METHOD],
		    [QUERY_SCHEME] = r->secure ? STR("https") : STR("http"),
		    [QUERY_HOST] = x[TRAFFIC_HOST],
		    [QUERY_TARGET] = x[TRAFFIC_PATH],
		    [QUERY_SOURCE] = str_of(r->source),
		    [QUERY_MODE] = str_of(r->mode),
		    [QUERY_TIER] = str_of(r->tier),
		    [QUERY_STATE] = str_of(traffic_state_text(r->state)),
		    [QUERY_SESSION] = x[TRAFFIC_SESSION],
		    [QUERY_CLIENT] = x[TRAFFIC_CLIENT],
		    [QUERY_ROUTE] = x[TRAFFIC_ROUTE],
		    [QUERY_REASON] = str_of(r->reason),
		    [QUERY_NOTE] =
			x[TRAFFIC_NOTE].n > 0 ? x[TRAFFIC_NOTE]
					      : x[TRAFFIC_MISS],
		    [QUERY_TYPE] = traffic_field(
			x[TRAFFIC_RESPONSE_FIELDS], "Content-Type"),
		    [QUERY_REQUEST_FIELDS] = x[TRAFFIC_REQUEST_FIELDS],
		    [QUERY_RESPONSE_FIELDS] = x[TRAFFIC_RESPONSE_FIELDS],
		    [QUERY_REQUEST_BODY] = x[TRAFFIC_REQUEST_BODY],
		    [QUERY_RESPONSE_BODY] = x[TRAFFIC_RESPONSE_BODY],
		},
		.number = {
		    [QUERY_ID] = (int64_t)r->number,
		    [QUERY_STATUS] = r->status,
		    [QUERY_ENTRY] = traffic_row_entry(r),
		    [QUERY_DURATION] = r->duration_us,
		    [QUERY_WAIT] = r->wait_us,
		    [QUERY_SIZE] = (int64_t)r->response_bytes,
		    [QUERY_SENT] = (int64_t)r->request_bytes,
		},
	};
}

/* ---- events ------------------------------------------------------------- */

/* When the byte in front of end came. */
static int64_t
traffic_view_when(const struct traffic_flow_seen *s, size_t end)
{
	int64_t at = -1;
	size_t i;

	for (i = 0; i < s->nmarks && s->marks[i].offset < end; i++)
		at = s->marks[i].at_us;
	return at;
}

static void
traffic_view_event_line(struct traffic_event *e, struct str line)
{
	struct str name, value = line;
	struct buf *to = NULL;

	(void)str_cut(&value, ':', &name);
	if (value.p == NULL)
		value = STR("");
	if (value.n > 0 && value.p[0] == ' ')
		value = (struct str){ value.p + 1, value.n - 1 };
	if (str_is(name, "event"))
		to = &e->type;
	else if (str_is(name, "id"))
		to = &e->id;
	if (to != NULL)
		to->n = 0;
	if (str_is(name, "data")) {
		to = &e->data;
		if (e->data.p != NULL)
			buf_add_text(to, "\n");
		buf_reserve(to, 1); /* an empty line of data counts */
	}
	if (to != NULL)
		buf_add_str(to, value);
}

bool
traffic_view_event(
    const struct traffic_flow_seen *s, size_t *at, struct traffic_event *e)
{
	struct str rest = { s->bytes.p + *at, s->bytes.n - *at }, line;
	bool some = false;

	traffic_view_event_fini(e);
	while (rest.n > 0 && memchr(rest.p, '\n', rest.n) != NULL) {
		(void)str_cut(&rest, '\n', &line);
		*at = s->bytes.n - rest.n;
		if (line.n > 0 && line.p[line.n - 1] == '\r')
			line.n--;
		if (line.n == 0 && some) {
			e->at_us = traffic_view_when(s, *at);
			return true;
		}
		if (line.n > 0 && line.p[0] != ':') {
			some = true;
			traffic_view_event_line(e, line);
		}
	}
	traffic_view_event_fini(e);
	return false;
}

void
traffic_view_event_fini(struct traffic_event *e)
{
	buf_free(&e->type);
	buf_free(&e->id);
	buf_free(&e->data);
	*e = (struct traffic_event){ .at_us = -1 };
}
