/*
 * A rendering walks the tree and writes to one buffer: a block writes where it
 * stands, and a helper that wants to change what its block wrote does so in
 * place.  Values on the way live in the arena of the context.
 */

#include "config.h"

#include <stdarg.h>
#include <string.h>

#include "base/number.h"

#include "mock/template_render.h"

#define RENDER_FEW 6      /* arguments that need no memory */
#define RENDER_CLOCK 1024 /* steps between two looks at the clock */

int
render_fail(struct render *r, const char *what)
{
	if (!r->failed)
		template_wrong(r->t, r->at, r->e, what);
	r->failed = true;
	return -1;
}

int
render_step(struct render *r)
{
	if (++r->steps > r->limits.steps)
		return render_fail(r, "the template takes too many steps");
	if (r->v.over)
		return render_fail(r, "the template makes too much");
	if (r->out->n - r->start > r->limits.output)
		return render_fail(r, "the output becomes too long");
	if (r->deadline != 0 && r->steps % RENDER_CLOCK == 0 &&
	    r->c->clock() > r->deadline)
		return render_fail(r, "the template takes too long");
	return 0;
}

struct frame *
render_new_frame(struct render *r, const struct frame *of, struct frame *parent)
{
	struct frame *f = arena_alloc(r->v.arena, sizeof(*f));

	f->vars = of == NULL ? value_new_object(&r->v)
			     : value_copy_shallow(&r->v, of->vars);
	f->block = of == NULL ? NULL : of->block;
	f->parent = parent;
	return f;
}

static struct value
render_context(const struct scope *s, unsigned depth)
{
	const struct depth *d = s->depths;

	if (depth == 0)
		return s->context;
	while (d != NULL && depth-- > 0)
		d = d->up;
	return d == NULL ? VALUE_NONE : d->context;
}

static struct value
render_data(const struct scope *s, const struct path *path)
{
	const struct frame *f = s->data;
	unsigned depth, i;
	struct value at;

	for (depth = path->depth; f != NULL && depth > 0; depth--)
		f = f->parent;
	if (f == NULL)
		return VALUE_NONE;
	at = f->vars;
	for (i = 0; i < path->n && value_is_true(at); i++)
		at = value_get(at, path->parts[i]);
	return at;
}

static struct value
render_param(const struct scope *s, const struct path *path)
{
	const struct params *p = s->params;
	unsigned level;

	for (level = path->param_level; p != NULL && level > 0; level--)
		p = p->up;
	return p == NULL || path->param_index >= p->n
		   ? VALUE_NONE
		   : p->at[path->param_index];
}

static struct value
render_path(const struct scope *s, const struct path *path)
{
	struct value at;
	unsigned i = 0;

	if (path->is_param) {
		at = render_param(s, path);
		i = 1;
	} else if (path->n == 0 || path->parts[0].n == 0) {
		return render_context(s, path->depth);
	} else if (path->data) {
		return render_data(s, path);
	} else {
		at = render_context(s, path->depth);
	}
	for (; i < path->n && !value_is_nothing(at); i++)
		at = value_get(at, path->parts[i]);
	return at;
}

struct value
render_hash(struct render *r, const struct scope *s, const struct call *call)
{
	struct value hash, item;
	unsigned i;

	if (call->n_hash == 0)
		return r->empty;
	hash = value_new_object(&r->v);
	/* From the last to the first, as Handlebars does: it shows in the
	 * order of members and of what is drawn by chance. */
	for (i = call->n_hash; i-- > 0;) {
		if (render_expr(r, s, &call->hash[i], &item) == -1)
			return hash;
		value_set(&r->v, hash, call->keys[i], item);
	}
	return hash;
}

static bool
render_has(const struct render *r, const struct helper *helper)
{
	if (helper == NULL)
		return false;
	switch (helper->need) {
	case HELPER_REQUEST:
		return r->c->request != NULL;
	case HELPER_BUCKETS:
		return r->c->buckets != NULL;
	case HELPER_GLOBALS:
		return r->c->globals != NULL;
	case HELPER_STATUS:
		return r->c->status != NULL;
	default:
		return true;
	}
}

static int
render_args(struct render *r, const struct scope *s, const struct call *call,
    struct value *args)
{
	unsigned i;

	for (i = 0; i < call->n; i++)
		if (render_expr(r, s, &call->args[i], &args[i]) == -1)
			return -1;
	return 0;
}

/* Calls a helper; block is the statement it is called by, if that is one. */
static int
render_helper(struct render *r, const struct scope *s, const struct call *call,
    const struct node *block, struct value *to)
{
	struct value few[RENDER_FEW], *args = few;
	struct helper_call c = {
		.render = r,
		.v = &r->v,
		.c = r->c,
		.scope = s,
		.name = str_of(call->helper->name),
		.n = call->n,
		.block = block != NULL,
		.fn = block != NULL ? block->program : NULL,
		.inverse = block != NULL ? block->inverse : NULL,
	};

	if (call->n > RENDER_FEW)
		args = arena_alloc(r->v.arena, call->n * sizeof(*args));
	if (render_args(r, s, call, args) == -1)
		return -1;
	c.args = args;
	c.hash = render_hash(r, s, call);
	r->at = call->at;
	*to = VALUE_NONE;
	if (r->failed || call->helper->run(&c, to) == -1)
		return render_fail(r, "the helper failed");
	return 0;
}

/* A name with arguments that is no helper: nothing, unless it is something
 * that cannot be called. */
static int
render_no_helper(struct render *r, const struct scope *s,
    const struct call *call, struct value *to)
{
	struct err e;

	if (value_is_true(render_path(s, &call->head.path))) {
		r->at = call->at;
		err_set(&e, "%.*s is no helper",
		    (int)(call->head.path.original.n > 100
			      ? 100
			      : call->head.path.original.n),
		    call->head.path.original.p);
		return render_fail(r, e.text);
	}
	*to = value_text(STR(""));
	return 0;
}

static int
render_call(struct render *r, const struct scope *s, const struct call *call,
    const struct node *block, struct value *to)
{
	if (render_step(r) == -1)
		return -1;
	if (call->kind != CALL_LOOKUP && render_has(r, call->helper))
		return render_helper(r, s, call, block, to);
	if (call->kind == CALL_HELPER)
		return render_no_helper(r, s, call, to);
	*to = render_path(s, &call->head.path);
	if (call->kind == CALL_AMBIGUOUS && value_is_nothing(*to))
		*to = value_text(STR(""));
	return 0;
}

int
render_expr(struct render *r, const struct scope *s, const struct expr *expr,
    struct value *to)
{
	switch (expr->kind) {
	case EXPR_LITERAL:
		*to = expr->literal;
		return 0;
	case EXPR_PATH:
		*to = render_path(s, &expr->path);
		return 0;
	default:
		return render_call(r, s, expr->call, NULL, to);
	}
}

static void
render_escaped(struct buf *out, struct str text)
{
	static const char *const escapes[128] = {
		['&'] = "&amp;",
		['<'] = "&lt;",
		['>'] = "&gt;",
		['"'] = "&quot;",
		['\''] = "&#x27;",
		['`'] = "&#x60;",
		['='] = "&#x3D;",
	};
	size_t i, from = 0;

	for (i = 0; i < text.n; i++) {
		unsigned char c = (unsigned char)text.p[i];

		if (c >= 128 || escapes[c] == NULL)
			continue;
		buf_add(out, text.p + from, i - from);
		buf_add_text(out, escapes[c]);
		from = i + 1;
	}
	buf_add(out, text.p + from, text.n - from);
}

/* Writes what a statement gave. */
static void
render_value(struct render *r, struct value value, bool unescaped)
{
	char number[NUMBER_BYTES];
	size_t most = r->start + r->limits.output + 1;

	switch (value.kind) {
	case VALUE_UNDEFINED:
	case VALUE_NULL:
	case VALUE_OUT:
		break;
	case VALUE_TEXT:
		if (unescaped)
			buf_add_str(r->out, value.text);
		else
			render_escaped(r->out, value.text);
		break;
	case VALUE_NUMBER:
		buf_add(r->out, number, number_format(value.number, number));
		break;
	case VALUE_SAFE:
	case VALUE_BOOL:
		value_print(r->out, value, most);
		break;
	default:
		if (unescaped) {
			value_print(r->out, value, most);
			break;
		}
		r->scratch.n = 0;
		value_print(&r->scratch, value, r->limits.output + 1);
		render_escaped(r->out, buf_str(&r->scratch));
	}
}

/* A block whose name is a value, not a helper (blockHelperMissing). */
static int
render_section(struct render *r, const struct scope *s, const struct node *n,
    struct value value)
{
	struct helper_call c = {
		.render = r,
		.v = &r->v,
		.c = r->c,
		.scope = s,
		.name = n->call.head.path.original,
		.args = &value,
		.n = 1,
		.hash = r->empty,
		.block = true,
		.fn = n->program,
		.inverse = n->inverse,
	};
	struct helper_run run = { .context = s->context };
	struct value written;
	bool no = value_is_nothing(value) ||
		  (value.kind == VALUE_BOOL && !value.yes) ||
		  (value.kind == VALUE_ARRAY && value.array->n == 0);

	if (value.kind == VALUE_ARRAY && !no)
		return helper_find(STR("each"))->run(&c, &written);
	if (!no && value.kind != VALUE_BOOL)
		run.context = value;
	return helper_run(&c, no ? n->inverse : n->program, &run);
}

static int
render_block(struct render *r, const struct scope *s, const struct node *n)
{
	struct value value;

	if (render_call(r, s, &n->call, n, &value) == -1)
		return -1;
	if (n->call.kind == CALL_HELPER ||
	    (n->call.kind == CALL_AMBIGUOUS && render_has(r, n->call.helper)))
		render_value(r, value, true);
	else
		return render_section(r, s, n, value);
	return 0;
}

static int
render_node(struct render *r, const struct scope *s, const struct node *n)
{
	struct value value;

	r->at = n->at;
	if (render_step(r) == -1)
		return -1;
	switch (n->kind) {
	case NODE_CONTENT:
		buf_add_str(r->out, n->text);
		return 0;
	case NODE_MUSTACHE:
		if (render_call(r, s, &n->call, NULL, &value) == -1)
			return -1;
		render_value(r, value, n->unescaped);
		return 0;
	case NODE_BLOCK:
		return render_block(r, s, n);
	case NODE_PARTIAL:
	case NODE_PARTIAL_BLOCK:
		return render_partial(r, s, n);
	default:
		return 0;
	}
}

static int
render_nodes(
    struct render *r, const struct program *program, const struct scope *s)
{
	const struct node *n;

	for (n = program->first; n != NULL; n = n->next)
		if (render_node(r, s, n) == -1)
			return -1;
	return 0;
}

/* The contexts that ../ leads to from a program made in scope. */
static const struct depth *
render_depths(struct render *r, const struct scope *scope, struct value context,
    struct depth *own)
{
	const struct depth *outer = scope->depths;
	bool is_empty = value_same(context, r->empty);

	if (outer != NULL &&
	    (value_alike(context, outer->context) ||
		(is_empty && outer->context.kind == VALUE_NULL)))
		return outer;
	*own = (struct depth){ context, outer };
	return own;
}

int
render_program(struct render *r, const struct program *program,
    const struct scope *scope, const struct helper_run *run)
{
	const struct partials *partials = r->partials;
	struct params params = { run->params, run->n, scope->params };
	struct depth depth;
	struct scope s = {
		.context = run->context,
		.data = run->data != NULL ? run->data : scope->data,
		.params = &params,
	};
	int result;

	if (r->depth >= r->limits.depth)
		return render_fail(r, "nested too deep");
	r->depth++;
	s.depths = render_depths(r, scope, run->context, &depth);
	result = program->partials ? render_inlines(r, program, scope) : 0;
	if (result == 0)
		result = render_nodes(r, program, &s);
	r->partials = partials;
	r->depth--;
	return result;
}

static int
render_main(struct render *r)
{
	struct scope outer = { 0 }, s = { 0 };
	struct depth depth = { 0 };
	struct frame *data = render_new_frame(r, NULL, NULL);

	r->empty = value_new_object(&r->v);
	s.context = r->c->root.kind == VALUE_UNDEFINED ? r->empty : r->c->root;
	value_set(&r->v, data->vars, STR("root"), s.context);
	depth.context = s.context;
	s.depths = &depth;
	s.data = outer.data = data;
	if (r->t->main->partials && render_inlines(r, r->t->main, &outer) == -1)
		return -1;
	return render_nodes(r, r->t->main, &s);
}

int
template_render(const struct template *t, const struct template_context *c,
    struct buf *out, struct err *e)
{
	struct render r = {
		.t = t,
		.c = c,
		.limits = template_limits_of(c->limits),
		.out = out,
		.start = out->n,
		.e = e,
	};
	int result;

	r.v.arena = c->arena;
	r.v.most = r.limits.memory;
	r.v.most_work = r.limits.steps;
	buf_reserve(out, 1); /* so that there is a place to point to */
	if (c->clock != NULL)
		r.deadline = c->clock() + r.limits.time_us;
	result = render_main(&r);
	if (result == 0)
		result = render_step(&r); /* the limits hold at the end, too */
	if (result == -1)
		out->n = r.start;
	buf_free(&r.scratch);
	return result;
}
