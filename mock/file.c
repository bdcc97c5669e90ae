#include "config.h"

#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/err.h"

#include "mock/file.h"

/* Adds the segments of path, without "." and "..". */
static void
file_add_segments(struct buf *out, struct str path)
{
	struct str segment;

	while (str_cut(&path, '/', &segment)) {
		if (segment.n == 0 || str_is(segment, "."))
			continue;
		if (!str_is(segment, "..")) {
			buf_add(out, "/", 1);
			buf_add_str(out, segment);
			continue;
		}
		while (out->n > 0 && out->p[--out->n] != '/')
			;
	}
}

/* Absolute, "" for the root. */
static int
file_absolute(
    struct str folder, struct str path, struct buf *out, struct err *e)
{
	char here[PATH_MAX];

	out->n = 0;
	if (path.n == 0 || path.p[0] != '/') {
		if (folder.n == 0 || folder.p[0] != '/') {
			if (getcwd(here, sizeof(here)) == NULL)
				return err_sys(e, "the current folder");
			file_add_segments(out, str_of(here));
		}
		file_add_segments(out, folder);
	}
	file_add_segments(out, path);
	return 0;
}

/* The folder that is written in front of the first expression. */
static struct str
file_static(struct str named)
{
	const char *brace = memmem(named.p, named.n, "{{", 2);
	size_t n = (size_t)(brace - named.p);

	while (n > 0 && named.p[n - 1] != '/')
		n--;
	return (struct str){ named.p, n };
}

static bool
file_is_below(struct str base, struct str path)
{
	return path.n > base.n && memcmp(path.p, base.p, base.n) == 0 &&
	       path.p[base.n] == '/';
}

/* Also by where links lead; what is not there is for who reads it to say. */
static bool
file_is_really_below(const char *base, const char *path)
{
	char folder[PATH_MAX], file[PATH_MAX];

	return realpath(path, file) == NULL ||
	       (realpath(base, folder) != NULL &&
		   file_is_below(str_of(folder), str_of(file)));
}

static int
file_confine(struct str folder, struct str named, struct buf *to, bool absolute,
    struct err *e)
{
	struct buf base = { 0 };
	struct str fixed = file_static(named), path = buf_str(to);
	int r;

	if (fixed.n == 0 && absolute)
		return err_set(e,
		    "a templated file path requires a folder in front of the "
		    "template (%.*s)",
		    STR_ARGS(path));
	r = file_absolute(folder, fixed, &base, e);
	if (r == 0 && (base.n == 0 || !file_is_below(buf_str(&base), path) ||
			  !file_is_really_below(buf_text(&base), buf_text(to))))
		r = err_set(e, "%.*s is outside of %.*s/", STR_ARGS(path),
		    STR_ARGS(buf_str(&base)));
	buf_free(&base);
	return r;
}

int
file_resolve(struct str folder, struct str named, struct str rendered,
    struct buf *path, struct err *e)
{
	struct buf slashed = { 0 };
	bool absolute;
	size_t i;
	int r;

	buf_add_str(&slashed, rendered);
	for (i = 0; i < slashed.n; i++)
		if (slashed.p[i] == '\\' &&
		    (i + 1 == slashed.n || slashed.p[i + 1] != '.'))
			slashed.p[i] = '/';
	absolute = slashed.n > 0 && slashed.p[0] == '/';
	r = file_absolute(folder, buf_str(&slashed), path, e);
	buf_free(&slashed);
	if (r == 0 && memchr(buf_str(path).p, '\0', path->n) != NULL)
		r = err_set(e, "a NUL in the path of a file");
	if (r == 0 && memmem(named.p, named.n, "{{", 2) != NULL)
		r = file_confine(folder, named, path, absolute, e);
	return r;
}

int
file_read(const char *path, struct buf *out, struct err *e)
{
	/* A FIFO that nobody writes to must not hold a worker. */
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	struct stat st;
	ssize_t n = 1;

	if (fd == -1)
		return err_sys(e, "%.300s", path);
	if (fstat(fd, &st) == -1 || !S_ISREG(st.st_mode)) {
		close(fd);
		return err_set(e, "%.300s: expected a regular file", path);
	}
	while (n > 0 && out->n <= FILE_MOST) {
		n = read(fd, buf_reserve(out, 1 << 16), 1 << 16);
		out->n += n > 0 ? (size_t)n : 0;
	}
	if (n == -1)
		err_sys(e, "%.300s", path);
	else if (out->n > FILE_MOST)
		n = err_set(
		    e, "%.300s: longer than %u MiB", path, FILE_MOST >> 20);
	close(fd);
	return n == -1 ? -1 : 0;
}
