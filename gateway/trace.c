#include "config.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/random.h"

#include "gateway/trace.h"

/* n digits at p, in lower case; not all of them 0 if some must not be. */
static bool
trace_is_hex(const char *p, size_t n, bool some)
{
	bool any = false;
	size_t i;

	for (i = 0; i < n; i++) {
		if ((p[i] < '0' || p[i] > '9') && (p[i] < 'a' || p[i] > 'f'))
			return false;
		any = any || p[i] != '0';
	}
	return any || !some;
}

/* A later version may have more behind a hyphen. */
struct str
trace_id(struct str v)
{
	if (v.n < TRACE_PARENT_BYTES || !trace_is_hex(v.p, 2, false) ||
	    str_starts(v, "ff") || v.p[2] != '-' ||
	    !trace_is_hex(v.p + 3, TRACE_ID_BYTES, true) || v.p[35] != '-' ||
	    !trace_is_hex(v.p + 36, 16, true) || v.p[52] != '-' ||
	    !trace_is_hex(v.p + 53, 2, false))
		return STR("");
	if (v.n > TRACE_PARENT_BYTES &&
	    (str_starts(v, "00") || v.p[TRACE_PARENT_BYTES] != '-'))
		return STR("");
	return (struct str){ v.p + 3, TRACE_ID_BYTES };
}

void
trace_make(struct random *r, char out[TRACE_PARENT_BYTES + 1])
{
	uint64_t high = random_next(r), low = random_next(r) | 1,
		 parent = random_next(r) | 1;

	snprintf(out, TRACE_PARENT_BYTES + 1,
	    "00-%016" PRIx64 "%016" PRIx64 "-%016" PRIx64 "-01", high, low,
	    parent);
}
