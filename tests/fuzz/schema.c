#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/err.h"
#include "mock/js_regex.h"
#include "mock/schema.h"
#include "mock/value_json.h"

#include "tests/fuzz/fuzz.h"

/*
 * The first line is a schema, the second a value; both are a regular
 * expression and a text, too.  What must hold: what fits a schema does not fit
 * its negation, but where "#" is meant, which is another place then.
 */

static bool
is_valid(struct value schema, struct value value)
{
	struct err e = { "" };
	struct schema *s = schema_new(schema, &e);
	bool valid = s != NULL && schema_valid(s, value);

	if (s == NULL && e.text[0] == '\0')
		abort();
	schema_free(s);
	return valid;
}

static void
check_schema(
    struct values *v, struct str text, struct value schema, struct value value)
{
	struct value negated = value_new_object(v);

	value_set(v, negated, STR("not"), schema);
	if (is_valid(schema, value) &&
	    memmem(text.p, text.n, "ref", 3) == NULL &&
	    memchr(text.p, '\\', text.n) == NULL && is_valid(negated, value))
		abort();
}

static void
check_regex(struct str pattern, struct str text, unsigned flags)
{
	struct err e = { "" };
	struct regex *regex = js_regex_new(pattern, flags, &e);

	if (regex == NULL && e.text[0] == '\0')
		abort();
	if (regex != NULL)
		(void)regex_find(regex, text, 0, NULL);
	regex_free(regex);
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	struct arena arena = { 0 };
	struct values v = { .arena = &arena };
	struct str rest = { (const char *)bytes, n },
		   lines[2] = { STR(""), STR("") };
	struct value values[2];
	unsigned flags;

	(void)(str_cut(&rest, '\n', &lines[0]) &&
	       str_cut(&rest, '\n', &lines[1]));
	if (value_read_json(&v, lines[0], &values[0]) == 0 &&
	    value_read_json(&v, lines[1], &values[1]) == 0)
		check_schema(&v, lines[0], values[0], values[1]);
	for (flags = 0; flags < 4; flags++)
		check_regex(lines[0], lines[1], flags);
	arena_fini(&arena);
	return 0;
}
