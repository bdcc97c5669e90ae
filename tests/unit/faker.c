#include "config.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"

#include "mock/faker.h"
#include "mock/moment.h"
#include "mock/value.h"
#include "mock/value_json.h"

#include "tests/unit/tap.h"

/* What @faker-js/faker 9.9.0 gave for seed 42 on 2026-02-28T13:14:15.167Z;
 * tests/golden/faker.py asks it for much more. */
#define DATE 1772284455167.0

static const struct {
	const char *locale;
	const char *name;
	const char *args;
	const char *want; /* printed, dates as JSON */
} calls[] = {
	{ "en", "airline.flightNumber", "[{\"addLeadingZeros\":true}]",
	    "0097" },
	{ "en", "airline.airport", NULL,
	    "{\"name\":\"Hartsfield-Jackson Atlanta International "
	    "Airport\",\"iataCode\":\"ATL\"}" },
	{ "en", "animal.dog", NULL, "Garafian Shepherd" },
	{ "en", "book.title", NULL, "Lord Jim" },
	{ "en", "color.rgb", "[{\"format\":\"css\",\"includeAlpha\":true}]",
	    "rgba(95, 243, 187, 0.6)" },
	{ "en", "color.lab", NULL, "[0.37454,90.1429,46.3988]" },
	{ "en", "commerce.isbn", "[10]", "0-9751108-6-1" },
	{ "en", "commerce.price", "[{\"symbol\":\"$\"}]", "$375.15" },
	{ "en", "commerce.productName", NULL, "Handcrafted Wooden Sausages" },
	{ "en", "company.name", NULL, "Wiegand LLC" },
	{ "en", "company.catchPhrase", NULL,
	    "Immersive well-modulated parallelism" },
	{ "en", "database.mongodbObjectId", NULL, "8ead331ddf0fc4446b96d368" },
	{ "en", "datatype.boolean", NULL, "true" },
	{ "en", "date.past", NULL, "\"2025-07-15T06:12:31.980Z\"" },
	{ "en", "date.birthdate", "[{\"mode\":\"age\",\"min\":18,\"max\":65}]",
	    "\"1978-02-20T14:44:43.118Z\"" },
	{ "en", "date.month", "[{\"abbreviated\":true}]", "Jan" },
	{ "en", "finance.iban", "[{\"formatted\":true}]",
	    "GT69 T10P 0V13 4624 1560 ZH61 0G35" },
	{ "en", "finance.creditCardNumber", "[\"visa\"]", "4975110867099" },
	{ "en", "finance.amount",
	    "[{\"min\":100000,\"max\":1000000000,\"autoFormat\":true}]",
	    "374,602,664.83" },
	{ "en", "finance.bitcoinAddress", NULL,
	    "3JAaa4SAH2YQdbbiwrhB9hnsMcvA3Ba4XY" },
	{ "en", "finance.currency", NULL,
	    "{\"name\":\"New Israeli "
	    "Sheqel\",\"code\":\"ILS\",\"symbol\":\"₪\",\"numericCode\":"
	    "\"376\"}" },
	{ "en", "food.dish", NULL, "Moses's Special Buckwheat Flour" },
	{ "en", "git.commitEntry", "[{\"eol\":\"LF\"}]",
	    "commit ead331ddf0fc4446b96d368ab4bd1d31efb62f92\nAuthor: Jerome "
	    "Vandervort <Jerome_Vandervort@yahoo.com>\nDate: Sat Feb 28 "
	    "03:35:13 2026 +1100\n\n    bypass bluetooth application\n" },
	{ "en", "hacker.phrase", NULL,
	    "The VGA bandwidth is down, reboot the online bandwidth so we can "
	    "navigate the SQL application!" },
	{ "en", "helpers.fake",
	    "[\"{{person.lastName}}, {{number.int({\\\"min\\\": 5, "
	    "\\\"max\\\": 7})}}\"]",
	    "Wiegand, 7" },
	{ "en", "helpers.fromRegExp", "[\"[A-D]{2}#{3}[^a-z]+\"]", "BD###L" },
	{ "en", "helpers.arrayElements", "[[\"a\",\"b\",\"c\",\"d\"]]",
	    "[\"c\",\"d\"]" },
	{ "en", "helpers.shuffle", "[[1,2,3,4,5]]", "[1,5,3,4,2]" },
	{ "en", "helpers.weightedArrayElement",
	    "[[{\"weight\":5,\"value\":\"x\"},{\"weight\":1,\"value\":\"y\"}]]",
	    "x" },
	{ "en", "image.dataUri",
	    "[{\"width\":640,\"height\":480,\"type\":\"svg-base64\",\"color\":"
	    "\"red\"}]",
	    "data:image/"
	    "svg+xml;base64,"
	    "PHN2ZyB4bWxucz0iaHR0cDovL3d3dy53My5vcmcvMjAwMC9zdmciIHZlcnNpb249Ij"
	    "EuMSIgYmFzZVByb2ZpbGU9ImZ1bGwiIHdpZHRoPSI2NDAiIGhlaWdodD0iNDgwIj48"
	    "cmVjdCB3aWR0aD0iMTAwJSIgaGVpZ2h0PSIxMDAlIiBmaWxsPSJyZWQiLz48dGV4dC"
	    "B4PSIzMjAiIHk9IjI0MCIgZm9udC1zaXplPSIyMCIgYWxpZ25tZW50LWJhc2VsaW5l"
	    "PSJtaWRkbGUiIHRleHQtYW5jaG9yPSJtaWRkbGUiIGZpbGw9IndoaXRlIj42NDB4ND"
	    "gwPC90ZXh0Pjwvc3ZnPg==" },
	{ "en", "image.url", NULL,
	    "https://picsum.photos/seed/993RBH1Y/1498/3802" },
	{ "en", "internet.email", NULL, "Valentine.Miller15@hotmail.com" },
	{ "en", "internet.username",
	    "[{\"firstName\":\"Jürgen\",\"lastName\":\"Жукъ 김\"}]",
	    "Jurgen.Zhukui3cw3g53hz" },
	{ "en", "internet.password", "[{\"length\":12,\"memorable\":true}]",
	    "debumivoriqu" },
	{ "en", "internet.ipv4", "[{\"network\":\"private-b\"}]",
	    "172.21.254.29" },
	{ "en", "internet.ipv6", NULL,
	    "8ead:331d:df0f:c444:6b96:d368:ab4b:d1d3" },
	{ "en", "internet.emoji", NULL, "🦮" },
	{ "en", "internet.userAgent", NULL,
	    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10.15; rv:131.0) "
	    "Gecko/20100101 Firefox/118.0" },
	{ "en", "internet.url", NULL, "https://weird-rawhide.name/" },
	{ "en", "location.streetAddress", "[true]",
	    "9751 Anderson Throughway Suite 709" },
	{ "en", "location.latitude", NULL, "-22.5828" },
	{ "en", "location.countryCode", "[\"alpha-3\"]", "GUY" },
	{ "en", "lorem.sentence", NULL,
	    "Virga synagoga patruus armarium armarium." },
	{ "en", "lorem.word", "[{\"length\":{\"min\":3,\"max\":4}}]", "curo" },
	{ "en", "lorem.slug", "[2]", "corrupti-virga" },
	{ "en", "music.songName", NULL, "I Honestly Love You" },
	{ "en", "number.int", "[{\"min\":10,\"max\":100}]", "44" },
	{ "en", "number.int", NULL, "3373557479352566" },
	{ "en", "number.float", "[{\"fractionDigits\":3}]", "0.374" },
	{ "en", "number.float", NULL, "0.3745401188473625" },
	{ "en", "number.bigInt", NULL, "975110867098211" },
	{ "en", "number.hex", "[1e25]", "3191e9af2e2ca80000000" },
	{ "en", "number.romanNumeral", NULL, "MCDXCVIII" },
	{ "en", "person.fullName", NULL, "Tracy Miller" },
	{ "en", "person.jobTitle", NULL, "National Usability Producer" },
	{ "en", "person.bio", NULL, "traveler, philosopher, model" },
	{ "en", "phone.number", NULL, "(975) 310-8670 x982" },
	{ "en", "phone.imei", NULL, "39-751108-670982-8" },
	{ "en", "science.unit", NULL,
	    "{\"name\":\"pascal\",\"symbol\":\"Pa\"}" },
	{ "en", "string.uuid", NULL, "5fb9220d-9b0f-4d32-a248-6492457c3890" },
	{ "en", "string.ulid", NULL, "01KJJ65A7ZBYQK441VKP0ZT655" },
	{ "en", "string.nanoid", NULL, "WB9RHYdbwi8mMv2aWO6ru" },
	{ "en", "string.alphanumeric", "[10]", "nWJB993RBH" },
	{ "en", "string.hexadecimal", "[{\"length\":8}]", "0x8EAd331D" },
	{ "en", "system.fileName", NULL, "unnaturally_dreamily.iso" },
	{ "en", "system.cron", NULL, "* * ? 8 ?" },
	{ "en", "system.networkInterface", NULL, "wlp5s1f0" },
	{ "en", "vehicle.vin", NULL, "CYRK551VKPAZ82113" },
	{ "en", "word.words", "[5]", "bleakly custody gee psst why" },
	{ "de", "person.fullName", NULL, "Tomke Moguenara" },
	{ "de_AT", "location.streetAddress", NULL, "Heideweg 75c" },
	{ "fr", "company.name", NULL, "Sanchez et Nicolas" },
	{ "es", "location.city", NULL, "Torremolinos" },
	{ "it", "phone.number", NULL, "+97 511 08670982" },
	{ "pt_BR", "location.zipCode", NULL, "39751-108" },
	{ "nl", "internet.email", NULL, "Thomas.deGraaf15@hotmail.com" },
	{ "pl", "person.lastName", NULL, "Zajączkowski" },
	{ "ja", "person.fullName", NULL, "町田 陽菜" },
	{ "zh_CN", "internet.username", NULL, "k1z_pry15" },
	{ "ru", "lorem.sentence", NULL,
	    "Формированию роль правительством за за." },
	{ "base", "internet.httpStatusCode", NULL, "226" },
};

static struct faker *
seeded(const char *locale, double seed)
{
	struct err e;
	struct faker *f = faker_new(str_of(locale), &e);

	CHECK(f != NULL);
	faker_seed(f, seed);
	faker_set_date(f, DATE);
	return f;
}

/* What a call gives, in the shape of calls; lives until the next. */
static const char *
said(struct faker *f, const char *name, const char *args)
{
	static char text[1 << 16];
	struct arena arena = { 0 };
	struct values v = { .arena = &arena };
	struct value list, made;
	struct buf b = { 0 };
	struct err e;
	enum faker_result result;

	value_read_json(&v, str_of(args != NULL ? args : "[]"), &list);
	result = faker_call(
	    f, str_of(name), list.array->at, list.array->n, &v, &made, &e);
	if (result != FAKER_DONE)
		buf_addf(&b, "%s: %s",
		    result == FAKER_REFUSED ? "refused" : "failed", e.text);
	else if (made.kind == VALUE_DATE)
		moment_write_json(&b, made.number);
	else if (value_is_object(made))
		value_write_json(&v, &b, made, 0, false);
	else
		value_print(&b, made, SIZE_MAX);
	snprintf(text, sizeof(text), "%s", buf_text(&b));
	buf_free(&b);
	arena_fini(&arena);
	return text;
}

static void
values_are_those_of_faker_js(void)
{
	struct faker *f;
	size_t i;

	for (i = 0; i < sizeof(calls) / sizeof(*calls); i++) {
		f = seeded(calls[i].locale, 42);
		CHECK_STR(said(f, calls[i].name, calls[i].args), calls[i].want);
		faker_free(f);
	}
}

static void
a_list_of_numbers_is_a_seed_too(void)
{
	struct faker *f = seeded("en", 0);
	const double seeds[] = { 42, 1337, 4294967297.0, -1 };

	faker_seed_list(f, seeds, 4);
	CHECK_STR(said(f, "number.int", NULL), "2473960889757264");
	faker_free(f);
}

static void
a_seed_is_cut_to_32_bits_as_by_javascript(void)
{
	static const double seeds[] = { 42, 42.9, 4294967338.0, -4294967254.0 };
	struct faker *f = seeded("en", 0);
	size_t i;

	for (i = 0; i < 4; i++) {
		faker_seed(f, seeds[i]);
		CHECK_STR(said(f, "number.int", NULL), "3373557479352566");
	}
	faker_free(f);
}

static void
without_a_seed_two_fakers_differ(void)
{
	struct err e;
	struct faker *a = faker_new(STR("en"), &e);
	struct faker *b = faker_new(STR(""), &e);
	char first[64];

	snprintf(first, sizeof(first), "%s", said(a, "string.uuid", NULL));
	CHECK(strcmp(first, said(b, "string.uuid", NULL)) != 0);
	faker_free(a);
	faker_free(b);
}

static void
an_unknown_locale_is_named(void)
{
	static const char *const unknown[] = { "xx", "tables", "en ", "EN" };
	struct err e;
	size_t i;

	for (i = 0; i < 4; i++) {
		CHECK(faker_new(str_of(unknown[i]), &e) == NULL);
		CHECK(strstr(e.text, unknown[i]) != NULL);
	}
}

static void
an_unknown_method_is_refused_in_mockoons_words(void)
{
	static const char *const unknown[] = { "", "person", "person.",
		"person.nobody", ".firstName", "person.firstName.x" };
	struct faker *f = seeded("en", 42);
	char want[200];
	size_t i;

	for (i = 0; i < 6; i++) {
		CHECK(!faker_has(str_of(unknown[i])));
		snprintf(want, sizeof(want),
		    "failed: %s is not a valid Faker method (valid: "
		    "\"location.zipCode\", \"date.past\", etc)",
		    unknown[i]);
		CHECK_STR(said(f, unknown[i], NULL), want);
	}
	CHECK(faker_has(STR("address.city")));
	faker_free(f);
}

static void
an_error_of_faker_is_told_from_any_other(void)
{
	struct faker *f = seeded("en", 42);

	CHECK_STR(said(f, "number.int", "[{\"min\":5,\"max\":2}]"),
	    "refused: faker number.int: Max 2 should be greater than min 5.");
	CHECK_STR(said(f, "helpers.arrayElement", "[[]]"),
	    "refused: faker helpers.arrayElement: Cannot get value from empty "
	    "dataset.");
	CHECK_STR(said(f, "number.int", "[null]"),
	    "failed: faker number.int: null where options should be");
	CHECK_STR(said(f, "string.alpha", "[{\"casing\":\"odd\"}]"),
	    "failed: faker string.alpha: casing odd: is none of upper, lower, "
	    "mixed");
	faker_free(f);
}

static void
what_a_locale_has_not_is_refused(void)
{
	struct faker *f = seeded("base", 42);

	CHECK(strncmp(said(f, "person.firstName", NULL),
		  "refused: faker person.firstName: The locale data for "
		  "'person.first_name' are missing in this locale.",
		  100) == 0);
	faker_free(f);
	f = seeded("pt_PT", 42);
	CHECK(strncmp(said(f, "helpers.fake", "[\"{{location.city_prefix}}\"]"),
		  "refused: faker helpers.fake: Cannot resolve", 43) == 0);
	faker_free(f);
}

static void
nothing_goes_on_without_end(void)
{
	static const char *const calls_without_end[][2] = {
		{ "string.alpha", "[1e9]" },
		{ "string.alpha", "[\"x\", 1]" },
		{ "string.alpha", "[{\"length\":{\"min\":1e8,\"max\":1e9}}]" },
		{ "lorem.paragraphs", "[1e12]" },
		{ "lorem.sentences", "[300000]" },
		{ "string.numeric", "[{\"length\":1e308}]" },
		{ "date.betweens", "[{\"from\":0,\"to\":9,\"count\":1e9}]" },
		{ "helpers.multiple", "[]" },
		{ "helpers.fromRegExp", "[\"a{999999999}\"]" },
		{ "helpers.fromRegExp", "[\"a{9999}{9999}{9999}{9999}\"]" },
		{ "helpers.fake", "[\"{{helpers.fake(\\\"{{lorem.word}}\\\")}}"
				  "{{helpers.fake}}\"]" },
		{ "internet.password", "[{\"length\":1e300}]" },
		{ "helpers.fromRegExp", "[\"a{9000000}[b]*\"]" },
		{ "helpers.fromRegExp", "[\".{9000000}[b]+\"]" },
		{ "number.romanNumeral", "[{\"max\":\"x\"}]" },
		{ "helpers.replaceCreditCardSymbols", "[\"#{99999999}\"]" },
	};
	struct faker *f = seeded("en", 42);
	size_t i;

	for (i = 0; i < sizeof(calls_without_end) / sizeof(*calls_without_end);
	     i++) {
		(void)said(f, calls_without_end[i][0], calls_without_end[i][1]);
		CHECK_STR(said(f, "helpers.slugify", "[\"still here\"]"),
		    "still-here");
	}
	CHECK(strncmp(said(f, "string.alpha", "[1e9]"), "failed: ", 8) == 0);
	faker_free(f);
}

static void
a_pattern_that_calls_itself_ends(void)
{
	struct faker *f = seeded("en", 42);
	char pattern[4096] = "[\"";
	int i;

	for (i = 0; i < 100; i++)
		strcat(pattern, "{{helpers.fake(");
	strcat(pattern, "\"]");
	(void)said(f, "helpers.fake", pattern);
	CHECK_STR(said(f, "number.int", "[0]"), "0");
	faker_free(f);
}

static void
every_method_can_be_called_in_every_locale(void)
{
	struct str locale;
	struct faker *f;
	struct err e;
	char name[64];
	size_t i, j, methods = 0;

	for (i = 0; (locale = faker_locale_name(i)).p != NULL; i++) {
		f = faker_new(locale, &e);
		CHECK(f != NULL);
		faker_seed(f, 1);
		for (j = 0; faker_method_name(j, name, sizeof(name)); j++) {
			CHECK(faker_has(str_of(name)));
			(void)said(f, name, NULL);
			(void)said(f, name, "[{}]");
		}
		methods = j;
		faker_free(f);
	}
	CHECK_INT(i, 72);
	CHECK_INT(methods, 299);
}

static void *
make_names(void *locale)
{
	struct err e;
	struct faker *f = faker_new(str_of(locale), &e);
	struct arena arena = { 0 };
	struct values v = { .arena = &arena };
	struct value made;
	int i;

	for (i = 0; i < 200; i++)
		faker_call(f, STR("internet.username"), NULL, 0, &v, &made, &e);
	arena_fini(&arena);
	faker_free(f);
	return NULL;
}

static void
threads_have_fakers_of_the_same_words(void)
{
	static const char *const locales[] = { "en", "de_AT", "en", "ja" };
	pthread_t threads[4];
	size_t i;

	for (i = 0; i < 4; i++)
		CHECK_INT(pthread_create(&threads[i], NULL, make_names,
			      (void *)locales[i]),
		    0);
	for (i = 0; i < 4; i++)
		pthread_join(threads[i], NULL);
}

RUN(TEST(values_are_those_of_faker_js), TEST(a_list_of_numbers_is_a_seed_too),
    TEST(a_seed_is_cut_to_32_bits_as_by_javascript),
    TEST(without_a_seed_two_fakers_differ), TEST(an_unknown_locale_is_named),
    TEST(an_unknown_method_is_refused_in_mockoons_words),
    TEST(an_error_of_faker_is_told_from_any_other),
    TEST(what_a_locale_has_not_is_refused), TEST(nothing_goes_on_without_end),
    TEST(a_pattern_that_calls_itself_ends),
    TEST(every_method_can_be_called_in_every_locale),
    TEST(threads_have_fakers_of_the_same_words))
