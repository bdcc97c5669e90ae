#ifndef GATEWAY_COMPLETION_ROWS_H
#define GATEWAY_COMPLETION_ROWS_H

/*
 * What the scripts of both shells are made of; for completion*.c only.
 */

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"

struct command;

/* What may stand behind an option, or for an operand. */
enum completion_kind {
	COMPLETION_NONE,
	COMPLETION_ANY, /* something that nobody can guess */
	COMPLETION_WORDS,
	COMPLETION_FILES,
	COMPLETION_FOLDERS,
	COMPLETION_COMMANDS, /* of hark */
	COMPLETION_PROGRAM,  /* another's whole command line */
};

struct completion_value {
	enum completion_kind kind;
	struct buf words; /* with spaces between them */
};
void completion_value_fini(struct completion_value *v);

/* One option of a command. */
struct completion_row {
	const char *name;
	char letter;          /* 0: none */
	const char *argument; /* NULL: it takes none */
	const char *help;
	bool flag;       /* --no-NAME is one, too; a value only behind = */
	bool repeatable; /* may be given several times */
	bool own;        /* of that command alone */
	struct completion_value value;
};

struct completion_rows {
	struct completion_row *v;
	size_t n;
};

/* All that a command takes. */
void completion_rows_make(
    struct completion_rows *rows, const struct command *c);
void completion_rows_fini(struct completion_rows *rows);

/* What its operands may be. */
void completion_operands(const struct command *c, struct completion_value *v);

/* Whether c has the same options and operands as an earlier command of the
 * table. */
bool completion_is_double(const struct command *table, const struct command *c);

/* "proxy|record|...": c and its doubles, which come later. */
void completion_names(struct buf *out, const struct command *c);

#endif
