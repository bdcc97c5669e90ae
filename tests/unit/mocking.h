#ifndef TESTS_UNIT_MOCKING_H
#define TESTS_UNIT_MOCKING_H

/* A mocks file in a test, and a request to it. */

#include "base/arena.h"
#include "base/err.h"
#include "har/headers.h"
#include "mock/environment.h"
#include "mock/mocks.h"

#include "tap.h"

static struct mocks *mocks;
static struct mock_request request;
static struct headers fields;
static struct arena arena;
static struct err e;

static void
mocking(const char *file)
{
	static const struct mocks_options options = { .seeded = true,
		.seed = 7,
		.choose_by_header = true,
		.most_sessions = 10 };
	static const struct mocks_place anywhere = { STR(""), STR("") };
	struct environment *env =
	    environment_parse("m/x.json", str_of(file), NULL, &e);

	if (env == NULL)
		printf("# %s\n", e.text);
	CHECK(env != NULL);
	mocks_unref(mocks);
	mocks = mocks_new(&options);
	CHECK_INT(mocks_add(mocks, env, &anywhere, 0, NULL, &e), 0);
	fields.n = 0;
	request = (struct mock_request){
		.method = STR("GET"),
		.target = STR("/"),
		.authority = STR("api.test:8080"),
		.client = STR("192.0.2.1"),
		.port = 8080,
		.body = STR(""),
		.headers = &fields,
		.session = STR(""),
	};
}

static void
mocking_ends(void)
{
	mocks_unref(mocks);
	arena_fini(&arena);
}

#endif
