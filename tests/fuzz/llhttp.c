#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "gateway/http1.h"

#include "tests/fuzz/fuzz.h"

/*
 * The same bytes to our codec and to Node's (llhttp, strict), whole and cut.
 * The first byte says what they are: q a request, h a response to HEAD, else
 * one to GET; the second how they are cut.  Where both take the message they
 * must agree about every part of it and about where it ends.  Where only one
 * takes it, there is a reason for it in one of the two tables below, or it is
 * a finding.
 *
 * llhttp is compiled in from the sources that a package has; without them the
 * program ends with 77.
 */

#if __has_include(<llhttp/llhttp.c>)
#include <llhttp/api.c>
#include <llhttp/http.c>

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	return 0;
}

#define FIELDS_MAX 256

enum verdict {
	TAKEN,
	WANTS_MORE,
	REFUSED,
};

/* What a reader says of the first message. */
struct told {
	enum verdict verdict;
	int fault; /* enum http1_fault or llhttp_errno_t */
	bool head; /* the head was understood */
	struct buf method, target, reason, body;
	int minor, status;
	bool keep_alive;
	struct {
		struct buf name, value;
	} fields[FIELDS_MAX]; /* and behind them the trailers' */
	size_t n, in_head;
	size_t bytes; /* where the message ends */
	bool until_close;
};

struct input {
	char kind;
	unsigned cut;
	const char *p;
	size_t n;
};

static const struct http1_limits limits = {
	.line = 4096,
	.head = 16384,
	.fields = 100,
};

static void
told_free(struct told *t)
{
	size_t i;

	buf_free(&t->method);
	buf_free(&t->target);
	buf_free(&t->reason);
	buf_free(&t->body);
	for (i = 0; i <= t->n && i < FIELDS_MAX; i++) {
		buf_free(&t->fields[i].name);
		buf_free(&t->fields[i].value);
	}
	free(t);
}

static size_t
next_cut(unsigned *seed)
{
	*seed = *seed * 1103515245 + 12345;
	return *seed >> 30 == 0 ? *seed >> 20 & 255 : 1 + (*seed >> 16 & 15);
}

static bool
bodiless(const struct input *in, int status)
{
	return in->kind != 'q' && (in->kind == 'h' || status < 200 ||
				      status == 204 || status == 304);
}

/* ---- ours ------------------------------------------------------------- */

static void
ours_fields(struct told *t, const struct headers *h)
{
	size_t i;

	for (i = 0; i < h->n && t->n < FIELDS_MAX; i++) {
		buf_add_str(&t->fields[t->n].name, h->v[i].name);
		buf_add_str(&t->fields[t->n].value, h->v[i].value);
		t->n++;
	}
}

static enum http1_step
ours_head(struct told *t, struct http1_head *h, struct arena *a,
    const struct input *in, unsigned cut)
{
	struct str asked = in->kind == 'h' ? STR("HEAD") : STR("GET");
	enum http1_fault fault = HTTP1_NONE;
	enum http1_step step;
	size_t seen = 0, n = 0;

	do {
		n += cut == 0 ? in->n : next_cut(&cut);
		if (n > in->n)
			n = in->n;
		step = in->kind == 'q' ? http1_request(h, a, in->p, n, &seen,
					     &limits, &fault)
				       : http1_response(h, a, in->p, n, &seen,
					     asked, &limits, &fault);
	} while (step == HTTP1_MORE && n < in->n);
	t->fault = fault;
	return step;
}

static enum http1_step
ours_body(struct told *t, const struct http1_head *h, struct arena *a,
    const struct input *in, unsigned cut)
{
	enum http1_step step = HTTP1_MORE;
	struct http1_body b = { 0 };
	enum http1_fault fault = HTTP1_NONE;
	struct headers trailers = { 0 };
	struct str data;
	size_t took, n;

	t->bytes = h->bytes;
	http1_body_start(&b, h->framing, h->length, limits.head);
	while (step == HTTP1_MORE) {
		n = cut == 0 ? in->n : next_cut(&cut);
		if (n > in->n - t->bytes)
			n = in->n - t->bytes;
		step = http1_body_read(
		    &b, in->p + t->bytes, n, &took, &data, &fault);
		buf_add_str(&t->body, data);
		t->bytes += took;
		if (step == HTTP1_MORE && t->bytes == in->n)
			break;
	}
	t->fault = fault;
	if (step == HTTP1_DONE && http1_body_trailers(&b, &trailers, a) == 0)
		ours_fields(t, &trailers);
	t->until_close = h->framing == FRAMING_CLOSE;
	http1_body_fini(&b);
	return t->until_close ? HTTP1_DONE : step;
}

static struct told *
ours(const struct input *in, unsigned cut)
{
	struct told *t = xcalloc(1, sizeof(*t));
	struct http1_head h;
	struct arena a = { 0 };
	enum http1_step step = ours_head(t, &h, &a, in, cut);

	t->head = step == HTTP1_DONE;
	if (t->head) {
		buf_add_str(&t->method, h.method);
		buf_add_str(&t->target, h.target);
		buf_add_str(&t->reason, h.reason);
		t->minor = h.minor;
		t->status = h.status;
		t->keep_alive = h.keep_alive;
		ours_fields(t, &h.headers);
		t->in_head = t->n;
		step = ours_body(t, &h, &a, in, cut);
	}
	t->verdict = step == HTTP1_DONE   ? TAKEN
		     : step == HTTP1_MORE ? WANTS_MORE
					  : REFUSED;
	arena_fini(&a);
	return t;
}

/* ---- theirs ----------------------------------------------------------- */

struct theirs {
	struct told *t;
	const struct input *in;
	bool complete;
};

static struct told *
theirs_told(llhttp_t *p)
{
	return ((struct theirs *)p->data)->t;
}

static int
theirs_url(llhttp_t *p, const char *at, size_t n)
{
	buf_add(&theirs_told(p)->target, at, n);
	return 0;
}

static int
theirs_status(llhttp_t *p, const char *at, size_t n)
{
	buf_add(&theirs_told(p)->reason, at, n);
	return 0;
}

static int
theirs_name(llhttp_t *p, const char *at, size_t n)
{
	struct told *t = theirs_told(p);

	if (t->n < FIELDS_MAX)
		buf_add(&t->fields[t->n].name, at, n);
	return 0;
}

static int
theirs_value(llhttp_t *p, const char *at, size_t n)
{
	struct told *t = theirs_told(p);

	if (t->n < FIELDS_MAX)
		buf_add(&t->fields[t->n].value, at, n);
	return 0;
}

static int
theirs_field(llhttp_t *p)
{
	struct told *t = theirs_told(p);

	if (t->n < FIELDS_MAX)
		t->n++;
	return 0;
}

static int
theirs_body(llhttp_t *p, const char *at, size_t n)
{
	buf_add(&theirs_told(p)->body, at, n);
	return 0;
}

/* Who uses llhttp says that no body follows; it does not know what was
 * asked, and leaves the status codes to others, too. */
static int
theirs_head(llhttp_t *p)
{
	struct theirs *r = p->data;

	r->t->head = true;
	r->t->in_head = r->t->n;
	r->t->minor = p->http_minor;
	if (r->in->kind == 'q')
		buf_add_text(&r->t->method,
		    llhttp_method_name((llhttp_method_t)p->method));
	else
		r->t->status = p->status_code;
	return bodiless(r->in, p->status_code);
}

static int
theirs_end(llhttp_t *p)
{
	struct theirs *r = p->data;

	r->complete = true;
	r->t->keep_alive = llhttp_should_keep_alive(p) != 0;
	return HPE_PAUSED;
}

static struct told *
theirs(const struct input *in, unsigned cut)
{
	struct theirs r = { .t = xcalloc(1, sizeof(*r.t)), .in = in };
	llhttp_settings_t s = {
		.on_url = theirs_url,
		.on_status = theirs_status,
		.on_header_field = theirs_name,
		.on_header_value = theirs_value,
		.on_header_value_complete = theirs_field,
		.on_headers_complete = theirs_head,
		.on_body = theirs_body,
		.on_message_complete = theirs_end,
	};
	llhttp_errno_t e = HPE_OK;
	llhttp_t p;
	size_t at, n = 0;

	llhttp_init(&p, in->kind == 'q' ? HTTP_REQUEST : HTTP_RESPONSE, &s);
	p.data = &r;
	for (at = 0; e == HPE_OK && at < in->n; at += n) {
		n = cut == 0 ? in->n : next_cut(&cut);
		if (n > in->n - at)
			n = in->n - at;
		e = llhttp_execute(&p, in->p + at, n);
	}
	r.t->bytes = in->n;
	if (e == HPE_OK && r.t->head && !r.complete &&
	    llhttp_message_needs_eof(&p)) {
		r.t->until_close = true;
		e = llhttp_finish(&p);
	} else if (e != HPE_OK) {
		r.t->bytes = (size_t)(llhttp_get_error_pos(&p) - in->p);
	}
	r.t->fault = (int)e;
	r.t->verdict = r.complete ? TAKEN : e == HPE_OK ? WANTS_MORE : REFUSED;
	return r.t;
}

/* ---- held against each other ------------------------------------------ */

static const char *const verdicts[] = { "takes it", "wants more", "refuses" };

static void
finding(const struct input *in, const struct told *a, const struct told *b,
    const char *what)
{
	fprintf(stderr,
	    "%s: ours %s (%s, %zu bytes), llhttp %s (%s, %zu bytes)\n", what,
	    verdicts[a->verdict], http1_fault_text((enum http1_fault)a->fault),
	    a->bytes, verdicts[b->verdict],
	    llhttp_errno_name((llhttp_errno_t)b->fault), b->bytes);
	fwrite(in->p, 1, in->n, stderr);
	abort();
}

/* Whether one of bytes stands between from and to in the input. */
static bool
has_byte(const struct input *in, size_t from, size_t to, const char *bytes)
{
	size_t i;

	for (i = from; i < to && i < in->n; i++)
		if (in->p[i] != '\0' && strchr(bytes, in->p[i]) != NULL)
			return true;
	return false;
}

static bool
knows_method(const struct told *a)
{
#define NAME(number, name, string) \
	if (str_is(buf_str(&a->method), #string)) \
		return true;
	HTTP_METHOD_MAP(NAME)
#undef NAME
	return false;
}

static bool
is_ascii(struct str s)
{
	size_t i;

	for (i = 0; i < s.n; i++)
		if ((unsigned char)s.p[i] >= 0x80)
			return false;
	return true;
}

/*
 * Why ours may take what llhttp refuses.
 *
 * INVALID_METHOD: a method may be any token (RFC 9110 section 9.1), and goes
 *	on as it came.
 * INVALID_URL: bytes above ASCII in a target go on as they came; they are
 *	neither spaces nor ends of lines to anybody.
 * INVALID_CONTENT_LENGTH: white space behind a value may be a tab
 *	(RFC 9110 section 5.6.3), which llhttp only allows before it.
 * INVALID_CHUNK_SIZE, STRICT: the line of a chunk's size may have white space
 *	and extensions of any text (RFC 9112 section 7.1.1).  They are dropped.
 */
static bool
ours_may_take(
    const struct input *in, const struct told *a, const struct told *b)
{
	size_t line = b->bytes;

	switch (b->fault) {
	case HPE_INVALID_METHOD:
		return in->kind == 'q' && !knows_method(a);
	case HPE_INVALID_URL:
		return in->kind == 'q' && !is_ascii(buf_str(&a->target));
	case HPE_INVALID_CONTENT_LENGTH:
		return has_byte(in, 0, b->bytes + 1, "\t");
	case HPE_INVALID_CHUNK_SIZE:
	case HPE_STRICT:
		while (line > 0 && in->p[line - 1] != '\n')
			line--;
		return b->head && has_byte(in, line, b->bytes + 1, "; \t");
	default:
		return false;
	}
}

/* Why ours may refuse what llhttp takes: other readers understand it
 * otherwise, or not at all. */
static const char *const ours_may_refuse[HTTP1_FAULT_COUNT] = {
	[HTTP1_LINE_LONG] = "a limit",
	[HTTP1_HEAD_LONG] = "a limit",
	[HTTP1_FIELDS_MANY] = "a limit",
	[HTTP1_LINE] = "HTTP/0.9, a third empty line before the request",
	[HTTP1_TARGET] = "what is no host, a path without a slash",
	[HTTP1_VERSION] = "HTTP/2.0 and HTTP/0.9 by their names",
	[HTTP1_BARE_LF] = "RFC 9112 section 2.2 allows either",
	[HTTP1_NAME] = "an empty name, white space before the colon",
	[HTTP1_FOLDED] = "RFC 9112 section 5.2 allows to refuse it",
	[HTTP1_HOST] = "llhttp leaves Host to who uses it",
	[HTTP1_LENGTH] = "19 digits and more",
	[HTTP1_CODING] = "codings that nobody could take off",
	[HTTP1_CODING_FRAME] = "answers until the close, RFC 9112 section 6.3",
	[HTTP1_CONNECT] = "a body or the tunnel's first bytes",
	[HTTP1_CODING_OLD] = "RFC 9112 section 6.1: faulty framing",
	[HTTP1_TRAILER] = "LF alone as its end",
	[HTTP1_STATUS] = "RFC 9110 section 15: 100 to 599",
};

static bool
same_text(const struct buf *a, const struct buf *b)
{
	return str_eq(str_trim(buf_str(a)), str_trim(buf_str(b)));
}

static void
agree(const struct input *in, const struct told *a, const struct told *b)
{
	size_t i;

	if (a->minor != b->minor || a->status != b->status ||
	    a->keep_alive != b->keep_alive)
		finding(in, a, b, "another version, status or persistence");
	if (!same_text(&a->method, &b->method))
		finding(in, a, b, "another method");
	if (!same_text(&a->target, &b->target))
		finding(in, a, b, "another target");
	if (!same_text(&a->reason, &b->reason))
		finding(in, a, b, "another reason");
	if (a->n != b->n || a->in_head != b->in_head)
		finding(in, a, b, "another number of fields");
	for (i = 0; i < a->n; i++)
		if (!same_text(&a->fields[i].name, &b->fields[i].name) ||
		    !same_text(&a->fields[i].value, &b->fields[i].value))
			finding(in, a, b, "another field");
	if (!str_eq(buf_str(&a->body), buf_str(&b->body)))
		finding(in, a, b, "another body");
	if (a->bytes != b->bytes || a->until_close != b->until_close)
		finding(in, a, b, "another end");
}

static void
hold(const struct input *in, const struct told *a, const struct told *b)
{
	if (a->verdict == TAKEN && b->verdict == TAKEN)
		agree(in, a, b);
	else if (a->verdict == TAKEN
		     ? !ours_may_take(in, a, b)
		     : b->verdict == TAKEN &&
			   (a->verdict == WANTS_MORE ||
			       ours_may_refuse[a->fault] == NULL))
		finding(in, a, b, "two readers");
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	struct told *a, *b;
	struct input in;

	if (n < 3)
		return 0;
	in = (struct input){
		.kind = (char)bytes[0],
		.cut = bytes[1],
		.p = (const char *)bytes + 2,
		.n = n - 2,
	};
	a = ours(&in, 0);
	b = theirs(&in, 0);
	hold(&in, a, b);
	told_free(a);
	told_free(b);
	a = ours(&in, in.cut + 1);
	b = theirs(&in, in.cut + 1);
	hold(&in, a, b);
	told_free(a);
	told_free(b);
	return 0;
}

#else

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	fputs("the sources of llhttp are not here (node-llhttp)\n", stderr);
	exit(77);
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	(void)bytes;
	(void)n;
	return 0;
}

#endif
