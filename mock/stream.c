#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/mem.h"
#include "mock/environment.h"
#include "mock/respond.h"
#include "mock/visit.h"

#include "mock/stream.h"

struct stream {
	struct visit *visit;
	const struct mock_stream *of;
	const struct plan *plan;
	bool lines;      /* pieces are lines, not events */
	struct buf body; /* that is cut, if there are no events */
	size_t at;       /* in it, or of the events */
	uint64_t round;  /* of the times it is sent */
	uint64_t index;  /* of the next piece */
};

/* "name: value" of a field that is in r. */
static bool
stream_has_field(const struct mock_reply *r, const char *line)
{
	struct str rest = r->headers, field;

	while (str_cut(&rest, '\n', &field))
		if (str_istarts(field, line))
			return true;
	return false;
}

static bool
stream_has_lines(const struct mock_stream *of, const struct mock_reply *r)
{
	if (of->nevents == 0 && of->pieces != MOCK_PIECES_BY_TYPE)
		return of->pieces == MOCK_PIECES_LINES;
	return !stream_has_field(r, "Content-Type: text/event-stream");
}

struct stream *
stream_new(const struct serving *v, size_t response, struct mock_reply *r)
{
	struct stream *s = xcalloc(1, sizeof(*s));

	s->plan = &v->s->routes[v->route].plans[response];
	s->of = s->plan->respond.of->stream;
	s->visit = visit_new(v, v->hit);
	s->lines = stream_has_lines(s->of, r);
	s->body = r->body;
	r->body = (struct buf){ 0 };
	return s;
}

void
stream_free(struct stream *s)
{
	if (s == NULL)
		return;
	visit_free(s->visit);
	buf_free(&s->body);
	free(s);
}

static size_t
stream_size(const struct stream *s)
{
	return s->of->nevents > 0 ? s->of->nevents : s->body.n;
}

static uint64_t
stream_wait(const struct stream *s, size_t at)
{
	uint64_t ms = s->index > 0 ? s->of->interval_ms : 0;

	if (s->of->nevents > 0 && s->of->events[at].delay_ms != UINT64_MAX)
		ms = s->of->events[at].delay_ms;
	if (s->of->repeat == 0 && s->index > 0 && ms < STREAM_LEAST_MS)
		ms = STREAM_LEAST_MS;
	return ms;
}

bool
stream_more(const struct stream *s, uint64_t *ms)
{
	size_t n = stream_size(s);
	bool again = s->of->repeat == 0 || s->round + 1 < s->of->repeat;

	if (n == 0 || (s->at == n && !again))
		return false;
	*ms = stream_wait(s, s->at == n ? 0 : s->at);
	return true;
}

/* ---- pieces of a body ---------------------------------------------------- */

/* The end of the line that begins at `at`: behind its LF, CR or CRLF. */
static size_t
stream_line(const struct buf *b, size_t at)
{
	while (at < b->n && b->p[at] != '\n' && b->p[at] != '\r')
		at++;
	if (at + 1 < b->n && b->p[at] == '\r' && b->p[at + 1] == '\n')
		return at + 2;
	return at < b->n ? at + 1 : at;
}

static bool
stream_is_blank(const struct buf *b, size_t at)
{
	return b->p[at] == '\n' || b->p[at] == '\r';
}

/* Behind the next line, or behind the blank lines that end an event. */
static size_t
stream_cut(const struct stream *s)
{
	const struct buf *b = &s->body;
	size_t end = stream_line(b, s->at);

	while (!s->lines && end < b->n && !stream_is_blank(b, end))
		end = stream_line(b, end);
	while (end < b->n && stream_is_blank(b, end))
		end = stream_line(b, end);
	return end;
}

/* The body as it is this time; that of a CRUD route stays as it is. */
static void
stream_render_body(struct stream *s, struct visit_turn *t, struct buf *remarks)
{
	const struct server *server = t->serving.s;
	struct mock_reply r = { 0 };
	const struct responding d = {
		.env = server->env,
		.env_headers = &server->headers,
		.plan = &s->plan->respond,
		.use = &t->serving.use,
		.c = &t->c,
		.mockoon_errors = server->options->mockoon_errors,
	};

	if (server->routes[s->visit->route].of->type == MOCK_ROUTE_CRUD)
		return;
	respond(&d, &r);
	buf_free(&s->body);
	s->body = r.body;
	r.body = (struct buf){ 0 };
	buf_add_str(remarks, buf_str(&r.remarks));
	mock_reply_fini(&r);
}

/* ---- events -------------------------------------------------------------- */

/* A field that has one line only: what would begin another is a space. */
static int
stream_field(const struct template_context *c, const char *name,
    const struct respond_text *text, struct buf *out, struct err *e)
{
	size_t from, i;

	if (text->plain.n == 0)
		return 0;
	buf_add_text(out, name);
	from = out->n;
	if (respond_text(text, c, out, e) == -1)
		return -1;
	for (i = from; i < out->n; i++)
		if (out->p[i] == '\n' || out->p[i] == '\r' || out->p[i] == '\0')
			out->p[i] = ' ';
	buf_add_text(out, "\n");
	return 0;
}

/* Each line of the data is one of the event. */
static void
stream_data(const struct buf *data, struct buf *out)
{
	size_t at = 0, end, next;

	do {
		next = end = stream_line(data, at);
		while (end > at && stream_is_blank(data, end - 1))
			end--;
		buf_add_text(out, "data: ");
		buf_add(out, data->p != NULL ? data->p + at : "", end - at);
		buf_add_text(out, "\n");
		at = next;
	} while (at < data->n);
}

static int
stream_event(const struct stream *s, const struct template_context *c,
    struct buf *out, struct err *e)
{
	const struct plan_event *plan = &s->plan->events[s->at];
	const struct mock_event *of = &s->of->events[s->at];
	struct buf data = { 0 };
	int r = respond_text(&plan->data, c, &data, e);

	if (r == 0 && s->lines) {
		buf_add_str(out, buf_str(&data));
		buf_add_text(out, "\n");
	} else if (r == 0) {
		if (stream_field(c, ": ", &plan->comment, out, e) == -1 ||
		    stream_field(c, "event: ", &plan->event, out, e) == -1 ||
		    stream_field(c, "id: ", &plan->id, out, e) == -1)
			r = -1;
		if (of->retry_ms != UINT64_MAX)
			buf_addf(out, "retry: %llu\n",
			    (unsigned long long)of->retry_ms);
		if (of->data.p != NULL)
			stream_data(&data, out);
		buf_add_text(out, "\n");
	}
	buf_free(&data);
	return r;
}

/* What templates of events have besides the request: {{index}}, the number of
 * the piece from 0, and {{cycle}}, how often all of them were sent before. */
static struct value
stream_root(const struct stream *s, struct values *v)
{
	struct value root = value_new_object(v);

	value_set(v, root, STR("index"), value_number((double)s->index));
	value_set(v, root, STR("cycle"), value_number((double)s->round));
	return root;
}

int
stream_take(struct stream *s, int64_t now_us, struct buf *out,
    struct buf *remarks, struct err *e)
{
	struct values v = { .arena = &s->visit->scratch, .most = SIZE_MAX };
	struct visit_turn t;
	size_t end;
	int r = 0;

	visit_begin(&t, s->visit, s->visit->from.body, now_us);
	if (s->at == stream_size(s)) {
		s->at = 0;
		s->round++;
		if (s->of->nevents == 0)
			stream_render_body(s, &t, remarks);
	}
	if (s->of->nevents > 0) {
		t.c.root = stream_root(s, &v);
		r = stream_event(s, &t.c, out, e);
		s->at++;
	} else {
		end = stream_cut(s);
		buf_add(out, s->body.p + s->at, end - s->at);
		s->at = end;
	}
	s->index++;
	visit_end(&t);
	return r;
}
