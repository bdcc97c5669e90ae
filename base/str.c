#include "config.h"

#include <string.h>

#include "base/str.h"

char
str_lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c | 32) : c;
}

int
str_hex(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = str_lower(c);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

int
str_percent(struct str a)
{
	int high, low;

	if (a.n < 3 || a.p[0] != '%')
		return -1;
	high = str_hex(a.p[1]);
	low = str_hex(a.p[2]);
	return high == -1 || low == -1 ? -1 : high << 4 | low;
}

size_t
str_decode(struct str a, bool plus, char *to)
{
	size_t i, n = 0;
	int byte;

	for (i = 0; i < a.n; i++) {
		byte = str_percent((struct str){ a.p + i, a.n - i });
		if (byte != -1)
			i += 2;
		else
			byte = plus && a.p[i] == '+' ? ' ' : a.p[i];
		to[n++] = (char)byte;
	}
	return n;
}

/* Eight bytes from p on, letters in lower case. */
static uint64_t
str_lower_eight(const char *p)
{
	uint64_t v, low, upper;

	memcpy(&v, p, sizeof(v));
	low = v & STR_EACH(0x7f);
	/* The highest bit of each byte that is from A to Z. */
	upper = (low + STR_EACH(0x80 - 'A')) & ~(low + STR_EACH(0x7f - 'Z')) &
		~v & STR_EACH(0x80);
	return v | upper >> 2;
}

static bool
str_ieq_n(const char *a, const char *b, size_t n)
{
	size_t i = 0;

	for (; n - i >= 8; i += 8)
		if (str_lower_eight(a + i) != str_lower_eight(b + i))
			return false;
	for (; i < n; i++)
		if (str_lower(a[i]) != str_lower(b[i]))
			return false;
	return true;
}

struct str
str_of(const char *text)
{
	return (struct str){ text ? text : "", text ? strlen(text) : 0 };
}

bool
str_eq(struct str a, struct str b)
{
	return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

bool
str_is(struct str a, const char *text)
{
	return str_eq(a, str_of(text));
}

bool
str_ieq(struct str a, struct str b)
{
	return a.n == b.n && str_ieq_n(a.p, b.p, a.n);
}

bool
str_ihas(struct str a, struct str part)
{
	size_t i;

	for (i = 0; i + part.n <= a.n; i++)
		if (str_ieq_n(a.p + i, part.p, part.n))
			return true;
	return false;
}

bool
str_iis(struct str a, const char *text)
{
	return str_ieq(a, str_of(text));
}

int
str_order(struct str a, struct str b)
{
	size_t n = a.n < b.n ? a.n : b.n;
	int r = n > 0 ? memcmp(a.p, b.p, n) : 0;

	if (r != 0)
		return r;
	return a.n < b.n ? -1 : a.n > b.n;
}

bool
str_ends(struct str a, const char *suffix)
{
	size_t n = strlen(suffix);

	return a.n >= n && memcmp(a.p + a.n - n, suffix, n) == 0;
}

bool
str_starts(struct str a, const char *prefix)
{
	size_t n = strlen(prefix);

	return a.n >= n && memcmp(a.p, prefix, n) == 0;
}

bool
str_istarts(struct str a, const char *prefix)
{
	size_t n = strlen(prefix);

	return a.n >= n && str_ieq_n(a.p, prefix, n);
}

struct str
str_trim(struct str a)
{
	while (a.n > 0 && (a.p[0] == ' ' || a.p[0] == '\t')) {
		a.p++;
		a.n--;
	}
	while (a.n > 0 && (a.p[a.n - 1] == ' ' || a.p[a.n - 1] == '\t'))
		a.n--;
	return a;
}

bool
str_cut(struct str *rest, char c, struct str *part)
{
	const char *at;

	if (rest->p == NULL)
		return false;
	*part = *rest;
	at = rest->n > 0 ? memchr(rest->p, c, rest->n) : NULL;
	if (at == NULL) {
		*rest = (struct str){ NULL, 0 };
		return true;
	}
	part->n = (size_t)(at - rest->p);
	rest->p = at + 1;
	rest->n -= part->n + 1;
	return true;
}

int
str_u64(struct str a, uint64_t *v)
{
	uint64_t sum = 0;
	size_t i;

	if (a.n == 0)
		return -1;
	for (i = 0; i < a.n; i++) {
		if (a.p[i] < '0' || a.p[i] > '9')
			return -1;
		sum = sum * 10 + (uint64_t)(a.p[i] - '0');
		if (sum > 1000000000000000000ULL)
			return -1;
	}
	*v = sum;
	return 0;
}

bool
str_glob(struct str pattern, struct str text)
{
	size_t p = 0, t = 0, star = SIZE_MAX, from = 0;

	while (t < text.n) {
		if (p < pattern.n && pattern.p[p] == '*') {
			star = p++;
			from = t;
		} else if (p < pattern.n &&
			   (pattern.p[p] == '?' || pattern.p[p] == text.p[t])) {
			p++;
			t++;
		} else if (star != SIZE_MAX) {
			p = star + 1;
			t = ++from;
		} else {
			return false;
		}
	}
	while (p < pattern.n && pattern.p[p] == '*')
		p++;
	return p == pattern.n;
}

bool
str_is_tchar(unsigned char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
	       (c >= 'A' && c <= 'Z') ||
	       (c != '\0' && strchr("!#$%&'*+-.^_`|~", c) != NULL);
}

bool
str_is_token(struct str a)
{
	size_t i;

	for (i = 0; i < a.n; i++)
		if (!str_is_tchar((unsigned char)a.p[i]))
			return false;
	return a.n > 0;
}

bool
str_is_field_value(struct str a)
{
	size_t i;

	for (i = 0; i < a.n; i++)
		if (((unsigned char)a.p[i] < ' ' && a.p[i] != '\t') ||
		    a.p[i] == 0x7f)
			return false;
	return true;
}

size_t
str_utf8(struct str text, bool *whole)
{
	const unsigned char *p = (const unsigned char *)text.p;
	unsigned char low = 0x80, high = 0xbf;
	size_t need, n = 1;

	need = p[0] < 0x80   ? 1
	       : p[0] < 0xc2 ? 0
	       : p[0] < 0xe0 ? 2
	       : p[0] < 0xf0 ? 3
	       : p[0] < 0xf5 ? 4
			     : 0;
	if (p[0] == 0xe0)
		low = 0xa0;
	else if (p[0] == 0xed)
		high = 0x9f;
	else if (p[0] == 0xf0)
		low = 0x90;
	else if (p[0] == 0xf4)
		high = 0x8f;
	while (n < need && n < text.n && p[n] >= low && p[n] <= high) {
		low = 0x80;
		high = 0xbf;
		n++;
	}
	*whole = n == need;
	return n;
}

/* Drops bytes of ASCII, eight at a time. */
static void
str_skip_ascii(struct str *a)
{
	uint64_t eight;

	for (; a->n >= sizeof(eight); a->p += 8, a->n -= 8) {
		memcpy(&eight, a->p, sizeof(eight));
		if ((eight & UINT64_C(0x8080808080808080)) != 0)
			break;
	}
}

bool
str_is_utf8(struct str a)
{
	bool whole = true;
	size_t n;

	while (whole && a.n > 0) {
		str_skip_ascii(&a);
		if (a.n == 0)
			break;
		n = str_utf8(a, &whole);
		a.p += n;
		a.n -= n;
	}
	return whole;
}
