#include "config.h"

#include <stdlib.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "mock/text.h"
#include "mock/value_json.h"
#include "mock/xml.h"

#include "tests/fuzz/fuzz.h"

/* What must hold: a document is an object that can be written without anything
 * cut off, or there is a reason why it is none. */

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	struct arena arena = { 0 };
	struct values v = { .arena = &arena };
	struct buf text = { 0 }, out = { 0 };
	struct err e = { "" };
	struct value to;

	text_add_decoded(&text, (struct str){ (const char *)bytes, n });
	if (xml_read(&v, buf_str(&text), &to, &e) == 0) {
		if (to.kind != VALUE_OBJECT)
			abort();
		(void)value_write_json(&v, &out, to, 0, false);
		if (v.over)
			abort();
	} else if (e.text[0] == '\0') {
		abort();
	}
	buf_free(&text);
	buf_free(&out);
	arena_fini(&arena);
	return 0;
}
