#include "config.h"

#include "har/exchange.h"
#include "har/har_text.h"
#include "har/json_write.h"

#include "gateway/renewed.h"

/* Statuses that tell of who asked, how often, or of an outage. */
static bool
renewed_is_excuse(int status)
{
	return status == 401 || status == 407 || status == 408 ||
	       status == 429 || status >= 500;
}

const char *
renewed_hindrance(const struct exchange *x, const struct exchange *live)
{
	if (live->outcome != OUTCOME_COMPLETE)
		return "it is not whole";
	if (x->status == 101)
		return "it has no messages, and those recorded would be lost";
	if (!live->response.body.known)
		return "its body is too large";
	if (live->status != x->status && renewed_is_excuse(live->status))
		return "its status tells of no change of the API";
	return NULL;
}

/* Of the members that an exchange has no place for those of the request. */
static void
renewed_extra(struct exchange *x)
{
	static const enum har_place places[] = { HAR_ENTRY, HAR_REQUEST,
		HAR_POST_DATA };
	struct json_write w;
	size_t i;

	if (x->extra.n == 0)
		return;
	json_write_init(&w, false, NULL, NULL);
	json_write_object(&w);
	for (i = 0; i < sizeof(places) / sizeof(*places); i++) {
		json_write_name(&w, str_of(har_place_text(places[i])));
		json_write_object(&w);
		har_text_extra(&w, x, places[i]);
		json_write_object_end(&w);
	}
	json_write_object_end(&w);
	x->extra = arena_str(&x->arena, buf_str(&w.out));
	json_write_fini(&w);
}

static void
renewed_message(struct message *m, struct message *live, struct arena *a)
{
	struct body empty = { .known = true };

	buf_free(&m->body.bytes);
	*m = *live;
	m->version = arena_str(a, live->version);
	m->headers = headers_copy(&live->headers, a);
	m->trailers = headers_copy(&live->trailers, a);
	live->body = empty;
}

void
renewed_take(struct exchange *x, struct exchange *live)
{
	struct arena *a = &x->arena;

	x->started_us = live->started_us;
	x->timings = live->timings;
	x->status = live->status;
	x->reason = arena_str(a, live->reason);
	renewed_message(&x->response, &live->response, a);
	x->interims = NULL;
	x->chunks = NULL;
	x->nchunks = 0;
	x->server_addr = arena_str(a, live->server_addr);
	x->connection = arena_str(a, live->connection);
	renewed_extra(x);
}
