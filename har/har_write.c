#include "config.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/mem.h"
#include "har/date.h"
#include "har/exchange.h"
#include "har/frame.h"
#include "har/har_text.h"

#include "har/har_write_priv.h"

void
har_write_text(struct json_write *w, const char *name, struct str s)
{
	struct buf text = { 0 };

	if (str_is_utf8(s)) {
		json_write_member(w, name, s);
		return;
	}
	har_text_from_latin1(s, &text);
	json_write_member(w, name, buf_str(&text));
	buf_free(&text);
}

static void
har_write_ms(struct json_write *w, const char *name, int64_t us)
{
	char text[HAR_MS_BYTES] = "-1";

	if (us >= 0)
		har_text_ms(us, text);
	json_write_name(w, str_of(name));
	json_write_raw(w, str_of(text));
}

void
har_write_date(struct json_write *w, const char *name, int64_t us)
{
	char text[DATE_BYTES];

	date_format(us, text);
	json_write_member(w, name, str_of(text));
}

/*
 * The entry
 */

/* tls is a part of connect and so of no sum. */
static int64_t
har_write_sum(const struct timings *t)
{
	const int64_t parts[] = { t->blocked, t->dns, t->connect, t->send,
		t->wait, t->receive };
	int64_t sum = 0;
	size_t i;

	for (i = 0; i < sizeof(parts) / sizeof(*parts); i++)
		sum += parts[i] > 0 ? parts[i] : 0;
	return sum;
}

static void
har_write_no_timings(struct json_write *w)
{
	json_write_name(w, STR("timings"));
	json_write_object(w);
	har_write_ms(w, "send", -1);
	har_write_ms(w, "wait", -1);
	har_write_ms(w, "receive", -1);
	json_write_object_end(w);
}

static void
har_write_timings(struct json_write *w, const struct exchange *x)
{
	const struct timings *t = &x->timings;

	json_write_name(w, STR("timings"));
	json_write_object(w);
	har_write_ms(w, "blocked", t->blocked);
	har_write_ms(w, "dns", t->dns);
	har_write_ms(w, "connect", t->connect);
	har_write_ms(w, "ssl", t->tls);
	har_write_ms(w, "send", t->send > 0 ? t->send : 0);
	har_write_ms(w, "wait", t->wait > 0 ? t->wait : 0);
	har_write_ms(w, "receive", t->receive > 0 ? t->receive : 0);
	har_text_extra(w, x, HAR_TIMINGS);
	json_write_object_end(w);
}

/* serverIPAddress: an address without port and brackets, or nothing. */
static void
har_write_server(struct json_write *w, struct str address)
{
	char text[INET6_ADDRSTRLEN + 1] = "";
	unsigned char binary[16];
	struct str host = address, inside;
	const char *colon;

	if (host.n > 0 && host.p[0] == '[') {
		host.p++;
		host.n--;
		(void)str_cut(&host, ']', &inside);
		host = inside;
	} else if ((colon = host.n > 0 ? memchr(host.p, ':', host.n) : NULL) !=
		       NULL &&
		   memrchr(host.p, ':', host.n) == colon) {
		host.n = (size_t)(colon - host.p);
	}
	if (host.n == 0 || host.n >= sizeof(text))
		return;
	memcpy(text, host.p, host.n);
	if (inet_pton(AF_INET, text, binary) == 1 ||
	    inet_pton(AF_INET6, text, binary) == 1)
		json_write_member(w, "serverIPAddress", str_of(text));
}

/* What tells of an exchange without being a part of its messages. */
static void
har_write_about(struct json_write *w, const struct exchange *x)
{
	har_write_server(w, x->server_addr);
	if (x->connection.n > 0)
		har_write_text(w, "connection", x->connection);
	if (x->comment.n > 0)
		har_write_text(w, "comment", x->comment);
	har_text_extra(w, x, HAR_ENTRY);
}

static void
har_write_one(struct har_write *h, const struct exchange *x)
{
	struct har_hark_needs needs = { .minimal = h->o->minimal,
		.omit = h->o->bodies == HAR_BODIES_OMIT,
		.stored = h->o->read_body != NULL };
	struct json_write *w = h->w;
	struct buf url = { 0 };

	needs.url = har_write_url(x->url, &url);
	json_write_object(w);
	har_write_date(w, "startedDateTime", x->started_us);
	har_write_ms(
	    w, "time", needs.minimal ? -1 : har_write_sum(&x->timings));
	har_write_request(h, x, buf_str(&url));
	har_write_response(h, x, &needs);
	if (needs.minimal || !har_text_has_extra(x, HAR_ENTRY, "cache")) {
		json_write_name(w, STR("cache"));
		json_write_object(w);
		json_write_object_end(w);
	}
	if (needs.minimal) {
		har_write_no_timings(w);
	} else {
		har_write_timings(w, x);
		har_write_about(w, x);
	}
	if (frame_socket(x))
		har_write_messages(h, x);
	har_hark_write(w, x, &needs);
	feed_free(needs.body);
	json_write_object_end(w);
	buf_free(&url);
}

void
har_write_exchange(struct json_write *w, const struct exchange *x)
{
	static const struct har_write_options plain = { .version = "" };
	struct har_write h = { .w = w, .o = &plain };

	har_write_one(&h, x);
}

/*
 * The file
 */

static void
har_write_begin(struct json_write *w, const struct har_write_options *o)
{
	json_write_object(w);
	json_write_name(w, STR("log"));
	json_write_object(w);
	json_write_member(w, "version", STR("1.2"));
	json_write_name(w, STR("creator"));
	json_write_object(w);
	json_write_member(w, "name", STR("hark"));
	json_write_member(w, "version", str_of(o->version));
	json_write_object_end(w);
	if (o->log.n > 0 && !o->minimal)
		(void)json_write_members(w, o->log);
	json_write_name(w, STR("entries"));
	json_write_array(w);
}

struct har_write *
har_write_open(
    json_write_fn write, void *arg, const struct har_write_options *o)
{
	struct har_write *h = xcalloc(1, sizeof(*h));

	h->o = o;
	h->w = &h->file;
	json_write_init(h->w, !o->lines, write, arg);
	if (!o->lines)
		har_write_begin(h->w, o);
	return h;
}

void
har_write_entry(struct har_write *h, const struct exchange *x)
{
	har_write_one(h, x);
	if (h->o->lines)
		json_write_newline(h->w);
}

int
har_write_close(struct har_write *h, struct err *e)
{
	int r;

	if (!h->o->lines) {
		json_write_array_end(h->w);
		json_write_object_end(h->w);
		json_write_object_end(h->w);
	}
	r = json_write_end(h->w, e);
	json_write_fini(h->w);
	free(h);
	return r;
}
