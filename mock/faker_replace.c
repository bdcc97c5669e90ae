#include "config.h"

#include <string.h>

#include "mock/faker_priv.h"
#include "mock/text.h"

/* Texts in which signs stand for what is drawn. */

struct str
faker_slugify(struct faker *f, struct str s)
{
	struct str plain = faker_plain(f, s);
	char *p = arena_alloc(&f->arena, plain.n + 1);
	size_t i, n = 0;

	for (i = 0; i < plain.n; i++) {
		char c = plain.p[i];

		if (c == ' ')
			c = '-';
		if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
		    (c >= '0' && c <= '9') || c == '_' || c == '-' || c == '.')
			p[n++] = c;
	}
	return (struct str){ p, n };
}

struct str
faker_replace_symbols(struct faker *f, struct str s)
{
	static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
	struct str copy = arena_str(&f->arena, s);
	char *p = (char *)copy.p;
	size_t i;

	for (i = 0; i < copy.n; i++) {
		char kind = p[i];

		if (kind == '*')
			kind = faker_boolean(f, 0.5) ? '?' : '#';
		if (kind == '#')
			p[i] = (char)('0' + (int)faker_int(f, 0, 9));
		else if (kind == '?')
			p[i] = faker_pick_char(f, str_of(letters));
	}
	return copy;
}

struct str
faker_replace_digits(struct faker *f, struct str s, uint32_t symbol)
{
	struct buf b = { 0 };
	uint32_t point;

	while (s.n > 0) {
		point = faker_point(&s);
		if (point == symbol)
			point = '0' + (uint32_t)faker_int(f, 0, 9);
		else if (point == '!')
			point = '0' + (uint32_t)faker_int(f, 2, 9);
		text_add_point(&b, point);
	}
	return faker_text(f, &b);
}

struct str
faker_replace_runs(struct faker *f, struct str s)
{
	struct buf b = { 0 };
	size_t run;

	while (s.n > 0) {
		for (run = 0; run < s.n && s.p[run] == '#'; run++)
			;
		if (run > 0)
			buf_add_str(
			    &b, faker_string_numeric(f, (double)run, false));
		else
			buf_add(&b, s.p, run = 1);
		s.p += run;
		s.n -= run;
	}
	return faker_text(f, &b);
}

/* The digit that makes the sum of Luhn whole in the place of a last L, or
 * behind; -1 when there is anything but digits. */
static int
replace_check_digit(struct str s)
{
	int sum = 0, digit;
	bool twice = true; /* the check digit itself is the first */
	size_t i = s.n;

	if (i > 0 && s.p[i - 1] == 'L')
		i--;
	for (; i > 0; i--) {
		if (strchr("- \t\n\r\f\v", s.p[i - 1]) != NULL &&
		    s.p[i - 1] != '\0')
			continue;
		if (s.p[i - 1] < '0' || s.p[i - 1] > '9')
			return -1;
		digit = s.p[i - 1] - '0';
		if (twice)
			digit = digit * 2 % 10 + digit * 2 / 10;
		sum += digit;
		twice = !twice;
	}
	return (10 - sum % 10) % 10;
}

struct str
faker_replace_card(struct faker *f, struct str s, uint32_t symbol)
{
	int check;
	const char *at;
	size_t before;

	s = faker_replace_digits(f, faker_expand_ranges(f, s), symbol);
	check = replace_check_digit(s);
	at = memchr(s.p, 'L', s.n);
	if (at == NULL)
		return s;
	before = (size_t)(at - s.p);
	return faker_textf(f, "%.*s%s%.*s", (int)before, s.p,
	    check < 0 ? "NaN" : faker_textf(f, "%d", check).p,
	    (int)(s.n - before - 1), at + 1);
}

static bool
replace_is_name(const char *p, struct str name)
{
	size_t i;

	if (p[0] != '{' || p[1] != '{')
		return false;
	for (i = 0; i < name.n; i++)
		if (name.p[i] != p[i + 2] && name.p[i] != '.')
			return false;
	return p[i + 2] == '}' && p[i + 3] == '}';
}

struct str
faker_mustache(struct faker *f, struct str s, struct str name,
    faker_replace_fn replace, const void *arg)
{
	struct buf b = { 0 };
	size_t i = 0, n = name.n + 4;

	if (memmem(s.p, s.n, "{{", 2) == NULL)
		return s;
	while (i < s.n && faker_ok(f)) {
		if (s.n - i >= n && replace_is_name(s.p + i, name)) {
			faker_add(f, &b, replace(f, arg));
			i += n;
		} else {
			faker_add(f, &b, (struct str){ s.p + i++, 1 });
		}
	}
	return faker_text(f, &b);
}
