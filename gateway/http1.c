#include "config.h"

#include <string.h>

#include "har/url.h"

#include "gateway/http1_line.h"
#include "gateway/http1_scan.h"

/*
 * Heads.  A head that is there as a whole, the usual case, is read in one
 * pass.  One that comes in pieces is judged line by line as its lines
 * complete, each once, and read as a whole when its empty line has come.
 * To make the verdict the same either way, syntax is judged in the order of
 * the bytes and what depends on several lines (framing, Host) at the end.
 */

#define LENGTH_DIGITS 18 /* significant ones of a Content-Length */
#define SKIP_MAX 4       /* two CRLFs before a request line */

static void
http1_connection(struct http1_reader *r, struct str list)
{
	struct str option;

	while (str_cut(&list, ',', &option)) {
		option = str_trim(option);
		if (http1_scan_is(option, "keep-alive", 10))
			r->keep_alive = true;
		else if (http1_scan_is(option, "close", 5))
			r->close = true;
		else if (http1_scan_is(option, "upgrade", 7))
			r->upgrade_named = true;
	}
}

/* No two of the fields that decide something are of one length. */
enum {
	FIELD_HOST = 4,
	FIELD_EXPECT = 6,
	FIELD_UPGRADE = 7,
	FIELD_CONNECTION = 10,
	FIELD_LENGTH = 14,
	FIELD_CODING = 17,
	FIELD_MOST,
};

static const char *const http1_known[FIELD_MOST] = {
	[FIELD_HOST] = "host",
	[FIELD_EXPECT] = "expect",
	[FIELD_UPGRADE] = "upgrade",
	[FIELD_CONNECTION] = "connection",
	[FIELD_LENGTH] = "content-length",
	[FIELD_CODING] = "transfer-encoding",
};

static void
http1_note(struct http1_reader *r, const struct header *f)
{
	switch (f->name.n) {
	case FIELD_HOST:
		if (r->hosts++ == 0)
			r->host = f->value;
		break;
	case FIELD_EXPECT:
		if (http1_scan_is(f->value, "100-continue", 12))
			r->h->expect_continue = true;
		break;
	case FIELD_UPGRADE:
		r->upgrade = true;
		break;
	case FIELD_CONNECTION:
		http1_connection(r, f->value);
		break;
	case FIELD_LENGTH:
		if (r->lengths++ == 0)
			r->length = f->value;
		break;
	case FIELD_CODING:
		if (r->codings++ == 0)
			r->coding = f->value;
		break;
	}
}

static void
http1_keep(struct http1_reader *r, const struct header *f)
{
	struct headers *list = &r->h->headers;
	const char *known;

	if (list->n < list->cap)
		list->v[list->n++] = *f;
	else
		headers_add(list, r->a, f->name, f->value);
	if (f->name.n >= FIELD_MOST)
		return;
	known = http1_known[f->name.n];
	if (known != NULL && (f->name.p[0] | 0x20) == known[0] &&
	    http1_scan_is(f->name, known, f->name.n))
		http1_note(r, f);
}

/* The field lines from r->at on, of which count came before.  They are only
 * judged, or kept as well. */
static enum http1_step
http1_fields(struct http1_reader *r, size_t count, bool keep)
{
	enum http1_fault fault;
	struct header f;
	const char *next;

	for (;; count++) {
		if (r->end - r->at >= 2 && r->at[0] == '\r' &&
		    r->at[1] == '\n') {
			r->at += 2;
			return HTTP1_DONE;
		}
		next = http1_scan_field(r->at, r->end, &f, &fault);
		if (next == NULL && fault == HTTP1_NONE)
			return HTTP1_MORE;
		if (count == r->limits->fields)
			return http1_line_fail(r, HTTP1_FIELDS_MANY);
		if (next == NULL)
			return http1_line_fail(r, fault);
		r->at = next;
		if (keep)
			http1_keep(r, &f);
	}
}

/* Moves behind the CRLFs before a request line. */
static enum http1_step
http1_skip(struct http1_reader *r)
{
	while (r->at < r->end && *r->at == '\r') {
		if (r->at - r->start == SKIP_MAX)
			return http1_line_fail(r, HTTP1_LINE);
		if (r->end - r->at < 2)
			return HTTP1_MORE;
		if (r->at[1] != '\n')
			return http1_line_fail(r, HTTP1_LINE);
		r->at += 2;
	}
	return r->at == r->end ? HTTP1_MORE : HTTP1_DONE;
}

static enum http1_step
http1_whole(struct http1_reader *r)
{
	enum http1_step step = HTTP1_DONE;

	if (r->start_line == http1_line_request)
		step = http1_skip(r);
	if (step == HTTP1_DONE)
		step = r->start_line(r);
	if (step == HTTP1_DONE)
		step = http1_fields(r, 0, true);
	return step;
}

static size_t
http1_lines(const char *p, const char *end)
{
	size_t n = 0;

	while ((p = memchr(p, '\n', (size_t)(end - p))) != NULL) {
		p++;
		n++;
	}
	return n;
}

/*
 * Judges the lines that have completed since the first seen bytes were
 * looked at.  HTTP1_DONE means that the head must be read from its start:
 * its empty line has come, or its start line was not whole before.
 */
static enum http1_step
http1_resume(struct http1_reader *r, size_t seen)
{
	const char *from = r->start + seen, *lf, *line = r->start;

	lf = memchr(from, '\n', (size_t)(r->end - from));
	if (lf == NULL && seen > r->limits->line + SKIP_MAX + 2)
		return HTTP1_MORE;
	while (r->start_line == http1_line_request && line < from &&
	       (*line == '\r' || *line == '\n'))
		line++;
	from = memrchr(line, '\n', (size_t)(from - line));
	if (from == NULL)
		return HTTP1_DONE;
	if (lf == NULL)
		return HTTP1_MORE;
	r->at = from + 1;
	return http1_fields(r, http1_lines(line, r->at) - 1, false);
}

static enum http1_step
http1_head(struct http1_reader *r, const char *p, size_t n, size_t *seen)
{
	size_t most = n < r->limits->head ? n : r->limits->head;
	enum http1_step step = HTTP1_DONE;

	*r->h = (struct http1_head){ 0 };
	if (n == 0)
		return HTTP1_MORE;
	r->start = r->at = p;
	r->end = p + most;
	if (*seen > 0)
		step = http1_resume(r, *seen < most ? *seen : most);
	if (step == HTTP1_DONE) {
		r->at = p;
		step = http1_whole(r);
	}
	*seen = n;
	if (step == HTTP1_MORE && n > most)
		return http1_line_fail(r, HTTP1_HEAD_LONG);
	if (step == HTTP1_DONE)
		r->h->bytes = (size_t)(r->at - p);
	return step;
}

/* RFC 9110 section 8.6: digits, as one value. */
static bool
http1_length(struct http1_reader *r)
{
	struct str s = r->length;
	size_t i;

	if (r->lengths != 1 || s.n == 0)
		return false;
	while (s.n > 1 && s.p[0] == '0') {
		s.p++;
		s.n--;
	}
	if (s.n > LENGTH_DIGITS)
		return false;
	for (i = 0; i < s.n; i++) {
		if (s.p[i] < '0' || s.p[i] > '9')
			return false;
		r->h->length = r->h->length * 10 + (uint64_t)(s.p[i] - '0');
	}
	return true;
}

/* Why the Transfer-Encoding fields are not just "chunked". */
static enum http1_fault
http1_coding_fault(const struct headers *headers)
{
	bool last_chunked = false;
	const struct header *f;
	struct str list, coding;
	size_t at = 0, chunked = 0;

	while ((f = headers_next(headers, "Transfer-Encoding", &at)) != NULL) {
		list = f->value;
		while (str_cut(&list, ',', &coding)) {
			last_chunked = str_iis(str_trim(coding), "chunked");
			chunked += last_chunked;
		}
	}
	return last_chunked && chunked == 1 ? HTTP1_CODING : HTTP1_CODING_FRAME;
}

/* The framing by the fields alone (RFC 9112 section 6.3). */
static enum http1_fault
http1_framing(struct http1_reader *r)
{
	struct http1_head *h = r->h;

	if (r->codings > 0) {
		if (h->minor == 0)
			return HTTP1_CODING_OLD;
		if (r->lengths > 0)
			return HTTP1_BOTH;
		if (r->codings > 1 || !http1_scan_is(r->coding, "chunked", 7))
			return http1_coding_fault(&h->headers);
		h->framing = FRAMING_CHUNKED;
	} else if (r->lengths > 0) {
		if (!http1_length(r))
			return HTTP1_LENGTH;
		h->framing = FRAMING_LENGTH;
	}
	return HTTP1_NONE;
}

static void
http1_persistence(struct http1_reader *r)
{
	struct http1_head *h = r->h;

	h->keep_alive = !r->close && (h->minor == 1 || r->keep_alive);
	h->upgrade = h->minor == 1 && r->upgrade && r->upgrade_named;
	h->expect_continue = h->minor == 1 && h->expect_continue;
}

/* Behind the head of a CONNECT some read a body and some already what is for
 * the tunnel; it has none (RFC 9110 section 9.3.6). */
static bool
http1_tunnel(const struct http1_head *h)
{
	return h->form != TARGET_AUTHORITY ||
	       (h->framing != FRAMING_CHUNKED && h->length == 0);
}

/* One valid Host, which HTTP/1.0 may lack and which may only be empty when
 * the target says the host. */
static bool
http1_host(struct http1_reader *r)
{
	struct http1_head *h = r->h;

	if (r->hosts == 0)
		return h->minor == 0;
	if (r->hosts > 1)
		return false;
	if (r->host.n == 0)
		return h->form == TARGET_ABSOLUTE;
	if (!url_is_authority(r->host))
		return false;
	if (h->form == TARGET_ORIGIN || h->form == TARGET_ASTERISK)
		h->authority = r->host;
	return true;
}

enum http1_step
http1_request(struct http1_head *h, struct arena *a, const char *p, size_t n,
    size_t *seen, const struct http1_limits *l, enum http1_fault *fault)
{
	struct http1_reader r = {
		.h = h,
		.a = a,
		.limits = l,
		.start_line = http1_line_request,
	};
	enum http1_step step = http1_head(&r, p, n, seen);

	if (step == HTTP1_DONE) {
		r.fault = http1_framing(&r);
		if (r.fault == HTTP1_NONE && !http1_host(&r))
			r.fault = HTTP1_HOST;
		if (r.fault == HTTP1_NONE && !http1_tunnel(h))
			r.fault = HTTP1_CONNECT;
		if (r.fault != HTTP1_NONE)
			step = HTTP1_FAULT;
		http1_persistence(&r);
	}
	*fault = r.fault;
	return step;
}

/* Whether a response never has a body, whatever its fields say. */
static bool
http1_bodiless(int status, struct str method)
{
	return status < 200 || status == 204 || status == 304 ||
	       str_eq(method, STR("HEAD"));
}

/* Only the length is judged, and kept for what a GET would have got. */
static enum http1_fault
http1_no_framing(struct http1_reader *r)
{
	if (r->lengths > 0 && !http1_length(r))
		return HTTP1_LENGTH;
	return HTTP1_NONE;
}

enum http1_step
http1_response(struct http1_head *h, struct arena *a, const char *p, size_t n,
    size_t *seen, struct str method, const struct http1_limits *l,
    enum http1_fault *fault)
{
	struct http1_reader r = {
		.h = h,
		.a = a,
		.limits = l,
		.start_line = http1_line_status,
	};
	enum http1_step step = http1_head(&r, p, n, seen);

	if (step == HTTP1_DONE) {
		bool bodiless = http1_bodiless(h->status, method);

		r.fault = bodiless ? http1_no_framing(&r) : http1_framing(&r);
		if (r.fault != HTTP1_NONE)
			step = HTTP1_FAULT;
		http1_persistence(&r);
		if (!bodiless && h->framing == FRAMING_NONE) {
			h->framing = FRAMING_CLOSE;
			h->keep_alive = false;
		}
	}
	*fault = r.fault;
	return step;
}
