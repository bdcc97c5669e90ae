/* A request of the admin port as its handler sees it, and its answer. */
#include "config.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <jansson.h>

#include "base/clock.h"
#include "base/mem.h"
#include "gateway/admin_table.h"
#include "gateway/problem.h"
#include "har/date.h"
#include "har/spool.h"

#include "gateway/admin_priv.h"

#define ADMIN_TEXT_MOST 1024 /* bytes of a problem's sentence */

struct admin_request *
admin_request_new(struct admin_client *c)
{
	struct admin_request *r = xcalloc(1, sizeof(*r));

	r->client = c;
	r->reply.fd = -1;
	return r;
}

void
admin_request_free(struct admin_request *r)
{
	if (r == NULL)
		return;
	json_decref(r->body);
	spool_free(r->file);
	if (r->reply.fd != -1)
		close(r->reply.fd);
	buf_free(&r->reply.headers);
	buf_free(&r->reply.body);
	buf_free(&r->text);
	arena_fini(&r->arena);
	free(r);
}

/* ---- parameters --------------------------------------------------------- */

static const struct admin_value *
admin_value(const struct admin_request *r, const char *name)
{
	const struct admin_parameter *p = r->command->parameters;
	size_t i;

	for (i = 0; i < ADMIN_PARAMETERS && p[i].name != NULL; i++)
		if (strcmp(p[i].name, name) == 0)
			return &r->values[i];
	abort(); /* a handler asks for what its row does not have */
}

bool
admin_given(const struct admin_request *r, const char *name)
{
	return admin_value(r, name)->given;
}

struct str
admin_text(const struct admin_request *r, const char *name)
{
	return admin_value(r, name)->text;
}

uint64_t
admin_number(const struct admin_request *r, const char *name)
{
	return admin_value(r, name)->number;
}

/* ---- values ------------------------------------------------------------- */

json_t *
admin_json_str(struct str text)
{
	struct buf sound = { 0 };
	json_t *value;
	size_t n;
	bool whole;

	if (text.p == NULL)
		return json_null();
	value = json_stringn(text.p, text.n);
	if (value != NULL)
		return value;
	for (; text.n > 0; text.p += n, text.n -= n) {
		n = str_utf8(text, &whole);
		buf_add_str(&sound,
		    whole ? (struct str){ text.p, n } : STR("\xef\xbf\xbd"));
	}
	value = json_stringn(sound.p, sound.n);
	buf_free(&sound);
	return value;
}

json_t *
admin_json_text(const char *text)
{
	return admin_json_str((struct str){ text, text ? strlen(text) : 0 });
}

/* ---- answers ------------------------------------------------------------ */

/* Handlers answer once; what one has said before counts no more. */
static struct admin_reply *
admin_reply(struct admin_request *r, int status, const char *type)
{
	struct admin_reply *p = &r->reply;

	buf_free(&p->body);
	p->status = status;
	p->type = type;
	return p;
}

void
admin_reply_json(struct admin_request *r, int status, json_t *value)
{
	struct admin_reply *p = admin_reply(r, status, "application/json");
	char *text = json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY);

	assert(text != NULL); /* json_t are made by admin_json_*() */
	json_decref(value);
	buf_add_text(&p->body, text);
	buf_add_text(&p->body, "\n");
	free(text);
}

void
admin_reply_bytes(
    struct admin_request *r, int status, const char *type, struct buf *bytes)
{
	struct admin_reply *p = admin_reply(r, status, type);

	p->body = *bytes;
	*bytes = (struct buf){ 0 };
}

void
admin_reply_fixed(struct admin_request *r, const char *type, struct str bytes)
{
	admin_reply(r, 200, type)->fixed = bytes;
}

void
admin_reply_file(
    struct admin_request *r, const char *type, int fd, uint64_t size)
{
	struct admin_reply *p = admin_reply(r, 200, type);

	p->fd = fd;
	p->size = size;
}

void
admin_reply_nothing(struct admin_request *r)
{
	(void)admin_reply(r, 204, NULL);
}

void
admin_reply_problem(struct admin_request *r, int status, const char *fmt, ...)
{
	struct admin_reply *p = admin_reply(r, status, PROBLEM_TYPE);
	char detail[ADMIN_TEXT_MOST];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(detail, sizeof(detail), fmt, ap);
	va_end(ap);
	problem_render(&p->body,
	    &(struct problem){ .status = status, .detail = str_of(detail) });
}

void
admin_reply_header(struct admin_request *r, const char *name, struct str value)
{
	struct buf *out = &r->reply.headers;
	size_t i;

	buf_addf(out, "%s: ", name);
	for (i = 0; i < value.n; i++)
		if ((unsigned char)value.p[i] >= ' ' && value.p[i] != 0x7f)
			buf_add(out, &value.p[i], 1);
	buf_add_text(out, "\r\n");
	if (strcmp(name, "Content-Security-Policy") == 0)
		r->reply.page = true;
}

void
admin_reply_head(const struct admin_reply *p, struct buf *out)
{
	char date[DATE_BYTES];

	date_format_http(clock_wall_us(), date);
	http1_add_status_line(out, p->status);
	buf_addf(out, "Date: %s\r\n", date);
	if (p->type != NULL)
		buf_addf(out, "Content-Type: %s\r\n", p->type);
	if (!p->page)
		buf_add_text(out,
		    "Content-Security-Policy: default-src 'none'; "
		    "frame-ancestors 'none'\r\n");
	buf_add_text(out, "Cache-Control: no-store\r\n"
			  "X-Content-Type-Options: nosniff\r\n"
			  "Referrer-Policy: no-referrer\r\n"
			  "Cross-Origin-Resource-Policy: same-origin\r\n");
	buf_add_str(out, buf_str(&p->headers));
}

/* ---- streams ------------------------------------------------------------ */

void
admin_stream_begin(struct admin_request *r, const char *type,
    admin_closed_fn on_closed, void *arg)
{
	r->streaming = true;
	r->on_closed = on_closed;
	r->on_closed_arg = arg;
	r->reply.status = 200;
	r->reply.type = type;
	admin_client_begin_stream(r->client, type);
}

size_t
admin_stream_send(struct admin_request *r, struct str bytes)
{
	return admin_client_stream(r->client, bytes);
}

void
admin_stream_end(struct admin_request *r)
{
	admin_client_end_stream(r->client);
}
