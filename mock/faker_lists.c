#include "config.h"

#include <string.h>

#include "mock/faker_priv.h"

/* The modules that mostly choose from lists. */

const struct faker_method faker_animal_methods[] = {
	{ "bear", faker_choose, "animal.bear" },
	{ "bird", faker_choose, "animal.bird" },
	{ "cat", faker_choose, "animal.cat" },
	{ "cetacean", faker_choose, "animal.cetacean" },
	{ "cow", faker_choose, "animal.cow" },
	{ "crocodilia", faker_choose, "animal.crocodilia" },
	{ "dog", faker_choose, "animal.dog" },
	{ "fish", faker_choose, "animal.fish" },
	{ "horse", faker_choose, "animal.horse" },
	{ "insect", faker_choose, "animal.insect" },
	{ "lion", faker_choose, "animal.lion" },
	{ "petName", faker_choose, "animal.pet_name" },
	{ "rabbit", faker_choose, "animal.rabbit" },
	{ "rodent", faker_choose, "animal.rodent" },
	{ "snake", faker_choose, "animal.snake" },
	{ "type", faker_choose, "animal.type" },
	{ NULL, NULL, NULL },
};

const struct faker_method faker_book_methods[] = {
	{ "author", faker_choose, "book.author" },
	{ "format", faker_choose, "book.format" },
	{ "genre", faker_choose, "book.genre" },
	{ "publisher", faker_choose, "book.publisher" },
	{ "series", faker_choose, "book.series" },
	{ "title", faker_choose, "book.title" },
	{ NULL, NULL, NULL },
};

const struct faker_method faker_music_methods[] = {
	{ "album", faker_choose, "music.album" },
	{ "artist", faker_choose, "music.artist" },
	{ "genre", faker_choose, "music.genre" },
	{ "songName", faker_choose, "music.song_name" },
	{ NULL, NULL, NULL },
};

const struct faker_method faker_science_methods[] = {
	{ "chemicalElement", faker_choose, "science.chemical_element" },
	{ "unit", faker_choose, "science.unit" },
	{ NULL, NULL, NULL },
};

/* Words of several lists with spaces between them. */
static struct value
lists_phrase(struct faker *f, const char *const *names, size_t n)
{
	struct buf b = { 0 };
	size_t i;

	for (i = 0; i < n; i++) {
		if (i > 0)
			buf_add_text(&b, " ");
		buf_add_str(&b, faker_word(f, names[i]));
	}
	return value_text(faker_text(f, &b));
}

static struct value
company_catch_phrase(struct faker *f, const struct faker_call *c)
{
	static const char *const names[] = { "company.adjective",
		"company.descriptor", "company.noun" };

	(void)c;
	return lists_phrase(f, names, 3);
}

static struct value
company_buzz_phrase(struct faker *f, const struct faker_call *c)
{
	static const char *const names[] = { "company.buzz_verb",
		"company.buzz_adjective", "company.buzz_noun" };

	(void)c;
	return lists_phrase(f, names, 3);
}

const struct faker_method faker_company_methods[] = {
	{ "buzzAdjective", faker_choose, "company.buzz_adjective" },
	{ "buzzNoun", faker_choose, "company.buzz_noun" },
	{ "buzzPhrase", company_buzz_phrase, NULL },
	{ "buzzVerb", faker_choose, "company.buzz_verb" },
	{ "catchPhrase", company_catch_phrase, NULL },
	{ "catchPhraseAdjective", faker_choose, "company.adjective" },
	{ "catchPhraseDescriptor", faker_choose, "company.descriptor" },
	{ "catchPhraseNoun", faker_choose, "company.noun" },
	{ "name", faker_choose_pattern, "company.name_pattern" },
	{ NULL, NULL, NULL },
};

static struct value
database_object_id(struct faker *f, const struct faker_call *c)
{
	(void)c;
	return value_text(faker_string_hex(f, 24));
}

const struct faker_method faker_database_methods[] = {
	{ "collation", faker_choose, "database.collation" },
	{ "column", faker_choose, "database.column" },
	{ "engine", faker_choose, "database.engine" },
	{ "mongodbObjectId", database_object_id, NULL },
	{ "type", faker_choose, "database.type" },
	{ NULL, NULL, NULL },
};

/* Each word with a capital. */
static struct str
food_title(struct faker *f, struct str s)
{
	struct buf b = { 0 };
	struct str word;
	bool first = true;

	while (str_cut(&s, ' ', &word)) {
		if (!first)
			buf_add_text(&b, " ");
		buf_add_str(&b, faker_capital(f, word));
		first = false;
	}
	return faker_text(f, &b);
}

static struct value
food_dish(struct faker *f, const struct faker_call *c)
{
	struct str dish;

	(void)c;
	if (faker_boolean(f, 0.5))
		dish = faker_fake_node(f, faker_words(f, "food.dish_pattern"));
	else
		dish = faker_word(f, "food.dish");
	return value_text(food_title(f, dish));
}

const struct faker_method faker_food_methods[] = {
	{ "adjective", faker_choose, "food.adjective" },
	{ "description", faker_choose_pattern, "food.description_pattern" },
	{ "dish", food_dish, NULL },
	{ "ethnicCategory", faker_choose, "food.ethnic_category" },
	{ "fruit", faker_choose, "food.fruit" },
	{ "ingredient", faker_choose, "food.ingredient" },
	{ "meat", faker_choose, "food.meat" },
	{ "spice", faker_choose, "food.spice" },
	{ "vegetable", faker_choose, "food.vegetable" },
	{ NULL, NULL, NULL },
};

static struct str
hacker_word(struct faker *f, const void *name)
{
	return faker_word(f, name);
}

static struct value
hacker_phrase(struct faker *f, const struct faker_call *c)
{
	static const char *const parts[] = { "abbreviation", "adjective",
		"ingverb", "noun", "verb" };
	struct str s = faker_word(f, "hacker.phrase"), words;
	size_t i;

	(void)c;
	for (i = 0; i < sizeof(parts) / sizeof(*parts); i++) {
		words = faker_textf(f, "hacker.%s", parts[i]);
		s = faker_mustache(
		    f, s, str_of(parts[i]), hacker_word, words.p);
	}
	return value_text(s);
}

const struct faker_method faker_hacker_methods[] = {
	{ "abbreviation", faker_choose, "hacker.abbreviation" },
	{ "adjective", faker_choose, "hacker.adjective" },
	{ "ingverb", faker_choose, "hacker.ingverb" },
	{ "noun", faker_choose, "hacker.noun" },
	{ "phrase", hacker_phrase, NULL },
	{ "verb", faker_choose, "hacker.verb" },
	{ NULL, NULL, NULL },
};

static struct value
airline_record_locator(struct faker *f, const struct faker_call *c)
{
	struct value options = faker_options(f, c, 0);
	bool digits = faker_opt_bool(options, "allowNumerics", false);
	bool similar =
	    faker_opt_bool(options, "allowVisuallySimilarCharacters", false);

	return value_text(faker_string_alphanumeric(f, 6, STR("upper"),
	    faker_textf(
		f, "%s%s", digits ? "" : "0123456789", similar ? "" : "0O1IL")
		.p));
}

static const struct {
	const char *name;
	double rows;
	const char *seats;
} airline_aircraft[] = {
	{ "narrowbody", 35, "ABCDEF" },
	{ "regional", 20, "ABCD" },
	{ "widebody", 60, "ABCDEFGHJK" },
};

static struct value
airline_seat(struct faker *f, const struct faker_call *c)
{
	struct str type = faker_opt_text(
	    f, faker_options(f, c, 0), "aircraftType", STR("narrowbody"));
	size_t i;
	int row;

	for (i = 0; i < 3; i++)
		if (str_is(type, airline_aircraft[i].name)) {
			row = (int)faker_int(f, 1, airline_aircraft[i].rows);
			return value_text(faker_textf(f, "%d%c", row,
			    faker_pick_char(
				f, str_of(airline_aircraft[i].seats))));
		}
	faker_next(f); /* drawn before the type is looked at */
	faker_fail(f,
	    "aircraftType %.*s: is none of narrowbody, regional, "
	    "widebody",
	    STR_ARGS(type));
	return VALUE_NONE;
}

static struct value
airline_aircraft_type(struct faker *f, const struct faker_call *c)
{
	(void)c;
	return value_text(str_of(airline_aircraft[faker_pick(f, 3)].name));
}

static struct value
airline_flight_number(struct faker *f, const struct faker_call *c)
{
	struct value options = faker_options(f, c, 0);
	struct value length = faker_member(options, "length");
	double n = !faker_is_given(length)     ? faker_int(f, 1, 4)
		   : length.kind == VALUE_NULL ? 1
					       : faker_range(f, length);
	struct str digits = faker_string_numeric(f, n, false);

	if (!faker_opt_bool(options, "addLeadingZeros", false) || digits.n >= 4)
		return value_text(digits);
	return value_text(faker_textf(
	    f, "%.*s%.*s", (int)(4 - digits.n), "0000", STR_ARGS(digits)));
}

const struct faker_method faker_airline_methods[] = {
	{ "aircraftType", airline_aircraft_type, NULL },
	{ "airline", faker_choose, "airline.airline" },
	{ "airplane", faker_choose, "airline.airplane" },
	{ "airport", faker_choose, "airline.airport" },
	{ "flightNumber", airline_flight_number, NULL },
	{ "recordLocator", airline_record_locator, NULL },
	{ "seat", airline_seat, NULL },
	{ NULL, NULL, NULL },
};

static struct value
vehicle_vehicle(struct faker *f, const struct faker_call *c)
{
	static const char *const names[] = { "vehicle.manufacturer",
		"vehicle.model" };

	(void)c;
	return lists_phrase(f, names, 2);
}

static struct value
vehicle_vin(struct faker *f, const struct faker_call *c)
{
	static const char without[] = "oiqOIQ";
	struct str parts[4];

	(void)c;
	parts[0] = faker_string_alphanumeric(f, 10, STR("upper"), without);
	parts[1] = faker_string_alpha(f, 1, STR("upper"), without);
	parts[2] = faker_string_alphanumeric(f, 1, STR("upper"), without);
	parts[3] = faker_string_numeric(f, 5, true);
	return value_text(faker_textf(f, "%.*s%.*s%.*s%.*s", STR_ARGS(parts[0]),
	    STR_ARGS(parts[1]), STR_ARGS(parts[2]), STR_ARGS(parts[3])));
}

static struct value
vehicle_vrm(struct faker *f, const struct faker_call *c)
{
	struct str parts[3];

	(void)c;
	parts[0] = faker_string_alpha(f, 2, STR("upper"), "");
	parts[1] = faker_string_numeric(f, 2, true);
	parts[2] = faker_string_alpha(f, 3, STR("upper"), "");
	return value_text(faker_textf(f, "%.*s%.*s%.*s", STR_ARGS(parts[0]),
	    STR_ARGS(parts[1]), STR_ARGS(parts[2])));
}

const struct faker_method faker_vehicle_methods[] = {
	{ "bicycle", faker_choose, "vehicle.bicycle_type" },
	{ "color", faker_choose, "color.human" },
	{ "fuel", faker_choose, "vehicle.fuel" },
	{ "manufacturer", faker_choose, "vehicle.manufacturer" },
	{ "model", faker_choose, "vehicle.model" },
	{ "type", faker_choose, "vehicle.type" },
	{ "vehicle", vehicle_vehicle, NULL },
	{ "vin", vehicle_vin, NULL },
	{ "vrm", vehicle_vrm, NULL },
	{ NULL, NULL, NULL },
};
