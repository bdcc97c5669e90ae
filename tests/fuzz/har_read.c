#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "har/exchange.h"
#include "har/har_read.h"
#include "har/har_write.h"
#include "har/url.h"

#include "tests/fuzz/fuzz.h"

/*
 * What must hold of every exchange that a text gives: nothing in it could
 * inject into a message, and written as HAR it comes back without a repair
 * and is written the same.  Bodies in files make no difference.
 */

static int64_t
read_text(void *arg, void *p, size_t n, struct err *e)
{
	struct str *s = arg;

	(void)e;
	if (n > s->n)
		n = s->n;
	if (n > 0)
		memcpy(p, s->p, n);
	s->p += n;
	s->n -= n;
	return (int64_t)n;
}

static int
write_to(void *arg, const void *p, size_t n, struct err *e)
{
	(void)e;
	buf_add(arg, p, n);
	return 0;
}

static void
write_file(const struct exchange *x, struct buf *out)
{
	static const struct har_write_options options = { .version = "" };
	struct har_write *h = har_write_open(write_to, out, &options);
	struct err e;

	har_write_entry(h, x);
	if (har_write_close(h, &e) == -1)
		abort();
}

static int
on_again(void *arg, struct exchange *x, bool own, struct err *e)
{
	(void)e;
	if (!own)
		abort();
	write_file(x, arg);
	exchange_free(x);
	return 0;
}

static void
check_safe(struct str s)
{
	size_t i;

	for (i = 0; i < s.n; i++)
		if (s.p[i] == '\0' || s.p[i] == '\r' || s.p[i] == '\n')
			abort();
}

static void
check_message(const struct exchange *x, const struct message *m)
{
	size_t i;

	for (i = 0; i < m->headers.n; i++) {
		check_safe(m->headers.v[i].value);
		if (!str_is_token(m->headers.v[i].name))
			abort();
	}
	if (m->body.bytes.n > 0 &&
	    (!m->body.known || m->body.size != m->body.bytes.n))
		abort();
	(void)x;
}

static int
on_exchange(void *arg, struct exchange *x, bool own, struct err *e)
{
	struct buf once = { 0 }, twice = { 0 };
	struct har_read_options o = {
		.read = read_text,
		.strict = true,
		.on_exchange = on_again,
		.arg = &twice,
	};
	struct har_figures f;
	struct str text;

	(void)arg;
	(void)own;
	if (!str_is_token(x->method) || x->status < 0 || x->status > 999)
		abort();
	check_safe(x->url);
	check_safe(x->target);
	check_safe(x->reason);
	check_message(x, &x->request);
	check_message(x, &x->response);
	write_file(x, &once);
	text = buf_str(&once);
	o.read_arg = &text;
	if (har_read(&o, &f, e) == -1 ||
	    !str_eq(buf_str(&once), buf_str(&twice)))
		abort();
	buf_free(&once);
	buf_free(&twice);
	exchange_free(x);
	return 0;
}

/* What came of a text. */
struct outcome_of {
	struct buf out;
	bool edited; /* long bodies are not encoded anew */
};

static int
keep_exchange(void *arg, struct exchange *x, bool own, struct err *e)
{
	struct outcome_of *o = arg;

	(void)own;
	(void)e;
	write_file(x, &o->out);
	exchange_free(x);
	return 0;
}

static void
keep_note(void *arg, const struct har_note *n)
{
	struct outcome_of *o = arg;

	buf_addf(&o->out, "%s: %s\n", n->path, n->text);
	o->edited |= strstr(n->text, "edited since") != NULL;
}

static void
read_into(struct str text, size_t in_memory, struct outcome_of *o)
{
	const struct har_read_options options = {
		.read = read_text,
		.read_arg = &text,
		.in_memory = in_memory,
		.on_exchange = keep_exchange,
		.on_note = keep_note,
		.arg = o,
	};
	struct har_figures f;
	struct err e;

	if (har_read(&options, &f, &e) == -1)
		buf_add_text(&o->out, e.text);
}

static void
compare_files(struct str text)
{
	struct outcome_of memory = { { 0 }, false }, file = { { 0 }, false };

	read_into(text, 0, &memory);
	read_into(text, 4, &file);
	if (!memory.edited && !str_eq(buf_str(&memory.out), buf_str(&file.out)))
		abort();
	buf_free(&memory.out);
	buf_free(&file.out);
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	struct str text = { (const char *)bytes, n };
	const struct har_read_options o = {
		.read = read_text,
		.read_arg = &text,
		.on_exchange = on_exchange,
	};
	struct har_figures f;
	struct err e;

	(void)har_read(&o, &f, &e);
	compare_files((struct str){ (const char *)bytes, n });
	return 0;
}
