#include "config.h"

#include <stdlib.h>

#include "base/err.h"
#include "gateway/verify.h"

#include "tests/fuzz/fuzz.h"

/* Expectations as the admin port and a file have them.  What must hold: what
 * is none has a reason why, and each that is one has a name. */

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	struct err e = { "" };
	struct verify *v =
	    verify_new_text((struct str){ (const char *)bytes, n }, &e);
	size_t i;

	if (v == NULL && e.text[0] == '\0')
		abort();
	for (i = 0; v != NULL && i < verify_count(v); i++)
		if (verify_result(v, i).name == NULL)
			abort();
	verify_free(v);
	return 0;
}
