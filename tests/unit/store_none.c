/* What a hark without PostgreSQL says of a shared store. */
#include "config.h"

#include <string.h>

#include "base/err.h"
#include "recorder/store.h"

#include "tap.h"

static const char url[] = "postgresql://hark@127.0.0.1/tapes";
static struct err e;

static void
a_shared_store_is_refused_with_the_reason(void)
{
	CHECK(store_open(url, STORE_READ, false, &e) == NULL);
	CHECK(strstr(e.text, "this hark was built without PostgreSQL") != NULL);
	CHECK(store_open(url, STORE_WRITE, true, &e) == NULL);
	CHECK(strstr(e.text, "this hark was built without PostgreSQL") != NULL);
}

static void
so_is_its_name_as_an_option(void)
{
	CHECK_INT(store_name_check(url, &e), -1);
	CHECK_STR(e.text, "this hark was built without PostgreSQL");
	CHECK_INT(store_name_check("hark.db", &e), 0);
}

RUN(TEST(a_shared_store_is_refused_with_the_reason),
    TEST(so_is_its_name_as_an_option))
