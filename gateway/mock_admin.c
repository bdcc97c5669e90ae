#include "config.h"

#include <stdint.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "gateway/settings.h"
#include "gateway/transaction.h"
#include "gateway/worker.h"
#include "har/headers.h"
#include "mock/mocks.h"

#include "gateway/mock_admin.h"

#define MOCK_ADMIN_PREFIX "/mockoon-admin"

static const struct mock_admin_action {
	const char *path;
	unsigned parts;
	const char *said; /* as Mockoon says it */
} mock_admin_actions[] = {
	{ "/state", MOCKS_COUNTERS | MOCKS_BUCKETS | MOCKS_VARIABLES,
	    "{\"response\":\"Server has been reset to its initial state\"}" },
	{ "/data-buckets", MOCKS_BUCKETS,
	    "{\"message\":\"Data buckets have been reset to their initial "
	    "state\"}" },
	{ "/global-vars", MOCKS_VARIABLES,
	    "{\"message\":\"Global variables have been purged\"}" },
	{ .path = NULL },
};

/* The action that a request is for, or NULL. */
static const struct mock_admin_action *
mock_admin_find(struct str method, struct str path)
{
	const struct mock_admin_action *a;
	struct str query = path;
	size_t n;

	(void)str_cut(&query, '?', &path);
	if (!str_starts(path, MOCK_ADMIN_PREFIX))
		return NULL;
	path.p += strlen(MOCK_ADMIN_PREFIX);
	path.n -= strlen(MOCK_ADMIN_PREFIX);
	for (a = mock_admin_actions; a->path != NULL; a++) {
		n = strlen(a->path);
		if (!str_starts(path, a->path))
			continue;
		if (str_is(method, "POST") &&
		    str_is((struct str){ path.p + n, path.n - n }, "/purge"))
			return a;
		if (str_is(method, "PURGE") && path.n == n)
			return a;
	}
	return NULL;
}

/* In the same time whatever is wrong with it. */
static bool
mock_admin_knows(struct str token, const char *wanted)
{
	size_t n = strlen(wanted), i;
	unsigned char wrong = token.n != n;

	for (i = 0; i < token.n; i++)
		wrong |= (unsigned char)(token.p[i] ^ wanted[i % n]);
	return wrong == 0;
}

static bool
mock_admin_allows(const struct transaction *t)
{
	struct str given = headers_get(&t->r->head.headers, "Authorization");

	if (!str_istarts(given, "Bearer "))
		return false;
	given.p += strlen("Bearer ");
	given.n -= strlen("Bearer ");
	return mock_admin_knows(str_trim(given), t->settings->mockoon_admin);
}

bool
mock_admin_answer(struct transaction *t)
{
	const struct mock_admin_action *a;
	struct mock_reply *m;

	if (t->settings->mockoon_admin == NULL || t->w->mocks == NULL)
		return false;
	a = mock_admin_find(t->r->head.method, t->r->head.path);
	if (a == NULL)
		return false;
	m = xcalloc(1, sizeof(*m));
	m->route = STR("mockoon-admin");
	if (mock_admin_allows(t)) {
		mocks_reset(t->w->mocks, t->session_number, a->parts);
		m->status = 200;
		m->headers =
		    STR("Content-Type: application/json; charset=utf-8\r\n");
		buf_add_text(&m->body, a->said);
	} else {
		m->status = 401;
		m->headers =
		    STR("Content-Type: application/json; charset=utf-8\r\n"
			"WWW-Authenticate: Bearer\r\n");
		buf_add_text(&m->body, "{\"message\":\"Unauthorized\"}");
	}
	reply_mock(t, m);
	return true;
}
