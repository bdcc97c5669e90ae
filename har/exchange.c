#include "config.h"

#include <stdlib.h>

#include "base/mem.h"
#include "har/feed.h"
#include "har/spool.h"

#include "har/exchange.h"

static const char *const outcome_texts[OUTCOMES] = {
	[OUTCOME_COMPLETE] = "complete",
	[OUTCOME_TRUNCATED] = "truncated",
	[OUTCOME_RESET] = "reset",
	[OUTCOME_TIMEOUT] = "timeout",
	[OUTCOME_REFUSED] = "refused",
	[OUTCOME_BAD_ANSWER] = "bad-answer",
	[OUTCOME_CLIENT_GONE] = "client-gone",
};

const char *
outcome_text(enum outcome o)
{
	return outcome_texts[o];
}

int
outcome_of(struct str text)
{
	int o;

	for (o = 0; o < OUTCOMES; o++)
		if (str_is(text, outcome_texts[o]))
			return o;
	return -1;
}

uint64_t
body_held(const struct body *b)
{
	return b->spool != NULL ? spool_size(b->spool) : b->bytes.n;
}

struct feed *
body_feed(const struct body *b)
{
	return b->spool != NULL ? feed_of_spool(b->spool)
				: feed_of_str(buf_str(&b->bytes));
}

void
body_clear(struct body *b)
{
	buf_free(&b->bytes);
	spool_free(b->spool);
	b->spool = NULL;
}

static void
exchange_init(struct exchange *x)
{
	x->timings = TIMINGS_UNKNOWN;
	x->times = 1;
	x->method = x->target = x->scope = x->url = x->reason = STR("");
	x->failure = x->server_addr = x->client_addr = STR("");
	x->connection = x->session = x->mode = x->comment = x->extra = STR("");
	x->request.version = x->response.version = STR("HTTP/1.1");
	x->request.minor = x->response.minor = 1;
	x->request.head_bytes = x->response.head_bytes = -1;
	x->request.body.known = x->response.body.known = true;
}

struct exchange *
exchange_new(void)
{
	struct exchange *x = xcalloc(1, sizeof(*x));

	exchange_init(x);
	return x;
}

void
exchange_reset(struct exchange *x, size_t keep)
{
	struct exchange blank = { .arena = x->arena,
		.request.body.bytes = x->request.body.bytes,
		.response.body.bytes = x->response.body.bytes };

	spool_free(x->request.body.spool);
	spool_free(x->response.body.spool);
	arena_reset(&blank.arena);
	buf_clear(&blank.request.body.bytes, keep);
	buf_clear(&blank.response.body.bytes, keep);
	exchange_init(&blank);
	*x = blank;
}

void
exchange_free(struct exchange *x)
{
	if (x == NULL)
		return;
	body_clear(&x->request.body);
	body_clear(&x->response.body);
	arena_fini(&x->arena);
	free(x);
}
