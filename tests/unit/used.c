#include "config.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/err.h"
#include "recorder/used.h"

#include "tests/unit/folder.h"
#include "tests/unit/tap.h"

#define STORE at("a.db")

static struct used used;
static struct err e;

/* Replaces the file by text, or removes it. */
static void
file_is(const char *text)
{
	FILE *f;

	used_fini(&used);
	e.text[0] = '\0';
	unlink(at("a.db-used"));
	if (text == NULL)
		return;
	f = fopen(at("a.db-used"), "w");
	if (f == NULL || fputs(text, f) < 0 || fclose(f) != 0)
		abort();
}

static const char *
file_text(void)
{
	static char text[4096];
	FILE *f = fopen(at("a.db-used"), "r");

	if (f == NULL)
		return NULL;
	text[fread(text, 1, sizeof(text) - 1, f)] = '\0';
	fclose(f);
	return text;
}

static off_t
file_size(void)
{
	struct stat st;

	return stat(at("a.db-used"), &st) == 0 ? st.st_size : -1;
}

/* A run of tape 1, made at 1000, that served first to last. */
static int
note(int64_t seen, int64_t first, int64_t last)
{
	struct used_run run = { .tape = 1, .created_us = 1000, .last = seen };
	int rc;

	id_ranges_add(&run.served, first, last);
	rc = used_note(STORE, &run, &e);
	id_ranges_fini(&run.served);
	return rc;
}

static void
runs_of_a_tape_add_up(void)
{
	const struct used_run *r;

	file_is(NULL);
	CHECK_INT(note(10, 1, 3), 0);
	CHECK_INT(note(20, 7, 7), 0);
	CHECK_STR(file_text(), "hark-used 1\n1 1000 10 1-3;\n1 1000 20 7;\n");
	CHECK_INT(used_read(STORE, &used, &e), 0);
	CHECK_INT(used.n, 1);
	r = used_find(&used, 1, 1000);
	CHECK(r != NULL);
	CHECK(!used_missed(r, 2));
	CHECK(!used_missed(r, 7));
	CHECK(used_missed(r, 4));
	CHECK(used_missed(r, 20));
}

static void
what_came_after_the_last_run_is_not_unused(void)
{
	file_is("hark-used 1\n1 1000 20 1-3;\n1 1000 10 5;\n");
	CHECK_INT(used_read(STORE, &used, &e), 0);
	CHECK(!used_missed(used_find(&used, 1, 1000), 21));
}

static void
tapes_are_told_apart_by_number_and_age(void)
{
	file_is("hark-used 1\n2 5 9 1;\n1 1000 9 2;\n2 5 9 3;\n2 6 9 4;\n");
	CHECK_INT(used_read(STORE, &used, &e), 0);
	CHECK_INT(used.n, 3);
	CHECK(used_find(&used, 1, 1001) == NULL);
	CHECK(used_find(&used, 3, 1000) == NULL);
	CHECK(!used_missed(used_find(&used, 2, 5), 3));
	CHECK(used_missed(used_find(&used, 2, 5), 4));
	CHECK(!used_missed(used_find(&used, 2, 6), 4));
}

static void
no_file_is_an_error_that_says_why(void)
{
	file_is(NULL);
	CHECK_INT(used_read(STORE, &used, &e), -1);
	CHECK(strstr(e.text, "a.db-used: no such file") != NULL);
	CHECK(strstr(e.text, "everything would count as unused") != NULL);
	CHECK_INT(used.n, 0);
}

static void
a_torn_last_line_is_left_out_and_written_behind(void)
{
	const struct used_run *r;

	file_is("hark-used 1\n1 1000 10 1;\n1 1000 99 2,3");
	CHECK_INT(used_read(STORE, &used, &e), 0);
	r = used_find(&used, 1, 1000);
	CHECK(r != NULL && r->last == 10);
	CHECK(used_missed(r, 2));
	used_fini(&used);
	CHECK_INT(note(10, 5, 6), 0);
	CHECK_STR(file_text(), "hark-used 1\n1 1000 10 1;\n1 1000 99 2,3\n"
			       "1 1000 10 5-6;\n");
	CHECK_INT(used_read(STORE, &used, &e), 0);
	r = used_find(&used, 1, 1000);
	CHECK(r != NULL && r->last == 10 && !used_missed(r, 5));
}

static void
a_whole_line_that_cannot_be_read_is_an_error_with_its_number(void)
{
	static const char *const lines[] = { ";", "1;", "1 1000;", "1 1000 5;",
		"1 1000 5 ;", "1 1000 5 x;", "1 1000 5 3-;", "1 1000 5 -3;",
		"1 1000 5 3-2;", "1 1000 5 0;", "1 1000 5 1-2-3;",
		"1 1000 5 1,;", "1 1000 5 1,,2;", "a 1000 5 1;", "-1 1 5 1;",
		"1 1000 5 1 2;", "1 1000 5 99999999999999999999;",
		"\xff\x01\x02;" };
	char text[200];
	size_t i;

	for (i = 0; i < sizeof(lines) / sizeof(*lines); i++) {
		snprintf(text, sizeof(text),
		    "hark-used 1\n1 1000 9 1;\n%s\n1 1000 9 2;\n", lines[i]);
		file_is(text);
		CHECK_INT(used_read(STORE, &used, &e), -1);
		CHECK(strstr(e.text, "a.db-used: line 3 is damaged") != NULL);
		CHECK_INT(used.n, 0);
	}
}

static void
another_version_and_another_file_are_told_and_left_alone(void)
{
	static const char *const texts[] = { "hark-used 2\n1 1 9 1;\n",
		"hark-used 10\n", "SQLite format 3", "\n", "hark-use" };
	size_t i;

	for (i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		file_is(texts[i]);
		CHECK_INT(used_read(STORE, &used, &e), -1);
		CHECK(strstr(e.text, i < 2 ? "another version of hark"
					   : "is no list of used") != NULL);
		CHECK_INT(note(9, 1, 1), -1);
		CHECK_STR(file_text(), texts[i]);
	}
}

static void
an_empty_file_is_begun_anew(void)
{
	file_is("");
	CHECK_INT(note(9, 1, 1), 0);
	CHECK_STR(file_text(), "hark-used 1\n1 1000 9 1;\n");
}

static void
a_file_that_got_long_has_a_line_for_each_tape(void)
{
	struct buf text = { 0 };
	struct stat st;
	int i;

	buf_add_text(&text, "hark-used 1\n2 7 50 50;\n");
	for (i = 1; text.n < 256 * 1024; i++)
		buf_addf(&text, "1 1000 %d %d;\n", i + 1, i);
	file_is(buf_text(&text));
	buf_free(&text);
	CHECK_INT(chmod(at("a.db-used"), 0640), 0);
	CHECK_INT(note(1000000, 1000000, 1000000), 0);
	CHECK(file_size() < 100);
	CHECK_INT(stat(at("a.db-used"), &st), 0);
	CHECK_INT(st.st_mode & 0777, 0640);
	CHECK_INT(used_read(STORE, &used, &e), 0);
	CHECK_INT(used.n, 2);
	CHECK(!used_missed(used_find(&used, 1, 1000), i - 1));
	CHECK(used_missed(used_find(&used, 1, 1000), i));
	CHECK(!used_missed(used_find(&used, 1, 1000), 1000000));
	CHECK(used_missed(used_find(&used, 2, 7), 49));
}

static void
a_symbolic_link_to_the_store_has_the_same_file(void)
{
	char target[300];
	char *one, *two;

	snprintf(target, sizeof(target), "%s", STORE);
	fclose(fopen(target, "w"));
	unlink(at("link.db"));
	CHECK_INT(symlink(target, at("link.db")), 0);
	one = used_path(at("link.db"));
	two = used_path(target);
	CHECK_STR(one, two);
	free(one);
	free(two);
}

static void
what_is_no_regular_file_is_refused(void)
{
	file_is(NULL);
	CHECK_INT(mkfifo(at("a.db-used"), 0600), 0);
	CHECK_INT(used_read(STORE, &used, &e), -1);
	CHECK(strstr(e.text, "is not a regular file") != NULL);
	CHECK_INT(note(9, 1, 1), -1);
}

static void
a_file_that_is_too_long_is_not_read(void)
{
	file_is("hark-used 1\n");
	CHECK_INT(truncate(at("a.db-used"), (64 << 20) + 1), 0);
	CHECK_INT(used_read(STORE, &used, &e), -1);
	CHECK(strstr(e.text, "is longer than 64 MiB") != NULL);
	CHECK_INT(note(9, 1, 1), -1);
}

static void
numbers_that_could_not_be_read_again_are_not_written(void)
{
	file_is(NULL);
	CHECK_INT(note(9, 1, INT64_C(1000000000000000001)), -1);
	CHECK_INT(note(INT64_MAX, 1, 1), -1);
	CHECK(file_text() == NULL);
}

/* Eight processes note a thousand runs in all, and the file is written anew
 * meanwhile. */
static void
many_processes_may_note_at_once(void)
{
	struct buf text = { 0 };
	const struct used_run *r;
	int i, k, status, failed = 0;

	buf_add_text(&text, "hark-used 1\n");
	while (text.n < 256 * 1024 - 4000)
		buf_add_text(&text, "1 1000 5000 1;\n");
	file_is(buf_text(&text));
	buf_free(&text);
	fflush(stdout);
	for (i = 0; i < 8; i++) {
		if (fork() != 0)
			continue;
		for (k = 0; k < 125; k++)
			if (note(5000, 10 + 4 * (i * 125 + k),
				10 + 4 * (i * 125 + k)) != 0)
				_exit(1);
		_exit(0);
	}
	for (i = 0; i < 8; i++)
		if (wait(&status) == -1 || status != 0)
			failed++;
	CHECK_INT(failed, 0);
	CHECK(file_size() < 256 * 1024);
	CHECK_INT(used_read(STORE, &used, &e), 0);
	r = used_find(&used, 1, 1000);
	CHECK(r != NULL);
	for (i = 0; i < 1000; i++) {
		CHECK(!used_missed(r, 10 + 4 * i));
		CHECK(used_missed(r, 11 + 4 * i));
	}
	used_fini(&used);
}

RUN(TEST(runs_of_a_tape_add_up),
    TEST(what_came_after_the_last_run_is_not_unused),
    TEST(tapes_are_told_apart_by_number_and_age),
    TEST(no_file_is_an_error_that_says_why),
    TEST(a_torn_last_line_is_left_out_and_written_behind),
    TEST(a_whole_line_that_cannot_be_read_is_an_error_with_its_number),
    TEST(another_version_and_another_file_are_told_and_left_alone),
    TEST(an_empty_file_is_begun_anew),
    TEST(a_file_that_got_long_has_a_line_for_each_tape),
    TEST(a_symbolic_link_to_the_store_has_the_same_file),
    TEST(what_is_no_regular_file_is_refused),
    TEST(a_file_that_is_too_long_is_not_read),
    TEST(numbers_that_could_not_be_read_again_are_not_written),
    TEST(many_processes_may_note_at_once))
