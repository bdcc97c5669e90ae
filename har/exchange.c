#include "config.h"

#include <stdlib.h>
#include <string.h>

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

static void
message_copy(struct message *to, const struct message *from, struct arena *a)
{
	to->minor = from->minor;
	to->version = arena_str(a, from->version);
	to->headers = headers_copy(&from->headers, a);
	to->framing = from->framing;
	to->head_bytes = from->head_bytes;
}

static void
exchange_copy_interims(struct exchange *to, const struct exchange *from)
{
	struct interim **last = &to->interims;
	const struct interim *i;

	for (i = from->interims; i != NULL; i = i->next) {
		*last = arena_zalloc(&to->arena, sizeof(**last));
		(*last)->status = i->status;
		(*last)->headers = headers_copy(&i->headers, &to->arena);
		last = &(*last)->next;
	}
}

void
exchange_copy_begun(struct exchange *to, const struct exchange *from)
{
	struct arena *a = &to->arena;
	size_t i;
	struct {
		struct str *to;
		const struct str *from;
	} texts[] = {
		{ &to->method, &from->method },
		{ &to->target, &from->target },
		{ &to->scope, &from->scope },
		{ &to->url, &from->url },
		{ &to->reason, &from->reason },
		{ &to->server_addr, &from->server_addr },
		{ &to->client_addr, &from->client_addr },
		{ &to->connection, &from->connection },
		{ &to->session, &from->session },
		{ &to->mode, &from->mode },
		{ &to->comment, &from->comment },
		{ &to->extra, &from->extra },
	};

	for (i = 0; i < sizeof(texts) / sizeof(*texts); i++)
		*texts[i].to = arena_str(a, *texts[i].from);
	memcpy(to->key, from->key, sizeof(to->key));
	to->keyed = from->keyed;
	memcpy(to->normal_key, from->normal_key, sizeof(to->normal_key));
	to->normal_keyed = from->normal_keyed;
	to->started_us = from->started_us;
	to->timings = from->timings;
	to->status = from->status;
	message_copy(&to->request, &from->request, a);
	to->request.trailers = headers_copy(&from->request.trailers, a);
	to->request.body.known = from->request.body.known;
	to->request.body.size = from->request.body.size;
	buf_add_str(
	    &to->request.body.bytes, buf_str(&from->request.body.bytes));
	message_copy(&to->response, &from->response, a);
	exchange_copy_interims(to, from);
}
