#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"
#include "har/har_read.h"
#include "recorder/store.h"
#include "replay/key.h"
#include "replay/library.h"

#include "folder.h"
#include "tape.h"

struct tape tape;

static void
tape_end(void)
{
	reader_close(tape.reader);
	library_close(tape.library);
	keyer_free(tape.keyer);
	store_close(tape.writer);
	memset(&tape, 0, sizeof(tape));
}

/* Before main(), since RUN() has no place for it. */
__attribute__((constructor)) static void
tape_end_last(void)
{
	atexit(tape_end);
}

static int64_t
tape_read(void *arg, void *p, size_t n, struct err *e)
{
	struct str *text = arg;

	(void)e;
	if (n > text->n)
		n = text->n;
	memcpy(p, text->p, n);
	text->p += n;
	text->n -= n;
	return (int64_t)n;
}

static int
tape_on_exchange(void *arg, struct exchange *x, bool own, struct err *e)
{
	int r;

	(void)arg;
	(void)own;
	key_exchange(tape.keyer, x);
	r = store_put(tape.writer, tape.id, x, e);
	exchange_free(x);
	return r;
}

int
tape_add(const char *har, struct err *e)
{
	struct str text = str_of(har);
	struct har_read_options o = { .read = tape_read,
		.read_arg = &text,
		.on_exchange = tape_on_exchange };
	struct har_figures f = { 0 };

	return har_read(&o, &f, e);
}

int
tape_new(const char *har, struct err *e)
{
	static int n;

	tape_end();
	snprintf(tape.path, sizeof(tape.path), "%s/%d.db", dir, n++);
	tape.writer = store_open(tape.path, STORE_WRITE, false, e);
	if (tape.writer == NULL)
		return -1;
	tape.id = store_tape(tape.writer, STR("t"), true, e);
	tape.keyer = keyer_new(NULL);
	tape.library = library_open(
	    &(struct library_options){ .path = tape.path, .tape = "t" }, e);
	if (tape.library == NULL ||
	    (tape.reader = reader_open(tape.library, e)) == NULL)
		return -1;
	return tape_add(har, e);
}
