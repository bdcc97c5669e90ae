#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "gateway/h2_head.h"

#include "tests/fuzz/fuzz.h"

/*
 * Lines "name=value" are the fields of a section by HTTP/2; the first byte
 * says whether a body follows.  What must hold: a section that is accepted is
 * a head in HTTP/1.1 with as many fields as were sent, or one that our codec
 * refuses; it never is two requests or has a field that was not sent.
 */

static const struct http1_limits limits = {
	.line = 4096,
	.head = 4096,
	.fields = 100,
};

static void
must(bool holds)
{
	if (!holds)
		abort();
}

static struct str
pseudo(const struct h2_head *h, enum h2_pseudo which)
{
	return buf_str(&h->pseudo[which]);
}

static void
read_back(const struct h2_head *h, const struct buf *text, bool empty)
{
	struct http1_head head = { 0 };
	struct arena a = { 0 };
	enum http1_fault fault;
	size_t seen = 0, i, cookies = 0;

	if (http1_request(&head, &a, text->p, text->n, &seen, &limits,
		&fault) == HTTP1_DONE) {
		must(head.bytes == text->n);
		must(str_eq(head.method, pseudo(h, H2_METHOD)));
		must(str_eq(head.path, pseudo(h, H2_PATH)));
		must(head.minor == 1 && head.keep_alive && !head.upgrade);
		must(empty || head.framing != FRAMING_NONE);
		must(head.headers.n <= h->fields + 2);
		for (i = 0; i < head.headers.n; i++)
			cookies += str_is(head.headers.v[i].name, "cookie");
		must(cookies <= 1);
	}
	arena_fini(&a);
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	struct str rest = { (const char *)bytes + 1, n - 1 }, line;
	struct h2_head h = { 0 };
	struct buf text = { 0 };
	const char *cut;
	bool empty;

	if (n == 0)
		return 0;
	empty = (bytes[0] & 1) != 0;
	h2_head_begin(
	    &h, &limits, (bytes[0] & 2) != 0 ? H2_TRAILERS : H2_REQUEST);
	/* Not at line feeds: those may be in a value. */
	while (rest.n > 0 && str_cut(&rest, '|', &line)) {
		cut = memchr(line.p, '=', line.n);
		if (cut == NULL)
			cut = line.p + line.n;
		h2_head_add(&h, (struct str){ line.p, (size_t)(cut - line.p) },
		    cut == line.p + line.n
			? STR("")
			: (struct str){
			      cut + 1, (size_t)(line.p + line.n - cut - 1) });
	}
	if (h.kind == H2_TRAILERS)
		(void)h2_head_trailers(&h, &text);
	else if (h2_head_request(&h, empty, &text) == H2_HEAD_NONE)
		read_back(&h, &text, empty);
	else
		must(text.n == 0);
	h2_head_fini(&h);
	buf_free(&text);
	return 0;
}
