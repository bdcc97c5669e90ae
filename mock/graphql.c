#include "config.h"

#include <string.h>

#include "mock/graphql.h"

static void
graphql_skip(struct str *rest, size_t n)
{
	n = n < rest->n ? n : rest->n;
	rest->p += n;
	rest->n -= n;
}

/* Behind a quote, to behind the one that ends the string. */
static void
graphql_skip_string(struct str *rest)
{
	const char *end;

	if (str_starts(*rest, "\"\"\"")) {
		end = memmem(rest->p + 3, rest->n - 3, "\"\"\"", 3);
		graphql_skip(
		    rest, end == NULL ? rest->n : (size_t)(end + 3 - rest->p));
		return;
	}
	for (graphql_skip(rest, 1); rest->n > 0 && *rest->p != '"';)
		graphql_skip(rest, *rest->p == '\\' ? 2 : 1);
	graphql_skip(rest, 1);
}

static bool
graphql_is_name(char c)
{
	return ((c | 0x20) >= 'a' && (c | 0x20) <= 'z') || c == '_' ||
	       (c >= '0' && c <= '9');
}

static struct str
graphql_name(struct str *rest)
{
	struct str name = { rest->p, 0 };

	while (rest->n > 0 && graphql_is_name(*rest->p)) {
		name.n++;
		graphql_skip(rest, 1);
	}
	return name;
}

/* The next name or sign; false at the end. */
static bool
graphql_token(struct str *rest, struct str *token)
{
	const char *end;

	while (rest->n > 0) {
		if (*rest->p == '#') {
			end = memchr(rest->p, '\n', rest->n);
			graphql_skip(rest,
			    end == NULL ? rest->n : (size_t)(end - rest->p));
		} else if (*rest->p == '"') {
			graphql_skip_string(rest);
		} else if (graphql_is_name(*rest->p)) {
			*token = graphql_name(rest);
			return true;
		} else {
			*token = (struct str){ rest->p, 1 };
			graphql_skip(rest, 1);
			if (strchr("{}()", *token->p) != NULL)
				return true;
		}
	}
	return false;
}

static bool
graphql_is_type(struct str token)
{
	return str_is(token, "query") || str_is(token, "mutation") ||
	       str_is(token, "subscription");
}

bool
graphql_operation(
    struct str document, struct str wanted, struct str *type, struct str *name)
{
	struct str rest = document, token, next, after;
	bool begins = true; /* a definition, not the rest of one */
	unsigned depth = 0;

	while (graphql_token(&rest, &token)) {
		if (depth == 0 && begins &&
		    (graphql_is_type(token) || *token.p == '{')) {
			*type = *token.p == '{' ? STR("query") : token;
			*name = STR("");
			after = rest;
			if (*token.p != '{' && graphql_token(&after, &next) &&
			    graphql_is_name(*next.p)) {
				*name = next;
				rest = after;
			}
			if (wanted.n == 0 || str_eq(*name, wanted))
				return true;
		}
		begins = false;
		if (*token.p == '{' || *token.p == '(')
			depth++;
		else if ((*token.p == '}' || *token.p == ')') && depth > 0)
			begins = --depth == 0 && *token.p == '}';
	}
	return false;
}
