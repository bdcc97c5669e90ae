#include "config.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "mock/form_data.h"
#include "mock/value_json.h"

#include "tests/fuzz/fuzz.h"

/* The first line is the content type, the rest the body.  What must hold: what
 * is read can be written. */

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	struct arena arena = { 0 };
	struct values v = { .arena = &arena, .most = 8u << 20 };
	struct str body = { (const char *)bytes, n }, type;
	struct buf out = { 0 };
	struct value to;
	struct err e;

	if (!str_cut(&body, '\n', &type))
		return 0;
	if (body.p == NULL)
		body = STR("");
	(void)form_data_read(&v, type, body, &to, &e);
	if (!v.over)
		(void)value_write_json(&v, &out, to, 0, false);
	buf_free(&out);
	arena_fini(&arena);
	return 0;
}
