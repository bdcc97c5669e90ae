/*
 * Three layers, each of which may be absent: bytes from a descriptor or a
 * member of a zip; gzip around them; UTF-16 in them.
 */

#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <zip.h>
#include <zlib.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/mem.h"
#include "base/str.h"
#include "har/spool.h"

#include "har/har_file_priv.h"

/*
 * Bytes
 */

static int64_t
har_file_raw(struct har_file *f, void *p, size_t n, struct err *e)
{
	zip_int64_t z;
	ssize_t got;

	if (f->member != NULL) {
		z = zip_fread(f->member, p, n);
		if (z == -1)
			return err_set(e, "%s", zip_file_strerror(f->member));
		f->at += (uint64_t)z;
		return z;
	}
	do {
		got = read(f->fd, p, n);
	} while (got == -1 && errno == EINTR);
	if (got == -1)
		return err_sys(e, "cannot be read");
	f->at += (uint64_t)got;
	return got;
}

/* More compressed bytes.  1, 0 at the end, -1. */
static int
har_file_refill(struct har_file *f, struct err *e)
{
	int64_t got = har_file_raw(f, f->in, HAR_FILE_WINDOW, e);

	if (got <= 0)
		return (int)got;
	f->z.next_in = f->in;
	f->z.avail_in = (uInt)got;
	return 1;
}

/* Between two members of a gzip file, or at its end. */
static int
har_file_next_member(struct har_file *f, struct err *e)
{
	int r = f->z.avail_in == 0 ? har_file_refill(f, e) : 1;

	if (r != 1)
		return r;
	if (f->z.next_in[0] != 0x1f)
		return 0; /* padding, which gzip(1) ignores, too */
	return inflateReset(&f->z) == Z_OK ? 1 : err_set(e, "out of memory");
}

int64_t
har_file_bytes(struct har_file *f, void *p, size_t n, struct err *e)
{
	int r, more;

	if (!f->gzip)
		return har_file_raw(f, p, n, e);
	if (f->over)
		return 0;
	f->z.next_out = p;
	f->z.avail_out = (uInt)n;
	while (f->z.avail_out == n && !f->over) {
		more = f->z.avail_in == 0 ? har_file_refill(f, e) : 1;
		if (more == -1)
			return -1;
		if (more == 0)
			return err_set(e, "the gzip file is cut off");
		r = inflate(&f->z, Z_NO_FLUSH);
		if (r == Z_STREAM_END) {
			more = har_file_next_member(f, e);
			if (more == -1)
				return -1;
			f->over = more == 0;
		} else if (r != Z_OK && r != Z_BUF_ERROR) {
			return err_set(e, "the gzip file is damaged");
		}
	}
	return (int64_t)(n - f->z.avail_out);
}

int64_t
har_file_read(void *arg, void *p, size_t n, struct err *e)
{
	struct har_file *f = arg;

	if (f->width == HAR_FILE_UTF8)
		return har_file_bytes(f, p, n, e);
	return har_file_narrow(f, p, n, e);
}

/*
 * What kind it is
 */

/* The HAR in the zip, from its start. */
static int
har_file_seek_member(struct har_file *f, struct err *e)
{
	zip_stat_t st;

	if (f->member != NULL)
		zip_fclose(f->member);
	f->member = zip_fopen_index(f->zip, f->member_index, 0);
	if (f->member == NULL)
		return err_set(e, "%s", zip_strerror(f->zip));
	if (zip_stat_index(f->zip, f->member_index, 0, &st) == 0 &&
	    (st.valid & ZIP_STAT_SIZE) != 0)
		f->size = st.size;
	return 0;
}

static int
har_file_seek(struct har_file *f, struct err *e)
{
	f->at = 0;
	f->nwide = 0;
	f->wide_end = f->over = false;
	if (f->inflating)
		inflateReset(&f->z);
	f->z.avail_in = 0;
	if (f->zip != NULL)
		return har_file_seek_member(f, e);
	if (lseek(f->fd, 0, SEEK_SET) == -1)
		return err_sys(e, "cannot be read again");
	return 0;
}

int
har_file_rewind(struct har_file *f, struct err *e)
{
	return har_file_seek(f, e);
}

/* The first bytes, as long as they come. */
static int
har_file_peek(
    struct har_file *f, unsigned char *p, size_t n, size_t *got, struct err *e)
{
	int64_t more = 1;

	for (*got = 0; *got < n && more > 0; *got += (size_t)more) {
		more = har_file_bytes(f, p + *got, n - *got, e);
		if (more == -1)
			return -1;
	}
	return har_file_seek(f, e);
}

/* What macOS keeps of a file's attributes goes by the file's own name. */
static bool
har_file_is_har(const char *name)
{
	const char *slash = strrchr(name, '/');

	return str_ends(str_of(name), ".har") &&
	       strncmp(slash != NULL ? slash + 1 : name, "._", 2) != 0;
}

/* Finds the HAR in a zip: the first member whose name ends in .har. */
static int
har_file_open_zip(struct har_file *f, struct err *e)
{
	zip_error_t why;
	zip_source_t *source;
	zip_int64_t i, n;
	const char *name;
	FILE *file = fdopen(dup(f->fd), "rb");

	if (file == NULL)
		return err_sys(e, "cannot be read");
	zip_error_init(&why);
	source = zip_source_filep_create(file, 0, -1, &why);
	if (source == NULL) {
		fclose(file);
		return err_set(e, "%s", zip_error_strerror(&why));
	}
	f->zip = zip_open_from_source(source, ZIP_RDONLY, &why);
	if (f->zip == NULL) {
		err_set(e, "zip: %s", zip_error_strerror(&why));
		zip_source_free(source);
		zip_error_fini(&why);
		return -1;
	}
	n = zip_get_num_entries(f->zip, 0);
	for (i = 0; i < n; i++) {
		name = zip_get_name(f->zip, (zip_uint64_t)i, 0);
		if (name == NULL || !har_file_is_har(name))
			continue;
		f->member_index = (zip_uint64_t)i;
		return har_file_seek(f, e);
	}
	return err_set(e, "no .har file in the zip");
}

static int
har_file_open_gzip(struct har_file *f, struct err *e)
{
	if (inflateInit2(&f->z, 16 + MAX_WBITS) != Z_OK)
		return err_set(e, "out of memory");
	f->in = xmalloc(HAR_FILE_WINDOW);
	f->gzip = f->inflating = true;
	return 0;
}

/* UTF-16 shows by its mark, or by the NUL of its first bracket. */
static enum har_file_width
har_file_width(const unsigned char *p, size_t n)
{
	if (n < 2)
		return HAR_FILE_UTF8;
	if ((p[0] == 0xff && p[1] == 0xfe) || (p[0] != 0 && p[1] == 0))
		return HAR_FILE_UTF16LE;
	if ((p[0] == 0xfe && p[1] == 0xff) || (p[0] == 0 && p[1] != 0))
		return HAR_FILE_UTF16BE;
	return HAR_FILE_UTF8;
}

static int
har_file_sniff(struct har_file *f, struct err *e)
{
	unsigned char p[4] = { 0 };
	size_t n;

	if (har_file_peek(f, p, sizeof(p), &n, e) == -1)
		return -1;
	if (n == 4 && memcmp(p, "PK\3\4", 4) == 0) {
		if (har_file_open_zip(f, e) == -1 ||
		    har_file_peek(f, p, sizeof(p), &n, e) == -1)
			return -1;
	}
	if (n >= 2 && p[0] == 0x1f && p[1] == 0x8b) {
		if (har_file_open_gzip(f, e) == -1 ||
		    har_file_peek(f, p, sizeof(p), &n, e) == -1)
			return -1;
	}
	f->width = har_file_width(p, n);
	if (f->width != HAR_FILE_UTF8)
		f->wide = xmalloc(HAR_FILE_WINDOW);
	return 0;
}

/* Standard input that is a pipe is needed twice. */
static int
har_file_spool(struct har_file *f, struct err *e)
{
	FILE *to = tmpfile();
	char p[BUFSIZ];
	ssize_t n = 0;
	int fd;

	if (to == NULL)
		return err_sys(e, "temporary file");
	while (
	    (n = read(f->fd, p, sizeof(p))) > 0 || (n == -1 && errno == EINTR))
		if (n > 0 && fwrite(p, 1, (size_t)n, to) != (size_t)n)
			break;
	if (n != 0 || fflush(to) != 0 || (fd = dup(fileno(to))) == -1) {
		err_sys(e, "temporary file");
		fclose(to);
		return -1;
	}
	fclose(to);
	f->fd = fd;
	return lseek(fd, 0, SEEK_SET) == -1 ? err_sys(e, "temporary file") : 0;
}

static int
har_file_open_path(struct har_file *f, const char *path, struct err *e)
{
	char real[PATH_MAX], *slash;
	struct stat st;

	if (strcmp(path, "-") == 0) {
		f->fd = STDIN_FILENO;
		if (lseek(f->fd, 0, SEEK_CUR) != 0 &&
		    har_file_spool(f, e) == -1)
			return -1;
	} else {
		f->fd = open(path, O_RDONLY | O_CLOEXEC);
		if (f->fd == -1 || realpath(path, real) == NULL)
			return err_sys(e, "cannot be opened");
		slash = strrchr(real, '/');
		f->folder = xmemdup0(real, (size_t)(slash - real) + 1);
	}
	if (fstat(f->fd, &st) == -1)
		return err_sys(e, "cannot be read");
	if (S_ISDIR(st.st_mode))
		return err_set(e, "is a folder, expected a HAR file");
	f->size = (uint64_t)st.st_size;
	return 0;
}

struct har_file *
har_file_open_spool(const struct spool *s, struct err *e)
{
	struct har_file *f = xcalloc(1, sizeof(*f));

	f->fd = spool_open(s, e);
	f->size = spool_size(s);
	if (f->fd != -1 && har_file_sniff(f, e) == 0)
		return f;
	har_file_close(f);
	return NULL;
}

struct har_file *
har_file_open(const char *path, struct err *e)
{
	struct har_file *f = xcalloc(1, sizeof(*f));

	f->fd = -1;
	if (har_file_open_path(f, path, e) == 0 && har_file_sniff(f, e) == 0)
		return f;
	har_file_close(f);
	return NULL;
}

void
har_file_close(struct har_file *f)
{
	if (f == NULL)
		return;
	if (f->member != NULL)
		zip_fclose(f->member);
	if (f->zip != NULL)
		zip_discard(f->zip);
	if (f->inflating)
		inflateEnd(&f->z);
	if (f->fd > STDERR_FILENO)
		close(f->fd);
	free(f->folder);
	free(f->in);
	free(f->wide);
	free(f);
}

void
har_file_progress(const struct har_file *f, uint64_t *at, uint64_t *size)
{
	*at = f->at;
	*size = f->size;
}
