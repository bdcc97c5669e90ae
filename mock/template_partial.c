/*
 * Partials.  The only ones there are stand in the template itself, as
 * {{#*inline "name"}}, or are the block of {{#> name}}, which runs when there
 * is no partial of that name.
 */

#include "config.h"

#include <string.h>

#include "mock/template_render.h"

int
render_inlines(
    struct render *r, const struct program *program, const struct scope *scope)
{
	const struct node *n;
	struct partials *p;
	struct value name;

	for (n = program->first; n != NULL; n = n->next) {
		if (n->kind != NODE_INLINE)
			continue;
		r->at = n->at;
		name = VALUE_NONE;
		if (n->call.n > 0 &&
		    render_expr(r, scope, &n->call.args[0], &name) == -1)
			return -1;
		p = arena_alloc(r->v.arena, sizeof(*p));
		p->name = value_to_str(&r->v, name);
		p->program = n->program;
		p->scope = scope;
		p->up = r->partials;
		r->partials = p;
	}
	return 0;
}

/* The name; a call that makes none is told from a name. */
static int
partial_name(struct render *r, const struct scope *s, const struct node *n,
    struct str *name)
{
	struct value made;

	if (n->call.head.kind == EXPR_PATH) {
		*name = n->call.head.path.original;
		return 0;
	}
	if (render_expr(r, s, &n->call.head, &made) == -1)
		return -1;
	*name = value_to_str(&r->v, made);
	return 0;
}

/* What the partial sees as {{this}}: its argument or what stands around it,
 * with its key=value pairs as further members. */
static int
partial_context(struct render *r, const struct scope *s, const struct node *n,
    struct value *context)
{
	struct value hash, merged;
	size_t i;

	*context = s->context;
	if (n->call.n > 0 && render_expr(r, s, &n->call.args[0], context) == -1)
		return -1;
	if (n->call.n_hash == 0)
		return 0;
	hash = render_hash(r, s, &n->call);
	if (r->failed)
		return -1;
	merged = context->kind == VALUE_OBJECT
		     ? value_copy_shallow(&r->v, *context)
		     : value_new_object(&r->v);
	for (i = 0; i < hash.object->n; i++)
		value_set(&r->v, merged, hash.object->at[i].name,
		    hash.object->at[i].value);
	*context = merged;
	return 0;
}

/* Runs the block of a {{#> partial}}; within it @partial-block is what it was
 * outside. */
static int
partial_run_block(struct render *r, const struct partial_block *b,
    struct value context, struct frame *data)
{
	struct helper_run run = { .context = context };

	run.data = render_new_frame(r, data, data);
	run.data->block = b->outer;
	return render_program(r, b->program, b->scope, &run);
}

static int
partial_missing(struct render *r, const struct node *n, struct str name)
{
	struct err e;

	r->at = n->at;
	err_set(&e, "The partial %.*s could not be found",
	    (int)(name.n > 100 ? 100 : name.n), name.p);
	return render_fail(r, e.text);
}

static int
partial_run(struct render *r, const struct scope *s, const struct node *n,
    struct str name, struct value context)
{
	const struct partials *p;
	struct partial_block own = { n->program, s, s->data->block };
	struct helper_run run = { .context = context, .data = s->data };
	const struct partial_block *block = s->data->block;
	bool asks_block = str_is(name, "@partial-block");

	if (n->kind == NODE_PARTIAL_BLOCK) {
		run.data = render_new_frame(r, s->data, s->data);
		run.data->block = &own;
	}
	if (asks_block && block != NULL)
		return partial_run_block(r, block, context, run.data);
	for (p = r->partials; !asks_block && p != NULL; p = p->up)
		if (str_eq(p->name, name))
			return render_program(r, p->program, p->scope, &run);
	if (n->kind == NODE_PARTIAL_BLOCK)
		return partial_run_block(r, &own, context, run.data);
	return partial_missing(r, n, name);
}

/* Puts the indent in front of each line from mark on. */
static void
partial_indent(struct render *r, size_t mark, struct str indent)
{
	struct str rest, line;

	r->scratch.n = 0;
	buf_add(&r->scratch, r->out->p + mark, r->out->n - mark);
	r->out->n = mark;
	rest = buf_str(&r->scratch);
	while (str_cut(&rest, '\n', &line)) {
		if (rest.p == NULL && line.n == 0)
			break;
		buf_add_str(r->out, indent);
		buf_add_str(r->out, line);
		if (rest.p != NULL)
			buf_add(r->out, "\n", 1);
	}
}

int
render_partial(struct render *r, const struct scope *s, const struct node *n)
{
	size_t mark = r->out->n;
	struct value context;
	struct str name;

	if (partial_name(r, s, n, &name) == -1 ||
	    partial_context(r, s, n, &context) == -1 ||
	    partial_run(r, s, n, name, context) == -1)
		return -1;
	if (n->text.n > 0)
		partial_indent(r, mark, n->text);
	return 0;
}
