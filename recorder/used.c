#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/mem.h"
#include "base/str.h"
#include "recorder/store.h"

#include "recorder/used.h"

#define USED_MAGIC "hark-used "
#define USED_HEAD USED_MAGIC "1\n"
#define USED_MERGE_AT (256u << 10) /* bytes; a longer file is written anew */
#define USED_MOST (64u << 20)      /* bytes; a longer one is not read */
#define USED_MOST_NUMBER INT64_C(1000000000000000000) /* for str_u64() */
#define USED_TRIES 500 /* for the lock, 10 ms apart */

char *
used_path(const char *store)
{
	char *beside = store_beside(store);
	char *real = realpath(beside, NULL);
	char *path = xasprintf("%s-used", real != NULL ? real : beside);

	free(beside);
	free(real);
	return path;
}

bool
used_missed(const struct used_run *r, int64_t entry)
{
	return entry <= r->last && !id_ranges_has(&r->served, entry);
}

/* ---- the text -------------------------------------------------------- */

static void
used_render(struct buf *out, const struct used_run *run)
{
	const struct id_range *r;
	size_t i;

	buf_addf(out, "%" PRId64 " %" PRId64 " %" PRId64 " ", run->tape,
	    run->created_us, run->last);
	for (i = 0; i < run->served.n; i++) {
		r = &run->served.v[i];
		buf_addf(out, "%s%" PRId64, i > 0 ? "," : "", r->first);
		if (r->last > r->first)
			buf_addf(out, "-%" PRId64, r->last);
	}
	buf_add_text(out, ";\n");
}

/* Cuts a number that ends with c, or with the text, off *rest. */
static int
used_number(struct str *rest, char c, int64_t *v)
{
	struct str part;
	uint64_t u;

	if (!str_cut(rest, c, &part) || str_u64(part, &u) == -1)
		return -1;
	*v = (int64_t)u;
	return 0;
}

static int
used_parse_range(struct str text, struct id_ranges *out)
{
	int64_t first, last;

	if (used_number(&text, '-', &first) == -1)
		return -1;
	last = first;
	if (text.p != NULL && used_number(&text, '-', &last) == -1)
		return -1;
	if (text.p != NULL || first < 1 || last < first)
		return -1;
	id_ranges_add(out, first, last);
	return 0;
}

/* A line without its semicolon. */
static int
used_parse_run(struct str line, struct used_run *run)
{
	struct str part;

	if (used_number(&line, ' ', &run->tape) == -1 ||
	    used_number(&line, ' ', &run->created_us) == -1 ||
	    used_number(&line, ' ', &run->last) == -1 || line.p == NULL)
		return -1;
	while (str_cut(&line, ',', &part))
		if (used_parse_range(part, &run->served) == -1)
			return -1;
	return 0;
}

static int
used_check_head(struct str *rest, const char *path, struct err *e)
{
	struct str line;

	if (str_starts(*rest, USED_HEAD)) {
		(void)str_cut(rest, '\n', &line); /* true: it is there */
		return 0;
	}
	if (str_starts(*rest, USED_MAGIC))
		return err_set(e,
		    "%.300s: was written by another version of "
		    "hark; expected \"" USED_MAGIC "1\"",
		    path);
	return err_set(e,
	    "%.300s: is no list of used entries; expected "
	    "\"" USED_MAGIC "1\" in its first line",
	    path);
}

static struct used_run *
used_add(struct used *u, size_t *cap)
{
	if (u->n == *cap) {
		*cap = *cap > 0 ? 2 * *cap : 16;
		u->v = xrealloc(u->v, *cap * sizeof(*u->v));
	}
	u->v[u->n] = (struct used_run){ 0 };
	return &u->v[u->n++];
}

static int
used_order(const void *a, const void *b)
{
	const struct used_run *x = a, *y = b;

	if (x->tape != y->tape)
		return x->tape < y->tape ? -1 : 1;
	return (x->created_us > y->created_us) -
	       (x->created_us < y->created_us);
}

/* Makes one run of those of a tape, which stand together. */
static void
used_join(struct used *u)
{
	struct used_run *into = u->v, *from;
	size_t i, k;

	for (i = 1; i < u->n; i++) {
		from = &u->v[i];
		if (used_order(into, from) != 0) {
			*++into = *from;
			continue;
		}
		if (from->last > into->last)
			into->last = from->last;
		for (k = 0; k < from->served.n; k++)
			id_ranges_add(&into->served, from->served.v[k].first,
			    from->served.v[k].last);
		id_ranges_fini(&from->served);
	}
	u->n = u->n > 0 ? (size_t)(into - u->v) + 1 : 0;
	for (i = 0; i < u->n; i++)
		id_ranges_settle(&u->v[i].served);
}

static int
used_parse(struct str text, const char *path, struct used *u, struct err *e)
{
	struct str line;
	size_t cap = 0, number = 1;

	*u = (struct used){ 0 };
	if (used_check_head(&text, path, e) == -1)
		return -1;
	while (str_cut(&text, '\n', &line)) {
		number++;
		if (line.n == 0 || line.p[line.n - 1] != ';')
			continue;
		line.n--;
		if (used_parse_run(line, used_add(u, &cap)) == -1) {
			used_fini(u);
			return err_set(e,
			    "%.300s: line %zu is damaged; remove the file and "
			    "replay once more",
			    path, number);
		}
	}
	if (u->n > 0)
		qsort(u->v, u->n, sizeof(*u->v), used_order);
	used_join(u);
	return 0;
}

/* ---- the file -------------------------------------------------------- */

/* Waits for the lock, but not for ever: it is held for some milliseconds, or
 * by somebody who is no hark. */
static int
used_lock(int fd, int how, const char *path, struct err *e)
{
	const struct timespec nap = { 0, 10 * 1000 * 1000 };
	int i;

	for (i = 0; i < USED_TRIES; i++) {
		if (flock(fd, how | LOCK_NB) == 0)
			return 0;
		if (errno != EWOULDBLOCK && errno != EINTR)
			return err_sys(e, "%.300s: cannot lock it", path);
		(void)nanosleep(&nap, NULL); /* a signal only makes it short */
	}
	return err_set(e, "%.300s: somebody keeps it locked", path);
}

/* Opens and locks the file that is at path then: it may have been written
 * anew meanwhile.  *st tells of it.  -1 with *e and errno set, 0 when that is
 * no reason. */
static int
used_open(const char *path, int flags, int how, struct stat *st, struct err *e)
{
	struct stat there;
	int fd, why;

	for (;;) {
		fd = open(path, flags | O_CLOEXEC | O_NONBLOCK, 0666);
		if (fd == -1) {
			why = errno;
			err_sys(e, "%.300s", path);
			errno = why;
			return -1;
		}
		if (used_lock(fd, how, path, e) == -1)
			break;
		if (fstat(fd, st) == -1 || !S_ISREG(st->st_mode)) {
			err_set(e, "%.300s: is not a regular file", path);
			break;
		}
		if (st->st_size > USED_MOST) {
			err_set(e,
			    "%.300s: is longer than %u MiB; remove it and "
			    "replay once more",
			    path, USED_MOST >> 20);
			break;
		}
		if (stat(path, &there) == 0 && there.st_ino == st->st_ino &&
		    there.st_dev == st->st_dev)
			return fd;
		close(fd);
	}
	close(fd);
	errno = 0;
	return -1;
}

/* All of the file as it is now. */
static int
used_load(int fd, const char *path, struct buf *text, struct err *e)
{
	char *place;
	ssize_t n;

	do {
		place = buf_reserve(text, 64u << 10);
		n = pread(fd, place, 64u << 10, (off_t)text->n);
		if (n == -1)
			return err_sys(e, "%.300s", path);
		text->n += (size_t)n;
	} while (n > 0 && text->n <= USED_MOST);
	return 0;
}

static int
used_write(int fd, struct str text)
{
	ssize_t n;

	while (text.n > 0) {
		n = write(fd, text.p, text.n);
		if (n == -1 && errno == EINTR)
			continue;
		if (n == -1)
			return -1;
		text.p += n;
		text.n -= (size_t)n;
	}
	return 0;
}

/* Writes the text to a file that then takes the place of the one at path. */
static int
used_replace(const char *path, mode_t mode, struct str text, struct err *e)
{
	char *temporary = xasprintf("%s.XXXXXX", path);
	int fd = mkostemp(temporary, O_CLOEXEC), rc = -1;

	if (fd != -1 && fchmod(fd, mode & 0777) == 0 &&
	    used_write(fd, text) == 0 && fsync(fd) == 0 &&
	    rename(temporary, path) == 0)
		rc = 0;
	if (rc == -1)
		err_sys(e, "%.300s: cannot be written anew", path);
	if (rc == -1 && fd != -1)
		(void)unlink(temporary); /* nothing better if it stays */
	if (fd != -1)
		close(fd);
	free(temporary);
	return rc;
}

/* A line for each tape instead of one for each run.  The old file stays
 * locked: whoever waits for it then sees that it was replaced. */
static int
used_merge(int fd, const char *path, mode_t mode, struct err *e)
{
	struct buf text = { 0 };
	struct used u = { 0 };
	size_t i;
	int rc = -1;

	if (used_load(fd, path, &text, e) == 0 &&
	    used_parse(buf_str(&text), path, &u, e) == 0) {
		text.n = 0;
		buf_add_text(&text, USED_HEAD);
		for (i = 0; i < u.n; i++)
			used_render(&text, &u.v[i]);
		rc = used_replace(path, mode, buf_str(&text), e);
	}
	used_fini(&u);
	buf_free(&text);
	return rc;
}

/* What goes to the end of the file so that the run is a line of its own. */
static int
used_line(int fd, const char *path, off_t size, const struct used_run *run,
    struct buf *out, struct err *e)
{
	char head[sizeof(USED_HEAD) - 1], last;
	struct str start = { head, 0 };
	ssize_t n;

	if (size == 0) {
		buf_add_text(out, USED_HEAD);
	} else {
		n = pread(fd, head, sizeof(head), 0);
		if (n == -1 || pread(fd, &last, 1, size - 1) != 1)
			return err_sys(e, "%.300s", path);
		start.n = (size_t)n;
		if (used_check_head(&start, path, e) == -1)
			return -1;
		if (last != '\n') /* a line was torn */
			buf_add_text(out, "\n");
	}
	used_render(out, run);
	return 0;
}

static int
used_append(int fd, const char *path, const struct stat *st,
    const struct used_run *run, struct err *e)
{
	struct buf line = { 0 };
	int rc = used_line(fd, path, st->st_size, run, &line, e);

	if (rc == 0 && used_write(fd, buf_str(&line)) == -1)
		rc = err_sys(e, "%.300s", path);
	if (rc == 0 && (uint64_t)st->st_size + line.n > USED_MERGE_AT)
		rc = used_merge(fd, path, st->st_mode, e);
	buf_free(&line);
	return rc;
}

int
used_note(const char *store, const struct used_run *run, struct err *e)
{
	size_t n = run->served.n;
	struct stat st;
	char *path;
	int fd, rc;

	if (run->tape < 0 || run->created_us < 0 ||
	    run->created_us > USED_MOST_NUMBER ||
	    run->last > USED_MOST_NUMBER ||
	    (n > 0 && run->served.v[n - 1].last > USED_MOST_NUMBER))
		return err_set(e, "numbers of the store are out of range");
	path = used_path(store);
	fd = used_open(path, O_RDWR | O_CREAT | O_APPEND, LOCK_EX, &st, e);
	if (fd != -1) {
		rc = used_append(fd, path, &st, run, e);
		close(fd);
	} else {
		rc = errno == EACCES || errno == EROFS || errno == EPERM ? 1
									 : -1;
	}
	free(path);
	return rc;
}

static int
used_read_path(const char *path, struct used *u, struct err *e)
{
	struct buf text = { 0 };
	struct stat st;
	int fd = used_open(path, O_RDONLY, LOCK_SH, &st, e), rc;

	if (fd == -1 && errno == ENOENT)
		return err_set(e,
		    "%.300s: no such file: no replay has noted yet what it "
		    "served, and everything would count as unused",
		    path);
	if (fd == -1)
		return -1;
	rc = used_load(fd, path, &text, e);
	close(fd);
	if (rc == 0)
		rc = used_parse(buf_str(&text), path, u, e);
	buf_free(&text);
	return rc;
}

int
used_read(const char *store, struct used *u, struct err *e)
{
	char *path = used_path(store);
	int rc;

	*u = (struct used){ 0 };
	rc = used_read_path(path, u, e);
	free(path);
	return rc;
}

void
used_fini(struct used *u)
{
	size_t i;

	for (i = 0; i < u->n; i++)
		id_ranges_fini(&u->v[i].served);
	free(u->v);
	*u = (struct used){ 0 };
}

const struct used_run *
used_find(const struct used *u, int64_t tape, int64_t created_us)
{
	struct used_run wanted = { .tape = tape, .created_us = created_us };

	return u->n == 0
		   ? NULL
		   : bsearch(&wanted, u->v, u->n, sizeof(*u->v), used_order);
}
