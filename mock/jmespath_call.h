#ifndef MOCK_JMESPATH_CALL_H
#define MOCK_JMESPATH_CALL_H

/* For jmespath_call.c and jmespath_text.c only. */

#include "mock/jmespath_priv.h"

struct buf;

/* Types an argument may have, as a set. */
enum jmes_type {
	JMES_NUMBER = 1,
	JMES_TEXT = 2,
	JMES_ARRAY = 4,
	JMES_MAP = 8,
	JMES_BOOL = 16,
	JMES_EXPR = 32,
	JMES_NULL = 64,
	JMES_NUMBERS = 128,
	JMES_TEXTS = 256,
	JMES_ARRAYS = 512,
	JMES_ANY = 1024,
};

struct jmes_call {
	struct jmes_search *s;
	const struct jmes_arg *args;
	unsigned n;
};

#define JMES_MANY 99 /* any number of arguments */

struct jmes_function {
	const char *name;
	int (*call)(struct jmes_call *c, struct value *to);
	unsigned least, most;
	unsigned types[4];
};

/* Ends with a row without name, as the one of the others. */
extern const struct jmes_function jmes_text_functions[];

/* An argument, which has to be of that type; "" for a text that is missing. */
struct str jmes_text(const struct jmes_call *c, unsigned i);
double jmes_number_at(const struct jmes_call *c, unsigned i);
const struct value_array *jmes_array(const struct jmes_call *c, unsigned i);

/* Makes a text of what is in out and frees that.  Always 0. */
int jmes_made(const struct jmes_call *c, struct buf *out, struct value *to);

#endif
