#include "config.h"

#include "base/str.h"
#include "tests/unit/tap.h"

static void
views_compare_by_bytes_and_by_ascii_case(void)
{
	CHECK(str_eq(STR("a\0b"), STR("a\0b")));
	CHECK(!str_eq(STR("a\0b"), STR("a\0c")));
	CHECK(str_eq(STR(""), (struct str){ NULL, 0 }));
	CHECK(str_iis(STR("Content-LENGTH"), "content-length"));
	CHECK(!str_iis(STR("Content-Length"), "content-lengt"));
	CHECK(!str_ieq(STR("\xc4"), STR("\xe4"))); /* not ASCII: no case */
	CHECK(str_istarts(STR("HTTPS://x"), "https://"));
	CHECK(!str_starts(STR("htt"), "http"));
}

static void
case_is_that_of_ascii_letters_at_each_place(void)
{
	char a[] = "............", b[] = "............";
	int at, x, y, wrong = 0;

	/* The first eight are looked at in one piece. */
	for (at = 0; at < 12; at += at < 7 ? 7 : 1)
		for (x = 0; x < 256; x++)
			for (y = 0; y < 256; y++) {
				a[at] = (char)x;
				b[at] = (char)y;
				wrong += str_ieq(STR(a), STR(b)) !=
					 (str_lower(a[at]) == str_lower(b[at]));
				a[at] = b[at] = '.';
			}
	CHECK_INT(wrong, 0);
}

static void
trimming_takes_spaces_and_tabs_only(void)
{
	CHECK_VIEW(str_trim(STR(" \t a b\t ")), "a b");
	CHECK_VIEW(str_trim(STR("\n a")), "\n a");
	CHECK_VIEW(str_trim(STR(" \t ")), "");
}

static void
cutting_gives_each_part_once_and_the_last_one_too(void)
{
	struct str rest = STR("a,,b"), part;

	CHECK(str_cut(&rest, ',', &part));
	CHECK_VIEW(part, "a");
	CHECK(str_cut(&rest, ',', &part));
	CHECK_VIEW(part, "");
	CHECK(str_cut(&rest, ',', &part));
	CHECK_VIEW(part, "b");
	CHECK(!str_cut(&rest, ',', &part));
}

static void
numbers_are_digits_within_a_bound(void)
{
	static const char *const bad[] = { "", "+1", "-1", " 1", "1 ", "0x1",
		"1000000000000000001", "99999999999999999999" };
	uint64_t v;
	size_t i;

	CHECK_INT(str_u64(STR("000"), &v), 0);
	CHECK_INT(v, 0);
	CHECK_INT(str_u64(STR("1000000000000000000"), &v), 0);
	CHECK_INT(v, 1000000000000000000);
	for (i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		CHECK_INT(str_u64(str_of(bad[i]), &v), -1);
}

static void
globs_match_whole_texts(void)
{
	CHECK(str_glob(STR("*"), STR("")));
	CHECK(str_glob(STR("http://*/v1/?"), STR("http://api/v1/x")));
	CHECK(!str_glob(STR("http://*/v1/?"), STR("http://api/v1/")));
	CHECK(!str_glob(STR("a"), STR("ab")));
	CHECK(str_glob(STR("a*b*c"), STR("aXbYbZc")));
	CHECK(!str_glob(STR("a*b*c"), STR("aXcYb")));
	/* Exponential matchers do not come back from this. */
	CHECK(!str_glob(STR("*a*a*a*a*a*a*a*a*a*a*a*b"),
	    STR("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa")));
}

static void
tokens_have_no_delimiters(void)
{
	CHECK(str_is_token(STR("X-a_b!#$%&'*+.^`|~09")));
	CHECK(!str_is_token(STR("")));
	CHECK(!str_is_token(STR("a b")));
	CHECK(!str_is_token(STR("a:")));
	CHECK(!str_is_token(STR("a\0b")));
	CHECK(!str_is_token(STR("\xe4")));
}

static void
values_of_fields_have_no_control_characters(void)
{
	CHECK(str_is_field_value(STR("")));
	CHECK(str_is_field_value(STR("a\tb \xe4")));
	CHECK(!str_is_field_value(STR("a\r\nb: c")));
	CHECK(!str_is_field_value(STR("a\0")));
	CHECK(!str_is_field_value(STR("\x7f")));
}

static void
utf8_is_told_from_what_only_looks_like_it(void)
{
	CHECK(str_is_utf8(STR("")));
	CHECK(str_is_utf8(STR("a\0\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80")));
	CHECK(!str_is_utf8(STR("\xc0\xaf"))); /* overlong */
	CHECK(!str_is_utf8(STR("\xe0\x80\xaf")));
	CHECK(!str_is_utf8(STR("\xed\xa0\x80")));     /* a surrogate */
	CHECK(!str_is_utf8(STR("\xf4\x90\x80\x80"))); /* above U+10FFFF */
	CHECK(!str_is_utf8(STR("\xe2\x82")));         /* cut off */
	CHECK(!str_is_utf8(STR("\x80")));
}

static void
order_is_that_of_bytes(void)
{
	CHECK(str_order(STR("a"), STR("b")) < 0);
	CHECK(str_order(STR("b"), STR("ab")) > 0);
	CHECK(str_order(STR("a"), STR("ab")) < 0);
	CHECK(str_order(STR("\xff"), STR("a")) > 0);
	CHECK_INT(str_order(STR("ab"), STR("ab")), 0);
	CHECK_INT(str_order((struct str){ NULL, 0 }, STR("")), 0);
}

static void
parts_are_found_whatever_their_case(void)
{
	CHECK(str_ihas(STR("One Two"), STR("e tW")));
	CHECK(str_ihas(STR("a"), STR("")));
	CHECK(!str_ihas(STR("One Two"), STR("two ")));
	CHECK(!str_ihas(STR("a"), STR("ab")));
	CHECK(!str_ihas(STR("["), STR("{"))); /* 32 apart, but no letters */
}

static void
hexadecimal_digits_count(void)
{
	CHECK_INT(str_hex('0'), 0);
	CHECK_INT(str_hex('9'), 9);
	CHECK_INT(str_hex('a'), 10);
	CHECK_INT(str_hex('F'), 15);
	CHECK_INT(str_hex('g'), -1);
	CHECK_INT(str_hex('@'), -1);
	CHECK_INT(str_hex('\x10'), -1);
	CHECK_INT(str_hex('\xe1'), -1);
}

static void
percent_escapes_are_decoded_and_others_stay(void)
{
	static const struct {
		const char *text, *plain, *form;
	} cases[] = {
		{ "", "", "" },
		{ "a%20b+c", "a b+c", "a b c" },
		{ "%2b%2B", "++", "++" },
		{ "%", "%", "%" },
		{ "a%2", "a%2", "a%2" },
		{ "%%41%4g%g4", "%A%4g%g4", "%A%4g%g4" },
		{ "%2541", "%41", "%41" }, /* once only */
		{ "%ff", "\xff", "\xff" },
	};
	char to[16];
	size_t i, n;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		n = str_decode(str_of(cases[i].text), false, to);
		CHECK_VIEW(((struct str){ to, n }), cases[i].plain);
		n = str_decode(str_of(cases[i].text), true, to);
		CHECK_VIEW(((struct str){ to, n }), cases[i].form);
	}
	CHECK_INT(str_percent(STR("%41b")), 'A');
	CHECK_INT(str_percent(STR("%00")), 0);
	CHECK_INT(str_percent(STR("%fF")), 255);
	CHECK_INT(str_percent(STR("a%41")), -1);
	CHECK_INT(str_percent((struct str){ "%41", 2 }), -1);
	CHECK_INT(str_percent((struct str){ NULL, 0 }), -1);
}

RUN(TEST(percent_escapes_are_decoded_and_others_stay),
    TEST(parts_are_found_whatever_their_case), TEST(hexadecimal_digits_count),
    TEST(views_compare_by_bytes_and_by_ascii_case),
    TEST(case_is_that_of_ascii_letters_at_each_place),
    TEST(trimming_takes_spaces_and_tabs_only),
    TEST(cutting_gives_each_part_once_and_the_last_one_too),
    TEST(numbers_are_digits_within_a_bound), TEST(globs_match_whole_texts),
    TEST(tokens_have_no_delimiters),
    TEST(values_of_fields_have_no_control_characters),
    TEST(order_is_that_of_bytes),
    TEST(utf8_is_told_from_what_only_looks_like_it))
