#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "gateway/query.h"

#include "tests/fuzz/fuzz.h"

/* The first line is a query, the others are what it is asked of.  What must
 * hold: a query that is refused says where, and one in parentheses, or negated
 * twice, means the same. */

static struct query *
read_query(const char *begin, struct str text, const char *end)
{
	char whole[QUERY_MOST + 8];
	struct err e = { "" };
	struct query *q;
	size_t n = strlen(begin);

	memcpy(whole, begin, n);
	memcpy(whole + n, text.p, text.n);
	memcpy(whole + n + text.n, end, strlen(end));
	q = query_new((struct str){ whole, n + text.n + strlen(end) }, &e);
	if (q == NULL && strncmp(e.text, "query", 5) != 0)
		abort();
	return q;
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	struct str rest = { (const char *)bytes, n }, text;
	struct query_of of = { .number = { [QUERY_STATUS] = 404,
				   [QUERY_DURATION] = 1000,
				   [QUERY_WAIT] = -1 } };
	struct query *q, *same;
	int i;

	if (n == 0 || !str_cut(&rest, '\n', &text) || text.n > QUERY_MOST - 8)
		return 0;
	for (i = 0; i < QUERY_TEXTS; i++)
		if (!str_cut(&rest, '\n', &of.text[i]))
			of.text[i] = STR("");
	q = read_query("", text, "");
	if (q == NULL)
		return 0;
	same = read_query("(", text, " )");
	if (same != NULL && query_holds(q, &of) != query_holds(same, &of))
		abort();
	query_free(same);
	same = read_query("-(", text, " )");
	if (same != NULL && query_holds(q, &of) == query_holds(same, &of))
		abort();
	query_free(same);
	query_free(q);
	return 0;
}
