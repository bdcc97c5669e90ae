/* The secret itself, without what stands around it or was done to it. */
#include "config.h"

#include <string.h>

#include "base/buf.h"
#include "recorder/secrets_priv.h"

void
secrets_unpercent(struct str text, struct buf *out, size_t *map)
{
	size_t i, n = 0;
	char *to = buf_reserve(out, text.n);
	int byte;

	for (i = 0; i < text.n; i++) {
		if (map != NULL)
			map[n] = i;
		byte = str_percent((struct str){ text.p + i, text.n - i });
		to[n++] = byte == -1 ? text.p[i] : (char)byte;
		if (byte != -1)
			i += 2;
	}
	if (map != NULL)
		map[n] = text.n;
	out->n += n;
}

/* The code point of four hexadecimal digits, or -1. */
static int32_t
secrets_hex4(struct str s)
{
	int32_t v = 0;
	size_t i;

	if (s.n < 4)
		return -1;
	for (i = 0; i < 4; i++) {
		if (str_hex(s.p[i]) == -1)
			return -1;
		v = v << 4 | str_hex(s.p[i]);
	}
	return v;
}

static void
secrets_utf8(int32_t c, struct buf *out)
{
	char bytes[3] = { (char)c };
	size_t n = 1;

	if (c >= 0x800) {
		bytes[0] = (char)(0xe0 | c >> 12);
		bytes[1] = (char)(0x80 | (c >> 6 & 0x3f));
		bytes[2] = (char)(0x80 | (c & 0x3f));
		n = 3;
	} else if (c >= 0x80) {
		bytes[0] = (char)(0xc0 | c >> 6);
		bytes[1] = (char)(0x80 | (c & 0x3f));
		n = 2;
	}
	buf_add(out, bytes, n);
}

/* Takes the escapes of a JSON string out of what text is: in place. */
static void
secrets_unescape(struct buf *b)
{
	static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
	struct buf out = { 0 };
	const char *at;
	size_t i;
	int32_t c;

	for (i = 0; i < b->n; i++) {
		if (b->p[i] != '\\' || i + 1 == b->n) {
			buf_add(&out, b->p + i, 1);
			continue;
		}
		i++;
		c = b->p[i] == 'u' ? secrets_hex4((struct str){
					 b->p + i + 1, b->n - i - 1 })
				   : -1;
		at = memchr(from, b->p[i], sizeof(from) - 1);
		if (c != -1) {
			secrets_utf8(c, &out);
			i += 4;
		} else if (at != NULL) {
			buf_add(&out, to + (at - from), 1);
		} else {
			buf_add(&out, b->p + i, 1);
		}
	}
	buf_free(b);
	*b = out;
}

/* Line ends, however they are written, are no part of a key in PEM. */
static void
secrets_join_lines(struct buf *b)
{
	size_t i, n = 0;

	for (i = 0; i < b->n; i++) {
		if (b->p[i] == '\\' && i + 1 < b->n &&
		    (b->p[i + 1] == 'n' || b->p[i + 1] == 'r'))
			i++;
		else if (memchr(" \t\r\n\\", b->p[i], 5) == NULL)
			b->p[n++] = b->p[i];
	}
	b->n = n;
}

struct str
secret_value(const struct secret *s, struct str text, struct buf *scratch)
{
	struct str raw = { text.p + s->at, s->n };
	bool key = strcmp(s->kind, "private-key") == 0;
	struct buf once = { 0 };
	int i;

	if (!key && memchr(raw.p, '%', raw.n) == NULL &&
	    memchr(raw.p, '\\', raw.n) == NULL)
		return raw;
	scratch->n = 0;
	buf_add_str(scratch, raw);
	for (i = 0; i < s->percent; i++) {
		once = *scratch;
		*scratch = (struct buf){ 0 };
		secrets_unpercent(buf_str(&once), scratch, NULL);
		buf_free(&once);
	}
	for (i = 0; i < s->escapes; i++)
		secrets_unescape(scratch);
	if (key)
		secrets_join_lines(scratch);
	return buf_str(scratch);
}
