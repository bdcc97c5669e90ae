#include "config.h"

#include <stdint.h>

#include "base/buf.h"

#include "har/base64.h"

/* What a character means: 0 to 63, or one of these. */
#define BASE64_BAD 0xff
#define BASE64_SPACE 0xfe
#define BASE64_PAD 0xfd

void
base64_encode(struct str bytes, struct buf *out)
{
	static const char digits[] =
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	const unsigned char *p = (const unsigned char *)bytes.p;
	char *to = buf_reserve(out, (bytes.n / 3 + 1) * 4);
	size_t i;

	for (i = 0; i + 3 <= bytes.n; i += 3) {
		*to++ = digits[p[i] >> 2];
		*to++ = digits[(p[i] & 3) << 4 | p[i + 1] >> 4];
		*to++ = digits[(p[i + 1] & 15) << 2 | p[i + 2] >> 6];
		*to++ = digits[p[i + 2] & 63];
	}
	if (i + 1 == bytes.n) {
		*to++ = digits[p[i] >> 2];
		*to++ = digits[(p[i] & 3) << 4];
		*to++ = '=';
		*to++ = '=';
	} else if (i + 2 == bytes.n) {
		*to++ = digits[p[i] >> 2];
		*to++ = digits[(p[i] & 3) << 4 | p[i + 1] >> 4];
		*to++ = digits[(p[i + 1] & 15) << 2];
		*to++ = '=';
	}
	out->n = (size_t)(to - out->p);
}

static unsigned
base64_digit(unsigned char c, unsigned *oddities)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26u;
	if (c >= '0' && c <= '9')
		return c - '0' + 52u;
	switch (c) {
	case '+':
		return 62;
	case '/':
		return 63;
	case '-':
		*oddities |= BASE64_URL_SAFE;
		return 62;
	case '_':
		*oddities |= BASE64_URL_SAFE;
		return 63;
	case '=':
		return BASE64_PAD;
	case ' ':
	case '\t':
	case '\r':
	case '\n':
		*oddities |= BASE64_SPACED;
		return BASE64_SPACE;
	default:
		return BASE64_BAD;
	}
}

/* Fills a table once per call: 256 steps are nothing beside a body and leave
 * no state behind. */
static void
base64_table(uint8_t table[256])
{
	unsigned c, ignored = 0;

	for (c = 0; c < 256; c++)
		table[c] = (uint8_t)base64_digit((unsigned char)c, &ignored);
}

/* Decodes text to to, which may be where text is: the output never passes
 * the input.  The length, or -1. */
static int64_t
base64_run(struct base64_in *b, struct str text, char *to)
{
	uint8_t table[256], v;
	uint64_t digits = b->digits;
	uint32_t bits = b->bits;
	size_t i, n = 0;

	base64_table(table);
	for (i = 0; i < text.n; i++) {
		unsigned char c = (unsigned char)text.p[i];

		v = table[c];
		if (v < 64) {
			if (b->pads > 0)
				return -1;
			if (c == '-' || c == '_')
				b->oddities |= BASE64_URL_SAFE;
			bits = bits << 6 | v;
			if (++digits % 4 == 0) {
				to[n++] = (char)(bits >> 16);
				to[n++] = (char)(bits >> 8);
				to[n++] = (char)bits;
			}
		} else if (v == BASE64_SPACE) {
			b->oddities |= BASE64_SPACED;
		} else if (v == BASE64_PAD && b->pads < 2) {
			b->pads++;
		} else {
			return -1;
		}
	}
	b->digits = digits;
	b->bits = bits;
	return (int64_t)n;
}

/* What digits are left of.  The length, or -1. */
static int
base64_rest(struct base64_in *b, char *to)
{
	if (b->digits % 4 == 1 ||
	    (b->pads > 0 && (b->digits + b->pads) % 4 != 0))
		return -1;
	if (b->digits % 4 != 0 && b->pads == 0)
		b->oddities |= BASE64_UNPADDED;
	if (b->digits % 4 == 2) {
		to[0] = (char)(b->bits >> 4);
		return 1;
	}
	if (b->digits % 4 == 3) {
		to[0] = (char)(b->bits >> 10);
		to[1] = (char)(b->bits >> 2);
		return 2;
	}
	return 0;
}

/* Whether base64_run() would succeed, so that nothing is written before. */
static bool
base64_is(struct str text)
{
	uint8_t table[256];
	size_t i, digits = 0, pads = 0;

	base64_table(table);
	for (i = 0; i < text.n; i++) {
		uint8_t v = table[(unsigned char)text.p[i]];

		if (v == BASE64_BAD || (v < 64 && pads > 0))
			return false;
		digits += v < 64;
		pads += v == BASE64_PAD;
	}
	return pads <= 2 && digits % 4 != 1 &&
	       (pads == 0 || (digits + pads) % 4 == 0);
}

int
base64_piece(struct base64_in *b, struct str text, struct buf *out)
{
	int64_t n = base64_run(b, text, buf_reserve(out, text.n / 4 * 3 + 3));

	if (n == -1)
		return -1;
	out->n += (size_t)n;
	return 0;
}

int
base64_end(struct base64_in *b, struct buf *out)
{
	int n = base64_rest(b, buf_reserve(out, 2));

	if (n == -1)
		return -1;
	out->n += (size_t)n;
	return 0;
}

int
base64_decode(struct str text, struct buf *out, unsigned *oddities)
{
	struct base64_in b = { 0 };
	size_t was = out->n;

	if (base64_piece(&b, text, out) == -1 || base64_end(&b, out) == -1) {
		out->n = was;
		return -1;
	}
	*oddities = b.oddities;
	return 0;
}

int
base64_decode_in_place(struct buf *b, unsigned *oddities)
{
	struct base64_in in = { 0 };
	struct str text = buf_str(b);
	int64_t n;

	*oddities = 0;
	if (!base64_is(text))
		return -1;
	if (b->n == 0)
		return 0;
	n = base64_run(&in, text, b->p);
	b->n = (size_t)(n + base64_rest(&in, b->p + n));
	*oddities = in.oddities;
	return 0;
}
