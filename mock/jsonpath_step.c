/*
 * A path is cut into steps by a series of replacements, which are those of
 * jsonpath-plus, one by one: what its paths mean is what these make of them.
 */

#include "config.h"

#include <math.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/number.h"
#include "mock/value.h"

#include "mock/jsonpath_step.h"

static bool
step_sees(struct str text, size_t at, const char *mark)
{
	size_t n = strlen(mark);

	return text.n - at >= n && memcmp(text.p + at, mark, n) == 0;
}

static bool
step_is_quote(char c)
{
	return c == '\'' || c == '"';
}

/* Puts ; around @null() and the like. */
static void
step_mark_types(struct str in, struct buf *out)
{
	static const char *const types[] = { "@null()", "@boolean()",
		"@number()", "@string()", "@integer()", "@undefined()",
		"@nonFinite()", "@scalar()", "@array()", "@object()",
		"@function()", "@other()" };
	size_t at, i;

	for (at = 0; at < in.n; at++) {
		for (i = 0; i < sizeof(types) / sizeof(*types); i++)
			if (step_sees(in, at, types[i]))
				break;
		if (i == sizeof(types) / sizeof(*types)) {
			buf_add(out, in.p + at, 1);
			continue;
		}
		buf_addf(out, ";%s;", types[i]);
		at += strlen(types[i]) - 1;
	}
}

/* The end of [(...)] or [?(...)] that begins at at, 0 if none does. */
static size_t
step_expression_end(struct str in, size_t at)
{
	size_t from = at + 1 + step_sees(in, at + 1, "?"), i;

	if (from >= in.n || in.p[from] != '(')
		return 0;
	for (i = from + 1; i + 1 < in.n; i++)
		if (in.p[i] == ')' &&
		    (in.p[i + 1] == ']' || in.p[i + 1] == '\'') &&
		    !(i + 3 < in.n && in.p[i + 3] == ']'))
			return i + 2;
	return 0;
}

/* Puts [#n] in the place of expressions, which are kept aside. */
static void
step_take_expressions(
    struct str in, struct buf *out, struct values *v, struct value kept)
{
	size_t at = 0, end;

	while (at < in.n) {
		end = in.p[at] == '[' || in.p[at] == '\''
			  ? step_expression_end(in, at)
			  : 0;
		if (end == 0) {
			buf_add(out, in.p + at++, 1);
			continue;
		}
		value_push(v, kept,
		    value_copy_text(
			v, (struct str){ in.p + at + 1, end - at - 2 }));
		buf_addf(out, "[#%zu]", kept.array->n - 1);
		at = end;
	}
}

/* Hides dots and tildes within ['...']. */
static void
step_hide_marks(struct str in, struct buf *out)
{
	size_t at, i, end;

	for (at = 0; at < in.n; at++) {
		end = 0;
		if (in.p[at] == '[' && at + 1 < in.n &&
		    step_is_quote(in.p[at + 1])) {
			for (i = at + 2; i < in.n && in.p[i] != '\'' &&
					 in.p[i] != ']' && in.p[i] != '"';)
				i++;
			if (i + 1 < in.n && step_is_quote(in.p[i]) &&
			    in.p[i + 1] == ']')
				end = i;
		}
		if (end == 0) {
			buf_add(out, in.p + at, 1);
			continue;
		}
		buf_add_text(out, "['");
		for (i = at + 2; i < end; i++) {
			if (in.p[i] == '.')
				buf_add_text(out, "%@%");
			else if (in.p[i] == '~')
				buf_add_text(out, "%%@@%%");
			else
				buf_add(out, in.p + i, 1);
		}
		buf_add_text(out, "']");
		at = end + 1;
	}
}

static void
step_replace(struct str in, struct buf *out, const char *what, const char *with)
{
	size_t at;

	for (at = 0; at < in.n; at++) {
		if (step_sees(in, at, what)) {
			buf_add_text(out, with);
			at += strlen(what) - 1;
		} else {
			buf_add(out, in.p + at, 1);
		}
	}
}

/* Whether a ] follows before any [. */
static bool
step_is_within(struct str in, size_t at)
{
	for (; at < in.n && in.p[at] != '['; at++)
		if (in.p[at] == ']')
			return true;
	return false;
}

/* Puts ; for a dot or a bracket that begins a step. */
static void
step_split_names(struct str in, struct buf *out)
{
	size_t at = 0, dot, end;

	while (at < in.n) {
		dot = at + step_is_quote(in.p[at]);
		end = dot + 1;
		if (dot < in.n && in.p[dot] == '.') {
			if (end < in.n && step_is_quote(in.p[end]) &&
			    !step_is_within(in, end + 1))
				end++;
			if (!step_is_within(in, end)) {
				buf_add(out, ";", 1);
				at = end;
				continue;
			}
		}
		if (in.p[at] == '[') {
			buf_add(out, ";", 1);
			at++;
			at += at < in.n && step_is_quote(in.p[at]);
			continue;
		}
		buf_add(out, in.p + at++, 1);
	}
}

static void
step_mark_parents(struct str in, struct buf *out)
{
	size_t at = 0, ups;

	while (at < in.n) {
		ups = at + (in.p[at] == ';');
		if (ups >= in.n || in.p[ups] != '^') {
			buf_add(out, in.p + at++, 1);
			continue;
		}
		for (at = ups; at < in.n && in.p[at] == '^'; at++)
			buf_add_text(out, ";^");
		buf_add(out, ";", 1);
		at += at < in.n && in.p[at] == ';';
	}
}

static void
step_mark_descent(struct str in, struct buf *out)
{
	size_t at = 0;

	while (at < in.n) {
		if (step_sees(in, at, ";;;")) {
			buf_add_text(out, ";..;");
			at += 3;
		} else if (step_sees(in, at, ";;")) {
			buf_add_text(out, ";..;");
			at += 2;
		} else {
			buf_add(out, in.p + at++, 1);
		}
	}
}

static void
step_drop_ends(struct str in, struct buf *out)
{
	size_t at = 0;

	while (at < in.n) {
		bool last = at + 1 == in.n;

		if (in.p[at] == ']' ||
		    (last && (in.p[at] == ';' || in.p[at] == '\'')))
			at++;
		else if (step_sees(in, at, "']"))
			at += 2;
		else
			buf_add(out, in.p + at++, 1);
	}
}

/* Runs one replacement over b. */
static void
step_run(struct buf *b, void (*replace)(struct str, struct buf *))
{
	struct buf out = { 0 };

	replace(buf_str(b), &out);
	buf_free(b);
	*b = out;
}

static void
step_run_text(struct buf *b, const char *what, const char *with)
{
	struct buf out = { 0 };

	step_replace(buf_str(b), &out, what, with);
	buf_free(b);
	*b = out;
}

static struct value
step_normalize(struct values *v, struct str path, struct buf *b)
{
	struct value kept = value_new_array(v, 0);
	struct buf out = { 0 };

	buf_add_str(b, path);
	step_run(b, step_mark_types);
	step_take_expressions(buf_str(b), &out, v, kept);
	buf_free(b);
	*b = out;
	step_run(b, step_hide_marks);
	step_run_text(b, "~", ";~;");
	step_run(b, step_split_names);
	step_run_text(b, "%@%", ".");
	step_run_text(b, "%%@@%%", "~");
	step_run(b, step_mark_parents);
	step_run(b, step_mark_descent);
	step_run(b, step_drop_ends);
	return kept;
}

/* The expression that #n in a step stands for. */
static struct str
step_expression(struct str text, struct value kept)
{
	const char *mark = text.n == 0 ? NULL : memchr(text.p, '#', text.n);
	size_t at;
	double n;

	for (; mark != NULL; mark = memchr(mark + 1, '#',
				 (size_t)(text.p + text.n - mark) - 1)) {
		at = (size_t)(mark - text.p) + 1;
		n = number_int_of((struct str){ text.p + at, text.n - at });
		if (isnan(n) || text.p[at] == '-' || text.p[at] == '+')
			continue;
		if (n < (double)kept.array->n)
			return kept.array->at[(size_t)n].text;
		break;
	}
	return text;
}

const struct step *
step_all(struct values *v, struct str path)
{
	struct buf b = { 0 };
	struct value kept = step_normalize(v, path, &b);
	struct str rest = value_copy_text(v, buf_str(&b)).text, text;
	struct step *first = NULL, **last = &first, *made;

	buf_free(&b);
	while (str_cut(&rest, ';', &text)) {
		made = arena_zalloc(v->arena, sizeof(*made));
		made->text = step_expression(text, kept);
		*last = made;
		last = (struct step **)&made->next;
	}
	if (str_is(first->text, "$") && first->next != NULL)
		return first->next;
	return first;
}
