#include "config.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

#define MEM_SMALL 1032 /* the most that a thread keeps */

static void *
mem_check(void *p)
{
	if (p == NULL) {
		fputs("hark: out of memory\n", stderr);
		abort();
	}
	return p;
}

void *
xmalloc(size_t n)
{
	return mem_check(malloc(n == 0 ? 1 : n));
}

/* glibc's calloc() passes by what a thread has freed a moment ago, where its
 * malloc() looks first: for small pieces that is two thirds of the way. */
void *
xcalloc(size_t n, size_t size)
{
	void *p;

	if (n > 0 && size > 0 && size <= MEM_SMALL && n <= MEM_SMALL / size) {
		p = xmalloc(n * size);
		memset(p, 0, n * size);
		return p;
	}
	return mem_check(calloc(n == 0 ? 1 : n, size == 0 ? 1 : size));
}

void *
xrealloc(void *p, size_t n)
{
	return mem_check(realloc(p, n == 0 ? 1 : n));
}

char *
xstrdup(const char *s)
{
	return mem_check(strdup(s));
}

char *
xmemdup0(const void *p, size_t n)
{
	char *copy = xmalloc(n + 1);

	if (n > 0)
		memcpy(copy, p, n);
	copy[n] = '\0';
	return copy;
}

char *
xvasprintf(const char *fmt, va_list ap)
{
	char *s = NULL;
	int n = vasprintf(&s, fmt, ap);

	return mem_check(n == -1 ? NULL : s);
}

char *
xasprintf(const char *fmt, ...)
{
	va_list ap;
	char *s;

	va_start(ap, fmt);
	s = xvasprintf(fmt, ap);
	va_end(ap);
	return s;
}
