/*
 * White space around statements: ~ takes all of it on its side, and a block,
 * comment or partial alone on its line takes the line with it.  It is done as
 * Handlebars does it, in the same order, since one removal changes what the
 * next one sees.
 */

#include "config.h"

#include <stddef.h>

#include "mock/text.h"

#include "mock/template_priv.h"

/* What a statement says of the white space around it. */
struct space {
	struct strip strip;
	bool open_alone, close_alone; /* a block's ends have lines for
					 themselves, seen from inside */
	bool inline_alone;            /* comments and partials may have one */
};

static void space_program(struct program *program, bool root);

/* The white space text begins with has a line end (or is all of it). */
static bool
space_begins(struct str text, bool all_counts)
{
	size_t at = 0, n;

	while (at < text.n &&
	       text_is_space(
		   text_point((struct str){ text.p + at, text.n - at }, &n))) {
		if (text.p[at] == '\n')
			return true;
		at += n;
	}
	return all_counts && at == text.n;
}

static bool
space_ends(struct str text, bool all_counts)
{
	struct str rest = text_trim_end(text);
	size_t i;

	for (i = rest.n; i < text.n; i++)
		if (text.p[i] == '\n')
			return true;
	return all_counts && rest.n == 0;
}

/* Whether the line up to a node is white space; node NULL: to the end of the
 * program. */
static bool
space_before(const struct program *program, const struct node *node, bool root)
{
	const struct node *prev = node == NULL ? program->last : node->prev;

	if (prev == NULL)
		return root;
	return prev->kind == NODE_CONTENT &&
	       space_ends(prev->original, root && prev->prev == NULL);
}

/* Whether the line behind a node is; node NULL: from the beginning. */
static bool
space_behind(const struct program *program, const struct node *node, bool root)
{
	const struct node *next = node == NULL ? program->first : node->next;

	if (next == NULL)
		return root;
	return next->kind == NODE_CONTENT &&
	       space_begins(next->original, root && next->next == NULL);
}

/* Takes white space off the beginning of a content: all, or the rest of the
 * line with its end. */
static void
space_omit_right(struct node *content, bool all)
{
	struct str was, *text;

	if (content == NULL || content->kind != NODE_CONTENT ||
	    (!all && content->right_stripped))
		return;
	text = &content->text;
	was = *text;
	if (all) {
		size_t end = text_trim_end(*text).n, n = text_trim(*text).n;

		text->p += end - n;
		text->n -= end - n;
		if (n == 0)
			text->n = 0;
	} else {
		while (text->n > 0 && (*text->p == ' ' || *text->p == '\t')) {
			text->p++;
			text->n--;
		}
		if (text->n > 0 && text->p[0] == '\r')
			*text = (struct str){ text->p + 1, text->n - 1 };
		if (text->n > 0 && text->p[0] == '\n')
			*text = (struct str){ text->p + 1, text->n - 1 };
	}
	content->right_stripped = text->n != was.n;
}

/* The same at the end of a content: all, or blanks only. */
static bool
space_omit_left(struct node *content, bool all)
{
	struct str was, *text;

	if (content == NULL || content->kind != NODE_CONTENT ||
	    (!all && content->left_stripped))
		return false;
	text = &content->text;
	was = *text;
	if (all)
		*text = text_trim_end(*text);
	while (text->n > 0 &&
	       (text->p[text->n - 1] == ' ' || text->p[text->n - 1] == '\t'))
		text->n--;
	content->left_stripped = text->n != was.n;
	return content->left_stripped;
}

/* The innermost program of a chain of {{else if}}. */
static struct program *
space_last_of_chain(struct program *inverse)
{
	while (inverse != NULL && inverse->chained)
		inverse = inverse->last->program;
	return inverse;
}

static void
space_inverse(const struct node *n, struct program *program,
    struct program *inverse, struct program *first)
{
	struct program *last = space_last_of_chain(inverse);

	if (n->inverse_strip.open)
		space_omit_left(program->last, true);
	if (n->inverse_strip.close)
		space_omit_right(first->first, true);
	if (n->close_strip.open)
		space_omit_left(last->last, true);
	if (space_before(program, NULL, false) &&
	    space_behind(first, NULL, false)) {
		space_omit_left(program->last, false);
		space_omit_right(first->first, false);
	}
}

static struct space
space_block(struct node *n)
{
	struct program *program, *inverse, *first;
	struct space s = { 0 };

	if (n->program != NULL)
		space_program(n->program, false);
	if (n->inverse != NULL)
		space_program(n->inverse, false);
	program = n->program != NULL ? n->program : n->inverse;
	first = inverse = n->program != NULL ? n->inverse : NULL;
	if (inverse != NULL && inverse->chained)
		first = inverse->first->program;
	s.strip.open = n->open_strip.open;
	s.strip.close = n->close_strip.close;
	s.open_alone = space_behind(program, NULL, false);
	s.close_alone =
	    space_before(first != NULL ? first : program, NULL, false);
	if (n->open_strip.close)
		space_omit_right(program->first, true);
	if (inverse != NULL)
		space_inverse(n, program, inverse, first);
	else if (n->close_strip.open)
		space_omit_left(program->last, true);
	return s;
}

static struct space
space_of(struct node *n)
{
	switch (n->kind) {
	case NODE_BLOCK:
	case NODE_PARTIAL_BLOCK:
	case NODE_INLINE:
		return space_block(n);
	case NODE_COMMENT:
	case NODE_PARTIAL:
		return (
		    struct space){ .strip = n->strip, .inline_alone = true };
	default:
		return (struct space){ .strip = n->strip };
	}
}

/* A partial alone on its line indents all its lines as it is itself. */
static void
space_keep_indent(struct node *n)
{
	struct str line = n->prev->original;
	size_t from = line.n;

	while (
	    from > 0 && (line.p[from - 1] == ' ' || line.p[from - 1] == '\t'))
		from--;
	n->text = (struct str){ line.p + from, line.n - from };
}

static void
space_node(struct program *program, struct node *n, bool root)
{
	struct space s = space_of(n);
	bool before = space_before(program, n, root);
	bool behind = space_behind(program, n, root);
	struct program *inner;

	if (s.strip.close)
		space_omit_right(n->next, true);
	if (s.strip.open)
		space_omit_left(n->prev, true);
	if (s.inline_alone && before && behind) {
		space_omit_right(n->next, false);
		if (space_omit_left(n->prev, false) && n->kind == NODE_PARTIAL)
			space_keep_indent(n);
	}
	if (s.open_alone && before) {
		inner = n->program != NULL ? n->program : n->inverse;
		space_omit_right(inner->first, false);
		space_omit_left(n->prev, false);
	}
	if (s.close_alone && behind) {
		inner = n->inverse != NULL ? n->inverse : n->program;
		space_omit_right(n->next, false);
		space_omit_left(inner->last, false);
	}
}

static void
space_program(struct program *program, bool root)
{
	struct node *n;

	for (n = program->first; n != NULL; n = n->next)
		if (n->kind != NODE_CONTENT)
			space_node(program, n, root);
}

void
template_strip(struct template *t)
{
	space_program(t->main, true);
}
