#include "config.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "gateway/printable.h"
#include "gateway/traffic.h"
#include "har/json_write.h"

#include "gateway/verify_priv.h"

#define VERIFY_NUMBERS 100000 /* of those that count, for the order */
#define VERIFY_TOLD 10        /* of them are said */

/* What the log had to say. */
struct verify_seen {
	uint64_t checked;
	uint64_t dropped; /* it has no more, and they may count */
};

/* ---- looking ------------------------------------------------------------ */

static void
verify_note(struct verify_expected *x, uint64_t number)
{
	x->count++;
	if (x->nnumbers == VERIFY_NUMBERS)
		return;
	if (x->nnumbers == x->room) {
		x->room = x->room == 0 ? 16 : 2 * x->room;
		x->numbers =
		    xrealloc(x->numbers, x->room * sizeof(*x->numbers));
	}
	x->numbers[x->nnumbers++] = number;
}

/* Keeps r if it is nearer than one of the closest; the nearest come first. */
static void
verify_keep(struct verify_expected *x, struct traffic_row *r, unsigned distance,
    struct buf *lines)
{
	struct verify_close *c = x->closest, *last = c + VERIFY_CLOSEST - 1;

	while (c <= last && c->row != NULL && c->distance <= distance)
		c++;
	if (c > last)
		return;
	traffic_row_unref(last->row);
	buf_free(&last->differences);
	memmove(c + 1, c, (size_t)(last - c) * sizeof(*c));
	*c = (struct verify_close){ distance, traffic_row_ref(r), *lines };
	*lines = (struct buf){ 0 };
}

static void
verify_row(struct verify *v, struct traffic_row *r)
{
	struct verify_expected *x;
	struct buf lines = { 0 };
	unsigned distance;

	for (x = v->v; x < v->v + v->n; x++) {
		lines.n = 0;
		switch (verify_match(x, r, &distance, &lines)) {
		case VERIFY_FITS:
			verify_note(x, r->number);
			break;
		case VERIFY_UNSURE:
			x->unsure++;
			break;
		case VERIFY_DIFFERS:
			verify_keep(x, r, distance, &lines);
			break;
		}
	}
	buf_free(&lines);
}

static bool
verify_counts(const struct verify *v, const struct traffic_row *r)
{
	return !r->refused && r->started_us >= v->since_us &&
	       (v->session == NULL ||
		   str_is(r->text[TRAFFIC_SESSION], v->session));
}

static void
verify_look(struct verify *v, struct traffic *t, struct verify_seen *seen)
{
	struct traffic_row *rows[TRAFFIC_BATCH];
	struct traffic_figures f;
	uint64_t after;
	size_t n, i;

	traffic_figures(t, &f);
	after = v->since > f.cleared ? v->since : f.cleared;
	while ((n = traffic_after(t, after, rows, TRAFFIC_BATCH)) > 0) {
		/* Rows are in the order of their ends: those that are gone
		 * ended before this one did. */
		if (rows[0]->number > after + 1 &&
		    rows[0]->started_us + rows[0]->duration_us > v->since_us)
			seen->dropped += rows[0]->number - after - 1;
		after = rows[n - 1]->number;
		for (i = 0; i < n; i++) {
			if (verify_counts(v, rows[i])) {
				seen->checked++;
				verify_row(v, rows[i]);
			}
			traffic_row_unref(rows[i]);
		}
	}
}

/* ---- judging ------------------------------------------------------------ */

static void
verify_judge(struct verify_expected *x, const struct verify_seen *seen)
{
	uint64_t most = x->count + x->unsure + seen->dropped;

	x->ok = x->count >= x->least && most <= x->most;
	/* More than are known do no harm where there is no upper bound. */
	if (x->most == UINT64_MAX)
		x->ok = x->count >= x->least;
	if (x->ok)
		return;
	buf_addf(&x->why, "expected %s, came %" PRIu64, x->counted, x->count);
	if (x->count > x->most || most < x->least)
		return;
	buf_addf(&x->why, ", but not all is known:");
	if (seen->dropped > 0)
		buf_addf(&x->why,
		    " %" PRIu64 " exchanges were dropped from the log "
		    "(--traffic, --traffic-bytes)",
		    seen->dropped);
	if (x->unsure > 0)
		buf_addf(&x->why,
		    "%s of %" PRIu64 " only the start of the body is kept "
		    "(--traffic-body)",
		    seen->dropped > 0 ? ";" : "", x->unsure);
}

/* How many requests in a row are needed of x. */
static uint64_t
verify_needed(const struct verify_expected *x)
{
	return x->most == 0 ? 0 : x->least;
}

/* Requests that come behind each other, as the expectations do. */
static void
verify_order(struct verify *v)
{
	const struct verify_expected *before = NULL;
	struct verify_expected *x;
	uint64_t last = 0, need;
	size_t i;

	for (x = v->v; x < v->v + v->n; x++) {
		need = verify_needed(x);
		for (i = 0; i < x->nnumbers && need > 0; i++) {
			if (x->numbers[i] <= last)
				continue;
			last = x->numbers[i];
			need--;
		}
		if (need > 0 && x->ok) {
			x->ok = false;
			buf_addf(&x->why,
			    "not in order: expected behind %s (exchange "
			    "%" PRIu64 ")",
			    before != NULL ? before->name : "the beginning",
			    last);
		}
		if (verify_needed(x) > 0)
			before = x;
	}
}

/* ---- telling ------------------------------------------------------------ */

static void
verify_write_closest(struct json_write *w, const struct verify_expected *x)
{
	const struct verify_close *c;
	struct str rest, line;

	json_write_name(w, STR("closest"));
	json_write_array(w);
	for (c = x->closest;
	     !x->ok && c < x->closest + VERIFY_CLOSEST && c->row != NULL; c++) {
		json_write_object(w);
		json_write_member_int(w, "id", (int64_t)c->row->number);
		json_write_member(w, "method", c->row->text[TRAFFIC_METHOD]);
		json_write_member(w, "path", c->row->text[TRAFFIC_PATH]);
		json_write_name(w, STR("differences"));
		json_write_array(w);
		rest = buf_str(&c->differences);
		while (rest.n > 0 && str_cut(&rest, '\n', &line))
			json_write_str(w, line);
		json_write_array_end(w);
		json_write_object_end(w);
	}
	json_write_array_end(w);
}

static void
verify_write_expected(struct json_write *w, struct verify_expected *x)
{
	size_t i;

	json_write_object(w);
	json_write_member(w, "name", str_of(x->name));
	json_write_name(w, STR("ok"));
	json_write_bool(w, x->ok);
	json_write_member(w, "expected", str_of(x->counted));
	json_write_member_int(w, "count", (int64_t)x->count);
	json_write_member(w, "why", str_of(buf_text(&x->why)));
	json_write_name(w, STR("matched"));
	json_write_array(w);
	for (i = 0; i < x->nnumbers && i < VERIFY_TOLD; i++)
		json_write_int(w, (int64_t)x->numbers[i]);
	json_write_array_end(w);
	verify_write_closest(w, x);
	json_write_object_end(w);
}

static void
verify_write(
    struct verify *v, const struct verify_seen *seen, bool ok, struct buf *out)
{
	struct json_write w;
	size_t i;

	json_write_init(&w, false, NULL, NULL);
	json_write_object(&w);
	json_write_name(&w, STR("ok"));
	json_write_bool(&w, ok);
	json_write_member_int(&w, "checked", (int64_t)seen->checked);
	json_write_member_int(&w, "dropped", (int64_t)seen->dropped);
	json_write_name(&w, STR("expectations"));
	json_write_array(&w);
	for (i = 0; i < v->n; i++)
		verify_write_expected(&w, &v->v[i]);
	json_write_array_end(&w);
	json_write_object_end(&w);
	buf_add_str(out, buf_str(&w.out));
	buf_add_text(out, "\n");
	json_write_fini(&w);
}

static void
verify_say(struct verify_expected *x, struct buf *text)
{
	const struct verify_close *c = x->closest;
	struct str rest, line;

	if (x->ok)
		return;
	printable_add(text, str_of(x->name), false);
	buf_addf(text, ": %s\n", buf_text(&x->why));
	if (x->count >= x->least || c->row == NULL)
		return;
	buf_addf(text, "  closest: exchange %" PRIu64 ", ", c->row->number);
	printable_add(text, c->row->text[TRAFFIC_METHOD], false);
	buf_add_text(text, " ");
	printable_add(text, c->row->text[TRAFFIC_PATH], false);
	buf_add_text(text, "\n");
	rest = buf_str(&c->differences);
	while (rest.n > 0 && str_cut(&rest, '\n', &line))
		buf_addf(text, "    %.*s\n", STR_ARGS(line));
}

bool
verify_check(
    struct verify *v, struct traffic *t, struct buf *out, struct buf *text)
{
	struct verify_seen seen = { 0 };
	bool ok = true;
	size_t i;

	verify_look(v, t, &seen);
	for (i = 0; i < v->n; i++)
		verify_judge(&v->v[i], &seen);
	if (v->order)
		verify_order(v);
	for (i = 0; i < v->n; i++) {
		ok = ok && v->v[i].ok;
		if (text != NULL)
			verify_say(&v->v[i], text);
	}
	if (out != NULL)
		verify_write(v, &seen, ok, out);
	return ok;
}

size_t
verify_count(const struct verify *v)
{
	return v->n;
}

struct verify_result
verify_result(const struct verify *v, size_t i)
{
	struct verify_expected *x = &v->v[i];

	return (struct verify_result){ x->name, x->ok, buf_text(&x->why) };
}
