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

static int
out_file_opened(struct out_file *f, int fd, const char *path, struct err *e)
{
	if (fd == -1) {
		err_sys(e, "%.300s", path);
		free(f->temporary);
		f->temporary = NULL;
		return -1;
	}
	f->fd = fd;
	f->opened = true;
	return 0;
}

/* Beside the target; for its owner alone. */
static int
out_file_make(struct out_file *f, struct err *e)
{
	const char *slash = strrchr(f->target, '/');
	int folder = slash != NULL ? (int)(slash - f->target) + 1 : 0;

	f->temporary =
	    xasprintf("%.*s.%s.XXXXXX", folder, f->target, f->target + folder);
	return out_file_opened(
	    f, mkostemp(f->temporary, O_CLOEXEC), f->path, e);
}

/* The permissions of any new file. */
static int
out_file_share(struct out_file *f, struct err *e)
{
	mode_t mask = umask(0);

	umask(mask);
	return fchmod(f->fd, 0666 & ~mask) == 0 ? 0
						: err_sys(e, "%.300s", f->path);
}

static bool
out_file_is_special(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && !S_ISREG(st.st_mode);
}

static int
out_file_open_special(struct out_file *f, struct err *e)
{
	return out_file_opened(
	    f, open(f->path, O_WRONLY | O_CLOEXEC), f->path, e);
}

int
out_file_open(struct out_file *f, const char *path, struct err *e)
{
	*f = (struct out_file){ .path = path, .fd = STDOUT_FILENO };
	if (strcmp(path, "-") == 0)
		return 0;
	if (out_file_is_special(path))
		return out_file_open_special(f, e);
	f->target = realpath(path, NULL);
	if (f->target == NULL && errno == ENOENT)
		f->target = xstrdup(path);
	if (f->target == NULL)
		return err_sys(e, "%.300s", path);
	return out_file_make(f, e) == 0 ? out_file_share(f, e) : -1;
}

int
out_file_open_private(struct out_file *f, const char *path, struct err *e)
{
	*f = (struct out_file){ .path = path };
	if (out_file_is_special(path))
		return out_file_open_special(f, e);
	f->target = xstrdup(path);
	return out_file_make(f, e);
}

int
out_file_open_again(struct out_file *f, const char *path, struct err *e)
{
	struct stat st;

	*f = (struct out_file){ .path = path, .target = xstrdup(path) };
	f->temporary = xasprintf("%s-new", path);
	if (out_file_opened(f,
		open(f->temporary,
		    O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC,
		    0666),
		f->temporary, e) == -1)
		return -1;
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
			    f->opened ? f->path : "standard output");
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

/* Some file systems tell only now of a write that failed. */
static int
out_file_end(struct out_file *f, struct err *e)
{
	if (!f->opened)
		return 0;
	f->opened = false;
	if (close(f->fd) == -1 && errno != EINTR)
		return err_sys(e, "%.300s", f->path);
	return 0;
}

/* Whoever sees the file need not wait for the program to be done with it. */
int
out_file_place(struct out_file *f, struct err *e)
{
	if (out_file_end(f, e) == -1)
		return -1;
	if (f->temporary != NULL && rename(f->temporary, f->target) == -1)
		return err_sys(e, "%.300s", f->path);
	free(f->temporary);
	f->temporary = NULL;
	return 0;
}

int
out_file_commit(struct out_file *f, struct err *e)
{
	bool named = f->temporary != NULL;

	if (named && fsync(f->fd) == -1)
		return err_sys(e, "%.300s", f->path);
	if (out_file_place(f, e) == -1)
		return -1;
	if (named)
		out_file_sync_folder(f->target);
	return 0;
}

void
out_file_close(struct out_file *f)
{
	if (f->temporary != NULL)
		(void)unlink(f->temporary); /* nothing better to do */
	if (f->opened)
		close(f->fd);
	free(f->temporary);
	free(f->target);
	*f = (struct out_file){ .fd = -1 };
}

int
out_file_save(
    out_file_open_fn *begin, const char *path, struct str text, struct err *e)
{
	struct out_file f;
	int rc = begin(&f, path, e);

	if (rc == 0)
		rc = out_file_write(&f, text.p, text.n, e);
	if (rc == 0)
		rc = out_file_commit(&f, e);
	out_file_close(&f);
	return rc;
}

void
out_file_remove(const char *path)
{
	if (!out_file_is_special(path))
		(void)unlink(path); /* nothing better to do */
}
