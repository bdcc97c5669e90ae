#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "gateway/http1.h"

#include "tests/fuzz/fuzz.h"

/*
 * The first byte says what to read: q a request, h a response to HEAD, c a
 * chunked body, else a response to GET; the second how to cut the rest.  What
 * must hold: the verdict does not depend on the cuts, all views lie in the
 * input, an accepted head holds nothing that another reader could see
 * otherwise, and written again it reads the same.
 */

struct input {
	char kind;
	unsigned cut;
	const char *p;
	size_t n;
};

struct result {
	enum http1_step step;
	enum http1_fault fault;
	struct http1_head h;
	struct arena a;
	char *bytes;
	size_t seen;
};

static const struct http1_limits limits = {
	.line = 120,
	.head = 600,
	.fields = 8,
};

static void
must(bool holds)
{
	if (!holds)
		abort();
}

/* The next piece's size, 1 to 16 and now and then more. */
static size_t
next_cut(unsigned *seed)
{
	*seed = *seed * 1103515245 + 12345;
	return *seed >> 30 == 0 ? *seed >> 20 & 255 : 1 + (*seed >> 16 & 15);
}

static enum http1_step
read_head(struct result *r, char kind, const char *p, size_t n)
{
	struct str method = kind == 'h' ? STR("HEAD") : STR("GET");

	if (kind == 'q')
		return http1_request(
		    &r->h, &r->a, p, n, &r->seen, &limits, &r->fault);
	return http1_response(
	    &r->h, &r->a, p, n, &r->seen, method, &limits, &r->fault);
}

/* Reads it in pieces, or whole when cut is 0; memory ends with the piece. */
static struct result
take(const struct input *in, unsigned cut)
{
	struct result r = { 0 };
	size_t n = cut == 0 ? in->n : 0, before = 0;

	for (;;) {
		free(r.bytes);
		r.bytes = xmalloc(n + (n == 0));
		memcpy(r.bytes, in->p, n);
		r.step = read_head(&r, in->kind, r.bytes, n);
		must(r.seen >= before && r.seen <= n);
		must((r.step == HTTP1_FAULT) == (r.fault != HTTP1_NONE));
		before = r.seen;
		if (r.step != HTTP1_MORE || n == in->n)
			return r;
		n += next_cut(&cut);
		if (n > in->n)
			n = in->n;
	}
}

static void
forget(struct result *r)
{
	arena_fini(&r->a);
	free(r->bytes);
}

static void
check_same(const struct http1_head *a, const struct http1_head *b)
{
	size_t i;

	must(str_eq(a->method, b->method) && str_eq(a->target, b->target));
	must(str_eq(a->path, b->path) && str_eq(a->authority, b->authority));
	must(a->status == b->status && str_eq(a->reason, b->reason));
	must(a->minor == b->minor && a->form == b->form);
	must(a->framing == b->framing && a->length == b->length);
	must(a->keep_alive == b->keep_alive && a->upgrade == b->upgrade);
	must(a->expect_continue == b->expect_continue);
	must(a->headers.n == b->headers.n);
	for (i = 0; i < a->headers.n; i++) {
		must(str_eq(a->headers.v[i].name, b->headers.v[i].name));
		must(str_eq(a->headers.v[i].value, b->headers.v[i].value));
	}
}

static void
check_inside(const struct result *r, struct str s)
{
	must(s.n == 0 ||
	     (s.p >= r->bytes && s.p + s.n <= r->bytes + r->h.bytes));
}

static size_t
count(const struct headers *headers, const char *name)
{
	size_t at = 0, n = 0;

	while (headers_next(headers, name, &at) != NULL)
		n++;
	return n;
}

static void
check_safe(const struct result *r, char kind)
{
	const struct http1_head *h = &r->h;
	size_t i, lengths = count(&h->headers, "Content-Length");
	size_t codings = count(&h->headers, "Transfer-Encoding");

	must(h->bytes <= limits.head && h->headers.n <= limits.fields);
	for (i = 0; i < h->bytes; i++) {
		must(r->bytes[i] != '\0');
		must(r->bytes[i] != '\n' || (i > 0 && r->bytes[i - 1] == '\r'));
		must(r->bytes[i] != '\r' || r->bytes[i + 1] == '\n');
	}
	for (i = 0; i < h->headers.n; i++) {
		must(str_is_token(h->headers.v[i].name));
		check_inside(r, h->headers.v[i].name);
		check_inside(r, h->headers.v[i].value);
	}
	must(lengths <= 1);
	must(kind != 'q' || lengths + codings <= 1);
	must(h->framing != FRAMING_LENGTH || lengths == 1);
	must((h->framing != FRAMING_CHUNKED) ||
	     (codings == 1 && lengths == 0 && h->minor == 1));
	if (kind != 'q')
		return;
	must(str_is_token(h->method) && h->method.n <= 32);
	must(h->form == TARGET_AUTHORITY || h->path.n > 0);
	must(h->minor == 0 || count(&h->headers, "Host") == 1);
	check_inside(r, h->target);
}

/* Writes the head again and reads that. */
static void
check_again(const struct result *r, char kind)
{
	const struct http1_head *h = &r->h;
	struct result again = { 0 };
	struct buf text = { 0 };

	if (kind == 'q')
		buf_addf(&text, "%.*s %.*s HTTP/1.%d\r\n", STR_ARGS(h->method),
		    STR_ARGS(h->target), h->minor);
	else
		buf_addf(&text, "HTTP/1.%d %d %.*s\r\n", h->minor, h->status,
		    STR_ARGS(h->reason));
	headers_render(&h->headers, &text);
	buf_add_text(&text, "\r\n");
	/* "Name:value" grows by a space when it is written. */
	if (text.n <= limits.head) {
		again.step = read_head(&again, kind, text.p, text.n);
		must(again.step == HTTP1_DONE);
		must(again.h.bytes == text.n);
		check_same(h, &again.h);
	}
	buf_free(&text);
	forget(&again);
}

static void
fuzz_head(const struct input *in)
{
	struct result whole = take(in, 0), cut = take(in, in->cut + 1);

	must(whole.step == cut.step && whole.fault == cut.fault);
	if (whole.step == HTTP1_DONE) {
		must(whole.h.bytes == cut.h.bytes);
		check_same(&whole.h, &cut.h);
		check_safe(&whole, in->kind);
		check_again(&whole, in->kind);
	}
	forget(&whole);
	forget(&cut);
}

static enum http1_step
take_body(const struct input *in, unsigned cut, struct buf *out, size_t *used)
{
	enum http1_step step = HTTP1_MORE;
	struct http1_body b = { 0 };
	enum http1_fault fault;
	struct headers trailers;
	struct arena a = { 0 };
	size_t took, n;
	struct str data;

	http1_body_start(&b, FRAMING_CHUNKED, 0, 60);
	for (*used = 0; step == HTTP1_MORE && *used < in->n; *used += took) {
		n = cut == 0 ? in->n : next_cut(&cut);
		if (n > in->n - *used)
			n = in->n - *used;
		step =
		    http1_body_read(&b, in->p + *used, n, &took, &data, &fault);
		must(took <= n && data.n <= took);
		must(took > 0 || n == 0 || step == HTTP1_FAULT);
		must((step == HTTP1_FAULT) == (fault != HTTP1_NONE));
		buf_add_str(out, data);
	}
	if (step == HTTP1_DONE) {
		must(http1_body_trailers(&b, &trailers, &a) == 0);
		buf_addf(out, "%zu", trailers.n);
		headers_render(&trailers, out);
	}
	arena_fini(&a);
	http1_body_fini(&b);
	return step;
}

static void
fuzz_body(const struct input *in)
{
	struct buf whole = { 0 }, cut = { 0 };
	size_t used, used_cut;
	enum http1_step step = take_body(in, 0, &whole, &used);

	must(take_body(in, in->cut + 1, &cut, &used_cut) == step);
	must(step == HTTP1_FAULT || used == used_cut);
	must(str_eq(buf_str(&whole), buf_str(&cut)));
	buf_free(&whole);
	buf_free(&cut);
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	struct input in;

	if (n < 2)
		return 0;
	in = (struct input){
		.kind = (char)bytes[0],
		.cut = bytes[1],
		.p = (const char *)bytes + 2,
		.n = n - 2,
	};
	if (in.kind == 'c')
		fuzz_body(&in);
	else
		fuzz_head(&in);
	return 0;
}
