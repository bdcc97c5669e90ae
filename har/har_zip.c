/*
 * libzip reads what goes into an archive only when it is closed, and in the
 * order in which it was told of it.  So the HAR's text and the payload files,
 * which come in turn, are kept in one file each, and the members of the zip
 * are ranges of these.
 */

#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <search.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <zip.h>

#include "base/err.h"
#include "base/mem.h"
#include "har/feed.h"
#include "har/spool.h"

#include "har/har_zip.h"

#define HAR_ZIP_WINDOW (64u << 10)
#define HAR_ZIP_DATE 0x21 /* 1 January 1980, the first there is */

/* Bytes of a file that become a member. */
struct har_zip_member {
	char *name;
	struct spool *in;
	uint64_t start, size, at;
	zip_error_t error;
};

struct har_zip {
	char *folder;
	struct spool *text, *payload;
	void *names; /* tree of struct har_zip_member */
	struct har_zip_member **v;
	size_t n, cap;
};

struct har_zip *
har_zip_open(const char *folder, struct err *e)
{
	struct har_zip *z = xcalloc(1, sizeof(*z));

	z->folder = xstrdup(folder);
	z->text = spool_new(folder, e);
	if (z->text != NULL)
		z->payload = spool_new(folder, e);
	if (z->payload != NULL)
		return z;
	har_zip_close(z);
	return NULL;
}

static void
har_zip_keep(void *member)
{
	(void)member; /* z->v has it, too */
}

void
har_zip_close(struct har_zip *z)
{
	size_t i;

	if (z == NULL)
		return;
	tdestroy(z->names, har_zip_keep);
	for (i = 0; i < z->n; i++) {
		free(z->v[i]->name);
		free(z->v[i]);
	}
	free(z->v);
	spool_free(z->text);
	spool_free(z->payload);
	free(z->folder);
	free(z);
}

/*
 * What goes in
 */

static int
har_zip_by_name(const void *a, const void *b)
{
	const struct har_zip_member *x = a, *y = b;

	return strcmp(x->name, y->name);
}

/* The member called name, which is new or not. */
static struct har_zip_member *
har_zip_member(struct har_zip *z, const char *name, bool *is_new)
{
	struct har_zip_member *m = xcalloc(1, sizeof(*m)), **found;

	m->name = xstrdup(name);
	found = tsearch(m, &z->names, har_zip_by_name);
	*is_new = *found == m;
	if (!*is_new) {
		free(m->name);
		free(m);
		return *found;
	}
	if (z->n == z->cap) {
		z->cap = z->cap > 0 ? 2 * z->cap : 64;
		z->v = xrealloc(z->v, z->cap * sizeof(struct har_zip_member *));
	}
	z->v[z->n++] = m;
	return m;
}

int
har_zip_text(void *zip, const void *p, size_t n, struct err *e)
{
	struct har_zip *z = zip;

	return spool_add(z->text, p, n, e);
}

int
har_zip_attach(void *zip, const char *name, struct feed *bytes, struct err *e)
{
	struct har_zip *z = zip;
	struct har_zip_member *m;
	struct str piece;
	bool is_new;
	int r;

	m = har_zip_member(z, name, &is_new);
	if (!is_new)
		return 0;
	m->in = z->payload;
	m->start = spool_size(z->payload);
	while ((r = feed_next(bytes, &piece, e)) == 1)
		if (spool_add(z->payload, piece.p, piece.n, e) == -1)
			return -1;
	m->size = spool_size(z->payload) - m->start;
	return r;
}

/*
 * What comes out
 */

static zip_int64_t
har_zip_stat(const struct har_zip_member *m, void *data)
{
	zip_stat_t *st = data;

	zip_stat_init(st);
	st->valid = ZIP_STAT_SIZE;
	st->size = m->size;
	return (zip_int64_t)sizeof(*st);
}

static zip_int64_t
har_zip_read(struct har_zip_member *m, void *p, zip_uint64_t n)
{
	struct err ignored;
	int64_t got;

	if (n > m->size - m->at)
		n = m->size - m->at;
	got = spool_read(m->in, m->start + m->at, p, n, &ignored);
	if (got == -1)
		zip_error_set(&m->error, ZIP_ER_READ, errno);
	else
		m->at += (uint64_t)got;
	return got;
}

/* A zip_source_callback. */
static zip_int64_t
har_zip_source(
    void *member, void *data, zip_uint64_t n, zip_source_cmd_t command)
{
	struct har_zip_member *m = member;

	switch (command) {
	case ZIP_SOURCE_OPEN:
		m->at = 0;
		return 0;
	case ZIP_SOURCE_READ:
		return har_zip_read(m, data, n);
	case ZIP_SOURCE_CLOSE:
	case ZIP_SOURCE_FREE:
		return 0;
	case ZIP_SOURCE_STAT:
		return har_zip_stat(m, data);
	case ZIP_SOURCE_ERROR:
		return zip_error_to_data(&m->error, data, n);
	case ZIP_SOURCE_SUPPORTS:
		return zip_source_make_command_bitmap(ZIP_SOURCE_OPEN,
		    ZIP_SOURCE_READ, ZIP_SOURCE_CLOSE, ZIP_SOURCE_STAT,
		    ZIP_SOURCE_ERROR, ZIP_SOURCE_FREE, -1);
	default:
		zip_error_set(&m->error, ZIP_ER_OPNOTSUPP, 0);
		return -1;
	}
}

static int
har_zip_add(zip_t *zip, struct har_zip_member *m)
{
	zip_source_t *source = zip_source_function(zip, har_zip_source, m);
	zip_int64_t i;

	if (source == NULL)
		return -1;
	i = zip_file_add(zip, m->name, source, ZIP_FL_ENC_UTF_8);
	if (i == -1) {
		zip_source_free(source);
		return -1;
	}
	return zip_file_set_dostime(zip, (zip_uint64_t)i, 0, HAR_ZIP_DATE, 0);
}

static int
har_zip_order(const void *a, const void *b)
{
	struct har_zip_member *const *x = a, *const *y = b;

	return strcmp((*x)->name, (*y)->name);
}

/* Makes the zip at path, which is there and empty. */
static int
har_zip_pack(struct har_zip *z, const char *path, struct err *e)
{
	zip_error_t why;
	zip_t *zip;
	size_t i;
	int code, r = 0;

	zip = zip_open(path, ZIP_CREATE | ZIP_TRUNCATE, &code);
	if (zip == NULL) {
		zip_error_init_with_code(&why, code);
		err_set(e, "zip: %s", zip_error_strerror(&why));
		zip_error_fini(&why);
		return -1;
	}
	qsort(z->v, z->n, sizeof(*z->v), har_zip_order);
	for (i = 0; i < z->n && r == 0; i++)
		r = har_zip_add(zip, z->v[i]);
	if (r == 0 && zip_close(zip) == 0)
		return 0;
	err_set(e, "zip: %s", zip_strerror(zip));
	zip_discard(zip);
	return -1;
}

static int
har_zip_copy(const char *path, json_write_fn write, void *arg, struct err *e)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC), r = 0;
	char *window = xmalloc(HAR_ZIP_WINDOW);
	ssize_t got = 1;

	while (fd != -1 && r == 0 && got > 0) {
		got = read(fd, window, HAR_ZIP_WINDOW);
		if (got == -1 && errno == EINTR)
			got = 1;
		else if (got > 0)
			r = write(arg, window, (size_t)got, e);
	}
	if (fd == -1 || got == -1)
		r = err_sys(e, "temporary file");
	if (fd != -1)
		close(fd);
	free(window);
	return r;
}

int
har_zip_finish(struct har_zip *z, json_write_fn write, void *arg, struct err *e)
{
	char *path = xasprintf("%s/.hark.XXXXXX", z->folder);
	struct har_zip_member *m;
	int fd = mkostemp(path, O_CLOEXEC), r;
	bool is_new;

	m = har_zip_member(z, "har.har", &is_new);
	m->in = z->text;
	m->size = spool_size(z->text);
	if (fd == -1) {
		r = err_sys(e, "%.300s: temporary file", z->folder);
		free(path);
		return r;
	}
	close(fd);
	r = har_zip_pack(z, path, e);
	if (r == 0)
		r = har_zip_copy(path, write, arg, e);
	(void)unlink(path); /* it stays behind at worst */
	free(path);
	return r;
}
