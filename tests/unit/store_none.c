/* What a hark without PostgreSQL says of a shared store. */
#include "config.h"

#include <string.h>

#include "base/err.h"
#include "recorder/store_ops.h"

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

/* Who asks for more than opening has the same answer. */
static void
nothing_else_of_it_does_anything(void)
{
	static const char why[] = "this hark was built without PostgreSQL";
	int64_t last;

	CHECK(store_exists(url));
	CHECK(!store_answers(url));
	CHECK_INT(pg_source_last(NULL, STR("run"), &last, &e), -1);
	CHECK_STR(e.text, why);
	CHECK_INT(pg_source_set(NULL, STR("run"), 1, &e), -1);
	CHECK_STR(e.text, why);
	CHECK_INT(pg_source_sweep(NULL, &e), -1);
	CHECK_STR(e.text, why);
}

RUN(TEST(a_shared_store_is_refused_with_the_reason),
    TEST(so_is_its_name_as_an_option), TEST(nothing_else_of_it_does_anything))
