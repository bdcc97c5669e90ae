/* Strings of JSON: what stands between the quotes, decoded or passed over. */

#include "config.h"

#include <string.h>

#include "base/buf.h"

#include "har/json_priv.h"

/* The first byte from p on that is not plain ASCII text: a quote, a
 * backslash, a control character or the start of a longer sequence. */
static const unsigned char *
json_plain_end(const unsigned char *p, const unsigned char *end)
{
	const uint64_t ones = 0x0101010101010101ULL, tops = ones << 7;
	uint64_t v, quote, slash;

	for (; end - p >= 8; p += 8) {
		memcpy(&v, p, 8);
		quote = v ^ ones * '"';
		slash = v ^ ones * '\\';
		if (((v | (v - ones * 0x20) | ((quote - ones) & ~quote) |
			 ((slash - ones) & ~slash)) &
			tops) != 0)
			break;
	}
	while (p < end && *p >= 0x20 && *p < 0x80 && *p != '"' && *p != '\\')
		p++;
	return p;
}

static size_t
json_encode(uint32_t c, char *out)
{
	if (c < 0x80) {
		out[0] = (char)c;
		return 1;
	}
	if (c < 0x800) {
		out[0] = (char)(0xc0 | c >> 6);
		out[1] = (char)(0x80 | (c & 0x3f));
		return 2;
	}
	if (c < 0x10000) {
		out[0] = (char)(0xe0 | c >> 12);
		out[1] = (char)(0x80 | (c >> 6 & 0x3f));
		out[2] = (char)(0x80 | (c & 0x3f));
		return 3;
	}
	out[0] = (char)(0xf0 | c >> 18);
	out[1] = (char)(0x80 | (c >> 12 & 0x3f));
	out[2] = (char)(0x80 | (c >> 6 & 0x3f));
	out[3] = (char)(0x80 | (c & 0x3f));
	return 4;
}

/* The value of "\uXXXX" at p, whose six bytes are there, or -1. */
static int32_t
json_hex4(const unsigned char *p)
{
	int32_t v = 0;
	int i;

	if (p[0] != '\\' || p[1] != 'u')
		return -1;
	for (i = 2; i < 6; i++) {
		v <<= 4;
		if (p[i] >= '0' && p[i] <= '9')
			v |= p[i] - '0';
		else if ((p[i] | 32) >= 'a' && (p[i] | 32) <= 'f')
			v |= (p[i] | 32) - 'a' + 10;
		else
			return -1;
	}
	return v;
}

/* Decodes the \u escape at the window's start.  The length, 0 on error. */
static size_t
json_unicode(struct json *j, char out[4])
{
	int32_t high, low;

	if (!json_need(j, 6) || (high = json_hex4(j->p)) == -1) {
		json_fail(j, "expected four hexadecimal digits behind \\u");
		return 0;
	}
	if (high >= 0xd800 && high < 0xdc00 && json_need(j, 12) &&
	    (low = json_hex4(j->p + 6)) >= 0xdc00 && low < 0xe000) {
		j->p += 12;
		return json_encode(0x10000u +
				       ((uint32_t)(high - 0xd800) << 10) +
				       (uint32_t)(low - 0xdc00),
		    out);
	}
	if (high >= 0xd800 && high < 0xe000)
		j->flaws |= JSON_LONE_SURROGATE;
	j->p += 6;
	return json_encode((uint32_t)high, out);
}

static size_t
json_escape(struct json *j, char out[4])
{
	static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
	const char *at;

	if (!json_need(j, 2)) {
		json_fail(j, "the text ends in a string");
		return 0;
	}
	if (j->p[1] == 'u')
		return json_unicode(j, out);
	at = j->p[1] != '\0' ? strchr(from, j->p[1]) : NULL;
	if (at == NULL) {
		json_fail(j, "an escape that JSON does not have");
		return 0;
	}
	j->p += 2;
	out[0] = to[at - from];
	return 1;
}

/* Takes one sequence of several bytes, or one byte that begins none. */
static size_t
json_sequence(struct json *j, char out[4])
{
	size_t n = j->p[0] < 0xe0 ? 2 : j->p[0] < 0xf0 ? 3 : 4;

	if (!json_need(j, n) || !str_is_utf8((struct str){ (char *)j->p, n })) {
		j->flaws |= JSON_BAD_UTF8;
		n = 1;
	}
	memcpy(out, j->p, n);
	j->p += n;
	return n;
}

/* Where a string goes. */
struct json_to {
	struct buf *out; /* NULL: nowhere */
	size_t most;     /* bytes that may be in out in the end */
	bool stops;      /* there, and the rest is for later */
	bool over;       /* something did not fit */
};

/* Of a run of ASCII a part is added, of one character all or nothing. */
static void
json_give(struct json_to *to, const void *p, size_t n, bool run)
{
	size_t fits;

	if (to->out == NULL || to->over)
		return;
	fits = to->most - to->out->n;
	if (n > fits) {
		to->over = true;
		n = run ? fits : 0;
	}
	buf_add(to->out, p, n);
}

/* How far a run may go from the window's start on. */
static const unsigned char *
json_run_end(const struct json *j, const struct json_to *to)
{
	size_t room = to->stops ? to->most - to->out->n : SIZE_MAX;

	return (size_t)(j->end - j->p) > room ? j->p + room : j->end;
}

/* 0 at the end of the string, 1 when it stops before, -1. */
static int
json_string(struct json *j, struct json_to *to)
{
	const unsigned char *run;
	char c[4];
	size_t n;

	if (!j->string_open)
		return -1;
	for (;;) {
		if (j->p == j->end && !json_need(j, 1))
			return json_fail(j, "the text ends in a string");
		run = json_plain_end(j->p, json_run_end(j, to));
		json_give(to, j->p, (size_t)(run - j->p), true);
		j->p += run - j->p;
		if (j->p == j->end)
			continue;
		if (*j->p == '"')
			break;
		if (to->stops && to->most - to->out->n < sizeof(c))
			return 1;
		if (*j->p < 0x20)
			return json_fail(j, "a control character in a string");
		n = *j->p == '\\' ? json_escape(j, c) : json_sequence(j, c);
		if (n == 0)
			return -1;
		json_give(to, c, n, false);
	}
	j->p++;
	j->string_open = false;
	return 0;
}

int
json_decode(struct json *j, struct buf *out, size_t limit)
{
	struct json_to to = { .out = out,
		.most = out != NULL ? out->n + limit : 0 };

	return json_string(j, &to) == -1 ? -1 : to.over;
}

int
json_decode_some(struct json *j, struct buf *out, size_t most)
{
	struct json_to to = {
		.out = out, .most = out->n + most, .stops = true
	};

	return json_string(j, &to);
}
