/* Searches in values. */

#include "config.h"

#include "mock/jmespath.h"
#include "mock/jsonpath.h"
#include "mock/value_path.h"

#include "mock/helper.h"

/*
 * The first argument searched by the second, a text; VALUE_UNDEFINED becomes
 * the third.  False when there is nothing to search, and *result is set.
 */
static bool
helper_query_begins(
    struct helper_call *c, struct value *data, struct value *result)
{
	struct value path = helper_given(c, 1);

	if (c->n < 2)
		return false;
	*data = *result = helper_given(c, 0);
	return path.kind == VALUE_TEXT && path.text.n > 0 &&
	       (data->kind == VALUE_NULL || value_is_object(*data));
}

static void
helper_query_ends(
    struct helper_call *c, struct value found, struct value *result)
{
	*result = found;
	if (found.kind != VALUE_UNDEFINED)
		return;
	*result = c->n > 2 && !value_is_nothing(c->args[2])
		      ? c->args[2]
		      : value_text(STR(""));
}

static int
helper_json_path(struct helper_call *c, struct value *result)
{
	struct value data, found;

	if (!helper_query_begins(c, &data, result))
		return 0;
	if (jsonpath_find(c->v, data, helper_given(c, 1).text, &found) == -1)
		return helper_fail(c, "the path cannot be followed");
	helper_query_ends(c, found, result);
	return 0;
}

static int
helper_object_path(struct helper_call *c, struct value *result)
{
	struct value data;

	if (helper_query_begins(c, &data, result))
		helper_query_ends(c,
		    value_path_names(c->v, data, helper_given(c, 1).text),
		    result);
	return 0;
}

/* An expression that is none finds nothing. */
static int
helper_jmes_path(struct helper_call *c, struct value *result)
{
	struct value data, found;

	if (!helper_query_begins(c, &data, result))
		return 0;
	if (jmespath_find(c->v, data, helper_given(c, 1).text, &found) == -1 ||
	    value_is_nothing(found))
		found = VALUE_NONE;
	helper_query_ends(c, found, result);
	return 0;
}

const struct helper helper_query[] = {
	{ "jmesPath", helper_jmes_path, HELPER_ANY },
	{ "jsonPath", helper_json_path, HELPER_ANY },
	{ "objectPath", helper_object_path, HELPER_ANY },
	{ NULL, NULL, HELPER_ANY },
};
