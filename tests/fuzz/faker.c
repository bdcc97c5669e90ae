#include "config.h"

#include <stdlib.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"

#include "mock/faker.h"
#include "mock/infer.h"
#include "mock/value.h"
#include "mock/value_json.h"

#include "tests/fuzz/fuzz.h"

/*
 * The first byte chooses a locale, the next two a method, the rest is its
 * arguments in JSON.  What must hold: the same seed gives the same, and
 * whatever comes can be printed.
 */

static struct faker *
make(unsigned locale)
{
	static const char *const locales[] = { "en", "de", "ja", "ru", "base",
		"en_CA", "zh_CN", "fr" };
	struct err e;

	return faker_new(str_of(locales[locale % 8]), &e);
}

static void
print(struct faker *f, struct str name, struct value args, struct buf *out)
{
	struct arena arena = { 0 };
	struct values v = { .arena = &arena };
	struct value made;
	struct err e;

	faker_seed(f, 42);
	if (faker_call(f, name, args.array->at, args.array->n, &v, &made, &e) ==
	    FAKER_DONE) {
		value_print(out, made, SIZE_MAX);
		value_write_json(&v, out, made, 0, false);
	} else {
		buf_add_text(out, e.text);
	}
	arena_fini(&arena);
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	struct arena arena = { 0 };
	struct values v = { .arena = &arena };
	struct buf once = { 0 }, twice = { 0 };
	static struct faker *fakers[8];
	struct value args;
	struct str text;
	char name[64];

	if (n < 3)
		return 0;
	text = (struct str){ (const char *)bytes + 3, n - 3 };
	infer_find(text, INFER_ANY, text);
	if (fakers[bytes[0] % 8] == NULL)
		fakers[bytes[0] % 8] = make(bytes[0]);
	if (faker_method_name((bytes[1] * 256u + bytes[2]) % 299, name,
		sizeof(name)) != NULL &&
	    value_read_json(&v, text, &args) == 0 && args.kind == VALUE_ARRAY) {
		print(fakers[bytes[0] % 8], str_of(name), args, &once);
		print(fakers[bytes[0] % 8], str_of(name), args, &twice);
		if (!str_eq(buf_str(&once), buf_str(&twice)))
			abort();
	}
	buf_free(&once);
	buf_free(&twice);
	arena_fini(&arena);
	return 0;
}
