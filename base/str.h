#ifndef BASE_STR_H
#define BASE_STR_H

/*
 * A str is a view of bytes that somebody else owns: never NUL-terminated by
 * promise, may hold any byte.  Comparisons are by ASCII, whatever the locale.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct str {
	const char *p;
	size_t n;
};

#define STR(literal) ((struct str){ (literal), sizeof(literal) - 1 })

/* For "%.*s". */
#define STR_ARGS(s) (int)(s).n, (s).p

struct str str_of(const char *text); /* "" for NULL */
bool str_eq(struct str a, struct str b);
bool str_is(struct str a, const char *text);
bool str_ieq(struct str a, struct str b);
bool str_iis(struct str a, const char *text);
/* Below, at or above 0, as memcmp(3) orders bytes; a start comes first. */
int str_order(struct str a, struct str b);
bool str_starts(struct str a, const char *prefix);
bool str_istarts(struct str a, const char *prefix);
bool str_ends(struct str a, const char *suffix);

/* Whether part is somewhere in a, whatever the case of letters. */
bool str_ihas(struct str a, struct str part);

/* A letter of ASCII in lower case; any other byte as it is. */
char str_lower(char c);

/* What c counts as a hexadecimal digit, or -1. */
int str_hex(char c);

/* The byte that the %XX which a begins with stands for (RFC 3986 section
 * 2.1), or -1 when it begins with none. */
int str_percent(struct str a);

/*
 * Writes a to to, which has room for a.n bytes, with what %XX stands for in
 * its place; a % that begins none stays.  plus: a + is a space, as in forms
 * (WHATWG URL Standard, section 5.1).  Gives how many bytes it wrote.
 */
size_t str_decode(struct str a, bool plus, char *to);

/* Without spaces and tabs at both ends (RFC 9110 section 5.6.3, OWS). */
struct str str_trim(struct str a);

/*
 * Cuts the part before the first c off *rest and gives it; gives the whole
 * and leaves rest->p NULL when there is no c.  False when rest->p is NULL.
 */
bool str_cut(struct str *rest, char c, struct str *part);

/* Reads all of a as a decimal number.  0, or -1 on a non-digit, an empty
 * text or a value above 10^18. */
int str_u64(struct str a, uint64_t *v);

/* Whether text fits pattern, in which * stands for any run of bytes and ?
 * for any one.  Linear in the product of the lengths, never exponential. */
bool str_glob(struct str pattern, struct str text);

/* RFC 9110 section 5.6.2. */
bool str_is_token(struct str a);
bool str_is_tchar(unsigned char c);

/* Whether a field can have it as its value, spaces around it aside: it has no
 * control character but tabs (RFC 9110 section 5.5). */
bool str_is_field_value(struct str a);

/*
 * How long the longest start of text (not empty) is that begins like a
 * sequence of UTF-8 (Unicode 15, section 3.9, "maximal subpart"), at least 1.
 * *whole says that it is one (RFC 3629).
 */
size_t str_utf8(struct str text, bool *whole);

/* Whether a is valid UTF-8 (no surrogates, no overlong forms; NUL is fine). */
bool str_is_utf8(struct str a);

/* The byte in each of eight, for what looks at eight at a time. */
#define STR_EACH(byte) (UINT64_C(0x0101010101010101) * (uint64_t)(byte))

#endif
