/* hark show: one entry as a person wants to read it, or its body's bytes. */
#include "config.h"

#include <inttypes.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"
#include "gateway/printable.h"
#include "har/coding.h"
#include "har/date.h"
#include "recorder/store.h"

#include "gateway/commands.h"

#define BODY_IN_MEMORY (4u << 20) /* a longer one is not decoded */
#define TEXT_SHOWN (64u << 10)
#define DUMP_SHOWN 512u
#define STEP (1u << 20) /* of --raw */

enum { SHOW_RAW, SHOW_OPTIONS };

const struct own_option cmd_show_options[] = {
	[SHOW_RAW] = {
	    .name = "raw",
	    .help = "only the bytes of the response body, as recorded",
	},
	{ .name = NULL },
};

static void
cmd_show_add_time(struct buf *out, const char *name, int64_t us)
{
	if (us >= 0)
		buf_addf(out, "  %s %" PRId64 ".%03d ms", name, us / 1000,
		    (int)(us % 1000));
}

static void
cmd_show_add_facts(struct buf *out, const struct exchange *x)
{
	const struct timings *t = &x->timings;
	char started[DATE_BYTES];

	date_format(x->started_us, started);
	buf_addf(out, "entry     %" PRId64 "\nurl       ", x->id);
	printable_add(out, x->url, false);
	buf_addf(out, "\noutcome   %s", outcome_text(x->outcome));
	if (x->failure.n > 0) {
		buf_add_text(out, ": ");
		printable_add(out, x->failure, false);
	}
	buf_addf(out, "\nstarted   %s\ntimings ", started);
	cmd_show_add_time(out, "blocked", t->blocked);
	cmd_show_add_time(out, "dns", t->dns);
	cmd_show_add_time(out, "connect", t->connect);
	cmd_show_add_time(out, "tls", t->tls);
	cmd_show_add_time(out, "send", t->send);
	cmd_show_add_time(out, "wait", t->wait);
	cmd_show_add_time(out, "receive", t->receive);
	buf_add_text(out, "\n");
}

static void
cmd_show_add_name(struct buf *out, const char *name, struct str value)
{
	if (value.n == 0)
		return;
	buf_addf(out, "%-10s", name);
	printable_add(out, value, false);
	buf_add_text(out, "\n");
}

static void
cmd_show_add_fields(struct buf *out, const struct headers *h)
{
	size_t i;

	for (i = 0; i < h->n; i++) {
		printable_add(out, h->v[i].name, false);
		buf_add_text(out, ": ");
		printable_add(out, h->v[i].value, false);
		buf_add_text(out, "\n");
	}
}

/* The bytes to show: those recorded, or what is behind their content coding
 * when that can be undone.  note says which. */
static struct str
cmd_show_decoded(
    struct message *m, struct arena *a, struct buf *decoded, const char **note)
{
	struct str list = coding_list(&m->headers, a);
	struct str bytes = buf_str(&m->body.bytes);
	enum coding_result rc;

	*note = "";
	if (list.n == 0 || bytes.n == 0)
		return bytes;
	rc = coding_decode(list, bytes, BODY_IN_MEMORY, decoded);
	*note = rc == CODING_DONE ? ", decoded" : ", still encoded";
	return rc == CODING_DONE ? buf_str(decoded) : bytes;
}

static void
cmd_show_add_bytes(struct buf *out, struct str bytes)
{
	bool text = printable_is_text(bytes);
	struct str shown = bytes;

	if (shown.n > (text ? TEXT_SHOWN : DUMP_SHOWN))
		shown.n = text ? TEXT_SHOWN : DUMP_SHOWN;
	if (text)
		printable_add(out, shown, true);
	else
		printable_dump(out, shown);
	if (shown.n > 0 && out->p[out->n - 1] != '\n')
		buf_add_text(out, "\n");
	if (shown.n < bytes.n)
		buf_addf(out, "... and %zu bytes more\n", bytes.n - shown.n);
}

static void
cmd_show_add_body(struct buf *out, struct message *m, struct arena *a)
{
	struct buf decoded = { 0 };
	const char *note;
	struct str bytes;

	if (!m->body.known) {
		buf_add_text(out, "\n(the body was not kept)\n");
	} else if (m->body.stored_id > 0) {
		buf_addf(out, "\n(a body of %" PRIu64 " bytes: see --raw)\n",
		    m->body.size);
	} else if (m->body.size > 0) {
		bytes = cmd_show_decoded(m, a, &decoded, &note);
		buf_addf(out, "\n(%" PRIu64 " bytes%s)\n", m->body.size, note);
		cmd_show_add_bytes(out, bytes);
	}
	if (m->trailers.n > 0)
		buf_add_text(out, "\n(trailers)\n");
	cmd_show_add_fields(out, &m->trailers);
	buf_free(&decoded);
}

static void
cmd_show_render(struct buf *out, struct exchange *x)
{
	const struct interim *i;

	cmd_show_add_facts(out, x);
	cmd_show_add_name(out, "scope", x->scope);
	cmd_show_add_name(out, "server", x->server_addr);
	cmd_show_add_name(out, "client", x->client_addr);
	cmd_show_add_name(out, "session", x->session);
	cmd_show_add_name(out, "mode", x->mode);
	cmd_show_add_name(out, "comment", x->comment);
	buf_add_text(out, "\n");
	printable_add(out, x->method, false);
	buf_add_text(out, " ");
	printable_add(out, x->target, false);
	buf_add_text(out, " ");
	printable_add(out, x->request.version, false);
	buf_add_text(out, "\n");
	cmd_show_add_fields(out, &x->request.headers);
	cmd_show_add_body(out, &x->request, &x->arena);
	for (i = x->interims; i != NULL; i = i->next) {
		buf_addf(out, "\n(interim) %d\n", i->status);
		cmd_show_add_fields(out, &i->headers);
	}
	buf_add_text(out, "\n");
	if (x->status == 0) {
		buf_add_text(out, "(no response)\n");
		return;
	}
	printable_add(out, x->response.version, false);
	buf_addf(out, " %d ", x->status);
	printable_add(out, x->reason, false);
	buf_add_text(out, "\n");
	cmd_show_add_fields(out, &x->response.headers);
	cmd_show_add_body(out, &x->response, &x->arena);
}

/* Prints the response body, piece by piece when it is a large one. */
static int
cmd_show_raw(struct store *s, struct exchange *x, struct err *e)
{
	struct body *b = &x->response.body;
	uint64_t offset = 0;
	int64_t n = 1;

	if (!b->known) {
		err_set(e, "the response body was not kept");
		return commands_fail(STATUS_FAILED, e);
	}
	while (b->stored_id > 0 && n > 0) {
		n = store_body_read(s, b->stored_id, offset,
		    buf_reserve(&b->bytes, STEP), STEP, e);
		if (n == -1)
			return commands_fail(STATUS_FAILED, e);
		b->bytes.n = (size_t)n;
		offset += (uint64_t)n;
		if (commands_print(&b->bytes) != STATUS_FINE)
			return STATUS_FAILED;
	}
	return commands_print(&b->bytes);
}

static int
cmd_show_entry(const struct settings *s, const char *text, bool raw)
{
	struct exchange *x = NULL;
	struct store *store;
	struct buf out = { 0 };
	struct err e;
	int64_t id;
	int rc, status;

	if (commands_entry_id(text, &id, &e) == -1 ||
	    (store = store_open(s->store, STORE_READ, false, &e)) == NULL)
		return commands_fail(STATUS_USAGE, &e);
	rc = store_get(store, id, BODY_IN_MEMORY, &x, &e);
	if (rc == 0)
		err_set(&e, "entry %.100s: no such entry", text);
	if (rc != 1) {
		status = commands_fail(STATUS_FAILED, &e);
	} else if (raw) {
		status = cmd_show_raw(store, x, &e);
	} else {
		cmd_show_render(&out, x);
		status = commands_print(&out);
	}
	buf_free(&out);
	if (rc == 1)
		exchange_free(x);
	store_close(store);
	return status;
}

int
cmd_show(const struct command *c, int argc, char **argv)
{
	const char *values[SHOW_OPTIONS];
	struct settings *s;
	int operands, status;

	s = commands_settings(c, argc, argv, values, &operands, &status);
	if (s == NULL)
		return status;
	if (operands != 1)
		status = commands_misused(c);
	else
		status = cmd_show_entry(s, argv[1], values[SHOW_RAW] != NULL);
	settings_free(s);
	return status;
}
