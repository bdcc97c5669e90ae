#ifndef TESTS_FUZZ_FUZZ_H
#define TESTS_FUZZ_FUZZ_H

/* A fuzzer is this one function; libFuzzer calls it for make fuzz, main.c
 * for the seeds that make check replays. */

#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

/* Called once before it, by those that have it; what a fuzzer needs and
 * misses it says there and exits with 77. */
__attribute__((weak)) int LLVMFuzzerInitialize(int *argc, char ***argv);

#endif
