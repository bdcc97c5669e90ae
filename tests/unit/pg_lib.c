/* A program that was built with libpq, on a machine that has none or one that
 * is too old. */
#include "config.h"

#include <dlfcn.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/err.h"
#include "recorder/pg_lib.h"
#include "recorder/store.h"

#include "tap.h"

static const char url[] = "postgresql://hark@127.0.0.1/tapes";
static const char why[] = "needs libpq.so.5 of version 15 or later; Debian has "
			  "it in the package libpq5";
static bool old; /* it is there, but not what is called of it */
static struct err e;

/* In the place of that of the C library. */
void *
dlopen(const char *file, int flags)
{
	void *(*real)(const char *, int);

	/* The program itself is a library that has none of the calls. */
	*(void **)&real = dlsym(RTLD_NEXT, "dlopen");
	if (strcmp(file, "libpq.so.5") != 0)
		return real(file, flags);
	return old ? real(NULL, flags) : NULL;
}

static void
check_refusals(void)
{
	CHECK_INT(store_name_check(url, &e), -1);
	CHECK_STR(e.text, why);
	CHECK(store_open(url, STORE_WRITE, false, &e) == NULL);
	CHECK(strstr(e.text, why) != NULL);
	CHECK_INT(pg_lib_load(&e), -1);
	CHECK_STR(e.text, why);
}

/* It is looked for once in the life of a program. */
static void
check_elsewhere(void)
{
	int status;
	pid_t child;

	fflush(stdout);
	child = fork();
	if (child == 0) {
		status = setjmp(tap_out);
		if (status == 0)
			check_refusals();
		fflush(stdout);
		_exit(status);
	}
	CHECK_INT(waitpid(child, &status, 0), child);
	CHECK_INT(status, 0);
}

static void
without_the_library_the_error_says_what_to_install(void)
{
	check_elsewhere();
}

static void
a_library_without_a_call_is_too_old(void)
{
	old = true;
	check_elsewhere();
}

static void
stores_that_are_files_need_none(void)
{
	CHECK_INT(store_name_check("hark.db", &e), 0);
}

RUN(TEST(without_the_library_the_error_says_what_to_install),
    TEST(a_library_without_a_call_is_too_old),
    TEST(stores_that_are_files_need_none))
