#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/err.h"
#include "gateway/sandbox.h"
#include "tests/unit/folder.h"
#include "tests/unit/tap.h"

void __gcov_dump(void) __attribute__((weak)); /* where lines are counted */

/* What try() gives in a process of its own, where it may limit itself. */
static int
alone(int (*try)(void))
{
	pid_t child = fork();
	int status;

	CHECK(child != -1);
	if (child == 0) {
		status = try();
		if (__gcov_dump != NULL)
			__gcov_dump();
		_exit(status);
	}
	CHECK_INT(waitpid(child, &status, 0), child);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

#define TELLS(n, condition) \
	if (!(condition)) \
	return n

#define CANNOT 99

static int
enter_calls(bool offline)
{
	struct err e;

	return sandbox_calls(offline, &e) == 1 ? 0 : CANNOT;
}

static int
try_others(void)
{
	char *argv[] = { (char *)(uintptr_t) "true", NULL };

	if (enter_calls(false) != 0)
		return CANNOT;
	TELLS(1, execv("/bin/true", argv) == -1 && errno == EPERM);
	TELLS(2, ptrace(PTRACE_TRACEME, 0, NULL, NULL) == -1 && errno == EPERM);
	TELLS(3, chroot("/") == -1 && errno == EPERM);
	TELLS(4, kill(getppid(), 0) == -1 && errno == EPERM);
	TELLS(5, fork() == -1 && errno == EPERM);
	TELLS(6, socket(AF_PACKET, SOCK_RAW, 0) == -1 && errno == EPERM);
	TELLS(7, setuid(0) == -1 && errno == EPERM);
	TELLS(8, symlink("/", "/tmp/x") == -1 && errno == EPERM);
	return 0;
}

static int
try_memory(void)
{
	void *p = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (enter_calls(false) != 0)
		return CANNOT;
	TELLS(1, mprotect(p, 4096, PROT_READ | PROT_EXEC) == -1);
	TELLS(2, mprotect(p, 4096, PROT_READ) == 0);
	TELLS(3, mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC,
		     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED);
	TELLS(4, mmap(NULL, 4096, PROT_READ | PROT_WRITE,
		     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) != MAP_FAILED);
	return 0;
}

static void *
return_it(void *arg)
{
	return arg;
}

static int
try_daily_life(void)
{
	struct addrinfo *found = NULL;
	pthread_t thread;
	int pair[2];
	void *got;

	if (enter_calls(false) != 0)
		return CANNOT;
	TELLS(1, pthread_create(&thread, NULL, return_it, pair) == 0);
	TELLS(2, pthread_join(thread, &got) == 0 && got == pair);
	TELLS(3, getaddrinfo("localhost", "80", NULL, &found) == 0);
	freeaddrinfo(found);
	TELLS(4, socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0);
	TELLS(5, socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0) != -1);
	TELLS(6, raise(0) == 0 && kill(getpid(), 0) == 0);
	got = malloc(64 << 20);
	TELLS(7, got != NULL);
	free(got);
	TELLS(8, fopen("/etc/passwd", "r") != NULL);
	return 0;
}

static int
try_offline(void)
{
	int pair[2];

	if (enter_calls(true) != 0)
		return CANNOT;
	TELLS(1, socket(AF_INET, SOCK_STREAM, 0) == -1 && errno == EPERM);
	TELLS(2, socket(AF_INET, SOCK_DGRAM, 0) == -1 && errno == EPERM);
	TELLS(3, socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0);
	return 0;
}

static pthread_barrier_t barrier;

static void *
wait_and_execute(void *arg)
{
	char *argv[] = { (char *)(uintptr_t) "true", NULL };

	pthread_barrier_wait(&barrier);
	pthread_barrier_wait(&barrier);
	return execv("/bin/true", argv) == -1 && errno == EPERM ? NULL : arg;
}

static int
try_older_threads(void)
{
	pthread_t thread;
	void *got;
	int rc;

	pthread_barrier_init(&barrier, NULL, 2);
	TELLS(1, pthread_create(&thread, NULL, wait_and_execute, &rc) == 0);
	pthread_barrier_wait(&barrier);
	rc = enter_calls(false);
	pthread_barrier_wait(&barrier);
	TELLS(2, pthread_join(thread, &got) == 0);
	return rc != 0 ? rc : got != NULL;
}

static bool
opens(const char *path, int flags)
{
	int fd = open(path, flags | O_CLOEXEC, 0600);

	if (fd != -1)
		close(fd);
	return fd != -1;
}

static char inside[512], outside[512];

static void
make_folders(void)
{
	int fd;

	snprintf(inside, sizeof(inside), "%s/in", dir);
	snprintf(outside, sizeof(outside), "%s/out", dir);
	(void)mkdir(inside, 0700);
	(void)mkdir(outside, 0700);
	snprintf(outside, sizeof(outside), "%s/out/file", dir);
	fd = open(outside, O_CREAT | O_WRONLY, 0600);
	CHECK(fd != -1);
	close(fd);
}

static int
try_files(void)
{
	struct sandbox_path paths[] = { { inside, SANDBOX_WRITE },
		{ "/etc", SANDBOX_READ }, { "/nowhere/at/all", SANDBOX_READ } };
	char one[600], two[600];
	struct err e;

	snprintf(one, sizeof(one), "%s/one", inside);
	snprintf(two, sizeof(two), "%s/two", inside);
	if (sandbox_files(paths, 3, &e) != 1)
		return CANNOT;
	TELLS(1, opens(one, O_CREAT | O_EXCL | O_WRONLY));
	TELLS(2, rename(one, two) == 0 && opens(two, O_RDWR | O_TRUNC));
	TELLS(3, symlink(outside, one) == -1 && errno == EACCES);
	TELLS(4, unlink(two) == 0);
	TELLS(5, !opens(outside, O_RDONLY) && errno == EACCES);
	TELLS(6, !opens(outside, O_WRONLY));
	TELLS(7, unlink(outside) == -1 && errno == EACCES);
	TELLS(8, opens("/etc/passwd", O_RDONLY));
	TELLS(9, !opens("/etc/passwd", O_RDWR) && errno == EACCES);
	TELLS(10, !opens("/", O_RDONLY | O_DIRECTORY));
	return 0;
}

static void
a_call_that_no_gateway_makes_fails_and_is_told(void)
{
	CHECK_INT(alone(try_others), 0);
}

static void
memory_is_written_or_executed(void)
{
	CHECK_INT(alone(try_memory), 0);
}

static void
threads_names_sockets_and_memory_are_had(void)
{
	CHECK_INT(alone(try_daily_life), 0);
}

static void
offline_nothing_can_be_connected_to(void)
{
	CHECK_INT(alone(try_offline), 0);
}

static void
threads_that_are_there_already_are_in_it(void)
{
	CHECK_INT(alone(try_older_threads), 0);
}

static void
only_files_below_what_is_named_are_there(void)
{
	make_folders();
	CHECK_INT(alone(try_files), 0);
}

RUN(TEST(a_call_that_no_gateway_makes_fails_and_is_told),
    TEST(memory_is_written_or_executed),
    TEST(threads_names_sockets_and_memory_are_had),
    TEST(offline_nothing_can_be_connected_to),
    TEST(threads_that_are_there_already_are_in_it),
    TEST(only_files_below_what_is_named_are_there))
