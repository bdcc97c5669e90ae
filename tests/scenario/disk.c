/*
 * A disk between a program and the real one (LD_PRELOAD), for the files of
 * one folder (HARK_DISK_FOLDER).  What is written, synced, renamed and removed
 * there goes to a log (HARK_DISK_LOG), in the order in which it happened, so
 * that the folder can be made again as it would be after a power cut at any
 * moment: see power.py.  HARK_DISK_CONTROL is a file of three numbers that
 * anybody may change meanwhile: with which errno writes fail, with which
 * syncs do (0: not at all), and how many microseconds a sync takes.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

struct control {
	volatile uint32_t write_errno, sync_errno, sync_us;
};

/* Followed by the path and the bytes; as power.py unpacks it. */
struct record {
	uint8_t op;
	uint8_t none[3];
	uint32_t path;
	uint64_t file, at;
	uint32_t bytes;
	uint32_t none_more;
};

static pthread_mutex_t shim_lock = PTHREAD_MUTEX_INITIALIZER;
static const char *shim_folder;
static size_t shim_folder_n;
static int shim_log = -1;
static struct control shim_none, *shim_control = &shim_none;

__attribute__((constructor)) static void
shim_begin(void)
{
	const char *log = getenv("HARK_DISK_LOG");
	const char *control = getenv("HARK_DISK_CONTROL");
	void *p;
	int fd;

	shim_folder = getenv("HARK_DISK_FOLDER");
	if (shim_folder == NULL)
		return;
	shim_folder_n = strlen(shim_folder);
	if (log != NULL)
		shim_log = open(log, O_WRONLY | O_APPEND | O_CLOEXEC);
	if (control == NULL)
		return;
	fd = open(control, O_RDONLY | O_CLOEXEC);
	p = mmap(NULL, sizeof(struct control), PROT_READ, MAP_SHARED, fd, 0);
	if (p != MAP_FAILED)
		shim_control = p;
	close(fd);
}

static bool
shim_within(const char *path)
{
	return shim_folder != NULL &&
	       strncmp(path, shim_folder, shim_folder_n) == 0 &&
	       path[shim_folder_n] == '/';
}

/* Whether fd is a file or a folder of ours; which, and how it is called. */
static bool
shim_is(int fd, struct stat *st, char *path, size_t cap)
{
	char link[40];
	ssize_t n;

	if (shim_folder == NULL || fstat(fd, st) != 0 ||
	    (!S_ISREG(st->st_mode) && !S_ISDIR(st->st_mode)))
		return false;
	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	n = readlink(link, path, cap - 1);
	if (n <= 0)
		return false;
	path[n] = '\0';
	return shim_within(path) || strcmp(path, shim_folder) == 0;
}

static void
shim_tell(char op, uint64_t file, const char *path, uint64_t at, const void *p,
    size_t n)
{
	struct record r = { .op = (uint8_t)op,
		.path = (uint32_t)strlen(path),
		.file = file,
		.at = at,
		.bytes = (uint32_t)n };
	struct iovec v[3] = { { &r, sizeof(r) }, { (void *)path, r.path },
		{ (void *)p, n } };

	if (shim_log != -1)
		(void)!syscall(SYS_writev, shim_log, v, 3);
}

static ssize_t
shim_write(int fd, const void *p, size_t n, int64_t at)
{
	char path[4096];
	struct stat st;
	ssize_t done;
	bool ours = shim_is(fd, &st, path, sizeof(path));

	if (ours && shim_control->write_errno != 0) {
		errno = (int)shim_control->write_errno;
		return -1;
	}
	if (ours)
		pthread_mutex_lock(&shim_lock);
	if (at < 0 && ours)
		at = lseek(fd, 0, SEEK_CUR);
	done = at < 0 ? syscall(SYS_write, fd, p, n)
		      : syscall(SYS_pwrite64, fd, p, n, at);
	if (!ours)
		return done;
	if (done > 0)
		shim_tell('w', st.st_ino, path, (uint64_t)at, p, (size_t)done);
	pthread_mutex_unlock(&shim_lock);
	return done;
}

ssize_t
write(int fd, const void *p, size_t n)
{
	struct stat st;

	/* A descriptor with a position of its own keeps it. */
	if (shim_folder != NULL && fstat(fd, &st) == 0 && S_ISREG(st.st_mode)) {
		off_t at = lseek(fd, 0, SEEK_CUR);
		ssize_t done;

		if ((fcntl(fd, F_GETFL) & O_APPEND) != 0)
			return syscall(SYS_write, fd, p, n);
		done = shim_write(fd, p, n, at);
		if (done > 0)
			lseek(fd, at + done, SEEK_SET);
		return done;
	}
	return syscall(SYS_write, fd, p, n);
}

ssize_t
pwrite64(int fd, const void *p, size_t n, off64_t at)
{
	return shim_write(fd, p, n, at);
}

ssize_t
pwrite(int fd, const void *p, size_t n, off_t at)
{
	return shim_write(fd, p, n, at);
}

int
ftruncate64(int fd, off64_t size)
{
	char path[4096];
	struct stat st;
	bool ours = shim_is(fd, &st, path, sizeof(path));
	int r;

	if (!ours)
		return (int)syscall(SYS_ftruncate, fd, size);
	pthread_mutex_lock(&shim_lock);
	r = (int)syscall(SYS_ftruncate, fd, size);
	if (r == 0)
		shim_tell('t', st.st_ino, path, (uint64_t)size, "", 0);
	pthread_mutex_unlock(&shim_lock);
	return r;
}

int
ftruncate(int fd, off_t size)
{
	return ftruncate64(fd, size);
}

static int
shim_sync(int fd, long call)
{
	char path[4096];
	struct stat st;
	struct timespec rest = { shim_control->sync_us / 1000000,
		shim_control->sync_us % 1000000 * 1000 };
	bool ours = shim_is(fd, &st, path, sizeof(path));

	if (!ours)
		return (int)syscall(call, fd);
	if (shim_control->sync_us != 0)
		nanosleep(&rest, NULL);
	if (shim_control->sync_errno != 0) {
		errno = (int)shim_control->sync_errno;
		return -1;
	}
	pthread_mutex_lock(&shim_lock);
	shim_tell(S_ISDIR(st.st_mode) ? 'd' : 's', st.st_ino, path, 0, "", 0);
	pthread_mutex_unlock(&shim_lock);
	/* The log stands for the disk. */
	return 0;
}

int
fsync(int fd)
{
	return shim_sync(fd, SYS_fsync);
}

int
fdatasync(int fd)
{
	return shim_sync(fd, SYS_fdatasync);
}

static char *
shim_full(const char *path, char *full)
{
	if (path[0] == '/')
		return strncpy(full, path, 4095);
	if (getcwd(full, 2048) == NULL)
		return strcpy(full, "");
	strcat(full, "/");
	return strncat(full, path, 2000);
}

int
unlink(const char *path)
{
	char full[4096] = "";
	bool ours = shim_within(shim_full(path, full));
	int r;

	if (!ours)
		return (int)syscall(SYS_unlinkat, AT_FDCWD, path, 0);
	pthread_mutex_lock(&shim_lock);
	r = (int)syscall(SYS_unlinkat, AT_FDCWD, path, 0);
	if (r == 0)
		shim_tell('u', 0, full, 0, "", 0);
	pthread_mutex_unlock(&shim_lock);
	return r;
}

/* op r: path becomes what stands in the bytes; l: it has that name, too. */
static int
shim_name(char op, const char *from, const char *to)
{
	char old[4096] = "", new[4096] = "";
	bool ours = shim_within(shim_full(to, new));
	int r;

	shim_full(from, old);
	if (ours)
		pthread_mutex_lock(&shim_lock);
	r = (int)(op == 'r'
		      ? syscall(SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to, 0)
		      : syscall(SYS_linkat, AT_FDCWD, from, AT_FDCWD, to, 0));
	if (ours && r == 0)
		shim_tell(op, 0, old, 0, new, strlen(new));
	if (ours)
		pthread_mutex_unlock(&shim_lock);
	return r;
}

int
rename(const char *from, const char *to)
{
	return shim_name('r', from, to);
}

int
link(const char *from, const char *to)
{
	return shim_name('l', from, to);
}

/* Only what opening empties is of interest: what is written names its file. */
int
open64(const char *path, int flags, ...)
{
	char name[4096];
	struct stat st;
	va_list ap;
	mode_t mode;
	int fd;

	va_start(ap, flags);
	mode = (flags & (O_CREAT | O_TMPFILE)) != 0 ? va_arg(ap, mode_t) : 0;
	va_end(ap);
	fd = (int)syscall(SYS_openat, AT_FDCWD, path, flags, mode);
	if (fd != -1 && (flags & O_TRUNC) != 0 &&
	    shim_is(fd, &st, name, sizeof(name)))
		shim_tell('t', st.st_ino, name, 0, "", 0);
	return fd;
}

int
open(const char *path, int flags, ...)
{
	va_list ap;
	mode_t mode;

	va_start(ap, flags);
	mode = (flags & (O_CREAT | O_TMPFILE)) != 0 ? va_arg(ap, mode_t) : 0;
	va_end(ap);
	return open64(path, flags, mode);
}
