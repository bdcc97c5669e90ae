#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

/*
 * The two clocks, in microseconds.  Only gateway/ and the commands read
 * them; everything below takes the time as an argument.
 */

#include <stdint.h>

int64_t clock_wall_us(void); /* since 1970-01-01 UTC; may jump */
int64_t clock_mono_us(void); /* since some moment; never jumps */

#endif
