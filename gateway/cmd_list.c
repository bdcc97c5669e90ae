/* hark list: one line per entry, as a table or as JSON objects. */
#include "config.h"

#include <inttypes.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"
#include "gateway/printable.h"
#include "har/date.h"
#include "har/json_write.h"
#include "recorder/store.h"

#include "gateway/commands.h"

#define FLUSH_AT (1u << 16)

enum { LIST_JSON, LIST_METHOD, LIST_URL, LIST_STATUS, LIST_TAPE, LIST_OPTIONS };

const struct own_option cmd_list_options[] = {
	[LIST_JSON] = {
	    .name = "json",
	    .help = "one JSON object per line",
	},
	[LIST_METHOD] = {
	    .name = "method",
	    .argument = "METHOD",
	    .help = "only entries with this method",
	},
	[LIST_URL] = {
	    .name = "url",
	    .argument = "GLOB",
	    .help = "only entries whose URL fits; * is any text, ? a byte",
	},
	[LIST_STATUS] = {
	    .name = "status",
	    .argument = "STATUS",
	    .help = "only entries with this status, 404 or 4xx",
	},
	[LIST_TAPE] = {
	    .name = "tape",
	    .argument = "NAME",
	    .help = "only entries of this tape; without it those of all",
	},
	{ .name = NULL },
};

struct list {
	struct buf out;
	size_t columns; /* of the terminal; 0: no limit */
	bool json;
	bool tapes; /* a column with the tape */
};

/* "523", "1.2k", "13m" */
static void
cmd_list_add_size(struct buf *out, uint64_t n)
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
cmd_list_add_result(struct buf *out, const struct store_entry_row *row)
{
	if (row->outcome != OUTCOME_COMPLETE)
		buf_addf(out, "%-11s", outcome_text(row->outcome));
	else
		buf_addf(out, "%-11d", row->status);
}

/* Peers choose methods and URLs: they are made printable, and the line is
 * cut to the terminal behind that. */
static void
cmd_list_add_row(struct list *l, const struct store_entry_row *row)
{
	struct buf line = { 0 }, word = { 0 };
	struct str shown;

	buf_addf(&line, "%6" PRId64 "  ", row->id);
	printable_add(&word, row->method, false);
	buf_addf(&line, "%-7s ", buf_text(&word));
	cmd_list_add_result(&line, row);
	cmd_list_add_size(&line, row->response_size);
	if (row->time_us < 0)
		buf_add_text(&line, "       -  ");
	else
		buf_addf(
		    &line, "%6" PRId64 "ms  ", (row->time_us + 500) / 1000);
	if (l->tapes) {
		buf_clear(&word, FLUSH_AT);
		printable_add(&word, row->tape, false);
		buf_addf(&line, "%-12s  ", buf_text(&word));
	}
	printable_add(&line, row->url, false);
	shown = buf_str(&line);
	if (l->columns > 0)
		shown = printable_cut(shown, l->columns);
	buf_add_str(&l->out, shown);
	buf_add_text(&l->out, "\n");
	buf_free(&word);
	buf_free(&line);
}

static void
cmd_list_add_json(struct list *l, const struct store_entry_row *row)
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
	buf_add_str(&l->out, buf_str(&w.out));
	buf_add_text(&l->out, "\n");
	json_write_fini(&w);
}

static int
cmd_list_on_entry(void *arg, const struct store_entry_row *row)
{
	struct list *l = arg;

	if (l->json)
		cmd_list_add_json(l, row);
	else
		cmd_list_add_row(l, row);
	return l->out.n >= FLUSH_AT ? commands_print(&l->out) : 0;
}

static void
cmd_list_add_head(struct list *l)
{
	struct str head;
	struct buf line = { 0 };

	buf_addf(&line, "%6s  %-7s %-11s%8s %8s  %s%s", "ENTRY", "METHOD",
	    "STATUS", "BYTES ", "TIME", l->tapes ? "TAPE          " : "",
	    "URL");
	head = buf_str(&line);
	if (l->columns > 0)
		head = printable_cut(head, l->columns);
	buf_add_str(&l->out, head);
	buf_add_text(&l->out, "\n");
	buf_free(&line);
}

static size_t
cmd_list_columns(void)
{
	struct winsize size;

	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == -1)
		return 0; /* not a terminal: nothing is cut */
	return size.ws_col;
}

/* "404", or "4xx" as 4. */
static int
cmd_list_status(const char *text, int *status, struct err *e)
{
	uint64_t v;

	if (strlen(text) == 3 && text[0] >= '1' && text[0] <= '5' &&
	    strcmp(text + 1, "xx") == 0) {
		*status = text[0] - '0';
		return 0;
	}
	if (str_u64(str_of(text), &v) == -1 || v < 100 || v > 999)
		return err_set(e,
		    "option status: %.100s: expected a status such as 404 or "
		    "4xx",
		    text);
	*status = (int)v;
	return 0;
}

static int
cmd_list_count_tape(void *arg, const struct store_tape_row *row)
{
	int *n = arg;

	(void)row;
	(*n)++;
	return 0;
}

static int
cmd_list_filter(struct store *s, const char **values, struct list *l,
    struct store_filter *f, struct err *e)
{
	const char *tape = values[LIST_TAPE];
	int tapes = 0;

	if (tape == NULL) {
		if (store_tapes(s, cmd_list_count_tape, &tapes, e) == -1)
			return -1;
		l->tapes = tapes > 1;
		return 0;
	}
	f->tape = store_tape(s, str_of(tape), false, e);
	if (f->tape == 0)
		return err_set(e, "tape %.100s: no such tape", tape);
	return f->tape == -1 ? -1 : 0;
}

static int
cmd_list_entries(struct store *s, const char **values, struct store_filter *f)
{
	struct list l = {
		.json = values[LIST_JSON] != NULL,
		.columns = cmd_list_columns(),
	};
	struct err e;
	int rc, status = STATUS_FAILED;

	if (cmd_list_filter(s, values, &l, f, &e) == -1)
		return commands_fail(STATUS_FAILED, &e);
	if (!l.json)
		cmd_list_add_head(&l);
	rc = store_list(s, f, cmd_list_on_entry, &l, &e);
	if (rc == -1)
		commands_fail(STATUS_FAILED, &e);
	else if (rc == 0)
		status = commands_print(&l.out);
	buf_free(&l.out);
	return status;
}

int
cmd_list(const struct command *c, int argc, char **argv)
{
	const char *values[LIST_OPTIONS];
	struct store_filter filter = { 0 };
	struct store *store = NULL;
	struct settings *s;
	struct err e;
	int operands, status;

	s = commands_settings(c, argc, argv, values, &operands, &status);
	if (s == NULL)
		return status;
	filter.method = str_of(values[LIST_METHOD]);
	filter.url = str_of(values[LIST_URL]);
	if (operands > 0)
		status = commands_misused(c);
	else if (values[LIST_STATUS] != NULL &&
		 cmd_list_status(values[LIST_STATUS], &filter.status, &e) == -1)
		status = commands_fail(STATUS_USAGE, &e);
	else if ((store = store_open(s->store, STORE_READ, false, &e)) == NULL)
		status = commands_fail(STATUS_USAGE, &e);
	else
		status = cmd_list_entries(store, values, &filter);
	store_close(store);
	settings_free(s);
	return status;
}
