#ifndef MOCK_JMESPATH_H
#define MOCK_JMESPATH_H

/*
 * JMESPath (jmespath.org) as @jmespath-community/jmespath 1.3 has it: the
 * specification with arithmetic, let and the further functions of the
 * community's edition.
 */

#include "base/str.h"
#include "mock/value.h"

/* What expression gives for data; null where there is nothing.  0, or -1 when
 * the expression is none or cannot be evaluated. */
int jmespath_find(struct values *v, struct value data, struct str expression,
    struct value *found);

#endif
