#include "config.h"

#include <math.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"

#include "mock/faker.h"
#include "mock/infer.h"
#include "mock/moment.h"
#include "mock/value.h"

#include "tests/unit/tap.h"

#define DATE 1772284455167.0

static const struct {
	const char *name;
	const char *type;
	const char *format;
	const char *method;
} members[] = {
	{ "email", "string", "", "internet.email" },
	{ "workEmail", "string", "", "internet.email" },
	{ "contact_e-mail", "string", "", "internet.email" },
	{ "emails", "string", "", "internet.email" },
	{ "x", "string", "email", "internet.email" },
	{ "x", "string", "idn-email", "internet.email" },
	{ "email", "string", "uuid", "string.uuid" },
	{ "createdAt", "string", "", "date.recent" },
	{ "created_at", "integer", "", "date.recent" },
	{ "lastLoginTime", "", "", "date.recent" },
	{ "birthday", "string", "date", "date.past" },
	{ "dateOfBirth", "string", "", "date.birthdate" },
	{ "expires_at", "", "", "date.soon" },
	{ "avatar", "string", "", "image.avatar" },
	{ "avatarUrl", "string", "", "image.avatar" },
	{ "profile_image", "string", "uri", "internet.url" },
	{ "coverURL", "string", "", "image.url" },
	{ "website", "string", "", "internet.url" },
	{ "id", "integer", "", "number.int" },
	{ "id", "string", "", "string.uuid" },
	{ "userId", "integer", "", "number.int" },
	{ "user_ids", "string", "", "string.uuid" },
	{ "paid", "boolean", "", "datatype.boolean" },
	{ "paid", "integer", "", "number.int" },
	{ "grid", "string", "", "lorem.words" },
	{ "uuid", "string", "", "string.uuid" },
	{ "firstName", "string", "", "person.firstName" },
	{ "first_name", "string", "", "person.firstName" },
	{ "FIRSTNAME", "string", "", "person.firstName" },
	{ "customerLastName", "", "", "person.lastName" },
	{ "name", "string", "", "person.fullName" },
	{ "companyName", "string", "", "company.name" },
	{ "fileName", "string", "", "system.fileName" },
	{ "userName", "string", "", "internet.username" },
	{ "username", "string", "", "internet.username" },
	{ "phone", "string", "", "phone.number" },
	{ "phoneNumber", "string", "", "phone.number" },
	{ "isActive", "", "", "datatype.boolean" },
	{ "has_children", "boolean", "", "datatype.boolean" },
	{ "island", "string", "", "lorem.words" },
	{ "billingAddress", "string", "", "location.streetAddress" },
	{ "ipAddress", "string", "", "internet.ipv4" },
	{ "billingZipCode", "string", "", "location.zipCode" },
	{ "country", "string", "", "location.country" },
	{ "countryCode", "string", "", "location.countryCode" },
	{ "lat", "number", "", "location.latitude" },
	{ "lng", "number", "", "location.longitude" },
	{ "price", "number", "", "number.float" },
	{ "price", "string", "", "commerce.price" },
	{ "currency", "string", "", "finance.currencyCode" },
	{ "quantity", "integer", "", "number.int" },
	{ "age", "integer", "", "number.int" },
	{ "status", "string", "", "helpers.arrayElement" },
	{ "accessToken", "string", "", "internet.jwt" },
	{ "title", "string", "", "company.catchPhrase" },
	{ "jobTitle", "string", "", "person.jobTitle" },
	{ "description", "string", "", "lorem.sentence" },
	{ "tags", "string", "", "word.noun" },
	{ "frobnication", "string", "", "lorem.words" },
	{ "frobnication", "integer", "", "number.int" },
	{ "frobnication", "number", "", "number.float" },
	{ "frobnication", "boolean", "", "datatype.boolean" },
	{ "", "", "", "lorem.words" },
	{ "__", "string", "odd", "lorem.words" },
};

static const struct infer_rule *
found(const char *name, const char *type, const char *format)
{
	return infer_find(
	    str_of(name), infer_type(str_of(type)), str_of(format));
}

static void
names_types_and_formats_pick_the_method(void)
{
	size_t i;

	for (i = 0; i < sizeof(members) / sizeof(*members); i++)
		CHECK_STR(
		    found(members[i].name, members[i].type, members[i].format)
			->method,
		    members[i].method);
}

static void
a_name_of_any_length_has_a_rule(void)
{
	char name[1000];
	size_t n;

	memset(name, 'x', sizeof(name));
	memcpy(name + sizeof(name) - 6, "_email", 6);
	CHECK_STR(infer_find(
		      (struct str){ name, sizeof(name) }, INFER_STRING, STR(""))
		      ->method,
	    "internet.email");
	for (n = 0; n < sizeof(name); n++)
		CHECK(infer_find((struct str){ name, n }, INFER_ANY,
			  (struct str){ name, n }) != NULL);
}

/* What a rule gives for a type, printed; lives until the next. */
static const char *
made(const struct infer_rule *rule, enum infer_type type, enum value_kind kind)
{
	static char text[4096];
	struct arena arena = { 0 };
	struct values v = { .arena = &arena };
	struct buf b = { 0 };
	struct value value;
	struct err e = { "" };
	struct faker *f = faker_new(STR("en"), &e);

	faker_seed(f, 42);
	faker_set_date(f, DATE);
	if (infer_make(rule, type, f, &v, &value, &e) == -1)
		buf_addf(&b, "%s", e.text);
	else if (value.kind != kind)
		buf_addf(&b, "kind %d", (int)value.kind);
	else
		value_print(&b, value, SIZE_MAX);
	snprintf(text, sizeof(text), "%s", buf_text(&b));
	buf_free(&b);
	faker_free(f);
	arena_fini(&arena);
	return text;
}

static void
a_moment_takes_the_form_of_its_member(void)
{
	CHECK_STR(
	    made(found("createdAt", "string", ""), INFER_STRING, VALUE_TEXT),
	    "2026-02-09T18:54:22.780Z");
	CHECK_STR(made(found("createdAt", "integer", ""), INFER_INTEGER,
		      VALUE_NUMBER),
	    "1770663262");
	CHECK_STR(
	    made(found("uptimeMs", "integer", ""), INFER_INTEGER, VALUE_NUMBER),
	    "1770663262780");
	CHECK_STR(made(found("x", "string", "time"), INFER_STRING, VALUE_TEXT),
	    "22:13:35Z");
	CHECK_STR(made(found("dob", "string", ""), INFER_STRING, VALUE_TEXT),
	    "1968-10-04");
	CHECK_STR(made(found("createdAt", "", ""), INFER_ANY, VALUE_TEXT),
	    "2026-02-09T18:54:22.780Z");
}

static void
a_value_is_of_the_type_asked_for(void)
{
	CHECK_STR(made(found("year", "string", ""), INFER_STRING, VALUE_TEXT),
	    "2005");
	CHECK_STR(
	    made(found("price", "integer", ""), INFER_INTEGER, VALUE_NUMBER),
	    "375");
	CHECK_STR(made(found("lat", "string", ""), INFER_STRING, VALUE_TEXT),
	    "-22.5828");
	CHECK_STR(made(found("isOdd", "", ""), INFER_ANY, VALUE_BOOL), "true");
}

static void
every_rule_makes_something_for_each_of_its_types(void)
{
	static const struct {
		enum infer_type type;
		enum value_kind kind;
	} types[] = {
		{ INFER_STRING, VALUE_TEXT },
		{ INFER_INTEGER, VALUE_NUMBER },
		{ INFER_NUMBER, VALUE_NUMBER },
		{ INFER_BOOLEAN, VALUE_BOOL },
	};
	const struct infer_rule *rule;
	const char *text;
	size_t i, j;

	for (i = 0; (rule = infer_at(i)) != NULL; i++) {
		CHECK(faker_has(str_of(rule->method)));
		for (j = 0; j < 4; j++) {
			if ((rule->types & types[j].type) == 0)
				continue;
			text = made(rule, types[j].type, types[j].kind);
			if (text[0] == '\0' || strcmp(text, "NaN") == 0 ||
			    strstr(text, "kind ") == text ||
			    strstr(text, "faker ") == text)
				printf("# %s: %s\n", rule->method, text);
			CHECK(text[0] != '\0' && strcmp(text, "NaN") != 0 &&
			      strstr(text, "kind ") != text &&
			      strstr(text, "faker ") != text);
		}
	}
}

RUN(TEST(names_types_and_formats_pick_the_method),
    TEST(a_name_of_any_length_has_a_rule),
    TEST(a_moment_takes_the_form_of_its_member),
    TEST(a_value_is_of_the_type_asked_for),
    TEST(every_rule_makes_something_for_each_of_its_types))
