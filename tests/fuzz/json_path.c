#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "har/json_path.h"

#include "tests/fuzz/fuzz.h"

/*
 * The first two lines are paths, the rest is the text.  What must hold: each
 * place is a value of its own, a text of which nothing is changed stays as it
 * is, and one of which something is cut or replaced is still JSON.
 */

static enum json_edit
edit(void *arg, const struct json_place *p, struct str value, struct buf *out)
{
	const uint64_t *cut = arg;

	(void)value;
	buf_add_text(out, "null");
	if (p->cut_from > p->from || p->from >= p->to)
		abort();
	return (p->tags & *cut) != 0 ? JSON_EDIT_CUT : JSON_EDIT_PUT;
}

static enum json_edit
keep(void *arg, const struct json_place *p, struct str value, struct buf *out)
{
	(void)arg;
	(void)p;
	(void)value;
	(void)out;
	return JSON_EDIT_KEEP;
}

static void
check_json(struct str text)
{
	struct json *j = json_open_str(text);
	enum json_token t;

	do {
		t = json_next(j);
		if (t == JSON_ERROR)
			abort();
	} while (t != JSON_END);
	json_close(j);
}

static void
check_values(const struct json_places *places, struct str text)
{
	size_t i, from;

	for (i = 0; i < places->n; i++) {
		from = places->v[i].from;
		check_json(
		    (struct str){ text.p + from, places->v[i].to - from });
	}
}

static void
check_edits(const struct json_paths *paths, const struct json_places *places,
    struct str text)
{
	struct json_places again = { 0 };
	struct buf out = { 0 };
	uint64_t cut;
	struct err e;

	json_places_edit(places, text, keep, NULL, &out);
	if (!str_eq(buf_str(&out), text))
		abort();
	for (cut = 0; cut < 4; cut++) {
		out.n = 0;
		json_places_edit(places, text, edit, &cut, &out);
		/* Without a root nothing need be left. */
		if ((places->n == 0 || !(places->v[0].tags & 4)) &&
		    json_paths_find(
			paths, buf_str(&out), SIZE_MAX, &again, &e) == -1)
			abort();
	}
	json_places_fini(&again);
	buf_free(&out);
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	struct str text = { (const char *)bytes, n }, line;
	struct json_paths *paths = json_paths_new();
	struct json_places places = { 0 };
	struct err e;
	uint64_t tag;

	for (tag = 1; tag <= 2; tag++)
		if (str_cut(&text, '\n', &line))
			(void)json_paths_add(
			    paths, line, line.n < 2 ? tag | 4 : tag, &e);
	if (text.p == NULL)
		text = STR("");
	if (json_paths_find(paths, text, SIZE_MAX, &places, &e) == 0) {
		check_values(&places, text);
		check_edits(paths, &places, text);
	}
	json_places_fini(&places);
	json_paths_free(paths);
	return 0;
}
