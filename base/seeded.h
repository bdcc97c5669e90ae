#ifndef BASE_SEEDED_H
#define BASE_SEEDED_H

/*
 * The hash of a text for tables in memory that strangers choose the names in:
 * SipHash-1-3 (Aumasson and Bernstein 2012) with a key that each process makes
 * for itself, so that nobody can choose names that all have one place.
 */

#include <stdint.h>

#include "base/str.h"

uint64_t seeded_hash(struct str s);

/* With another key. */
uint64_t seeded_hash_with(const uint64_t key[2], struct str s);

#endif
