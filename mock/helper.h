#ifndef MOCK_HELPER_H
#define MOCK_HELPER_H

/*
 * Helpers: what a template can call.  One table per group; a helper sees its
 * arguments, the block it was called with and the context of the rendering,
 * and gives a value.  Wrong or missing arguments do what they do in Mockoon.
 */

#include <stdbool.h>
#include <stddef.h>

#include "base/str.h"
#include "mock/template.h"
#include "mock/value.h"

struct program;
struct render;
struct scope;

/* Which part of the context a helper needs; without it there is no such
 * helper. */
enum helper_need {
	HELPER_ANY,
	HELPER_REQUEST,
	HELPER_BUCKETS,
	HELPER_GLOBALS,
	HELPER_STATUS,
};

struct helper_call {
	struct render *render;
	struct values *v;
	const struct template_context *c;
	const struct scope *scope; /* where it was called */
	struct str name;
	const struct value *args;
	unsigned n;
	struct value hash; /* an object */
	bool block;        /* {{#name}}: fn or inverse may run */
	const struct program *fn, *inverse;
};

/* 0, or -1 after helper_fail(). */
typedef int (*helper_fn)(struct helper_call *c, struct value *result);

struct helper {
	const char *name;
	helper_fn run;
	enum helper_need need;
};

/* NULL when there is none of that name. */
const struct helper *helper_find(struct str name);

/* The groups; each ends with a row without name. */
extern const struct helper helper_block[];
extern const struct helper helper_code[];
extern const struct helper helper_date[];
extern const struct helper helper_fake[];
extern const struct helper helper_list[];
extern const struct helper helper_math[];
extern const struct helper helper_query[];
extern const struct helper helper_request[];
extern const struct helper helper_store[];
extern const struct helper helper_text[];

/* Says what is wrong; always -1. */
int helper_fail(struct helper_call *c, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* The argument in that place as JavaScript passes it: behind the last one
 * comes the call itself, and then nothing. */
struct value helper_arg(const struct helper_call *c, unsigned i);

/* The same, a safe text being an ordinary one. */
struct value helper_plain(const struct helper_call *c, unsigned i);
struct value helper_unsafe(struct value a);

/* The same without the call: VALUE_UNDEFINED behind the last argument. */
struct value helper_given(const struct helper_call *c, unsigned i);

/* parseInt(a, 10) */
double helper_int_of(const struct helper_call *c, struct value a);

/* The call as a value of its own, as Mockoon gives it to some blocks. */
struct value helper_self(const struct helper_call *c);

/* Runs a program of the call (NULL: writes nothing) at the end of the output.
 * Fails when the call has no block. */
struct helper_run {
	struct value context;
	struct frame *data;         /* NULL: that of the caller */
	const struct value *params; /* of as |a b| */
	unsigned n;
};
int helper_run(struct helper_call *c, const struct program *program,
    const struct helper_run *run);

/* What {{this}} is where the call stands, never undefined or null. */
struct value helper_this(const struct helper_call *c);

/* The output, and where the block's part of it began. */
struct buf *helper_out(struct helper_call *c);

/* A buffer to build a text in, empty; helper_built() makes a value of it. */
struct buf *helper_scratch(struct helper_call *c);
struct value helper_built(struct helper_call *c);

/* Variables of the frame of @data at the call. */
struct value helper_data_get(const struct helper_call *c, struct str name);
void helper_data_set(
    const struct helper_call *c, struct str name, struct value value);

/* A frame with what that of the call holds.  A child is below it, so that ../
 * leads to it; otherwise it stands in its place. */
struct frame *helper_new_frame(const struct helper_call *c, bool child);
void helper_frame_set(const struct helper_call *c, struct frame *f,
    struct str name, struct value value);

/* One more of the steps a rendering may take.  False when there is none. */
bool helper_step(struct helper_call *c);

/* At least 0, below 1. */
double helper_random(const struct helper_call *c);

/* A whole number between a and b, both included (RandomInt). */
double helper_random_between(const struct helper_call *c, double a, double b);

#endif
