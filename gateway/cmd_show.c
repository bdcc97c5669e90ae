/* hark show: one entry as a person wants to read it, or in a form that a
 * program takes: the body's bytes, a HAR entry, a command line for curl. */
#include "config.h"

#include <inttypes.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"
#include "gateway/body_out.h"
#include "gateway/curl_line.h"
#include "gateway/frames_out.h"
#include "gateway/printable.h"
#include "gateway/terminal.h"
#include "gateway/timing_bar.h"
#include "har/date.h"
#include "har/frame.h"
#include "har/har_write.h"
#include "har/json.h"
#include "har/json_write.h"
#include "recorder/store.h"

#include "gateway/commands.h"

#define BODY_MOST (1u << 30)      /* in any form but --raw */
#define BODY_IN_MEMORY (4u << 20) /* a longer one is not decoded */
#define TEXT_SHOWN (64u << 10)
#define DUMP_SHOWN 512u
#define PRETTY_DEPTH 64 /* JSON nested deeper stays as it is */
#define BAR_MOST 60u
#define BAR_LEFT 28u /* what stands in front of a timing bar */

enum {
	SHOW_RAW,
	SHOW_REQUEST,
	SHOW_HAR,
	SHOW_CURL,
	SHOW_JSON,
	SHOW_OPTIONS,
};

const struct own_option cmd_show_options[] = {
	[SHOW_RAW] = {
	    .name = "raw",
	    .help = "only the bytes of the response body, as recorded",
	},
	[SHOW_REQUEST] = {
	    .name = "request",
	    .help = "with --raw: of the request body",
	},
	[SHOW_HAR] = {
	    .name = "har",
	    .help = "as an entry of a HAR",
	},
	[SHOW_CURL] = {
	    .name = "curl",
	    .help = "as a shell command that sends the request again",
	},
	[SHOW_JSON] = {
	    .name = "json",
	    .help = "as --har, on one line",
	},
	{ .name = NULL },
};

/* The readable form on its way. */
struct show {
	struct buf out;
	bool colours;
};

static void
cmd_show_colour(struct show *s, enum terminal_colour c)
{
	buf_add_text(&s->out, terminal_code(s->colours, c));
}

static void
cmd_show_add_name(struct show *s, const char *name, struct str value)
{
	if (value.n == 0)
		return;
	buf_addf(&s->out, "%-10s", name);
	printable_add(&s->out, value, false);
	buf_add_text(&s->out, "\n");
}

static void
cmd_show_add_timings(struct show *s, const struct timings *t)
{
	size_t columns = terminal_columns(), width = BAR_MOST;

	if (columns > 0 && columns < BAR_LEFT + BAR_MOST)
		width = columns > BAR_LEFT ? columns - BAR_LEFT : 0;
	buf_add_text(&s->out, "timings\n");
	timing_bar_add(&s->out, t, width);
}

static void
cmd_show_add_facts(struct show *s, const struct exchange *x)
{
	struct buf *out = &s->out;
	char started[DATE_BYTES];

	date_format(x->started_us, started);
	buf_addf(out, "entry     %" PRId64 "\n", x->id);
	cmd_show_add_name(s, "url", x->url);
	buf_add_text(out, "outcome   ");
	if (x->outcome != OUTCOME_COMPLETE)
		cmd_show_colour(s, TERMINAL_RED);
	buf_add_text(out, outcome_text(x->outcome));
	if (x->failure.n > 0) {
		buf_add_text(out, ": ");
		printable_add(out, x->failure, false);
	}
	if (x->outcome != OUTCOME_COMPLETE)
		cmd_show_colour(s, TERMINAL_PLAIN);
	buf_addf(out, "\nstarted   %s\n", started);
	cmd_show_add_name(s, "scope", x->scope);
	cmd_show_add_name(s, "server", x->server_addr);
	cmd_show_add_name(s, "client", x->client_addr);
	cmd_show_add_name(s, "session", x->session);
	cmd_show_add_name(s, "mode", x->mode);
	cmd_show_add_name(s, "comment", x->comment);
	cmd_show_add_timings(s, &x->timings);
}

static void
cmd_show_add_fields(struct show *s, const struct headers *h)
{
	size_t i;

	for (i = 0; i < h->n; i++) {
		cmd_show_colour(s, TERMINAL_DIM);
		printable_add(&s->out, h->v[i].name, false);
		buf_add_text(&s->out, ":");
		cmd_show_colour(s, TERMINAL_PLAIN);
		buf_add_text(&s->out, " ");
		printable_add(&s->out, h->v[i].value, false);
		buf_add_text(&s->out, "\n");
	}
}

/* Whether text is one JSON object or array that does not become much longer
 * with a line for each member. */
static bool
cmd_show_is_json(struct str text)
{
	struct json *j;
	enum json_token t;
	int depth = 0;

	while (text.n > 0 && memchr(" \t\r\n", *text.p, 4) != NULL) {
		text.p++;
		text.n--;
	}
	if (text.n == 0 || (*text.p != '{' && *text.p != '['))
		return false;
	j = json_open_str(text);
	do {
		t = json_next(j);
		depth += t == JSON_OBJECT || t == JSON_ARRAY;
		depth -= t == JSON_OBJECT_END || t == JSON_ARRAY_END;
	} while (t != JSON_ERROR && t != JSON_END && depth <= PRETTY_DEPTH);
	json_close(j);
	return t == JSON_END;
}

static void
cmd_show_add_text(struct show *s, struct str text)
{
	struct str shown = text;

	if (shown.n > TEXT_SHOWN)
		shown.n = TEXT_SHOWN;
	printable_add(&s->out, shown, true);
	if (shown.n > 0 && s->out.p[s->out.n - 1] != '\n')
		buf_add_text(&s->out, "\n");
	if (shown.n < text.n)
		buf_addf(&s->out, "... and %zu bytes more\n", text.n - shown.n);
}

static void
cmd_show_add_bytes(struct show *s, struct str bytes)
{
	struct json_write w;
	struct str shown = bytes;

	if (!printable_is_text(bytes)) {
		if (shown.n > DUMP_SHOWN)
			shown.n = DUMP_SHOWN;
		printable_dump(&s->out, shown);
		if (shown.n < bytes.n)
			buf_addf(&s->out, "... and %zu bytes more\n",
			    bytes.n - shown.n);
	} else if (cmd_show_is_json(bytes)) {
		json_write_init(&w, true, NULL, NULL);
		(void)json_write_copy(&w, bytes); /* it is JSON */
		cmd_show_add_text(s, buf_str(&w.out));
		json_write_fini(&w);
	} else {
		cmd_show_add_text(s, bytes);
	}
}

static void
cmd_show_add_body(struct show *s, const struct message *m)
{
	struct buf decoded = { 0 };
	struct str bytes;
	enum coding_result rc;

	if (!m->body.known) {
		buf_add_text(&s->out, "\n(the body was not kept)\n");
	} else if (m->body.stored_id > 0) {
		buf_addf(&s->out,
		    "\n(a body of %" PRIu64 " bytes: see --raw)\n",
		    m->body.size);
	} else if (m->body.size > 0) {
		rc = body_out_decode(m, BODY_IN_MEMORY, &decoded, &bytes);
		buf_addf(&s->out, "\n(%" PRIu64 " bytes", m->body.size);
		if (rc != CODING_DONE)
			buf_addf(
			    &s->out, ", still encoded: %s", coding_text(rc));
		else if (bytes.p == decoded.p)
			buf_addf(&s->out, ", %zu decoded", bytes.n);
		buf_add_text(&s->out, ")\n");
		cmd_show_add_bytes(s, bytes);
	}
	if (m->trailers.n > 0)
		buf_add_text(&s->out, "\n(trailers)\n");
	cmd_show_add_fields(s, &m->trailers);
	buf_free(&decoded);
}

/* What passed on a WebSocket, if it is at hand. */
static void
cmd_show_add_frames(struct show *s, const struct exchange *x)
{
	const struct body *b = &x->response.body;

	if (!b->known) {
		buf_add_text(&s->out, "\n(the messages were not kept)\n");
		return;
	}
	if (b->stored_id > 0) {
		buf_addf(&s->out,
		    "\n(messages in %" PRIu64 " bytes: see --raw)\n", b->size);
		return;
	}
	buf_add_text(&s->out, "\n");
	frames_out_add(&s->out, buf_str(&b->bytes), x->started_us);
}

static void
cmd_show_add_request(struct show *s, const struct exchange *x)
{
	buf_add_text(&s->out, "\n");
	cmd_show_colour(s, TERMINAL_BOLD);
	printable_add(&s->out, x->method, false);
	buf_add_text(&s->out, " ");
	printable_add(&s->out, x->target, false);
	buf_add_text(&s->out, " ");
	printable_add(&s->out, x->request.version, false);
	cmd_show_colour(s, TERMINAL_PLAIN);
	buf_add_text(&s->out, "\n");
	cmd_show_add_fields(s, &x->request.headers);
	cmd_show_add_body(s, &x->request);
}

static enum terminal_colour
cmd_show_status_colour(int status)
{
	if (status >= 500)
		return TERMINAL_RED;
	return status >= 400 ? TERMINAL_YELLOW : TERMINAL_GREEN;
}

static void
cmd_show_add_response(struct show *s, const struct exchange *x)
{
	const struct interim *i;

	for (i = x->interims; i != NULL; i = i->next) {
		buf_addf(&s->out, "\n(interim) %d\n", i->status);
		cmd_show_add_fields(s, &i->headers);
	}
	buf_add_text(&s->out, "\n");
	if (x->status == 0) {
		buf_add_text(&s->out, "(no response)\n");
		return;
	}
	cmd_show_colour(s, cmd_show_status_colour(x->status));
	printable_add(&s->out, x->response.version, false);
	buf_addf(&s->out, " %d ", x->status);
	printable_add(&s->out, x->reason, false);
	cmd_show_colour(s, TERMINAL_PLAIN);
	buf_add_text(&s->out, "\n");
	cmd_show_add_fields(s, &x->response.headers);
	if (frame_socket(x))
		cmd_show_add_frames(s, x);
	else
		cmd_show_add_body(s, &x->response);
}

static int
cmd_show_readable(const struct exchange *x)
{
	struct show s = { .colours = terminal_colours() };
	int status;

	cmd_show_add_facts(&s, x);
	cmd_show_add_request(&s, x);
	cmd_show_add_response(&s, x);
	status = commands_print(&s.out);
	buf_free(&s.out);
	return status;
}

static int
cmd_show_raw(struct store *s, struct exchange *x, bool request, struct err *e)
{
	struct body *b = request ? &x->request.body : &x->response.body;

	if (b->known)
		return body_out_print(s, b, e);
	err_set(
	    e, "the %s body was not kept", request ? "request" : "response");
	return commands_fail(STATUS_FAILED, e);
}

static int
cmd_show_whole(const struct exchange *x, struct err *e)
{
	if (x->request.body.stored_id == 0 && x->response.body.stored_id == 0)
		return 0;
	return err_set(
	    e, "a body of more than %u bytes is too large for this", BODY_MOST);
}

static int
cmd_show_har(const struct exchange *x, bool pretty, struct err *e)
{
	struct json_write w;
	int status;

	if (cmd_show_whole(x, e) == -1)
		return commands_fail(STATUS_FAILED, e);
	json_write_init(&w, pretty, NULL, NULL);
	har_write_exchange(&w, x);
	buf_add_text(&w.out, "\n");
	status = commands_print(&w.out);
	json_write_fini(&w);
	return status;
}

static int
cmd_show_curl(const struct exchange *x, struct err *e)
{
	struct buf out = { 0 };
	int status;

	if (!x->request.body.known)
		err_set(e, "the request body was not kept");
	if (!x->request.body.known || cmd_show_whole(x, e) == -1)
		return commands_fail(STATUS_FAILED, e);
	curl_line_add(&out, x);
	status = commands_print(&out);
	buf_free(&out);
	return status;
}

static int
cmd_show_form(
    struct store *s, struct exchange *x, const char **values, struct err *e)
{
	if (values[SHOW_RAW] != NULL)
		return cmd_show_raw(s, x, values[SHOW_REQUEST] != NULL, e);
	if (values[SHOW_CURL] != NULL)
		return cmd_show_curl(x, e);
	if (values[SHOW_HAR] != NULL || values[SHOW_JSON] != NULL)
		return cmd_show_har(x, values[SHOW_JSON] == NULL, e);
	return cmd_show_readable(x);
}

static int
cmd_show_entry(const struct settings *s, const char *text, const char **values)
{
	bool all = values[SHOW_HAR] != NULL || values[SHOW_JSON] != NULL ||
		   values[SHOW_CURL] != NULL;
	struct exchange *x = NULL;
	struct store *store;
	struct err e;
	int64_t id;
	int rc, status;

	if (commands_entry_id(text, &id, &e) == -1 ||
	    (store = store_open(s->store, STORE_READ, false, &e)) == NULL)
		return commands_fail(STATUS_USAGE, &e);
	rc = store_get(store, id, all ? BODY_MOST : BODY_IN_MEMORY, &x, &e);
	if (rc == 0)
		err_set(&e, "entry %.100s: no such entry", text);
	status = rc == 1 ? cmd_show_form(store, x, values, &e)
			 : commands_fail(STATUS_FAILED, &e);
	exchange_free(x);
	store_close(store);
	return status;
}

static int
cmd_show_check(const char **values, struct err *e)
{
	static const int forms[] = { SHOW_RAW, SHOW_HAR, SHOW_CURL, SHOW_JSON };
	const char *first = NULL;
	size_t i;

	for (i = 0; i < sizeof(forms) / sizeof(*forms); i++) {
		if (values[forms[i]] == NULL)
			continue;
		if (first != NULL)
			return err_set(e, "option %s: not with --%s",
			    cmd_show_options[forms[i]].name, first);
		first = cmd_show_options[forms[i]].name;
	}
	if (values[SHOW_REQUEST] != NULL && values[SHOW_RAW] == NULL)
		return err_set(e, "option request: only with --raw");
	return 0;
}

int
cmd_show(const struct command *c, int argc, char **argv)
{
	const char *values[SHOW_OPTIONS];
	struct settings *s;
	struct err e;
	int operands, status;

	s = commands_settings(c, argc, argv, values, &operands, &status);
	if (s == NULL)
		return status;
	if (operands != 1)
		status = commands_misused(c);
	else if (cmd_show_check(values, &e) == -1)
		status = commands_fail(STATUS_USAGE, &e);
	else
		status = cmd_show_entry(s, argv[1], values);
	settings_free(s);
	return status;
}
