/* buf, arena, err and digest: what everything else is made of. */
#include "config.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/digest.h"
#include "base/err.h"
#include "tests/unit/tap.h"

static void
a_buf_grows_drops_and_is_taken(void)
{
	struct buf b = { 0 };
	size_t n;
	char *p;

	buf_addf(&b, "%d-%s", 42, "x");
	buf_add(&b, "\0y", 2);
	CHECK_INT(b.n, 6);
	buf_drop(&b, 5);
	CHECK_STR(buf_text(&b), "y");
	CHECK_INT(b.n, 1); /* the NUL does not count */
	p = buf_take(&b, &n);
	CHECK_INT(n, 1);
	CHECK(b.p == NULL && b.n == 0);
	free(p);
}

static void
clearing_keeps_small_memory_and_frees_big(void)
{
	struct buf b = { 0 };

	buf_reserve(&b, 100);
	buf_clear(&b, 200);
	CHECK(b.p != NULL);
	buf_reserve(&b, 1000);
	buf_clear(&b, 200);
	CHECK(b.p == NULL && b.cap == 0);
}

static void
an_arena_gives_aligned_memory_of_any_size(void)
{
	struct arena a = { 0 };
	char *first, *big;
	int i;

	for (i = 0; i < 1000; i++)
		CHECK_INT((uintptr_t)arena_alloc(&a, (size_t)i) %
			      _Alignof(max_align_t),
		    0);
	big = arena_zalloc(&a, 100000);
	CHECK(big[0] == 0 && big[99999] == 0);
	arena_reset(&a);
	first = arena_strndup(&a, "abc", 2);
	CHECK_STR(first, "ab");
	CHECK_STR(arena_printf(&a, "%s/%d", first, 7), "ab/7");
	arena_fini(&a);
	CHECK(a.block == NULL);
}

static void
an_error_is_wrapped_outside_in(void)
{
	struct err e;

	CHECK_INT(err_set(&e, "line %d", 3), -1);
	CHECK_INT(err_wrap(&e, "file %s", "a"), -1);
	CHECK_STR(e.text, "file a: line 3");
	errno = ENOENT;
	CHECK_INT(err_sys(&e, "open"), -1);
	CHECK_STR(e.text, "open: No such file or directory");
}

static void
sha256_agrees_with_fips_180(void)
{
	static const char want[] = "ba7816bf8f01cfea414140de5dae2223"
				   "b00361a396177a9cb410ff61f20015ad";
	struct digest *d = digest_new(), *copy;
	uint8_t sum[DIGEST_BYTES];
	char hex[2 * DIGEST_BYTES + 1];

	digest_of("abc", 3, sum);
	digest_hex(sum, sizeof(sum), hex);
	CHECK_STR(hex, want);
	digest_add(d, "a", 1);
	copy = digest_copy(d);
	digest_end(d, sum); /* begins anew */
	digest_add(d, "abc", 3);
	digest_end(d, sum);
	digest_hex(sum, sizeof(sum), hex);
	CHECK_STR(hex, want);
	digest_add(copy, "bc", 2);
	digest_end(copy, sum);
	digest_hex(sum, sizeof(sum), hex);
	CHECK_STR(hex, want);
	digest_free(copy);
	digest_free(d);
}

RUN(TEST(a_buf_grows_drops_and_is_taken),
    TEST(clearing_keeps_small_memory_and_frees_big),
    TEST(an_arena_gives_aligned_memory_of_any_size),
    TEST(an_error_is_wrapped_outside_in), TEST(sha256_agrees_with_fips_180))
