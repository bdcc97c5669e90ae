#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "har/json.h"
#include "har/json_write.h"

#include "tests/fuzz/fuzz.h"

/*
 * The first byte says how the text is cut.  What must hold: the tokens do not
 * depend on the cuts, and a text that is accepted, written again, is accepted
 * and written the same.
 */

struct cuts {
	struct str text;
	size_t step;
};

static int64_t
read_cut(void *arg, void *p, size_t n, struct err *e)
{
	struct cuts *c = arg;

	(void)e;
	if (n > c->step)
		n = c->step;
	if (n > c->text.n)
		n = c->text.n;
	if (n > 0)
		memcpy(p, c->text.p, n);
	c->text.p += n;
	c->text.n -= n;
	return (int64_t)n;
}

/* All tokens with their texts, and the error if there is one. */
static void
list_tokens(struct json *j, struct buf *out)
{
	enum json_token t;
	struct err e;

	do {
		t = json_next(j);
		buf_addf(out, "%d ", t);
		if (t == JSON_NAME || t == JSON_NUMBER)
			buf_add_str(out, json_text(j));
		else if (t == JSON_STRING && json_decode(j, out, 100) == -1)
			t = JSON_ERROR;
		json_path(j, out);
	} while (t != JSON_ERROR && t != JSON_END);
	if (t == JSON_ERROR) {
		json_error(j, &e);
		buf_add_text(out, e.text);
	}
}

static void
compare_cuts(struct str text, size_t step)
{
	struct cuts cuts = { text, step };
	struct buf whole = { 0 }, pieces = { 0 };
	struct json *j = json_open_str(text);

	list_tokens(j, &whole);
	json_close(j);
	j = json_open(read_cut, &cuts);
	list_tokens(j, &pieces);
	json_close(j);
	if (!str_eq(buf_str(&whole), buf_str(&pieces)))
		abort();
	buf_free(&whole);
	buf_free(&pieces);
}

static void
write_again(struct str text)
{
	struct json_write once, twice;

	json_write_init(&once, false, NULL, NULL);
	json_write_init(&twice, false, NULL, NULL);
	if (json_write_copy(&once, text) == 0) {
		if (json_write_copy(&twice, buf_str(&once.out)) == -1 ||
		    !str_eq(buf_str(&once.out), buf_str(&twice.out)))
			abort();
	}
	json_write_fini(&once);
	json_write_fini(&twice);
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	struct str text = { (const char *)bytes + 1, n - 1 };

	if (n == 0)
		return 0;
	compare_cuts(text, (size_t)bytes[0] % 16 + 1);
	write_again(text);
	return 0;
}
