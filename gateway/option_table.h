#ifndef GATEWAY_OPTION_TABLE_H
#define GATEWAY_OPTION_TABLE_H

/* The rows behind options.h; for the files options*.c only. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/str.h"
#include "gateway/options.h"
#include "gateway/values.h"

struct err;
struct settings;

struct option {
	const char *name;
	int (*set)(struct settings *s, const struct option *o, const char *text,
	    struct err *e);
	size_t slot;          /* of struct settings */
	const char *initial;  /* NULL: not set */
	const char *argument; /* what the usage calls the value */
	const char *help;
	enum value_kind kind;       /* of a number */
	uint64_t least, most;       /* of a number */
	const char *const *choices; /* words in the order of the enum */
	bool flag;                  /* may stand alone for "on" */
	bool repeatable;            /* an array in the configuration file */
	bool store;    /* also of the commands that only work on a store */
	bool upstream; /* also of those that ask upstreams themselves */
	bool live;     /* a gateway that runs takes another value */
	bool judged;   /* by what it leads to, not by its text */
	bool secret;   /* lists of processes do not show its value */
	const char *variable; /* of the environment, when nothing else says */
};

/* Ends with a row without name. */
extern const struct option option_table[];

/* Whether a command with this scope takes the option. */
bool option_is_in(const struct option *o, enum option_scope scope);

/* The row called name, or NULL. */
const struct option *option_find(struct str name);

#endif
