#ifndef MOCK_CHECK_H
#define MOCK_CHECK_H

/*
 * What is wrong with a mocks file, and what is odd in it, as far as that can
 * be told without serving it.
 */

#include <stdbool.h>
#include <stddef.h>

#include "base/str.h"

struct err;

struct check_finding {
	bool wrong;          /* a part of it cannot work; else a remark */
	struct str where;    /* "routes[2].responses[0].body", or "" */
	size_t line, column; /* of that in the file, from 1; 0: not known */
	struct str text;     /* what it is, with what was expected */
};

/* finding holds during the call only. */
typedef void (*check_fn)(void *arg, const struct check_finding *finding);

/* Looks at the file at path.  How many findings there were. */
size_t check_file(const char *path, check_fn on_finding, void *arg);

/* Puts line and column into an error "PATH: WHERE: ..." of the file at path,
 * where they can be told: "PATH:LINE:COLUMN: WHERE: ...". */
void check_place(const char *path, struct err *e);

#endif
