#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/err.h"
#include "base/mem.h"
#include "gateway/admin_request.h"
#include "har/har_write.h"

#include "gateway/admin_out.h"

int
admin_out_file(struct err *e)
{
	const char *folder = getenv("TMPDIR");
	char *path;
	int fd;

	if (folder == NULL || folder[0] == '\0')
		folder = "/var/tmp"; /* /tmp is often memory */
	path = xasprintf("%s/hark-XXXXXX", folder);
	fd = mkostemp(path, O_CLOEXEC);
	if (fd == -1)
		err_sys(e, "%.300s", path);
	else
		unlink(path);
	free(path);
	return fd;
}

static int
admin_out_put(int fd, const char *p, size_t n, struct err *e)
{
	ssize_t put;

	while (n > 0) {
		put = write(fd, p, n);
		if (put == -1 && errno == EINTR)
			continue;
		if (put == -1)
			return err_sys(e, "cannot write the answer");
		p += put;
		n -= (size_t)put;
	}
	return 0;
}

static int
admin_out_to_file(struct admin_out *o, struct err *e)
{
	o->fd = admin_out_file(e);
	if (o->fd == -1) {
		o->size = 0; /* there is no file to be closed */
		return -1;
	}
	if (admin_out_put(o->fd, o->memory.p, o->memory.n, e) == -1)
		return -1;
	buf_free(&o->memory);
	return 0;
}

int
admin_out_write(void *out, const void *p, size_t n, struct err *e)
{
	struct admin_out *o = out;
	bool in_file = o->size > ADMIN_OUT_MEMORY;

	o->size += n;
	if (o->size <= ADMIN_OUT_MEMORY) {
		buf_add(&o->memory, p, n);
		return 0;
	}
	if (!in_file && admin_out_to_file(o, e) == -1)
		return -1;
	return admin_out_put(o->fd, p, n, e);
}

void
admin_out_reply(struct admin_out *o, struct admin_request *r, const char *type)
{
	if (o->size > ADMIN_OUT_MEMORY)
		admin_reply_file(r, type, o->fd, o->size);
	else
		admin_reply_bytes(r, 200, type, &o->memory);
	*o = (struct admin_out){ 0 };
}

void
admin_out_har(struct admin_request *r, const struct exchange *x,
    const struct har_write_options *o)
{
	struct admin_out out = { 0 };
	struct har_write *h = har_write_open(admin_out_write, &out, o);
	struct err e;

	har_write_entry(h, x);
	if (har_write_close(h, &e) == 0)
		admin_out_reply(&out, r, "application/json");
	else
		admin_reply_problem(r, 500, "%s", e.text);
	admin_out_drop(&out);
}

void
admin_out_drop(struct admin_out *o)
{
	if (o->size > ADMIN_OUT_MEMORY)
		close(o->fd);
	buf_free(&o->memory);
	*o = (struct admin_out){ 0 };
}
