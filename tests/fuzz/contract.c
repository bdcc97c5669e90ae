#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "har/headers.h"
#include "mock/contract.h"

#include "tests/fuzz/fuzz.h"

/*
 * A description, a line with ---, and a message: a start line and a body, with
 * a line with --- between them.  What must hold: the description has an error
 * or operations; the message is judged twice the same; and each finding has
 * its texts.  There is no file below the description's folder.
 */

#define PATH "/dev/null/openapi.yaml"

static struct str
cut(struct str *rest)
{
	const char *at = memmem(rest->p, rest->n, "\n---\n", 5);
	struct str part = *rest;

	if (at != NULL) {
		part.n = (size_t)(at - rest->p);
		*rest = (struct str){ at + 5, rest->n - part.n - 5 };
	} else {
		*rest = STR("");
	}
	return part;
}

static void
add(struct buf *out, const struct contract_findings *f)
{
	const struct contract_violation *v;

	if (f->n > CONTRACT_MOST)
		abort();
	for (v = f->v; v < f->v + f->n; v++) {
		if (v->at.n == 0 || v->why.n == 0)
			abort();
		buf_addf(out, "%s %d %.*s %.*s %.*s\n",
		    contract_kind_name(v->kind), v->answer, STR_ARGS(v->at),
		    STR_ARGS(v->rule), STR_ARGS(v->why));
	}
}

static void
judge(const struct contract *c, struct str line, struct str body, int type,
    struct buf *out)
{
	static const char *const types[] = { "application/json",
		"application/x-www-form-urlencoded",
		"multipart/form-data; boundary=b", "text/plain" };
	const struct contract_operation *o;
	struct contract_findings f = { .n = 0 };
	struct headers h = { 0 };
	struct contract_message m;
	struct arena a = { 0 };
	struct str method;

	(void)str_cut(&line, ' ', &method);
	headers_add(&h, &a, STR("Content-Type"), str_of(types[type]));
	headers_add(&h, &a, STR("Cookie"), line.p != NULL ? line : STR(""));
	m = (struct contract_message){ .method = method,
		.target = line.p != NULL ? line : STR(""),
		.status = 200,
		.headers = &h,
		.body = body };
	if (contract_request(c, &m, &o, &f) == CONTRACT_DOCUMENTED) {
		if (contract_operation_text(o).n == 0)
			abort();
		contract_head(c, o, &m, &f);
		contract_body(c, o, &m, &f);
	}
	add(out, &f);
	contract_findings_fini(&f);
	arena_fini(&a);
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	const struct contract_options options = { .most_body = 4096 };
	struct str rest = { (const char *)bytes, n };
	struct str text = cut(&rest), line = cut(&rest);
	struct contract *c = contract_new(&options);
	struct buf out[2] = { { 0 }, { 0 } }, remarks = { 0 };
	struct err e;
	int i;

	if (contract_add_text(
		c, PATH, (struct str){ NULL, 0 }, text, &remarks, &e) == 0)
		for (i = 0; i < 8; i++)
			judge(c, line, rest, i % 4, &out[i / 4]);
	if (!str_eq(buf_str(&out[0]), buf_str(&out[1])))
		abort();
	contract_free(c);
	buf_free(&out[0]);
	buf_free(&out[1]);
	buf_free(&remarks);
	return 0;
}
