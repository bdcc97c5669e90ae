#ifndef GATEWAY_COMMAND_LINE_H
#define GATEWAY_COMMAND_LINE_H

/*
 * Where settings came from: a command line and the configuration files that
 * it names, so that they can be had again while a gateway runs on them.
 */

struct buf;
struct command;
struct err;
struct options_files;
struct settings;
struct command_line; /* opaque; not for several threads at once */

/* What a command makes of its settings and operands beyond the options, as it
 * did the first time. */
typedef int (*command_line_finish_fn)(struct settings *s,
    const struct settings *was, char **operands, int n, struct err *e);

/* argv is as nobody has changed it yet, and stays. */
struct command_line *command_line_new(
    const struct command *c, int argc, char **argv);
void command_line_free(struct command_line *s); /* safe on NULL */

/* For options_parse(). */
struct options_files *command_line_files(struct command_line *s);

/* Without this there is nothing to be had again. */
void command_line_set_finish(
    struct command_line *s, command_line_finish_fn finish);

/*
 * The settings as their command line has them now, of a gateway that began with
 * was: what cannot change while it runs is as it was.  All of it is checked,
 * also that.  Names of options that are others than they were are added to
 * changed, those that wait for the next start to stays.  Rules are for the
 * caller to compare.  NULL without a line; NULL with *e set, which was empty,
 * when there is something wrong.
 */
struct settings *command_line_again(struct command_line *s,
    const struct settings *was, struct buf *changed, struct buf *stays,
    struct err *e);

/* The gateway runs on them.  Safe on NULL. */
void command_line_accept(struct command_line *s);

#endif
