#include "config.h"

#include <ctype.h>
#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "har/base64.h"

#include "mock/faker.h"
#include "mock/infer.h"
#include "mock/moment.h"
#include "mock/value.h"
#include "mock/value_json.h"

/* Where the names of a rule stand.  Names are words without what is between
 * them: billingZipCode, billing_zip_code and billing-zip-code end in zipcode,
 * and paid does not end in id. */
enum infer_place {
	FORMAT, /* they are formats of JSON schema */
	WHOLE,  /* the name is one of them */
	LAST,   /* it ends in one of them */
	FIRST,  /* it begins with one of them and goes on */
	TYPE,   /* anywhere */
};

enum {
	S = INFER_STRING,
	I = INFER_INTEGER,
	N = INFER_NUMBER | INFER_INTEGER,
	B = INFER_BOOLEAN,
	SN = S | N,
};

enum { NAME_MAX_BYTES = 128 };

static const struct infer_rule infer_rules[] = {
	{ "email idnemail", "internet.email", NULL, S, FORMAT, 0 },
	{ "uuid guid", "string.uuid", NULL, S, FORMAT, 0 },
	{ "datetime", "date.recent", "[{\"days\":30}]", S, FORMAT,
	    INFER_DATE_TIME },
	{ "date", "date.past", "[{\"years\":2}]", S, FORMAT, INFER_DATE },
	{ "time", "date.recent", NULL, S, FORMAT, INFER_TIME },
	{ "uri url urireference iri irireference", "internet.url", NULL, S,
	    FORMAT, 0 },
	{ "hostname idnhostname", "internet.domainName", NULL, S, FORMAT, 0 },
	{ "ipv4", "internet.ipv4", NULL, S, FORMAT, 0 },
	{ "ipv6", "internet.ipv6", NULL, S, FORMAT, 0 },
	{ "password", "internet.password", NULL, S, FORMAT, 0 },
	{ "byte base64", "lorem.words", NULL, S, FORMAT, INFER_BASE64 },
	{ "phone", "phone.number", "[{\"style\":\"international\"}]", S, FORMAT,
	    0 },

	{ "is has can should allow enable", "datatype.boolean", NULL, B, FIRST,
	    0 },
	{ "active enabled disabled visible hidden verified deleted archived "
	  "published public private default required",
	    "datatype.boolean", NULL, B, LAST, 0 },

	{ "uuid guid", "string.uuid", NULL, S, LAST, 0 },
	{ "email mail emailaddress", "internet.email", NULL, S, LAST, 0 },
	{ "phone mobile tel telephone cell fax phonenumber mobilenumber",
	    "phone.number", NULL, S, LAST, 0 },
	{ "imei", "phone.imei", NULL, S, LAST, 0 },

	{ "avatar avatarurl profilepicture profileimage userpic",
	    "image.avatar", NULL, S, LAST, 0 },
	{ "image imageurl imgurl img photo photourl picture pictureurl "
	  "thumbnail thumbnailurl cover coverurl icon iconurl logo logourl "
	  "banner poster",
	    "image.url", NULL, S, LAST, 0 },
	{ "url uri href link website homepage webpage endpoint webhook",
	    "internet.url", NULL, S, LAST, 0 },
	{ "domain domainname host hostname", "internet.domainName", NULL, S,
	    LAST, 0 },
	{ "ip ipv4 ipaddress ipaddr remoteaddr", "internet.ipv4", NULL, S, LAST,
	    0 },
	{ "ipv6", "internet.ipv6", NULL, S, LAST, 0 },
	{ "mac macaddress", "internet.mac", NULL, S, LAST, 0 },
	{ "port", "internet.port", NULL, N, LAST, 0 },
	{ "useragent", "internet.userAgent", NULL, S, LAST, 0 },
	{ "emoji", "internet.emoji", NULL, S, LAST, 0 },
	{ "httpmethod", "internet.httpMethod", NULL, S, LAST, 0 },
	{ "httpstatus statuscode httpstatuscode", "internet.httpStatusCode",
	    NULL, N, LAST, 0 },
	{ "slug", "lorem.slug", NULL, S, LAST, 0 },

	{ "firstname givenname forename", "person.firstName", NULL, S, LAST,
	    0 },
	{ "lastname surname familyname", "person.lastName", NULL, S, LAST, 0 },
	{ "middlename", "person.middleName", NULL, S, LAST, 0 },
	{ "username login nickname handle screenname account user "
	  "createdby updatedby",
	    "internet.username", NULL, S, LAST, 0 },
	{ "displayname", "internet.displayName", NULL, S, LAST, 0 },
	{ "filename file", "system.fileName", NULL, S, LAST, 0 },
	{ "companyname company organization organisation employer business "
	  "vendor supplier merchant brand manufacturer",
	    "company.name", NULL, S, LAST, 0 },
	{ "productname product item itemname", "commerce.productName", NULL, S,
	    LAST, 0 },
	{ "countryname country nation", "location.country", NULL, S, LAST, 0 },
	{ "cityname city town locality", "location.city", NULL, S, LAST, 0 },
	{ "statename province region", "location.state", NULL, S, LAST, 0 },
	{ "streetname street", "location.street", NULL, S, LAST, 0 },
	{ "fullname name author owner contact person customer assignee "
	  "recipient sender manager employee",
	    "person.fullName", NULL, S, LAST, 0 },
	{ "jobtitle job position occupation profession role", "person.jobTitle",
	    NULL, S, LAST, 0 },
	{ "gender sex", "person.sex", NULL, S, LAST, 0 },
	{ "bio biography about", "person.bio", NULL, S, LAST, 0 },
	{ "prefix salutation honorific", "person.prefix", NULL, S, LAST, 0 },
	{ "zodiac zodiacsign", "person.zodiacSign", NULL, S, LAST, 0 },
	{ "age", "number.int", "[{\"min\":18,\"max\":80}]", N, LAST, 0 },

	{ "streetaddress address addressline1 address1 line1",
	    "location.streetAddress", NULL, S, LAST, 0 },
	{ "addressline2 address2 line2 apartment suite",
	    "location.secondaryAddress", NULL, S, LAST, 0 },
	{ "buildingnumber housenumber", "location.buildingNumber", NULL, S,
	    LAST, 0 },
	{ "zip zipcode postcode postalcode plz", "location.zipCode", NULL, S,
	    LAST, 0 },
	{ "county district", "location.county", NULL, S, LAST, 0 },
	{ "countrycode", "location.countryCode", NULL, S, LAST, 0 },
	{ "continent", "location.continent", NULL, S, LAST, 0 },
	{ "lat latitude", "location.latitude", NULL, SN, LAST, 0 },
	{ "lng lon long longitude", "location.longitude", NULL, SN, LAST, 0 },
	{ "timezone tz", "location.timeZone", NULL, S, LAST, 0 },
	{ "locale lang language languagecode", "helpers.arrayElement",
	    "[[\"en\",\"de\",\"fr\",\"es\",\"it\",\"pt\",\"ja\",\"zh\"]]", S,
	    LAST, 0 },

	{ "currency currencycode", "finance.currencyCode", NULL, S, LAST, 0 },
	{ "currencyname", "finance.currencyName", NULL, S, LAST, 0 },
	{ "currencysymbol", "finance.currencySymbol", NULL, S, LAST, 0 },
	{ "iban", "finance.iban", NULL, S, LAST, 0 },
	{ "bic swift swiftcode", "finance.bic", NULL, S, LAST, 0 },
	{ "creditcard creditcardnumber cardnumber", "finance.creditCardNumber",
	    NULL, S, LAST, 0 },
	{ "cvv cvc", "finance.creditCardCVV", NULL, S, LAST, 0 },
	{ "accountnumber", "finance.accountNumber", NULL, S, LAST, 0 },
	{ "pin", "finance.pin", NULL, S, LAST, 0 },
	{ "price amount total subtotal balance cost fee salary revenue budget "
	  "income discount",
	    "number.float", "[{\"min\":1,\"max\":1000,\"fractionDigits\":2}]",
	    N, LAST, 0 },
	{ "price amount total subtotal balance cost fee salary revenue budget "
	  "income discount",
	    "commerce.price", NULL, S, LAST, 0 },
	{ "isbn", "commerce.isbn", NULL, S, LAST, 0 },
	{ "sku", "string.alphanumeric", "[{\"length\":8,\"casing\":\"upper\"}]",
	    S, LAST, 0 },
	{ "department", "commerce.department", NULL, S, LAST, 0 },
	{ "category", "commerce.department", NULL, S, LAST, 0 },
	{ "vin", "vehicle.vin", NULL, S, LAST, 0 },
	{ "licenseplate vrm", "vehicle.vrm", NULL, S, LAST, 0 },

	{ "ms millis milliseconds", "date.recent", "[{\"days\":30}]", N, LAST,
	    INFER_MS },
	{ "birthday birthdate dateofbirth dob born", "date.birthdate", NULL, SN,
	    LAST, INFER_DATE },
	{ "expires expiry expiresat expirydate expirationdate validuntil "
	  "duedate dueat due deadline startdate startsat enddate endsat",
	    "date.soon", "[{\"days\":90}]", SN, LAST, INFER_DATE_TIME },
	{ "year", "number.int", "[{\"min\":1990,\"max\":2030}]", SN, LAST, 0 },
	{ "month", "date.month", NULL, S, LAST, 0 },
	{ "month", "number.int", "[{\"min\":1,\"max\":12}]", N, LAST, 0 },
	{ "weekday dayofweek", "date.weekday", NULL, S, LAST, 0 },
	{ "day", "number.int", "[{\"min\":1,\"max\":28}]", N, LAST, 0 },
	{ "at on date datetime time timestamp created updated modified",
	    "date.recent", "[{\"days\":30}]", SN, LAST, INFER_DATE_TIME },

	{ "password passwd pwd secret", "internet.password", NULL, S, LAST, 0 },
	{ "jwt accesstoken refreshtoken idtoken bearertoken", "internet.jwt",
	    NULL, S, LAST, 0 },
	{ "token apikey key nonce salt", "string.alphanumeric", "[32]", S, LAST,
	    0 },
	{ "sha commit commithash commitsha", "git.commitSha", NULL, S, LAST,
	    0 },
	{ "hash checksum digest md5 sha1 sha256 etag", "string.hexadecimal",
	    "[{\"length\":64,\"casing\":\"lower\",\"prefix\":\"\"}]", S, LAST,
	    0 },
	{ "branch", "git.branch", NULL, S, LAST, 0 },
	{ "version semver", "system.semver", NULL, S, LAST, 0 },
	{ "mimetype contenttype mediatype", "system.mimeType", NULL, S, LAST,
	    0 },
	{ "extension fileextension ext", "system.fileExt", NULL, S, LAST, 0 },
	{ "filepath path", "system.filePath", NULL, S, LAST, 0 },
	{ "directory folder dir", "system.directoryPath", NULL, S, LAST, 0 },
	{ "cron schedule", "system.cron", NULL, S, LAST, 0 },

	{ "colorhex hexcolor backgroundcolor color colour", "color.rgb", NULL,
	    S, LAST, 0 },
	{ "status", "helpers.arrayElement",
	    "[[\"active\",\"inactive\",\"pending\"]]", S, LAST, 0 },
	{ "type kind", "lorem.word", NULL, S, LAST, 0 },
	{ "count num number quantity qty size length stock likes views "
	  "followers comments",
	    "number.int", "[{\"max\":100}]", N, LAST, 0 },
	{ "page", "number.int", "[{\"min\":1,\"max\":10}]", N, LAST, 0 },
	{ "limit pagesize perpage", "helpers.arrayElement",
	    "[[10,20,25,50,100]]", N, LAST, 0 },
	{ "percent percentage progress", "number.int", "[{\"max\":100}]", N,
	    LAST, 0 },
	{ "rating stars", "number.float",
	    "[{\"min\":1,\"max\":5,\"fractionDigits\":1}]", N, LAST, 0 },
	{ "score rate ratio probability", "number.float",
	    "[{\"fractionDigits\":2}]", N, LAST, 0 },
	{ "rank order index priority level", "number.int",
	    "[{\"min\":1,\"max\":10}]", N, LAST, 0 },
	{ "weight height width depth distance", "number.float",
	    "[{\"min\":1,\"max\":200,\"fractionDigits\":1}]", N, LAST, 0 },
	{ "temperature", "number.float",
	    "[{\"min\":-10,\"max\":40,\"fractionDigits\":1}]", N, LAST, 0 },
	{ "duration", "number.int", "[{\"min\":1,\"max\":3600}]", N, LAST, 0 },

	{ "title headline subject", "company.catchPhrase", NULL, S, LAST, 0 },
	{ "description summary excerpt remark remarks note notes caption "
	  "message comment details reason feedback",
	    "lorem.sentence", NULL, S, LAST, 0 },
	{ "content body text article paragraph review", "lorem.paragraph", NULL,
	    S, LAST, 0 },
	{ "tag keyword label word", "word.noun", NULL, S, LAST, 0 },
	{ "genre", "music.genre", NULL, S, LAST, 0 },
	{ "song songname track", "music.songName", NULL, S, LAST, 0 },
	{ "artist", "music.artist", NULL, S, LAST, 0 },
	{ "album", "music.album", NULL, S, LAST, 0 },
	{ "book booktitle", "book.title", NULL, S, LAST, 0 },
	{ "publisher", "book.publisher", NULL, S, LAST, 0 },
	{ "dish meal", "food.dish", NULL, S, LAST, 0 },
	{ "ingredient", "food.ingredient", NULL, S, LAST, 0 },
	{ "pet petname", "animal.petName", NULL, S, LAST, 0 },
	{ "animal species", "animal.type", NULL, S, LAST, 0 },
	{ "breed", "animal.dog", NULL, S, LAST, 0 },
	{ "vehicle car", "vehicle.vehicle", NULL, S, LAST, 0 },
	{ "model", "vehicle.model", NULL, S, LAST, 0 },
	{ "airline", "helpers.fake", "[\"{{airline.airline.name}}\"]", S, LAST,
	    0 },
	{ "airport", "helpers.fake", "[\"{{airline.airport.name}}\"]", S, LAST,
	    0 },
	{ "flightnumber flight", "airline.flightNumber", NULL, S, LAST, 0 },
	{ "state", "location.state", NULL, S, LAST, 0 },
	{ "code", "string.alphanumeric",
	    "[{\"length\":6,\"casing\":\"upper\"}]", S, LAST, 0 },

	{ "id", "number.int", "[{\"min\":1,\"max\":100000}]", N, LAST, 0 },
	{ "id", "string.uuid", NULL, S, LAST, 0 },

	{ "", "lorem.words", NULL, S, TYPE, 0 },
	{ "", "number.int", "[{\"max\":1000}]", I, TYPE, 0 },
	{ "", "number.float", "[{\"max\":1000,\"fractionDigits\":2}]", N, TYPE,
	    0 },
	{ "", "datatype.boolean", NULL, B, TYPE, 0 },
};

enum { RULES = sizeof(infer_rules) / sizeof(*infer_rules) };

/* A name in small letters and digits alone, and where its words begin. */
struct infer_name {
	char text[NAME_MAX_BYTES];
	bool begins[NAME_MAX_BYTES + 1];
	size_t n;
};

const struct infer_rule *
infer_at(size_t i)
{
	return i < RULES ? &infer_rules[i] : NULL;
}

enum infer_type
infer_type(struct str type)
{
	return str_is(type, "string")    ? INFER_STRING
	       : str_is(type, "integer") ? INFER_INTEGER
	       : str_is(type, "number")  ? INFER_NUMBER
	       : str_is(type, "boolean") ? INFER_BOOLEAN
					 : INFER_ANY;
}

/* A capital begins a word behind a small letter or a digit, and before one
 * when others are before it (as the N of URLName). */
static bool
infer_begins(struct str s, size_t i)
{
	if (i == 0 || !isalnum((unsigned char)s.p[i - 1]))
		return true;
	if (!isupper((unsigned char)s.p[i]))
		return false;
	return !isupper((unsigned char)s.p[i - 1]) ||
	       (i + 1 < s.n && islower((unsigned char)s.p[i + 1]));
}

/* The end of a name that is too long, which says more than its start. */
static void
infer_normalize(struct str s, struct infer_name *name)
{
	size_t i;

	if (s.n > NAME_MAX_BYTES) {
		s.p += s.n - NAME_MAX_BYTES;
		s.n = NAME_MAX_BYTES;
	}
	memset(name, 0, sizeof(*name));
	for (i = 0; i < s.n; i++) {
		if (!isalnum((unsigned char)s.p[i]))
			continue;
		name->begins[name->n] = infer_begins(s, i);
		name->text[name->n++] = (char)tolower((unsigned char)s.p[i]);
	}
	name->begins[name->n] = true;
}

static bool
infer_is_at(const struct infer_name *name, size_t at, struct str word)
{
	return name->begins[at] && at + word.n <= name->n &&
	       memcmp(name->text + at, word.p, word.n) == 0;
}

static bool
infer_fits_word(const struct infer_name *name, unsigned place, struct str word)
{
	if (word.n > name->n)
		return false;
	if (place == FIRST)
		return word.n < name->n && infer_is_at(name, 0, word) &&
		       name->begins[word.n];
	if (place != LAST && word.n != name->n)
		return false;
	return infer_is_at(name, name->n - word.n, word);
}

static bool
infer_fits(const struct infer_rule *rule, const struct infer_name *name,
    enum infer_type type)
{
	struct str names = str_of(rule->names), word;

	if ((rule->types & (unsigned)type) == 0)
		return false;
	if (rule->place == TYPE)
		return true;
	while (str_cut(&names, ' ', &word))
		if (infer_fits_word(name, rule->place, word))
			return true;
	return false;
}

/* The first rule of the places from low to high. */
static const struct infer_rule *
infer_look_up(const struct infer_name *name, enum infer_type type,
    enum infer_place low, enum infer_place high)
{
	const struct infer_rule *rule;

	for (rule = infer_rules; rule < infer_rules + RULES; rule++)
		if (rule->place >= low && rule->place <= high &&
		    infer_fits(rule, name, type))
			return rule;
	return NULL;
}

const struct infer_rule *
infer_find(struct str name, enum infer_type type, struct str format)
{
	const struct infer_rule *rule = NULL;
	struct infer_name words;

	infer_normalize(format, &words);
	if (words.n > 0)
		rule = infer_look_up(&words, type, FORMAT, FORMAT);
	infer_normalize(name, &words);
	if (rule == NULL && words.n > 0)
		rule = infer_look_up(&words, type, WHOLE, FIRST);
	if (rule == NULL && words.n > 2 && words.text[words.n - 1] == 's') {
		words.begins[--words.n] = true; /* emails are of email */
		rule = infer_look_up(&words, type, WHOLE, FIRST);
	}
	return rule != NULL ? rule : infer_look_up(&words, type, TYPE, TYPE);
}

/* The part of a moment in ISO 8601 that form asks for. */
static struct value
infer_moment(struct values *v, double ms, enum infer_form form)
{
	struct buf b = { 0 };
	struct str s;
	struct value made;

	moment_write_json(&b, ms);
	s = (struct str){ b.p + 1, b.n - 2 };
	if (form == INFER_DATE && s.n >= 10)
		s.n = 10;
	if (form == INFER_TIME && s.n >= 19) {
		b.p[20] = 'Z'; /* for the fraction of the second */
		s = (struct str){ s.p + 11, 9 };
	}
	made = value_copy_text(v, s);
	buf_free(&b);
	return made;
}

static struct value
infer_shape_text(struct values *v, struct value made, enum infer_form form)
{
	struct buf b = { 0 };
	struct value text;

	if (made.kind == VALUE_DATE)
		return infer_moment(v, made.number, form);
	text = value_text(value_to_str(v, made));
	if (form != INFER_BASE64)
		return text;
	base64_encode(text.text, &b);
	text = value_copy_text(v, buf_str(&b));
	buf_free(&b);
	return text;
}

/* Any type is that of what was made; moments are texts then. */
static struct value
infer_shape(struct values *v, const struct infer_rule *rule,
    enum infer_type type, struct value made)
{
	double number;

	if (type == INFER_BOOLEAN || made.kind == VALUE_BOOL)
		return value_bool(value_is_true(made));
	if (type == INFER_STRING ||
	    (type == INFER_ANY && rule->form != INFER_MS &&
		(made.kind == VALUE_DATE || made.kind == VALUE_TEXT)))
		return infer_shape_text(v, made, rule->form);
	number = value_to_number(made);
	if (made.kind == VALUE_DATE && rule->form != INFER_MS)
		number /= 1000;
	if (type == INFER_INTEGER || made.kind == VALUE_DATE)
		number = floor(number);
	return value_number(number);
}

int
infer_make(const struct infer_rule *rule, enum infer_type type, struct faker *f,
    struct values *v, struct value *to, struct err *e)
{
	struct value args = value_new_array(v, 0), made;

	*to = VALUE_NONE;
	if (rule->args != NULL &&
	    value_read_json(v, str_of(rule->args), &args) == -1)
		return err_set(e, "%s: arguments %s are no JSON", rule->method,
		    rule->args);
	if (faker_call(f, str_of(rule->method), args.array->at, args.array->n,
		v, &made, e) != FAKER_DONE)
		return -1;
	*to = infer_shape(v, rule, type, made);
	return 0;
}
