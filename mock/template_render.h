#ifndef MOCK_TEMPLATE_RENDER_H
#define MOCK_TEMPLATE_RENDER_H

/* One rendering, for template_render.c, template_partial.c and helper.c. */

#include "mock/helper.h"

#include "mock/template_priv.h"

/* Variables that are written with @. */
struct frame {
	struct value vars;
	struct frame *parent;
	const struct partial_block *block; /* @partial-block */
};

/* What ../ leads to: a new one for each context that is not the last. */
struct depth {
	struct value context;
	const struct depth *up;
};

/* The parameters of the programs around, innermost first. */
struct params {
	const struct value *at;
	unsigned n;
	const struct params *up;
};

/* Where a program runs. */
struct scope {
	struct value context;
	const struct depth *depths;
	struct frame *data;
	const struct params *params;
};

/* Inline partials, the latest first. */
struct partials {
	struct str name;
	const struct program *program;
	const struct scope *scope; /* that the program was made in */
	const struct partials *up;
};

/* The block of a {{#> partial}}. */
struct partial_block {
	const struct program *program;
	const struct scope *scope;
	const struct partial_block *outer;
};

struct render {
	const struct template *t;
	const struct template_context *c;
	struct template_limits limits;
	struct buf *out;
	size_t start;
	struct values v;
	struct value empty; /* an object without members */
	const struct partials *partials;
	struct buf scratch;
	uint64_t steps;
	int64_t deadline;
	unsigned depth;
	uint32_t at; /* what is carried out */
	bool failed;
	struct err *e;
};

/* Sets the error, unless there is one already.  Always -1. */
int render_fail(struct render *r, const char *what);

/* Counts a step and looks at the limits.  0 or -1. */
int render_step(struct render *r);

/* Data for a block within parent: a copy of that of of, or none if NULL. */
struct frame *render_new_frame(
    struct render *r, const struct frame *of, struct frame *parent);

/* The value of an expression.  0, or -1 with the error set. */
int render_expr(struct render *r, const struct scope *s,
    const struct expr *expr, struct value *to);
/* The named arguments of a call as an object; the error may be set behind
 * it. */
struct value render_hash(
    struct render *r, const struct scope *s, const struct call *call);

/* Runs a program that was made in scope. */
int render_program(struct render *r, const struct program *program,
    const struct scope *scope, const struct helper_run *run);

/* Renders the partial that a node names.  0, or -1 with the error set. */
int render_partial(
    struct render *r, const struct scope *s, const struct node *n);

/* Makes the inline partials of a program known. */
int render_inlines(
    struct render *r, const struct program *program, const struct scope *scope);

#endif
