/* Rules: which there are; and how one that a miss proposes gets there. */
#include "config.h"

#include <jansson.h>

#include "base/buf.h"
#include "base/err.h"
#include "gateway/admin_table.h"
#include "gateway/gateway.h"
#include "gateway/plan.h"
#include "gateway/settings.h"
#include "recorder/rules.h"

#define ADMIN_RULES_ALL (RULE_BIT(RULE_VERB_COUNT) - 1)

void
admin_list_rules(struct admin_request *r)
{
	struct plan *p = gateway_plan(r->of->gateway);
	json_t *list = json_array();
	struct buf text = { 0 };
	struct str rest, line;

	rules_text(p->settings->rules, ADMIN_RULES_ALL, &text);
	rest = buf_str(&text);
	while (rest.n > 0 && str_cut(&rest, '\n', &line))
		if (line.n > 0)
			json_array_append_new(list, admin_json_str(line));
	buf_free(&text);
	plan_unref(p);
	admin_reply_json(r, 200, json_pack("{s:o}", "rules", list));
}

/* As a word for sh(1). */
static void
admin_rules_quote(struct buf *out, struct str text)
{
	size_t i;

	buf_add_text(out, "'");
	for (i = 0; i < text.n; i++) {
		if (text.p[i] == '\'')
			buf_add_text(out, "'\\''");
		else
			buf_add(out, &text.p[i], 1);
	}
	buf_add_text(out, "'");
}

/* The keys of a whole tape hang on its rules, so that they are read at the
 * start.  A rule is judged here and now, though. */
void
admin_post_rule(struct admin_request *r)
{
	const json_t *text = json_object_get(r->body, "rule");
	struct rules *rules = rules_new();
	struct buf word = { 0 };
	struct str line;
	struct err e;

	line =
	    (struct str){ json_string_value(text), json_string_length(text) };
	if (line.p == NULL) {
		admin_reply_problem(r, 400, "rule: expected a text");
	} else if (rules_add(rules, line, &e) == -1) {
		admin_reply_problem(r, 400, "rule: %s", e.text);
	} else {
		admin_rules_quote(&word, line);
		admin_reply_problem(r, 409,
		    "rules are taken at the start: start again with --rule %s",
		    buf_text(&word));
	}
	buf_free(&word);
	rules_free(rules);
}
