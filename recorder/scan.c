#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/mem.h"
#include "har/coding.h"
#include "har/exchange.h"
#include "har/json.h"
#include "recorder/redact.h"
#include "recorder/secret_tokens.h"
#include "recorder/secrets.h"

#include "recorder/scan.h"

/* Counters of visits are digits, but for a few letters. */
#define COOKIE_LETTERS 4

struct scanner {
	struct finder *finder;
	struct secrets found;
	struct buf value, place;
	scan_fn on_finding;
	void *arg;
};

struct scanner *
scanner_new(scan_fn on_finding, void *arg)
{
	struct scanner *s = xcalloc(1, sizeof(*s));

	s->finder = finder_new();
	s->on_finding = on_finding;
	s->arg = arg;
	return s;
}

void
scanner_free(struct scanner *s)
{
	if (s == NULL)
		return;
	finder_free(s->finder);
	secrets_fini(&s->found);
	buf_free(&s->value);
	buf_free(&s->place);
	free(s);
}

static struct secrets_in
scanner_in(struct scanner *s)
{
	return (struct secrets_in){
		.finder = s->finder, .found = &s->found, .guesses = true
	};
}

/* Most cookies say what somebody chose or how often he came: those that do
 * not look random are not told of, though all are redacted. */
static bool
scanner_is_session(struct str value)
{
	size_t i, letters = 0;

	if (str_starts(value, "s:")) /* signed, as Express has it */
		value = (struct str){ value.p + 2, value.n - 2 };
	for (i = 0; i < value.n; i++)
		letters += (value.p[i] | 32) >= 'a' && (value.p[i] | 32) <= 'z';
	return letters >= COOKIE_LETTERS && secret_is_random(value);
}

static void
scanner_tell(struct scanner *s, const struct secret *found, struct str text,
    const char *in, struct str place)
{
	struct scan_finding f = { .in = in,
		.place = place,
		.offset = found->at,
		.kind = found->kind,
		.name = found->name,
		.secret = secret_value(found, text, &s->value) };

	if (secret_is_placeholder(f.secret) ||
	    (strcmp(f.kind, "cookie") == 0 && !scanner_is_session(f.secret)))
		return;
	s->on_finding(s->arg, &f);
}

static void
scanner_tell_all(
    struct scanner *s, struct str text, const char *in, struct str place)
{
	size_t i;

	for (i = 0; i < s->found.n; i++)
		scanner_tell(s, &s->found.v[i], text, in, place);
}

/* The same with a JSON Pointer for each place, as long as text is JSON. */
static void
scanner_tell_json(struct scanner *s, struct str text, const char *in)
{
	struct json *j = json_open_str(text);
	enum json_token t = JSON_NULL;
	size_t i = 0;

	while (i < s->found.n && t != JSON_END && t != JSON_ERROR) {
		s->place.n = 0;
		json_path(j, &s->place);
		t = json_next(j);
		/* A string is passed over with the token behind it. */
		if (t == JSON_STRING) {
			s->place.n = 0;
			json_path(j, &s->place);
			(void)json_decode(j, NULL, 0);
		} else if (t == JSON_NUMBER) {
			s->place.n = 0;
			json_path(j, &s->place);
		}
		for (; i < s->found.n && s->found.v[i].at < json_offset(j) &&
		       t != JSON_ERROR;
		     i++)
			scanner_tell(
			    s, &s->found.v[i], text, in, buf_str(&s->place));
	}
	json_close(j);
	for (; i < s->found.n; i++)
		scanner_tell(s, &s->found.v[i], text, in, STR(""));
}

static bool
scanner_is_json(struct str text)
{
	while (text.n > 0 && memchr(" \t\r\n", text.p[0], 4) != NULL)
		text = (struct str){ text.p + 1, text.n - 1 };
	return text.n > 0 && (text.p[0] == '{' || text.p[0] == '[');
}

static void
scanner_fields(struct scanner *s, const struct headers *h, const char *in)
{
	struct secrets_in look = scanner_in(s);
	size_t i;

	for (i = 0; i < h->n; i++) {
		secrets_in_field(&look, h->v[i].name, h->v[i].value);
		scanner_tell_all(s, h->v[i].value, in, h->v[i].name);
	}
}

static void
scanner_body(
    struct scanner *s, struct str type, struct str body, const char *in)
{
	struct secrets_in look = scanner_in(s);

	if (body.n == 0 || !secrets_are_possible(type, body))
		return;
	secrets_in_body(&look, type, body);
	if (scanner_is_json(body))
		scanner_tell_json(s, body, in);
	else
		scanner_tell_all(s, body, in, STR(""));
}

static bool
scanner_message(struct scanner *s, const struct message *m, const char *in)
{
	struct str type = headers_get(&m->headers, "Content-Type"), list;
	struct buf plain = { 0 };
	struct arena a = { 0 };
	bool searched = true;

	if (type.p == NULL)
		type = STR("");
	list = coding_list(&m->headers, &a);
	if (m->body.stored_id > 0 || m->body.spool != NULL)
		searched = !secrets_are_possible(type, STR("?"));
	else if (list.n == 0)
		scanner_body(s, type, buf_str(&m->body.bytes), in);
	else if (coding_decode(list, buf_str(&m->body.bytes), REDACT_DECODED,
		     &plain) == CODING_DONE)
		scanner_body(s, type, buf_str(&plain), in);
	else if (m->body.bytes.n > 0)
		searched = !secrets_are_possible(type, STR("?"));
	buf_free(&plain);
	arena_fini(&a);
	return searched;
}

bool
scanner_exchange(struct scanner *s, const struct exchange *x)
{
	struct secrets_in look = scanner_in(s);
	const struct interim *i;
	bool searched;

	secrets_in_url(&look, x->url);
	scanner_tell_all(s, x->url, "url", STR(""));
	scanner_fields(s, &x->request.headers, "request header");
	searched = scanner_message(s, &x->request, "request body");
	scanner_fields(s, &x->request.trailers, "request trailer");
	for (i = x->interims; i != NULL; i = i->next)
		scanner_fields(s, &i->headers, "interim header");
	scanner_fields(s, &x->response.headers, "response header");
	searched &= scanner_message(s, &x->response, "response body");
	scanner_fields(s, &x->response.trailers, "response trailer");
	secrets_in_text(&look, x->failure, 0);
	scanner_tell_all(s, x->failure, "failure", STR(""));
	secrets_in_text(&look, x->comment, 0);
	scanner_tell_all(s, x->comment, "comment", STR(""));
	scanner_har(s, x->extra);
	return searched;
}

void
scanner_har(struct scanner *s, struct str object)
{
	struct secrets_in look = scanner_in(s);

	if (object.n == 0)
		return;
	secrets_in_har(&look, object);
	scanner_tell_json(s, object, "har");
}
