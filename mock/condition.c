#include "config.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/mem.h"
#include "mock/asked.h"
#include "mock/environment.h"
#include "mock/graphql.h"
#include "mock/js_regex.h"
#include "mock/schema.h"
#include "mock/text.h"
#include "mock/value_path.h"

#include "mock/condition.h"

#define CONDITION_MEMORY (64u << 20) /* bytes of values one asking may make */

/* A modifier or a value. */
struct condition_text {
	struct str raw;
	struct template *template; /* NULL: raw as it stands */
};

struct condition {
	const struct mock_rule *rule;
	struct condition_text modifier, value;
	struct regex *regex; /* of a value that is no template */
	struct schema_cache *schemas;
};

struct conditions {
	struct condition *at;
	size_t n;
	bool all; /* must hold, or one */
};

/* One asking. */
struct condition_asking {
	const struct conditions_of *of;
	struct values v;
	struct err *e;
};

static bool
condition_is_regex(const struct mock_rule *rule)
{
	return rule->operator== MOCK_OPERATOR_REGEX || rule->operator==
	    MOCK_OPERATOR_REGEX_I;
}

static unsigned
condition_flags(const struct mock_rule *rule)
{
	return rule->operator== MOCK_OPERATOR_REGEX_I ? JS_REGEX_IGNORE_CASE
						      : 0;
}

/* A template that is none stands for its text, as in Mockoon. */
static void
condition_compile_text(struct condition_text *to, struct str raw,
    const char *where, struct buf *remarks)
{
	struct err e;

	to->raw = raw;
	if (raw.n == 0 || memmem(raw.p, raw.n, "{{", 2) == NULL)
		return;
	to->template = template_compile(raw, NULL, &e);
	if (to->template == NULL && remarks != NULL)
		buf_addf(remarks, "%s: taken as text: %s\n", where, e.text);
}

static int
condition_compile(struct condition *c, const struct mock_rule *rule,
    const char *where, struct buf *remarks, struct err *e)
{
	char *modifier = xasprintf("%s.modifier", where);
	char *value = xasprintf("%s.value", where);
	int result = 0;

	c->rule = rule;
	condition_compile_text(&c->modifier, rule->modifier, modifier, remarks);
	if (rule->operator!= MOCK_OPERATOR_JSON_SCHEMA)
		condition_compile_text(&c->value, rule->value, value, remarks);
	else
		c->schemas = schema_cache_new();
	if (condition_is_regex(rule) && c->value.template == NULL) {
		c->regex = js_regex_new(rule->value, condition_flags(rule), e);
		if (c->regex == NULL)
			result = err_wrap(e, "%s", value);
	}
	free(modifier);
	free(value);
	return result;
}

struct conditions *
conditions_new(const struct mock_response *response, const char *where,
    struct buf *remarks, struct err *e)
{
	struct conditions *c = xcalloc(1, sizeof(*c));
	char *rule;
	int failed = 0;

	c->all = response->all_rules;
	c->at = xcalloc(response->nrules, sizeof(*c->at));
	while (failed == 0 && c->n < response->nrules) {
		rule = xasprintf("%s.rules[%zu]", where, c->n);
		failed = condition_compile(
		    &c->at[c->n], &response->rules[c->n], rule, remarks, e);
		c->n++;
		free(rule);
	}
	if (failed == 0)
		return c;
	conditions_free(c);
	return NULL;
}

void
conditions_free(struct conditions *c)
{
	size_t i;

	if (c == NULL)
		return;
	for (i = 0; i < c->n; i++) {
		template_free(c->at[i].modifier.template);
		template_free(c->at[i].value.template);
		regex_free(c->at[i].regex);
		schema_cache_free(c->at[i].schemas);
	}
	free(c->at);
	free(c);
}

/* What cannot be rendered stands for its text, too. */
static struct str
condition_text(struct condition_asking *a, const struct condition_text *text)
{
	struct str result = text->raw;
	struct buf out = { 0 };
	struct err e;

	if (text->template != NULL &&
	    template_render(text->template, a->of->context, &out, &e) == 0)
		result = value_copy_text(&a->v, buf_str(&out)).text;
	buf_free(&out);
	return result;
}

/* The name behind "$." or within "$['...']". */
static struct str
condition_json_name(struct str path)
{
	struct str name = { path.p + 1, path.n - 1 }, rest;
	size_t n = 0;

	if (str_starts(name, "['") || str_starts(name, "[\"")) {
		rest = (struct str){ name.p + 2, name.n - 2 };
		(void)str_cut(&rest, name.p[1], &name);
		return name;
	}
	if (!str_starts(name, "."))
		return STR("");
	name.p++;
	name.n--;
	while (n < name.n && name.p[n] != '.' && name.p[n] != '[')
		n++;
	name.n = n;
	return name;
}

/* The name with which a path begins, without its backslashes. */
static struct str
condition_first_name(struct condition_asking *a, struct str path)
{
	char *p;
	size_t i, n = 0;

	if (str_starts(path, "$"))
		return condition_json_name(path);
	p = arena_alloc(a->v.arena, path.n);
	for (i = 0; i < path.n && path.p[i] != '.'; i++) {
		if (path.p[i] == '\\' && i + 1 < path.n && path.p[i + 1] == '.')
			i++;
		p[n++] = path.p[i];
	}
	return (struct str){ p, n };
}

/* An object with the one member that path begins with. */
static struct value
condition_holder(
    struct condition_asking *a, struct str name, struct value value)
{
	struct value holder = value_new_object(&a->v);

	if (value.kind != VALUE_UNDEFINED)
		value_set(&a->v, holder, name, value);
	return holder;
}

static struct value
condition_global(struct condition_asking *a, struct str path)
{
	const struct template_store *s = a->of->context->globals;
	struct str name = condition_first_name(a, path);

	return condition_holder(
	    a, name, s == NULL ? VALUE_NONE : s->get(s->arg, &a->v, name));
}

/* Of buckets with the same name or id the last counts. */
static struct value
condition_bucket(struct condition_asking *a, struct str path)
{
	const struct template_store *s = a->of->context->buckets;
	const struct environment *env = a->of->environment;
	struct str name = condition_first_name(a, path);
	const struct mock_bucket *b;
	struct value value = VALUE_NONE;
	size_t i;

	for (i = env == NULL ? 0 : env->nbuckets; s != NULL && i > 0; i--) {
		b = &env->buckets[i - 1];
		if (str_eq(b->name, name) || str_eq(b->id, name)) {
			value = s->get(s->arg, &a->v, b->id);
			break;
		}
	}
	return condition_holder(a, name, value);
}

/* The body when it is of a type that is read, else its text. */
static struct value
condition_body(struct condition_asking *a)
{
	struct value body = asked_part(a->of->asked, TEMPLATE_BODY);

	return body.kind == VALUE_UNDEFINED
		   ? value_text(asked_text(a->of->asked))
		   : body;
}

static bool
condition_wants_text(const struct mock_rule *rule)
{
	return rule->operator== MOCK_OPERATOR_EQUALS ||
	    condition_is_regex(rule);
}

/* The method is compared in lower case. */
static struct value
condition_method(struct condition_asking *a)
{
	struct value method =
	    value_copy_text(&a->v, asked_method(a->of->asked));
	char *p = (char *)(uintptr_t)method.text.p;
	size_t i;

	for (i = 0; i < method.text.n; i++)
		if (p[i] >= 'A' && p[i] <= 'Z')
			p[i] |= 0x20;
	return method;
}

/* The path as it was asked, and that of the route. */
static struct value
condition_path(struct condition_asking *a)
{
	struct value paths = value_new_array(&a->v, 2);

	value_push(&a->v, paths, value_text(asked_url(a->of->asked)));
	value_push(&a->v, paths, value_text(asked_endpoint(a->of->asked)));
	return paths;
}

/* The operation that an object with query and operationName stands for. */
static struct value
condition_operation(struct value in, bool type)
{
	struct value query = value_get(in, STR("query"));
	struct value wanted = value_get(in, STR("operationName"));
	struct str kind, name;

	if (query.kind != VALUE_TEXT ||
	    !graphql_operation(query.text,
		wanted.kind == VALUE_TEXT ? wanted.text : STR(""), &kind,
		&name))
		return !type && wanted.kind == VALUE_TEXT ? wanted : VALUE_NONE;
	return value_text(type ? kind : name);
}

/* Of a batch an array of all; of a GET request that of its query. */
static struct value
condition_graphql(struct condition_asking *a, struct str modifier)
{
	struct value body = asked_part(a->of->asked, TEMPLATE_BODY), all;
	bool type = str_is(modifier, "type");
	size_t i;

	if (body.kind == VALUE_OBJECT)
		return condition_operation(body, type);
	if (body.kind != VALUE_ARRAY)
		return condition_operation(
		    asked_part(a->of->asked, TEMPLATE_QUERY), type);
	all = value_new_array(&a->v, body.array->n);
	for (i = 0; i < body.array->n; i++)
		value_push(
		    &a->v, all, condition_operation(body.array->at[i], type));
	return all;
}

/* What path leads to in a value.  0, or -1 with an error set. */
static int
condition_follow(struct condition_asking *a, struct value of, struct str path,
    struct value *found)
{
	if (value_path_find(&a->v, of, path, found) == 0)
		return 0;
	return err_set(a->e, "the JSONPath %.*s cannot be followed",
	    (int)(path.n < 100 ? path.n : 100), path.p);
}

/* The targets that may be followed into; params, variables and buckets only
 * when the modifier says where to. */
static int
condition_deep(struct condition_asking *a, const struct mock_rule *rule,
    struct str modifier, struct value *found)
{
	struct asked *asked = a->of->asked;
	struct value of = VALUE_NONE;

	*found = VALUE_NONE;
	switch (rule->target) {
	case MOCK_TARGET_BODY:
		of = modifier.n == 0 && (condition_wants_text(rule) ||
					    asked_is_message(asked))
			 ? value_text(asked_text(asked))
			 : condition_body(a);
		break;
	case MOCK_TARGET_QUERY:
		of = asked_part(asked, TEMPLATE_QUERY);
		break;
	case MOCK_TARGET_PARAMS:
		if (modifier.n > 0)
			of = asked_part(asked, TEMPLATE_PARAMS);
		break;
	case MOCK_TARGET_GLOBAL_VAR:
		if (modifier.n > 0)
			of = condition_global(a, modifier);
		break;
	default:
		if (modifier.n > 0)
			of = condition_bucket(a, modifier);
	}
	return condition_follow(a, of, modifier, found);
}

/* The left side.  0, 1 when there can be none whatever the operator, or -1
 * with an error set. */
static int
condition_target(struct condition_asking *a, const struct mock_rule *rule,
    struct str modifier, struct value *found)
{
	struct asked *asked = a->of->asked;

	switch (rule->target) {
	case MOCK_TARGET_REQUEST_NUMBER:
		*found = value_number((double)a->of->number);
		return 0;
	case MOCK_TARGET_COOKIE:
		if (modifier.n == 0)
			return 1;
		*found =
		    value_get(asked_part(asked, TEMPLATE_COOKIES), modifier);
		return 0;
	case MOCK_TARGET_PATH:
		*found = condition_path(a);
		return 0;
	case MOCK_TARGET_METHOD:
		*found = condition_method(a);
		return 0;
	case MOCK_TARGET_HEADER:
		*found = modifier.n == 0 ? value_text(STR(""))
					 : asked_header(asked, modifier);
		return 0;
	case MOCK_TARGET_TEMPLATING:
		*found = value_text(modifier);
		return 0;
	case MOCK_TARGET_CLIENT:
		*found = value_text(asked_client(asked));
		return 0;
	case MOCK_TARGET_GRAPHQL_OPERATION:
		*found = condition_graphql(a, modifier);
		return 0;
	default:
		return condition_deep(a, rule, modifier, found);
	}
}

/* Whether one of the items, or what is no array, fits the value. */
typedef int (*condition_fit)(
    struct condition_asking *a, struct value item, const void *value);

static int
condition_some(struct condition_asking *a, struct value target,
    condition_fit fit, const void *value)
{
	int fits = 0;
	size_t i;

	if (target.kind != VALUE_ARRAY)
		return fit(a, target, value);
	for (i = 0; fits == 0 && i < target.array->n; i++)
		fits = fit(a, target.array->at[i], value);
	return fits;
}

static int
condition_equals(
    struct condition_asking *a, struct value item, const void *value)
{
	return str_eq(value_to_str(&a->v, item), *(const struct str *)value);
}

/* A search that was given up finds nothing. */
static int
condition_matches(
    struct condition_asking *a, struct value item, const void *regex)
{
	return regex_find(regex, value_to_str(&a->v, item), 0, NULL) == 1;
}

static int
condition_compares(
    struct condition_asking *a, struct value item, const void *difference)
{
	const double *d =
	    difference; /* what the number is from, and its sign */
	double number = item.kind == VALUE_TEXT && text_trim(item.text).n == 0
			    ? NAN
			    : value_to_number(item);

	(void)a;
	return d[1] < 0 ? number < d[0] : number > d[0];
}

static int
condition_number(struct condition_asking *a, const struct mock_rule *rule,
    struct value target, struct str value)
{
	double difference[2] = {
		text_trim(value).n == 0 ? NAN
					: value_to_number(value_text(value)),
		rule->operator== MOCK_OPERATOR_LESS ? -1 : 1,
	};

	return condition_some(a, target, condition_compares, difference);
}

static int
condition_regex(struct condition_asking *a, const struct condition *c,
    struct value target, struct str value)
{
	struct regex *regex = c->regex;
	int fits;

	if (regex == NULL)
		regex = js_regex_new(value, condition_flags(c->rule), a->e);
	if (regex == NULL)
		return -1;
	fits = condition_some(a, target, condition_matches, regex);
	if (regex != c->regex)
		regex_free(regex);
	return fits;
}

/* The value names a bucket, or a part of one, that holds a schema. */
static int
condition_schema(
    struct condition_asking *a, const struct condition *c, struct value target)
{
	struct str path = c->rule->value;
	struct value schema;

	if (path.n == 0)
		return 0;
	schema = value_path_names(&a->v, condition_bucket(a, path), path);
	if (!value_is_true(schema))
		return 0;
	return schema_cache_valid(c->schemas, &a->v, schema, target);
}

static int
condition_operator(
    struct condition_asking *a, const struct condition *c, struct value target)
{
	const struct mock_rule *rule = c->rule;
	struct str value;

	if (rule->operator== MOCK_OPERATOR_JSON_SCHEMA)
		return condition_schema(a, c, target);
	value = condition_text(a, &c->value);
	switch (rule->operator) {
	case MOCK_OPERATOR_REGEX:
	case MOCK_OPERATOR_REGEX_I:
		return condition_regex(a, c, target, value);
	case MOCK_OPERATOR_LESS:
	case MOCK_OPERATOR_GREATER:
		return condition_number(a, rule, target, value);
	case MOCK_OPERATOR_ARRAY_INCLUDES:
		if (rule->modifier.n > 0 && target.kind != VALUE_ARRAY)
			return 0;
		/* fall through */
	default:
		return condition_some(a, target, condition_equals, &value);
	}
}

static int
condition_holds(struct condition_asking *a, const struct condition *c)
{
	struct str modifier = condition_text(a, &c->modifier);
	struct value target = VALUE_NONE;
	int got = condition_target(a, c->rule, modifier, &target);

	if (got != 0)
		return got == -1 ? -1 : 0;
	if (c->rule->operator== MOCK_OPERATOR_NULL)
		return value_is_nothing(target) ||
		       (target.kind == VALUE_TEXT && target.text.n == 0);
	if (c->rule->operator== MOCK_OPERATOR_EMPTY_ARRAY)
		return target.kind == VALUE_ARRAY && target.array->n == 0;
	if (target.kind == VALUE_UNDEFINED)
		return 0;
	if (target.kind == VALUE_NULL)
		target = value_text(STR(""));
	return condition_operator(a, c, target);
}

int
conditions_hold(
    const struct conditions *c, const struct conditions_of *of, struct err *e)
{
	struct condition_asking a = {
		.of = of,
		.v = { .arena = of->context->arena, .most = CONDITION_MEMORY },
		.e = e,
	};
	size_t i;
	int holds;

	for (i = 0; i < c->n; i++) {
		holds = condition_holds(&a, &c->at[i]);
		if (holds == -1)
			return err_wrap(e, "rules[%zu]", i);
		if (c->at[i].rule->invert)
			holds = !holds;
		if (holds != c->all)
			return holds;
	}
	return c->n > 0 && c->all;
}
