#include "config.h"

#include <sqlite3.h>

#include "recorder/engine.h"

const char *
engine_version(void)
{
	return sqlite3_libversion();
}
