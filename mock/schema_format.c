/* The formats of npm's ajv-formats 3. */

#include "config.h"

#include <math.h>
#include <string.h>

#include "base/err.h"
#include "mock/js_regex.h"

#include "mock/schema_priv.h"

#define PERCENT "%[0-9a-f]{2}"
#define OCTET "(?:25[0-5]|2[0-4]\\d|[01]?\\d\\d?)"
#define FOUR "(?:" OCTET "\\.){3}" OCTET
#define HEX "[0-9a-f]{1,4}"
#define BEFORE(n) "(?:(?:" HEX ":){0," n "}" HEX ")?::"
#define SIX \
	"(?:(?:(?:" HEX ":){6}|::(?:" HEX ":){5}|(?:" HEX ")?::(?:" HEX \
	":){4}|" BEFORE("1") "(?:" HEX \
			     ":){3}|" BEFORE("2") "(?:" HEX \
						  ":){2}|" BEFORE("3") HEX \
	    ":|" BEFORE("4") ")(?:" HEX ":" HEX "|" FOUR ")|" BEFORE("5") HEX \
	    "|" BEFORE("6") ")"
#define PLAIN "a-z0-9\\-._~!$&'()*+,;="
/* What quote adds to the characters is what a reference may have, too. */
#define CHARS(quote) "(?:[" PLAIN quote ":@]|" PERCENT ")"
#define SEGMENTS(quote) "(?:\\/" CHARS(quote) "*)*"
#define AUTHORITY(quote) \
	"(?:(?:[" PLAIN ":]|" PERCENT ")*@)?(?:\\[(?:" SIX \
	"|[Vv][0-9a-f]+\\.[" PLAIN ":]+)\\]|" FOUR "|(?:[" PLAIN quote \
	"]|" PERCENT ")*)(?::\\d*)?"
#define HIERARCHY(quote) \
	"(?:\\/?\\/" AUTHORITY(quote) \
	    SEGMENTS(quote) "|\\/(?:" CHARS(quote) "+" SEGMENTS( \
		quote) ")?|" CHARS(quote) "+" SEGMENTS(quote) ")"
#define TAIL(quote) "(?:[" PLAIN quote ":@/?]|" PERCENT ")*"
#define BEHIND(quote) "(?:\\?" TAIL(quote) ")?(?:#" TAIL(quote) ")?$"

#define NAME "(?:[a-z0-9_]|" PERCENT ")+(?::[1-9][0-9]{0,3}|\\*)?"
#define ATOM "[a-z0-9!#$%&'*+/=?^_`{|}~-]+"
#define WORD "[a-z0-9\\u{00a1}-\\u{ffff}]"
#define LABEL "(?:" WORD "+-)*" WORD "+"
#define POINTER "(?:\\/(?:[^~/]|~0|~1)*)*"
#define BYTE "(?:25[0-5]|2[0-4]\\d|1\\d\\d|[1-9]?\\d)"
#define BYTES BYTE "(?:\\." BYTE "){3}"

static bool schema_fits_pattern(const struct schema_format *f,
    const struct regex *regex, struct value value);
static bool schema_fits_uri(const struct schema_format *f,
    const struct regex *regex, struct value value);
static bool schema_fits_date(const struct schema_format *f,
    const struct regex *regex, struct value value);
static bool schema_fits_time(const struct schema_format *f,
    const struct regex *regex, struct value value);
static bool schema_fits_date_time(const struct schema_format *f,
    const struct regex *regex, struct value value);
static bool schema_fits_regex(const struct schema_format *f,
    const struct regex *regex, struct value value);
static bool schema_fits_int32(const struct schema_format *f,
    const struct regex *regex, struct value value);
static bool schema_fits_int64(const struct schema_format *f,
    const struct regex *regex, struct value value);

/* Without fits all fit. */
static const struct schema_format formats[] = {
	{ "date", schema_fits_date, NULL, 0, false },
	{ "time", schema_fits_time, NULL, 0, false },
	{ "iso-time", schema_fits_time, NULL, 0, false },
	{ "date-time", schema_fits_date_time, NULL, 0, false },
	{ "iso-date-time", schema_fits_date_time, NULL, 0, false },
	{ "duration", schema_fits_pattern,
	    "^P(?!$)((\\d+Y)?(\\d+M)?(\\d+D)?(T(?=\\d)(\\d+H)?(\\d+M)?"
	    "(\\d+S)?)?|(\\d+W)?)$",
	    0, false },
	{ "uri", schema_fits_uri,
	    "^(?:[a-z][a-z0-9+\\-.]*:)" HIERARCHY("") BEHIND(""),
	    JS_REGEX_IGNORE_CASE, false },
	{ "uri-reference", schema_fits_pattern,
	    "^(?:[a-z][a-z0-9+\\-.]*:)?" HIERARCHY("\"") "?" BEHIND("\""),
	    JS_REGEX_IGNORE_CASE, false },
	{ "uri-template", schema_fits_pattern,
	    "^(?:(?:[^\\x00-\\x20\"'<>%\\\\^`{|}]|" PERCENT
	    ")|\\{[+#./;?&=,!@|]?" NAME "(?:," NAME ")*\\})*$",
	    JS_REGEX_IGNORE_CASE, false },
	{ "url", schema_fits_pattern,
	    "^(?:https?|ftp):\\/\\/(?:\\S+(?::\\S*)?@)?(?:(?!(?:10|127)"
	    "(?:\\.\\d{1,3}){3})(?!(?:169\\.254|192\\.168)(?:\\.\\d{1,3}){2})"
	    "(?!172\\.(?:1[6-9]|2\\d|3[0-1])(?:\\.\\d{1,3}){2})(?:[1-9]\\d?|"
	    "1\\d\\d|2[01]\\d|22[0-3])(?:\\.(?:1?\\d{1,2}|2[0-4]\\d|25[0-5]))"
	    "{2}(?:\\.(?:[1-9]\\d?|1\\d\\d|2[0-4]\\d|25[0-4]))|(?:" LABEL
	    ")(?:\\." LABEL ")*(?:\\.(?:[a-z\\u{00a1}-\\u{ffff}]{2,})))"
	    "(?::\\d{2,5})?(?:\\/[^\\s]*)?$",
	    JS_REGEX_IGNORE_CASE | JS_REGEX_UNICODE, false },
	{ "email", schema_fits_pattern,
	    "^" ATOM "(?:\\." ATOM ")*@(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\\.)+"
	    "[a-z0-9](?:[a-z0-9-]*[a-z0-9])?$",
	    JS_REGEX_IGNORE_CASE, false },
	{ "hostname", schema_fits_pattern,
	    "^(?=.{1,253}\\.?$)[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
	    "(?:\\.[a-z0-9](?:[-0-9a-z]{0,61}[0-9a-z])?)*\\.?$",
	    JS_REGEX_IGNORE_CASE, false },
	{ "ipv4", schema_fits_pattern, "^" BYTES "$", 0, false },
	{ "ipv6", schema_fits_pattern,
	    "^(?:(?:" HEX ":){7}(?:" HEX "|:)|(?:" HEX ":){6}(?::" HEX "|" BYTES
	    "|:)|(?:" HEX ":){5}(?:(?::" HEX "){1,2}|:" BYTES "|:)|(?:" HEX
	    ":){4}(?:(?::" HEX "){1,3}|(?::" HEX ")?:" BYTES "|:)|(?:" HEX
	    ":){3}(?:(?::" HEX "){1,4}|(?::" HEX "){0,2}:" BYTES "|:)|(?:" HEX
	    ":){2}(?:(?::" HEX "){1,5}|(?::" HEX "){0,3}:" BYTES "|:)|(?:" HEX
	    ":)(?:(?::" HEX "){1,6}|(?::" HEX "){0,4}:" BYTES "|:)|:(?:(?::" HEX
	    "){1,7}|(?::" HEX "){0,5}:" BYTES "|:))$",
	    JS_REGEX_IGNORE_CASE, false },
	{ "regex", schema_fits_regex, NULL, 0, false },
	{ "uuid", schema_fits_pattern,
	    "^(?:urn:uuid:)?[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$",
	    JS_REGEX_IGNORE_CASE, false },
	{ "json-pointer", schema_fits_pattern, "^" POINTER "$", 0, false },
	{ "json-pointer-uri-fragment", schema_fits_pattern,
	    "^#(?:\\/(?:[a-z0-9_\\-.!$&'()*+,;:=@]|" PERCENT "|~0|~1)*)*$",
	    JS_REGEX_IGNORE_CASE, false },
	{ "relative-json-pointer", schema_fits_pattern,
	    "^(?:0|[1-9][0-9]*)(?:#|" POINTER ")$", 0, false },
	{ "byte", schema_fits_pattern,
	    "(?:^|[\\n\\r\\u2028\\u2029])(?:[A-Za-z0-9+/]{4})*"
	    "(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?(?:$|[\\n\\r\\u2028"
	    "\\u2029])",
	    0, false },
	{ "int32", schema_fits_int32, NULL, 0, true },
	{ "int64", schema_fits_int64, NULL, 0, true },
	{ "float", NULL, NULL, 0, true },
	{ "double", NULL, NULL, 0, true },
	{ "password", NULL, NULL, 0, false },
	{ "binary", NULL, NULL, 0, false },
};

#define NFORMATS (sizeof(formats) / sizeof(*formats))

const struct schema_format *
schema_format_find(struct str name)
{
	size_t i;

	for (i = 0; i < NFORMATS; i++)
		if (str_is(name, formats[i].name))
			return &formats[i];
	return NULL;
}

bool
schema_format_fits(const struct schema_format *f, const struct regex *regex,
    struct value value)
{
	if ((value.kind == VALUE_NUMBER) != f->of_numbers ||
	    (!f->of_numbers && value.kind != VALUE_TEXT))
		return true;
	return f->fits == NULL || f->fits(f, regex, value);
}

static bool
schema_fits_pattern(const struct schema_format *f, const struct regex *regex,
    struct value value)
{
	(void)f;
	return regex_find(regex, value.text, 0, NULL) == 1;
}

static bool
schema_fits_uri(const struct schema_format *f, const struct regex *regex,
    struct value value)
{
	return (memchr(value.text.p, '/', value.text.n) != NULL ||
		   memchr(value.text.p, ':', value.text.n) != NULL) &&
	       schema_fits_pattern(f, regex, value);
}

static bool
schema_is_digits(struct str text, size_t from, size_t n)
{
	size_t i;

	for (i = from; i < from + n; i++)
		if (i >= text.n || text.p[i] < '0' || text.p[i] > '9')
			return false;
	return true;
}

static int
schema_two(struct str text, size_t at)
{
	return (text.p[at] - '0') * 10 + (text.p[at + 1] - '0');
}

static bool
schema_is_date(struct str text)
{
	static const int days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30,
		31 };
	int year, month, day, most;

	if (text.n != 10 || !schema_is_digits(text, 0, 4) || text.p[4] != '-' ||
	    !schema_is_digits(text, 5, 2) || text.p[7] != '-' ||
	    !schema_is_digits(text, 8, 2))
		return false;
	year = schema_two(text, 0) * 100 + schema_two(text, 2);
	month = schema_two(text, 5);
	day = schema_two(text, 8);
	if (month < 1 || month > 12)
		return false;
	most = days[month - 1];
	if (month == 2 && year % 4 == 0 && (year % 100 != 0 || year % 400 == 0))
		most = 29;
	return day >= 1 && day <= most;
}

/* A time zone: "z", "+01:00", "+0100", "+01".  False when it is none; minutes
 * east of UTC otherwise. */
static bool
schema_is_zone(struct str zone, int *sign, int *hours, int *minutes)
{
	*sign = 1;
	*hours = *minutes = 0;
	if (zone.n == 1)
		return (*zone.p | 0x20) == 'z';
	if (zone.n < 3 || (*zone.p != '+' && *zone.p != '-') ||
	    !schema_is_digits(zone, 1, 2))
		return false;
	*sign = *zone.p == '-' ? -1 : 1;
	*hours = schema_two(zone, 1);
	zone.p += 3;
	zone.n -= 3;
	if (zone.n > 0 && *zone.p == ':') {
		zone.p++;
		zone.n--;
		if (zone.n == 0)
			return false;
	}
	if (zone.n == 0)
		return *hours <= 23;
	if (zone.n != 2 || !schema_is_digits(zone, 0, 2))
		return false;
	*minutes = schema_two(zone, 0);
	return *hours <= 23 && *minutes <= 59;
}

static bool
schema_is_time(struct str text, bool needs_zone)
{
	int hour, minute, second, sign = 1, zone_hours = 0, zone_minutes = 0;
	struct str zone;
	size_t at = 8;

	if (!schema_is_digits(text, 0, 2) || text.n < 8 || text.p[2] != ':' ||
	    !schema_is_digits(text, 3, 2) || text.p[5] != ':' ||
	    !schema_is_digits(text, 6, 2))
		return false;
	if (text.n > 9 && text.p[8] == '.' && schema_is_digits(text, 9, 1))
		for (at = 10; schema_is_digits(text, at, 1);)
			at++;
	zone = (struct str){ text.p + at, text.n - at };
	if (zone.n == 0
		? needs_zone
		: !schema_is_zone(zone, &sign, &zone_hours, &zone_minutes))
		return false;
	hour = schema_two(text, 0);
	minute = schema_two(text, 3);
	second = schema_two(text, 6);
	if (hour <= 23 && minute <= 59 && second < 60)
		return true;
	/* A leap second is one at midnight UTC. */
	minute -= zone_minutes * sign;
	hour -= zone_hours * sign + (minute < 0 ? 1 : 0);
	return (hour == 23 || hour == -1) && (minute == 59 || minute == -1) &&
	       second < 61;
}

static bool
schema_is_strict(const struct schema_format *f)
{
	return strncmp(f->name, "iso-", 4) != 0;
}

static bool
schema_fits_date(const struct schema_format *f, const struct regex *regex,
    struct value value)
{
	(void)f;
	(void)regex;
	return schema_is_date(value.text);
}

static bool
schema_fits_time(const struct schema_format *f, const struct regex *regex,
    struct value value)
{
	(void)regex;
	return schema_is_time(value.text, schema_is_strict(f));
}

static bool
schema_fits_date_time(const struct schema_format *f, const struct regex *regex,
    struct value value)
{
	struct str text = value.text, time = { text.p + 11, text.n - 11 };

	(void)regex;
	return text.n > 11 &&
	       ((text.p[10] | 0x20) == 't' || text.p[10] == ' ' ||
		   (text.p[10] >= '\t' && text.p[10] <= '\r')) &&
	       schema_is_date((struct str){ text.p, 10 }) &&
	       schema_is_time(time, schema_is_strict(f));
}

static bool
schema_fits_regex(const struct schema_format *f, const struct regex *regex,
    struct value value)
{
	struct regex *made;
	struct err e;
	size_t i;

	(void)f;
	(void)regex;
	/* Perl's anchor, which ajv-formats does not like. */
	for (i = 1; i + 1 < value.text.n; i++)
		if (value.text.p[i - 1] != '\\' && value.text.p[i] == '\\' &&
		    value.text.p[i + 1] == 'Z')
			return false;
	made = js_regex_new(value.text, 0, &e);
	regex_free(made);
	return made != NULL;
}

static bool
schema_fits_int64(const struct schema_format *f, const struct regex *regex,
    struct value value)
{
	(void)f;
	(void)regex;
	return isfinite(value.number) && value.number == floor(value.number);
}

static bool
schema_fits_int32(const struct schema_format *f, const struct regex *regex,
    struct value value)
{
	return schema_fits_int64(f, regex, value) &&
	       value.number >= -2147483648.0 && value.number <= 2147483647.0;
}

bool
schema_knows_format(struct str name)
{
	return schema_format_find(name) != NULL;
}
