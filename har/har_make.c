#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/err.h"
#include "har/date.h"
#include "har/frame.h"
#include "har/har_body.h"
#include "har/har_hark.h"
#include "har/har_kept.h"
#include "har/har_socket.h"
#include "har/url.h"

#include "har/har_make.h"

/* Whether s has a character that could end a line of a message head. */
static bool
har_make_injects(struct str s)
{
	size_t i;

	for (i = 0; i < s.n; i++)
		if (s.p[i] == '\0' || s.p[i] == '\r' || s.p[i] == '\n')
			return true;
	return false;
}

static int
har_make_skip(char *why, size_t n, const char *text)
{
	snprintf(why, n, "%s", text);
	return 1;
}

static int
har_make_method(struct har_in *in, char *why, size_t n)
{
	struct har_entry *entry = in->entry;
	struct exchange *x = entry->x;

	if (x->method.n == 0) /* unless _hark had it exactly */
		x->method = entry->method.p != NULL ? entry->method : STR("");
	if (str_is_token(x->method)) {
		if (!str_is(x->method, "CONNECT"))
			return 0;
		return har_make_skip(
		    why, n, "CONNECT opens a tunnel and is no exchange");
	}
	entry->unsafe = memchr(x->method.p, ' ', x->method.n) != NULL ||
			har_make_injects(x->method);
	return har_make_skip(why, n,
	    x->method.n == 0 ? "no request method"
			     : "a request method that cannot be one");
}

/* Copies the URL without what only exists in a browser's address bar. */
static int
har_make_tidy_url(struct har_in *in, struct buf *out)
{
	struct str s = str_trim(in->entry->url);
	size_t i;

	for (i = 0; i < s.n && s.p[i] != '#'; i++) {
		unsigned char c = (unsigned char)s.p[i];

		if (c == '\t' || c == '\n')
			continue; /* as a browser reads a URL */
		if (c == ' ' || c >= 0x7f || c < ' ')
			buf_addf(out, "%%%02X", c);
		else
			buf_add(out, &c, 1);
	}
	if (i < s.n &&
	    har_in_repair_at(in, "request/url", "a fragment, left out") == -1)
		return -1;
	if (out->n != i || s.n != in->entry->url.n)
		return har_in_repair_at(in, "request/url",
		    "spaces, control characters or bytes beyond ASCII, "
		    "escaped or left out");
	return 0;
}

/* queryString of a URL without query: some clients write them apart. */
static void
har_make_add_query(const struct headers *query, struct buf *url)
{
	static const char hex[] = "0123456789ABCDEF";
	size_t i, k;
	int part;

	for (i = 0; i < query->n; i++) {
		buf_add(url, i == 0 ? "?" : "&", 1);
		for (part = 0; part < 2; part++) {
			struct str s =
			    part == 0 ? query->v[i].name : query->v[i].value;

			if (part == 1 && s.p != NULL)
				buf_add(url, "=", 1);
			for (k = 0; k < s.n; k++) {
				unsigned char c = (unsigned char)s.p[k];
				char escape[3] = { '%', hex[c >> 4],
					hex[c & 15] };

				if (str_is_tchar(c) &&
				    strchr("&%+#", c) == NULL)
					buf_add(url, &c, 1);
				else
					buf_add(url, escape, 3);
			}
		}
	}
}

/* Takes the URL's text over into x once it is known to be usable. */
static int
har_make_url_text(struct har_in *in, struct buf *text)
{
	struct har_entry *entry = in->entry;

	if (har_make_tidy_url(in, text) == -1)
		return -1;
	if (!entry->own && entry->query.n > 0 && text->n > 0 &&
	    (str_istarts(buf_str(text), "http") ||
		url_is_socket(buf_str(text))) &&
	    memchr(text->p, '?', text->n) == NULL) {
		har_make_add_query(&entry->query, text);
		if (har_in_repair_at(in, "request/url",
			"the query that only stood in queryString, added") ==
		    -1)
			return -1;
	}
	entry->x->url = har_in_str(in, text);
	return 0;
}

static int
har_make_url(struct har_in *in, char *why, size_t n)
{
	struct har_entry *entry = in->entry;
	struct exchange *x = entry->x;
	struct buf text = { 0 };
	struct url u;
	struct err e;
	int r = 0;

	if (x->url.n == 0 && entry->url.n == 0)
		return har_make_skip(why, n, "no request URL");
	if (x->url.n == 0 && memchr(entry->url.p, '\0', entry->url.n) != NULL)
		return har_make_skip(why, n, "a request URL with NUL in it");
	if (x->url.n == 0 && memchr(entry->url.p, '\r', entry->url.n) != NULL) {
		entry->unsafe = true;
		return har_make_skip(why, n, "a request URL with CR in it");
	}
	if (x->url.n == 0)
		r = har_make_url_text(in, &text);
	buf_free(&text);
	if (r == -1)
		return -1;
	if (url_parse_any(&u, x->url, &e) == -1) {
		snprintf(why, n, "request URL %.*s: %s",
		    (int)(x->url.n < 80 ? x->url.n : 80), x->url.p, e.text);
		return 1;
	}
	entry->socket = url_is_socket(x->url) ||
			frame_asks(x->method, &entry->request_headers);
	if (x->target.n == 0)
		x->target = u.target.n > 0 && u.target.p[0] == '/'
				? u.target
				: str_of(arena_printf(
				      &x->arena, "/%.*s", STR_ARGS(u.target)));
	return 0;
}

static int
har_make_started(struct har_in *in)
{
	struct har_entry *entry = in->entry;
	const char *path = "startedDateTime";
	int r;

	if (entry->started.n == 0)
		return har_in_repair_at(in, path, "absent, 1970 assumed");
	r = date_parse(entry->started, &entry->x->started_us);
	if (r == -1 &&
	    date_parse_odd(entry->started, &entry->x->started_us) == 0)
		r = 1;
	if (r == -1)
		return har_in_repair_at(in, path,
		    "\"%.*s\" is no date, 1970 assumed",
		    (int)(entry->started.n < 40 ? entry->started.n : 40),
		    entry->started.p);
	if (r == 1)
		return har_in_repair_at(in, path,
		    "\"%.*s\" is not as HAR wants dates",
		    (int)(entry->started.n < 40 ? entry->started.n : 40),
		    entry->started.p);
	return 0;
}

/* What a text about a failure tells about its kind. */
static enum outcome
har_make_outcome(struct str text)
{
	static const struct {
		const char *word;
		enum outcome outcome;
	} words[] = {
		{ "abort", OUTCOME_CLIENT_GONE },
		{ "cancel", OUTCOME_CLIENT_GONE },
		{ "block", OUTCOME_CLIENT_GONE },
		{ "timed", OUTCOME_TIMEOUT },
		{ "timeout", OUTCOME_TIMEOUT },
		{ "reset", OUTCOME_RESET },
		{ "closed", OUTCOME_RESET },
		{ "disconnect", OUTCOME_RESET },
		{ "mismatch", OUTCOME_TRUNCATED },
		{ "incomplete", OUTCOME_TRUNCATED },
		{ "invalid", OUTCOME_BAD_ANSWER },
		{ "protocol", OUTCOME_BAD_ANSWER },
	};
	struct str part;
	size_t i, k, n;

	for (i = 0; i < sizeof(words) / sizeof(*words); i++) {
		n = strlen(words[i].word);
		for (k = 0; k + n <= text.n; k++) {
			part = (struct str){ text.p + k, n };
			if (str_iis(part, words[i].word))
				return words[i].outcome;
		}
	}
	return OUTCOME_REFUSED;
}

/* No response came: status 0, -1, -999, a word, or nothing at all. */
static int
har_make_failed(struct har_in *in, const char *failure)
{
	struct har_entry *entry = in->entry;
	struct exchange *x = entry->x;

	x->status = 0;
	if (entry->own)
		return 0;
	x->failure = entry->error.n > 0         ? entry->error
		     : entry->status_word.n > 0 ? entry->status_word
						: str_of(failure);
	x->outcome = har_make_outcome(x->failure);
	return 0;
}

/* An exchange without a response has status 0 here; what a producer said
 * instead is kept. */
static void
har_make_keep_status(struct har_entry *entry)
{
	char text[24];

	if (entry->own || entry->status == 0)
		return;
	snprintf(text, sizeof(text), "%lld", (long long)entry->status);
	har_in_add(entry, HAR_RESPONSE, "_status", str_of(text));
}

static int
har_make_status_of(struct har_in *in, char *why, size_t n)
{
	struct har_entry *entry = in->entry;
	struct exchange *x = entry->x;

	if (har_make_injects(entry->status_text)) {
		entry->unsafe = true;
		return har_make_skip(
		    why, n, "a statusText with CR, LF or NUL in it");
	}
	if (x->reason.n == 0 && entry->status_text.p != NULL)
		x->reason = entry->status_text;
	if (!entry->has_response)
		return har_make_failed(in, "no response in the file");
	if (entry->status == HAR_ABSENT && entry->status_word.n == 0)
		return har_make_failed(in, "no status in the file");
	if (entry->status <= 0) {
		har_make_keep_status(entry);
		return har_make_failed(in, "no response");
	}
	if (entry->status > 999 || entry->status < 100)
		return har_make_skip(why, n, "a status that cannot be one");
	x->status = (int)entry->status;
	if (entry->own)
		return 0;
	if (entry->socket && x->status == 101)
		return 0; /* what it asked for */
	if (x->status < 200) {
		x->outcome = OUTCOME_BAD_ANSWER;
		x->failure = STR("ended with an interim response");
	} else if (entry->error.n > 0) {
		x->outcome = har_make_outcome(entry->error);
		if (x->outcome == OUTCOME_REFUSED)
			x->outcome = OUTCOME_TRUNCATED;
		x->failure = entry->error;
	}
	return 0;
}

static void
har_make_message(struct message *m, struct str version,
    const struct headers *list, int64_t head)
{
	if (version.p != NULL && !str_eq(m->version, version) &&
	    str_is(m->version, "HTTP/1.1"))
		m->version = version;
	if (m->minor == HAR_MINOR_UNSET)
		m->minor = har_hark_minor(m->version);
	m->headers = *list;
	m->head_bytes = head >= 0 ? head : -1;
}

/* Framing of a message whose producer did not say. */
static void
har_make_framing(struct message *m)
{
	if (headers_have_token(&m->headers, "Transfer-Encoding", "chunked"))
		m->framing = FRAMING_CHUNKED;
	else if (body_held(&m->body) > 0 || !m->body.known ||
		 headers_get(&m->headers, "Content-Length").p != NULL)
		m->framing = FRAMING_LENGTH;
}

static void
har_make_rest(struct har_entry *entry)
{
	struct exchange *x = entry->x;
	struct timings *t = &x->timings;

	if (entry->known_timings.send == -1)
		t->send = -1;
	if (entry->known_timings.wait == -1)
		t->wait = -1;
	if (entry->known_timings.receive == -1)
		t->receive = -1;
	if (x->server_addr.n == 0 && entry->server.p != NULL)
		x->server_addr = entry->server;
	if (entry->connection.p != NULL)
		x->connection = entry->connection;
	if (x->comment.n == 0 && entry->comment.p != NULL)
		x->comment = entry->comment;
	if (!entry->own) {
		x->mode = STR("import");
		har_make_framing(&x->request);
		if (x->status > 0 && !entry->socket)
			har_make_framing(&x->response);
	}
	har_kept_finish(entry);
}

int
har_make(struct har_in *in, char *why, size_t n)
{
	struct har_entry *entry = in->entry;
	struct exchange *x = entry->x;
	int r;

	if (!entry->has_request)
		return har_make_skip(why, n, "no request");
	if ((r = har_make_method(in, why, n)) != 0 ||
	    (r = har_make_url(in, why, n)) != 0 ||
	    (r = har_make_status_of(in, why, n)) != 0)
		return r;
	if (har_make_started(in) == -1)
		return -1;
	har_make_message(&x->request, entry->request_version,
	    &entry->request_headers, entry->request_head);
	har_make_message(&x->response,
	    x->status > 0 ? entry->response_version : (struct str){ NULL, 0 },
	    &entry->response_headers, entry->response_head);
	entry->socket = frame_socket(x);
	if (har_body_request(in) == -1)
		return -1;
	r = entry->socket ? har_socket_take(in) : har_socket_keep(in);
	if (r == -1 || (!entry->socket && har_body_response(in) == -1))
		return -1;
	har_make_rest(entry);
	return 0;
}
