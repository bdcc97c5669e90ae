/*
 * Fake data: {{faker "module.method"}} and short names for some of it.  What
 * is drawn comes from the generator of the context, in the order Mockoon
 * draws it, so that a seed gives the same.
 */

#include "config.h"

#include <math.h>

#include "base/buf.h"
#include "base/err.h"
#include "mock/faker.h"
#include "mock/fakers.h"
#include "mock/moment.h"
#include "mock/value_json.h"

#include "mock/helper.h"

/* Calls a method; what faker refuses is VALUE_OUT. */
static int
helper_fake_try(struct helper_call *c, struct str path,
    const struct value *args, size_t n, struct value *result, struct err *e)
{
	struct faker *faker = c->c->faker;

	if (faker == NULL && c->c->fakers != NULL)
		faker = fakers_get(c->c->fakers);
	if (faker == NULL)
		return helper_fail(c, "there is no fake data");
	switch (faker_call(faker, path, args, n, c->v, result, e)) {
	case FAKER_DONE:
		return 0;
	case FAKER_REFUSED:
		result->kind = VALUE_OUT;
		return 0;
	default:
		return helper_fail(c, "%s", e->text);
	}
}

/* What faker refuses is nothing. */
static int
helper_fake_call(struct helper_call *c, struct str path,
    const struct value *args, size_t n, struct value *result)
{
	struct err e;

	if (helper_fake_try(c, path, args, n, result, &e) == -1)
		return -1;
	if (result->kind == VALUE_OUT)
		*result = value_text(STR(""));
	return 0;
}

/* What faker refuses is a failure: Mockoon does not catch it there. */
static int
helper_fake_strict(struct helper_call *c, struct str path,
    const struct value *args, size_t n, struct value *result)
{
	struct err e;

	if (helper_fake_try(c, path, args, n, result, &e) == -1)
		return -1;
	return result->kind == VALUE_OUT ? helper_fail(c, "%s", e.text) : 0;
}

static bool
helper_is_alnum(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
	       (c >= 'A' && c <= 'Z');
}

/* "module.method": letters, a dot, letters and digits. */
static bool
helper_is_method(struct str path)
{
	size_t i, dot = 0;

	for (i = 0; i < path.n; i++) {
		if (path.p[i] == '.' && dot == 0 && i > 0)
			dot = i;
		else if (!helper_is_alnum(path.p[i]) ||
			 (dot == 0 && path.p[i] <= '9'))
			return false;
	}
	return dot > 0 && dot + 1 < path.n;
}

/*
 * Appends an object as people write it in a template as JSON: backslashes go,
 * and names get the quotes they lack.
 */
static void
helper_quote_names(struct str text, struct buf *out)
{
	struct buf plain = { 0 };
	size_t i, from, to;

	for (i = 0; i < text.n; i++)
		if (text.p[i] != '\\')
			buf_add(&plain, text.p + i, 1);
	for (i = 0; i < plain.n; i = to) {
		from = i + (plain.p[i] == '\'' || plain.p[i] == '"');
		for (to = from; to < plain.n && (helper_is_alnum(plain.p[to]) ||
						    plain.p[to] == '_');)
			to++;
		if (to > from) {
			size_t colon =
			    to + (to < plain.n && (plain.p[to] == '\'' ||
						      plain.p[to] == '"'));

			if (colon < plain.n && plain.p[colon] == ':') {
				buf_add(out, "\"", 1);
				buf_add(out, plain.p + from, to - from);
				buf_add_text(out, "\": ");
				to = colon + 1;
				continue;
			}
		}
		if (to == i)
			to++;
		buf_add(out, plain.p + i, to - i);
	}
	buf_free(&plain);
}

/* An argument, which may be an object written in a text. */
static int
helper_fake_arg(struct helper_call *c, struct value given, struct value *to)
{
	struct buf *json;

	*to = given;
	if (given.kind == VALUE_SAFE) {
		/* An object, so it is taken for options. */
		*to = value_new_object(c->v);
		value_set(c->v, *to, STR("string"), value_text(given.text));
	}
	if (given.kind != VALUE_TEXT || given.text.n == 0 ||
	    given.text.p[0] != '{' || given.text.p[given.text.n - 1] != '}')
		return 0;
	json = helper_scratch(c);
	helper_quote_names(given.text, json);
	if (value_read_json(c->v, buf_str(json), to) == -1)
		return helper_fail(c, "Error in parsing object argument");
	return 0;
}

static int
helper_faker(struct helper_call *c, struct value *result)
{
	struct value name = helper_given(c, 0);
	struct value args = value_new_array(c->v, c->n), arg;
	unsigned i;

	if (c->n == 0 || (name.kind == VALUE_TEXT && name.text.n == 0))
		return helper_fail(c, "Faker method name is missing (valid: "
				      "\"location.zipCode\", \"date.past\", "
				      "etc)");
	if (name.kind != VALUE_TEXT || !helper_is_method(name.text))
		return helper_fail(c, "not a valid Faker method (valid: "
				      "\"location.zipCode\", \"date.past\", "
				      "etc)");
	for (i = 1; i < c->n; i++) {
		if (helper_fake_arg(c, c->args[i], &arg) == -1)
			return -1;
		value_push(c->v, args, arg);
	}
	if (c->hash.object->n > 0)
		value_push(c->v, args, c->hash);
	return helper_fake_call(
	    c, name.text, args.array->at, args.array->n, result);
}

/* Short names for methods without arguments. */
static const struct {
	const char *name, *path;
} helper_fakes[] = {
	{ "boolean", "datatype.boolean" },
	{ "city", "location.city" },
	{ "color", "color.human" },
	{ "company", "company.name" },
	{ "country", "location.country" },
	{ "countryCode", "location.countryCode" },
	{ "domain", "internet.domainName" },
	{ "email", "internet.email" },
	{ "firstName", "person.firstName" },
	{ "guid", "string.uuid" },
	{ "ipv4", "internet.ipv4" },
	{ "ipv6", "internet.ipv6" },
	{ "lastName", "person.lastName" },
	{ "lat", "location.latitude" },
	{ "long", "location.longitude" },
	{ "objectId", "database.mongodbObjectId" },
	{ "phone", "phone.number" },
	{ "postcode", "location.zipCode" },
	{ "street", "location.streetAddress" },
	{ "tld", "internet.domainSuffix" },
	{ "uuid", "string.uuid" },
	{ "zipcode", "location.zipCode" },
};

static int
helper_short_fake(struct helper_call *c, struct value *result)
{
	size_t i = 0;

	while (!str_is(c->name, helper_fakes[i].name))
		i++;
	return helper_fake_call(
	    c, str_of(helper_fakes[i].path), NULL, 0, result);
}

/* The smallest and the greatest number, as far as they are given. */
static struct value
helper_range(struct helper_call *c)
{
	struct value range = value_new_object(c->v);

	if (c->n > 0 && c->args[0].kind == VALUE_NUMBER)
		value_set(c->v, range, STR("min"), c->args[0]);
	if (c->n > 1 && c->args[1].kind == VALUE_NUMBER)
		value_set(c->v, range, STR("max"), c->args[1]);
	return range;
}

static int
helper_int(struct helper_call *c, struct value *result)
{
	struct value range = helper_range(c);

	return helper_fake_strict(c, STR("number.int"), &range, 1, result);
}

static int
helper_float(struct helper_call *c, struct value *result)
{
	struct value range = helper_range(c);

	return helper_fake_strict(c, STR("number.float"), &range, 1, result);
}

static int
helper_hex_color(struct helper_call *c, struct value *result)
{
	struct value how = value_new_object(c->v);

	value_set(c->v, how, STR("format"), value_text(STR("hex")));
	value_set(c->v, how, STR("casing"), value_text(STR("lower")));
	return helper_fake_call(c, STR("color.rgb"), &how, 1, result);
}

static int
helper_lorem(struct helper_call *c, struct value *result)
{
	bool counted = c->n > 0 && c->args[0].kind == VALUE_NUMBER;

	return helper_fake_call(
	    c, STR("lorem.sentence"), c->args, counted, result);
}

static int
helper_title(struct helper_call *c, struct value *result)
{
	bool sex = c->n > 0 && c->args[0].kind == VALUE_TEXT;

	return helper_fake_call(c, STR("person.prefix"), c->args, sex, result);
}

/* A moment between two, in a format or as a date is printed. */
static int
helper_between(struct helper_call *c, struct str from, struct str to,
    struct value format, struct value *result)
{
	struct value range = value_new_object(c->v), date;
	struct err e;

	value_set(c->v, range, STR("from"), value_text(from));
	value_set(c->v, range, STR("to"), value_text(to));
	if (helper_fake_strict(c, STR("date.between"), &range, 1, &date) == -1)
		return -1;
	if (date.kind != VALUE_DATE)
		return helper_fail(c, "there is no date between these");
	if (format.kind != VALUE_TEXT)
		moment_print(helper_scratch(c), date.number);
	else if (moment_format(
		     helper_scratch(c), date.number, format.text, &e) == -1)
		return helper_fail(c, "%s", e.text);
	*result = helper_built(c);
	return 0;
}

static int
helper_random_date(struct helper_call *c, struct value *result)
{
	struct value from = helper_given(c, 0), to = helper_given(c, 1);

	*result = value_text(STR(""));
	if (from.kind != VALUE_TEXT || to.kind != VALUE_TEXT)
		return 0;
	return helper_between(
	    c, from.text, to.text, c->n == 3 ? c->args[2] : VALUE_NONE, result);
}

/* A time of a day, in UTC's first. */
static struct str
helper_time_of(struct helper_call *c, struct value time)
{
	struct buf *out = helper_scratch(c);

	buf_add_text(out, "1970-01-01T");
	buf_add_str(out, time.text);
	return helper_built(c).text;
}

static int
helper_time(struct helper_call *c, struct value *result)
{
	struct str from = STR("1970-01-01T00:00:00");
	struct str to = STR("1970-01-01T23:59:00");
	struct value format = value_text(STR("HH:mm"));

	if (c->n >= 2 && c->args[0].kind == VALUE_TEXT &&
	    c->args[1].kind == VALUE_TEXT) {
		from = helper_time_of(c, c->args[0]);
		to = helper_time_of(c, c->args[1]);
		if (c->n == 3 && c->args[2].kind == VALUE_TEXT &&
		    c->args[2].text.n > 0)
			format = c->args[2];
	}
	return helper_between(c, from, to, format, result);
}

const struct helper helper_fake[] = {
	{ "boolean", helper_short_fake, HELPER_ANY },
	{ "city", helper_short_fake, HELPER_ANY },
	{ "color", helper_short_fake, HELPER_ANY },
	{ "company", helper_short_fake, HELPER_ANY },
	{ "country", helper_short_fake, HELPER_ANY },
	{ "countryCode", helper_short_fake, HELPER_ANY },
	{ "date", helper_random_date, HELPER_ANY },
	{ "domain", helper_short_fake, HELPER_ANY },
	{ "email", helper_short_fake, HELPER_ANY },
	{ "faker", helper_faker, HELPER_ANY },
	{ "firstName", helper_short_fake, HELPER_ANY },
	{ "float", helper_float, HELPER_ANY },
	{ "guid", helper_short_fake, HELPER_ANY },
	{ "hexColor", helper_hex_color, HELPER_ANY },
	{ "int", helper_int, HELPER_ANY },
	{ "ipv4", helper_short_fake, HELPER_ANY },
	{ "ipv6", helper_short_fake, HELPER_ANY },
	{ "lastName", helper_short_fake, HELPER_ANY },
	{ "lat", helper_short_fake, HELPER_ANY },
	{ "long", helper_short_fake, HELPER_ANY },
	{ "lorem", helper_lorem, HELPER_ANY },
	{ "objectId", helper_short_fake, HELPER_ANY },
	{ "phone", helper_short_fake, HELPER_ANY },
	{ "postcode", helper_short_fake, HELPER_ANY },
	{ "street", helper_short_fake, HELPER_ANY },
	{ "time", helper_time, HELPER_ANY },
	{ "title", helper_title, HELPER_ANY },
	{ "tld", helper_short_fake, HELPER_ANY },
	{ "uuid", helper_short_fake, HELPER_ANY },
	{ "zipcode", helper_short_fake, HELPER_ANY },
	{ NULL, NULL, HELPER_ANY },
};
