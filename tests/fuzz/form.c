#include "config.h"

#include <stdlib.h>

#include "base/arena.h"
#include "base/buf.h"
#include "mock/cookies.h"
#include "mock/form.h"
#include "mock/text.h"
#include "mock/value_json.h"

#include "tests/fuzz/fuzz.h"

/* What must hold: a form is an object of texts, arrays and objects, no deeper
 * than its brackets are followed, and of no more fields than are taken. */

static size_t
check_value(struct value value, unsigned depth)
{
	size_t i, n = 0;

	if (depth > 13)
		abort();
	switch (value.kind) {
	case VALUE_TEXT:
		return 1;
	case VALUE_ARRAY:
		for (i = 0; i < value.array->n; i++)
			n += check_value(value.array->at[i], depth + 1);
		return n;
	case VALUE_OBJECT:
		for (i = 0; i < value.object->n; i++)
			n += check_value(value.object->at[i].value, depth + 1);
		return n;
	default:
		abort();
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	struct arena arena = { 0 };
	struct values v = { .arena = &arena };
	struct buf text = { 0 }, out = { 0 };
	struct value forms[2], cookies;
	int i;

	text_add_decoded(&text, (struct str){ (const char *)bytes, n });
	forms[0] = form_read_query(&v, buf_str(&text));
	forms[1] = form_read_body(&v, buf_str(&text));
	cookies = cookies_read(&v, buf_str(&text));
	for (i = 0; i < 2; i++) {
		if (forms[i].kind != VALUE_OBJECT ||
		    check_value(forms[i], 0) > FORM_FIELDS)
			abort();
		(void)value_write_json(&v, &out, forms[i], 0, false);
	}
	(void)value_write_json(&v, &out, cookies, 0, false);
	buf_free(&text);
	buf_free(&out);
	arena_fini(&arena);
	return 0;
}
