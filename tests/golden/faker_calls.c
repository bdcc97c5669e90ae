#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"

#include "mock/faker.h"
#include "mock/value.h"
#include "mock/value_json.h"

/*
 * Makes the calls that are on standard input, one a line, as
 *	{ "locale", "seed" (a number or list), "date", "name", "args" }
 * and says what came of each, in the same order:
 *	{ "text" and "json" of the value | "error", "why", "next" }
 * next is a number drawn afterwards, which shows how many were drawn before.
 */

struct known {
	struct str name;
	struct faker *faker;
};

static struct known known[128];

static struct faker *
find_faker(struct str locale)
{
	struct known *k = known;
	struct err e;

	while (k->faker != NULL && !str_eq(k->name, locale))
		k++;
	if (k->faker == NULL) {
		k->name = str_of(strndup(locale.p, locale.n));
		k->faker = faker_new(locale, &e);
		if (k->faker == NULL) {
			fprintf(stderr, "%s\n", e.text);
			exit(EXIT_FAILURE);
		}
	}
	return k->faker;
}

static void
seed_faker(struct faker *f, struct value seed)
{
	double seeds[16];
	size_t i;

	if (seed.kind == VALUE_NUMBER) {
		faker_seed(f, seed.number);
		return;
	}
	for (i = 0; i < seed.array->n && i < 16; i++)
		seeds[i] = seed.array->at[i].number;
	faker_seed_list(f, seeds, i);
}

static struct value
call(struct faker *f, struct value asked, struct values *v)
{
	static const char *const results[] = { "", "refused", "failed" };
	struct value args = value_get(asked, STR("args")), made;
	struct value said = value_new_object(v);
	enum faker_result result;
	struct buf text = { 0 };
	struct err e;

	result = faker_call(f, value_get(asked, STR("name")).text,
	    args.array->at, args.array->n, v, &made, &e);
	if (result != FAKER_DONE) {
		value_set(
		    v, said, STR("error"), value_text(str_of(results[result])));
		value_set(
		    v, said, STR("why"), value_copy_text(v, str_of(e.text)));
	} else {
		value_print(&text, made, SIZE_MAX);
		value_set(
		    v, said, STR("text"), value_copy_text(v, buf_str(&text)));
		value_set(v, said, STR("json"), made);
	}
	buf_free(&text);
	faker_call(f, STR("number.int"), NULL, 0, v, &made, &e);
	value_set(v, said, STR("next"), made);
	return said;
}

static void
answer(struct str line)
{
	struct arena arena = { 0 };
	struct values v = { .arena = &arena };
	struct value asked, said;
	struct buf out = { 0 };
	struct faker *f;

	if (value_read_json(&v, line, &asked) == -1)
		exit(EXIT_FAILURE);
	f = find_faker(value_get(asked, STR("locale")).text);
	faker_set_date(f, value_get(asked, STR("date")).number);
	seed_faker(f, value_get(asked, STR("seed")));
	said = call(f, asked, &v);
	value_write_json(&v, &out, said, 0, false);
	puts(buf_text(&out));
	buf_free(&out);
	arena_fini(&arena);
}

int
main(void)
{
	char *line = NULL;
	size_t room = 0;
	ssize_t n;
	struct known *k;

	while ((n = getline(&line, &room, stdin)) > 0)
		answer((struct str){ line, (size_t)n - 1 });
	free(line);
	for (k = known; k->faker != NULL; k++) {
		faker_free(k->faker);
		free((char *)k->name.p);
	}
	return EXIT_SUCCESS;
}
