#include "config.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>

#include "base/number.h"
#include "mock/text.h"

#include "mock/template_render.h"

#include "mock/helper.h"

const struct helper *
helper_find(struct str name)
{
	static const struct helper *const groups[] = { helper_block,
		helper_code, helper_date, helper_fake, helper_list, helper_math,
		helper_query, helper_request, helper_store, helper_text };
	const struct helper *h;
	size_t i;

	for (i = 0; i < sizeof(groups) / sizeof(*groups); i++)
		for (h = groups[i]; h->name != NULL; h++)
			if (str_is(name, h->name))
				return h;
	return NULL;
}

int
helper_fail(struct helper_call *c, const char *fmt, ...)
{
	struct err e;
	char text[200];
	va_list ap;

	if (c->v->over)
		return render_fail(c->render, "the template makes too much");
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	err_set(&e, "%.*s: %s", (int)(c->name.n > 100 ? 100 : c->name.n),
	    c->name.p, text);
	return render_fail(c->render, e.text);
}

struct value
helper_arg(const struct helper_call *c, unsigned i)
{
	if (i < c->n)
		return c->args[i];
	if (i == c->n)
		return (struct value){ .kind = VALUE_CALL, .call = NULL };
	return VALUE_NONE;
}

struct value
helper_unsafe(struct value a)
{
	return a.kind == VALUE_SAFE ? value_text(a.text) : a;
}

struct value
helper_plain(const struct helper_call *c, unsigned i)
{
	return helper_unsafe(helper_arg(c, i));
}

struct value
helper_given(const struct helper_call *c, unsigned i)
{
	return i < c->n ? helper_unsafe(c->args[i]) : VALUE_NONE;
}

double
helper_int_of(const struct helper_call *c, struct value a)
{
	return number_int_of(text_trim(value_to_str(c->v, a)));
}

struct value
helper_self(const struct helper_call *c)
{
	struct value_call *call = arena_alloc(c->v->arena, sizeof(*call));

	call->name = c->name;
	call->hash = c->hash;
	return (struct value){ .kind = VALUE_CALL, .call = call };
}

int
helper_run(struct helper_call *c, const struct program *program,
    const struct helper_run *run)
{
	if (!c->block)
		return helper_fail(c, "it has to be called as a block");
	if (program == NULL)
		return 0;
	return render_program(c->render, program, c->scope, run);
}

struct value
helper_this(const struct helper_call *c)
{
	return value_is_nothing(c->scope->context) ? c->render->empty
						   : c->scope->context;
}

struct buf *
helper_out(struct helper_call *c)
{
	return c->render->out;
}

struct buf *
helper_scratch(struct helper_call *c)
{
	c->render->scratch.n = 0;
	return &c->render->scratch;
}

struct value
helper_built(struct helper_call *c)
{
	return value_copy_text(c->v, buf_str(&c->render->scratch));
}

struct value
helper_data_get(const struct helper_call *c, struct str name)
{
	return value_get(c->scope->data->vars, name);
}

void
helper_data_set(
    const struct helper_call *c, struct str name, struct value value)
{
	value_set(c->v, c->scope->data->vars, name, value);
}

struct frame *
helper_new_frame(const struct helper_call *c, bool child)
{
	struct frame *of = c->scope->data;

	return render_new_frame(c->render, of, child ? of : of->parent);
}

void
helper_frame_set(const struct helper_call *c, struct frame *f, struct str name,
    struct value value)
{
	value_set(c->v, f->vars, name, value);
}

bool
helper_step(struct helper_call *c)
{
	return render_step(c->render) == 0;
}

double
helper_random(const struct helper_call *c)
{
	return c->c->random == NULL ? 0 : c->c->random(c->c->random_arg);
}

double
helper_random_between(const struct helper_call *c, double a, double b)
{
	double lower, upper;

	if (isnan(a) || isnan(b))
		return NAN;
	lower = ceil(fmin(a, b));
	upper = floor(fmax(a, b));
	return floor(lower + helper_random(c) * (upper - lower + 1));
}
