/*
 * Replies that a recording does not have but implies (replay/http_rules.h): the
 * head of a GET for HEAD, 304 and 412 for conditions, parts of the body for
 * ranges.
 */
#include "config.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/mem.h"
#include "gateway/traffic_note.h"
#include "gateway/worker.h"
#include "replay/http_rules.h"

#include "gateway/transaction.h"

#define DERIVE_BOUNDARY (2 * EXCHANGE_KEY_BYTES + 1) /* hexadecimal */

/* Fields of the full answer that another one must not have, and those that
 * are about the body and not with one that has none (section 15.4.5). */
static const char *const derive_of_full[] = { "Content-Length", "Content-Range",
	"Trailer", "Content-MD5", "Content-Digest", NULL };
static const char *const derive_of_body[] = { "Content-Type",
	"Content-Encoding", "Content-Language", NULL };

static bool
derive_is_in(struct str name, const char *const *names)
{
	for (; *names != NULL; names++)
		if (str_iis(name, *names))
			return true;
	return false;
}

/* The field lines of the answer's head, which are fit to be sent, in turn:
 * *line with its CRLF.  Start with *rest = a->head, behind its first line. */
static bool
derive_line(struct str *rest, struct str *name, struct str *line)
{
	struct str copy;

	if (rest->n == 0 || !str_cut(rest, '\n', line))
		return false;
	line->n++;
	copy = *line;
	return str_cut(&copy, ':', name);
}

static struct str
derive_lines(const struct answer *a)
{
	struct str rest = a->head, status;

	(void)str_cut(&rest, '\n', &status);
	return rest;
}

/* Begins a head with what may be kept of the recorded one. */
static void
derive_head(struct transaction *t, int status, const char *const *without)
{
	struct buf *b = &t->w->head;
	struct str rest = derive_lines(t->answer), name, line;

	t->status = status;
	b->n = 0;
	http1_add_status_line(b, status);
	while (derive_line(&rest, &name, &line))
		if (!derive_is_in(name, derive_of_full) &&
		    !derive_is_in(name, without))
			buf_add_str(b, line);
}

/* A reply without a body; more is further field lines. */
static void
derive_bodiless(struct transaction *t, int status, const char *more)
{
	derive_head(t, status, derive_of_body);
	buf_add_text(&t->w->head, more);
	reply_choose_framing(t, status, true);
	reply_finish_answer_head(t);
	reply_whole(t, STR(""));
}

/* The recorded head, which says how long the body is. */
static void
derive_for_head(struct transaction *t)
{
	const struct answer *a = t->answer;
	struct buf *b = &t->w->head;

	t->status = a->status;
	b->n = 0;
	buf_add_str(b, a->head);
	if (!a->head_has_length && a->status != 204 && a->status != 304)
		buf_addf(b, "Content-Length: %" PRIu64 "\r\n", a->body->size);
	reply_choose_framing(t, a->status, true);
	reply_finish_answer_head(t);
	reply_whole(t, STR(""));
}

/* ---- ranges ---------------------------------------------------------- */

static void
derive_content_range(
    struct buf *b, const struct http_rules_range *r, uint64_t size)
{
	buf_addf(b,
	    "Content-Range: bytes %" PRIu64 "-%" PRIu64 "/%" PRIu64 "\r\n",
	    r->first, r->end - 1, size);
}

/* The key is a digest: no body has it in it but by intent. */
static void
derive_boundary(const struct transaction *t, char out[DERIVE_BOUNDARY])
{
	size_t i;

	for (i = 0; i < EXCHANGE_KEY_BYTES; i++)
		snprintf(out + 2 * i, 3, "%02x", t->wanted.key.bytes[i]);
}

/* What stands in front of part i, or, with i their number, behind the last
 * (RFC 2046 section 5.1). */
static void
derive_part_head(const struct transaction *t, size_t i, struct buf *b)
{
	struct str rest = derive_lines(t->answer), name, line;
	char boundary[DERIVE_BOUNDARY];

	derive_boundary(t, boundary);
	buf_addf(b, "%s--%s", i > 0 ? "\r\n" : "", boundary);
	if (i == t->cut->n) {
		buf_add_text(b, "--\r\n");
		return;
	}
	buf_add_text(b, "\r\n");
	while (derive_line(&rest, &name, &line))
		if (str_iis(name, "Content-Type"))
			buf_add_str(b, line);
	derive_content_range(b, &t->cut->v[i], t->answer->body->size);
	buf_add_text(b, "\r\n");
}

static uint64_t
derive_parts_length(const struct transaction *t)
{
	struct buf b = { 0 };
	uint64_t length = 0;
	size_t i;

	for (i = 0; i <= t->cut->n; i++) {
		derive_part_head(t, i, &b);
		if (i < t->cut->n)
			length += t->cut->v[i].end - t->cut->v[i].first;
	}
	length += b.n;
	buf_free(&b);
	return length;
}

bool
derive_next_part(struct transaction *t)
{
	struct buf b = { 0 };
	struct iovec v;
	bool more = t->part < t->cut->n;

	derive_part_head(t, t->part, &b);
	if (more) {
		t->offset = t->cut->v[t->part].first;
		t->end = t->cut->v[t->part].end;
		t->part++;
	}
	v = (struct iovec){ b.p, b.n };
	traffic_note_body(t, buf_str(&b));
	client_write(t->c, &v, 1);
	buf_free(&b);
	return more;
}

/* The parts of a body in memory, at once: together with their heads they are
 * not much longer than it. */
static void
derive_parts_whole(struct transaction *t)
{
	const char *bytes = t->answer->body->bytes.p;
	const struct http_rules_range *r;
	struct buf b = { 0 };
	size_t i;

	for (i = 0; i <= t->cut->n; i++) {
		derive_part_head(t, i, &b);
		r = &t->cut->v[i];
		if (i < t->cut->n)
			buf_add(
			    &b, bytes + r->first, (size_t)(r->end - r->first));
	}
	reply_whole(t, buf_str(&b));
	buf_free(&b);
}

static void
derive_range_head(struct transaction *t, const struct http_rules_cut *cut)
{
	static const char *const none[] = { NULL }, *const type[] = {
		"Content-Type", NULL
	};
	struct buf *b = &t->w->head;
	char boundary[DERIVE_BOUNDARY];

	if (cut->n == 1) {
		derive_head(t, 206, none);
		derive_content_range(b, cut->v, t->answer->body->size);
		buf_addf(b, "Content-Length: %" PRIu64 "\r\n",
		    cut->v->end - cut->v->first);
	} else {
		derive_head(t, 206, type);
		derive_boundary(t, boundary);
		buf_addf(b,
		    "Content-Type: multipart/byteranges; boundary=%s\r\n"
		    "Content-Length: %" PRIu64 "\r\n",
		    boundary, derive_parts_length(t));
	}
	reply_choose_framing(t, 206, true);
	reply_finish_answer_head(t);
}

static void
derive_ranges(struct transaction *t, const struct http_rules_cut *cut)
{
	const struct body *body = t->answer->body;
	const struct http_rules_range *r = cut->v;
	struct iovec v;

	if (cut->n > 1) {
		t->cut = xmalloc(sizeof(*t->cut));
		*t->cut = *cut;
	}
	derive_range_head(t, cut);
	if (body->stored_id > 0) {
		v = (struct iovec){ t->w->head.p, t->w->head.n };
		client_write(t->c, &v, 1);
		if (cut->n == 1) {
			t->offset = r->first;
			t->end = r->end;
		}
		reply_pump(t);
	} else if (cut->n == 1) {
		reply_whole(t, (struct str){ body->bytes.p + r->first,
				   (size_t)(r->end - r->first) });
	} else {
		derive_parts_whole(t);
	}
}

/* ---- what is derived ------------------------------------------------- */

/*
 * The cursor moves for a 304: it stands for the whole answer, which the
 * client has.  A part or a head does not use an answer up; the next parts of
 * it can be asked for.
 */
bool
derive_reply(struct transaction *t)
{
	const struct answer *a = t->answer;
	enum http_rule rule = HTTP_RULE_AS_IS;
	struct http_rules_cut cut;
	char length[64];

	if (t->wanted.asks != 0 && a->asked != t->wanted.asks &&
	    a->status == 200)
		rule = http_rules_apply(t->r->head.method, &t->r->head.headers,
		    &a->headers, a->body->size, &cut);
	switch (rule) {
	case HTTP_RULE_AS_IS:
		if (t->derived == NULL)
			return false;
		derive_for_head(t);
		break;
	case HTTP_RULE_NOT_MODIFIED:
		if (t->derived == NULL)
			library_served(t->w->reader, &t->wanted, a);
		t->derived = "not-modified";
		derive_bodiless(t, 304, "");
		break;
	case HTTP_RULE_FAILED:
		t->derived = "precondition";
		derive_bodiless(t, 412, "Content-Length: 0\r\n");
		break;
	case HTTP_RULE_RANGE:
		t->derived = "range";
		derive_ranges(t, &cut);
		break;
	case HTTP_RULE_UNSATISFIABLE:
		t->derived = "range";
		snprintf(length, sizeof(length),
		    "Content-Range: bytes */%" PRIu64 "\r\n"
		    "Content-Length: 0\r\n",
		    a->body->size);
		derive_bodiless(t, 416, length);
		break;
	}
	return true;
}
