#ifndef BASE_NUMBER_H
#define BASE_NUMBER_H

/*
 * Numbers as JavaScript writes and reads them (ECMA-262, sections 6.1.6.1,
 * 7.1.4.1.1 and 21.1.3.3): what a mock prints has to be what the same
 * template prints there.
 */

#include <stddef.h>

#include "base/str.h"

#define NUMBER_BYTES 32        /* room for number_format() */
#define NUMBER_FIXED_BYTES 160 /* room for number_fixed() */

/* The shortest text that reads back as v: "0.1", "1e+21", "NaN", "-Infinity".
 * The length of it; there is a NUL behind. */
size_t number_format(double v, char out[NUMBER_BYTES]);

/* v with that many (0 to 100) digits behind the point, halves away from zero;
 * from 1e21 on as number_format().  The length. */
size_t number_fixed(double v, unsigned digits, char out[NUMBER_FIXED_BYTES]);

/* What the whole of text, already without white space at its ends, is as a
 * number: 0 for "", NaN for what is none. */
double number_of(struct str text);

/* The integer that text begins with (parseInt(text, 10)), NaN for none. */
double number_int_of(struct str text);

#endif
