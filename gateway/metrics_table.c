#include "config.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/number.h"

#include "gateway/metrics_priv.h"

#define METRIC_NOW(member) .offset = offsetof(struct metrics_now, member)
#define METRIC_REAL(member) METRIC_NOW(member), .real = true
#define METRIC_DIFFERENCE(more, fewer) \
	METRIC_NOW(more), .less = offsetof(struct metrics_now, fewer)

/* ---- those with labels ----------------------------------------------- */

static void
metrics_build(struct metrics_out *o, const struct metric *m)
{
	metrics_sample(
	    o, m, (const char *const[]){ "version", PACKAGE_VERSION, NULL }, 1);
}

static const char *const metrics_sources[SOURCE_COUNT] = {
#define S(name, text) [SOURCE_##name] = text,
	SOURCES(S)
#undef S
};

static void
metrics_requests_of(struct metrics_out *o, const struct metric *m,
    size_t source, size_t mode, size_t method)
{
	static const char *const classes[METER_CLASSES] = { "other", "1xx",
		"2xx", "3xx", "4xx", "5xx" };
	const uint64_t *v = o->now->met.requests[source][mode][method];
	size_t i;

	for (i = 0; i < METER_CLASSES; i++)
		if (v[i] > 0)
			metrics_sample(o, m,
			    (const char *const[]){ "source",
				metrics_sources[source], "mode",
				modes[mode].name, "method",
				meter_method_text((enum meter_method)method),
				"status", classes[i], NULL },
			    v[i]);
}

static void
metrics_requests(struct metrics_out *o, const struct metric *m)
{
	size_t source, mode, method;

	for (source = 0; source < SOURCE_COUNT; source++)
		for (mode = 0; mode < MODES; mode++)
			for (method = 0; method < METER_METHOD_COUNT; method++)
				metrics_requests_of(o, m, source, mode, method);
}

static void
metrics_responses(struct metrics_out *o, const struct metric *m)
{
	size_t source, i;
	char code[4];

	for (source = 0; source < SOURCE_COUNT; source++)
		for (i = 0; i < METER_CODES; i++) {
			uint64_t n = o->now->met.codes[source][i];

			if (n == 0)
				continue;
			snprintf(code, sizeof(code), "%03zu", (i + 100) % 1000);
			metrics_sample(o, m,
			    (const char *const[]){ "source",
				metrics_sources[source], "code", code, NULL },
			    n);
		}
}

static void
metrics_bucket(struct metrics_out *o, const struct metric *m,
    const char *source, const char *bound, uint64_t n)
{
	metrics_name(o, m, "_bucket",
	    (const char *const[]){ "source", source, "le", bound, NULL });
	buf_addf(o->b, "%" PRIu64 "\n", n);
}

static void
metrics_latency_of(struct metrics_out *o, const struct metric *m, size_t source)
{
	const char *const labels[] = { "source", metrics_sources[source],
		NULL };
	char bound[NUMBER_BYTES];
	uint64_t n = 0;
	size_t i;

	for (i = 0; i < METER_BOUNDS; i++) {
		n += o->now->met.latency[source][i];
		(void)number_format((double)meter_bounds[i] / 1e6, bound);
		/* OpenMetrics wants its floats to look like some. */
		if (o->open && strpbrk(bound, ".e") == NULL)
			strcat(bound, ".0");
		metrics_bucket(o, m, labels[1], bound, n);
	}
	n += o->now->met.latency[source][i];
	metrics_bucket(o, m, labels[1], "+Inf", n);
	metrics_name(o, m, "_sum", labels);
	metrics_real(o, (double)o->now->met.latency_us[source] / 1e6);
	metrics_name(o, m, "_count", labels);
	buf_addf(o->b, "%" PRIu64 "\n", n);
}

static void
metrics_latency(struct metrics_out *o, const struct metric *m)
{
	size_t source;

	for (source = 0; source < SOURCE_COUNT; source++)
		metrics_latency_of(o, m, source);
}

static void
metrics_routes(struct metrics_out *o, const struct metric *m)
{
	size_t i;

	for (i = 0; i < o->now->nroutes; i++)
		metrics_sample(o, m,
		    (const char *const[]){
			"route", o->now->routes[i].name, NULL },
		    o->now->routes[i].n);
}

static void
metrics_failures(struct metrics_out *o, const struct metric *m)
{
	static const char *const phases[CALL_PHASE_COUNT] = {
#define P(name, text) [CALL_##name] = text,
		CALL_PHASES(P)
#undef P
	};
	size_t phase;

	for (phase = 0; phase < CALL_PHASE_COUNT; phase++)
		metrics_sample(o, m,
		    (const char *const[]){ "phase", phases[phase], NULL },
		    o->now->met.failures[phase]);
}

/* Two or three sums that one label tells apart. */
struct metrics_part {
	const char *value;
	uint64_t n;
};

static void
metrics_parts(struct metrics_out *o, const struct metric *m, const char *label,
    const struct metrics_part *parts, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		metrics_sample(o, m,
		    (const char *const[]){ label, parts[i].value, NULL },
		    parts[i].n);
}

static void
metrics_messages(struct metrics_out *o, const struct metric *m)
{
	const struct metrics_part parts[] = {
		{ "client", o->now->met.heard },
		{ "server", o->now->met.said },
	};

	metrics_parts(o, m, "from", parts, 2);
}

static void
metrics_callbacks(struct metrics_out *o, const struct metric *m)
{
	const struct metrics_part parts[] = {
		{ "delivered", o->now->callbacks.delivered },
		{ "failed", o->now->callbacks.failed },
		{ "dropped", o->now->callbacks.dropped },
	};

	metrics_parts(o, m, "outcome", parts, 3);
}

static void
metrics_reloads(struct metrics_out *o, const struct metric *m)
{
	const struct metrics_part parts[] = {
		{ "success", o->now->reloads.well },
		{ "failure", o->now->reloads.badly },
	};

	metrics_parts(o, m, "result", parts, 2);
}

static void
metrics_last_reload(struct metrics_out *o, const struct metric *m)
{
	metrics_sample(
	    o, m, (const char *const[]){ NULL }, o->now->reloads.last ? 1 : 0);
}

static void
metrics_last_reload_time(struct metrics_out *o, const struct metric *m)
{
	int64_t us = o->now->reloads.last_well_us;

	metrics_name(o, m, "", (const char *const[]){ NULL });
	metrics_real(o, us > 0 ? (double)us / 1e6 : o->now->began_seconds);
}

static void
metrics_commit_time(struct metrics_out *o, const struct metric *m)
{
	metrics_name(o, m, "_total", (const char *const[]){ NULL });
	metrics_real(o, (double)o->now->recorder.commit_us / 1e6);
}

static void
metrics_retention_time(struct metrics_out *o, const struct metric *m)
{
	metrics_name(o, m, "_total", (const char *const[]){ NULL });
	metrics_real(o, (double)o->now->retention.busy_us / 1e6);
}

/* ---- the table ------------------------------------------------------- */

const struct metric metrics_table[] = {
	{
	    .name = "hark_build_info",
	    .kind = METRIC_GAUGE,
	    .help = "Which hark this is; always 1.",
	    .write = metrics_build,
	},
	{
	    .name = "hark_requests",
	    .kind = METRIC_COUNTER,
	    .help = "Requests that were replied to, by who answered, the mode, "
		    "the method and the class of the status.",
	    .write = metrics_requests,
	},
	{
	    .name = "hark_responses",
	    .kind = METRIC_COUNTER,
	    .help = "Replies by who answered and their status code.",
	    .write = metrics_responses,
	},
	{
	    .name = "hark_request_duration_seconds",
	    .kind = METRIC_HISTOGRAM,
	    .help = "From a request's head to the last byte of its reply; not "
		    "of WebSockets and tunnels.",
	    .write = metrics_latency,
	},
	{
	    .name = "hark_mock_route_requests",
	    .kind = METRIC_COUNTER,
	    .help = "Requests that a mocked route answered, by its UUID or "
		    "endpoint.",
	    .write = metrics_routes,
	},
	{
	    .name = "hark_requests_refused",
	    .kind = METRIC_COUNTER,
	    .help = "Requests that were no proper HTTP or over a limit.",
	    METRIC_NOW(refused),
	},
	{
	    .name = "hark_requests_failed",
	    .kind = METRIC_COUNTER,
	    .help = "Requests whose upstream failed before it answered.",
	    METRIC_NOW(failed),
	},
	{
	    .name = "hark_requests_cut",
	    .kind = METRIC_COUNTER,
	    .help = "Requests that ended without a whole reply.",
	    METRIC_NOW(met.cut),
	},
	{
	    .name = "hark_request_bodies_bytes",
	    .kind = METRIC_GAUGE,
	    .help = "Bodies of requests that are held in memory.",
	    METRIC_NOW(body_bytes),
	},
	{
	    .name = "hark_request_spooled_bytes",
	    .kind = METRIC_GAUGE,
	    .help = "Bodies of requests that are held in files instead.",
	    METRIC_NOW(spooled_bytes),
	},
	{
	    .name = "hark_connections_accepted",
	    .kind = METRIC_COUNTER,
	    .help = "Connections of clients.",
	    METRIC_NOW(met.accepted),
	},
	{
	    .name = "hark_connections_open",
	    .kind = METRIC_GAUGE,
	    .help = "Connections of clients that are open.",
	    METRIC_DIFFERENCE(met.accepted, met.closed),
	},
	{
	    .name = "hark_connections_paused",
	    .kind = METRIC_COUNTER,
	    .help = "Times that no more connections were accepted for a while: "
		    "as many as may be, or no descriptors.",
	    METRIC_NOW(met.paused),
	},
	{
	    .name = "hark_tls_handshakes_failed",
	    .kind = METRIC_COUNTER,
	    .help = "Connections of clients that ended in their handshake.",
	    METRIC_NOW(met.tls_bad),
	},
	{
	    .name = "hark_client_received_bytes",
	    .kind = METRIC_COUNTER,
	    .help = "Bytes read from clients, after TLS.",
	    METRIC_NOW(met.client_in),
	},
	{
	    .name = "hark_client_sent_bytes",
	    .kind = METRIC_COUNTER,
	    .help = "Bytes written to clients, before TLS.",
	    METRIC_NOW(met.client_out),
	},
	{
	    .name = "hark_upstream_connections_opened",
	    .kind = METRIC_COUNTER,
	    .help = "Connections to upstreams that were begun.",
	    METRIC_NOW(met.opened),
	},
	{
	    .name = "hark_upstream_connections_reused",
	    .kind = METRIC_COUNTER,
	    .help = "Requests to upstreams on a connection that was kept.",
	    METRIC_NOW(met.taken),
	},
	{
	    .name = "hark_upstream_connections_open",
	    .kind = METRIC_GAUGE,
	    .help = "Connections to upstreams, also those that are kept.",
	    METRIC_DIFFERENCE(met.opened, met.ended),
	},
	{
	    .name = "hark_upstream_connections_idle",
	    .kind = METRIC_GAUGE,
	    .help = "Connections to upstreams that are kept for the next "
		    "request.",
	    METRIC_DIFFERENCE(met.kept, met.dropped),
	},
	{
	    .name = "hark_upstream_retries",
	    .kind = METRIC_COUNTER,
	    .help = "Requests that were sent again, since a kept connection "
		    "had ended.",
	    METRIC_NOW(met.retried),
	},
	{
	    .name = "hark_upstream_errors",
	    .kind = METRIC_COUNTER,
	    .help = "Requests to upstreams that failed, by how far they came.",
	    .write = metrics_failures,
	},
	{
	    .name = "hark_upstream_received_bytes",
	    .kind = METRIC_COUNTER,
	    .help = "Bytes read from upstreams, after TLS.",
	    METRIC_NOW(met.upstream_in),
	},
	{
	    .name = "hark_upstream_sent_bytes",
	    .kind = METRIC_COUNTER,
	    .help = "Bytes written to upstreams, before TLS.",
	    METRIC_NOW(met.upstream_out),
	},
	{
	    .name = "hark_recorder_queue_entries",
	    .kind = METRIC_GAUGE,
	    .help = "Exchanges that wait to be written to the store.",
	    METRIC_NOW(recorder.queued_entries),
	},
	{
	    .name = "hark_recorder_queue_bytes",
	    .kind = METRIC_GAUGE,
	    .help = "Memory of what waits to be written to the store.",
	    METRIC_NOW(recorder.queued_bytes),
	},
	{
	    .name = "hark_recorder_entries",
	    .kind = METRIC_COUNTER,
	    .help = "Exchanges that were written to the store.",
	    METRIC_NOW(recorder.entries),
	},
	{
	    .name = "hark_recorder_lost",
	    .kind = METRIC_COUNTER,
	    .help = "Exchanges that could not be stored.",
	    METRIC_NOW(recorder.lost),
	},
	{
	    .name = "hark_recorder_written_bytes",
	    .kind = METRIC_COUNTER,
	    .help = "Heads and bodies that were written to the store, before "
		    "equal bodies are kept once.",
	    METRIC_NOW(recorder.written_bytes),
	},
	{
	    .name = "hark_recorder_commits",
	    .kind = METRIC_COUNTER,
	    .help = "Transactions of the store.",
	    METRIC_NOW(recorder.commits),
	},
	{
	    .name = "hark_recorder_commit_seconds",
	    .kind = METRIC_COUNTER,
	    .help = "Time that these took.",
	    .write = metrics_commit_time,
	},
	{
	    .name = "hark_buffer_entries",
	    .kind = METRIC_GAUGE,
	    .help = "Entries in the buffer that wait for a shared store.",
	    METRIC_NOW(shipping.entries),
	},
	{
	    .name = "hark_buffer_bytes",
	    .kind = METRIC_GAUGE,
	    .help = "Bytes of the buffer's file that are in use, what is kept "
		    "of what came among them.",
	    METRIC_NOW(shipping.bytes),
	},
	{
	    .name = "hark_buffer_shipped",
	    .kind = METRIC_COUNTER,
	    .help = "Entries that came from the buffer to the shared store.",
	    METRIC_NOW(shipping.shipped),
	},
	{
	    .name = "hark_buffer_failures",
	    .kind = METRIC_COUNTER,
	    .help = "Attempts to ship what is in the buffer that failed.",
	    METRIC_NOW(shipping.failures),
	},
	{
	    .name = "hark_buffer_refused",
	    .kind = METRIC_COUNTER,
	    .help = "Entries that a shared store refused; the buffer keeps "
		    "them.",
	    METRIC_NOW(shipping.refused),
	},
	{
	    .name = "hark_store_away",
	    .kind = METRIC_GAUGE,
	    .help = "Whether a shared store is away, so that entries wait.",
	    METRIC_NOW(store_away),
	},
	{
	    .name = "hark_store_fetches",
	    .kind = METRIC_COUNTER,
	    .help = "What look-ups had to ask a shared store.",
	    METRIC_NOW(fetcher.asked),
	},
	{
	    .name = "hark_store_fetches_waiting",
	    .kind = METRIC_GAUGE,
	    .help = "Those of them that no connection is free for.",
	    METRIC_NOW(fetcher.waiting),
	},
	{
	    .name = "hark_store_fetches_late",
	    .kind = METRIC_COUNTER,
	    .help = "Those that were not answered in time.",
	    METRIC_NOW(fetcher.late),
	},
	{
	    .name = "hark_store_fetches_refused",
	    .kind = METRIC_COUNTER,
	    .help = "Those that were not asked, since too many waited.",
	    METRIC_NOW(fetcher.refused),
	},
	{
	    .name = "hark_retention_removed_entries",
	    .kind = METRIC_COUNTER,
	    .help = "Entries that the limits of the tape removed.",
	    METRIC_NOW(retention.removed),
	},
	{
	    .name = "hark_retention_removed_bytes",
	    .kind = METRIC_COUNTER,
	    .help = "Their heads and bodies.",
	    METRIC_NOW(retention.removed_bytes),
	},
	{
	    .name = "hark_retention_tape_entries",
	    .kind = METRIC_GAUGE,
	    .help = "Entries of the tape; 0 while nothing limits it.",
	    METRIC_NOW(retention.entries),
	},
	{
	    .name = "hark_retention_tape_bytes",
	    .kind = METRIC_GAUGE,
	    .help = "Their heads and bodies; the same.",
	    METRIC_NOW(retention.bytes),
	},
	{
	    .name = "hark_retention_failures",
	    .kind = METRIC_COUNTER,
	    .help = "Times that old entries could not be removed.",
	    METRIC_NOW(retention.failures),
	},
	{
	    .name = "hark_retention_seconds",
	    .kind = METRIC_COUNTER,
	    .help = "Time that the recorder was held for it.",
	    .write = metrics_retention_time,
	},
	{
	    .name = "hark_cache_hits",
	    .kind = METRIC_COUNTER,
	    .help = "Recorded answers that were found in memory.",
	    METRIC_NOW(library.hits),
	},
	{
	    .name = "hark_cache_misses",
	    .kind = METRIC_COUNTER,
	    .help = "Look-ups that had to ask the store.",
	    METRIC_NOW(library.misses),
	},
	{
	    .name = "hark_cache_bytes",
	    .kind = METRIC_GAUGE,
	    .help = "Memory of recorded answers.",
	    METRIC_NOW(library.cached_bytes),
	},
	{
	    .name = "hark_cache_keys",
	    .kind = METRIC_GAUGE,
	    .help = "Different requests whose answers are in memory.",
	    METRIC_NOW(library.cached_keys),
	},
	{
	    .name = "hark_explainer_queue_questions",
	    .kind = METRIC_GAUGE,
	    .help = "Misses that wait for their explanation.",
	    METRIC_NOW(questions),
	},
	{
	    .name = "hark_websockets",
	    .kind = METRIC_COUNTER,
	    .help = "WebSockets that passed, were replayed or mocked.",
	    METRIC_NOW(met.sockets),
	},
	{
	    .name = "hark_websockets_open",
	    .kind = METRIC_GAUGE,
	    .help = "Those of them that are open.",
	    METRIC_DIFFERENCE(met.sockets, met.sockets_over),
	},
	{
	    .name = "hark_websocket_messages",
	    .kind = METRIC_COUNTER,
	    .help = "Messages of WebSockets that are recorded, replayed or "
		    "mocked, by who said them.",
	    .write = metrics_messages,
	},
	{
	    .name = "hark_callbacks",
	    .kind = METRIC_COUNTER,
	    .help = "Callbacks of mocked routes, by what became of them.",
	    .write = metrics_callbacks,
	},
	{
	    .name = "hark_sessions_open",
	    .kind = METRIC_GAUGE,
	    .help = "Isolation sessions.",
	    METRIC_NOW(sessions),
	},
	{
	    .name = "hark_reloads",
	    .kind = METRIC_COUNTER,
	    .help = "Times that files were read anew, by whether they could "
		    "be used.",
	    .write = metrics_reloads,
	},
	{
	    .name = "hark_last_reload_successful",
	    .kind = METRIC_GAUGE,
	    .help = "Whether what was read last could be used.",
	    .write = metrics_last_reload,
	},
	{
	    .name = "hark_last_reload_success_timestamp_seconds",
	    .kind = METRIC_GAUGE,
	    .help = "When files were read that could be used.",
	    .write = metrics_last_reload_time,
	},
	{
	    .name = "process_cpu_seconds",
	    .kind = METRIC_COUNTER,
	    .help = "Total user and system CPU time spent in seconds.",
	    METRIC_REAL(process.cpu_seconds),
	},
	{
	    .name = "process_open_fds",
	    .kind = METRIC_GAUGE,
	    .help = "Number of open file descriptors.",
	    METRIC_NOW(process.open_fds),
	},
	{
	    .name = "process_max_fds",
	    .kind = METRIC_GAUGE,
	    .help = "Maximum number of open file descriptors.",
	    METRIC_NOW(process.max_fds),
	},
	{
	    .name = "process_virtual_memory_bytes",
	    .kind = METRIC_GAUGE,
	    .help = "Virtual memory size in bytes.",
	    METRIC_NOW(process.virtual_bytes),
	},
	{
	    .name = "process_resident_memory_bytes",
	    .kind = METRIC_GAUGE,
	    .help = "Resident memory size in bytes.",
	    METRIC_NOW(process.resident_bytes),
	},
	{
	    .name = "process_threads",
	    .kind = METRIC_GAUGE,
	    .help = "Number of OS threads in the process.",
	    METRIC_NOW(process.threads),
	},
	{
	    .name = "process_start_time_seconds",
	    .kind = METRIC_GAUGE,
	    .help = "Start time of the process since unix epoch in seconds.",
	    METRIC_REAL(process.start_seconds),
	},
	{ .name = NULL },
};
