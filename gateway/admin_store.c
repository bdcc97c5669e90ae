#include "config.h"

#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "base/mem.h"
#include "gateway/filters.h"
#include "gateway/settings.h"
#include "gateway/worker.h"
#include "recorder/recorder.h"
#include "recorder/store.h"
#include "replay/library.h"

#include "gateway/admin_store.h"

struct store *
admin_store_read(struct admin_request *r)
{
	const char *path = r->of->settings->store;
	struct store *s = NULL;
	struct err e;

	if (!store_exists(path))
		admin_reply_problem(r, 404, "there is no store yet: %s", path);
	else if ((s = store_open(path, STORE_READ, false, &e)) == NULL)
		admin_reply_problem(r, 500, "%s", e.text);
	return s;
}

/* No other process may write to the store of a gateway that records; but many
 * to a shared one. */
static int
admin_store_write_alone(
    const char *path, admin_store_fn fn, void *arg, struct err *e)
{
	struct store *s = store_open(path, STORE_WRITE, true, e);
	int r = s != NULL ? fn(s, arg, e) : -1;

	store_close(s);
	return r;
}

int
admin_store_write(
    const struct admin_of *of, admin_store_fn fn, void *arg, struct err *e)
{
	struct recorder *recorder = of->shared->recorder;
	int r;

	if (recorder != NULL && recorder_backlog(recorder) == NULL)
		r = recorder_call(recorder, fn, arg, e);
	else
		r = admin_store_write_alone(of->settings->store, fn, arg, e);
	if (of->shared->library != NULL)
		library_changed(of->shared->library);
	return r;
}

/* ---- filters ------------------------------------------------------------ */

static const struct admin_store_word {
	const char *name;
	int place; /* of filters.h */
} admin_store_words[] = {
	{ "method:", FILTERS_METHOD },
	{ "url:", FILTERS_URL },
	{ "status:", FILTERS_STATUS },
	{ "ids:", FILTERS_IDS },
	{ "since:", FILTERS_SINCE },
	{ "until:", FILTERS_UNTIL },
	{ .name = NULL },
};

/* The place of a word and *rest behind its name; that of URLs for a word that
 * has no name. */
static int
admin_store_place(struct str word, struct str *rest)
{
	const struct admin_store_word *w;
	size_t n;

	*rest = word;
	for (w = admin_store_words; w->name != NULL; w++) {
		n = strlen(w->name);
		if (!str_starts(word, w->name))
			continue;
		*rest = (struct str){ word.p + n, word.n - n };
		return w->place;
	}
	return FILTERS_URL;
}

static int
admin_store_take(struct admin_request *r, struct str word, const char **values,
    bool *failed, struct err *e)
{
	struct str rest;
	int place;

	if (str_is(word, "failed:1")) {
		*failed = true;
		return 0;
	}
	place = admin_store_place(word, &rest);
	if (values[place] != NULL)
		return err_set(e, "q: %.*s: there is one of its kind before it",
		    (int)(word.n < 100 ? word.n : 100), word.p);
	values[place] = place == FILTERS_URL && rest.p == word.p
			    ? arena_printf(&r->arena, "*%.*s*", STR_ARGS(rest))
			    : arena_strndup(&r->arena, rest.p, rest.n);
	return 0;
}

static int
admin_store_words_of(
    struct admin_request *r, const char **values, bool *failed, struct err *e)
{
	struct str q = admin_text(r, "q"), word;

	while (q.p != NULL && str_cut(&q, ' ', &word))
		if (word.n > 0 &&
		    admin_store_take(r, word, values, failed, e) == -1)
			return -1;
	return 0;
}

int
admin_store_filter(
    struct admin_request *r, struct store *s, struct store_filter *f)
{
	const char *values[FILTERS_OPTIONS] = { NULL };
	const char *tape =
	    admin_given(r, "tape") ? admin_text(r, "tape").p : NULL;
	bool failed = false;
	struct err e;

	if (admin_store_words_of(r, values, &failed, &e) == -1 ||
	    filters_take(values, f, &e) == -1) {
		admin_reply_problem(r, 400, "%s", e.text);
		return -1;
	}
	f->failed = failed;
	if (filters_tape(s, tape, f, &e) == 0)
		return 0;
	admin_reply_problem(r, 404, "%s", e.text);
	return -1;
}
