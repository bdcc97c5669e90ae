#ifndef MOCK_INFER_H
#define MOCK_INFER_H

/*
 * What a member of a JSON body most likely holds, by its name and by what a
 * schema or an example says of it: createdAt is a date, avatar the URL of a
 * picture.  A table of rules, the first that fits wins: formats before names,
 * and types when neither says anything.
 */

#include <stddef.h>

#include "base/str.h"

struct err;
struct faker;
struct value;
struct values;

/* Types of JSON schema; a member of unknown type is any of them. */
enum infer_type {
	INFER_STRING = 1,
	INFER_INTEGER = 2,
	INFER_NUMBER = 4,
	INFER_BOOLEAN = 8,
	INFER_ANY = 15,
};

/* What becomes of what the method gives. */
enum infer_form {
	INFER_AS_IT_IS,  /* but of the type asked for */
	INFER_DATE_TIME, /* "2026-11-20T10:00:00.000Z", seconds for a number */
	INFER_DATE,      /* "2026-11-20" */
	INFER_TIME,      /* "10:00:00Z" */
	INFER_MS,        /* milliseconds since 1970 */
	INFER_BASE64,
};

/* A method of faker with its arguments, a JSON array, NULL for none. */
struct infer_rule {
	const char *names;
	const char *method;
	const char *args;
	unsigned char types; /* for these */
	unsigned char place; /* of names, see infer.c */
	unsigned char form;
};

/* The rule for a type as JSON schema names it; INFER_ANY for none it knows. */
enum infer_type infer_type(struct str type);

/* The rule for a member; format may be empty. */
const struct infer_rule *infer_find(
    struct str name, enum infer_type type, struct str format);

/* Makes a value by a rule for a member of type.  0, or -1 with *e set. */
int infer_make(const struct infer_rule *rule, enum infer_type type,
    struct faker *f, struct values *v, struct value *to, struct err *e);

/* All rules, one by one; NULL behind the last. */
const struct infer_rule *infer_at(size_t i);

#endif
