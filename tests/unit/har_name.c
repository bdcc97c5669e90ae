#include "config.h"

#include "har/har_name.h"

#include "tests/unit/tap.h"

static void
a_name_is_the_sha1_of_the_bytes_and_an_ending(void)
{
	struct digest *digest = digest_new_sha1();
	uint8_t sum[DIGEST_BYTES];
	char name[HAR_NAME_BYTES];

	digest_add(digest, "abc", 3);
	digest_end(digest, sum);
	har_name(sum, "txt", name);
	CHECK_STR(name, "a9993e364706816aba3e25717850c26c9cd0d89d.txt");
	digest_end(digest, sum);
	digest_free(digest);
	har_name(sum, har_name_of_type(STR("text/markdown")), name);
	CHECK_STR(name, "da39a3ee5e6b4b0d3255bfef95601890afd80709.md");
}

static void
the_ending_tells_the_media_type(void)
{
	static const char *const rows[][2] = {
		{ "application/json", "json" },
		{ "Application/JSON ; charset=utf-8", "json" },
		{ "application/problem+json", "json" },
		{ "+json", "dat" },
		{ "text/html; charset=x", "html" },
		{ "image/svg+xml", "svg" },
		{ "application/octet-stream", "bin" },
		{ "application/x-of-no-table", "dat" },
		{ "", "dat" },
	};
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		CHECK_STR(har_name_of_type(str_of(rows[i][0])), rows[i][1]);
	CHECK_STR(har_name_of_type((struct str){ NULL, 0 }), "dat");
}

static void
the_ending_of_encoded_bytes_tells_their_coding(void)
{
	CHECK_STR(har_name_of_coding(STR("gzip")), "gz");
	CHECK_STR(har_name_of_coding(STR("BR")), "br");
	CHECK_STR(har_name_of_coding(STR("zstd")), "zst");
	CHECK_STR(har_name_of_coding(STR("gzip, br")), "dat");
	CHECK_STR(har_name_of_coding(STR("deflate")), "dat");
}

RUN(TEST(a_name_is_the_sha1_of_the_bytes_and_an_ending),
    TEST(the_ending_tells_the_media_type),
    TEST(the_ending_of_encoded_bytes_tells_their_coding))
