#ifndef GATEWAY_METER_H
#define GATEWAY_METER_H

/*
 * What there is to measure.  Each worker has a meter that only it writes, so
 * that counting is an ordinary addition; whoever asks sums them all up, from
 * any thread.  Nothing is ever counted down: how many are open now is how many
 * were opened less those that were closed.
 */

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/str.h"
#include "gateway/settings.h"
#include "gateway/transaction.h"
#include "gateway/upstream.h"

/* Others are "other", so that no client makes as many as it likes. */
#define METER_METHODS(M) \
	M(GET) \
	M(HEAD) \
	M(POST) \
	M(PUT) \
	M(PATCH) \
	M(DELETE) \
	M(OPTIONS) \
	M(TRACE) \
	M(CONNECT)

enum meter_method {
#define M(name) METER_##name,
	METER_METHODS(M)
#undef M
	    METER_OTHER,
	METER_METHOD_COUNT
};
/* "GET"; "other" for METER_OTHER. */
const char *meter_method_text(enum meter_method m);

#define METER_CLASSES 6      /* 1xx to 5xx, and 0 for what is none of them */
#define METER_CODES 500      /* 100 to 599 */
#define METER_ROUTES 256     /* mocked ones with a count of their own */
#define METER_ROUTE_NAME 100 /* bytes of a name that are kept */

/* The upper bounds of the classes of latency, in microseconds; what is above
 * the last goes to one more. */
#define METER_BOUNDS 17
extern const uint64_t meter_bounds[METER_BOUNDS];

/* Each a sum since the gateway began. */
struct meter_figures {
	/* Clients' connections. */
	uint64_t accepted, closed;
	uint64_t paused;  /* times that accepting stopped for lack of room */
	uint64_t tls_bad; /* handshakes that failed */
	uint64_t client_in, client_out;

	/* Upstreams' connections: kept ones wait to be taken again. */
	uint64_t opened, ended, kept, taken, dropped;
	uint64_t retried; /* calls that a kept connection took with it */
	uint64_t upstream_in, upstream_out;
	uint64_t failures[CALL_PHASE_COUNT];

	/* WebSockets that passed, were played or mocked, and those messages of
	 * them that were looked at. */
	uint64_t sockets, sockets_over;
	uint64_t heard, said; /* by the client, to it */

	uint64_t cut; /* requests that ended without a whole reply */
	uint64_t requests[SOURCE_COUNT][MODES][METER_METHOD_COUNT]
			 [METER_CLASSES];
	uint64_t codes[SOURCE_COUNT][METER_CODES];
	uint64_t latency[SOURCE_COUNT][METER_BOUNDS + 1];
	uint64_t latency_us[SOURCE_COUNT];
};

/* Which of them: METER_AT(closed), METER_AT(failures[CALL_TLS]). */
#define METER_AT(member) (offsetof(struct meter_figures, member) / 8)

struct meter; /* opaque; one writer */

/* Only on the thread whose meter it is. */
void meter_add(struct meter *m, size_t at, uint64_t n);

/* The sum itself, for meter_more(), which does nothing with NULL. */
typedef atomic_uint_least64_t meter_sum;
meter_sum *meter_of(struct meter *m, size_t at);
void meter_more(meter_sum *sum, uint64_t n);

/* A request that was replied to. */
struct meter_request {
	enum source source;
	enum mode_id mode;
	struct str method;
	int status;
	int64_t us;       /* -1: how long it took says nothing (a tunnel) */
	struct str route; /* of a mock; "": none */
};
void meter_request(struct meter *m, const struct meter_request *r);

/* A mocked route answered something else than such a request: a WebSocket. */
void meter_route(struct meter *m, struct str name);

/* ---- all of them ------------------------------------------------------ */

struct meters; /* opaque */

/* For n workers. */
struct meters *meters_new(size_t n);
void meters_free(struct meters *ms); /* safe on NULL */

/* The i-th, from 0. */
struct meter *meters_get(struct meters *ms, size_t i);

/* From any thread. */
void meters_sum(const struct meters *ms, struct meter_figures *f);

struct meter_route {
	char name[METER_ROUTE_NAME];
	uint64_t n;
};

/* The mocked routes by name, which the caller frees; the last one may be
 * "other", which stands for those beyond METER_ROUTES.  Their count goes to
 * *n.  From any thread. */
struct meter_route *meters_routes(const struct meters *ms, size_t *n);

/* From any thread: files were read anew, or could not be.  Safe on NULL. */
void meters_reloaded(struct meters *ms, bool well, int64_t now_us);

struct meter_reloads {
	uint64_t well, badly;
	int64_t last_well_us; /* wall clock; 0: never */
	bool last;            /* went well; true when there was none */
};
void meters_reloads(const struct meters *ms, struct meter_reloads *r);

#endif
