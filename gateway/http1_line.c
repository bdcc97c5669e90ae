#include "config.h"

#include <string.h>

#include "har/url.h"

#include "gateway/http1_scan.h"

#include "gateway/http1_line.h"

#define METHOD_MAX 32
#define HANDSHAKE 0x16 /* what a record of TLS begins with at first */

enum http1_step
http1_line_fail(struct http1_reader *r, enum http1_fault f)
{
	r->fault = f;
	return HTTP1_FAULT;
}

/*
 * Finds the LF of the start line.  Too long is more than the limit without
 * the CRLF, noticed at the first byte that is too many.
 */
static enum http1_step
http1_line_end(struct http1_reader *r, const char **lf)
{
	size_t n = (size_t)(r->end - r->at), most = r->limits->line;
	size_t room = n < most ? n : most + (n - most < 2 ? n - most : 2);
	size_t length;

	*lf = memchr(r->at, '\n', room);
	length = *lf != NULL ? (size_t)(*lf - r->at) : room;
	if (length > most && (length > most + 1 || r->at[most] != '\r'))
		return http1_line_fail(r, HTTP1_LINE_LONG);
	if (*lf == NULL)
		return HTTP1_MORE;
	if (*lf == r->at || (*lf)[-1] != '\r')
		return http1_line_fail(r, HTTP1_BARE_LF);
	return HTTP1_DONE;
}

/* "HTTP/1.1" or "HTTP/1.0". */
static enum http1_step
http1_version(struct http1_reader *r, const char *p)
{
	if (memcmp(p, "HTTP/1.1", 8) == 0)
		r->h->minor = 1;
	else if (memcmp(p, "HTTP/1.0", 8) == 0)
		r->h->minor = 0;
	else if (memcmp(p, "HTTP/2.0", 8) == 0 && str_is(r->h->method, "PRI"))
		return http1_line_fail(r, HTTP1_PREFACE);
	else if (memcmp(p, "HTTP/", 5) == 0 && p[5] >= '0' && p[5] <= '9' &&
		 p[6] == '.' && p[7] >= '0' && p[7] <= '9')
		return http1_line_fail(r, HTTP1_VERSION);
	else
		return http1_line_fail(r, HTTP1_LINE);
	return HTTP1_DONE;
}

/* http://host, what follows it, and nothing that could be misread. */
static bool
http1_absolute(struct http1_head *h, struct arena *a)
{
	struct str rest = h->target;
	size_t i = 0;

	h->https = str_istarts(rest, "https://");
	if (!h->https && !str_istarts(rest, "http://"))
		return false;
	h->form = TARGET_ABSOLUTE;
	rest.p += h->https ? 8 : 7;
	rest.n -= h->https ? 8 : 7;
	while (i < rest.n && rest.p[i] != '/' && rest.p[i] != '?')
		i++;
	h->authority = (struct str){ rest.p, i };
	h->path = (struct str){ rest.p + i, rest.n - i };
	if (h->path.n == 0) {
		h->path = STR("/");
	} else if (h->path.p[0] == '?') {
		char *path = arena_alloc(a, h->path.n + 1);

		path[0] = '/';
		memcpy(path + 1, h->path.p, h->path.n);
		h->path = (struct str){ path, h->path.n + 1 };
	}
	return url_is_authority(h->authority);
}

/* host:port, the port not left out. */
static bool
http1_authority(struct http1_head *h)
{
	char last = h->target.p[h->target.n - 1];

	h->form = TARGET_AUTHORITY;
	h->authority = h->target;
	h->path = STR("");
	return last >= '0' && last <= '9' &&
	       memchr(h->target.p, ':', h->target.n) != NULL &&
	       url_is_authority(h->target);
}

/* The four forms of RFC 9112 section 3.2, each only where it may stand. */
static bool
http1_target(struct http1_head *h, struct arena *a)
{
	if (str_eq(h->method, STR("CONNECT")))
		return h->target.n > 0 && http1_authority(h);
	if (h->target.n > 0 && h->target.p[0] == '/') {
		h->form = TARGET_ORIGIN;
		h->path = h->target;
		return true;
	}
	if (str_eq(h->target, STR("*")) && str_eq(h->method, STR("OPTIONS"))) {
		h->form = TARGET_ASTERISK;
		h->path = h->target;
		return true;
	}
	return http1_absolute(h, a);
}

/* The method is judged as it comes: what is not HTTP at all shows there. */
static enum http1_step
http1_method(struct http1_reader *r)
{
	const char *most =
	    r->end - r->at > METHOD_MAX ? r->at + METHOD_MAX + 1 : r->end;
	const char *stop = http1_scan_token(r->at, most);

	if (stop - r->at > METHOD_MAX)
		return http1_line_fail(r, HTTP1_METHOD_LONG);
	if (stop == r->end)
		return HTTP1_MORE;
	if (*stop == '\n')
		return http1_line_fail(r, HTTP1_BARE_LF);
	if (stop == r->at && *stop == HANDSHAKE)
		return http1_line_fail(r, HTTP1_TLS);
	if (*stop == '\r')
		return http1_line_fail(r, HTTP1_LINE);
	if (*stop != ' ' || stop == r->at)
		return http1_line_fail(r, HTTP1_METHOD);
	r->h->method = (struct str){ r->at, (size_t)(stop - r->at) };
	return HTTP1_DONE;
}

enum http1_step
http1_line_request(struct http1_reader *r)
{
	struct http1_head *h = r->h;
	enum http1_step step = http1_method(r);
	const char *p, *stop, *lf;

	if (step == HTTP1_FAULT)
		return step;
	step = http1_line_end(r, &lf);
	if (step != HTTP1_DONE)
		return step;
	p = h->method.p + h->method.n + 1;
	stop = http1_scan_target(p, lf);
	h->target = (struct str){ p, (size_t)(stop - p) };
	if (*stop == '\r' || (*stop == ' ' && lf - stop != 10))
		return http1_line_fail(r, HTTP1_LINE);
	if (*stop != ' ')
		return http1_line_fail(r, HTTP1_TARGET);
	step = http1_version(r, stop + 1);
	if (step != HTTP1_DONE)
		return step;
	if (!http1_target(h, r->a))
		return http1_line_fail(r, HTTP1_TARGET);
	r->at = lf + 1;
	return HTTP1_DONE;
}

/* Three digits and, behind a space, a reason; both may be missing. */
static enum http1_step
http1_status(struct http1_reader *r, const char *p, const char *cr)
{
	int status = 0, i;

	for (i = 0; i < 3; i++) {
		if (p + i >= cr || p[i] < '0' || p[i] > '9')
			return http1_line_fail(r, HTTP1_STATUS);
		status = status * 10 + p[i] - '0';
	}
	p += 3;
	if (status < 100 || status > 599 || (p < cr && *p != ' '))
		return http1_line_fail(r, HTTP1_STATUS);
	if (http1_scan_text(p, cr) != cr)
		return http1_line_fail(r, HTTP1_LINE);
	if (p < cr)
		p++;
	r->h->status = status;
	r->h->reason = (struct str){ p, (size_t)(cr - p) };
	return HTTP1_DONE;
}

enum http1_step
http1_line_status(struct http1_reader *r)
{
	size_t n = (size_t)(r->end - r->at);
	enum http1_step step;
	const char *lf;

	if (memcmp(r->at, "HTTP/", n < 5 ? n : 5) != 0)
		return http1_line_fail(r, HTTP1_LINE);
	step = http1_line_end(r, &lf);
	if (step != HTTP1_DONE)
		return step;
	if (lf - r->at < 10)
		return http1_line_fail(r, HTTP1_LINE);
	step = http1_version(r, r->at);
	if (step == HTTP1_DONE && r->at[8] != ' ')
		return http1_line_fail(r, HTTP1_LINE);
	if (step == HTTP1_DONE)
		step = http1_status(r, r->at + 9, lf - 1);
	if (step == HTTP1_DONE)
		r->at = lf + 1;
	return step;
}
