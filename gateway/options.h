#ifndef GATEWAY_OPTIONS_H
#define GATEWAY_OPTIONS_H

/*
 * One table of options feeds the command line (--max-header-bytes 64k), the
 * configuration file ({"max-header-bytes": "64k"}), the usage text and the
 * check that the manual page is complete: a new option is one row there and
 * one item in man/hark.1.
 */

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "gateway/settings.h"

struct err;

/* Which rows of the table a command takes on its command line. */
enum option_scope {
	OPTIONS_NONE,
	OPTIONS_STORE,    /* those of commands that only work on a store */
	OPTIONS_UPSTREAM, /* these, and those of asking upstreams */
	OPTIONS_ALL,
};

/* An option that only one command has, and only on the command line.  The
 * table of a command ends with a row without name. */
struct own_option {
	const char *name;     /* "method" for --method */
	char letter;          /* 'm' for -m, or 0 */
	const char *argument; /* "METHOD"; NULL for a flag */
	const char *help;
	/* Takes the value each time, so that the option may be repeated; NULL:
	 * the last one counts.  0, or -1 with what was expected. */
	int (*take)(struct settings *s, const char *text, struct err *e);
	const char *words; /* "full minimal": what a shell proposes; or NULL */
};

/* The one way in: sets the option called name from text.  A repeatable
 * option adds.  0, or -1 with "option NAME: TEXT: expected ..." in *e. */
int option_set(
    struct settings *s, const char *name, const char *text, struct err *e);

/*
 * The configuration files of a command line, so that they can be read again.
 * Each walk over the line meets them in the same order.
 */
enum options_walk {
	OPTIONS_FIRST, /* all of them are taken, and remembered */
	OPTIONS_TRY,   /* all of what they say now */
	OPTIONS_AGAIN, /* of that what may change while a gateway runs; the rest
			* as it was in the beginning */
};
struct options_file; /* opaque */
struct options_files {
	enum options_walk walk;
	struct options_file *v;
	size_t n, at;
	/* Of OPTIONS_AGAIN: members that are others than they were, and those
	 * that can only be so at the next start; ", " between. */
	struct buf changed, stays;
};

/* What was tried is what is there, from now on. */
void options_files_accept(struct options_files *f);
void options_files_fini(struct options_files *f);

/* Sets the members of a JSON object in a file.  Errors name the file and the
 * member or line.  files may be NULL. */
int options_load(struct settings *s, struct options_files *files,
    const char *path, struct err *e);

/*
 * Takes options off argv (GNU style: --name value, --name=value, flags
 * without value, -h; "--" ends them) and leaves the operands in order behind
 * argv[0], whose count goes to operands.  Options may stand anywhere before
 * "--".  With stop_at_operand the first operand ends them, too (for "hark
 * run").  --config is loaded first, so that the command line wins.
 */
struct options_line {
	struct settings *settings;
	enum option_scope scope;
	const struct own_option *own; /* or NULL */
	const char **values; /* what came for each row of own: views of argv,
				"on" for a flag, NULL when it was not given */
	struct options_files *files; /* or NULL */
	bool stop_at_operand;
	bool hides; /* secrets, in argv, from who lists processes */
	bool help;  /* out: -h or --help was given; nothing else counts then */
	int operands; /* out */
};
int options_parse(struct options_line *l, int argc, char **argv, struct err *e);

/* The rows of a scope, or of a command's own table, as usage text. */
void options_usage(struct buf *out, enum option_scope scope);
void options_usage_own(struct buf *out, const struct own_option *own);

/* "--name" on a line each, for the checks of the manual page. */
void options_names(struct buf *out);

#endif
