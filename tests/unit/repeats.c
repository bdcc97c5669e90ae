#include "config.h"

#include <string.h>

#include "recorder/repeats.h"
#include "tests/unit/tap.h"

static char bytes[REPEATS_MOST + 1];

static struct str
body(size_t n, char first)
{
	bytes[0] = first;
	return (struct str){ bytes, n };
}

/* Keeps a body whose digest is first in all its bytes. */
static void
keep(struct repeats *r, size_t n, char first)
{
	uint8_t sha256[DIGEST_BYTES];

	memset(sha256, first, sizeof(sha256));
	repeats_add(r, body(n, first), sha256);
}

/* The digest's byte, 0 when the body is not known. */
static int
found(const struct repeats *r, size_t n, char first)
{
	uint8_t sha256[DIGEST_BYTES] = { 0 };

	if (!repeats_find(r, body(n, first), sha256))
		return 0;
	return sha256[0] == sha256[DIGEST_BYTES - 1] ? sha256[0] : -1;
}

static void
a_kept_body_is_found_by_all_its_bytes(void)
{
	struct repeats r = { 0 };

	CHECK_INT(found(&r, 2000, 'a'), 0);
	keep(&r, 2000, 'a');
	keep(&r, 2000, 'b');
	CHECK_INT(found(&r, 2000, 'a'), 'a');
	CHECK_INT(found(&r, 2000, 'b'), 'b');
	CHECK_INT(found(&r, 2000, 'c'), 0);
	CHECK_INT(found(&r, 1999, 'a'), 0);
	CHECK_INT(found(&r, 2001, 'a'), 0);
	bytes[1999] = 1;
	CHECK_INT(found(&r, 2000, 'a'), 0);
	bytes[1999] = 0;
	repeats_fini(&r);
}

static void
the_oldest_makes_room(void)
{
	struct repeats r = { 0 };
	char c;

	for (c = 'a'; c <= 'a' + REPEATS; c++)
		keep(&r, REPEATS_LEAST, c);
	CHECK_INT(found(&r, REPEATS_LEAST, 'a'), 0);
	for (c = 'b'; c <= 'a' + REPEATS; c++)
		CHECK_INT(found(&r, REPEATS_LEAST, c), c);
	keep(&r, REPEATS_MOST, 'b'); /* a longer one in the same place */
	CHECK_INT(found(&r, REPEATS_MOST, 'b'), 'b');
	CHECK_INT(found(&r, REPEATS_LEAST, 'b'), 0);
	repeats_fini(&r);
}

static void
short_and_long_bodies_are_not_kept(void)
{
	struct repeats r = { 0 };

	keep(&r, 0, 'a');
	keep(&r, REPEATS_LEAST - 1, 'a');
	keep(&r, REPEATS_MOST + 1, 'a');
	CHECK_INT(r.next, 0);
	CHECK_INT(found(&r, 0, 'a'), 0);
	CHECK_INT(found(&r, REPEATS_LEAST - 1, 'a'), 0);
	CHECK_INT(found(&r, REPEATS_MOST + 1, 'a'), 0);
	repeats_fini(&r);
}

RUN(TEST(a_kept_body_is_found_by_all_its_bytes), TEST(the_oldest_makes_room),
    TEST(short_and_long_bodies_are_not_kept))
