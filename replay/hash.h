#ifndef REPLAY_HASH_H
#define REPLAY_HASH_H

/*
 * FNV-1a, 64 bits: for telling header fields and sessions apart in memory.
 * Never stored; keys are made with base/digest.h.
 */

#include <stdint.h>

#include "base/str.h"

#define HASH_START 0xcbf29ce484222325u

uint64_t hash_add(uint64_t h, struct str s);
uint64_t hash_add_lower(uint64_t h, struct str s); /* ASCII case apart */
uint64_t hash_add_u64(uint64_t h, uint64_t v);

/* Spreads the bits of v, one to one. */
uint64_t hash_mix(uint64_t v);

#endif
