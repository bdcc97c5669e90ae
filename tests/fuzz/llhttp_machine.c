/* The part of llhttp that is made by a program, for tests/fuzz/llhttp.c; by
 * itself, since its declarations are others than those of the rest. */
#if __has_include(<llhttp/llhttp.c>)
#include <llhttp/llhttp.c>
#else
extern int llhttp_is_not_here;
#endif
