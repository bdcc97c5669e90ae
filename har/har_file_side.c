/* Payload files: members of the zip, or files beside the HAR. */

#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"
#include "base/mem.h"
#include "base/str.h"
#include "har/bulk.h"

#include "har/har_file_priv.h"

/* A member beside the HAR, which is in a folder when one was packed; or from
 * the top of the zip. */
static zip_file_t *
har_file_side_member(struct har_file *f, const char *name)
{
	const char *har = zip_get_name(f->zip, f->member_index, 0);
	const char *slash = har != NULL ? strrchr(har, '/') : NULL;
	int n = slash != NULL ? (int)(slash - har) + 1 : 0;
	char *beside = xasprintf("%.*s%s", n, n > 0 ? har : "", name);
	zip_file_t *member = zip_fopen(f->zip, beside, 0);

	free(beside);
	return member != NULL ? member : zip_fopen(f->zip, name, 0);
}

static int
har_file_side_zip(
    struct har_file *f, const char *name, struct bulk *out, struct err *e)
{
	zip_file_t *member = har_file_side_member(f, name);
	zip_int64_t n = 1;
	int r = 0;

	if (member == NULL)
		return err_set(e, "%.200s is not in the zip", name);
	while (n > 0 && r == 0) {
		n = zip_fread(member, buf_reserve(&out->bytes, HAR_FILE_WINDOW),
		    HAR_FILE_WINDOW);
		out->bytes.n += n > 0 ? (size_t)n : 0;
		if (n == -1)
			r = err_set(e, "it is damaged");
		else
			r = bulk_settle(out, e);
	}
	zip_fclose(member);
	return r == 0 ? 0 : err_wrap(e, "%.200s in the zip", name);
}

static int
har_file_side_read(int fd, const char *name, struct bulk *out, struct err *e)
{
	ssize_t n = 1;

	while (n > 0) {
		n = read(fd, buf_reserve(&out->bytes, HAR_FILE_WINDOW),
		    HAR_FILE_WINDOW);
		if (n == -1 && errno == EINTR) {
			n = 1;
			continue;
		}
		out->bytes.n += n > 0 ? (size_t)n : 0;
		if (n == -1)
			return err_sys(e, "%.200s", name);
		if (bulk_settle(out, e) == -1)
			return err_wrap(e, "%.200s", name);
	}
	return 0;
}

/* Opens name below the folder, whatever links and dots it goes through. */
static int
har_file_side_open(struct har_file *f, const char *name, struct err *e)
{
	char real[PATH_MAX], *path = xasprintf("%s%s", f->folder, name);
	bool found = realpath(path, real) != NULL;
	struct stat st;
	int fd;

	free(path);
	if (!found)
		return err_sys(e, "%.200s", name);
	if (strncmp(real, f->folder, strlen(f->folder)) != 0)
		return err_set(e, "%.200s leads out of the folder", name);
	fd = open(real, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	if (fd == -1)
		return err_sys(e, "%.200s", name);
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode))
		return fd;
	close(fd);
	return err_set(e, "%.200s is no file", name);
}

int
har_file_side(
    struct har_file *f, struct str name, struct bulk *out, struct err *e)
{
	char text[PATH_MAX];
	int fd, r;

	if (name.n == 0 || name.n >= sizeof(text) || name.p[0] == '/' ||
	    memchr(name.p, '\0', name.n) != NULL)
		return err_set(e, "%.*s cannot be a file's name",
		    (int)(name.n < 200 ? name.n : 200), name.p);
	memcpy(text, name.p, name.n);
	text[name.n] = '\0';
	if (f->zip != NULL)
		return har_file_side_zip(f, text, out, e);
	if (f->folder == NULL)
		return err_set(
		    e, "%.200s cannot be found beside standard input", text);
	fd = har_file_side_open(f, text, e);
	if (fd == -1)
		return -1;
	r = har_file_side_read(fd, text, out, e);
	close(fd);
	return r;
}
