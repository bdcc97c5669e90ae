#include "config.h"

#include "har/cookie.h"
#include "har/exchange.h"
#include "har/frame.h"
#include "har/har_fields.h"
#include "har/har_text.h"

#include "har/har_write_priv.h"

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

bool
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

/* One part of a query, decoded as application/x-www-form-urlencoded. */
static void
har_write_decoded(struct json_write *w, const char *name, struct str s)
{
	struct buf text = { 0 };

	buf_add_decoded(&text, s, true);
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

/* with_body: the size of the body is known if it is itself. */
static void
har_write_sizes(struct har_write *h, const struct message *m, bool with_body)
{
	bool known = with_body && !h->o->minimal;

	json_write_member_int(
	    h->w, "headersSize", h->o->minimal ? -1 : m->head_bytes);
	json_write_member_int(
	    h->w, "bodySize", known ? har_write_size(&m->body) : -1);
}

static void
har_write_request_cookies(struct har_write *h, const struct exchange *x)
{
	struct json_write *w = h->w;
	const struct header *f;
	struct cookie c;
	struct str rest;
	size_t at = 0;

	if (!h->o->minimal && har_text_has_extra(x, HAR_REQUEST, "cookies"))
		return;
	json_write_name(w, STR("cookies"));
	json_write_array(w);
	while (!h->o->minimal &&
	       (f = headers_next(&x->request.headers, "Cookie", &at)) != NULL) {
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

void
har_write_request(struct har_write *h, const struct exchange *x, struct str url)
{
	struct json_write *w = h->w;
	const struct message *m = &x->request;

	json_write_name(w, STR("request"));
	json_write_object(w);
	har_write_text(w, "method", x->method);
	json_write_member(w, "url", url);
	har_write_text(w, "httpVersion", m->version);
	har_write_request_cookies(h, x);
	json_write_name(w, STR("headers"));
	har_fields_write(w, &m->headers);
	har_write_query(w, url);
	har_write_post_data(h, x);
	har_write_sizes(h, m, true);
	if (!h->o->minimal)
		har_text_extra(w, x, HAR_REQUEST);
	else
		har_text_extra_member(w, x, HAR_REQUEST, "postData");
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
har_write_response_cookies(struct har_write *h, const struct exchange *x)
{
	struct json_write *w = h->w;
	const struct header *f;
	struct cookie c;
	size_t at = 0;

	if (!h->o->minimal && har_text_has_extra(x, HAR_RESPONSE, "cookies"))
		return;
	json_write_name(w, STR("cookies"));
	json_write_array(w);
	while (!h->o->minimal && (f = headers_next(&x->response.headers,
				      "Set-Cookie", &at)) != NULL)
		if (cookie_parse(f->value, x->started_us, &c) && c.name.n > 0)
			har_write_cookie(w, &c);
	json_write_array_end(w);
}

void
har_write_response(
    struct har_write *h, const struct exchange *x, struct har_hark_needs *needs)
{
	struct json_write *w = h->w;
	const struct message *m = &x->response;
	struct message nothing = { .head_bytes = m->head_bytes,
		.body = { .known = true } };
	struct str location = headers_get(&m->headers, "Location");
	bool redirect = x->status >= 300 && x->status < 400;
	bool failed = x->status <= 0;

	json_write_name(w, STR("response"));
	json_write_object(w);
	json_write_member_int(
	    w, "status", failed && h->o->playwright ? -1 : x->status);
	har_write_text(w, "statusText", x->reason);
	har_write_text(w, "httpVersion", failed ? STR("") : m->version);
	har_write_response_cookies(h, x);
	json_write_name(w, STR("headers"));
	har_fields_write(w, &m->headers);
	har_write_content(h, x, needs);
	har_write_text(w, "redirectURL",
	    redirect && location.p != NULL ? location : STR(""));
	if (frame_socket(x))
		m = &nothing;
	har_write_sizes(h, m, !failed);
	if (x->outcome != OUTCOME_COMPLETE)
		har_write_text(w, h->o->playwright ? "_failureText" : "_error",
		    x->failure.n > 0 ? x->failure
				     : str_of(outcome_text(x->outcome)));
	if (!h->o->minimal)
		har_text_extra(w, x, HAR_RESPONSE);
	json_write_object_end(w);
}
