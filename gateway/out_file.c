#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"
#include "base/mem.h"

#include "gateway/out_file.h"

int
out_file_open(struct out_file *f, const char *path, struct err *e)
{
	const char *slash = strrchr(path, '/');
	int folder = slash != NULL ? (int)(slash - path) + 1 : 0;
	mode_t mask;

	*f = (struct out_file){ .path = path, .fd = STDOUT_FILENO };
	if (strcmp(path, "-") == 0)
		return 0;
	f->temporary = xasprintf("%.*s.%s.XXXXXX", folder, path, path + folder);
	f->fd = mkostemp(f->temporary, O_CLOEXEC);
	if (f->fd == -1) {
		err_sys(e, "%.300s", path);
		free(f->temporary);
		f->temporary = NULL;
		return -1;
	}
	mask = umask(0);
	umask(mask);
	if (fchmod(f->fd, 0666 & ~mask) == -1)
		return err_sys(e, "%.300s", path);
	return 0;
}

int
out_file_open_again(struct out_file *f, const char *path, struct err *e)
{
	struct stat st;

	*f = (struct out_file){ .path = path };
	f->temporary = xasprintf("%s-new", path);
	f->fd = open(f->temporary,
	    O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0666);
	if (f->fd == -1) {
		err_sys(e, "%.300s", f->temporary);
		free(f->temporary);
		f->temporary = NULL;
		return -1;
	}
	if (stat(path, &st) == 0 && fchmod(f->fd, st.st_mode & 0777) == -1)
		return err_sys(e, "%.300s", f->temporary);
	return 0;
}

int
out_file_write(void *arg, const void *p, size_t n, struct err *e)
{
	struct out_file *f = arg;
	const char *at = p;
	ssize_t done;

	while (n > 0) {
		done = write(f->fd, at, n);
		if (done == -1 && errno == EINTR)
			continue;
		if (done == -1)
			return err_sys(e, "%.300s",
			    f->temporary != NULL ? f->path : "standard output");
		at += done;
		n -= (size_t)done;
	}
	return 0;
}

/* Without this the new name may not survive a power cut; the file itself is
 * whole either way, so that a folder that cannot be synced is no failure. */
static void
out_file_sync_folder(const char *path)
{
	const char *slash = strrchr(path, '/');
	char *folder = slash == NULL
			   ? xstrdup(".")
			   : xmemdup0(path, (size_t)(slash - path) + 1);
	int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd != -1) {
		(void)fsync(fd);
		close(fd);
	}
	free(folder);
}

int
out_file_place(struct out_file *f, struct err *e)
{
	if (f->temporary == NULL)
		return 0;
	if (rename(f->temporary, f->path) == -1)
		return err_sys(e, "%.300s", f->path);
	free(f->temporary);
	f->temporary = NULL;
	close(f->fd);
	return 0;
}

int
out_file_commit(struct out_file *f, struct err *e)
{
	if (f->temporary == NULL)
		return 0;
	if (fsync(f->fd) == -1)
		return err_sys(e, "%.300s", f->path);
	if (out_file_place(f, e) == -1)
		return -1;
	out_file_sync_folder(f->path);
	return 0;
}

void
out_file_abandon(struct out_file *f)
{
	if (f->temporary == NULL)
		return;
	(void)unlink(f->temporary); /* nothing better to do if it stays */
	free(f->temporary);
	f->temporary = NULL;
	close(f->fd);
}
