#include "config.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"
#include "base/mem.h"
#include "gateway/watch.h"

#include "folder.h"
#include "tests/unit/tap.h"

__attribute__((constructor)) static void
enter(void)
{
	if (chdir(dir) == -1)
		abort();
}

/* Looking is for network file systems: a case that waits for it hangs. */
#define NEVER ((int64_t)3600 * 1000000)

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t told = PTHREAD_COND_INITIALIZER;
static size_t counts[2];
static struct watch *watch;
static struct err e;

static void
on_change(void *arg, size_t file)
{
	(void)arg;
	pthread_mutex_lock(&lock);
	counts[file]++;
	pthread_cond_signal(&told);
	pthread_mutex_unlock(&lock);
}

/* Waits until the file has been told of, and forgets that. */
static void
wait_for(size_t file)
{
	pthread_mutex_lock(&lock);
	while (counts[file] == 0)
		pthread_cond_wait(&told, &lock);
	counts[file] = 0;
	pthread_mutex_unlock(&lock);
}

static size_t
count(size_t file)
{
	size_t n;

	pthread_mutex_lock(&lock);
	n = counts[file];
	pthread_mutex_unlock(&lock);
	return n;
}

static void
put(const char *path, const char *text)
{
	FILE *f = fopen(path, "w");

	CHECK(f != NULL);
	fputs(text, f);
	fclose(f);
}

static void
begin(const char *const *paths, size_t n, int64_t look_us)
{
	struct watch_options o = { .paths = paths,
		.n = n,
		.settle_us = 20000,
		.look_us = look_us,
		.on_change = on_change };

	counts[0] = counts[1] = 0;
	watch = watch_new(&o);
	CHECK_INT(watch_start(watch, &e), 0);
	/* Once it has told this it listens. */
	watch_ask(watch);
	wait_for(0);
	if (n > 1)
		wait_for(1);
}

static void
a_file_that_is_written_to_or_replaced_is_told_of(void)
{
	const char *const paths[] = { "a", "b" };

	put("a", "1");
	put("b", "1");
	begin(paths, 2, NEVER);
	put("a", "2");
	wait_for(0);
	put("new", "3");
	CHECK_INT(rename("new", "a"), 0);
	wait_for(0);
	put("a", "4"); /* the new one, too */
	wait_for(0);
	CHECK_INT(unlink("a"), 0);
	wait_for(0);
	put("a", "5");
	wait_for(0);
	CHECK_INT(count(1), 0);
	watch_free(watch);
}

static void
a_link_that_leads_elsewhere_is_told_of(void)
{
	/* As Kubernetes mounts: m/a -> ..data/a, ..data -> one, then two. */
	const char *const paths[] = { "m/a" };

	CHECK_INT(mkdir("m", 0777), 0);
	CHECK_INT(mkdir("m/one", 0777), 0);
	CHECK_INT(mkdir("m/two", 0777), 0);
	put("m/one/a", "1");
	put("m/two/a", "2");
	CHECK_INT(symlink("one", "m/..data"), 0);
	CHECK_INT(symlink("..data/a", "m/a"), 0);
	begin(paths, 1, NEVER);
	CHECK_INT(symlink("two", "m/..new"), 0);
	CHECK_INT(rename("m/..new", "m/..data"), 0);
	wait_for(0);
	put("m/two/a", "3"); /* where it leads now */
	wait_for(0);
	watch_free(watch);
}

static void
a_link_in_the_middle_of_an_absolute_path_counts(void)
{
	char *here = getcwd(NULL, 0);
	char *path = xasprintf("%s/now/a", here), *one;
	const char *const paths[] = { path };

	CHECK_INT(mkdir("r1", 0777), 0);
	CHECK_INT(mkdir("r2", 0777), 0);
	put("r1/a", "1");
	put("r2/a", "2");
	one = xasprintf("%s/r1", here);
	CHECK_INT(symlink(one, "now"), 0);
	begin(paths, 1, NEVER);
	CHECK_INT(symlink("r2", "next"), 0);
	CHECK_INT(rename("next", "now"), 0);
	wait_for(0);
	watch_free(watch);
	free(path);
	free(one);
	free(here);
}

static void
who_asks_is_told_of_all_even_if_nothing_is_watched(void)
{
	const char *const paths[] = { "a", "/dev/null" };

	put("a", "1");
	begin(paths, 2, 0);
	watch_ask(watch);
	wait_for(0);
	wait_for(1);
	watch_free(watch);
}

static void
a_file_that_nobody_tells_of_is_looked_at(void)
{
	const char *const paths[] = { "late/a" };

	/* Its folder is not there yet: nothing can be heard of it. */
	begin(paths, 1, 2000);
	CHECK_INT(mkdir("late", 0777), 0);
	put("late/a", "1");
	wait_for(0);
	watch_free(watch);
}

static void
a_link_to_itself_is_no_trap(void)
{
	const char *const paths[] = { "loop/a" };

	CHECK_INT(symlink("loop", "loop"), 0);
	begin(paths, 1, NEVER);
	watch_free(watch);
}

RUN(TEST(a_file_that_is_written_to_or_replaced_is_told_of),
    TEST(a_link_that_leads_elsewhere_is_told_of),
    TEST(a_link_in_the_middle_of_an_absolute_path_counts),
    TEST(who_asks_is_told_of_all_even_if_nothing_is_watched),
    TEST(a_file_that_nobody_tells_of_is_looked_at),
    TEST(a_link_to_itself_is_no_trap))
