#include "config.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/buf.h"
#include "har/base64.h"
#include "har/exchange.h"
#include "har/json.h"
#include "har/json_write.h"
#include "har/url.h"

#include "har/frame.h"

#define FRAME_MOST (64u << 20) /* of data, when a line is read */

bool
frame_asks(struct str method, const struct headers *h)
{
	return str_is(method, "GET") &&
	       headers_have_token(h, "Upgrade", "websocket") &&
	       headers_have_token(h, "Connection", "upgrade");
}

bool
frame_asked(const struct exchange *x)
{
	return url_is_socket(x->url) ||
	       frame_asks(x->method, &x->request.headers);
}

bool
frame_socket(const struct exchange *x)
{
	return x->status == 101 && frame_asked(x);
}

/* ---- writing --------------------------------------------------------- */

/* Seconds with six decimals. */
static void
frame_write_time(struct json_write *w, int64_t us)
{
	char text[32] = "-1";

	if (us >= 0)
		snprintf(text, sizeof(text), "%lld.%06lld",
		    (long long)(us / 1000000), (long long)(us % 1000000));
	json_write_name(w, STR("time"));
	json_write_raw(w, str_of(text));
}

void
frame_write(struct buf *out, const struct frame *f)
{
	bool text = f->opcode == FRAME_TEXT && str_is_utf8(f->data);
	struct json_write w;

	json_write_init(&w, false, NULL, NULL);
	json_write_object(&w);
	json_write_member(&w, "type", f->sent ? STR("send") : STR("receive"));
	frame_write_time(&w, f->at_us);
	json_write_member_int(&w, "opcode", f->opcode);
	json_write_name(&w, STR("data"));
	if (text)
		json_write_str(&w, f->data);
	else
		json_write_base64(&w, f->data);
	if (!text && f->opcode == FRAME_TEXT)
		json_write_member(&w, "_encoding", STR("base64"));
	if (f->size != f->data.n)
		json_write_member_int(&w, "_size", (int64_t)f->size);
	json_write_object_end(&w);
	buf_add_str(out, buf_str(&w.out));
	buf_add(out, "\n", 1);
	json_write_fini(&w);
}

/* ---- reading --------------------------------------------------------- */

/* A line as it is read. */
struct frame_in {
	struct json *j;
	struct frame *f;
	struct buf *data;
	double time, size;
	bool typed, sized, base64;
};

static int
frame_word(struct json *j, struct buf *out)
{
	out->n = 0;
	return json_decode(j, out, 64) == -1 ? -1 : 0;
}

static int
frame_string(struct frame_in *in, struct str name)
{
	struct buf word = { 0 };
	int r;

	if (str_is(name, "data")) {
		in->data->n = 0;
		return json_decode(in->j, in->data, FRAME_MOST) == 0 ? 0 : -1;
	}
	r = frame_word(in->j, &word);
	if (r == 0 && str_is(name, "type")) {
		in->f->sent = str_is(buf_str(&word), "send");
		in->typed = in->f->sent || str_is(buf_str(&word), "receive");
	} else if (r == 0 && str_is(name, "_encoding")) {
		in->base64 = str_is(buf_str(&word), "base64");
	}
	buf_free(&word);
	return r;
}

static void
frame_number(struct frame_in *in, struct str name, struct str text)
{
	char copy[64];
	double v;

	snprintf(copy, sizeof(copy), "%.*s", STR_ARGS(text));
	v = strtod(copy, NULL);
	if (str_is(name, "time"))
		in->time = v;
	else if (str_is(name, "opcode") && v >= 0 && v <= 15)
		in->f->opcode = (int64_t)v;
	else if (str_is(name, "_size") && v >= 0 && v < 1e15) {
		in->size = v;
		in->sized = true;
	}
}

static int
frame_members(struct frame_in *in)
{
	struct buf name = { 0 };
	enum json_token t;
	int r = 0;

	while (r == 0 && (t = json_next(in->j)) == JSON_NAME) {
		name.n = 0;
		buf_add_str(&name, json_text(in->j));
		t = json_next(in->j);
		if (t == JSON_STRING)
			r = frame_string(in, buf_str(&name));
		else if (t == JSON_NUMBER)
			frame_number(in, buf_str(&name), json_text(in->j));
		else
			r = json_skip(in->j, t);
	}
	if (t != JSON_OBJECT_END)
		r = -1;
	buf_free(&name);
	return r;
}

/* Some write seconds, as Chrome, and some milliseconds, as Playwright. */
static int64_t
frame_time(double v)
{
	if (!(v >= 0) || v > 1e14)
		return -1;
	return (int64_t)(v > 1e11 ? v * 1e3 : v * 1e6 + 0.5);
}

int
frame_read(struct str line, struct frame *f, struct buf *scratch)
{
	struct frame_in in = {
		.j = json_open_str(line), .f = f, .data = scratch, .time = -1
	};
	unsigned odd;
	int r = -1;

	*f = (struct frame){ .opcode = FRAME_TEXT };
	scratch->n = 0;
	if (json_next(in.j) == JSON_OBJECT)
		r = frame_members(&in);
	json_close(in.j);
	if (r == -1 || !in.typed)
		return -1;
	if ((f->opcode != FRAME_TEXT || in.base64) &&
	    base64_decode_in_place(scratch, &odd) == -1)
		return -1;
	f->at_us = frame_time(in.time);
	f->data = buf_str(scratch);
	f->size = in.sized ? (uint64_t)in.size : f->data.n;
	return 0;
}
