#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"
#include "base/mem.h"
#include "har/feed.h"
#include "har/har_zip.h"

#include "gateway/export_out.h"

#define EXPORT_WINDOW (16u << 10)

/* Where temporary files are no nuisance. */
static const char *
export_out_scratch(const struct export_out *o)
{
	const char *folder = getenv("TMPDIR");

	if (o->file.temporary != NULL)
		return o->folder[0] != '\0' ? o->folder : ".";
	return folder != NULL && folder[0] != '\0' ? folder : "/tmp";
}

int
export_out_open(struct export_out *o, const char *path, bool zip, struct err *e)
{
	const char *slash = strrchr(path, '/');

	*o = (struct export_out){ 0 };
	o->folder = slash == NULL ? xstrdup("")
				  : xmemdup0(path, (size_t)(slash - path) + 1);
	if (out_file_open(&o->file, path, e) == -1)
		return -1;
	if (!zip)
		return 0;
	o->zip = har_zip_open(export_out_scratch(o), e);
	return o->zip != NULL ? 0 : -1;
}

int
export_out_write(void *out, const void *p, size_t n, struct err *e)
{
	struct export_out *o = out;

	return o->zip != NULL ? har_zip_text(o->zip, p, n, e)
			      : out_file_write(&o->file, p, n, e);
}

/*
 * Payload files
 */

/* Whether fd goes on with these bytes. */
static bool
export_out_goes_on(int fd, struct str bytes)
{
	char window[EXPORT_WINDOW];
	ssize_t got;

	while (bytes.n > 0) {
		got = read(fd, window,
		    bytes.n < sizeof(window) ? bytes.n : sizeof(window));
		if (got == -1 && errno == EINTR)
			continue;
		if (got <= 0 || memcmp(window, bytes.p, (size_t)got) != 0)
			return false;
		bytes.p += got;
		bytes.n -= (size_t)got;
	}
	return true;
}

/* Whether fd has just these bytes: 1, 0 or -1. */
static int
export_out_same(int fd, struct feed *bytes, struct err *e)
{
	struct str piece;
	char more;
	int r;

	while ((r = feed_next(bytes, &piece, e)) == 1)
		if (!export_out_goes_on(fd, piece))
			return 0;
	return r == 0 ? read(fd, &more, 1) == 0 : -1;
}

/* What is at path. */
enum export_there { EXPORT_NOTHING, EXPORT_OTHER, EXPORT_SAME };

static int
export_out_look(const char *path, struct feed *bytes, enum export_there *there,
    struct err *e)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK), r = 0;
	struct stat st;

	*there = EXPORT_NOTHING;
	if (fd == -1)
		return 0;
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode))
		r = export_out_same(fd, bytes, e);
	*there = r == 1 ? EXPORT_SAME : EXPORT_OTHER;
	close(fd);
	return r == -1 ? -1 : 0;
}

static int
export_out_fill(struct out_file *f, struct feed *bytes, struct err *e)
{
	struct str piece;
	int r;

	feed_rewind(bytes);
	while ((r = feed_next(bytes, &piece, e)) == 1)
		if (out_file_write(f, piece.p, piece.n, e) == -1)
			return -1;
	return r;
}

static int
export_out_make(const char *path, struct feed *bytes, struct err *e)
{
	struct out_file f;
	int r = out_file_open(&f, path, e);

	if (r == 0)
		r = export_out_fill(&f, bytes, e);
	if (r == 0)
		r = out_file_place(&f, e);
	out_file_close(&f);
	return r;
}

int
export_out_attach(
    void *out, const char *name, struct feed *bytes, struct err *e)
{
	struct export_out *o = out;
	enum export_there there;
	char *path;
	int r;

	if (o->zip != NULL)
		return har_zip_attach(o->zip, name, bytes, e);
	path = xasprintf("%s%s", o->folder, name);
	r = export_out_look(path, bytes, &there, e);
	if (r == 0 && there != EXPORT_SAME) {
		r = export_out_make(path, bytes, e);
		o->wrote = true;
	}
	if (r == -1 || there != EXPORT_NOTHING) {
		free(path);
		return r;
	}
	if (o->nmade == o->cap) {
		o->cap = o->cap > 0 ? 2 * o->cap : 64;
		o->made = xrealloc(o->made, o->cap * sizeof(*o->made));
	}
	o->made[o->nmade++] = path;
	return 0;
}

/*
 * The end
 */

static void
export_out_fini(struct export_out *o)
{
	size_t i;

	out_file_close(&o->file);
	for (i = 0; i < o->nmade; i++)
		free(o->made[i]);
	free(o->made);
	free(o->folder);
	har_zip_close(o->zip);
	*o = (struct export_out){ 0 };
}

int
export_out_commit(struct export_out *o, struct err *e)
{
	if (o->zip != NULL &&
	    har_zip_finish(o->zip, out_file_write, &o->file, e) == -1)
		return -1;
	/* One wait for all payload files.  If that fails, so does the next. */
	if (o->wrote)
		(void)syncfs(o->file.fd);
	if (out_file_commit(&o->file, e) == -1)
		return -1;
	export_out_fini(o);
	return 0;
}

void
export_out_abandon(struct export_out *o)
{
	size_t i;

	for (i = 0; i < o->nmade; i++)
		(void)unlink(o->made[i]); /* nothing better to do */
	export_out_fini(o);
}
