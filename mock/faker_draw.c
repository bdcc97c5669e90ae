#include "config.h"

#include <math.h>
#include <string.h>

#include "base/number.h"

#include "mock/faker_priv.h"

/* Numbers drawn as faker draws them: in the same order, as many, and with the
 * same roundings. */

void
faker_spend(struct faker *f)
{
	if (f->draws == FAKER_DRAWS_MAX)
		faker_fail(
		    f, "takes more than %d random numbers", FAKER_DRAWS_MAX);
	else
		f->draws++;
}

double
faker_next(struct faker *f)
{
	faker_spend(f);
	return faker_ok(f) ? faker_random_next(&f->random) : 0;
}

bool
faker_boolean(struct faker *f, double probability)
{
	if (probability <= 0)
		return false;
	if (probability >= 1)
		return true;
	return faker_next(f) < probability && faker_ok(f);
}

static void
draw_refuse(struct faker *f, double min, double max)
{
	char least[NUMBER_BYTES], most[NUMBER_BYTES];

	number_format(min, least);
	number_format(max, most);
	if (max >= min)
		faker_refuse(f,
		    "No suitable integer value between %s and %s found.", least,
		    most);
	else
		faker_refuse(
		    f, "Max %s should be greater than min %s.", most, least);
}

double
faker_int_of(struct faker *f, double min, double max, double multiple)
{
	double low = ceil(min / multiple), high = floor(max / multiple);

	if (multiple != floor(multiple) || isinf(multiple) || isnan(multiple))
		faker_refuse(f, "multipleOf should be an integer.");
	else if (multiple <= 0)
		faker_refuse(f, "multipleOf should be greater than 0.");
	else if (low == high)
		return low * multiple;
	else if (high < low)
		draw_refuse(f, min, max);
	if (!faker_ok(f))
		return 0;
	return floor(faker_next(f) * (high - low + 1) + low) * multiple;
}

double
faker_int(struct faker *f, double min, double max)
{
	return faker_int_of(f, min, max, 1);
}

static bool
draw_in_order(struct faker *f, double min, double max)
{
	if (max < min)
		draw_refuse(f, min, max);
	return faker_ok(f);
}

double
faker_float(struct faker *f, double min, double max)
{
	if (!draw_in_order(f, min, max))
		return 0;
	return faker_next(f) * (max - min) + min;
}

double
faker_float_of(struct faker *f, double min, double max, double multiple)
{
	double power, factor;

	if (!draw_in_order(f, min, max))
		return 0;
	if (multiple <= 0) {
		faker_refuse(f, "multipleOf should be greater than 0.");
		return 0;
	}
	power = log10(multiple);
	factor = multiple < 1 && power == floor(power) && !isinf(power)
		     ? pow(10, -power)
		     : 1 / multiple;
	return faker_int(f, min * factor, max * factor) / factor;
}

double
faker_float_digits(struct faker *f, double min, double max, double digits)
{
	if (!draw_in_order(f, min, max))
		return 0;
	if (digits != floor(digits) || isinf(digits) || isnan(digits))
		faker_refuse(f, "fractionDigits should be an integer.");
	else if (digits < 0)
		faker_refuse(
		    f, "fractionDigits should be greater than or equal to 0.");
	return faker_float_of(f, min, max, pow(10, -digits));
}

size_t
faker_pick(struct faker *f, size_t n)
{
	if (n == 0)
		faker_refuse(f, "Cannot get value from empty dataset.");
	if (n <= 1 || !faker_ok(f))
		return 0;
	return (size_t)(faker_next(f) * (double)n);
}

char
faker_pick_char(struct faker *f, struct str chars)
{
	size_t i = faker_pick(f, chars.n);

	return chars.n > 0 ? chars.p[i] : '\0';
}

struct str
faker_pick_str(struct faker *f, const char *const *texts, size_t n)
{
	return str_of(texts[faker_pick(f, n)]);
}

static double
draw_weight(struct faker_node weights, size_t i)
{
	uint64_t weight = 0;

	str_u64(faker_node_text(weights, i), &weight);
	return (double)weight;
}

struct str
faker_pick_weighted(struct faker *f, struct faker_node table)
{
	struct faker_node weights = faker_node_member(table, STR("weight"));
	struct faker_node values = faker_node_member(table, STR("value"));
	size_t i, n = faker_node_count(table);
	double drawn, sum = 0;

	if (n == 0) {
		faker_refuse(f, "weightedArrayElement expects an array with "
				"at least one element");
		return STR("");
	}
	for (i = 0; i < n; i++)
		sum += draw_weight(weights, i);
	drawn = faker_float(f, 0, sum);
	for (i = 0, sum = 0; i < n - 1; i++) {
		sum += draw_weight(weights, i);
		if (drawn < sum)
			break;
	}
	return faker_node_text(values, i);
}

double
faker_int_options(struct faker *f, struct value options)
{
	if (options.kind == VALUE_NUMBER)
		return faker_int(f, 0, options.number);
	if (options.kind == VALUE_NULL)
		faker_fail(f, "null where options or a number should be");
	return faker_int_of(f, faker_opt_number(options, "min", 0),
	    faker_opt_number(options, "max", 9007199254740991.0),
	    faker_opt_number(options, "multipleOf", 1));
}

double
faker_range(struct faker *f, struct value range)
{
	if (range.kind == VALUE_NUMBER)
		return range.number;
	return faker_int_options(f, range);
}

/* The part of a definition's name before or behind the dot is module or
 * entry; messages have both. */
struct faker_node
faker_words(struct faker *f, const char *name)
{
	struct faker_node n = faker_words_find(f->words, str_of(name));

	if (faker_node_type(n) == FAKER_NODE_NULL) {
		faker_refuse(f,
		    "The locale data for '%s' aren't applicable to this "
		    "locale.\n  If you think this is a bug, please report it "
		    "at: https://github.com/faker-js/faker",
		    name);
		n = (struct faker_node){ NULL, 0 };
	} else if (faker_node_type(n) == FAKER_NODE_MISSING) {
		faker_refuse(f,
		    "The locale data for '%s' are missing in this locale.\n"
		    "  If this is a custom Faker instance, please make sure "
		    "all required locales are used e.g. "
		    "'[de_AT, de, en, base]'.\n"
		    "  Please contribute the missing data to the project or "
		    "use a locale/Faker instance that has these data.\n"
		    "  For more information see "
		    "https://fakerjs.dev/guide/localization.html",
		    name);
	}
	return n;
}

struct str
faker_pick_text(struct faker *f, struct faker_node list)
{
	size_t i;

	if (!faker_ok(f))
		return STR("");
	if (faker_node_type(list) != FAKER_NODE_TEXTS &&
	    faker_node_type(list) != FAKER_NODE_NUMBERS) {
		faker_fail(f, "there is no list of texts to choose from");
		return STR("");
	}
	i = faker_pick(f, faker_node_count(list));
	return faker_ok(f) ? faker_node_text(list, i) : STR("");
}

struct str
faker_word(struct faker *f, const char *name)
{
	return faker_pick_text(f, faker_words(f, name));
}

struct value
faker_choose(struct faker *f, const struct faker_call *c)
{
	struct faker_node list = faker_words(f, c->method->words);

	if (faker_node_type(list) == FAKER_NODE_TABLE)
		return faker_row_value(
		    f, list, faker_pick(f, faker_node_count(list)));
	return value_text(faker_pick_text(f, list));
}

struct value
faker_choose_pattern(struct faker *f, const struct faker_call *c)
{
	return value_text(faker_fake_node(f, faker_words(f, c->method->words)));
}
