#include "config.h"

#include <stdlib.h>

#include "base/buf.h"
#include "base/err.h"
#include "mock/environment.h"
#include "mock/mocks.h"

#include "tests/fuzz/fuzz.h"

/* What must hold: a text that is no state has a reason why; what is written of
 * one that was read is read without a remark and written the same. */

static const char file[] =
    "{\"routes\":[{\"endpoint\":\"a\",\"responses\":[{}]}],"
    "\"data\":[{\"id\":\"d\",\"value\":[1]},"
    "{\"id\":\"e\",\"value\":\"{{body}}\"}]}";

static struct mocks *
fuzz_mocks(void)
{
	const struct mocks_options o = { .most_sessions = 1 };
	const struct mocks_place at = { STR(""), STR("") };
	struct mocks *m = mocks_new(&o);
	struct err e;
	struct environment *env =
	    environment_parse("m.json", str_of(file), NULL, &e);

	if (env == NULL || mocks_add(m, env, &at, 0, NULL, &e) == -1)
		abort();
	return m;
}

/* -1 when text is no state. */
static int
fuzz_pass(struct str text, struct buf *remarks, struct buf *out)
{
	struct mocks *m = fuzz_mocks();
	struct err e = { "" };
	int rc = mocks_read_state(m, text, remarks, &e);

	if (rc == 0)
		mocks_write_state(m, out);
	else if (e.text[0] == '\0')
		abort();
	mocks_unref(m);
	return rc;
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	struct buf first = { 0 }, second = { 0 }, remarks = { 0 };

	if (fuzz_pass((struct str){ (const char *)bytes, n }, &remarks,
		&first) == 0) {
		if (fuzz_pass(buf_str(&first), &remarks, &second) == -1 ||
		    !str_eq(buf_str(&first), buf_str(&second)))
			abort();
	}
	buf_free(&first);
	buf_free(&second);
	buf_free(&remarks);
	return 0;
}
