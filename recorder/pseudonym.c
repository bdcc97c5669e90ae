#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/digest.h"
#include "base/mem.h"
#include "recorder/jwt.h"

#include "recorder/pseudonym.h"

#define PREFIX "hark-"
#define PREFIX_BYTES 5
#define MADE 18 /* characters of the HMAC, 5 bits each */
#define CHECK 5 /* characters that check them */
#define LEVEL "hark-*"

/* "hark" on the keys of a telephone, then of the HMAC, then their check. */
#define NUMBER_PREFIX "4275"
#define NUMBER_PREFIX_BYTES 4
#define NUMBER_MADE 8
#define NUMBER_CHECK 3

_Static_assert(PREFIX_BYTES + MADE + CHECK == PSEUDONYM_BYTES, "text");
_Static_assert(
    NUMBER_PREFIX_BYTES + NUMBER_MADE + NUMBER_CHECK == PSEUDONYM_DIGITS,
    "number");

static const char pseudonym_alphabet[] = "abcdefghijklmnopqrstuvwxyz234567";

struct pseudonyms {
	struct digest_key *key;
};

struct pseudonyms *
pseudonyms_new(struct str key)
{
	struct pseudonyms *p = xcalloc(1, sizeof(*p));

	p->key = digest_key_new(key.p, key.n);
	return p;
}

void
pseudonyms_free(struct pseudonyms *p)
{
	if (p == NULL)
		return;
	digest_key_free(p->key);
	free(p);
}

/* FNV-1a and the end of SplitMix64: against chance, not against anybody. */
static uint64_t
pseudonym_mix(uint64_t h, const char *p, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		h = (h ^ (unsigned char)p[i]) * 0x100000001b3u;
	h = (h ^ (h >> 30)) * 0xbf58476d1ce4e5b9u;
	h = (h ^ (h >> 27)) * 0x94d049bb133111ebu;
	return h ^ (h >> 31);
}

static void
pseudonym_check(const char *made, char check[CHECK])
{
	uint64_t h = pseudonym_mix(0xcbf29ce484222325u, made, MADE);
	int i;

	for (i = 0; i < CHECK; i++)
		check[i] = pseudonym_alphabet[h >> (5 * i) & 31];
}

static void
pseudonym_number_check(const char *made, char check[NUMBER_CHECK])
{
	uint64_t h = pseudonym_mix(0xcbf29ce484222325u, made, NUMBER_MADE);
	int i;

	for (i = 0; i < NUMBER_CHECK; i++, h /= 10)
		check[i] = (char)('0' + h % 10);
}

static void
pseudonym_text(
    const struct pseudonyms *p, struct str secret, char out[PSEUDONYM_BYTES])
{
	uint8_t sum[DIGEST_BYTES];
	int i;

	digest_hmac(p->key, secret.p, secret.n, sum);
	memcpy(out, PREFIX, PREFIX_BYTES);
	for (i = 0; i < MADE; i++)
		out[PREFIX_BYTES + i] = pseudonym_alphabet[sum[i] & 31];
	pseudonym_check(out + PREFIX_BYTES, out + PREFIX_BYTES + MADE);
}

void
pseudonym_add(const struct pseudonyms *p, struct str secret, struct buf *out)
{
	char text[PSEUDONYM_BYTES];
	struct jwt jwt;

	pseudonym_text(p, secret, text);
	if (!jwt_parse(secret, &jwt) || jwt.whole.n < secret.n ||
	    !jwt_without_secret(&jwt, (struct str){ text, sizeof(text) }, out))
		buf_add(out, text, sizeof(text));
}

void
pseudonym_add_number(
    const struct pseudonyms *p, struct str secret, struct buf *out)
{
	char *to = buf_reserve(out, PSEUDONYM_DIGITS);
	char *made = to + NUMBER_PREFIX_BYTES;
	uint8_t sum[DIGEST_BYTES];
	uint64_t v = 0;
	int i;

	digest_hmac(p->key, secret.p, secret.n, sum);
	for (i = 0; i < 8; i++)
		v = v << 8 | sum[i];
	memcpy(to, NUMBER_PREFIX, NUMBER_PREFIX_BYTES);
	for (i = 0; i < NUMBER_MADE; i++, v /= 10)
		made[i] = (char)('0' + v % 10);
	pseudonym_number_check(made, made + NUMBER_MADE);
	out->n += PSEUDONYM_DIGITS;
}

/* ---- known again ------------------------------------------------------ */

/* Whether the PSEUDONYM_BYTES at p, which begin with PREFIX, are one. */
static bool
pseudonym_checks(const char *p)
{
	char check[CHECK];
	int i;

	for (i = PREFIX_BYTES; i < PSEUDONYM_BYTES; i++)
		if ((p[i] < 'a' || p[i] > 'z') && (p[i] < '2' || p[i] > '7'))
			return false;
	pseudonym_check(p + PREFIX_BYTES, check);
	return memcmp(check, p + PREFIX_BYTES + MADE, CHECK) == 0;
}

bool
pseudonym_is_number(struct str value)
{
	char check[NUMBER_CHECK];
	size_t i;

	if (value.n != PSEUDONYM_DIGITS || !str_starts(value, NUMBER_PREFIX))
		return false;
	for (i = 0; i < value.n; i++)
		if (value.p[i] < '0' || value.p[i] > '9')
			return false;
	pseudonym_number_check(value.p + NUMBER_PREFIX_BYTES, check);
	return memcmp(check, value.p + NUMBER_PREFIX_BYTES + NUMBER_MADE,
		   NUMBER_CHECK) == 0;
}

/* Where the part of a JWT begins that ends before at. */
static size_t
pseudonym_part(const char *text, size_t at, size_t from)
{
	while (at > from && jwt_is_char(text[at - 1]))
		at--;
	return at;
}

/* Where a JWT begins that has its signature at, or at. */
static size_t
pseudonym_jwt(struct str text, size_t at, size_t from)
{
	size_t payload, header;

	if (at == from || text.p[at - 1] != '.')
		return at;
	payload = pseudonym_part(text.p, at - 1, from);
	if (payload == at - 1 || payload == from || text.p[payload - 1] != '.')
		return at;
	header = pseudonym_part(text.p, payload - 1, from);
	return str_starts(
		   (struct str){ text.p + header, payload - header }, "ey")
		   ? header
		   : at;
}

static bool
pseudonym_next_text(struct str text, size_t from, struct str *hit)
{
	const char *p = text.p + from, *end = text.p + text.n;
	size_t at;

	while (
	    end - p >= PSEUDONYM_BYTES &&
	    (p = memmem(p, (size_t)(end - p), PREFIX, PREFIX_BYTES)) != NULL) {
		if (end - p < PSEUDONYM_BYTES)
			return false;
		if (pseudonym_checks(p)) {
			at = pseudonym_jwt(text, (size_t)(p - text.p), from);
			*hit = (struct str){ text.p + at,
				(size_t)(p - text.p) + PSEUDONYM_BYTES - at };
			return true;
		}
		p++;
	}
	return false;
}

static bool
pseudonym_digit(char c)
{
	return (c >= '0' && c <= '9') || c == '.';
}

/* Whether the number at is not the end of a longer one; a blank in front of
 * it may be %20. */
static bool
pseudonym_starts(struct str text, size_t at)
{
	return at == 0 || !pseudonym_digit(text.p[at - 1]) ||
	       (at >= 3 && text.p[at - 3] == '%');
}

static bool
pseudonym_next_number(struct str text, size_t from, struct str *hit)
{
	const char *p = text.p + from, *end = text.p + text.n;

	while (end - p >= PSEUDONYM_DIGITS &&
	       (p = memmem(p, (size_t)(end - p), NUMBER_PREFIX,
		    NUMBER_PREFIX_BYTES)) != NULL) {
		if (end - p < PSEUDONYM_DIGITS)
			return false;
		*hit = (struct str){ p, PSEUDONYM_DIGITS };
		if (pseudonym_is_number(*hit) &&
		    pseudonym_starts(text, (size_t)(p - text.p)) &&
		    (end - p == PSEUDONYM_DIGITS ||
			!pseudonym_digit(p[PSEUDONYM_DIGITS])))
			return true;
		p++;
	}
	return false;
}

bool
pseudonym_is(struct str value)
{
	struct str hit;

	return value.n >= PSEUDONYM_BYTES &&
	       pseudonym_next_text(value, 0, &hit) && str_eq(hit, value);
}

/* A walk over the pseudonyms of a text: the next one of each sort is
 * remembered, so that no part of the text is looked at twice. */
struct pseudonym_walk {
	struct str text;
	size_t from;
	struct str word, number; /* p is NULL when there is no more */
};

static void
pseudonym_begin(struct pseudonym_walk *w, struct str text, size_t from)
{
	*w = (struct pseudonym_walk){ .text = text, .from = from };
	if (text.n < PSEUDONYM_DIGITS ||
	    !pseudonym_next_text(text, from, &w->word))
		w->word.p = NULL;
	if (text.n < PSEUDONYM_DIGITS ||
	    !pseudonym_next_number(text, from, &w->number))
		w->number.p = NULL;
}

static bool
pseudonym_next(struct pseudonym_walk *w, struct str *hit)
{
	const char *at = w->text.p + w->from;

	if (w->word.p != NULL && w->word.p < at &&
	    !pseudonym_next_text(w->text, w->from, &w->word))
		w->word.p = NULL;
	if (w->number.p != NULL && w->number.p < at &&
	    !pseudonym_next_number(w->text, w->from, &w->number))
		w->number.p = NULL;
	if (w->word.p == NULL && w->number.p == NULL)
		return false;
	*hit = w->word.p == NULL ||
		       (w->number.p != NULL && w->number.p < w->word.p)
		   ? w->number
		   : w->word;
	w->from = (size_t)(hit->p - w->text.p) + hit->n;
	return true;
}

bool
pseudonym_level_part(struct str text, size_t from, size_t *to, struct buf *out)
{
	struct pseudonym_walk w;
	struct str hit;
	size_t done = from, at;

	pseudonym_begin(&w, text, from);
	while (pseudonym_next(&w, &hit)) {
		at = (size_t)(hit.p - text.p);
		if (at >= *to)
			break;
		buf_add(out, text.p + done, at - done);
		buf_add_text(out, LEVEL);
		done = at + hit.n;
	}
	if (done == from)
		return false;
	if (done > *to)
		*to = done;
	buf_add(out, text.p + done, *to - done);
	return true;
}

bool
pseudonym_level(struct str text, struct buf *out)
{
	size_t to = text.n;

	return pseudonym_level_part(text, 0, &to, out);
}

uint64_t
pseudonym_hash(uint64_t hash, struct str text)
{
	struct pseudonym_walk w;
	struct str hit;

	pseudonym_begin(&w, text, 0);
	while (pseudonym_next(&w, &hit))
		hash = pseudonym_mix(hash + 1, hit.p, hit.n);
	return hash;
}
