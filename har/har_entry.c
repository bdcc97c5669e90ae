#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/err.h"
#include "har/date.h"
#include "har/har_body.h"
#include "har/har_fields.h"
#include "har/har_hark.h"
#include "har/json_write.h"
#include "har/url.h"

#include "har/har_entry.h"

#define HAR_MINOR_UNSET (-2)

/*
 * Members
 */

#define HAR_NO_STATUS 1000 /* a number that cannot be a status */

/* "status" is a number, or in failed entries of some producers a word. */
static int
har_entry_status(struct har_in *in, enum json_token t, void *slot)
{
	struct har_entry *entry = slot;
	struct str word = { NULL, 0 };
	double v;
	char *end;

	if (t == JSON_NUMBER)
		word = arena_str(&entry->x->arena, json_text(in->j));
	else if (t != JSON_STRING)
		return har_in_number(in, t, &entry->status);
	else if (har_in_text(in, t, &word) == -1)
		return -1;
	v = strtod(word.p, &end);
	if (t == JSON_STRING && (end == word.p || *end != '\0')) {
		entry->status_word = word;
	} else {
		entry->status =
		    v > -1000 && v < HAR_NO_STATUS ? (int64_t)v : HAR_NO_STATUS;
		if ((double)entry->status != v)
			entry->status = HAR_NO_STATUS;
	}
	if (t == JSON_NUMBER)
		return 0;
	return har_in_repair(in, "a string, expected a number");
}

/* An error's text; null and false say that there was none. */
static int
har_entry_error(struct har_in *in, enum json_token t, void *slot)
{
	struct str *error = slot;

	if (t != JSON_STRING)
		return har_in_pass(in, t, NULL);
	return har_in_text(in, t, error);
}

/* Cookies are only kept when no header field has them. */
static int
har_entry_cookies(
    struct har_in *in, enum json_token t, enum har_place place, bool *some)
{
	struct har_entry *entry = in->entry;
	struct buf was = entry->extra[place];
	size_t members = entry->extra_members[place], n = was.n;

	if (t != JSON_ARRAY)
		return har_in_pass(in, t, NULL);
	if (har_in_keep(in, t, STR("cookies"), place) == -1)
		return -1;
	*some = !(entry->extra[place].n - n <= sizeof(",\"cookies\":[]") - 1);
	if (!*some) {
		entry->extra[place].n = n;
		entry->extra_members[place] = members;
	}
	return 0;
}

static int
har_entry_request_cookies(struct har_in *in, enum json_token t, void *slot)
{
	struct har_entry *entry = slot;

	return har_entry_cookies(in, t, HAR_REQUEST, &entry->request_cookies);
}

static int
har_entry_response_cookies(struct har_in *in, enum json_token t, void *slot)
{
	struct har_entry *entry = slot;

	return har_entry_cookies(in, t, HAR_RESPONSE, &entry->response_cookies);
}

/* "cache" is worth keeping unless it is {} or null. */
static int
har_entry_cache(struct har_in *in, enum json_token t, void *slot)
{
	struct har_entry *entry = slot;
	size_t n = entry->extra[HAR_ENTRY].n;

	if (t != JSON_OBJECT)
		return har_in_pass(in, t, NULL);
	if (har_in_keep(in, t, STR("cache"), HAR_ENTRY) == -1)
		return -1;
	if (entry->extra[HAR_ENTRY].n - n <= sizeof(",\"cache\":{}") - 1) {
		entry->extra[HAR_ENTRY].n = n;
		entry->extra_members[HAR_ENTRY]--;
	}
	return 0;
}

static int
har_entry_is_binary(struct har_in *in, enum json_token t, void *slot)
{
	struct har_payload *p = slot;

	p->binary = t == JSON_TRUE;
	return har_in_pass(in, t, NULL);
}

static const struct har_member har_content_members[] = {
	{ "size", har_in_number, offsetof(struct har_payload, size) },
	{ "compression", har_in_number,
	    offsetof(struct har_payload, compression) },
	{ "mimeType", har_in_text, offsetof(struct har_payload, mime_type) },
	{ "text", har_body_read_text, 0 },
	{ "encoding", har_in_text, offsetof(struct har_payload, encoding) },
	{ "_isBinary", har_entry_is_binary, 0 },
	{ "_file", har_in_text, offsetof(struct har_payload, file) },
	{ NULL, NULL, 0 },
};

static int
har_entry_content(struct har_in *in, enum json_token t, void *slot)
{
	struct har_payload *p = slot;

	if (t == JSON_NULL)
		return 0;
	p->present = t == JSON_OBJECT;
	return har_in_object(in, t, har_content_members, p, HAR_CONTENT);
}

static const struct har_member har_post_data_members[] = {
	{ "size", har_in_number, offsetof(struct har_payload, size) },
	{ "mimeType", har_in_text, offsetof(struct har_payload, mime_type) },
	{ "text", har_body_read_text, 0 },
	{ "encoding", har_in_text, offsetof(struct har_payload, encoding) },
	{ "_file", har_in_text, offsetof(struct har_payload, file) },
	{ "params", har_fields_read_params, 0 },
	{ NULL, NULL, 0 },
};

static int
har_entry_post_data(struct har_in *in, enum json_token t, void *slot)
{
	struct har_payload *p = slot;

	if (t == JSON_NULL)
		return 0;
	p->present = t == JSON_OBJECT;
	return har_in_object(in, t, har_post_data_members, p, HAR_POST_DATA);
}

#define HERE(member) offsetof(struct har_entry, member)

static const struct har_member har_request_members[] = {
	{ "method", har_in_text, HERE(method) },
	{ "url", har_in_text, HERE(url) },
	{ "httpVersion", har_in_text, HERE(request_version) },
	{ "cookies", har_entry_request_cookies, 0 },
	{ "headers", har_fields_read, HERE(request_headers) },
	{ "queryString", har_fields_read_query, HERE(query) },
	{ "postData", har_entry_post_data, HERE(post) },
	{ "headersSize", har_in_number, HERE(request_head) },
	{ "bodySize", har_in_number, HERE(request_size) },
	{ NULL, NULL, 0 },
};

static const struct har_member har_response_members[] = {
	{ "status", har_entry_status, 0 },
	{ "statusText", har_in_text, HERE(status_text) },
	{ "httpVersion", har_in_text, HERE(response_version) },
	{ "cookies", har_entry_response_cookies, 0 },
	{ "headers", har_fields_read, HERE(response_headers) },
	{ "content", har_entry_content, HERE(content) },
	{ "redirectURL", har_in_pass, 0 },
	{ "headersSize", har_in_number, HERE(response_head) },
	{ "bodySize", har_in_number, HERE(response_size) },
	{ "_error", har_entry_error, HERE(error) },
	{ "_failureText", har_entry_error, HERE(error) },
	{ NULL, NULL, 0 },
};

static const struct har_member har_timing_members[] = {
	{ "blocked", har_in_ms, offsetof(struct timings, blocked) },
	{ "dns", har_in_ms, offsetof(struct timings, dns) },
	{ "connect", har_in_ms, offsetof(struct timings, connect) },
	{ "ssl", har_in_ms, offsetof(struct timings, tls) },
	{ "send", har_in_ms, offsetof(struct timings, send) },
	{ "wait", har_in_ms, offsetof(struct timings, wait) },
	{ "receive", har_in_ms, offsetof(struct timings, receive) },
	{ NULL, NULL, 0 },
};

static int
har_entry_request(struct har_in *in, enum json_token t, void *slot)
{
	struct har_entry *entry = slot;

	entry->has_request = t == JSON_OBJECT;
	return har_in_object(in, t, har_request_members, entry, HAR_REQUEST);
}

static int
har_entry_response(struct har_in *in, enum json_token t, void *slot)
{
	struct har_entry *entry = slot;

	entry->has_response = t == JSON_OBJECT;
	return har_in_object(in, t, har_response_members, entry, HAR_RESPONSE);
}

static int
har_entry_timings(struct har_in *in, enum json_token t, void *slot)
{
	struct har_entry *entry = slot;

	return har_in_object(
	    in, t, har_timing_members, &entry->x->timings, HAR_TIMINGS);
}

/* A comment may be anything; one that is no string is kept as it is. */
static int
har_entry_comment(struct har_in *in, enum json_token t, void *slot)
{
	struct har_entry *entry = slot;

	if (t == JSON_STRING)
		return har_in_text(in, t, &entry->comment);
	if (t == JSON_NULL)
		return 0;
	return har_in_keep(in, t, STR("comment"), HAR_ENTRY);
}

static const struct har_member har_entry_members[] = {
	{ "startedDateTime", har_in_text, HERE(started) },
	{ "time", har_in_pass, 0 },
	{ "request", har_entry_request, 0 },
	{ "response", har_entry_response, 0 },
	{ "cache", har_entry_cache, 0 },
	{ "timings", har_entry_timings, 0 },
	{ "serverIPAddress", har_in_text, HERE(server) },
	{ "connection", har_in_text, HERE(connection) },
	{ "comment", har_entry_comment, 0 },
	{ "_error", har_entry_error, HERE(error) },
	{ "_hark", har_hark_read, 0 },
	{ NULL, NULL, 0 },
};

int
har_entry_read(struct har_in *in, enum json_token t)
{
	struct har_entry *entry = in->entry;

	entry->x = exchange_new();
	entry->x->request.minor = entry->x->response.minor = HAR_MINOR_UNSET;
	entry->status = HAR_ABSENT;
	entry->request_size = entry->response_size = HAR_ABSENT;
	entry->request_head = entry->response_head = -1;
	entry->post.size = entry->content.size = HAR_ABSENT;
	entry->content.compression = HAR_ABSENT;
	return har_in_object(in, t, har_entry_members, entry, HAR_ENTRY);
}

void
har_entry_fini(struct har_entry *entry)
{
	size_t i;

	exchange_free(entry->x);
	buf_free(&entry->post.text);
	buf_free(&entry->content.text);
	buf_free(&entry->wire);
	for (i = 0; i < HAR_PLACES; i++)
		buf_free(&entry->extra[i]);
}

/*
 * Understanding
 */

/* Whether s has a character that could end a line of a message head. */
static bool
har_entry_injects(struct str s)
{
	size_t i;

	for (i = 0; i < s.n; i++)
		if (s.p[i] == '\0' || s.p[i] == '\r' || s.p[i] == '\n')
			return true;
	return false;
}

static int
har_entry_skip(char *why, size_t n, const char *text)
{
	snprintf(why, n, "%s", text);
	return 1;
}

static int
har_entry_method(struct har_in *in, char *why, size_t n)
{
	struct har_entry *entry = in->entry;
	struct exchange *x = entry->x;

	if (x->method.n == 0) /* unless _hark had it exactly */
		x->method = entry->method.p != NULL ? entry->method : STR("");
	if (str_is_token(x->method)) {
		if (!str_is(x->method, "CONNECT"))
			return 0;
		return har_entry_skip(
		    why, n, "CONNECT opens a tunnel and is no exchange");
	}
	entry->unsafe = memchr(x->method.p, ' ', x->method.n) != NULL ||
			har_entry_injects(x->method);
	return har_entry_skip(why, n,
	    x->method.n == 0 ? "no request method"
			     : "a request method that cannot be one");
}

/* Copies the URL without what only exists in a browser's address bar. */
static int
har_entry_tidy_url(struct har_in *in, struct buf *out)
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
har_entry_add_query(const struct headers *query, struct buf *url)
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
har_entry_url_text(struct har_in *in, struct buf *text)
{
	struct har_entry *entry = in->entry;

	if (har_entry_tidy_url(in, text) == -1)
		return -1;
	if (entry->query.n > 0 && text->n > 0 &&
	    str_istarts(buf_str(text), "http") &&
	    memchr(text->p, '?', text->n) == NULL) {
		har_entry_add_query(&entry->query, text);
		if (har_in_repair_at(in, "request/url",
			"the query that only stood in queryString, added") ==
		    -1)
			return -1;
	}
	entry->x->url = har_in_str(in, text);
	return 0;
}

static int
har_entry_url(struct har_in *in, char *why, size_t n)
{
	struct har_entry *entry = in->entry;
	struct exchange *x = entry->x;
	struct buf text = { 0 };
	struct url u;
	struct err e;
	int r = 0;

	if (x->url.n == 0 && entry->url.n == 0)
		return har_entry_skip(why, n, "no request URL");
	if (x->url.n == 0 && memchr(entry->url.p, '\0', entry->url.n) != NULL)
		return har_entry_skip(why, n, "a request URL with NUL in it");
	if (x->url.n == 0 && memchr(entry->url.p, '\r', entry->url.n) != NULL) {
		entry->unsafe = true;
		return har_entry_skip(why, n, "a request URL with CR in it");
	}
	if (x->url.n == 0)
		r = har_entry_url_text(in, &text);
	buf_free(&text);
	if (r == -1)
		return -1;
	if (url_parse(&u, x->url, &e) == -1) {
		snprintf(why, n, "request URL %.*s: %s",
		    (int)(x->url.n < 80 ? x->url.n : 80), x->url.p, e.text);
		return 1;
	}
	if (x->target.n == 0)
		x->target = u.target.n > 0 && u.target.p[0] == '/'
				? u.target
				: str_of(arena_printf(
				      &x->arena, "/%.*s", STR_ARGS(u.target)));
	return 0;
}

static int
har_entry_started(struct har_in *in)
{
	struct har_entry *entry = in->entry;
	const char *path = "startedDateTime";
	int r;

	if (entry->started.n == 0)
		return har_in_repair_at(in, path, "absent, 1970 assumed");
	r = date_parse(entry->started, &entry->x->started_us);
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
har_entry_outcome(struct str text)
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
har_entry_failed(struct har_in *in, const char *failure)
{
	struct har_entry *entry = in->entry;
	struct exchange *x = entry->x;

	x->status = 0;
	if (entry->own)
		return 0;
	x->failure = entry->error.n > 0         ? entry->error
		     : entry->status_word.n > 0 ? entry->status_word
						: str_of(failure);
	x->outcome = har_entry_outcome(x->failure);
	return 0;
}

static int
har_entry_status_of(struct har_in *in, char *why, size_t n)
{
	struct har_entry *entry = in->entry;
	struct exchange *x = entry->x;

	if (har_entry_injects(entry->status_text)) {
		entry->unsafe = true;
		return har_entry_skip(
		    why, n, "a statusText with CR, LF or NUL in it");
	}
	if (x->reason.n == 0 && entry->status_text.p != NULL)
		x->reason = entry->status_text;
	if (!entry->has_response)
		return har_entry_failed(in, "no response in the file");
	if (entry->status == HAR_ABSENT && entry->status_word.n == 0)
		return har_entry_failed(in, "no status in the file");
	if (entry->status <= 0)
		return har_entry_failed(in, "no response");
	if (entry->status > 999 || entry->status < 100)
		return har_entry_skip(why, n, "a status that cannot be one");
	x->status = (int)entry->status;
	if (entry->own)
		return 0;
	if (x->status < 200) {
		x->outcome = OUTCOME_BAD_ANSWER;
		x->failure = STR("ended with an interim response");
	} else if (entry->error.n > 0) {
		x->outcome = har_entry_outcome(entry->error);
		if (x->outcome == OUTCOME_REFUSED)
			x->outcome = OUTCOME_TRUNCATED;
		x->failure = entry->error;
	}
	return 0;
}

static void
har_entry_message(struct message *m, struct str version,
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
har_entry_framing(struct message *m)
{
	if (headers_have_token(&m->headers, "Transfer-Encoding", "chunked"))
		m->framing = FRAMING_CHUNKED;
	else if (m->body.bytes.n > 0 || !m->body.known ||
		 headers_get(&m->headers, "Content-Length").p != NULL)
		m->framing = FRAMING_LENGTH;
}

/* Removes the cookies kept as extra when a header field has them. */
static void
har_entry_drop_cookies(struct har_entry *entry, enum har_place place)
{
	struct json_write w;
	struct buf was = entry->extra[place], text = { 0 };
	struct json *j;

	buf_add(&text, "{", 1);
	buf_add_str(&text, buf_str(&was));
	buf_add(&text, "}", 1);
	j = json_open_str(buf_str(&text));
	json_write_init(&w, false, NULL, NULL);
	entry->extra_members[place] = 0;
	(void)json_next(j); /* the brace just put there */
	while (json_next(j) == JSON_NAME) {
		if (str_is(json_text(j), "cookies")) {
			(void)json_skip(j, json_next(j));
			continue;
		}
		json_write_name(&w, json_text(j));
		(void)json_write_value(&w, j, json_next(j));
		entry->extra_members[place]++;
	}
	json_close(j);
	buf_free(&text);
	buf_free(&was);
	entry->extra[place] = w.out;
}

static void
har_entry_extra(struct har_entry *entry)
{
	struct exchange *x = entry->x;
	struct buf all = { 0 };
	int p;

	if (entry->request_cookies &&
	    headers_get(&x->request.headers, "Cookie").p != NULL)
		har_entry_drop_cookies(entry, HAR_REQUEST);
	if (entry->response_cookies &&
	    headers_get(&x->response.headers, "Set-Cookie").p != NULL)
		har_entry_drop_cookies(entry, HAR_RESPONSE);
	for (p = 0; p < HAR_PLACES; p++) {
		if (entry->extra_members[p] == 0)
			continue;
		buf_addf(&all, "%s\"%s\":{", all.n == 0 ? "{" : ",",
		    har_place_text((enum har_place)p));
		buf_add_str(&all, buf_str(&entry->extra[p]));
		buf_add(&all, "}", 1);
	}
	if (all.n > 0) {
		buf_add(&all, "}", 1);
		x->extra = arena_str(&x->arena, buf_str(&all));
	}
	buf_free(&all);
}

static void
har_entry_rest(struct har_entry *entry)
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
		har_entry_framing(&x->request);
		if (x->status > 0)
			har_entry_framing(&x->response);
	}
	har_entry_extra(entry);
}

int
har_entry_finish(struct har_in *in, char *why, size_t n)
{
	struct har_entry *entry = in->entry;
	struct exchange *x = entry->x;
	int r;

	if (!entry->has_request)
		return har_entry_skip(why, n, "no request");
	if ((r = har_entry_method(in, why, n)) != 0 ||
	    (r = har_entry_url(in, why, n)) != 0 ||
	    (r = har_entry_status_of(in, why, n)) != 0)
		return r;
	if (har_entry_started(in) == -1)
		return -1;
	har_entry_message(&x->request, entry->request_version,
	    &entry->request_headers, entry->request_head);
	har_entry_message(&x->response,
	    x->status > 0 ? entry->response_version : (struct str){ NULL, 0 },
	    &entry->response_headers, entry->response_head);
	if (har_body_request(in) == -1 || har_body_response(in) == -1)
		return -1;
	har_entry_rest(entry);
	return 0;
}
