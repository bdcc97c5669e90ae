/*
 * Before PCRE2 it refuses to make machine code of a pattern, so that it is
 * interpreted: memcheck knows nothing of what such code, which reads ahead in
 * whole words, does with them.
 */
#include "config.h"

#include <stdint.h>

#define JIT_BADOPTION (-45) /* PCRE2_ERROR_JIT_BADOPTION */

int pcre2_jit_compile_8(void *code, uint32_t options);

int
pcre2_jit_compile_8(void *code, uint32_t options)
{
	(void)code;
	(void)options;
	return JIT_BADOPTION;
}
