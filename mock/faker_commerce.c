#include "config.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "mock/faker_priv.h"

static struct str
commerce_part(struct faker *f, const char *part)
{
	return faker_pick_text(
	    f, faker_node_member(
		   faker_words(f, "commerce.product_name"), str_of(part)));
}

static struct value
commerce_of_product(struct faker *f, const struct faker_call *c)
{
	return value_text(commerce_part(f, c->method->words));
}

static struct value
commerce_product_name(struct faker *f, const struct faker_call *c)
{
	struct str adjective = commerce_part(f, "adjective");
	struct str material = commerce_part(f, "material");
	struct str product = commerce_part(f, "product");

	(void)c;
	return value_text(faker_textf(f, "%.*s %.*s %.*s", STR_ARGS(adjective),
	    STR_ARGS(material), STR_ARGS(product)));
}

/* price with a last digit that shops like. */
static double
commerce_liked(struct faker *f, double price, double digits)
{
	double last = fmod(price * pow(10, digits), 10), unit, drawn;
	double other = faker_int(f, 0, 9);

	drawn = faker_float(f, 0, 10);
	drawn = drawn < 5 ? 9 : drawn < 8 ? 5 : drawn < 9 ? 0 : other;
	unit = pow(0.1, digits);
	return price - last * unit + drawn * unit;
}

static struct value
commerce_price(struct faker *f, const struct faker_call *c)
{
	struct value options = faker_options(f, c, 0);
	double digits = faker_opt_number(options, "dec", 2);
	double max = faker_opt_number(options, "max", 1000);
	double min = faker_opt_number(options, "min", 1);
	struct str symbol = faker_opt_text(f, options, "symbol", STR(""));
	struct str text = STR("0");
	double price = min, liked;

	if (min >= 0 && max >= 0) {
		if (min != max) {
			price = faker_float_digits(f, min, max, digits);
			liked = digits == 0 || !faker_ok(f)
				    ? price
				    : commerce_liked(f, price, digits);
			if (min <= liked && liked <= max)
				price = liked;
		}
		text = faker_number_fixed(f, price, digits);
	}
	return value_text(
	    faker_textf(f, "%.*s%.*s", STR_ARGS(symbol), STR_ARGS(text)));
}

/* How long the registrant's part of an ISBN is for numbers up to last. */
struct commerce_registrant {
	int last, length;
};

static const struct commerce_registrant commerce_registrants[] = {
	{ 1999999, 2 },
	{ 2279999, 3 },
	{ 2289999, 4 },
	{ 3689999, 3 },
	{ 3699999, 4 },
	{ 6389999, 3 },
	{ 6397999, 4 },
	{ 6399999, 7 },
	{ 6449999, 3 },
	{ 6459999, 7 },
	{ 6479999, 3 },
	{ 6489999, 7 },
	{ 6549999, 3 },
	{ 6559999, 4 },
	{ 6999999, 3 },
	{ 8499999, 4 },
	{ 8999999, 5 },
	{ 9499999, 6 },
	{ 9999999, 7 },
	{ 99999, 3 },
	{ 299999, 2 },
	{ 349999, 3 },
	{ 399999, 4 },
	{ 499999, 3 },
	{ 699999, 2 },
	{ 999999, 4 },
	{ 3979999, 3 },
	{ 5499999, 4 },
	{ 6499999, 5 },
	{ 6799999, 4 },
	{ 6859999, 5 },
	{ 7139999, 4 },
	{ 7169999, 3 },
	{ 7319999, 4 },
	{ 7399999, 7 },
	{ 7749999, 5 },
	{ 7753999, 7 },
	{ 7763999, 5 },
	{ 7764999, 7 },
	{ 7769999, 5 },
	{ 7782999, 7 },
	{ 7899999, 5 },
	{ 7999999, 4 },
	{ 8004999, 5 },
	{ 8049999, 5 },
	{ 8379999, 5 },
	{ 8384999, 7 },
	{ 8671999, 5 },
	{ 8675999, 4 },
	{ 8697999, 5 },
	{ 9159999, 6 },
	{ 9165059, 7 },
	{ 9168699, 6 },
	{ 9169079, 7 },
	{ 9195999, 6 },
	{ 9196549, 7 },
	{ 9729999, 6 },
	{ 9877999, 4 },
	{ 9911499, 6 },
	{ 9911999, 7 },
	{ 9989899, 6 },
	{ 9999999, 7 },
};

/* The check digit of a code of variant digits; -1 when they are too few. */
static int
commerce_check_digit(struct str code, double variant)
{
	int sum = 0, i, weight;

	for (i = 0; i < variant - 1; i++) {
		if ((size_t)i >= code.n)
			return -1;
		weight = variant == 10 ? i + 1 : i % 2 == 1 ? 3 : 1;
		sum += weight * (code.p[i] - '0');
	}
	return variant == 10 ? sum % 11 : (10 - sum % 10) % 10;
}

static struct value
commerce_isbn(struct faker *f, const struct faker_call *c)
{
	struct value options = faker_options(f, c, 0);
	double variant = options.kind == VALUE_NUMBER
			     ? options.number
			     : faker_opt_number(options, "variant", 13);
	struct str dash = faker_opt_text(f, options, "separator", STR("-"));
	size_t group = faker_pick(f, 2);
	const struct commerce_registrant *r =
	    commerce_registrants + (group == 0 ? 0 : 19);
	struct str digits = faker_string_numeric(f, 8, true), code;
	const char *prefix = variant == 10 ? "" : "978";
	int check;

	if (!faker_ok(f))
		return VALUE_NONE;
	while (atoi(faker_textf(f, "%.7s", digits.p).p) > r->last)
		r++;
	code = faker_textf(f, "%s%zu%.*s", prefix, group, STR_ARGS(digits));
	check = commerce_check_digit(code, variant);
	return value_text(faker_textf(f, "%s%.*s%zu%.*s%.*s%.*s%s%.*s%s",
	    prefix, prefix[0] == '\0' ? 0 : (int)dash.n, dash.p, group,
	    STR_ARGS(dash), r->length, digits.p, STR_ARGS(dash),
	    digits.p + r->length, STR_ARGS(dash),
	    check < 0     ? "NaN"
	    : check == 10 ? "X"
			  : faker_textf(f, "%d", check).p));
}

const struct faker_method faker_commerce_methods[] = {
	{ "department", faker_choose, "commerce.department" },
	{ "isbn", commerce_isbn, NULL },
	{ "price", commerce_price, NULL },
	{ "product", commerce_of_product, "product" },
	{ "productAdjective", commerce_of_product, "adjective" },
	{ "productDescription", faker_choose_pattern,
	    "commerce.product_description" },
	{ "productMaterial", commerce_of_product, "material" },
	{ "productName", commerce_product_name, NULL },
	{ NULL, NULL, NULL },
};
