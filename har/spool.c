#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/err.h"
#include "base/mem.h"

#include "har/spool.h"

struct spool {
	int fd;
	uint64_t size;
};

static const char *
spool_folder(void)
{
	const char *folder = getenv("TMPDIR");

	if (folder != NULL && folder[0] != '\0')
		return folder;
	return access("/var/tmp", W_OK) == 0 ? "/var/tmp" : "/tmp";
}

struct spool *
spool_new(const char *folder, struct err *e)
{
	struct spool *s = NULL;
	char *path;
	int fd;

	if (folder == NULL)
		folder = spool_folder();
	path = xasprintf("%s/.hark.XXXXXX", folder);
	fd = mkostemp(path, O_CLOEXEC);
	if (fd == -1) {
		err_sys(e, "%.300s: temporary file", folder);
	} else {
		(void)unlink(path); /* it stays behind at worst */
		s = xcalloc(1, sizeof(*s));
		s->fd = fd;
	}
	free(path);
	return s;
}

void
spool_free(struct spool *s)
{
	if (s == NULL)
		return;
	close(s->fd);
	free(s);
}

int
spool_add(struct spool *s, const void *p, size_t n, struct err *e)
{
	const char *at = p;
	ssize_t done;

	while (n > 0) {
		done = pwrite(s->fd, at, n, (off_t)s->size);
		if (done == -1 && errno == EINTR)
			continue;
		if (done == -1)
			return err_sys(e, "temporary file");
		at += done;
		n -= (size_t)done;
		s->size += (uint64_t)done;
	}
	return 0;
}

uint64_t
spool_size(const struct spool *s)
{
	return s->size;
}

int
spool_open(const struct spool *s, struct err *e)
{
	char path[64];
	int fd;

	/* Another open file, whose place in it is its own. */
	snprintf(path, sizeof(path), "/proc/self/fd/%d", s->fd);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	return fd != -1 ? fd : err_sys(e, "temporary file");
}

int64_t
spool_read(struct spool *s, uint64_t at, void *p, size_t n, struct err *e)
{
	ssize_t got;

	do {
		got = pread(s->fd, p, n, (off_t)at);
	} while (got == -1 && errno == EINTR);
	return got == -1 ? err_sys(e, "temporary file") : got;
}

int
spool_map(struct spool *s, struct str *bytes, struct err *e)
{
	void *p = mmap(NULL, s->size, PROT_READ, MAP_SHARED, s->fd, 0);

	if (p == MAP_FAILED)
		return err_sys(e, "temporary file");
	*bytes = (struct str){ p, s->size };
	return 0;
}

void
spool_unmap(struct spool *s, struct str bytes)
{
	(void)s; /* it stays as it is */
	munmap((void *)bytes.p, bytes.n);
}
