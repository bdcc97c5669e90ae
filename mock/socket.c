#include "config.h"

#include <stdlib.h>

#include "base/err.h"
#include "base/mem.h"
#include "mock/asked.h"
#include "mock/file.h"
#include "mock/respond.h"
#include "mock/router.h"
#include "mock/text.h"
#include "mock/value_json.h"
#include "mock/visit.h"

#include "mock/socket.h"

struct socket {
	struct visit *visit;
	const struct route *route;
	struct str name;
	uint64_t number; /* of the next response, from 1 */
};

/* What is made of one response. */
struct saying {
	struct visit_turn turn;
	const struct plan *plan;
	struct socket_answer *a;
};

/* ---- connections --------------------------------------------------------- */

static struct socket *
socket_new(const struct serving *v)
{
	struct socket *s = xcalloc(1, sizeof(*s));

	s->visit = visit_new(v, v->hit);
	s->route = &v->s->routes[v->route];
	s->name = server_name(s->route->of, &s->visit->arena);
	s->number = 1;
	return s;
}

struct socket *
socket_find(
    struct server *server, const struct server_request *q, struct arena *a)
{
	struct pattern_match match;
	struct router_hit *hits;
	struct socket *s = NULL;
	struct serving v;
	struct str path;
	size_t n, i;

	server_begin(&v, server, q, a);
	path = asked_path(v.asked);
	n = router_find(server->sockets, path, a, &hits);
	for (i = 0; i < n && s == NULL; i++) {
		if (!pattern_fits(
			hits[i].pattern, hits[i].form, path, a, &match))
			continue;
		v.hit = &hits[i];
		v.route = hits[i].order / 2;
		s = socket_new(&v);
	}
	server_end(&v);
	return s;
}

void
socket_free(struct socket *s)
{
	if (s == NULL)
		return;
	visit_free(s->visit);
	free(s);
}

enum mock_streaming_mode
socket_mode(const struct socket *s)
{
	return s->route->of->streaming_mode;
}

uint64_t
socket_interval_ms(const struct socket *s)
{
	uint64_t ms = s->route->of->streaming_ms;

	return ms < SOCKET_LEAST_MS ? SOCKET_LEAST_MS : ms;
}

struct str
socket_route(const struct socket *s)
{
	return s->name;
}

struct socket_channel
socket_channel(const struct socket *s)
{
	return (struct socket_channel){
		.route = s->route->of->key,
		.session = s->visit->from.session_number,
	};
}

/* ---- answers ------------------------------------------------------------- */

void
socket_answer_fini(struct socket_answer *a)
{
	buf_free(&a->text);
	buf_free(&a->reason);
	buf_free(&a->remarks);
}

static void
socket_answer_clear(struct socket_answer *a)
{
	a->sends = a->closes = false;
	a->text.n = a->reason.n = a->remarks.n = 0;
}

static void
socket_close(struct socket_answer *a, unsigned code, const char *reason)
{
	a->closes = true;
	a->code = code;
	a->reason.n = 0;
	buf_add_text(&a->reason, reason);
}

/* Nothing can be said: in Mockoon this ends the program. */
static void
socket_fail(struct socket_answer *a, const char *doing, const char *why)
{
	a->sends = false;
	buf_addf(&a->remarks, "%s: %s\n", doing, why);
	socket_close(a, SOCKET_BROKEN, doing);
}

static void
socket_begin(struct socket *s, struct str text, int64_t now_us,
    struct saying *say, struct socket_answer *a)
{
	socket_answer_clear(a);
	say->a = a;
	visit_begin(&say->turn, s->visit, text, now_us);
	asked_set_endpoint(say->turn.serving.asked, s->route->of->endpoint);
}

static void
socket_end(struct saying *say)
{
	struct str remark = asked_remark(say->turn.serving.asked);

	if (remark.n > 0)
		buf_addf(&say->a->remarks, "%.*s\n", STR_ARGS(remark));
	visit_end(&say->turn);
}

void
socket_greet(struct socket *s, int64_t now_us, struct socket_answer *a)
{
	struct saying say;
	struct err e;

	if (s->route->of->greeting.n == 0) {
		socket_answer_clear(a);
		return;
	}
	socket_begin(s, STR(""), now_us, &say, a);
	if (respond_text(&s->route->greeting, &say.turn.c, &a->text, &e) == -1)
		socket_fail(a, "the greeting's template", e.text);
	else
		a->sends = a->text.n > 0;
	socket_end(&say);
}

/* ---- choosing ------------------------------------------------------------ */

bool
socket_choose(struct socket *s, struct str text, int64_t now_us,
    struct socket_turn *turn, struct socket_answer *a)
{
	const struct mock_route *of = s->route->of;
	struct saying say;

	socket_begin(s, text, now_us, &say, a);
	turn->response = server_choose(&say.turn.serving, s->number);
	if (turn->response == SERVER_FAILED)
		socket_fail(a, "a rule", say.turn.serving.e.text);
	socket_end(&say);
	if (turn->response >= of->nresponses)
		return false;
	turn->latency_ms = of->streaming_mode == MOCK_STREAMING_NONE
			       ? of->responses[turn->response].latency_ms
			       : 0;
	s->number++;
	return true;
}

/* ---- bodies -------------------------------------------------------------- */

/* Renders what was a template's text only now. */
static int
socket_render(struct saying *say, struct buf *text, struct err *e)
{
	struct buf from = *text;
	struct template *t;
	int r = -1;

	if (say->plan->respond.of->disable_templating)
		return 0;
	*text = (struct buf){ 0 };
	t = template_compile(buf_str(&from), NULL, e);
	if (t != NULL)
		r = template_render(t, &say->turn.c, text, e);
	template_free(t);
	buf_free(&from);
	return r;
}

/* Unlike an HTTP route's, a bucket is a template here once more. */
static int
socket_bucket(struct saying *say, struct err *e)
{
	struct values v = { .arena = &say->turn.of->scratch, .most = SIZE_MAX };
	struct value value =
	    state_bucket(&say->turn.serving.use, say->plan->respond.bucket);

	if (value.kind == VALUE_TEXT || value.kind == VALUE_SAFE)
		buf_add_str(&say->a->text, value.text);
	else
		(void)value_write_json(&v, &say->a->text, value, 0, false);
	return socket_render(say, &say->a->text, e);
}

static int
socket_path(struct saying *say, struct buf *path, struct err *e)
{
	struct buf rendered = { 0 };
	int r = respond_text(
	    &say->plan->respond.file_path, &say->turn.c, &rendered, e);

	if (r == 0)
		r = file_resolve(say->turn.of->server->env->folder,
		    say->plan->respond.of->file_path, buf_str(&rendered), path,
		    e);
	buf_free(&rendered);
	return r;
}

/* A whole file is sent also when it is empty; one that cannot be read is the
 * end. */
static int
socket_file(struct saying *say, struct err *e)
{
	struct socket_answer *a = say->a;
	struct buf path = { 0 };
	int r = socket_path(say, &path, e);

	a->sends = true;
	if (r == 0 && file_read(buf_text(&path), &a->text, e) == 0) {
		r = socket_render(say, &a->text, e);
	} else if (r == 0) {
		a->text.n = 0;
		buf_addf(
		    &a->text, "Status: 500, File reading error! (%s)", e->text);
		buf_addf(&a->remarks, "%s\n", e->text);
		socket_close(a, SOCKET_NO_CODE, "");
	}
	buf_free(&path);
	return r;
}

static int
socket_body(struct saying *say, struct err *e)
{
	const struct mock_response *of = say->plan->respond.of;

	if (of->body_type == MOCK_BODY_FILE && of->file_path.n > 0)
		return socket_file(say, e);
	if (of->body_type == MOCK_BODY_DATABUCKET &&
	    say->plan->respond.bucket < say->turn.of->server->env->nbuckets)
		return socket_bucket(say, e);
	return respond_text(
	    &say->plan->respond.body, &say->turn.c, &say->a->text, e);
}

/* What the file says of closing, unless that was decided already. */
static void
socket_ending(struct saying *say)
{
	const struct mock_close *of = say->plan->respond.of->close;
	struct socket_answer *a = say->a;
	struct err e;

	if (of == NULL || a->closes)
		return;
	a->closes = true;
	a->code = (unsigned)of->code;
	if (respond_text(&say->plan->close, &say->turn.c, &a->reason, &e) == -1)
		socket_fail(a, "the close reason's template", e.text);
}

/* A text message is UTF-8: what a file has of other bytes is U+FFFD. */
static void
socket_decode(struct buf *text)
{
	struct buf from = *text;

	if (str_is_utf8(buf_str(text)))
		return;
	*text = (struct buf){ 0 };
	text_add_decoded(text, buf_str(&from));
	buf_free(&from);
}

void
socket_answer(struct socket *s, const struct socket_turn *turn, struct str text,
    int64_t now_us, struct socket_answer *a)
{
	struct saying say;
	struct err e;

	socket_begin(s, text, now_us, &say, a);
	say.plan = &s->route->plans[turn->response];
	if (socket_body(&say, &e) == -1) {
		socket_fail(a, "the response's template", e.text);
	} else {
		socket_decode(&a->text);
		a->sends = a->sends || a->text.n > 0;
		socket_ending(&say);
	}
	socket_end(&say);
}
