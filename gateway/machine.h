#ifndef GATEWAY_MACHINE_H
#define GATEWAY_MACHINE_H

/* What the machine leaves this process of its memory. */

#include <stdint.h>

/* What the cache of answers has where nobody said (--cache-size auto): this
 * part of the memory, within these bounds. */
#define MACHINE_CACHE_PART 16
#define MACHINE_CACHE_LEAST (UINT64_C(40) << 20)
#define MACHINE_CACHE_MOST (UINT64_C(1) << 30)

/* The number behind a word at the start of a line of a file of the kernel's;
 * 0 when there is none. */
uint64_t machine_number(const char *path, const char *word);

/*
 * Bytes that the process may come to: the least of what the machine has, what
 * its control groups and those around them allow (of either version), and the
 * limit of its address space.  0: not known.  root is "" but for tests.
 */
uint64_t machine_memory(const char *root);

/* The bytes for the cache of answers where memory is what there is. */
uint64_t machine_cache(uint64_t memory);

#endif
