#include "config.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mock/faker_priv.h"

#define FINANCE_LETTERS "ABCDEFGHIJKLMNOPQRSTUVWXYZ"

/* The length of options, which may be a number itself. */
static struct value
finance_length(struct value options)
{
	return options.kind == VALUE_NUMBER ? options
					    : faker_member(options, "length");
}

static struct str
finance_digits(struct faker *f, struct value length, double other)
{
	if (length.kind == VALUE_NULL)
		other = 1;
	else if (faker_is_given(length))
		other = faker_range(f, length);
	return faker_string_numeric(f, other, true);
}

static struct value
finance_account_number(struct faker *f, const struct faker_call *c)
{
	struct value options = faker_options(f, c, 0);

	return value_text(finance_digits(f, finance_length(options), 8));
}

static struct value
finance_account_name(struct faker *f, const struct faker_call *c)
{
	struct str type = faker_word(f, "finance.account_type");

	(void)c;
	return value_text(faker_textf(f, "%.*s Account", STR_ARGS(type)));
}

static struct value
finance_routing_number(struct faker *f, const struct faker_call *c)
{
	static const int weights[] = { 3, 7, 1, 3, 7, 1, 3, 7 };
	struct str s = faker_string_numeric(f, 8, true);
	int sum = 0;
	size_t i;

	(void)c;
	for (i = 0; i < s.n; i++)
		sum += weights[i] * (s.p[i] - '0');
	return value_text(
	    faker_textf(f, "%.*s%d", STR_ARGS(s), (10 - sum % 10) % 10));
}

static struct value
finance_masked_number(struct faker *f, const struct faker_call *c)
{
	struct value options = faker_options(f, c, 0);
	bool ellipsis = faker_opt_bool(options, "ellipsis", true);
	bool parens = faker_opt_bool(options, "parens", true);
	struct str s = finance_digits(f, finance_length(options), 4);

	return value_text(faker_textf(f, "%s%s%.*s%s", parens ? "(" : "",
	    ellipsis ? "..." : "", STR_ARGS(s), parens ? ")" : ""));
}

/* As toLocaleString() of en-US: groups of three, at least so many digits and
 * at most that or three. */
static struct str
finance_grouped(struct faker *f, double v, double least)
{
	double most = least > 3 ? least : 3;
	struct str s = faker_number_fixed(f, fabs(v), most);
	const char *point = memchr(s.p, '.', s.n);
	size_t whole = point != NULL ? (size_t)(point - s.p) : s.n, i;
	struct buf b = { 0 };

	while (most-- > least && s.n > 0 && s.p[s.n - 1] == '0')
		s.n--;
	if (s.n > 0 && s.p[s.n - 1] == '.')
		s.n--;
	if (v < 0)
		buf_add_text(&b, "-");
	for (i = 0; i < s.n; i++) {
		if (i > 0 && i < whole && (whole - i) % 3 == 0)
			buf_add_text(&b, ",");
		buf_add(&b, s.p + i, 1);
	}
	return faker_text(f, &b);
}

static struct value
finance_amount(struct faker *f, const struct faker_call *c)
{
	struct value options = faker_options(f, c, 0);
	double digits = faker_opt_number(options, "dec", 2);
	double max = faker_opt_number(options, "max", 1000);
	double min = faker_opt_number(options, "min", 0);
	struct str symbol = faker_opt_text(f, options, "symbol", STR(""));
	double v = faker_float_digits(f, min, max, digits);
	struct str text = faker_opt_bool(options, "autoFormat", false)
			      ? finance_grouped(f, v, digits)
			      : faker_number_fixed(f, v, digits);

	return value_text(
	    faker_textf(f, "%.*s%.*s", STR_ARGS(symbol), STR_ARGS(text)));
}

/* The column .words of a currency. */
static struct value
finance_of_currency(struct faker *f, const struct faker_call *c)
{
	struct faker_node all = faker_words(f, "finance.currency"), column;
	bool symbol = strcmp(c->method->words, "symbol") == 0;
	struct str text;

	column = faker_node_member(all, str_of(c->method->words));
	do
		text = faker_pick_text(f, column);
	while (faker_ok(f) && symbol && text.n == 0);
	return value_text(text);
}

struct finance_address {
	const char *type;
	const char *prefix[2]; /* of mainnet and of testnet */
	double min, max;
	struct str casing;
	const char *without;
};

static struct value
finance_bitcoin_address(struct faker *f, const struct faker_call *c)
{
	static const struct finance_address kinds[] = {
		{ "legacy", { "1", "m" }, 26, 34, { "mixed", 5 }, "0OIl" },
		{ "segwit", { "3", "2" }, 26, 34, { "mixed", 5 }, "0OIl" },
		{ "bech32", { "bc1", "tb1" }, 42, 42, { "lower", 5 },
		    "1bBiIoO" },
		{ "taproot", { "bc1p", "tb1p" }, 62, 62, { "lower", 5 },
		    "1bBiIoO" },
	};
	struct value options = faker_options(f, c, 0);
	struct value type = faker_member(options, "type");
	struct str network =
		       faker_opt_text(f, options, "network", STR("mainnet")),
		   text;
	size_t i = 0;
	const char *prefix;
	double length;

	if (!faker_is_given(type))
		i = faker_pick(f, 4);
	else
		while (i < 4 &&
		       !str_is(value_to_str(&f->values, type), kinds[i].type))
			i++;
	if (i == 4 ||
	    (!str_is(network, "mainnet") && !str_is(network, "testnet"))) {
		faker_fail(f, "no such type or network of addresses");
		return VALUE_NONE;
	}
	prefix = kinds[i].prefix[str_is(network, "testnet")];
	length = faker_int(f, kinds[i].min, kinds[i].max);
	text = faker_string_alphanumeric(f, length - (double)strlen(prefix),
	    kinds[i].casing, kinds[i].without);
	return value_text(faker_textf(f, "%s%.*s", prefix, STR_ARGS(text)));
}

static struct value
finance_litecoin_address(struct faker *f, const struct faker_call *c)
{
	double length = faker_int(f, 26, 33);
	struct str first = faker_string_of(f, STR("LM3"), 1);
	struct str rest = faker_string_of(f,
	    STR("123456789abcdefghijkmnopqrstuvwxyz"
		"ABCDEFGHJKLMNPQRSTUVWXYZ"),
	    length - 1);

	(void)c;
	return value_text(
	    faker_textf(f, "%.*s%.*s", STR_ARGS(first), STR_ARGS(rest)));
}

static struct value
finance_ethereum_address(struct faker *f, const struct faker_call *c)
{
	struct str digits = faker_string_hex(f, 40);

	(void)c;
	return value_text(faker_textf(f, "0x%.*s", STR_ARGS(digits)));
}

/* The pattern of an issuer's cards: of the one asked for, the text itself
 * when it is a pattern, or of any. */
static struct str
finance_card_pattern(struct faker *f, struct str issuer)
{
	struct faker_node cards = faker_words(f, "finance.credit_card"), own;

	if (!faker_ok(f))
		return STR("");
	own = faker_node_member(cards, faker_lower(f, issuer));
	if (faker_node_type(own) != FAKER_NODE_MISSING)
		return faker_pick_text(f, own);
	if (memchr(issuer.p, '#', issuer.n) != NULL)
		return issuer;
	return faker_pick_text(
	    f, faker_node_at(cards, faker_pick(f, faker_node_count(cards))));
}

static struct value
finance_credit_card_number(struct faker *f, const struct faker_call *c)
{
	struct value options = faker_options(f, c, 0);
	struct value issuer =
	    faker_is_text(options) ? options : faker_member(options, "issuer");
	struct str pattern;

	if (faker_is_given(issuer) && !faker_is_text(issuer))
		faker_fail(f, "issuer is no text");
	pattern = finance_card_pattern(f, faker_is_given(issuer)
					      ? value_to_str(&f->values, issuer)
					      : STR(""));
	return value_text(
	    faker_replace_card(f, faker_without(f, pattern, "/"), '#'));
}

static struct value
finance_credit_card_issuer(struct faker *f, const struct faker_call *c)
{
	struct faker_node cards = faker_words(f, "finance.credit_card");
	size_t i = faker_pick(f, faker_node_count(cards));

	(void)c;
	if (!faker_ok(f))
		return VALUE_NONE;
	return value_text(faker_node_name(faker_node_at(cards, i)));
}

static struct value
finance_credit_card_cvv(struct faker *f, const struct faker_call *c)
{
	(void)c;
	return value_text(faker_string_numeric(f, 3, true));
}

static struct value
finance_pin(struct faker *f, const struct faker_call *c)
{
	struct value length = finance_length(faker_options(f, c, 0));

	if (faker_is_given(length) && value_to_number(length) < 1)
		faker_refuse(f, "minimum length is 1");
	return value_text(finance_digits(f, length, 4));
}

/* The characters of a kind in a bank account number; two zeros and a digit,
 * or one and a digit, come more often than by chance. */
static void
finance_add_bban(struct faker *f, struct buf *b, char kind, int count)
{
	while (count-- > 0) {
		if (kind == 'a' || (kind == 'c' && !faker_boolean(f, 0.8))) {
			buf_addf(
			    b, "%c", faker_pick_char(f, STR(FINANCE_LETTERS)));
		} else if (kind == 'n' && count >= 2 && faker_boolean(f, 0.3)) {
			bool two = faker_boolean(f, 0.5);

			buf_addf(b, "%s%c", two ? "00" : "0",
			    faker_pick_char(f, STR("123456789")));
			count -= two ? 2 : 1;
		} else {
			buf_addf(b, "%d", (int)faker_int(f, 0, 9));
		}
	}
}

/* Two digits that make the remainder 1 (ISO 7064, MOD 97-10). */
static int
finance_check_digits(struct faker *f, struct str bban, struct str country)
{
	struct str s =
	    faker_textf(f, "%.*s%.*s00", STR_ARGS(bban), STR_ARGS(country));
	unsigned rest = 0;
	size_t i;

	for (i = 0; i < s.n; i++)
		if (s.p[i] >= 'A')
			rest = (rest * 100 + (unsigned)(s.p[i] - 55)) % 97;
		else
			rest = (rest * 10 + (unsigned)(s.p[i] - '0')) % 97;
	return 98 - (int)rest;
}

static struct str
finance_spaced(struct faker *f, struct str s)
{
	struct buf b = { 0 };
	size_t i;

	for (i = 0; i < s.n; i++) {
		if (i > 0 && i % 4 == 0)
			buf_add_text(&b, " ");
		buf_add(&b, s.p + i, 1);
	}
	return faker_text(f, &b);
}

static struct value
finance_iban(struct faker *f, const struct faker_call *c)
{
	struct value options = faker_options(f, c, 0);
	struct value code = faker_member(options, "countryCode");
	struct faker_node table = faker_words_table(f->words, "iban");
	struct faker_node countries = faker_node_member(table, STR("country"));
	size_t n = faker_node_count(table), i = 0, whole = 0;
	struct str form, part, country, s;
	struct buf bban = { 0 };

	if (value_is_true(code)) {
		country = value_to_str(&f->values, code);
		while (i < n && !str_eq(faker_node_text(countries, i), country))
			i++;
		if (i == n)
			faker_refuse(f, "Country code %.*s not supported.",
			    STR_ARGS(country));
	} else {
		i = faker_pick(f, n);
	}
	if (!faker_ok(f))
		return VALUE_NONE;
	country = faker_node_text(countries, i);
	form = faker_node_text(faker_node_member(table, STR("bban")), i);
	while (str_cut(&form, ' ', &part)) {
		whole += (size_t)atoi(part.p + 1);
		finance_add_bban(f, &bban, part.p[0], atoi(part.p + 1));
		if (bban.n > whole)
			bban.n = whole;
	}
	s = faker_text(f, &bban);
	s = faker_textf(f, "%.*s%02d%.*s", STR_ARGS(country),
	    finance_check_digits(f, s, country), STR_ARGS(s));
	return value_text(faker_opt_bool(options, "formatted", false)
			      ? finance_spaced(f, s)
			      : s);
}

static struct value
finance_bic(struct faker *f, const struct faker_call *c)
{
	struct value options = faker_options(f, c, 0);
	struct value include = faker_member(options, "includeBranchCode");
	bool branch = faker_is_given(include) ? value_is_true(include)
					      : faker_boolean(f, 0.5);
	struct str parts[4] = { STR(""), STR(""), STR(""), STR("") };

	parts[0] = faker_string_alpha(f, 4, STR("upper"), "");
	parts[1] = faker_pick_text(f, faker_words_table(f->words, "iso3166"));
	parts[2] = faker_string_alphanumeric(f, 2, STR("upper"), "");
	if (branch)
		parts[3] = faker_boolean(f, 0.5) ? faker_string_alphanumeric(
						       f, 3, STR("upper"), "")
						 : STR("XXX");
	return value_text(faker_textf(f, "%.*s%.*s%.*s%.*s", STR_ARGS(parts[0]),
	    STR_ARGS(parts[1]), STR_ARGS(parts[2]), STR_ARGS(parts[3])));
}

const struct faker_method faker_finance_methods[] = {
	{ "accountName", finance_account_name, NULL },
	{ "accountNumber", finance_account_number, NULL },
	{ "amount", finance_amount, NULL },
	{ "bic", finance_bic, NULL },
	{ "bitcoinAddress", finance_bitcoin_address, NULL },
	{ "creditCardCVV", finance_credit_card_cvv, NULL },
	{ "creditCardIssuer", finance_credit_card_issuer, NULL },
	{ "creditCardNumber", finance_credit_card_number, NULL },
	{ "currency", faker_choose, "finance.currency" },
	{ "currencyCode", finance_of_currency, "code" },
	{ "currencyName", finance_of_currency, "name" },
	{ "currencyNumericCode", finance_of_currency, "numericCode" },
	{ "currencySymbol", finance_of_currency, "symbol" },
	{ "ethereumAddress", finance_ethereum_address, NULL },
	{ "iban", finance_iban, NULL },
	{ "litecoinAddress", finance_litecoin_address, NULL },
	{ "maskedNumber", finance_masked_number, NULL },
	{ "pin", finance_pin, NULL },
	{ "routingNumber", finance_routing_number, NULL },
	{ "transactionDescription", faker_choose_pattern,
	    "finance.transaction_description_pattern" },
	{ "transactionType", faker_choose, "finance.transaction_type" },
	{ NULL, NULL, NULL },
};
