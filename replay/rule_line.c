#include "config.h"

#include <string.h>

#include "base/buf.h"
#include "base/regex.h"
#include "recorder/path.h"
#include "recorder/rules.h"

#include "replay/rule_line.h"

static void
rule_line_add(struct buf *out, struct str word)
{
	size_t i;

	if (word.n > 0 && word.p[0] != '\'' &&
	    memchr(word.p, ' ', word.n) == NULL &&
	    memchr(word.p, '\t', word.n) == NULL) {
		buf_add_str(out, word);
		return;
	}
	buf_add_text(out, "'");
	for (i = 0; i < word.n; i++) {
		if (word.p[i] == '\'')
			buf_add_text(out, "'");
		buf_add(out, word.p + i, 1);
	}
	buf_add_text(out, "'");
}

/* The pattern: ids are any run of bytes. */
static void
rule_line_pattern(struct buf *out, const struct rules_request *q)
{
	struct str rest = path_of(q->target), segment;
	struct buf pattern = { 0 };

	buf_add_str(&pattern, q->scope);
	if (rest.n == 0 || rest.p[0] != '/')
		buf_add_text(&pattern, q->scope.n > 0 ? "/*" : "*");
	else
		while (path_cut(&rest, &segment)) {
			buf_add_text(&pattern, "/");
			buf_add_str(
			    &pattern, path_is_id(segment) ? STR("*") : segment);
		}
	rule_line_add(out, buf_str(&pattern));
	buf_free(&pattern);
}

/* Whether what was added from at on is one line that a rule may have. */
static bool
rule_line_fits(struct buf *out, size_t at)
{
	size_t n = out->n - at;

	struct str line = { out->p + at, n };

	if (n <= RULES_LINE_MOST && str_is_utf8(line) &&
	    memchr(line.p, '\n', n) == NULL &&
	    memchr(line.p, '\r', n) == NULL && memchr(line.p, '\0', n) == NULL)
		return true;
	out->n = at;
	return false;
}

static void
rule_line_begin(
    struct buf *out, const struct rules_request *q, const char *what)
{
	buf_add_str(out, str_is_token(q->method) ? q->method : STR("*"));
	buf_add_text(out, " ");
	rule_line_pattern(out, q);
	buf_addf(out, " %s", what);
}

bool
rule_line(struct buf *out, const struct rules_request *q, const char *what,
    struct str argument)
{
	size_t at = out->n;

	rule_line_begin(out, q, what);
	if (argument.p != NULL) {
		buf_add_text(out, " ");
		rule_line_add(out, argument);
	}
	return rule_line_fits(out, at);
}

/*
 * Paths
 */

/* How far the two paths go, up to the end of the last segment that differs;
 * 0 when they cannot be made the same. */
static size_t
rule_line_differ(struct str path, struct str other)
{
	struct str a = path, b = other, one, two;
	size_t end = 0;

	if (path_segments(path) != path_segments(other))
		return 0;
	while (path_cut(&a, &one) && path_cut(&b, &two)) {
		if (str_eq(one, two))
			continue;
		if (!path_is_id(one) || !path_is_id(two))
			return 0;
		end = (size_t)(one.p + one.n - path.p);
	}
	return end;
}

static bool
rule_line_is_number(struct str s)
{
	size_t i;

	for (i = 0; i < s.n; i++)
		if (s.p[i] < '0' || s.p[i] > '9')
			return false;
	return s.n > 0;
}

/* A segment as it is, with before in front of each byte that is one of
 * special. */
static void
rule_line_escape(
    struct buf *out, struct str s, const char *special, const char *before)
{
	size_t i;

	for (i = 0; i < s.n; i++) {
		if (strchr(special, s.p[i]) != NULL && s.p[i] != '\0')
			buf_add_text(out, before);
		buf_add(out, s.p + i, 1);
	}
}

/* Ids that are equal are any, too, but stay what they are. */
static void
rule_line_segments(struct str path, struct str other, size_t end,
    struct buf *pattern, struct buf *with)
{
	struct str a = { path.p, end }, b = other, one, two;
	int groups = 0;

	buf_add_text(pattern, "^");
	while (path_cut(&a, &one) && path_cut(&b, &two)) {
		buf_add_text(pattern, "/");
		buf_add_text(with, "/");
		if (!str_eq(one, two)) {
			buf_add_text(pattern,
			    rule_line_is_number(one) && rule_line_is_number(two)
				? "[0-9]+"
				: "[^/]+");
			buf_add_text(with, "N");
		} else if (path_is_id(one) && groups + 1 < REGEX_GROUPS) {
			buf_add_text(pattern, "([^/]+)");
			buf_addf(with, "$%d", ++groups);
		} else {
			rule_line_escape(pattern, one, "\\^$.[]|()?*+{}", "\\");
			rule_line_escape(with, one, "$", "$");
		}
	}
}

bool
rule_line_path(struct buf *out, const struct rules_request *q, struct str path,
    struct str other)
{
	size_t at = out->n, end = rule_line_differ(path, other);
	struct buf pattern = { 0 }, with = { 0 };

	if (end == 0 || path.p[0] != '/')
		return false;
	rule_line_segments(path, other, end, &pattern, &with);
	rule_line_begin(out, q, "path");
	buf_add_text(out, " ");
	rule_line_add(out, buf_str(&pattern));
	buf_add_text(out, " ");
	rule_line_add(out, buf_str(&with));
	buf_free(&pattern);
	buf_free(&with);
	return rule_line_fits(out, at);
}
