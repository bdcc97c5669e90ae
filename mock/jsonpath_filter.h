#ifndef MOCK_JSONPATH_FILTER_H
#define MOCK_JSONPATH_FILTER_H

/* The expressions in the parentheses of a JSONPath, for jsonpath.c only. */

#include <stdbool.h>

#include "base/str.h"
#include "mock/value.h"

/* What @ and the words that begin with it stand for. */
struct jsonpath_scope {
	struct value value;
	struct value property;
	struct value parent;
	struct value parent_property;
	struct value root;
};

/* Whether all filters of a path are among those that Mockoon lets through. */
bool jsonpath_is_safe(struct str path);

/* 0, or -1 for what JavaScript would throw on. */
int jsonpath_evaluate(struct values *v, struct str expression,
    const struct jsonpath_scope *scope, struct value *result);

#endif
