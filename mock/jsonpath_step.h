#ifndef MOCK_JSONPATH_STEP_H
#define MOCK_JSONPATH_STEP_H

/* The steps of a JSONPath, for jsonpath.c only. */

#include <stdbool.h>

#include "base/str.h"

struct values;

struct step {
	struct str text;
	bool exact; /* a property and nothing else, whatever it looks like */
	const struct step *next;
};

/* A path's steps, without the $ in front of others; they live with v. */
const struct step *step_all(struct values *v, struct str path);

#endif
