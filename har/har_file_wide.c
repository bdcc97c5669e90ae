#include "config.h"

#include <string.h>

#include "base/err.h"

#include "har/har_file_priv.h"

static uint32_t
har_file_unit(const struct har_file *f, size_t i)
{
	const unsigned char *p = f->wide + i;

	return f->width == HAR_FILE_UTF16LE ? p[0] | (uint32_t)p[1] << 8
					    : p[1] | (uint32_t)p[0] << 8;
}

static size_t
har_file_put(uint32_t c, unsigned char *out)
{
	if (c < 0x80) {
		out[0] = (unsigned char)c;
		return 1;
	}
	if (c < 0x800) {
		out[0] = (unsigned char)(0xc0 | c >> 6);
		out[1] = (unsigned char)(0x80 | (c & 0x3f));
		return 2;
	}
	if (c < 0x10000) {
		out[0] = (unsigned char)(0xe0 | c >> 12);
		out[1] = (unsigned char)(0x80 | (c >> 6 & 0x3f));
		out[2] = (unsigned char)(0x80 | (c & 0x3f));
		return 3;
	}
	out[0] = (unsigned char)(0xf0 | c >> 18);
	out[1] = (unsigned char)(0x80 | (c >> 12 & 0x3f));
	out[2] = (unsigned char)(0x80 | (c >> 6 & 0x3f));
	out[3] = (unsigned char)(0x80 | (c & 0x3f));
	return 4;
}

static int
har_file_fill_wide(struct har_file *f, struct err *e)
{
	int64_t got;

	while (!f->wide_end && f->nwide < 4) {
		got = har_file_bytes(
		    f, f->wide + f->nwide, HAR_FILE_WINDOW - f->nwide, e);
		if (got == -1)
			return -1;
		f->wide_end = got == 0;
		f->nwide += (size_t)got;
	}
	return 0;
}

int64_t
har_file_narrow(struct har_file *f, unsigned char *p, size_t n, struct err *e)
{
	size_t i = 0, to = 0;
	uint32_t c, low;

	if (har_file_fill_wide(f, e) == -1)
		return -1;
	while (i + 2 <= f->nwide && to + 4 <= n) {
		c = har_file_unit(f, i);
		if (c >= 0xd800 && c < 0xdc00) {
			if (i + 4 > f->nwide && !f->wide_end)
				break;
			low = i + 4 <= f->nwide ? har_file_unit(f, i + 2) : 0;
			if (low >= 0xdc00 && low < 0xe000) {
				c = 0x10000 + ((c - 0xd800) << 10) + low -
				    0xdc00;
				i += 2;
			}
		}
		i += 2;
		to += har_file_put(c, p + to);
	}
	memmove(f->wide, f->wide + i, f->nwide - i);
	f->nwide -= i;
	if (to == 0 && f->nwide > 0)
		return err_set(e, "UTF-16 that ends within a character");
	return (int64_t)to;
}
