#include "config.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "mock/graphql.h"
#include "mock/jmespath.h"
#include "mock/js_regex.h"
#include "mock/jsonpath.h"
#include "mock/moment.h"
#include "mock/value_json.h"

#include "tests/fuzz/fuzz.h"

/*
 * What stands in mocks and templates besides templates.  The first byte says
 * what: j JMESPath, p JSONPath, both with the JSON that they look in behind a
 * line feed; r a regular expression of JavaScript; g GraphQL; f a format of a
 * moment; else a moment as people write it.
 *
 * What must hold: what is found can be written as JSON, and a moment that was
 * read can be written.
 */

static void
must(bool holds)
{
	if (!holds)
		abort();
}

static void
fuzz_path(char kind, struct str text)
{
	struct arena a = { 0 };
	struct value data, found;
	struct buf out = { 0 };
	struct values v = {
		.arena = &a,
		.most = 1 << 20,
		.most_work = 100000,
	};
	struct str path;
	int rc;

	if (str_cut(&text, '\n', &path) && text.n > 0 && str_is_utf8(path) &&
	    str_is_utf8(text) && value_read_json(&v, text, &data) == 0) {
		rc = kind == 'j' ? jmespath_find(&v, data, path, &found)
				 : jsonpath_find(&v, data, path, &found);
		if (rc == 0)
			(void)value_write_json(&v, &out, found, 0, false);
	}
	buf_free(&out);
	arena_fini(&a);
}

static void
fuzz_regex(struct str text)
{
	struct err e = { "" };
	struct regex *r;

	if (!str_is_utf8(text))
		return;
	r = js_regex_new(text, JS_REGEX_IGNORE_CASE, &e);
	must(r != NULL || e.text[0] != '\0');
	regex_free(r);
}

static void
fuzz_graphql(struct str text)
{
	struct str type, name, again;

	if (!graphql_operation(text, STR(""), &type, &name))
		return;
	must(str_is(type, "query") || str_is(type, "mutation") ||
	     str_is(type, "subscription"));
	if (name.n > 0)
		must(graphql_operation(text, name, &type, &again) &&
		     str_eq(name, again));
}

static void
fuzz_moment(char kind, struct str text)
{
	struct buf out = { 0 };
	struct err e = { "" };
	struct moment m;
	double ms;

	if (!str_is_utf8(text))
		return;
	if (kind == 'f') {
		must(moment_format(&out, 1.7e12, text, &e) == 0 ||
		     e.text[0] != '\0');
	} else {
		ms = moment_parse(text);
		must(isnan(ms) || fabs(ms) <= 8.64e15);
		if (moment_local(ms, &m))
			must(fabs(moment_of_local(&m) - ms) < 7.3e6);
		moment_print(&out, ms);
		moment_write_json(&out, ms);
	}
	buf_free(&out);
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	struct str text;
	char kind;

	if (n == 0)
		return 0;
	kind = (char)bytes[0];
	text = (struct str){ (const char *)bytes + 1, n - 1 };
	if (kind == 'j' || kind == 'p')
		fuzz_path(kind, text);
	else if (kind == 'r')
		fuzz_regex(text);
	else if (kind == 'g')
		fuzz_graphql(text);
	else
		fuzz_moment(kind, text);
	return 0;
}
