#include "config.h"

#include <string.h>

#include "mock/faker_priv.h"

static const char *const person_sexes[] = { "female", "male" };

/* The names for a sex: those for all when there are none of its own, and of
 * one drawn when any will do and there are none for all. */
static struct faker_node
person_for(struct faker *f, struct faker_node names, enum faker_sex sex)
{
	struct faker_node all = faker_node_member(names, STR("generic")), own;

	if (!faker_ok(f))
		return all;
	if (sex == FAKER_ANY) {
		if (faker_node_type(all) != FAKER_NODE_MISSING)
			return all;
		sex = faker_pick(f, 2) == 0 ? FAKER_FEMALE : FAKER_MALE;
	}
	own = faker_node_member(
	    names, sex == FAKER_FEMALE ? STR("female") : STR("male"));
	return faker_node_type(own) != FAKER_NODE_MISSING ? own : all;
}

static struct str
person_name(struct faker *f, const char *words, enum faker_sex sex)
{
	return faker_pick_text(f, person_for(f, faker_words(f, words), sex));
}

struct str
faker_first_name(struct faker *f, enum faker_sex sex)
{
	return person_name(f, "person.first_name", sex);
}

struct str
faker_last_name(struct faker *f, enum faker_sex sex)
{
	struct faker_node patterns =
	    faker_words_find(f->words, STR("person.last_name_pattern"));

	if (faker_node_type(patterns) != FAKER_NODE_OBJECT)
		return person_name(f, "person.last_name", sex);
	return faker_fake(
	    f, faker_pick_weighted(f, person_for(f, patterns, sex)));
}

struct str
faker_sex_type(struct faker *f)
{
	return faker_pick_str(f, person_sexes, 2);
}

static enum faker_sex
person_sex(struct value sex)
{
	if (!faker_is_text(sex))
		return FAKER_ANY;
	return str_is(sex.text, "female") ? FAKER_FEMALE
	       : str_is(sex.text, "male") ? FAKER_MALE
					  : FAKER_ANY;
}

struct person {
	enum faker_sex sex;
	struct str first;
	struct str last;
};

static struct str
person_first(struct faker *f, const void *person)
{
	(void)f;
	return ((const struct person *)person)->first;
}

static struct str
person_last(struct faker *f, const void *person)
{
	(void)f;
	return ((const struct person *)person)->last;
}

static struct str
person_middle(struct faker *f, const void *person)
{
	return person_name(
	    f, "person.middle_name", ((const struct person *)person)->sex);
}

static struct str
person_prefix(struct faker *f, const void *person)
{
	return person_name(
	    f, "person.prefix", ((const struct person *)person)->sex);
}

static struct str
person_suffix(struct faker *f, const void *person)
{
	(void)person;
	return faker_word(f, "person.suffix");
}

static struct str
person_full(struct faker *f, const struct person *p)
{
	struct str s = faker_pick_weighted(f, faker_words(f, "person.name"));

	s = faker_mustache(f, s, STR("person.prefix"), person_prefix, p);
	s = faker_mustache(f, s, STR("person.firstName"), person_first, p);
	s = faker_mustache(f, s, STR("person.middleName"), person_middle, p);
	s = faker_mustache(f, s, STR("person.lastName"), person_last, p);
	return faker_mustache(f, s, STR("person.suffix"), person_suffix, p);
}

struct str
faker_full_name(struct faker *f, struct str first, struct str last)
{
	struct person p = { FAKER_ANY, first, last };

	p.sex = faker_pick(f, 2) == 0 ? FAKER_FEMALE : FAKER_MALE;
	return person_full(f, &p);
}

static struct value
person_full_name(struct faker *f, const struct faker_call *c)
{
	struct value options = faker_options(f, c, 0);
	struct value sex = faker_member(options, "sex");
	struct value first = faker_member(options, "firstName");
	struct value last = faker_member(options, "lastName");
	struct person p;

	p.sex = faker_is_given(sex)     ? person_sex(sex)
		: faker_pick(f, 2) == 0 ? FAKER_FEMALE
					: FAKER_MALE;
	p.first = faker_is_given(first) ? value_to_str(&f->values, first)
					: faker_first_name(f, p.sex);
	p.last = faker_is_given(last) ? value_to_str(&f->values, last)
				      : faker_last_name(f, p.sex);
	return value_text(person_full(f, &p));
}

/* First and middle names and prefixes of the sex in the first argument. */
static struct value
person_of_sex(struct faker *f, const struct faker_call *c)
{
	return value_text(
	    person_name(f, c->method->words, person_sex(faker_arg(c, 0))));
}

static struct value
person_last_name(struct faker *f, const struct faker_call *c)
{
	return value_text(faker_last_name(f, person_sex(faker_arg(c, 0))));
}

static struct value
person_sex_type(struct faker *f, const struct faker_call *c)
{
	(void)c;
	return value_text(faker_sex_type(f));
}

const struct faker_method faker_person_methods[] = {
	{ "bio", faker_choose_pattern, "person.bio_pattern" },
	{ "firstName", person_of_sex, "person.first_name" },
	{ "fullName", person_full_name, NULL },
	{ "gender", faker_choose, "person.gender" },
	{ "jobArea", faker_choose, "person.job_area" },
	{ "jobDescriptor", faker_choose, "person.job_descriptor" },
	{ "jobTitle", faker_choose_pattern, "person.job_title_pattern" },
	{ "jobType", faker_choose, "person.job_type" },
	{ "lastName", person_last_name, NULL },
	{ "middleName", person_of_sex, "person.middle_name" },
	{ "prefix", person_of_sex, "person.prefix" },
	{ "sex", faker_choose, "person.sex" },
	{ "sexType", person_sex_type, NULL },
	{ "suffix", faker_choose, "person.suffix" },
	{ "zodiacSign", faker_choose, "person.western_zodiac_sign" },
	{ NULL, NULL, NULL },
};
