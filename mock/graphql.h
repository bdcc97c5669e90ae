#ifndef MOCK_GRAPHQL_H
#define MOCK_GRAPHQL_H

/* Which operation a GraphQL document asks for (GraphQL, October 2021, section
 * 2.3), found by its braces alone. */

#include <stdbool.h>

#include "base/str.h"

/*
 * The operation called wanted, or the first when wanted is empty: type
 * ("query" for the short form) and name, empty when it has none.  False when
 * there is none such.
 */
bool graphql_operation(
    struct str document, struct str wanted, struct str *type, struct str *name);

#endif
