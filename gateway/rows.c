#include "config.h"

#include <inttypes.h>

#include "base/err.h"
#include "base/str.h"
#include "gateway/commands.h"
#include "gateway/printable.h"
#include "gateway/terminal.h"
#include "har/date.h"
#include "har/json_write.h"
#include "recorder/store.h"

#include "gateway/rows.h"

#define FLUSH_AT (1u << 16)

/* "523", "1.2k", "13m" */
static void
rows_add_size(struct buf *out, uint64_t n)
{
	static const char units[] = " kmgtpe";
	size_t unit = 0;
	double v = (double)n;

	while (v >= 1000 && units[unit + 1] != '\0') {
		v /= 1024;
		unit++;
	}
	if (unit == 0)
		buf_addf(out, "%7" PRIu64 "  ", n);
	else
		buf_addf(
		    out, v < 10 ? "%6.1f%c  " : "%6.0f%c  ", v, units[unit]);
}

/* The status, or how the exchange failed. */
static void
rows_add_result(struct buf *out, const struct store_entry_row *row, int width)
{
	if (row->outcome != OUTCOME_COMPLETE)
		buf_addf(out, "%-*s", width, outcome_text(row->outcome));
	else
		buf_addf(out, "%-*d", width, row->status);
}

static enum terminal_colour
rows_colour(const struct store_entry_row *row)
{
	if (row->outcome != OUTCOME_COMPLETE || row->status >= 500)
		return TERMINAL_RED;
	return row->status >= 400 ? TERMINAL_YELLOW : TERMINAL_PLAIN;
}

/* One line of the table, cut to the terminal. */
static void
rows_add_line(struct rows *r, const struct buf *line, enum terminal_colour c)
{
	bool coloured = r->colours && c != TERMINAL_PLAIN;

	buf_add_text(&r->out, terminal_code(coloured, c));
	buf_add_str(&r->out, printable_cut(buf_str(line), r->columns));
	buf_add_text(&r->out, terminal_code(coloured, TERMINAL_PLAIN));
	buf_add_text(&r->out, "\n");
}

/* Peers choose methods and URLs: they are made printable. */
static void
rows_add_table(struct rows *r, const struct store_entry_row *row)
{
	struct buf line = { 0 }, word = { 0 };

	buf_addf(&line, "%6" PRId64 "  ", row->id);
	printable_add(&word, row->method, false);
	buf_addf(&line, "%-7s ", buf_text(&word));
	rows_add_result(&line, row, 11);
	rows_add_size(&line, row->response_size);
	if (row->time_us < 0)
		buf_add_text(&line, "       -  ");
	else
		buf_addf(
		    &line, "%6" PRId64 "ms  ", (row->time_us + 500) / 1000);
	if (r->tapes) {
		buf_clear(&word, FLUSH_AT);
		printable_add(&word, row->tape, false);
		buf_addf(&line, "%-12s  ", buf_text(&word));
	}
	printable_add(&line, row->url, false);
	rows_add_line(r, &line, rows_colour(row));
	buf_free(&word);
	buf_free(&line);
}

static void
rows_add_plain(struct rows *r, const struct store_entry_row *row)
{
	struct buf *out = &r->out;

	buf_addf(out, "%" PRId64 "\t", row->id);
	printable_add(out, row->method, false);
	buf_add_text(out, "\t");
	rows_add_result(out, row, 0);
	buf_addf(out, "\t%" PRIu64 "\t", row->response_size);
	if (row->time_us < 0)
		buf_add_text(out, "-");
	else
		buf_addf(out, "%" PRId64 ".%03d", row->time_us / 1000,
		    (int)(row->time_us % 1000));
	buf_add_text(out, "\t");
	printable_add(out, row->tape, false);
	buf_add_text(out, "\t");
	printable_add(out, row->url, false);
	buf_add_text(out, "\n");
}

static void
rows_add_json(struct rows *r, const struct store_entry_row *row)
{
	char started[DATE_BYTES];
	struct json_write w;

	date_format(row->started_us, started);
	json_write_init(&w, false, NULL, NULL);
	json_write_object(&w);
	json_write_member_int(&w, "entry", row->id);
	json_write_member(&w, "tape", row->tape);
	json_write_member(&w, "started", str_of(started));
	json_write_member(&w, "method", row->method);
	json_write_member(&w, "url", row->url);
	json_write_member_int(&w, "status", row->status);
	json_write_member(&w, "outcome", str_of(outcome_text(row->outcome)));
	json_write_member(&w, "failure", row->failure);
	json_write_member(&w, "mime_type", row->mime_type);
	json_write_member_int(&w, "request_bytes", (int64_t)row->request_size);
	json_write_member_int(
	    &w, "response_bytes", (int64_t)row->response_size);
	json_write_member_int(&w, "time_us", row->time_us);
	json_write_object_end(&w);
	buf_add_str(&r->out, buf_str(&w.out));
	buf_add_text(&r->out, "\n");
	json_write_fini(&w);
}

int
rows_add(struct rows *r, const struct store_entry_row *row)
{
	if (r->json)
		rows_add_json(r, row);
	else if (r->columns > 0)
		rows_add_table(r, row);
	else
		rows_add_plain(r, row);
	return r->out.n >= FLUSH_AT ? commands_print(&r->out) : 0;
}

static void
rows_add_head(struct rows *r)
{
	struct buf line = { 0 };

	if (r->columns == 0) {
		buf_add_text(
		    &r->out, "ENTRY\tMETHOD\tSTATUS\tBYTES\tMS\tTAPE\tURL\n");
		return;
	}
	buf_addf(&line, "%6s  %-7s %-11s%8s %8s  %s%s", "ENTRY", "METHOD",
	    "STATUS", "BYTES ", "TIME", r->tapes ? "TAPE          " : "",
	    "URL");
	rows_add_line(r, &line, TERMINAL_BOLD);
	buf_free(&line);
}

static int
rows_count_tape(void *arg, const struct store_tape_row *row)
{
	int *n = arg;

	(void)row;
	(*n)++;
	return 0;
}

int
rows_begin(
    struct rows *r, struct store *s, bool json, bool one_tape, struct err *e)
{
	int tapes = 0;

	*r = (struct rows){
		.json = json,
		.columns = terminal_columns(),
		.colours = terminal_colours(),
	};
	if (!one_tape && store_tapes(s, rows_count_tape, &tapes, e) == -1)
		return -1;
	r->tapes = tapes > 1;
	if (!json)
		rows_add_head(r);
	return 0;
}

int
rows_end(struct rows *r)
{
	int status = commands_print(&r->out);

	buf_free(&r->out);
	return status;
}
