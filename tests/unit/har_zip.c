#include "config.h"

#include <unistd.h>
#include <zip.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/mem.h"
#include "har/feed.h"
#include "har/har_zip.h"

#include "folder.h"
#include "tap.h"

static struct err e;

static int
keep(void *arg, const void *p, size_t n, struct err *ignored)
{
	(void)ignored;
	buf_add(arg, p, n);
	return 0;
}

static int
refuse(void *arg, const void *p, size_t n, struct err *why)
{
	(void)arg;
	(void)p;
	(void)n;
	return err_set(why, "nobody takes it");
}

static void
attach(struct har_zip *z, const char *name, const char *bytes, int want)
{
	struct feed *f = feed_of_str(str_of(bytes));

	CHECK_INT(har_zip_attach(z, name, f, &e), want);
	feed_free(f);
}

static struct har_zip *
filled(void)
{
	struct har_zip *z = har_zip_open(dir, &e);

	CHECK(z != NULL);
	CHECK_INT(har_zip_text(z, "{}", 2, &e), 0);
	attach(z, "b.txt", "the second", 0);
	attach(z, "a.txt", "the first", 0);
	return z;
}

static void
member_is(const struct buf *b, const char *name, const char *want)
{
	zip_error_t why;
	zip_source_t *in = zip_source_buffer_create(b->p, b->n, 0, &why);
	zip_t *zip = zip_open_from_source(in, ZIP_RDONLY, &why);
	char text[64] = "";
	zip_file_t *f;

	CHECK(zip != NULL);
	f = zip_fopen(zip, name, 0);
	CHECK(f != NULL);
	CHECK_INT(zip_fread(f, text, sizeof(text) - 1), strlen(want));
	CHECK_STR(text, want);
	zip_fclose(f);
	zip_close(zip);
}

static void
what_goes_in_comes_out_sorted_and_once(void)
{
	struct har_zip *z = filled();
	struct buf b = { 0 };
	const char *at;

	/* The first of a name stays. */
	attach(z, "a.txt", "another", 0);
	CHECK_INT(har_zip_finish(z, keep, &b, &e), 0);
	member_is(&b, "har.har", "{}");
	member_is(&b, "a.txt", "the first");
	member_is(&b, "b.txt", "the second");
	at = memmem(b.p, b.n, "a.txt", 5);
	CHECK(at != NULL && at < (char *)memmem(b.p, b.n, "b.txt", 5));
	har_zip_close(z);
	har_zip_close(NULL);
	buf_free(&b);
}

static void
a_folder_that_is_not_there_is_an_error(void)
{
	CHECK(har_zip_open("/nonexistent/folder", &e) == NULL);
	CHECK(strstr(e.text, "/nonexistent/folder") != NULL);
}

static void
so_is_one_that_went_before_the_end(void)
{
	char *gone = xasprintf("%s/gone", dir);
	struct har_zip *z;
	struct buf b = { 0 };

	CHECK_INT(mkdir(gone, 0700), 0);
	z = har_zip_open(gone, &e);
	CHECK(z != NULL);
	attach(z, "a.txt", "a", 0);
	CHECK_INT(rmdir(gone), 0);
	CHECK_INT(har_zip_finish(z, keep, &b, &e), -1);
	CHECK(strstr(e.text, "gone: temporary file: No such file") != NULL);
	CHECK_INT(b.n, 0);
	har_zip_close(z);
	free(gone);
}

static void
who_does_not_take_it_says_why_and_nothing_is_left(void)
{
	struct har_zip *z = filled();

	CHECK_INT(har_zip_finish(z, refuse, NULL, &e), -1);
	CHECK_STR(e.text, "nobody takes it");
	har_zip_close(z);
	CHECK_INT(rmdir(dir), 0);
	CHECK_INT(mkdir(dir, 0700), 0);
}

static int64_t
broken(void *arg, int64_t id, uint64_t at, void *p, size_t n, struct err *why)
{
	(void)arg;
	(void)id;
	(void)p;
	(void)n;
	return at == 0 ? err_set(why, "it cannot be read") : 0;
}

static void
a_payload_that_cannot_be_read_is_an_error(void)
{
	struct har_zip *z = filled();
	struct feed *f = feed_of_reader(broken, NULL, 1, 10);

	CHECK_INT(har_zip_attach(z, "c.txt", f, &e), -1);
	CHECK_STR(e.text, "it cannot be read");
	feed_free(f);
	har_zip_close(z);
}

static void
a_name_that_no_zip_can_have_is_an_error(void)
{
	struct har_zip *z = filled();
	struct buf b = { 0 };

	attach(z, "no \xff UTF-8", "c", 0);
	CHECK_INT(har_zip_finish(z, keep, &b, &e), -1);
	CHECK(strstr(e.text, "zip: ") != NULL);
	CHECK_INT(b.n, 0);
	har_zip_close(z);
	buf_free(&b);
}

RUN(TEST(what_goes_in_comes_out_sorted_and_once),
    TEST(a_folder_that_is_not_there_is_an_error),
    TEST(so_is_one_that_went_before_the_end),
    TEST(who_does_not_take_it_says_why_and_nothing_is_left),
    TEST(a_payload_that_cannot_be_read_is_an_error),
    TEST(a_name_that_no_zip_can_have_is_an_error))
