#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"
#include "base/mem.h"

#include "recorder/lock.h"

/* The same for every symbolic link to the store. */
static char *
lock_path(const char *store)
{
	char *real = realpath(store, NULL);
	char *path = xasprintf("%s-lock", real != NULL ? real : store);

	free(real);
	return path;
}

/* Whether path is still the file behind fd: its last holder may have removed
 * it between our open() and flock(). */
static bool
lock_current(int fd, const char *path)
{
	struct stat ours, there;

	return fstat(fd, &ours) == 0 && stat(path, &there) == 0 &&
	       ours.st_ino == there.st_ino && ours.st_dev == there.st_dev;
}

int
lock_take(struct lock *l, const char *path, struct err *e)
{
	int r;

	l->path = lock_path(path);
	for (;;) {
		l->fd = open(l->path, O_RDWR | O_CREAT | O_CLOEXEC, 0644);
		if (l->fd < 0) {
			r = err_sys(e, "cannot open its lock %s", l->path);
			break;
		}
		if (flock(l->fd, LOCK_EX | LOCK_NB) != 0) {
			r = errno == EWOULDBLOCK
				? err_set(e, "another hark writes to it")
				: err_sys(e, "cannot lock %s", l->path);
			close(l->fd);
			break;
		}
		if (lock_current(l->fd, l->path))
			return 0;
		close(l->fd);
	}
	free(l->path);
	*l = (struct lock){ 0 };
	return r;
}

void
lock_drop(struct lock *l)
{
	if (l->path == NULL)
		return;
	/* While it is still locked: whoever opens it until then sees in
	 * lock_current() that it is gone. */
	unlink(l->path);
	close(l->fd);
	free(l->path);
	*l = (struct lock){ 0 };
}

bool
lock_held(const char *path)
{
	char *file = lock_path(path);
	int fd = open(file, O_RDONLY | O_CLOEXEC);
	bool held = false;

	free(file);
	if (fd < 0)
		return false;
	held = flock(fd, LOCK_SH | LOCK_NB) != 0 && errno == EWOULDBLOCK;
	close(fd);
	return held;
}
