#include "config.h"

#include <string.h>

#include "gateway/h2_head.h"

/* What a line of HTTP/1.1 has beside a name and a value. */
#define H2_HEAD_OVERHEAD 4

static const struct {
	int status;
	const char *text;
} h2_head_faults[H2_HEAD_FAULT_COUNT] = {
#define F(name, status, text) [H2_HEAD_##name] = { status, text },
	H2_HEAD_FAULTS(F)
#undef F
};

static const char *const h2_head_pseudo[H2_PSEUDO_COUNT] = {
	[H2_METHOD] = ":method",
	[H2_SCHEME] = ":scheme",
	[H2_AUTHORITY] = ":authority",
	[H2_PATH] = ":path",
	[H2_STATUS] = ":status",
};

/* HTTP/2 has frames for what these say. */
static const char *const h2_head_hop[] = { "connection", "proxy-connection",
	"keep-alive", "transfer-encoding", "upgrade", "http2-settings", NULL };

int
h2_head_status(enum h2_head_fault f)
{
	return h2_head_faults[f].status;
}

const char *
h2_head_text(enum h2_head_fault f)
{
	return h2_head_faults[f].text;
}

void
h2_head_begin(struct h2_head *h, const struct http1_limits *limits,
    enum h2_head_kind kind)
{
	size_t i;

	h->most_bytes = limits->head;
	h->most_fields = limits->fields;
	h->kind = kind;
	h->fault = H2_HEAD_NONE;
	h->bytes = h->fields = 0;
	h->seen = 0;
	h->has_length = h->has_host = false;
	for (i = 0; i < H2_PSEUDO_COUNT; i++)
		h->pseudo[i].n = 0;
	h->host_text.n = h->lines.n = h->cookies.n = 0;
}

void
h2_head_spoil(struct h2_head *h, enum h2_head_fault fault)
{
	if (h->fault == H2_HEAD_NONE)
		h->fault = fault;
}

/* RFC 9110 section 5.6.2 without capitals. */
static bool
h2_head_is_name(struct str s)
{
	size_t i;

	for (i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];

		if ((c < 'a' || c > 'z') && (c < '0' || c > '9') &&
		    (c == '\0' || strchr("!#$%&'*+-.^_`|~", c) == NULL))
			return false;
	}
	return s.n > 0;
}

/* Whether it can stand in a line: RFC 9113 section 8.2.1. */
static bool
h2_head_is_value(struct str s)
{
	return str_is_field_value(s) &&
	       (s.n == 0 || (strchr(" \t", s.p[0]) == NULL &&
				strchr(" \t", s.p[s.n - 1]) == NULL));
}

/* Whether it can be a word of a request line. */
static bool
h2_head_is_word(struct str s)
{
	size_t i;

	for (i = 0; i < s.n; i++)
		if ((unsigned char)s.p[i] <= 0x20 || s.p[i] == 0x7f)
			return false;
	return true;
}

static bool
h2_head_is_hop(struct str name)
{
	const char *const *hop;

	for (hop = h2_head_hop; *hop != NULL; hop++)
		if (str_iis(name, *hop))
			return true;
	return false;
}

static void
h2_head_add_pseudo(struct h2_head *h, struct str name, struct str value)
{
	unsigned i = 0;

	while (i < H2_PSEUDO_COUNT && !str_is(name, h2_head_pseudo[i]))
		i++;
	if (h->kind == H2_TRAILERS || i == H2_PSEUDO_COUNT ||
	    (h->seen & 1u << i) != 0 ||
	    h->lines.n + h->cookies.n + h->host_text.n > 0 ||
	    !h2_head_is_word(value)) {
		h2_head_spoil(h, H2_HEAD_PSEUDO);
		return;
	}
	h->seen |= 1u << i;
	buf_add_str(&h->pseudo[i], value);
}

static void
h2_head_add_line(struct buf *b, struct str name, struct str value)
{
	buf_add_str(b, name);
	buf_add(b, ": ", 2);
	buf_add_str(b, value);
	buf_add(b, "\r\n", 2);
}

static void
h2_head_add_field(struct h2_head *h, struct str name, struct str value)
{
	if (h2_head_is_hop(name) ||
	    (str_is(name, "te") && !str_iis(value, "trailers"))) {
		h2_head_spoil(h, H2_HEAD_CONNECTION);
		return;
	}
	if (str_is(name, "cookie") && h->kind == H2_REQUEST) {
		if (h->cookies.n > 0)
			buf_add(&h->cookies, "; ", 2);
		buf_add_str(&h->cookies, value);
		return;
	}
	if (str_is(name, "host") && h->kind == H2_REQUEST) {
		if (h->has_host)
			h2_head_spoil(h, H2_HEAD_AUTHORITY);
		h->has_host = true;
		buf_add_str(&h->host_text, value);
		return;
	}
	if (str_is(name, "content-length"))
		h->has_length = true;
	h2_head_add_line(&h->lines, name, value);
}

void
h2_head_add(struct h2_head *h, struct str name, struct str value)
{
	h->bytes += name.n + value.n + H2_HEAD_OVERHEAD;
	h->fields++;
	if (h->bytes > h->most_bytes)
		h2_head_spoil(h, H2_HEAD_LONG);
	else if (h->fields > h->most_fields + H2_PSEUDO_COUNT)
		h2_head_spoil(h, H2_HEAD_MANY);
	else if (!h2_head_is_value(value))
		h2_head_spoil(h, H2_HEAD_VALUE);
	if (h->fault != H2_HEAD_NONE)
		return;
	if (name.n > 0 && name.p[0] == ':')
		h2_head_add_pseudo(h, name, value);
	else if (!h2_head_is_name(name))
		h2_head_spoil(h, H2_HEAD_NAME);
	else
		h2_head_add_field(h, name, value);
}

/* Which host is meant; p is NULL when none is named. */
static struct str
h2_head_host(struct h2_head *h)
{
	struct str authority = buf_str(&h->pseudo[H2_AUTHORITY]);
	struct str host = buf_str(&h->host_text);

	if ((h->seen & 1u << H2_AUTHORITY) == 0)
		return h->has_host ? host : (struct str){ NULL, 0 };
	if (h->has_host && !str_ieq(authority, host))
		h2_head_spoil(h, H2_HEAD_AUTHORITY);
	return authority;
}

static void
h2_head_check_request(struct h2_head *h)
{
	const unsigned needed =
	    1u << H2_METHOD | 1u << H2_SCHEME | 1u << H2_PATH;
	struct str scheme = buf_str(&h->pseudo[H2_SCHEME]);
	struct str path = buf_str(&h->pseudo[H2_PATH]);

	if ((h->seen & 1u << H2_STATUS) != 0)
		h2_head_spoil(h, H2_HEAD_PSEUDO);
	else if ((h->seen & needed) != needed || h->pseudo[H2_METHOD].n == 0)
		h2_head_spoil(h, H2_HEAD_MISSING);
	else if (!str_is(scheme, "https") && !str_is(scheme, "http"))
		h2_head_spoil(h, H2_HEAD_SCHEME);
	else if (!str_starts(path, "/") && !str_is(path, "*"))
		h2_head_spoil(h, H2_HEAD_PSEUDO);
}

enum h2_head_fault
h2_head_request(struct h2_head *h, bool empty, struct buf *out)
{
	struct str host = h2_head_host(h);
	struct str path = buf_str(&h->pseudo[H2_PATH]);

	h2_head_check_request(h);
	if (h->fault != H2_HEAD_NONE)
		return h->fault;
	buf_add_str(out, buf_str(&h->pseudo[H2_METHOD]));
	buf_add(out, " ", 1);
	if (str_is(buf_str(&h->pseudo[H2_SCHEME]), "http") &&
	    path.p[0] == '/') {
		buf_add_text(out, "http://");
		buf_add_str(out, host);
	}
	buf_add_str(out, path);
	buf_add_text(out, " HTTP/1.1\r\n");
	if (host.p != NULL)
		h2_head_add_line(out, STR("host"), host);
	buf_add_str(out, buf_str(&h->lines));
	if (h->cookies.n > 0)
		h2_head_add_line(out, STR("cookie"), buf_str(&h->cookies));
	if (!empty && !h->has_length)
		buf_add_text(out, "transfer-encoding: chunked\r\n");
	buf_add(out, "\r\n", 2);
	return H2_HEAD_NONE;
}

enum h2_head_fault
h2_head_trailers(const struct h2_head *h, struct buf *out)
{
	if (h->fault == H2_HEAD_NONE)
		buf_add_str(out, buf_str(&h->lines));
	return h->fault;
}

int
h2_head_code(const struct h2_head *h)
{
	struct str s = buf_str(&h->pseudo[H2_STATUS]);
	uint64_t code;

	if (s.n != 3 || str_u64(s, &code) == -1 || code < 100 || code > 599)
		return -1;
	return (int)code;
}

void
h2_head_fini(struct h2_head *h)
{
	size_t i;

	for (i = 0; i < H2_PSEUDO_COUNT; i++)
		buf_free(&h->pseudo[i]);
	buf_free(&h->host_text);
	buf_free(&h->lines);
	buf_free(&h->cookies);
}

bool
h2_head_keeps(const struct headers *h, const struct header *f)
{
	if (h2_head_is_hop(f->name) || str_iis(f->name, "Host"))
		return false;
	if (str_iis(f->name, "TE"))
		return str_iis(f->value, "trailers");
	return str_iis(f->name, "Proxy-Authenticate") ||
	       str_iis(f->name, "Proxy-Authorization") ||
	       headers_end_to_end(h, f);
}

struct str
h2_head_name(char *p, struct str name)
{
	size_t i;

	for (i = 0; i < name.n; i++)
		p[i] = name.p[i] >= 'A' && name.p[i] <= 'Z'
			   ? (char)(name.p[i] | 0x20)
			   : name.p[i];
	return (struct str){ p, name.n };
}
