#ifndef MOCK_FAKER_H
#define MOCK_FAKER_H

/*
 * Fake data with the names, the arguments and the values of
 * @faker-js/faker 9.9.0: the same seed gives the same sequence, in all of its
 * locales.  Its words are in the program, packed; the first faker of a locale
 * unpacks those of the locale, the last one drops them.
 *
 * A faker is used by one thread at a time; different fakers by different ones.
 * It knows no clock: what lies around now does so around faker_set_date().
 */

#include <stdbool.h>
#include <stddef.h>

#include "base/str.h"

struct err;
struct faker; /* opaque; lives in faker.c */
struct value;
struct values;

enum faker_result {
	FAKER_DONE,
	FAKER_REFUSED, /* a FakerError: Mockoon prints nothing and goes on */
	FAKER_FAILED,  /* no such method, arguments of a kind that the method
			  cannot do with, or too much of it */
};

/*
 * A faker of a locale such as "de_AT" ("" is "en") with a seed nobody knows
 * and the date 1970-01-01.  NULL with *e set when there is no such locale.
 */
struct faker *faker_new(struct str locale, struct err *e);
void faker_free(struct faker *f); /* safe on NULL */

/* Starts the sequence that faker.seed(seed) starts, of a number or of a list
 * of n > 0 numbers. */
void faker_seed(struct faker *f, double seed);
void faker_seed_list(struct faker *f, const double *seeds, size_t n);

/* The default of all refDate options, in milliseconds since 1970. */
void faker_set_date(struct faker *f, double ms);

/*
 * Calls the method name, such as "person.firstName", with n arguments.  *to is
 * made in v, but may share what the arguments hold and names of members with
 * f.  Unless FAKER_DONE *to is undefined and *e says why, in faker's words for
 * what is refused.  As many numbers of the seed's sequence are used up as in
 * faker, but for calls that fail.
 */
enum faker_result faker_call(struct faker *f, struct str name,
    const struct value *args, size_t n, struct values *v, struct value *to,
    struct err *e);

/* Whether there is a method of this name. */
bool faker_has(struct str name);

/* The name of the method at i, written to out; NULL behind the last. */
const char *faker_method_name(size_t i, char *out, size_t room);

/* The name of the locale at i; its p is NULL behind the last. */
struct str faker_locale_name(size_t i);

#endif
