#ifndef TESTS_UNIT_TAP_H
#define TESTS_UNIT_TAP_H

/*
 * A test program is a table of named cases; automake's TAP driver counts
 * them one by one.  A case fails at its first CHECK that does not hold, says
 * where and what it saw, and the others still run.
 *
 *	static void
 *	a_refusal_names_the_option(void) { CHECK_INT(f(), -1); ... }
 *
 *	RUN(TEST(sizes_take_a_suffix), TEST(a_refusal_names_the_option))
 */

#include <setjmp.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/str.h"

/* Seconds after which a case hangs, in a program without an alarm(2). */
#define TAP_PATIENCE 1800

struct tap_test {
	const char *name;
	void (*run)(void);
};

static jmp_buf tap_out;

#define TEST(name) \
	{ \
#name, name \
	}

#define CHECK(condition) \
	do { \
		if (!(condition)) { \
			printf("# %s:%d: %s does not hold\n", __FILE__, \
			    __LINE__, #condition); \
			longjmp(tap_out, 1); \
		} \
	} while (0)

#define CHECK_INT(got, want) \
	do { \
		long long tap_got = (long long)(got); \
		long long tap_want = (long long)(want); \
		if (tap_got != tap_want) { \
			printf("# %s:%d: %s is %lld, not %lld\n", __FILE__, \
			    __LINE__, #got, tap_got, tap_want); \
			longjmp(tap_out, 1); \
		} \
	} while (0)

#define CHECK_STR(got, want) \
	do { \
		const char *tap_got = (got), *tap_want = (want); \
		if (tap_got == NULL || strcmp(tap_got, tap_want) != 0) { \
			printf("# %s:%d: %s is \"%s\", not \"%s\"\n", \
			    __FILE__, __LINE__, #got, \
			    tap_got ? tap_got : "(null)", tap_want); \
			longjmp(tap_out, 1); \
		} \
	} while (0)

/* For a struct str against a C text. */
#define CHECK_VIEW(got, want) \
	do { \
		struct str tap_got = (got), tap_want = str_of(want); \
		if (!str_eq(tap_got, tap_want)) { \
			printf("# %s:%d: %s is \"%.*s\", not \"%.*s\"\n", \
			    __FILE__, __LINE__, #got, STR_ARGS(tap_got), \
			    STR_ARGS(tap_want)); \
			longjmp(tap_out, 1); \
		} \
	} while (0)

static inline int
tap_run(const struct tap_test *tests, size_t n)
{
	volatile size_t i, failed = 0; /* live across longjmp() */
	const unsigned alarmed = alarm(0);
	const char *p;

	alarm(alarmed);
	printf("1..%zu\n", n);
	for (i = 0; i < n; i++) {
		bool ok = setjmp(tap_out) == 0;

		if (alarmed == 0)
			alarm(TAP_PATIENCE);
		if (ok)
			tests[i].run();
		else
			failed++;
		printf("%sok %zu - ", ok ? "" : "not ", i + 1);
		for (p = tests[i].name; *p != '\0'; p++)
			putchar(*p == '_' ? ' ' : *p);
		putchar('\n');
		fflush(stdout);
	}
	return failed > 0;
}

#define RUN(...) \
	int main(void) \
	{ \
		static const struct tap_test tests[] = { __VA_ARGS__ }; \
		return tap_run(tests, sizeof(tests) / sizeof(*tests)); \
	}

#endif
