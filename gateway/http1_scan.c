#include "config.h"

#include <stdint.h>
#include <string.h>
#ifdef __SSE2__
#include <emmintrin.h>
#endif

#include "gateway/http1_scan.h"

/*
 * Text is passed over sixteen bytes at a time with SSE2 (part of every
 * x86-64) or eight at a time in a word; the last few bytes, and the block
 * that holds the stop in the word version, go one by one.
 */

static const unsigned char tchar[256] = {
	['0' ... '9'] = 1,
	['A' ... 'Z'] = 1,
	['a' ... 'z'] = 1,
	['!'] = 1,
	['#'] = 1,
	['$'] = 1,
	['%'] = 1,
	['&'] = 1,
	['\''] = 1,
	['*'] = 1,
	['+'] = 1,
	['-'] = 1,
	['.'] = 1,
	['^'] = 1,
	['_'] = 1,
	['`'] = 1,
	['|'] = 1,
	['~'] = 1,
};

#ifdef __SSE2__
/* Passes over whole blocks; either finds the stop or fewer than 16 bytes are
 * left.  A stop is a byte up to low, DEL or other. */
static inline const char *
http1_scan_blocks(const char *p, const char *end, unsigned char low, char other)
{
	const __m128i most = _mm_set1_epi8((char)low);
	const __m128i del = _mm_set1_epi8(0x7f);
	const __m128i also = _mm_set1_epi8(other);

	for (; end - p >= 16; p += 16) {
		__m128i v = _mm_loadu_si128((const __m128i *)(const void *)p);
		__m128i hit = _mm_cmpeq_epi8(_mm_min_epu8(v, most), v);
		int mask;

		hit = _mm_or_si128(hit, _mm_cmpeq_epi8(v, del));
		hit = _mm_or_si128(hit, _mm_cmpeq_epi8(v, also));
		mask = _mm_movemask_epi8(hit);
		if (mask != 0)
			return p + __builtin_ctz((unsigned)mask);
	}
	return p;
}
#else
#define EVERY(byte) (UINT64_MAX / 255 * (unsigned char)(byte))

/* Nonzero when v holds a zero byte. */
static inline uint64_t
http1_scan_zero(uint64_t v)
{
	return (v - EVERY(1)) & ~v & EVERY(0x80);
}

static inline const char *
http1_scan_blocks(const char *p, const char *end, unsigned char low, char other)
{
	uint64_t v;

	for (; end - p >= 8; p += 8) {
		memcpy(&v, p, 8);
		if (((v - EVERY(low + 1)) & ~v & EVERY(0x80)) != 0 ||
		    http1_scan_zero(v ^ EVERY(0x7f)) != 0 ||
		    http1_scan_zero(v ^ EVERY(other)) != 0)
			return p;
	}
	return p;
}
#endif

static inline const char *
http1_scan_stop(const char *p, const char *end, unsigned char low, char other)
{
	p = http1_scan_blocks(p, end, low, other);
	while (p < end && (unsigned char)*p > low && *p != 0x7f && *p != other)
		p++;
	return p;
}

const char *
http1_scan_token(const char *p, const char *end)
{
	while (p < end && tchar[(unsigned char)*p])
		p++;
	return p;
}

static inline const char *
http1_scan_line(const char *p, const char *end)
{
	for (;;) {
		p = http1_scan_stop(p, end, 0x1f, 0x7f);
		if (p == end || *p != '\t')
			return p;
		p++;
	}
}

const char *
http1_scan_text(const char *p, const char *end)
{
	return http1_scan_line(p, end);
}

const char *
http1_scan_target(const char *p, const char *end)
{
	return http1_scan_stop(p, end, ' ', '#');
}

/* What is wrong with the line at p, of which at cannot be understood. */
static enum http1_fault
http1_scan_fault(
    const char *p, const char *at, const char *end, enum http1_fault part)
{
	if (at >= end || memchr(at, '\n', (size_t)(end - at)) == NULL)
		return HTTP1_NONE;
	if (at == p && (*at == ' ' || *at == '\t'))
		return HTTP1_FOLDED;
	return *at == '\n' ? HTTP1_BARE_LF : part;
}

const char *
http1_scan_field(
    const char *p, const char *end, struct header *f, enum http1_fault *fault)
{
	const char *at = p, *value, *last;

	while (at < end && tchar[(unsigned char)*at])
		at++;
	if (at == end || *at != ':' || at == p) {
		*fault = http1_scan_fault(p, at, end, HTTP1_NAME);
		return NULL;
	}
	f->name = (struct str){ p, (size_t)(at - p) };
	at++;
	while (at < end && (*at == ' ' || *at == '\t'))
		at++;
	value = at;
	at = http1_scan_line(at, end);
	if (end - at < 2 || at[0] != '\r' || at[1] != '\n') {
		*fault = http1_scan_fault(p, at, end, HTTP1_VALUE);
		return NULL;
	}
	last = at;
	while (last > value && (last[-1] == ' ' || last[-1] == '\t'))
		last--;
	f->value = (struct str){ value, (size_t)(last - value) };
	return at + 2;
}

bool
http1_scan_is(struct str s, const char *lower, size_t n)
{
	size_t i;

	if (s.n != n)
		return false;
	for (i = 0; i < n; i++)
		if ((s.p[i] | 0x20) != lower[i])
			return false;
	return true;
}
