#include "config.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/err.h"
#include "har/bulk.h"
#include "har/exchange.h"
#include "har/feed.h"
#include "har/har_file.h"
#include "har/har_read.h"

#include "tests/fuzz/fuzz.h"

/*
 * A file of whatever kind on standard input: zip with payload files, gzip,
 * UTF-16.  What must hold: a second reading gives what the first gave, and a
 * payload file is there whole or not at all.
 */

#define MOST_TEXT (8u << 20) /* a small zip may hold a long text */

static void
serve(const uint8_t *bytes, size_t n)
{
	static int fd = -1;

	if (fd == -1) {
		fd = memfd_create("fuzz", 0);
		if (fd == -1 || dup2(fd, STDIN_FILENO) == -1)
			abort();
	}
	if (ftruncate(fd, 0) == -1 || lseek(fd, 0, SEEK_SET) == -1 ||
	    write(fd, bytes, n) != (ssize_t)n || lseek(fd, 0, SEEK_SET) == -1)
		abort();
}

/* Whether the text came to its end (or the limit) without an error. */
static bool
read_all(struct har_file *f, struct buf *out)
{
	struct err e;
	int64_t n = 1;

	while (n > 0 && out->n < MOST_TEXT) {
		n = har_file_read(f, buf_reserve(out, 4096), 4096, &e);
		if (n > 4096 || n < -1)
			abort();
		out->n += n > 0 ? (size_t)n : 0;
	}
	return n != -1;
}

static int
side_file(void *f, struct str name, struct bulk *out, struct err *e)
{
	struct bulk again = bulk_like(out);
	struct feed *a, *b;
	struct err ignored;
	int r = har_file_side(f, name, out, e);

	if (r == 0) {
		if (har_file_side(f, name, &again, &ignored) == -1 ||
		    bulk_end(out, e) == -1 || bulk_end(&again, e) == -1)
			abort();
		a = bulk_feed(out);
		b = bulk_feed(&again);
		if (feed_same(a, b, &ignored) != 1)
			abort();
		feed_free(a);
		feed_free(b);
	}
	bulk_free(&again);
	return r;
}

static int
on_exchange(void *arg, struct exchange *x, bool own, struct err *e)
{
	(void)arg;
	(void)own;
	(void)e;
	exchange_free(x);
	return 0;
}

static void
read_twice(struct har_file *f)
{
	struct buf once = { 0 }, twice = { 0 };
	struct err e;
	bool whole = read_all(f, &once);

	if (har_file_rewind(f, &e) == -1 || read_all(f, &twice) != whole ||
	    !str_eq(buf_str(&once), buf_str(&twice)) ||
	    har_file_rewind(f, &e) == -1)
		abort();
	buf_free(&once);
	buf_free(&twice);
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	struct har_read_options o = {
		.read = har_file_read,
		.on_exchange = on_exchange,
		.side_file = side_file,
	};
	struct har_figures figures;
	struct har_file *f;
	struct err e;

	serve(bytes, n);
	f = har_file_open("-", &e);
	if (f == NULL)
		return 0;
	read_twice(f);
	o.read_arg = o.arg = f;
	(void)har_read(&o, &figures, &e);
	har_file_close(f);
	return 0;
}
