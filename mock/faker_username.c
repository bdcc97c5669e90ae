#include "config.h"

#include <ctype.h>
#include <string.h>

#include "mock/faker_priv.h"
#include "mock/text.h"

/* What people are called on the net: internet.username, .displayName, .email
 * and .exampleEmail. */

static const char *const username_separators[] = { ".", "_" };

static struct str
username_base36(struct faker *f, uint32_t point)
{
	char digits[8];
	size_t at = sizeof(digits);

	for (; point > 0; point /= 36)
		digits[--at] =
		    "0123456789abcdefghijklmnopqrstuvwxyz"[point % 36];
	return faker_textf(f, "%.*s", (int)(sizeof(digits) - at), digits + at);
}

/* Without marks, in ASCII. */
static struct str
username_spelled(struct faker *f, struct str s)
{
	struct buf b = { 0 };
	struct str row;
	uint32_t point;

	s = faker_plain(f, s);
	while (s.n > 0) {
		point = faker_point(&s);
		if (point < 0x80) {
			text_add_point(&b, point);
			continue;
		}
		row = faker_spelled(f, point);
		buf_add_str(&b, row.n > 0 ? row : username_base36(f, point));
	}
	return faker_text(f, &b);
}

struct username_names {
	struct str first;
	struct str last;
	bool last_given; /* and not empty */
};

static struct username_names
username_names(struct faker *f, struct value options)
{
	struct value first = faker_member(options, "firstName");
	struct value last = faker_member(options, "lastName");
	struct username_names names;

	names.first = faker_is_given(first) ? value_to_str(&f->values, first)
					    : faker_first_name(f, FAKER_ANY);
	names.last = faker_is_given(last) ? value_to_str(&f->values, last)
					  : faker_last_name(f, FAKER_ANY);
	names.last_given = value_is_true(last);
	return names;
}

static struct str
username_make(struct faker *f, const struct username_names *n)
{
	struct str separator = faker_pick_str(f, username_separators, 2);
	int number = (int)faker_int(f, 0, 99);
	struct str s;

	switch (faker_pick(f, n->last_given ? 2 : 3)) {
	case 0:
		s = faker_textf(f, "%.*s%.*s%.*s%d", STR_ARGS(n->first),
		    STR_ARGS(separator), STR_ARGS(n->last), number);
		break;
	case 1:
		s = faker_textf(f, "%.*s%.*s%.*s", STR_ARGS(n->first),
		    STR_ARGS(separator), STR_ARGS(n->last));
		break;
	default:
		s = faker_textf(f, "%.*s%d", STR_ARGS(n->first), number);
	}
	return faker_without(f, username_spelled(f, s), "' ");
}

struct str
faker_username(struct faker *f, struct str first, struct str last)
{
	struct username_names n = { first, last, last.n > 0 };

	return username_make(f, &n);
}

struct value
faker_username_method(struct faker *f, const struct faker_call *c)
{
	struct username_names n = username_names(f, faker_options(f, c, 0));

	return value_text(username_make(f, &n));
}

struct value
faker_display_name_method(struct faker *f, const struct faker_call *c)
{
	struct username_names n = username_names(f, faker_options(f, c, 0));
	struct str separator = faker_pick_str(f, username_separators, 2);
	int number = (int)faker_int(f, 0, 99);
	struct str s;

	switch (faker_pick(f, 3)) {
	case 0:
		s = faker_textf(f, "%.*s%d", STR_ARGS(n.first), number);
		break;
	case 1:
		s = faker_textf(f, "%.*s%.*s%.*s", STR_ARGS(n.first),
		    STR_ARGS(separator), STR_ARGS(n.last));
		break;
	default:
		s = faker_textf(f, "%.*s%.*s%.*s%d", STR_ARGS(n.first),
		    STR_ARGS(separator), STR_ARGS(n.last), number);
	}
	return value_text(faker_without(f, s, "' "));
}

/* One of the first separators becomes something odd. */
static struct str
username_odd(struct faker *f, struct str s)
{
	static const char odd[] = ".!#$%&'*+-/=?^_`{|}~";
	char old = faker_pick_char(f, STR("._-"));
	char new = faker_pick_char(f, str_of(odd));
	struct str copy = arena_str(&f->arena, s);
	char *at = copy.n > 0 ? memchr(copy.p, old, copy.n) : NULL;

	if (at != NULL)
		*at = new;
	return copy;
}

/* What is allowed before an @, at most 50 bytes of it. */
static struct str
username_local(struct faker *f, struct str s)
{
	char *p = arena_alloc(&f->arena, 51);
	size_t i, n = 0;

	for (i = 0; i < s.n && n < 50; i++)
		if (isalnum((unsigned char)s.p[i]) ||
		    (s.p[i] != '\0' && strchr("._+-", s.p[i]) != NULL))
			p[n++] = s.p[i];
	p[n] = '\0';
	return (struct str){ p, n };
}

/* No dots at the ends, nor two in a row. */
static struct str
username_undotted(struct faker *f, struct str s)
{
	char *p = arena_alloc(&f->arena, s.n + 1);
	size_t i, n = 0;

	for (i = 0; i < s.n; i++)
		if (s.p[i] != '.' || (n > 0 && p[n - 1] != '.'))
			p[n++] = s.p[i];
	if (n > 0 && p[n - 1] == '.')
		n--;
	return (struct str){ p, n };
}

static struct str
username_email(struct faker *f, const struct username_names *n,
    struct str provider, bool odd)
{
	struct str s = username_local(f, username_make(f, n));

	if (odd)
		s = username_odd(f, s);
	s = username_undotted(f, s);
	return faker_textf(f, "%.*s@%.*s", STR_ARGS(s), STR_ARGS(provider));
}

struct str
faker_email(struct faker *f, struct str first, struct str last)
{
	struct username_names n = { first, last, last.n > 0 };
	struct str provider = faker_word(f, "internet.free_email");

	return username_email(f, &n, provider, false);
}

struct value
faker_email_method(struct faker *f, const struct faker_call *c)
{
	struct value options = faker_options(f, c, 0);
	struct value provider = strcmp(c->method->name, "email") == 0
				    ? faker_member(options, "provider")
				    : VALUE_NONE;
	struct str at = faker_is_given(provider)
			    ? value_to_str(&f->values, provider)
			    : faker_word(f, c->method->words);
	struct username_names n = username_names(f, options);

	return value_text(username_email(f, &n, at,
	    faker_opt_bool(options, "allowSpecialCharacters", false)));
}
