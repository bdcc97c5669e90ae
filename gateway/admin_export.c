/* A tape as a file to take along. */
#include "config.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"
#include "base/mem.h"
#include "gateway/admin_store.h"
#include "gateway/admin_table.h"
#include "gateway/export_tape.h"
#include "recorder/store.h"

static const struct admin_export_form {
	const char *name, *type, *file;
	struct export_form form;
} admin_export_forms_of[] = {
	{ "har", "application/json", "attachment; filename=\"hark.har\"",
	    { .har = { .version = PACKAGE_VERSION } } },
	{ "har.zip", "application/zip", "attachment; filename=\"hark.har.zip\"",
	    { .zip = true,
		.har = { .version = PACKAGE_VERSION,
		    .bodies = HAR_BODIES_ATTACH } } },
	{ "ndjson", "application/x-ndjson",
	    "attachment; filename=\"hark.ndjson\"",
	    { .har = { .version = PACKAGE_VERSION, .lines = true } } },
};

const char *const admin_export_forms[] = { "har", "har.zip", "ndjson", NULL };

/* Opens the file at path, which is to have no name any more: -1 with *e. */
static int
admin_export_take(const char *path, uint64_t *size, struct err *e)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat st;

	if (fd == -1 || fstat(fd, &st) == -1) {
		err_sys(e, "%.300s", path);
		if (fd != -1)
			close(fd);
		return -1;
	}
	*size = (uint64_t)st.st_size;
	return fd;
}

/* By way of a folder of its own, since a file appears there when it is
 * whole. */
static int
admin_export_make(struct store *s, const struct store_filter *f,
    const struct export_form *form, uint64_t *size, struct err *e)
{
	const char *base = getenv("TMPDIR");
	char *folder, *path;
	int fd = -1;

	folder = xasprintf("%s/hark-export-XXXXXX",
	    base != NULL && base[0] != '\0' ? base : "/var/tmp");
	if (mkdtemp(folder) == NULL) {
		err_sys(e, "%.300s", folder);
		free(folder);
		return -1;
	}
	path = xasprintf("%s/export", folder);
	if (export_tape(s, f, form, path, e) == 0)
		fd = admin_export_take(path, size, e);
	(void)unlink(path); /* it may not be there */
	(void)rmdir(folder);
	free(path);
	free(folder);
	return fd;
}

void
admin_get_export(struct admin_request *r)
{
	const struct admin_export_form *how =
	    &admin_export_forms_of[admin_number(r, "format")];
	struct store *s = admin_store_read(r);
	struct store_filter f;
	uint64_t size;
	struct err e;
	int fd;

	if (s != NULL && admin_store_filter(r, s, &f) == 0) {
		fd = admin_export_make(s, &f, &how->form, &size, &e);
		if (fd != -1) {
			admin_reply_header(
			    r, "Content-Disposition", str_of(how->file));
			admin_reply_file(r, how->type, fd, size);
		} else {
			admin_reply_problem(r, 500, "%s", e.text);
		}
	}
	store_close(s);
}
