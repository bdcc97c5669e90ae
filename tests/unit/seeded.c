#include "config.h"

#include <sys/wait.h>
#include <unistd.h>

#include "base/seeded.h"
#include "tests/unit/tap.h"

/* Of CPython, whose hash of bytes this is with a key of 0. */
static void
it_is_SipHash_1_3(void)
{
	static const uint64_t zero[2] = { 0, 0 };

	CHECK(seeded_hash_with(zero, STR("abc")) == 0xc03bc3a0042630f2u);
	CHECK(seeded_hash_with(zero, STR("aaaaaaaa")) == 0xc501b12e18428c92u);
	CHECK(seeded_hash_with(zero, STR("hello, world, this is hark")) ==
	      0x2142379c1aff4855u);
	CHECK(seeded_hash_with(zero, STR("\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0")) ==
	      0xe690dc1b9d241195u);
}

static void
it_is_the_same_in_one_process_and_another_in_the_next(void)
{
	uint64_t others[2];
	int pipes[2], i;
	pid_t child;

	CHECK_INT(pipe(pipes), 0);
	for (i = 0; i < 2; i++) {
		child = fork();
		CHECK(child != -1);
		if (child == 0) {
			others[0] = seeded_hash(STR("name"));
			if (others[0] != seeded_hash(STR("name")))
				others[0] = 0;
			_exit(write(pipes[1], others, sizeof(others[0])) == -1);
		}
		CHECK_INT(waitpid(child, NULL, 0), child);
		CHECK_INT(read(pipes[0], &others[i], sizeof(others[i])),
		    sizeof(others[i]));
		CHECK(others[i] != 0);
	}
	CHECK(others[0] != others[1]);
}

RUN(TEST(it_is_SipHash_1_3),
    TEST(it_is_the_same_in_one_process_and_another_in_the_next))
