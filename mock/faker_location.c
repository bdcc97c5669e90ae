#include "config.h"

#include <math.h>
#include <string.h>

#include "mock/faker_priv.h"

static struct value
location_coordinate(struct faker *f, const struct faker_call *c, double most)
{
	struct value options = faker_options(f, c, 0);
	double max = faker_opt_number(options, "max", most);
	double min = faker_opt_number(options, "min", -most);
	double digits = faker_opt_number(options, "precision", 4);

	return value_number(faker_float_digits(f, min, max, digits));
}

static struct value
location_latitude(struct faker *f, const struct faker_call *c)
{
	return location_coordinate(f, c, 90);
}

static struct value
location_longitude(struct faker *f, const struct faker_call *c)
{
	return location_coordinate(f, c, 180);
}

static struct value
location_pair(struct faker *f, double latitude, double longitude)
{
	struct value pair = value_new_array(&f->values, 2);

	value_push(&f->values, pair, value_number(latitude));
	value_push(&f->values, pair, value_number(longitude));
	return pair;
}

static struct value
location_nearby(struct faker *f, const struct faker_call *c)
{
	struct value options = faker_options(f, c, 0);
	struct value origin = faker_member(options, "origin");
	double radius = faker_opt_number(options, "radius", 10);
	double angle, distance, degrees, latitude, longitude;

	if (value_is_nothing(origin)) {
		latitude = faker_float_digits(f, -90, 90, 4);
		longitude = faker_float_digits(f, -180, 180, 4);
		return location_pair(f, latitude, longitude);
	}
	angle = faker_float_digits(f, 0, 2 * M_PI, 5);
	if (!faker_opt_bool(options, "isMetric", false))
		radius *= 1.60934;
	distance = faker_float_digits(f, 0, radius, 3) * 0.995;
	degrees = distance / (40000.0 / 360);
	latitude =
	    value_to_number(faker_member(origin, "0")) + sin(angle) * degrees;
	longitude =
	    value_to_number(faker_member(origin, "1")) + cos(angle) * degrees;
	latitude = fmod(latitude, 180);
	if (latitude < -90 || latitude > 90) {
		latitude = copysign(180, latitude) - latitude;
		longitude += 180;
	}
	longitude = fmod(fmod(longitude, 360) + 540, 360) - 180;
	return location_pair(f, latitude, longitude);
}

static struct value
location_zip_code_of_state(struct faker *f, struct value state)
{
	struct faker_node by_state =
	    faker_words(f, "location.postcode_by_state");
	struct str name = value_to_str(&f->values, state);
	struct faker_node pattern;

	if (!faker_ok(f))
		return VALUE_NONE;
	pattern = faker_node_member(by_state, name);
	if (faker_node_type(pattern) == FAKER_NODE_MISSING)
		faker_refuse(f,
		    "No zip code definition found for state "
		    "\"%.*s\"",
		    STR_ARGS(name));
	return value_text(faker_fake_node(f, pattern));
}

static struct value
location_zip_code(struct faker *f, const struct faker_call *c)
{
	struct value options = faker_options(f, c, 0), format, state;
	struct value chosen;
	struct faker_node formats;

	state = faker_member(options, "state");
	if (!value_is_nothing(state))
		return location_zip_code_of_state(f, state);
	format =
	    faker_is_text(options) ? options : faker_member(options, "format");
	if (!faker_is_given(format)) {
		formats = faker_words(f, "location.postcode");
		chosen = value_text(faker_node_type(formats) == FAKER_NODE_TEXT
					? faker_node_text(formats, 0)
					: faker_pick_text(f, formats));
	} else if (faker_is_text(format)) {
		chosen = value_text(value_to_str(&f->values, format));
	} else {
		chosen = faker_pick_item(f, format);
	}
	if (!faker_is_text(chosen))
		faker_fail(f, "format is neither a text nor a list of them");
	return value_text(faker_replace_symbols(f, chosen.text));
}

static struct value
location_building_number(struct faker *f, const struct faker_call *c)
{
	return value_text(
	    faker_replace_runs(f, faker_word(f, c->method->words)));
}

static struct value
location_street_address(struct faker *f, const struct faker_call *c)
{
	struct value options = faker_options(f, c, 0);
	bool full = options.kind == VALUE_BOOL
			? options.yes
			: faker_opt_bool(options, "useFullAddress", false);
	struct faker_node forms = faker_words(f, "location.street_address");

	return value_text(faker_fake_node(
	    f, faker_node_member(forms, full ? STR("full") : STR("normal"))));
}

static struct value
location_secondary_address(struct faker *f, const struct faker_call *c)
{
	struct faker_node words = faker_words(f, c->method->words);

	return value_text(faker_replace_runs(f, faker_fake_node(f, words)));
}

static struct value
location_country_code(struct faker *f, const struct faker_call *c)
{
	static const char *const columns[][2] = {
		{ "alpha-2", "alpha2" },
		{ "alpha-3", "alpha3" },
		{ "numeric", "numeric" },
	};
	struct value options = faker_options(f, c, 0);
	struct str variant =
	    faker_is_text(options)
		? value_to_str(&f->values, options)
		: faker_opt_text(f, options, "variant", STR("alpha-2"));
	struct faker_node codes = faker_words(f, "location.country_code");
	size_t row = faker_pick(f, faker_node_count(codes)), i;

	for (i = 0; i < 3 && faker_ok(f); i++)
		if (str_is(variant, columns[i][0]))
			return value_text(faker_node_text(
			    faker_node_member(codes, str_of(columns[i][1])),
			    row));
	return VALUE_NONE;
}

static bool
location_is_short(struct faker *f, const struct faker_call *c)
{
	return faker_opt_bool(faker_options(f, c, 0), "abbreviated", false);
}

static struct value
location_state(struct faker *f, const struct faker_call *c)
{
	return value_text(
	    faker_word(f, location_is_short(f, c) ? "location.state_abbr"
						  : "location.state"));
}

/* One of the lists first and, unless NULL, second of the directions. */
static struct value
location_of_directions(struct faker *f, const struct faker_call *c,
    const char *first, const char *second)
{
	const char *end = location_is_short(f, c) ? "_abbr" : "";
	struct faker_node all = faker_words(f, "location.direction"), two[2];
	size_t i;

	two[0] = faker_node_member(all, faker_textf(f, "%s%s", first, end));
	two[1] = faker_node_member(all, faker_textf(f, "%s%s", second, end));
	i = faker_pick(f, faker_node_count(two[0]) + faker_node_count(two[1]));
	if (!faker_ok(f))
		return VALUE_NONE;
	if (i < faker_node_count(two[0]))
		return value_text(faker_node_text(two[0], i));
	return value_text(
	    faker_node_text(two[1], i - faker_node_count(two[0])));
}

static struct value
location_direction(struct faker *f, const struct faker_call *c)
{
	return location_of_directions(f, c, "cardinal", "ordinal");
}

static struct value
location_cardinal_direction(struct faker *f, const struct faker_call *c)
{
	return location_of_directions(f, c, "cardinal", "");
}

static struct value
location_ordinal_direction(struct faker *f, const struct faker_call *c)
{
	return location_of_directions(f, c, "ordinal", "");
}

const struct faker_method faker_location_methods[] = {
	{ "buildingNumber", location_building_number,
	    "location.building_number" },
	{ "cardinalDirection", location_cardinal_direction, NULL },
	{ "city", faker_choose_pattern, "location.city_pattern" },
	{ "continent", faker_choose, "location.continent" },
	{ "country", faker_choose, "location.country" },
	{ "countryCode", location_country_code, NULL },
	{ "county", faker_choose, "location.county" },
	{ "direction", location_direction, NULL },
	{ "language", faker_choose, "location.language" },
	{ "latitude", location_latitude, NULL },
	{ "longitude", location_longitude, NULL },
	{ "nearbyGPSCoordinate", location_nearby, NULL },
	{ "ordinalDirection", location_ordinal_direction, NULL },
	{ "secondaryAddress", location_secondary_address,
	    "location.secondary_address" },
	{ "state", location_state, NULL },
	{ "street", faker_choose_pattern, "location.street_pattern" },
	{ "streetAddress", location_street_address, NULL },
	{ "timeZone", faker_choose, "location.time_zone" },
	{ "zipCode", location_zip_code, NULL },
	{ NULL, NULL, NULL },
};
