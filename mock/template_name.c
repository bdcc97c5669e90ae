/*
 * What names mean, as far as the text of the template tells: a helper, the
 * parameter of a block, or a property to be looked up.
 */

#include "config.h"

#include "base/number.h"
#include "mock/helper.h"

#include "mock/template_priv.h"

struct namer {
	struct template *t;
	const struct namer_level *level;
	struct err *e;
};

/* The programs around a place, innermost first. */
struct namer_level {
	const struct program *program;
	const struct namer_level *outer;
};

static int namer_program(struct namer *z, struct program *program);
static int namer_expr(struct namer *z, struct expr *expr);

/* Helpers that every Handlebars has; any path that begins with their name and
 * has arguments calls them. */
static bool
namer_is_known(struct str name)
{
	static const char *const known[] = { "each", "if", "unless", "with",
		"lookup", "log" };
	size_t i;

	for (i = 0; i < sizeof(known) / sizeof(*known); i++)
		if (str_is(name, known[i]))
			return true;
	return false;
}

static void
namer_use(struct namer *z, const struct helper *helper)
{
	struct used *u;

	if (helper == NULL)
		return;
	for (u = z->t->used; u != NULL; u = u->next)
		if (u->helper == helper)
			return;
	u = arena_alloc(&z->t->arena, sizeof(*u));
	*u = (struct used){ helper, z->t->used };
	z->t->used = u;
}

static void
namer_find_param(struct namer *z, struct path *path)
{
	const struct namer_level *level;
	unsigned i, depth = 0;

	if (path->n == 0)
		return;
	for (level = z->level; level != NULL; level = level->outer, depth++)
		for (i = 0; i < level->program->n_params; i++)
			if (str_eq(level->program->params[i], path->parts[0])) {
				path->is_param = true;
				path->param_level = depth;
				path->param_index = i;
				return;
			}
}

static void
namer_path(struct namer *z, struct path *path)
{
	if (path->depth == 0 && !path->scoped)
		namer_find_param(z, path);
}

/* A literal in the place of a name names a property. */
static void
namer_make_path(struct namer *z, struct expr *head)
{
	char number[NUMBER_BYTES];
	struct str name;

	if (head->kind != EXPR_LITERAL)
		return;
	switch (head->literal.kind) {
	case VALUE_TEXT:
		name = head->literal.text;
		break;
	case VALUE_NUMBER:
		name.p = number;
		name.n = number_format(head->literal.number, number);
		name = arena_str(&z->t->arena, name);
		break;
	case VALUE_BOOL:
		name = str_of(head->literal.yes ? "true" : "false");
		break;
	default:
		name = str_of(
		    head->literal.kind == VALUE_NULL ? "null" : "undefined");
	}
	head->kind = EXPR_PATH;
	head->path = (struct path){ .original = name, .n = 1 };
	head->path.parts = arena_alloc(&z->t->arena, sizeof(struct str));
	head->path.parts[0] = name;
}

static void
namer_classify(struct namer *z, struct call *call)
{
	struct path *path = &call->head.path;
	bool simple = path->n == 1 && !path->scoped && path->depth == 0;
	bool args =
	    call->kind == CALL_HELPER || call->n > 0 || call->n_hash > 0;
	bool known = path->n > 0 && namer_is_known(path->parts[0]);

	namer_path(z, path);
	if (simple && path->is_param) {
		call->kind = CALL_LOOKUP;
	} else if (args || (simple && known)) {
		call->kind = CALL_HELPER;
		if (known)
			call->helper = helper_find(path->parts[0]);
		else if (simple)
			call->helper = helper_find(path->original);
	} else if (simple) {
		call->kind = CALL_AMBIGUOUS;
		call->helper = helper_find(path->parts[0]);
	} else {
		call->kind = CALL_LOOKUP;
	}
	namer_use(z, call->helper);
}

static int
namer_args(struct namer *z, struct call *call)
{
	unsigned i;

	for (i = 0; i < call->n; i++)
		if (namer_expr(z, &call->args[i]) == -1)
			return -1;
	for (i = 0; i < call->n_hash; i++)
		if (namer_expr(z, &call->hash[i]) == -1)
			return -1;
	return 0;
}

static int
namer_call(struct namer *z, struct call *call)
{
	namer_make_path(z, &call->head);
	namer_classify(z, call);
	return namer_args(z, call);
}

static int
namer_expr(struct namer *z, struct expr *expr)
{
	switch (expr->kind) {
	case EXPR_PATH:
		namer_path(z, &expr->path);
		return 0;
	case EXPR_CALL:
		return namer_call(z, expr->call);
	default:
		return 0;
	}
}

static int
namer_inline(struct namer *z, struct node *n)
{
	if (n->call.head.kind != EXPR_PATH ||
	    !str_is(n->call.head.path.original, "inline"))
		return template_wrong(
		    z->t, n->at, z->e, "the only decorator there is is inline");
	return namer_args(z, &n->call);
}

/* The name of a partial is a text, unless a call makes it. */
static int
namer_partial(struct namer *z, struct node *n)
{
	if (n->call.head.kind == EXPR_CALL) {
		if (namer_expr(z, &n->call.head) == -1)
			return -1;
	} else {
		namer_make_path(z, &n->call.head);
	}
	return namer_args(z, &n->call);
}

static int
namer_node(struct namer *z, struct node *n)
{
	int result = 0;

	switch (n->kind) {
	case NODE_MUSTACHE:
		return namer_call(z, &n->call);
	case NODE_BLOCK:
		result = namer_call(z, &n->call);
		break;
	case NODE_INLINE:
		result = namer_inline(z, n);
		break;
	case NODE_PARTIAL:
	case NODE_PARTIAL_BLOCK:
		result = namer_partial(z, n);
		break;
	default:
		break;
	}
	if (result == 0 && n->program != NULL)
		result = namer_program(z, n->program);
	if (result == 0 && n->inverse != NULL)
		result = namer_program(z, n->inverse);
	return result;
}

static int
namer_program(struct namer *z, struct program *program)
{
	struct namer_level level = { program, z->level };
	struct node *n;
	int result = 0;

	z->level = &level;
	for (n = program->first; n != NULL && result == 0; n = n->next)
		result = namer_node(z, n);
	z->level = level.outer;
	return result;
}

int
template_name(struct template *t, struct err *e)
{
	struct namer z = { .t = t, .e = e };

	return namer_program(&z, t->main);
}
