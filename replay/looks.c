#include "config.h"

#include <stdint.h>
#include <string.h>

#include "replay/looks.h"

/* Between 2001 and 2096, in seconds. */
#define LOOKS_EARLIEST UINT64_C(1000000000)
#define LOOKS_LATEST UINT64_C(4000000000)

#define LOOKS_RANDOM_LEAST 12 /* bytes */

static bool
looks_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool
looks_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool
looks_hex(char c)
{
	return looks_digit(c) || (c >= 'a' && c <= 'f') ||
	       (c >= 'A' && c <= 'F');
}

/* Whether s begins like shape, in which 9 is any digit, x a hexadecimal one
 * and A a letter. */
static bool
looks_like(struct str s, const char *shape)
{
	size_t i;

	for (i = 0; shape[i] != '\0'; i++) {
		if (i == s.n)
			return false;
		if (shape[i] == '9'   ? !looks_digit(s.p[i])
		    : shape[i] == 'x' ? !looks_hex(s.p[i])
		    : shape[i] == 'A' ? !looks_letter(s.p[i])
				      : s.p[i] != shape[i])
			return false;
	}
	return true;
}

/* Seconds since 1970, or milli-, micro- or nanoseconds, with a fraction or
 * not. */
static bool
looks_epoch(struct str s)
{
	const char *point = memchr(s.p, '.', s.n);
	size_t n = point != NULL ? (size_t)(point - s.p) : s.n, i;
	uint64_t v;

	for (i = 0; i < s.n; i++)
		if (i != n && !looks_digit(s.p[i]))
			return false;
	if (n != 10 && n != 13 && n != 16 && n != 19)
		return false;
	return str_u64((struct str){ s.p, 10 }, &v) == 0 &&
	       v >= LOOKS_EARLIEST && v < LOOKS_LATEST;
}

static bool
looks_time(struct str s)
{
	if (looks_like(s, "9999-99-99"))
		return s.n == 10 || looks_like(s, "9999-99-99T99") ||
		       looks_like(s, "9999-99-99 99") ||
		       looks_like(s, "9999-99-99+99") ||
		       looks_like(s, "9999-99-99%2099");
	if (looks_like(s, "99999999T999999"))
		return s.n == 15 || (s.n == 16 && s.p[15] == 'Z');
	return looks_epoch(s) || looks_like(s, "AAA, 99 AAA 9999 99:99:99");
}

static bool
looks_jwt(struct str s)
{
	struct str part;
	size_t n = 0;

	if (str_istarts(s, "Bearer "))
		s = (struct str){ s.p + 7, s.n - 7 };
	if (!str_starts(s, "eyJ"))
		return false;
	for (; str_cut(&s, '.', &part); n++)
		if (part.n < 2 && n < 2)
			return false;
	return n == 3;
}

/* Letters and digits take turns too often for words with a number. */
static bool
looks_random(struct str s)
{
	size_t i, digits = 0, letters = 0, turns = 0;
	int kind, last = 0;

	for (i = 0; i < s.n; i++) {
		if (looks_digit(s.p[i]))
			kind = 1;
		else if (looks_letter(s.p[i]))
			kind = s.p[i] >= 'a' ? 2 : 3;
		else if (memchr("-_+/=.~%", s.p[i], 8) != NULL)
			continue;
		else
			return false;
		digits += kind == 1;
		letters += kind != 1;
		turns += last != 0 && kind != last;
		last = kind;
	}
	return digits > 1 && letters > 1 && turns * 4 >= digits + letters - 1;
}

enum looks
looks_of(struct str s)
{
	size_t i;

	if (s.n == 0)
		return LOOKS_PLAIN;
	if (s.n == 36 && looks_like(s, "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx"))
		return LOOKS_UUID;
	if (looks_time(s))
		return LOOKS_TIME;
	if (looks_jwt(s))
		return LOOKS_JWT;
	for (i = 0; i < s.n && looks_digit(s.p[i]); i++)
		;
	if (i == s.n)
		return LOOKS_NUMBER;
	return s.n >= LOOKS_RANDOM_LEAST && looks_random(s) ? LOOKS_RANDOM
							    : LOOKS_PLAIN;
}

const char *
looks_text(enum looks l)
{
	static const char *const texts[] = {
		[LOOKS_NUMBER] = "a number",
		[LOOKS_TIME] = "a time",
		[LOOKS_UUID] = "a UUID",
		[LOOKS_JWT] = "a JWT",
		[LOOKS_RANDOM] = "a random id",
	};

	return l == LOOKS_PLAIN ? NULL : texts[l];
}

bool
looks_fleeting(struct str name)
{
	static const char *const parts[] = { "nonce", "timestamp", "signature",
		"csrf", "xsrf", "request-id", "request_id", "requestid",
		"trace", "correlation", "idempotency", "cachebust",
		"cache-bust", "cache_bust", "code_challenge", "code_verifier" };
	static const char *const whole[] = { "_", "ts", "t", "cb", "rnd",
		"rand", "random", "sig", "state", "jti", "iat", "exp", "nbf",
		"x-amz-date" };
	struct str rest;
	size_t i, at;

	for (i = 0; i < sizeof(whole) / sizeof(*whole); i++)
		if (str_iis(name, whole[i]))
			return true;
	for (i = 0; i < sizeof(parts) / sizeof(*parts); i++)
		for (at = 0; at < name.n; at++) {
			rest = (struct str){ name.p + at, name.n - at };
			if (str_istarts(rest, parts[i]))
				return true;
		}
	return false;
}
