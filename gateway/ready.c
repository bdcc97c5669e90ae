#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/err.h"
#include "base/mem.h"

#include "gateway/ready.h"

static int
ready_write_temporary(const char *path, struct str json, struct err *e)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
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
	temporary = xasprintf("%s.%ld", path, (long)getpid());
	unlink(temporary); /* left behind by a process with the same number */
	rc = ready_write_temporary(temporary, json, e);
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
	if (path != NULL)
		unlink(path);
}
