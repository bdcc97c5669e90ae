#include "config.h"

#include "recorder/secret_names.h"

#include "tap.h"

static void
a_name_is_found_however_it_is_written(void)
{
	struct secret_names *names = secret_names_new();
	static const char *const same[] = { "apikey", "apiKey", "API_KEY",
		"api-key", "Api.Key" };
	const struct secret_name *row;
	size_t i;

	for (i = 0; i < sizeof(same) / sizeof(*same); i++) {
		row = secret_names_find(names, str_of(same[i]));
		CHECK(row != NULL);
		CHECK_STR(row->name, "apikey");
	}
	row = secret_names_find(names, STR("Set-Cookie"));
	CHECK(row != NULL);
	CHECK_INT(row->header, SECRET_SET_COOKIE);
	CHECK_INT(row->query, SECRET_NONE);
	secret_names_free(names);
}

static void
another_name_is_none(void)
{
	struct secret_names *names = secret_names_new();

	CHECK(secret_names_find(names, STR("apikeys")) == NULL);
	CHECK(secret_names_find(names, STR("")) == NULL);
	CHECK(secret_names_find(names, STR("--")) == NULL);
	CHECK(secret_names_find(names, STR("x")) == NULL);
	/* Longer than any row. */
	CHECK(secret_names_find(
		  names, STR("apikeyapikeyapikeyapikeyapikeyapikey")) == NULL);
	secret_names_free(names);
	secret_names_free(NULL);
}

static void
a_word_in_a_name_is_a_hint_unless_another_takes_it_back(void)
{
	CHECK(secret_is_hinted(STR("x-acme-token")));
	CHECK(secret_is_hinted(STR("dbCredentials")));
	CHECK(!secret_is_hinted(STR("name")));
	CHECK(!secret_is_hinted(STR("nextPageToken")));
	CHECK(!secret_is_hinted(STR("token_count")));
	CHECK(!secret_is_hinted(STR("")));
}

static void
random_bytes_are_told_from_words_and_numbers(void)
{
	CHECK(secret_looks_random(STR("abcdefgh12345678")));
	CHECK(secret_looks_random(STR("a+/=_-.~12345678")));
	CHECK(!secret_looks_random(STR("abcdefgh1234567")));
	CHECK(!secret_looks_random(STR("abcdefghijklmnop")));
	CHECK(!secret_looks_random(STR("1234567812345678")));
	CHECK(!secret_looks_random(STR("abcdefgh 12345678")));
	CHECK(secret_is_random(STR("9f8Kq2Lm4Zx7Vb1Nc5Rt")));
	/* Too short, a UUID, and too little in each byte. */
	CHECK(!secret_is_random(STR("9f8Kq2Lm4Zx7Vb1Nc5R")));
	CHECK(!secret_is_random(STR("1b4e28ba-2fa1-11d2-883f-0016d3cca427")));
	CHECK(!secret_is_random(STR("aaaaaaaaaaaaaaaaaaa1")));
	CHECK(!secret_is_random(STR("a1b")));
}

RUN(TEST(a_name_is_found_however_it_is_written), TEST(another_name_is_none),
    TEST(a_word_in_a_name_is_a_hint_unless_another_takes_it_back),
    TEST(random_bytes_are_told_from_words_and_numbers))
