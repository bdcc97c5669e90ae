/* The same of a library whose readers do not wait for the store. */
#define LIBRARY_FAR true
#include "library.c"
