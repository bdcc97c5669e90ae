#ifndef MOCK_SCHEMA_PRIV_H
#define MOCK_SCHEMA_PRIV_H

/* A compiled schema, as mock/schema*.c share it. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/str.h"
#include "mock/schema.h"
#include "mock/value.h"

struct err;
struct regex;

/* One of ajv-formats.  Without fits all values fit. */
struct schema_format {
	const char *name;
	bool (*fits)(const struct schema_format *f, const struct regex *regex,
	    struct value value);
	const char *pattern; /* NULL: regex is not needed */
	unsigned flags;      /* of the pattern */
	bool of_numbers;
};

/* Types, a set. */
enum {
	SCHEMA_NULL = 1,
	SCHEMA_BOOLEAN = 2,
	SCHEMA_INTEGER = 4,
	SCHEMA_NUMBER = 8,
	SCHEMA_STRING = 16,
	SCHEMA_ARRAY = 32,
	SCHEMA_OBJECT = 64,
};

/* Of those bits; ends with NULL. */
extern const char *const schema_type_names[];

struct schema_list {
	const struct schema_node **at;
	size_t n;
};

struct schema_bounds {
	double least, most; /* NAN: none */
};

struct schema_dependency {
	struct str name;
	struct value names; /* an array, or VALUE_UNDEFINED for a node */
	const struct schema_node *node;
};

struct schema_pattern {
	struct regex *regex;
	const struct schema_node *node;
};

/* NULL or VALUE_UNDEFINED is what is not there. */
struct schema_node {
	bool never;         /* the schema false */
	const char *barred; /* the keyword that makes it so, else NULL */
	struct str where;   /* in a list: its $comment */
	bool says;          /* has a keyword that values may not fit */
	unsigned types;
	struct value enumeration; /* an array; of a const, with one item */
	struct value constant;    /* the same */
	struct schema_bounds number, exclusive, length, items_count,
	    members_count;
	double multiple; /* NAN: none */
	struct regex *pattern;
	const struct schema_format *format;
	struct regex *format_regex; /* of its pattern */
	const struct schema_node *items, *more_items, *contains;
	struct schema_list tuple;
	bool unique;
	struct value properties; /* an object: places in the list */
	struct schema_list members;
	struct schema_pattern *patterns;
	size_t npatterns;
	const struct schema_node *more_members, *names;
	struct value required; /* an array */
	struct schema_dependency *dependencies;
	size_t ndependencies;
	struct schema_list all, any, one;
	const struct schema_node *negated, *condition, *then, *otherwise, *ref;
};

struct schema {
	struct arena arena;
	struct values v;
	struct regex **regexes; /* of patterns, which nodes point to */
	size_t nregexes;
	const struct schema_node *root; /* NULL of a list */
	struct schema_node **list;
	size_t nlist;
};

/* Fills s, but for its arena; -1 with *e set. */
int schema_compile(struct schema *s, struct value from, struct err *e);
int schema_compile_list(struct schema *s, struct value list, struct err *e);

/* One validation. */
struct schema_run {
	uint64_t work; /* what is left; 0: it was given up */
	unsigned depth;
	unsigned trials; /* within these what does not fit is no fault */
	const struct schema_place *place; /* in the value */
	schema_fault_fn on_fault;         /* NULL: nobody wants to know */
	void *arg;
	unsigned faults; /* yet to be told, at most */
};

/* Whether it does; once run->work is used up nothing fits. */
bool schema_fits(
    struct schema_run *run, const struct schema_node *node, struct value value);

/* The same where what does not fit is no fault of the value's. */
bool schema_tries(
    struct schema_run *run, const struct schema_node *node, struct value value);

/* The types (SCHEMA_NULL, ...) that a value is of. */
unsigned schema_types(struct value value);

/* Whether two values are equal all the way down; work counts down. */
bool schema_equal(struct value a, struct value b, uint64_t *work);

/* A format of ajv-formats; NULL for a name that is none. */
const struct schema_format *schema_format_find(struct str name);
bool schema_format_fits(const struct schema_format *f,
    const struct regex *regex, struct value value);

/* What ref means where base is the URI (RFC 3986, section 5.2). */
struct str schema_uri(struct arena *a, struct str base, struct str ref);

#endif
