#ifndef BASE_MEM_H
#define BASE_MEM_H

/*
 * Memory for small things.  Running out of it ends the program: sizes that
 * come from outside are checked against a limit before they get here.
 */

#include <stdarg.h>
#include <stddef.h>

void *xmalloc(size_t n);
void *xcalloc(size_t n, size_t size);
void *xrealloc(void *p, size_t n);
char *xstrdup(const char *s);

/* n bytes of p with a NUL behind them. */
char *xmemdup0(const void *p, size_t n);

/* Like asprintf(3); the caller frees. */
char *xasprintf(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
char *xvasprintf(const char *fmt, va_list ap)
    __attribute__((format(printf, 1, 0)));

#endif
