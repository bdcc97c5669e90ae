/*
 * Methods of faker 7 under the names of faker 8, as Mockoon changes them in
 * files from before that (its migration 29).
 */
#include "config.h"

#include <string.h>

#include "base/buf.h"

#include "mock/environment_old.h"

/* What a name is now, NULL when the expression goes, and what stands behind its
 * arguments. */
static const struct renamed {
	const char *was, *now, *more;
} environment_renamed[] = {
	{ "address.buildingNumber", "location.buildingNumber", NULL },
	{ "address.cardinalDirection", "location.cardinalDirection", NULL },
	{ "address.city", "location.city", NULL },
	{ "address.cityName", "location.city", NULL },
	{ "address.cityPrefix", NULL, NULL },
	{ "address.citySuffix", NULL, NULL },
	{ "address.country", "location.country", NULL },
	{ "address.countryCode", "location.countryCode", NULL },
	{ "address.county", "location.county", NULL },
	{ "address.direction", "location.direction", NULL },
	{ "address.latitude", "location.latitude", NULL },
	{ "address.longitude", "location.longitude", NULL },
	{ "address.nearbyGPSCoordinate", "location.nearbyGPSCoordinate", NULL },
	{ "address.ordinalDirection", "location.ordinalDirection", NULL },
	{ "address.secondaryAddress", "location.secondaryAddress", NULL },
	{ "address.state", "location.state", NULL },
	{ "address.stateAbbr", "location.state", "abbreviated=true" },
	{ "address.street", "location.street", NULL },
	{ "address.streetAddress", "location.streetAddress", NULL },
	{ "address.streetName", "location.street", NULL },
	{ "address.streetPrefix", NULL, NULL },
	{ "address.streetSuffix", NULL, NULL },
	{ "address.timeZone", "location.timeZone", NULL },
	{ "address.zipCode", "location.zipCode", NULL },
	{ "address.zipCodeByState", "location.zipCode", NULL },
	{ "commerce.color", "color.human", NULL },
	{ "company.bs", "company.buzzPhrase", NULL },
	{ "company.bsAdjective", "company.buzzAdjective", NULL },
	{ "company.bsBuzz", "company.buzzVerb", NULL },
	{ "company.bsNoun", "company.buzzNoun", NULL },
	{ "company.companyName", "company.name", NULL },
	{ "company.companySuffix", "company.name", NULL },
	{ "company.suffixes", "company.name", NULL },
	{ "datatype.array", NULL, NULL },
	{ "datatype.bigInt", "number.bigInt", NULL },
	{ "datatype.datetime", "date.anytime", NULL },
	{ "datatype.float", "number.float", NULL },
	{ "datatype.hexadecimal", "number.hex", NULL },
	{ "datatype.json", NULL, NULL },
	{ "datatype.number", "number.int", "max=99999" },
	{ "datatype.string", "string.sample", NULL },
	{ "datatype.uuid", "string.uuid", NULL },
	{ "finance.account", "finance.accountNumber", NULL },
	{ "finance.masked", "finance.maskedNumber", NULL },
	{ "git.shortSha", "git.commitSha", "length=\"7\"" },
	{ "helpers.regexpStyleStringParse", "helpers.fromRegExp", NULL },
	{ "helpers.repeatString", NULL, NULL },
	{ "image.abstract", "image.urlLoremFlickr", "category=\"abstract\"" },
	{ "image.animals", "image.urlLoremFlickr", "category=\"animals\"" },
	{ "image.business", "image.urlLoremFlickr", "category=\"business\"" },
	{ "image.cats", "image.urlLoremFlickr", "category=\"cats\"" },
	{ "image.city", "image.urlLoremFlickr", "category=\"city\"" },
	{ "image.fashion", "image.urlLoremFlickr", "category=\"fashion\"" },
	{ "image.food", "image.urlLoremFlickr", "category=\"food\"" },
	{ "image.image", "image.url", NULL },
	{ "image.imageUrl", "image.url", NULL },
	{ "image.lorempixel", NULL, NULL },
	{ "image.nature", "image.urlLoremFlickr", "category=\"nature\"" },
	{ "image.nightlife", "image.urlLoremFlickr", "category=\"nightlife\"" },
	{ "image.people", "image.urlLoremFlickr", "category=\"people\"" },
	{ "image.sports", "image.urlLoremFlickr", "category=\"sports\"" },
	{ "image.technics", "image.urlLoremFlickr", "category=\"technics\"" },
	{ "image.transport", "image.urlLoremFlickr", "category=\"transport\"" },
	{ "mersenne.rand", NULL, NULL },
	{ "mersenne.seed", NULL, NULL },
	{ "mersenne.seed_array", NULL, NULL },
	{ "name.findName", "person.fullName", NULL },
	{ "name.firstName", "person.firstName", NULL },
	{ "name.fullName", "person.fullName", NULL },
	{ "name.gender", "person.gender", NULL },
	{ "name.jobArea", "person.jobArea", NULL },
	{ "name.jobDescriptor", "person.jobDescriptor", NULL },
	{ "name.jobTitle", "person.jobTitle", NULL },
	{ "name.jobType", "person.jobType", NULL },
	{ "name.lastName", "person.lastName", NULL },
	{ "name.middleName", "person.middleName", NULL },
	{ "name.prefix", "person.prefix", NULL },
	{ "name.sex", "person.sex", NULL },
	{ "name.sexType", "person.sexType", NULL },
	{ "name.suffix", "person.suffix", NULL },
	{ "phone.phoneFormats", NULL, NULL },
	{ "phone.phoneNumber", "phone.number", NULL },
	{ "phone.phoneNumberFormat", NULL, NULL },
	{ "random.alpha", "string.alpha", NULL },
	{ "random.alphaNumeric", "string.alphanumeric", NULL },
	{ "random.numeric", "string.numeric", NULL },
	{ "random.word", "word.sample", NULL },
	{ "random.words", "word.words", NULL },
};

static const struct renamed *
environment_find_renamed(struct str name)
{
	size_t i,
	    n = sizeof(environment_renamed) / sizeof(*environment_renamed);

	for (i = 0; i < n; i++)
		if (str_is(name, environment_renamed[i].was))
			return &environment_renamed[i];
	return NULL;
}

/* The name in quotes that stands behind "faker" at the start of text; p NULL
 * for none. */
static struct str
environment_faker_name(struct str text)
{
	struct str rest = str_trim((struct str){ text.p + 5, text.n - 5 });
	char quote = rest.n > 0 ? rest.p[0] : '\0';
	const char *end = quote == '\'' || quote == '"'
			      ? memchr(rest.p + 1, quote, rest.n - 1)
			      : NULL;

	if (end == NULL)
		return (struct str){ NULL, 0 };
	return (struct str){ rest.p + 1, (size_t)(end - rest.p) - 1 };
}

/* Whether the end of text is within an expression. */
static bool
environment_is_inside(struct str text)
{
	size_t i;

	for (i = text.n; i > 1; i--)
		if (text.p[i - 1] == text.p[i - 2] &&
		    (text.p[i - 1] == '{' || text.p[i - 1] == '}'))
			return text.p[i - 1] == '{';
	return false;
}

/* Cuts off the expression that out ends within, and tells where text, which
 * goes on behind that, has left it. */
static size_t
environment_drop(struct buf *out, struct str text)
{
	const char *end = memmem(text.p, text.n, "}}", 2);
	size_t n = end != NULL ? (size_t)(end - text.p) + 2 : text.n;

	while (out->n > 0 && out->p[out->n - 1] != '{')
		out->n--;
	while (out->n > 0 && out->p[out->n - 1] == '{')
		out->n--;
	return n + (n < text.n && text.p[n] == '}');
}

void
environment_rename_fakers(struct str text, struct buf *out)
{
	const char *start = text.p, *end = text.p + text.n, *at;
	const struct renamed *to;
	struct str name;
	size_t i;

	while (
	    text.n > 0 && (at = memmem(text.p, text.n, "faker", 5)) != NULL) {
		name = environment_faker_name(
		    (struct str){ at, (size_t)(end - at) });
		to = name.p != NULL && environment_is_inside((struct str){
					   start, (size_t)(at - start) })
			 ? environment_find_renamed(name)
			 : NULL;
		i = to != NULL ? (size_t)(name.p - text.p)
			       : (size_t)(at - text.p) + 5;
		buf_add(out, text.p, i);
		text = (struct str){ text.p + i, text.n - i };
		if (to == NULL)
			continue;
		i = name.n;
		if (to->now == NULL)
			i = environment_drop(out, text);
		else
			buf_add_text(out, to->now);
		text = (struct str){ text.p + i, text.n - i };
		for (i = 0; to->more != NULL && i < text.n &&
			    text.p[i] != ')' && text.p[i] != '}';)
			i++;
		if (i == 0)
			continue;
		buf_add(out, text.p, i);
		buf_addf(out, " %s", to->more);
		text = (struct str){ text.p + i, text.n - i };
	}
	buf_add_str(out, text);
}
