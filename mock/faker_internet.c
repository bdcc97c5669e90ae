#include "config.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "har/base64.h"

#include "mock/faker_priv.h"
#include "mock/text.h"
#include "mock/value_json.h"

static struct value
internet_protocol(struct faker *f, const struct faker_call *c)
{
	static const char *const protocols[] = { "http", "https" };

	(void)c;
	return value_text(faker_pick_str(f, protocols, 2));
}

static struct value
internet_http_method(struct faker *f, const struct faker_call *c)
{
	static const char *const methods[] = { "GET", "POST", "PUT", "DELETE",
		"PATCH" };

	(void)c;
	return value_text(faker_pick_str(f, methods, 5));
}

/* One of the list of one of the types, which are the members of .words or
 * some of them. */
static struct str
internet_of_types(struct faker *f, const struct faker_call *c)
{
	struct value types = faker_member(faker_options(f, c, 0), "types");
	struct faker_node all = faker_words(f, c->method->words), type;
	struct value name;

	if (!faker_is_given(types)) {
		type = faker_node_at(all, faker_pick(f, faker_node_count(all)));
	} else {
		name = faker_pick_item(f, types);
		type = faker_node_member(
		    all, faker_is_text(name) ? name.text : STR(""));
	}
	return faker_pick_text(f, type);
}

static struct value
internet_http_status_code(struct faker *f, const struct faker_call *c)
{
	return value_number(
	    atof(faker_textf(f, "%.3s", internet_of_types(f, c).p).p));
}

static struct value
internet_emoji(struct faker *f, const struct faker_call *c)
{
	return value_text(internet_of_types(f, c));
}

/* A slug that may stand in a domain: letters and dashes, letters at both
 * ends. */
static bool
internet_is_label(struct str s)
{
	size_t i;

	if (s.n < 2 || s.p[0] == '-' || s.p[s.n - 1] == '-')
		return false;
	for (i = 0; i < s.n; i++)
		if (!isalpha((unsigned char)s.p[i]) && s.p[i] != '-')
			return false;
	return true;
}

static struct str
internet_label(struct faker *f, struct str word)
{
	struct str s = faker_slugify(f, word);

	if (internet_is_label(s))
		return s;
	s = faker_slugify(f, faker_lorem_word(f));
	if (internet_is_label(s))
		return s;
	return faker_string_alpha(f, faker_int(f, 4, 8), STR("lower"), "");
}

static struct str
internet_domain_word(struct faker *f)
{
	struct str first = internet_label(f, faker_word(f, "word.adjective"));
	struct str second = internet_label(f, faker_word(f, "word.noun"));

	return faker_lower(
	    f, faker_textf(f, "%.*s-%.*s", STR_ARGS(first), STR_ARGS(second)));
}

static struct str
internet_domain_name(struct faker *f)
{
	struct str word = internet_domain_word(f);
	struct str suffix = faker_word(f, "internet.domain_suffix");

	return faker_textf(f, "%.*s.%.*s", STR_ARGS(word), STR_ARGS(suffix));
}

static struct value
internet_domain_word_method(struct faker *f, const struct faker_call *c)
{
	(void)c;
	return value_text(internet_domain_word(f));
}

static struct value
internet_domain_name_method(struct faker *f, const struct faker_call *c)
{
	(void)c;
	return value_text(internet_domain_name(f));
}

static struct value
internet_url(struct faker *f, const struct faker_call *c)
{
	struct value options = faker_options(f, c, 0);
	struct value slash = faker_member(options, "appendSlash");
	bool append = faker_is_given(slash) ? value_is_true(slash)
					    : faker_boolean(f, 0.5);
	struct str protocol =
	    faker_opt_text(f, options, "protocol", STR("https"));
	struct str domain = internet_domain_name(f);

	return value_text(faker_textf(f, "%.*s://%.*s%s", STR_ARGS(protocol),
	    STR_ARGS(domain), append ? "/" : ""));
}

/* The block of a network's name; "undefined" when there is none. */
static const char *
internet_block(struct str network)
{
	static const char *const networks[][2] = {
		{ "any", "0.0.0.0/0" },
		{ "loopback", "127.0.0.0/8" },
		{ "private-a", "10.0.0.0/8" },
		{ "private-b", "172.16.0.0/12" },
		{ "private-c", "192.168.0.0/16" },
		{ "test-net-1", "192.0.2.0/24" },
		{ "test-net-2", "198.51.100.0/24" },
		{ "test-net-3", "203.0.113.0/24" },
		{ "link-local", "169.254.0.0/16" },
		{ "multicast", "224.0.0.0/4" },
	};
	size_t i;

	for (i = 0; i < sizeof(networks) / sizeof(*networks); i++)
		if (str_is(network, networks[i][0]))
			return networks[i][1];
	return "undefined";
}

/* "x.x.x.x/y" with as many digits as faker takes; what they mean is not
 * looked at. */
static bool
internet_parse_block(struct str s, uint32_t *address, uint32_t *host)
{
	unsigned part[5] = { 0 };
	size_t i, at = 0, from;

	for (i = 0; i < 5; i++) {
		if (i > 0 && (at == s.n || s.p[at++] != (i < 4 ? '.' : '/')))
			return false;
		for (from = at; at < s.n && isdigit((unsigned char)s.p[at]);
		     at++)
			part[i] =
			    (part[i] * 10 + (unsigned)(s.p[at] - '0')) % 100000;
		if (at == from || at - from > (i < 4 ? 3 : 2))
			return false;
	}
	*address = part[0] << 24 | part[1] << 16 | part[2] << 8 | part[3];
	*host = 0xffffffffu >> (part[4] % 32);
	return at == s.n;
}

static struct str
internet_ipv4(struct faker *f, struct str block)
{
	uint32_t address, host;

	if (!internet_parse_block(block, &address, &host)) {
		faker_refuse(f,
		    "Invalid CIDR block provided: %.*s. Must be in the format "
		    "x.x.x.x/y.",
		    STR_ARGS(block));
		return STR("");
	}
	address = (address & ~host) | (uint32_t)faker_int(f, 0, host);
	return faker_textf(f, "%u.%u.%u.%u", address >> 24, address >> 16 & 255,
	    address >> 8 & 255, address & 255);
}

static struct value
internet_ipv4_method(struct faker *f, const struct faker_call *c)
{
	struct value options = faker_options(f, c, 0);
	struct str network = faker_opt_text(f, options, "network", STR("any"));

	return value_text(
	    internet_ipv4(f, faker_opt_text(f, options, "cidrBlock",
				 str_of(internet_block(network)))));
}

static struct str
internet_ipv6(struct faker *f)
{
	struct buf b = { 0 };
	int i;

	for (i = 0; i < 8; i++) {
		if (i > 0)
			buf_add_text(&b, ":");
		buf_add_str(&b, faker_string_hex(f, 4));
	}
	return faker_text(f, &b);
}

static struct value
internet_ipv6_method(struct faker *f, const struct faker_call *c)
{
	(void)c;
	return value_text(internet_ipv6(f));
}

static struct value
internet_ip(struct faker *f, const struct faker_call *c)
{
	(void)c;
	return value_text(faker_boolean(f, 0.5)
			      ? internet_ipv4(f, STR("0.0.0.0/0"))
			      : internet_ipv6(f));
}

static struct value
internet_port(struct faker *f, const struct faker_call *c)
{
	(void)c;
	return value_number(faker_int(f, 0, 65535));
}

static struct value
internet_color(struct faker *f, const struct faker_call *c)
{
	static const char *const bases[] = { "redBase", "greenBase",
		"blueBase" };
	struct value options = faker_options(f, c, 0);
	struct buf b = { 0 };
	struct str digits;
	size_t i;

	buf_add_text(&b, "#");
	for (i = 0; i < 3; i++) {
		digits = faker_number_radix(f,
		    floor((faker_int(f, 0, 256) +
			      faker_opt_number(options, bases[i], 0)) /
			  2),
		    16);
		if (digits.n < 2)
			buf_add_text(&b, "0");
		buf_add_str(&b, digits);
	}
	return value_text(faker_text(f, &b));
}

struct str
faker_mac(struct faker *f, struct str separator)
{
	struct buf b = { 0 };
	int i;

	if (!str_is(separator, "-") && !str_is(separator, ""))
		separator = STR(":");
	for (i = 0; i < 12; i++) {
		buf_add(&b, &"0123456789abcdef"[(int)faker_int(f, 0, 15)], 1);
		if (i % 2 == 1 && i != 11)
			buf_add_str(&b, separator);
	}
	return faker_text(f, &b);
}

static struct value
internet_mac(struct faker *f, const struct faker_call *c)
{
	struct value options = faker_options(f, c, 0);

	return value_text(faker_mac(
	    f, faker_is_text(options)
		   ? value_to_str(&f->values, options)
		   : faker_opt_text(f, options, "separator", STR(":"))));
}

static bool
internet_is_vowel(char c)
{
	return c != '\0' && strchr("aeiouAEIOU", c) != NULL;
}

/* A letter, a digit or _; in memorable ones consonants and vowels take turns
 * in small letters. */
static struct value
internet_password(struct faker *f, const struct faker_call *c)
{
	struct value options = faker_options(f, c, 0);
	double length = faker_opt_number(options, "length", 15);
	bool memorable = faker_opt_bool(options, "memorable", false);
	struct value pattern = faker_member(options, "pattern");
	struct str prefix = faker_opt_text(f, options, "prefix", STR(""));
	size_t n = faker_count(f, ceil(length), FAKER_TEXT_MAX);
	size_t have = text_units(prefix);
	struct buf b = { 0 };
	bool after_consonant;
	char drawn;

	faker_add(f, &b, prefix);
	if (faker_is_given(pattern) && !memorable && have < n)
		faker_fail(f, "pattern is no regular expression");
	while (have < n && faker_ok(f)) {
		drawn = (char)(faker_int(f, 0, 94) + 33);
		if (memorable) {
			drawn = (char)tolower((unsigned char)drawn);
			after_consonant =
			    b.n > 0 && isalpha((unsigned char)b.p[b.n - 1]) &&
			    !internet_is_vowel(b.p[b.n - 1]);
			if (!isalpha((unsigned char)drawn) ||
			    internet_is_vowel(drawn) != after_consonant)
				continue;
		} else if (!isalnum((unsigned char)drawn) && drawn != '_') {
			continue;
		}
		buf_add(&b, &drawn, 1);
		have++;
	}
	return value_text(faker_text(f, &b));
}

static struct str
internet_base64url(struct faker *f, struct str s)
{
	struct buf b = { 0 };
	size_t i;

	base64_encode(s, &b);
	while (b.n > 0 && b.p[b.n - 1] == '=')
		b.n--;
	for (i = 0; i < b.n; i++)
		if (b.p[i] == '+' || b.p[i] == '/')
			b.p[i] = b.p[i] == '+' ? '-' : '_';
	return faker_text(f, &b);
}

static double
internet_seconds(double ms)
{
	return floor(ms / 1000 + 0.5);
}

/* The claims that are drawn. */
static struct value
internet_claims(struct faker *f, double reference, double issued)
{
	static const char *const ids[] = { "sub", "aud", "jti" };
	double expires = faker_date_soon(f, issued, 1);
	double not_before = faker_date_anytime(f, reference);
	struct value claims = value_new_object(&f->values);
	struct str company =
	    faker_fake_node(f, faker_words(f, "company.name_pattern"));
	size_t i;

	value_set(&f->values, claims, STR("iat"),
	    value_number(internet_seconds(issued)));
	value_set(&f->values, claims, STR("exp"),
	    value_number(internet_seconds(expires)));
	value_set(&f->values, claims, STR("nbf"),
	    value_number(internet_seconds(not_before)));
	value_set(&f->values, claims, STR("iss"), value_text(company));
	for (i = 0; i < 3; i++)
		value_set(&f->values, claims, str_of(ids[i]),
		    value_text(faker_string_uuid(f)));
	return claims;
}

static struct str
internet_json64(struct faker *f, struct value v)
{
	struct buf json = { 0 };
	struct str text;

	value_write_json(&f->values, &json, v, 0, false);
	text = internet_base64url(f, buf_str(&json));
	buf_free(&json);
	return text;
}

static struct value
internet_jwt(struct faker *f, const struct faker_call *c)
{
	struct value options = faker_options(f, c, 0);
	struct value header = faker_member(options, "header");
	struct value payload = faker_member(options, "payload");
	double reference = faker_date_option(f, options, "refDate");
	double issued = faker_date_recent(f, reference, 1);
	struct str parts[3];

	if (!faker_is_given(header)) {
		header = value_new_object(&f->values);
		value_set(&f->values, header, STR("alg"),
		    value_text(faker_word(f, "internet.jwt_algorithm")));
		value_set(
		    &f->values, header, STR("typ"), value_text(STR("JWT")));
	}
	if (!faker_is_given(payload))
		payload = internet_claims(f, reference, issued);
	parts[0] = internet_json64(f, header);
	parts[1] = internet_json64(f, payload);
	parts[2] = faker_string_alphanumeric(f, 64, STR("mixed"), "");
	return value_text(faker_textf(f, "%.*s.%.*s.%.*s", STR_ARGS(parts[0]),
	    STR_ARGS(parts[1]), STR_ARGS(parts[2])));
}

const struct faker_method faker_internet_methods[] = {
	{ "color", internet_color, NULL },
	{ "displayName", faker_display_name_method, NULL },
	{ "domainName", internet_domain_name_method, NULL },
	{ "domainSuffix", faker_choose, "internet.domain_suffix" },
	{ "domainWord", internet_domain_word_method, NULL },
	{ "email", faker_email_method, "internet.free_email" },
	{ "emoji", internet_emoji, "internet.emoji" },
	{ "exampleEmail", faker_email_method, "internet.example_email" },
	{ "httpMethod", internet_http_method, NULL },
	{ "httpStatusCode", internet_http_status_code,
	    "internet.http_status_code" },
	{ "ip", internet_ip, NULL },
	{ "ipv4", internet_ipv4_method, NULL },
	{ "ipv6", internet_ipv6_method, NULL },
	{ "jwt", internet_jwt, NULL },
	{ "jwtAlgorithm", faker_choose, "internet.jwt_algorithm" },
	{ "mac", internet_mac, NULL },
	{ "password", internet_password, NULL },
	{ "port", internet_port, NULL },
	{ "protocol", internet_protocol, NULL },
	{ "url", internet_url, NULL },
	{ "userAgent", faker_choose_pattern, "internet.user_agent_pattern" },
	{ "userName", faker_username_method, NULL },
	{ "username", faker_username_method, NULL },
	{ NULL, NULL, NULL },
};
