#include "config.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "base/mem.h"

#include "mock/faker.h"
#include "mock/faker_priv.h"

struct module {
	const char *name;
	const struct faker_method *methods;
};

static const struct module faker_modules[] = {
	{ "airline", faker_airline_methods },
	{ "animal", faker_animal_methods },
	{ "book", faker_book_methods },
	{ "color", faker_color_methods },
	{ "commerce", faker_commerce_methods },
	{ "company", faker_company_methods },
	{ "database", faker_database_methods },
	{ "datatype", faker_datatype_methods },
	{ "date", faker_date_methods },
	{ "finance", faker_finance_methods },
	{ "food", faker_food_methods },
	{ "git", faker_git_methods },
	{ "hacker", faker_hacker_methods },
	{ "helpers", faker_helpers_methods },
	{ "image", faker_image_methods },
	{ "internet", faker_internet_methods },
	{ "location", faker_location_methods },
	{ "lorem", faker_lorem_methods },
	{ "music", faker_music_methods },
	{ "number", faker_number_methods },
	{ "person", faker_person_methods },
	{ "phone", faker_phone_methods },
	{ "science", faker_science_methods },
	{ "string", faker_string_methods },
	{ "system", faker_system_methods },
	{ "vehicle", faker_vehicle_methods },
	{ "word", faker_word_methods },
	{ "address", faker_location_methods }, /* of older versions */
	{ "name", faker_person_methods },
};

enum { MODULES = sizeof(faker_modules) / sizeof(*faker_modules) };

struct faker *
faker_new(struct str locale, struct err *e)
{
	struct faker_words *words;
	struct faker *f;
	uint32_t seed[4] = { 0 };

	words = faker_words_new(locale.n > 0 ? locale : STR("en"), e);
	if (words == NULL)
		return NULL;
	f = xcalloc(1, sizeof(*f));
	f->words = words;
	f->values.arena = &f->arena;
	f->values.most = FAKER_BYTES_MAX;
	while (getrandom(seed, sizeof(seed), 0) == -1)
		;
	faker_random_seed_list(&f->random, seed, 4);
	return f;
}

void
faker_free(struct faker *f)
{
	if (f == NULL)
		return;
	faker_words_free(f->words);
	arena_fini(&f->arena);
	free(f);
}

/* ToUint32(). */
static uint32_t
faker_seed_word(double seed)
{
	double rest;

	if (!isfinite(seed))
		return 0;
	rest = fmod(trunc(seed), 4294967296.0);
	return (uint32_t)(int64_t)rest;
}

void
faker_seed(struct faker *f, double seed)
{
	faker_random_seed(&f->random, faker_seed_word(seed));
}

void
faker_seed_list(struct faker *f, const double *seeds, size_t n)
{
	uint32_t *words = xcalloc(n, sizeof(*words));
	size_t i;

	for (i = 0; i < n; i++)
		words[i] = faker_seed_word(seeds[i]);
	faker_random_seed_list(&f->random, words, n);
	free(words);
}

void
faker_set_date(struct faker *f, double ms)
{
	f->date = ms;
}

__attribute__((format(printf, 3, 0))) static void
faker_stop(
    struct faker *f, enum faker_result result, const char *fmt, va_list ap)
{
	if (f->result != FAKER_DONE)
		return;
	f->result = result;
	vsnprintf(f->reason.text, sizeof(f->reason.text), fmt, ap);
}

void
faker_refuse(struct faker *f, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	faker_stop(f, FAKER_REFUSED, fmt, ap);
	va_end(ap);
}

void
faker_fail(struct faker *f, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	faker_stop(f, FAKER_FAILED, fmt, ap);
	va_end(ap);
}

bool
faker_ok(const struct faker *f)
{
	return f->result == FAKER_DONE;
}

const struct faker_method *
faker_module(struct str name)
{
	size_t i;

	for (i = 0; i < MODULES; i++)
		if (str_is(name, faker_modules[i].name))
			return faker_modules[i].methods;
	return NULL;
}

const struct faker_method *
faker_find(const struct faker_method *module, struct str name)
{
	const struct faker_method *m;

	for (m = module; m != NULL && m->name != NULL; m++)
		if (str_is(name, m->name))
			return m;
	return NULL;
}

static const struct faker_method *
faker_look_up(struct str name)
{
	struct str module;

	if (!str_cut(&name, '.', &module) || name.p == NULL)
		return NULL;
	return faker_find(faker_module(module), name);
}

bool
faker_has(struct str name)
{
	return faker_look_up(name) != NULL;
}

struct value
faker_run(struct faker *f, const struct faker_method *m,
    const struct value *args, size_t n)
{
	struct faker_call c = { m, args, n };
	struct value v;

	if (f->depth == FAKER_DEPTH_MAX) {
		faker_fail(f, "methods lie more than %d deep within methods",
		    FAKER_DEPTH_MAX);
		return VALUE_NONE;
	}
	f->depth++;
	v = m->run(f, &c);
	f->depth--;
	return v;
}

bool
faker_try(struct faker *f, const struct faker_method *m,
    const struct value *args, size_t n, struct value *to)
{
	bool before = faker_ok(f), done;

	*to = faker_run(f, m, args, n);
	done = faker_ok(f);
	if (before)
		f->result = FAKER_DONE;
	return done;
}

enum faker_result
faker_call(struct faker *f, struct str name, const struct value *args, size_t n,
    struct values *v, struct value *to, struct err *e)
{
	const struct faker_method *m = faker_look_up(name);
	struct value made;

	*to = VALUE_NONE;
	if (m == NULL) {
		err_set(e,
		    "%.*s is not a valid Faker method (valid: "
		    "\"location.zipCode\", \"date.past\", etc)",
		    STR_ARGS(name));
		return FAKER_FAILED;
	}
	f->draws = 0;
	f->result = FAKER_DONE;
	made = faker_run(f, m, args, n);
	if (f->values.over)
		faker_fail(f, "takes more than %d bytes", FAKER_BYTES_MAX);
	if (faker_ok(f))
		*to = value_copy(v, made);
	else
		err_set(e, "faker %.*s: %s", STR_ARGS(name), f->reason.text);
	arena_reset(&f->arena);
	f->values.used = 0;
	f->values.over = false;
	return f->result;
}

const char *
faker_method_name(size_t i, char *out, size_t room)
{
	const struct faker_method *m;
	size_t module;

	for (module = 0; module < MODULES; module++)
		for (m = faker_modules[module].methods; m->name != NULL; m++)
			if (i-- == 0) {
				snprintf(out, room, "%s.%s",
				    faker_modules[module].name, m->name);
				return out;
			}
	return NULL;
}

struct str
faker_locale_name(size_t i)
{
	return faker_words_locale(i);
}
