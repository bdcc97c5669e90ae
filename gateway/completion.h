#ifndef GATEWAY_COMPLETION_H
#define GATEWAY_COMPLETION_H

/*
 * Completion of the command line by a shell: a script that is made of the
 * tables of commands and options, so that it has what they have.
 */

struct buf;
struct command;

/* All of the script, for the commands of a table. */
void completion_bash(struct buf *out, const struct command *commands);
void completion_zsh(struct buf *out, const struct command *commands);

#endif
