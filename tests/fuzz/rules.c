#include "config.h"

#include <stdlib.h>

#include "base/buf.h"
#include "base/err.h"
#include "gateway/mode_set.h"
#include "recorder/rules.h"

#include "tests/fuzz/fuzz.h"

/*
 * Rules of matching and redaction, or with m as the first byte a route's mode:
 * METHODS, PATTERN and MODE with line feeds between.
 *
 * What must hold: what is no rule has a reason why; rules that were read are
 * written, and what was written is read the same.
 */

static const struct rules_request request = {
	.method = STR("GET"),
	.scope = STR("a.test"),
	.target = STR("/v1/users/7?q=1"),
};

static void
must(bool holds)
{
	if (!holds)
		abort();
}

static void
ask(const struct rules *r)
{
	const struct rule *rule = NULL;

	while ((rule = rules_next(r, rule, rules_verbs(r), &request)) != NULL)
		(void)rule_names(rule, STR("q"), true);
}

static void
fuzz_rules(struct str text)
{
	uint64_t all = RULES_OF_MATCHING | RULES_OF_REDACTION;
	struct rules *r = rules_new(), *again = rules_new();
	struct err e = { "" };
	struct buf out = { 0 };

	if (rules_add_text(r, text, &e) == 0) {
		ask(r);
		rules_text(r, all, &out);
		must(rules_add_text(again, buf_str(&out), &e) == 0);
		must(rules_same(r, again, all));
	} else {
		must(e.text[0] != '\0');
	}
	rules_free(r);
	rules_free(again);
	buf_free(&out);
}

static void
fuzz_modes(struct str text)
{
	const struct mode_request asked = {
		.method = request.method,
		.scope = request.scope,
		.target = request.target,
	};
	struct mode_set m = { .mode = MODE_PROXY };
	struct str part;
	struct buf words[3] = { { 0 }, { 0 }, { 0 } };
	struct err e = { "" };
	int i;

	for (i = 0; i < 3; i++) {
		if (str_cut(&text, '\n', &part))
			buf_add_str(&words[i], part);
		buf_add(&words[i], "", 1);
	}
	if (mode_set_route(&m, words[0].p, words[1].p, words[2].p, &e) == 0) {
		must(mode_set_find(&m, &asked) != NULL);
		words[1].n = 0;
		mode_row_pattern(&m.routes.v[0], &words[1]);
	} else {
		must(e.text[0] != '\0');
	}
	mode_set_fini(&m);
	for (i = 0; i < 3; i++)
		buf_free(&words[i]);
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	struct str text = { (const char *)bytes, n };

	if (n > 1 && bytes[0] == 'm' && bytes[1] == '\n')
		fuzz_modes((struct str){ text.p + 2, text.n - 2 });
	else
		fuzz_rules(text);
	return 0;
}
