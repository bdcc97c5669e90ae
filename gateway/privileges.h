#ifndef GATEWAY_PRIVILEGES_H
#define GATEWAY_PRIVILEGES_H

/*
 * What the process may do for being whose it is.  Where sanitizers are built in
 * it stays open to them.
 */

#include <stdbool.h>

struct err;

/* Whether text is USER[:GROUP], names or numbers, and not root. */
int privileges_check(const char *text, struct err *e);

/*
 * Becomes that user for good, with the groups that it is in, or GROUP alone,
 * and without capabilities, in all threads that there are.  Nothing is to be
 * gained by programs that are executed later.  0, or -1 when the process may
 * not, or would not be rid of what it had.
 */
int privileges_drop(const char *text, struct err *e);

/* No core dumps, and nobody of the same user looks into the memory. */
void privileges_hide_memory(void);

/* Whether the process is root. */
bool privileges_are_all(void);

#endif
