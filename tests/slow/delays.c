/*
 * A slow machine around a program (LD_PRELOAD): its syncs, its writes to files
 * and its calls on sockets take their time, at random.  Only programs named
 * SLOW_PROGRAM, so that what tests them stays quick.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

/* One call in so many takes up to so long; a sync always does. */
#define WRITE_IN 48
#define WRITE_US 20000
#define SOCKET_IN 16
#define SOCKET_US 50000
#define SYNC_US 250000

static bool slow;
static __thread uint64_t dice;

__attribute__((constructor)) static void
slow_begin(void)
{
	const char *name = getenv("SLOW_PROGRAM");

	slow = name != NULL && strcmp(name, program_invocation_short_name) == 0;
}

static uint32_t
slow_roll(uint32_t sides)
{
	struct timespec now;

	if (dice == 0) {
		clock_gettime(CLOCK_MONOTONIC, &now);
		dice = (uint64_t)now.tv_nsec + (uintptr_t)&dice;
	}
	dice = dice * UINT64_C(6364136223846793005) + 1442695040888963407u;
	return (uint32_t)(dice >> 33) % sides;
}

static void
slow_nap(uint32_t in, uint32_t most_us)
{
	struct timespec t = { 0 };
	int was = errno;

	if (!slow || slow_roll(in) != 0)
		return;
	t.tv_nsec = (long)slow_roll(most_us) * 1000;
	syscall(SYS_clock_nanosleep, CLOCK_MONOTONIC, 0, &t, NULL);
	errno = was;
}

static bool
slow_is_file(int fd)
{
	struct stat st;
	int was = errno;
	bool is = slow && fstat(fd, &st) == 0 && S_ISREG(st.st_mode);

	errno = was;
	return is;
}

static void
slow_write(int fd)
{
	if (slow_is_file(fd))
		slow_nap(WRITE_IN, WRITE_US);
}

static void
slow_vector(int fd)
{
	if (slow_is_file(fd))
		slow_nap(WRITE_IN, WRITE_US);
	else
		slow_nap(SOCKET_IN, SOCKET_US);
}

/* The function of that name which this one stands before. */
#define NEXT(name, nap, ...) \
	static __typeof__(&name) next; \
\
	if (next == NULL) \
		next = (__typeof__(&name))dlsym(RTLD_NEXT, #name); \
	nap; \
	return next(__VA_ARGS__)

int
fsync(int fd)
{
	NEXT(fsync, slow_nap(1, SYNC_US), fd);
}

int
fdatasync(int fd)
{
	NEXT(fdatasync, slow_nap(1, SYNC_US), fd);
}

ssize_t
write(int fd, const void *p, size_t n)
{
	NEXT(write, slow_write(fd), fd, p, n);
}

ssize_t
pwrite(int fd, const void *p, size_t n, off_t at)
{
	NEXT(pwrite, slow_write(fd), fd, p, n, at);
}

ssize_t
pwrite64(int fd, const void *p, size_t n, off64_t at)
{
	NEXT(pwrite64, slow_write(fd), fd, p, n, at);
}

ssize_t
writev(int fd, const struct iovec *v, int n)
{
	NEXT(writev, slow_vector(fd), fd, v, n);
}

ssize_t
readv(int fd, const struct iovec *v, int n)
{
	NEXT(readv, slow_vector(fd), fd, v, n);
}

ssize_t
send(int fd, const void *p, size_t n, int flags)
{
	NEXT(send, slow_nap(SOCKET_IN, SOCKET_US), fd, p, n, flags);
}

ssize_t
sendmsg(int fd, const struct msghdr *m, int flags)
{
	NEXT(sendmsg, slow_nap(SOCKET_IN, SOCKET_US), fd, m, flags);
}

ssize_t
recv(int fd, void *p, size_t n, int flags)
{
	NEXT(recv, slow_nap(SOCKET_IN, SOCKET_US), fd, p, n, flags);
}

int
connect(int fd, const struct sockaddr *to, socklen_t n)
{
	NEXT(connect, slow_nap(SOCKET_IN, SOCKET_US), fd, to, n);
}

int
accept4(int fd, struct sockaddr *from, socklen_t *n, int flags)
{
	NEXT(accept4, slow_nap(SOCKET_IN, SOCKET_US), fd, from, n, flags);
}
