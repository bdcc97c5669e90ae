/* What a stub asks of a request, as an endpoint and rules. */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "har/base64.h"

#include "mock/document.h"
#include "mock/draft.h"
#include "mock/endpoint.h"
#include "mock/from_entry_priv.h"

#include "mock/from_wiremock_priv.h"

/* Where what is compared stands. */
struct place {
	const char *target;
	struct str modifier;
};

/* ---- the URL ------------------------------------------------------------ */

static bool
wiremock_is_literal(struct str pattern)
{
	size_t i;

	for (i = 0; i < pattern.n; i++)
		if (strchr("\\^$.|?*+()[]{}", pattern.p[i]) != NULL)
			return false;
	return true;
}

/* The part in front of a query. */
static struct str
wiremock_path(struct str url)
{
	struct str path;

	str_cut(&url, '?', &path);
	return path;
}

void
wiremock_endpoint(struct wiremock *w, const json_t *request, struct buf *out)
{
	static const char *const literals[] = { "url", "urlPath", "urlPattern",
		"urlPathPattern", NULL };
	struct str template = document_text(request, "urlPathTemplate"), url;
	size_t i;

	(void)w;
	if (template.n > 0) {
		endpoint_add_braces(out, template);
		return;
	}
	for (i = 0; literals[i] != NULL; i++) {
		url = document_text(request, literals[i]);
		if (url.n == 0 || (i > 1 && !wiremock_is_literal(url)))
			continue;
		endpoint_add_literal(out, wiremock_path(url));
		return;
	}
	buf_add_text(out, "{*path}"); /* a rule tells the rest */
}

/* ---- one rule ----------------------------------------------------------- */

static void
wiremock_rule(struct wiremock *w, json_t *response, struct place at,
    const char *operator, struct str value, bool not )
{
	struct buf modifier = { 0 }, quoted = { 0 };

	if (draft_quote(&modifier, at.modifier) && draft_quote(&quoted, value))
		draft_rule(response, at.target, buf_str(&modifier), operator,
		    buf_str(&quoted), not );
	else
		wiremock_note(w, "%s %.*s is not compared: no rule can have it",
		    at.target, STR_ARGS(at.modifier));
	buf_free(&modifier);
	buf_free(&quoted);
}

/* A text as a regular expression, between two others. */
static void
wiremock_regex(struct wiremock *w, json_t *response, struct place at,
    const char *form, struct str text, bool literal, bool not )
{
	const char *operator= form[0] == 'i' ? "regex_i" : "regex";
	bool whole = form[1] == '=';
	struct buf out = { 0 };
	size_t i;

	buf_add_text(&out, whole ? "^(?:" : "");
	for (i = 0; i < text.n; i++) {
		if (literal && strchr("\\^$.|?*+()[]{}/", text.p[i]) != NULL)
			buf_add(&out, "\\", 1);
		buf_add(&out, text.p + i, 1);
	}
	buf_add_text(&out, whole ? ")$" : "");
	wiremock_rule(w, response, at, operator, buf_str(&out), not );
	buf_free(&out);
}

static void
wiremock_url_rules(struct wiremock *w, const json_t *request, json_t *response)
{
	struct place at = { .target = "path", .modifier = STR("") };
	struct str url = document_text(request, "url");
	struct str pattern = document_text(request, "urlPattern");
	struct str path = document_text(request, "urlPathPattern");
	struct buf both = { 0 };

	if (url.n > 0 && memchr(url.p, '?', url.n) != NULL)
		wiremock_rule(w, response, at, "equals", url, false);
	if (pattern.n > 0 && !wiremock_is_literal(pattern))
		wiremock_regex(w, response, at, " =", pattern, false, false);
	if (path.n > 0 && !wiremock_is_literal(path)) {
		buf_addf(&both, "(?:%.*s)(?:\\?.*)?", STR_ARGS(path));
		wiremock_regex(
		    w, response, at, " =", buf_str(&both), false, false);
	}
	buf_free(&both);
}

/* ---- matchers ----------------------------------------------------------- */

static void wiremock_match(struct wiremock *w, json_t *response,
    struct place at, const json_t *matcher, bool not );

static void
wiremock_json(struct wiremock *w, json_t *response, const json_t *matcher)
{
	const json_t *v = json_object_get(matcher, "equalToJson");
	char *text = NULL;
	struct str body = { json_string_value(v), json_string_length(v) };

	if (!json_is_string(v)) {
		text = json_dumps(v, JSON_ENCODE_ANY | JSON_COMPACT);
		body = str_of(text);
	}
	if (memmem(body.p, body.n, "${json-unit", 11) != NULL)
		wiremock_note(w, "equalToJson with placeholders: its body is "
				 "not compared");
	else
		from_entry_body(w->draft, response, buf_str(&w->where),
		    STR("application/json"), body);
	if (!json_is_true(json_object_get(matcher, "ignoreExtraElements")))
		wiremock_note(w, "equalToJson: a body with further members "
				 "fits, too");
	free(text);
}

static void
wiremock_json_path(
    struct wiremock *w, json_t *response, const json_t *path, bool not )
{
	struct place at = { .target = "body" };
	const json_t *expression = json_object_get(path, "expression");

	if (json_is_string(path))
		expression = path;
	at.modifier = (struct str){
		json_is_string(expression) ? json_string_value(expression) : "",
		json_string_length(expression)
	};
	if (json_is_object(path) && json_object_size(path) > 1)
		wiremock_match(w, response, at, path, not );
	else /* there is something */
		wiremock_rule(w, response, at, "null", STR(""), !not );
}

static void
wiremock_json_schema(
    struct wiremock *w, json_t *response, const json_t *schema, bool not )
{
	char *text = json_is_string(schema)
			 ? strdup(json_string_value(schema))
			 : json_dumps(schema, JSON_INDENT(2));
	struct place at = { .target = "body", .modifier = STR("") };
	struct buf quoted = { 0 };

	if (text != NULL && draft_quote(&quoted, str_of(text)))
		wiremock_rule(w, response, at, "valid_json_schema",
		    str_of(draft_bucket(
			w->draft, STR("schema"), buf_str(&quoted))),
		    not );
	buf_free(&quoted);
	free(text);
}

/* One way to compare; false when it is none that is known. */
static bool
wiremock_operator(struct wiremock *w, json_t *response, struct place at,
    const char *name, const json_t *matcher, bool not )
{
	const json_t *v = json_object_get(matcher, name);
	bool any_case =
	    json_is_true(json_object_get(matcher, "caseInsensitive"));
	struct str text = { json_is_string(v) ? json_string_value(v) : "",
		json_string_length(v) };

	if (strcmp(name, "equalTo") == 0 && any_case)
		wiremock_regex(w, response, at, "i=", text, true, not );
	else if (strcmp(name, "equalTo") == 0)
		wiremock_rule(w, response, at, "equals", text, not );
	else if (strcmp(name, "matches") == 0)
		wiremock_regex(w, response, at, " =", text, false, not );
	else if (strcmp(name, "doesNotMatch") == 0)
		wiremock_regex(w, response, at, " =", text, false, !not );
	else if (strcmp(name, "contains") == 0)
		wiremock_regex(w, response, at, "  ", text, true, not );
	else if (strcmp(name, "doesNotContain") == 0)
		wiremock_regex(w, response, at, "  ", text, true, !not );
	else if (strcmp(name, "absent") == 0)
		wiremock_rule(
		    w, response, at, "null", STR(""), json_is_true(v) == not );
	else if (strcmp(name, "matchesJsonPath") == 0)
		wiremock_json_path(w, response, v, not );
	else if (strcmp(name, "matchesJsonSchema") == 0)
		wiremock_json_schema(w, response, v, not );
	else if (strcmp(name, "equalToJson") == 0 && !not )
		wiremock_json(w, response, matcher);
	else
		return false;
	return true;
}

static bool
wiremock_is_side(const char *name)
{
	static const char *const side[] = { "caseInsensitive", "expression",
		"ignoreArrayOrder", "ignoreExtraElements", "schemaVersion",
		NULL };
	size_t i;

	for (i = 0; side[i] != NULL; i++)
		if (strcmp(side[i], name) == 0)
			return true;
	return false;
}

static void
wiremock_match(struct wiremock *w, json_t *response, struct place at,
    const json_t *matcher, bool not )
{
	json_t *v, *each;
	const char *name;
	size_t i;

	json_object_foreach((json_t *)(uintptr_t)matcher, name, v)
	{
		if (wiremock_is_side(name) ||
		    wiremock_operator(w, response, at, name, matcher, not ))
			continue;
		if (strcmp(name, "not") == 0 && json_object_size(v) == 1) {
			wiremock_match(w, response, at, v, !not );
		} else if ((strcmp(name, "and") == 0 ||
			       strcmp(name, "includes") == 0 ||
			       strcmp(name, "hasExactly") == 0) &&
			   !not ) {
			json_array_foreach(v, i, each)
			    wiremock_match(w, response, at, each, false);
		} else {
			wiremock_note(w,
			    "%s %.*s: \"%s\" is not compared: no rule can do "
			    "that",
			    at.target, STR_ARGS(at.modifier), name);
		}
	}
}

/* Matchers by the names of what they compare. */
static void
wiremock_named(struct wiremock *w, const json_t *request, const char *member,
    const char *target, json_t *response)
{
	struct place at = { .target = target };
	const char *name;
	json_t *matcher;

	json_object_foreach(json_object_get(request, member), name, matcher)
	{
		at.modifier = str_of(name);
		wiremock_match(w, response, at, matcher, false);
	}
}

static void
wiremock_basic(struct wiremock *w, const json_t *request, json_t *response)
{
	const json_t *auth = json_object_get(request, "basicAuth");
	struct place at = { .target = "header",
		.modifier = STR("Authorization") };
	struct buf plain = { 0 }, coded = { 0 };

	if (auth == NULL)
		auth = json_object_get(request, "basicAuthCredentials");
	if (auth == NULL)
		return;
	buf_addf(&plain, "%.*s:%.*s", STR_ARGS(document_text(auth, "username")),
	    STR_ARGS(document_text(auth, "password")));
	buf_add_text(&coded, "Basic ");
	base64_encode(buf_str(&plain), &coded);
	wiremock_rule(w, response, at, "equals", buf_str(&coded), false);
	buf_free(&plain);
	buf_free(&coded);
}

/* ---- scenarios ---------------------------------------------------------- */

static void
wiremock_scenario(const json_t *stub, json_t *response)
{
	static const char *const names[][2] = {
		{ "requiredScenarioState", "state" },
		{ "newScenarioState", "newState" },
	};
	struct str scenario = document_text(stub, "scenarioName"), state;
	size_t i;

	for (i = 0; scenario.n > 0 && i < 2; i++) {
		state = document_text(stub, names[i][0]);
		if (state.n == 0)
			continue;
		draft_set(draft_hark(response), "scenario", scenario);
		draft_set(draft_hark(response), names[i][1], state);
	}
}

/* ---- all of it ---------------------------------------------------------- */

static void
wiremock_unknown(struct wiremock *w, const json_t *request)
{
	static const char *const known[] = { "method", "url", "urlPath",
		"urlPattern", "urlPathPattern", "urlPathTemplate", "headers",
		"queryParameters", "cookies", "pathParameters",
		"formParameters", "bodyPatterns", "basicAuth",
		"basicAuthCredentials", NULL };
	const char *name;
	json_t *v;
	size_t i;

	json_object_foreach((json_t *)(uintptr_t)request, name, v)
	{
		for (i = 0; known[i] != NULL; i++)
			if (strcmp(known[i], name) == 0)
				break;
		if (known[i] == NULL)
			wiremock_note(w,
			    "request.%s is not compared: no rule can do that",
			    name);
	}
}

void
wiremock_rules(struct wiremock *w, const json_t *stub, json_t *response)
{
	const json_t *request = json_object_get(stub, "request");
	struct place body = { .target = "body", .modifier = STR("") };
	json_t *matcher;
	size_t i;

	wiremock_url_rules(w, request, response);
	wiremock_named(w, request, "queryParameters", "query", response);
	wiremock_named(w, request, "headers", "header", response);
	wiremock_named(w, request, "cookies", "cookie", response);
	wiremock_named(w, request, "pathParameters", "params", response);
	wiremock_named(w, request, "formParameters", "body", response);
	wiremock_basic(w, request, response);
	json_array_foreach(json_object_get(request, "bodyPatterns"), i, matcher)
	    wiremock_match(w, response, body, matcher, false);
	wiremock_scenario(stub, response);
	wiremock_unknown(w, request);
}
