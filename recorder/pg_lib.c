#include "config.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

#include "recorder/pg_lib.h"

#define PG_LIB_FILE "libpq.so.5"

struct pg_lib pq;
static bool pg_lib_there;
static pthread_once_t pg_lib_once = PTHREAD_ONCE_INIT;

static void
pg_lib_find(void)
{
	/* POSIX: what dlsym() gives may be stored through a void **. */
	static const struct {
		const char *name;
		void **place;
	} calls[] = {
#define PG_LIB_PLACE(name) { "PQ" #name, (void **)&pq.name },
		PG_LIB_CALLS(PG_LIB_PLACE)
#undef PG_LIB_PLACE
	};
	void *lib = dlopen(PG_LIB_FILE, RTLD_NOW | RTLD_LOCAL);
	size_t i;

	pg_lib_there = lib != NULL;
	for (i = 0; pg_lib_there && i < sizeof(calls) / sizeof(*calls); i++) {
		*calls[i].place = dlsym(lib, calls[i].name);
		pg_lib_there = *calls[i].place != NULL;
	}
}

int
pg_lib_load(struct err *e)
{
	pthread_once(&pg_lib_once, pg_lib_find);
	return pg_lib_there
		   ? 0
		   : err_set(e, "needs " PG_LIB_FILE " of version 15 or "
				"later; Debian has it in the package libpq5");
}
