#include "config.h"

#include <stdlib.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/log.h"
#include "base/mem.h"
#include "gateway/settings.h"
#include "mock/check.h"
#include "mock/environment.h"
#include "mock/mocks.h"

#include "gateway/mocking.h"

struct mocking {
	const struct settings *settings;
	struct mocks *mocks; /* or NULL */
};

static void
mocking_log_remarks(const struct buf *remarks)
{
	struct str rest = buf_str(remarks), line;

	while (rest.n > 0 && str_cut(&rest, '\n', &line) && line.n > 0)
		log_warn(NULL, "%.*s", STR_ARGS(line));
}

static int
mocking_load(struct mocking *m, size_t i, struct err *e)
{
	const struct mocks_setting *s = &m->settings->mocks[i];
	struct mocks_place at = { str_of(s->host), str_of(s->path) };
	struct buf remarks = { 0 };
	struct environment *env = environment_load(s->file, &remarks, e);
	int rc = -1;

	if (env != NULL)
		rc =
		    mocks_add(m->mocks, env, &at, clock_wall_us(), &remarks, e);
	if (rc == 0)
		mocking_log_remarks(&remarks);
	else
		check_place(s->file, e);
	buf_free(&remarks);
	return rc;
}

struct mocking *
mocking_open(const struct settings *s, struct mocks *own, struct err *e)
{
	struct mocks_options o = { .locale = s->faker_locale,
		.seeded = s->faker_seed != 0,
		.seed = s->faker_seed,
		.mockoon_errors = s->mockoon_errors,
		.choose_by_header = s->mock_response_headers,
		.most_sessions = s->max_sessions,
		.most_callback_depth = s->max_callback_depth };
	struct mocking *m = xcalloc(1, sizeof(*m));
	size_t i;

	m->settings = s;
	if (own != NULL)
		m->mocks = mocks_ref(own);
	else if (s->nmocks > 0)
		m->mocks = mocks_new(&o);
	for (i = 0; own == NULL && i < s->nmocks; i++)
		if (mocking_load(m, i, e) == -1) {
			mocking_free(m);
			return NULL;
		}
	return m;
}

void
mocking_free(struct mocking *m)
{
	if (m == NULL)
		return;
	mocks_unref(m->mocks);
	free(m);
}

struct mocks *
mocking_mocks(const struct mocking *m)
{
	return m->mocks;
}
