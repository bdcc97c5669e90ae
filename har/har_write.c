#include "config.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/mem.h"
#include "har/coding.h"
#include "har/cookie.h"
#include "har/date.h"
#include "har/exchange.h"
#include "har/har_fields.h"
#include "har/har_hark.h"
#include "har/har_read.h"
#include "har/har_text.h"
#include "har/url.h"

#include "har/har_write.h"

struct har_write {
	struct json_write w;
};

/* Bytes that may not be text: as ISO 8859-1 then; _hark has them exactly. */
static void
har_write_text(struct json_write *w, const char *name, struct str s)
{
	struct buf text = { 0 };

	if (str_is_utf8(s)) {
		json_write_member(w, name, s);
		return;
	}
	har_text_from_latin1(s, &text);
	json_write_member(w, name, buf_str(&text));
	buf_free(&text);
}

static void
har_write_ms(struct json_write *w, const char *name, int64_t us)
{
	char text[HAR_MS_BYTES] = "-1";

	if (us >= 0)
		har_text_ms(us, text);
	json_write_name(w, str_of(name));
	json_write_raw(w, str_of(text));
}

static void
har_write_date(struct json_write *w, const char *name, int64_t us)
{
	char text[DATE_BYTES];

	date_format(us, text);
	json_write_member(w, name, str_of(text));
}

/* Text or base64, decided by the bytes. */
static void
har_write_payload(struct json_write *w, struct str bytes)
{
	if (har_text_is_text(bytes)) {
		json_write_member(w, "text", bytes);
		return;
	}
	json_write_name(w, STR("text"));
	json_write_base64(w, bytes);
	json_write_member(w, "encoding", STR("base64"));
}

/*
 * The request
 */

/* The characters of a URI (RFC 3986 section 2), with those that browsers
 * leave as they are and readers compare byte for byte. */
static bool
har_write_url_char(unsigned char c)
{
	return c > ' ' && c < 0x7f && c != '"' && c != '<' && c != '>' &&
	       c != '\\';
}

/* The URL with everything escaped that no reader takes.  True when that
 * changed it. */
static bool
har_write_url(struct str url, struct buf *out)
{
	bool changed = false;
	size_t i;

	for (i = 0; i < url.n; i++) {
		if (har_write_url_char((unsigned char)url.p[i])) {
			buf_add(out, &url.p[i], 1);
			continue;
		}
		buf_addf(out, "%%%02X", (unsigned char)url.p[i]);
		changed = true;
	}
	return changed;
}

static int
har_write_hex(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 32;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* One part of a query, decoded as application/x-www-form-urlencoded. */
static void
har_write_decoded(struct json_write *w, const char *name, struct str s)
{
	struct buf text = { 0 };
	size_t i;

	for (i = 0; i < s.n; i++) {
		char c = s.p[i];

		if (c == '+') {
			c = ' ';
		} else if (c == '%' && i + 2 < s.n &&
			   har_write_hex(s.p[i + 1]) >= 0 &&
			   har_write_hex(s.p[i + 2]) >= 0) {
			c = (char)(har_write_hex(s.p[i + 1]) << 4 |
				   har_write_hex(s.p[i + 2]));
			i += 2;
		}
		buf_add(&text, &c, 1);
	}
	json_write_member(w, name, buf_str(&text));
	buf_free(&text);
}

static void
har_write_query(struct json_write *w, struct str url)
{
	struct str rest = url, part, name;

	json_write_name(w, STR("queryString"));
	json_write_array(w);
	(void)str_cut(&rest, '?', &part); /* what is in front of it */
	while (rest.p != NULL && str_cut(&rest, '&', &part)) {
		if (part.n == 0 || !str_cut(&part, '=', &name))
			continue;
		json_write_object(w);
		har_write_decoded(w, "name", name);
		har_write_decoded(w, "value", part.p != NULL ? part : STR(""));
		json_write_object_end(w);
	}
	json_write_array_end(w);
}

static void
har_write_request_cookies(struct json_write *w, const struct exchange *x)
{
	const struct header *f;
	struct cookie c;
	struct str rest;
	size_t at = 0;

	if (har_text_has_extra(x, HAR_REQUEST, "cookies"))
		return;
	json_write_name(w, STR("cookies"));
	json_write_array(w);
	while ((f = headers_next(&x->request.headers, "Cookie", &at)) != NULL) {
		rest = f->value;
		while (cookie_next(&rest, &c)) {
			if (c.name.n == 0)
				continue; /* readers stumble over it */
			json_write_object(w);
			json_write_member(w, "name", c.name);
			json_write_member(w, "value", c.value);
			json_write_object_end(w);
		}
	}
	json_write_array_end(w);
}

static void
har_write_post_data(struct json_write *w, const struct exchange *x)
{
	const struct body *b = &x->request.body;
	struct str type = headers_get(&x->request.headers, "Content-Type");

	if (b->bytes.n == 0)
		return;
	json_write_name(w, STR("postData"));
	json_write_object(w);
	har_write_text(w, "mimeType", type.p != NULL ? type : STR(""));
	har_write_payload(w, buf_str(&b->bytes));
	har_text_extra(w, x, HAR_POST_DATA);
	json_write_object_end(w);
}

/* The size on the wire, -1 unknown. */
static int64_t
har_write_size(const struct body *b)
{
	if (b->bytes.n > 0)
		return (int64_t)b->bytes.n;
	if (b->size > 0)
		return (int64_t)b->size;
	return b->known ? 0 : -1;
}

static void
har_write_request(
    struct json_write *w, const struct exchange *x, struct str url)
{
	const struct message *m = &x->request;

	json_write_name(w, STR("request"));
	json_write_object(w);
	har_write_text(w, "method", x->method);
	json_write_member(w, "url", url);
	har_write_text(w, "httpVersion", m->version);
	har_write_request_cookies(w, x);
	json_write_name(w, STR("headers"));
	har_fields_write(w, &m->headers);
	har_write_query(w, url);
	har_write_post_data(w, x);
	json_write_member_int(w, "headersSize", m->head_bytes);
	json_write_member_int(w, "bodySize", har_write_size(&m->body));
	har_text_extra(w, x, HAR_REQUEST);
	json_write_object_end(w);
}

/*
 * The response
 */

static void
har_write_cookie(struct json_write *w, const struct cookie *c)
{
	json_write_object(w);
	json_write_member(w, "name", c->name);
	json_write_member(w, "value", c->value);
	if (c->path.p != NULL)
		json_write_member(w, "path", c->path);
	if (c->domain.p != NULL)
		json_write_member(w, "domain", c->domain);
	if (c->has_expires)
		har_write_date(w, "expires", c->expires_us);
	json_write_name(w, STR("httpOnly"));
	json_write_bool(w, c->http_only);
	json_write_name(w, STR("secure"));
	json_write_bool(w, c->secure);
	if (c->same_site.p != NULL)
		json_write_member(w, "sameSite", c->same_site);
	json_write_object_end(w);
}

static void
har_write_response_cookies(struct json_write *w, const struct exchange *x)
{
	const struct header *f;
	struct cookie c;
	size_t at = 0;

	if (har_text_has_extra(x, HAR_RESPONSE, "cookies"))
		return;
	json_write_name(w, STR("cookies"));
	json_write_array(w);
	while (
	    (f = headers_next(&x->response.headers, "Set-Cookie", &at)) != NULL)
		if (cookie_parse(f->value, x->started_us, &c) && c.name.n > 0)
			har_write_cookie(w, &c);
	json_write_array_end(w);
}

/* True when content has the body decoded, so that its wire bytes must be
 * kept beside it. */
static bool
har_write_content(struct json_write *w, const struct exchange *x)
{
	struct str type = headers_get(&x->response.headers, "Content-Type");
	const struct body *b = &x->response.body;
	struct arena arena = { 0 };
	struct buf decoded = { 0 };
	struct str bytes = buf_str(&b->bytes), list;
	bool is_decoded = false;

	list = coding_list(&x->response.headers, &arena);
	if (list.n > 0 && bytes.n > 0 &&
	    coding_decode(list, bytes, HAR_MOST_BODY, &decoded) ==
		CODING_DONE) {
		bytes = buf_str(&decoded);
		is_decoded = true;
	}
	json_write_name(w, STR("content"));
	json_write_object(w);
	json_write_member_int(
	    w, "size", is_decoded ? (int64_t)bytes.n : har_write_size(b));
	if (is_decoded)
		json_write_member_int(
		    w, "compression", (int64_t)bytes.n - (int64_t)b->bytes.n);
	har_write_text(w, "mimeType", type.p != NULL ? type : STR(""));
	if (b->known && (b->size == 0 || b->bytes.n > 0))
		har_write_payload(w, bytes);
	har_text_extra(w, x, HAR_CONTENT);
	json_write_object_end(w);
	buf_free(&decoded);
	arena_fini(&arena);
	return is_decoded;
}

static bool
har_write_response(struct json_write *w, const struct exchange *x)
{
	const struct message *m = &x->response;
	struct str location = headers_get(&m->headers, "Location");
	bool redirect = x->status >= 300 && x->status < 400, decoded;

	json_write_name(w, STR("response"));
	json_write_object(w);
	json_write_member_int(w, "status", x->status);
	har_write_text(w, "statusText", x->reason);
	har_write_text(w, "httpVersion", x->status > 0 ? m->version : STR(""));
	har_write_response_cookies(w, x);
	json_write_name(w, STR("headers"));
	har_fields_write(w, &m->headers);
	decoded = har_write_content(w, x);
	har_write_text(w, "redirectURL",
	    redirect && location.p != NULL ? location : STR(""));
	json_write_member_int(w, "headersSize", m->head_bytes);
	json_write_member_int(
	    w, "bodySize", x->status > 0 ? har_write_size(&m->body) : -1);
	if (x->outcome != OUTCOME_COMPLETE)
		har_write_text(w, "_error",
		    x->failure.n > 0 ? x->failure
				     : str_of(outcome_text(x->outcome)));
	har_text_extra(w, x, HAR_RESPONSE);
	json_write_object_end(w);
	return decoded;
}

/*
 * The entry
 */

/* tls is a part of connect and so of no sum. */
static int64_t
har_write_sum(const struct timings *t)
{
	const int64_t parts[] = { t->blocked, t->dns, t->connect, t->send,
		t->wait, t->receive };
	int64_t sum = 0;
	size_t i;

	for (i = 0; i < sizeof(parts) / sizeof(*parts); i++)
		sum += parts[i] > 0 ? parts[i] : 0;
	return sum;
}

static void
har_write_timings(struct json_write *w, const struct exchange *x)
{
	const struct timings *t = &x->timings;

	json_write_name(w, STR("timings"));
	json_write_object(w);
	har_write_ms(w, "blocked", t->blocked);
	har_write_ms(w, "dns", t->dns);
	har_write_ms(w, "connect", t->connect);
	har_write_ms(w, "ssl", t->tls);
	har_write_ms(w, "send", t->send > 0 ? t->send : 0);
	har_write_ms(w, "wait", t->wait > 0 ? t->wait : 0);
	har_write_ms(w, "receive", t->receive > 0 ? t->receive : 0);
	har_text_extra(w, x, HAR_TIMINGS);
	json_write_object_end(w);
}

/* serverIPAddress: an address without port and brackets, or nothing. */
static void
har_write_server(struct json_write *w, struct str address)
{
	char text[INET6_ADDRSTRLEN + 1] = "";
	unsigned char binary[16];
	struct str host = address, inside;
	const char *colon;

	if (host.n > 0 && host.p[0] == '[') {
		host.p++;
		host.n--;
		(void)str_cut(&host, ']', &inside);
		host = inside;
	} else if ((colon = host.n > 0 ? memchr(host.p, ':', host.n) : NULL) !=
		       NULL &&
		   memrchr(host.p, ':', host.n) == colon) {
		host.n = (size_t)(colon - host.p);
	}
	if (host.n == 0 || host.n >= sizeof(text))
		return;
	memcpy(text, host.p, host.n);
	if (inet_pton(AF_INET, text, binary) == 1 ||
	    inet_pton(AF_INET6, text, binary) == 1)
		json_write_member(w, "serverIPAddress", str_of(text));
}

void
har_write_exchange(struct json_write *w, const struct exchange *x)
{
	struct har_hark_needs needs = { 0 };
	struct buf url = { 0 };

	needs.url = har_write_url(x->url, &url);
	json_write_object(w);
	har_write_date(w, "startedDateTime", x->started_us);
	har_write_ms(w, "time", har_write_sum(&x->timings));
	har_write_request(w, x, buf_str(&url));
	needs.body = har_write_response(w, x);
	if (!har_text_has_extra(x, HAR_ENTRY, "cache")) {
		json_write_name(w, STR("cache"));
		json_write_object(w);
		json_write_object_end(w);
	}
	har_write_timings(w, x);
	har_write_server(w, x->server_addr);
	if (x->connection.n > 0)
		har_write_text(w, "connection", x->connection);
	if (x->comment.n > 0)
		har_write_text(w, "comment", x->comment);
	har_text_extra(w, x, HAR_ENTRY);
	har_hark_write(w, x, &needs);
	json_write_object_end(w);
	buf_free(&url);
}

struct har_write *
har_write_open(
    json_write_fn write, void *arg, const struct har_write_options *o)
{
	struct har_write *h = xcalloc(1, sizeof(*h));
	struct json_write *w = &h->w;

	json_write_init(w, true, write, arg);
	json_write_object(w);
	json_write_name(w, STR("log"));
	json_write_object(w);
	json_write_member(w, "version", STR("1.2"));
	json_write_name(w, STR("creator"));
	json_write_object(w);
	json_write_member(w, "name", STR("hark"));
	json_write_member(w, "version", str_of(o->version));
	json_write_object_end(w);
	if (o->log.n > 0)
		(void)json_write_members(w, o->log);
	json_write_name(w, STR("entries"));
	json_write_array(w);
	return h;
}

void
har_write_entry(struct har_write *h, const struct exchange *x)
{
	har_write_exchange(&h->w, x);
}

int
har_write_close(struct har_write *h, struct err *e)
{
	int r;

	json_write_array_end(&h->w);
	json_write_object_end(&h->w);
	json_write_object_end(&h->w);
	r = json_write_end(&h->w, e);
	json_write_fini(&h->w);
	free(h);
	return r;
}
