/* What the request was, and the status of the answer. */

#include "config.h"

#include <stdint.h>

#include "base/buf.h"
#include "mock/text.h"
#include "mock/value_json.h"
#include "mock/value_path.h"

#include "mock/helper.h"

static struct value
helper_part(const struct helper_call *c, enum template_part part)
{
	const struct template_request *r = c->c->request;

	return r->part == NULL ? VALUE_NONE : r->part(r->arg, part);
}

/* An object, even where there is none. */
static struct value
helper_part_object(const struct helper_call *c, enum template_part part)
{
	struct value of = helper_part(c, part);

	return of.kind == VALUE_OBJECT ? of : value_new_object(c->v);
}

/* An argument, or "" where there is none. */
static struct value
helper_or_empty(const struct helper_call *c, unsigned i)
{
	struct value a = helper_given(c, i);

	return value_is_nothing(a) ? value_text(STR("")) : a;
}

/* What a path leads to in a part, or the second argument. */
static int
helper_part_at(struct helper_call *c, struct value of, struct value *found)
{
	struct str path = value_to_str(c->v, helper_or_empty(c, 0));

	if (value_path_find(c->v, of, path, found) == -1)
		return helper_fail(c, "the path cannot be followed");
	if (found->kind == VALUE_UNDEFINED)
		*found = helper_or_empty(c, 1);
	return 0;
}

/* Writes what was found: JSON for objects, or if the third argument asks. */
static int
helper_as_text(struct helper_call *c, struct value found, struct value *result)
{
	bool json = value_is_true(helper_given(c, 2)) ||
		    found.kind == VALUE_NULL || value_is_object(found);
	struct buf *out = helper_scratch(c);

	if (json)
		(void)value_write_json(c->v, out, found, 0, false);
	else
		value_print(out, found, SIZE_MAX);
	*result = helper_built(c);
	result->kind = VALUE_SAFE;
	return 0;
}

static int
helper_body(struct helper_call *c, struct value *result)
{
	struct value body = helper_part(c, TEMPLATE_BODY), found;

	if (value_to_str(c->v, helper_or_empty(c, 0)).n == 0) {
		*result = value_safe(c->c->request->body);
		return 0;
	}
	if (!value_is_true(body))
		body = helper_or_empty(c, 1);
	if (helper_part_at(c, body, &found) == -1)
		return -1;
	return helper_as_text(c, found, result);
}

static int
helper_body_raw(struct helper_call *c, struct value *result)
{
	struct value body = helper_part(c, TEMPLATE_BODY);

	if (!value_is_true(body)) {
		*result = helper_or_empty(c, 1);
		return 0;
	}
	return helper_part_at(c, body, result);
}

static int
helper_query_param(struct helper_call *c, struct value *result)
{
	struct value found;

	if (helper_part_at(c, helper_part_object(c, TEMPLATE_QUERY), &found) ==
	    -1)
		return -1;
	return helper_as_text(c, found, result);
}

static int
helper_query_param_raw(struct helper_call *c, struct value *result)
{
	return helper_part_at(c, helper_part_object(c, TEMPLATE_QUERY), result);
}

static int
helper_query_params(struct helper_call *c, struct value *result)
{
	*result = helper_part_object(c, TEMPLATE_QUERY);
	return 0;
}

static int
helper_url_param(struct helper_call *c, struct value *result)
{
	*result = value_get(helper_part_object(c, TEMPLATE_PARAMS),
	    value_to_str(c->v, helper_arg(c, 0)));
	return 0;
}

static int
helper_url_params(struct helper_call *c, struct value *result)
{
	*result = helper_part_object(c, TEMPLATE_PARAMS);
	return 0;
}

/* The second argument; an object is none. */
static struct value
helper_fallback(const struct helper_call *c)
{
	struct value a = helper_arg(c, 1);

	return a.kind == VALUE_NULL || value_is_object(a) ? value_text(STR(""))
							  : a;
}

static int
helper_header(struct helper_call *c, struct value *result)
{
	struct value headers = helper_part_object(c, TEMPLATE_HEADERS);
	struct value name = helper_arg(c, 0), found;
	struct str key;

	*result = helper_fallback(c);
	if (name.kind == VALUE_NULL || value_is_object(name))
		return 0;
	if (name.kind != VALUE_TEXT || name.text.n == 0)
		return helper_fail(c, "the name of a header is a text");
	text_add_lower(helper_scratch(c), name.text);
	key = helper_built(c).text;
	found = value_get(headers, key);
	/* Both spellings of this one are the same. */
	if (!value_is_true(found) && str_is(key, "referer"))
		found = value_get(headers, STR("referrer"));
	else if (!value_is_true(found) && str_is(key, "referrer"))
		found = value_get(headers, STR("referer"));
	if (value_is_true(found))
		*result = found;
	return 0;
}

static int
helper_headers(struct helper_call *c, struct value *result)
{
	*result = helper_part_object(c, TEMPLATE_HEADERS);
	return 0;
}

static int
helper_cookie(struct helper_call *c, struct value *result)
{
	struct value found = value_get(helper_part_object(c, TEMPLATE_COOKIES),
	    value_to_str(c->v, helper_arg(c, 0)));

	*result = value_is_true(found) ? found : helper_fallback(c);
	return 0;
}

static int
helper_base_url(struct helper_call *c, struct value *result)
{
	*result = helper_part(c, TEMPLATE_BASE_URL);
	return 0;
}

static int
helper_hostname(struct helper_call *c, struct value *result)
{
	*result = value_text(c->c->request->hostname);
	return 0;
}

static int
helper_ip(struct helper_call *c, struct value *result)
{
	*result = value_text(c->c->request->ip);
	return 0;
}

static int
helper_method(struct helper_call *c, struct value *result)
{
	*result = value_text(c->c->request->method);
	return 0;
}

/* Sets the status of the answer; what is none is passed over. */
static int
helper_status(struct helper_call *c, struct value *result)
{
	double code;

	*result = value_text(STR(""));
	if (c->n == 0)
		return 0;
	code = helper_int_of(c, c->args[0]);
	if (code >= 100 && code <= 999)
		*c->c->status = (int)code;
	return 0;
}

const struct helper helper_request[] = {
	{ "baseUrl", helper_base_url, HELPER_REQUEST },
	{ "body", helper_body, HELPER_REQUEST },
	{ "bodyRaw", helper_body_raw, HELPER_REQUEST },
	{ "cookie", helper_cookie, HELPER_REQUEST },
	{ "header", helper_header, HELPER_REQUEST },
	{ "headers", helper_headers, HELPER_REQUEST },
	{ "hostname", helper_hostname, HELPER_REQUEST },
	{ "ip", helper_ip, HELPER_REQUEST },
	{ "method", helper_method, HELPER_REQUEST },
	{ "queryParam", helper_query_param, HELPER_REQUEST },
	{ "queryParamRaw", helper_query_param_raw, HELPER_REQUEST },
	{ "queryParams", helper_query_params, HELPER_REQUEST },
	{ "status", helper_status, HELPER_STATUS },
	{ "urlParam", helper_url_param, HELPER_REQUEST },
	{ "urlParams", helper_url_params, HELPER_REQUEST },
	{ NULL, NULL, HELPER_ANY },
};
