#ifndef GATEWAY_OPTIONS_H
#define GATEWAY_OPTIONS_H

/*
 * One table of options feeds the command line (--max-header-bytes 64k), the
 * configuration file ({"max-header-bytes": "64k"}), the usage text and the
 * check that the manual page is complete: a new option is one row there and
 * one item in man/hark.1.
 */

#include <stddef.h>

#include "base/buf.h"
#include "gateway/settings.h"

struct err;

/* Settings with every option at its initial value. */
struct settings *settings_new(void);
void settings_free(struct settings *s); /* safe on NULL */

/* The one way in: sets the option called name from text.  A repeatable
 * option adds.  0, or -1 with "option NAME: TEXT: expected ..." in *e. */
int option_set(
    struct settings *s, const char *name, const char *text, struct err *e);

/* Sets all members of a JSON object in a file.  Errors name the file and the
 * member or line. */
int options_load(struct settings *s, const char *path, struct err *e);

/*
 * Takes options off argv (GNU style: --name value, --name=value, flags
 * without value, -h; "--" ends them) and leaves the operands in order behind
 * argv[0], whose count goes to *operands.  Options may stand anywhere before
 * "--".  With stop_at_operand the first operand ends them, too (for "hark
 * run").  --config is loaded first, so that the command line wins.
 */
int options_parse(struct settings *s, int argc, char **argv,
    bool stop_at_operand, int *operands, struct err *e);

/* The table as usage text. */
void options_usage(struct buf *out);

/* Checks that need more than one option, for a gateway in s->mode: an
 * upstream where the mode forwards, certificate with key, ... */
int settings_check(const struct settings *s, struct err *e);

#endif
