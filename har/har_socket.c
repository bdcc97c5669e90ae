#include "config.h"

#include <string.h>

#include "base/err.h"
#include "har/feed.h"
#include "har/har_payload.h"
#include "har/json_write.h"

#include "har/har_socket.h"

static const char har_socket_name[] = "_webSocketMessages";

/* ---- reading --------------------------------------------------------- */

/* A line less or more is no reason not to take the rest. */
static int
har_socket_failed(struct har_in *in, const struct err *e)
{
	if (in->entry->frames.failed)
		return har_payload_failed(in, e);
	return har_in_repair(in, "messages left out: %s", e->text);
}

static int
har_socket_message(struct har_in *in, enum json_token t, void *arg)
{
	struct bulk *lines = arg;
	struct json_write w;
	struct err e;
	int r;

	json_write_init(&w, false, NULL, NULL);
	r = json_write_value(&w, in->j, t);
	buf_add(&w.out, "\n", 1);
	if (r == -1)
		r = har_in_fail(in);
	else if (bulk_add(lines, w.out.p, w.out.n, &e) == -1)
		r = har_socket_failed(in, &e);
	json_write_fini(&w);
	return r;
}

int
har_socket_read(struct har_in *in, enum json_token t, void *slot)
{
	struct har_entry *entry = slot;
	struct err e;

	if (t != JSON_ARRAY)
		return har_in_keep(in, t, str_of(har_socket_name), HAR_ENTRY);
	bulk_free(&entry->frames);
	entry->frames = har_in_bulk(in);
	entry->has_frames = true;
	if (har_in_array(in, t, har_socket_message, &entry->frames) == -1)
		return -1;
	return bulk_end(&entry->frames, &e) == -1 ? har_socket_failed(in, &e)
						  : 0;
}

/* The lines of text, each in its compact form.  0, or -1 with *e set. */
static int
har_socket_lines(struct str text, struct bulk *lines, struct err *e)
{
	struct str line;
	struct json_write w;
	int r = 0;

	while (r == 0 && str_cut(&text, '\n', &line)) {
		if (str_trim(line).n == 0)
			continue;
		json_write_init(&w, false, NULL, NULL);
		if (json_write_copy(&w, line) == -1)
			r = err_set(e, "not one JSON value per line");
		buf_add(&w.out, "\n", 1);
		if (r == 0)
			r = bulk_add(lines, w.out.p, w.out.n, e);
		json_write_fini(&w);
	}
	return r == 0 ? bulk_end(lines, e) : r;
}

static int
har_socket_file(struct har_in *in)
{
	static const char path[] = "response/content/_file";
	struct har_entry *entry = in->entry;
	struct bulk text = { .in_memory = HAR_MOST_BODY,
		.limit = HAR_MOST_BODY };
	struct err e;
	int r = -1;

	entry->frames = har_in_bulk(in);
	if (in->o->side_file == NULL)
		err_set(&e, "it is in a file beside the HAR");
	else
		r = in->o->side_file(
		    in->o->arg, entry->content.file, &text, &e);
	if (r == 0)
		r = har_socket_lines(buf_str(&text.bytes), &entry->frames, &e);
	bulk_free(&text);
	entry->has_frames = r == 0;
	if (r == 0)
		return 0;
	bulk_free(&entry->frames);
	return har_in_repair_at(in, path, "frames left out: %s", e.text);
}

int
har_socket_take(struct har_in *in)
{
	struct har_entry *entry = in->entry;
	struct body *b = &entry->x->response.body;

	if (!entry->has_frames && entry->content.file.n > 0 &&
	    har_socket_file(in) == -1)
		return -1;
	if (!entry->has_frames) {
		b->known = false;
		return 0;
	}
	return har_payload_take(b, &entry->frames);
}

int
har_socket_keep(struct har_in *in)
{
	struct har_entry *entry = in->entry;
	struct feed *lines;
	struct json_write w;

	if (!entry->has_frames)
		return 0;
	lines = bulk_feed(&entry->frames);
	json_write_init(&w, false, NULL, NULL);
	har_socket_write(&w, lines);
	if (!w.failed)
		har_in_add(entry, HAR_ENTRY, har_socket_name, buf_str(&w.out));
	feed_free(lines);
	json_write_fini(&w);
	return 0;
}

/* ---- writing --------------------------------------------------------- */

static void
har_socket_write_lines(struct json_write *w, struct buf *part)
{
	struct str rest = buf_str(part), line;
	const char *end = memrchr(part->p, '\n', part->n);

	if (end == NULL)
		return;
	rest.n = (size_t)(end + 1 - rest.p);
	while (rest.n > 0 && str_cut(&rest, '\n', &line))
		(void)json_write_copy(w, line);
	buf_drop(part, (size_t)(end + 1 - part->p));
}

void
har_socket_write(struct json_write *w, struct feed *lines)
{
	struct buf part = { 0 };
	struct str piece;
	struct err e;
	int r = 0;

	json_write_array(w);
	while (lines != NULL && (r = feed_next(lines, &piece, &e)) == 1) {
		buf_add_str(&part, piece);
		har_socket_write_lines(w, &part);
	}
	if (r == -1 && !w->failed) {
		w->failed = true;
		w->error = e;
	}
	json_write_array_end(w);
	buf_free(&part);
}
