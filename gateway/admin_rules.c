/* Rules: which there are, and more of them. */
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

static json_t *
admin_rules(struct admin_request *r)
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
	return list;
}

void
admin_list_rules(struct admin_request *r)
{
	admin_reply_json(r, 200, json_pack("{s:o}", "rules", admin_rules(r)));
}

static void
admin_rules_add(struct admin_request *r, struct str line)
{
	struct err e;
	int rc = gateway_add_rule(r->of->gateway, line, &e);

	if (rc == -1)
		admin_reply_problem(
		    r, 409, "%s; the rules stay as they were", e.text);
	else
		admin_reply_json(r, rc == 1 ? 201 : 200,
		    json_pack("{s:b, s:o, s:s, s:o}", "added", rc == 1, "line",
			admin_json_str(line), "note",
			rc == 1 ? "kept until the gateway ends; line goes into "
				  "a file for --rules FILE to keep it longer"
				: "it was there before",
			"rules", admin_rules(r)));
}

void
admin_post_rule(struct admin_request *r)
{
	const json_t *text = json_object_get(r->body, "rule");
	struct rules *rules = rules_new();
	struct str line;
	struct err e;

	line = str_trim(
	    (struct str){ json_string_value(text), json_string_length(text) });
	if (!json_is_string(text))
		admin_reply_problem(r, 400, "rule: expected a text");
	else if (rules_add(rules, line, &e) == -1)
		admin_reply_problem(r, 400, "rule: %s", e.text);
	else if (rules_verbs(rules) == 0)
		admin_reply_problem(r, 400,
		    "rule: expected METHODS PATTERN VERB, such as: * /api/* "
		    "ignore query ts");
	else
		admin_rules_add(r, line);
	rules_free(rules);
}
