#ifndef MOCK_VISIT_H
#define MOCK_VISIT_H

/*
 * A request that is answered more than once: by the messages of a WebSocket,
 * by the pieces of a stream.  The request is kept, with the version of the
 * mocks and the state of its session that it met; each answer is a turn, with
 * what a template may ask for.  One thread at a time.
 */

#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "har/headers.h"
#include "mock/mocks.h"
#include "mock/pattern.h"
#include "mock/server_priv.h"
#include "mock/template.h"

struct router_hit;

struct visit {
	struct arena arena; /* of the copies */
	struct mocks *mocks;
	struct server *server;
	struct state *state;
	size_t route;
	struct mock_request from;
	struct headers headers;
	struct pattern_match match;
	struct arena scratch; /* of one turn */
};

/* Of the request at a route whose pattern it fits, as hit says. */
struct visit *visit_new(const struct serving *v, const struct router_hit *hit);
void visit_free(struct visit *v); /* safe on NULL */

/* Nothing of a turn outlives its end.  body is the request's in this turn.
 * With a seed of fake data others wait until the end. */
struct visit_turn {
	struct visit *of;
	struct mock_request from;
	struct template_context c;
	struct server_request q;
	struct serving serving;
};
void visit_begin(
    struct visit_turn *t, struct visit *v, struct str body, int64_t now_us);
void visit_end(struct visit_turn *t);

#endif
