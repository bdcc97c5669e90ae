#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"
#include "base/mem.h"

#include "gateway/ready.h"

/* A device or a pipe, say: written to as it is, and never removed. */
static bool
ready_is_special(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && !S_ISREG(st.st_mode);
}

static int
ready_write_to(const char *path, int flags, struct str json, struct err *e)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC | flags, 0600);
	ssize_t n;

	if (fd == -1)
		return err_sys(e, "%.300s", path);
	n = write(fd, json.p, json.n);
	if (close(fd) == -1 || n != (ssize_t)json.n) {
		if (n != -1 && n != (ssize_t)json.n)
			errno = ENOSPC; /* the usual cause of a short write */
		return err_sys(e, "%.300s", path);
	}
	return 0;
}

int
ready_write(const char *path, struct str json, struct err *e)
{
	char *temporary;
	int rc;

	if (path == NULL)
		return 0;
	if (ready_is_special(path)) {
		rc = ready_write_to(path, 0, json, e);
		return rc == -1 ? err_wrap(e, "option ready-file") : 0;
	}
	temporary = xasprintf("%s.%ld", path, (long)getpid());
	unlink(temporary); /* left behind by a process with the same number */
	rc = ready_write_to(temporary, O_CREAT | O_EXCL, json, e);
	if (rc == 0 && rename(temporary, path) == -1)
		rc = err_sys(e, "%.300s", path);
	if (rc == -1) {
		unlink(temporary);
		err_wrap(e, "option ready-file");
	}
	free(temporary);
	return rc;
}

void
ready_remove(const char *path)
{
	if (path != NULL && !ready_is_special(path))
		unlink(path);
}
