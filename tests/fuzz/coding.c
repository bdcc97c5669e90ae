#include "config.h"

#include <stdlib.h>

#include "base/buf.h"
#include "har/base64.h"
#include "har/coding.h"

#include "tests/fuzz/fuzz.h"

/*
 * The first byte says which coding the rest is in.  What must hold: the
 * budget, and that nothing is left behind by a failure.
 */

#define BUDGET 100000

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	static const char *const lists[] = { "gzip", "deflate", "br", "zstd",
		"deflate, gzip", "br, zstd" };
	struct str rest = { (const char *)bytes + 1, n - 1 };
	struct buf out = { 0 };
	unsigned odd;

	if (n == 0)
		return 0;
	if (coding_decode(str_of(lists[bytes[0] % 6]), rest, BUDGET, &out) ==
	    CODING_DONE) {
		if (out.n > BUDGET)
			abort();
	} else if (out.n > 0) {
		abort();
	}
	out.n = 0;
	if (base64_decode(rest, &out, &odd) == -1 && out.n > 0)
		abort();
	buf_free(&out);
	return 0;
}
