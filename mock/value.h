#ifndef MOCK_VALUE_H
#define MOCK_VALUE_H

/*
 * What templates and rules compute with: JavaScript's values, since a
 * Mockoon file means what they do there.  Arrays, objects and texts live in an
 * arena and are freed with it; a value itself is passed by copy.  What others
 * hold is never changed: who wants to change a value copies it first.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/str.h"

struct arena;
struct buf;

#define VALUE_DEPTH 512 /* nested deeper is cut off and sets over */

enum value_kind {
	VALUE_UNDEFINED,
	VALUE_NULL,
	VALUE_BOOL,
	VALUE_NUMBER,
	VALUE_TEXT,
	VALUE_SAFE, /* a text that is printed without escapes */
	VALUE_ARRAY,
	VALUE_OBJECT,
	VALUE_DATE, /* number: milliseconds since 1970-01-01 UTC */
	VALUE_CALL, /* what a helper is called with besides its arguments */
	VALUE_OUT,  /* the result is in the output already */
};

struct value {
	enum value_kind kind;
	union {
		bool yes;
		double number;
		struct str text;
		struct value_array *array;
		struct value_object *object;
		const struct value_call *call; /* NULL: nobody looks */
	};
};

struct value_array {
	struct value *at;
	size_t n, room;
};

struct value_member {
	struct str name;
	struct value value;
};

struct value_object {
	struct value_member *at; /* see value_order() */
	size_t n, room;
	uint32_t *index; /* of members by hash of name, for many of them */
	uint32_t buckets;
	bool disordered;
};

/*
 * Where values are made.  A most of 0 is no limit; beyond it over is set, and
 * what does not fit is left out: whoever made values says so when over is set.
 */
struct values {
	struct arena *arena;
	size_t used, most; /* bytes */
	uint64_t work,
	    most_work; /* values looked at by searches and the like */
	bool over;
};

/* What can be seen of a helper's call from within its block. */
struct value_call {
	struct str name;
	struct value hash;
};

#define VALUE_NONE ((struct value){ .kind = VALUE_UNDEFINED })

/* Counts one of most_work.  False when there is no more to spend. */
bool value_work(struct values *v);

struct value value_null(void);
struct value value_bool(bool yes);
struct value value_number(double number);
struct value value_date(double ms);
struct value value_text(struct str text); /* a view, not copied */
struct value value_safe(struct str text); /* a view, not copied */
struct value value_copy_text(struct values *v, struct str text);

/* An array with room for so many items, which grows; an item is not copied. */
struct value value_new_array(struct values *v, size_t room);
void value_push(struct values *v, struct value array, struct value item);

/* Without members. */
struct value value_new_object(struct values *v);

/* Sets or replaces a member; the name is not copied. */
void value_set(
    struct values *v, struct value object, struct str name, struct value item);
void value_remove(struct value object, struct str name);

/* The own property of that name as JavaScript has it, of texts and arrays,
 * too (length, indices); VALUE_UNDEFINED where there is none. */
struct value value_get(struct value of, struct str name);

/* Puts members into JavaScript's order: names that are indices first,
 * ascending, then the others as they were set. */
void value_order(struct value object);

/* Does that all the way down: what threads share has to be settled, since it
 * is only read from then on. */
void value_settle(struct value of);

/* Whether there is such a property, even if its value is VALUE_UNDEFINED. */
bool value_has(struct value of, struct str name);

/* Whether text is an array index in JavaScript's canonical form. */
bool value_is_index(struct str text, size_t *index);

/* A copy of arrays, objects and texts all the way down. */
struct value value_copy(struct values *v, struct value of);

/* A copy of an array or object whose items are shared. */
struct value value_copy_shallow(struct values *v, struct value of);

bool value_is_nothing(struct value a); /* undefined or null */
bool value_is_object(struct value a);  /* typeof x == 'object', null not */
bool value_is_true(struct value a);    /* as a condition */
bool value_same(struct value a, struct value b);  /* === */
bool value_alike(struct value a, struct value b); /* == */
double value_to_number(struct value a);

/* Appends String(a); it stops somewhere once there are most bytes in out,
 * since an array may hold another many times. */
void value_print(struct buf *out, struct value a, size_t most);

/* String(a), a view where a is a text and made in v otherwise. */
struct str value_to_str(struct values *v, struct value a);

#endif
