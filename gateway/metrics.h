#ifndef GATEWAY_METRICS_H
#define GATEWAY_METRICS_H

/*
 * What Prometheus reads: one table of metrics, written in its text format
 * (0.0.4) or as OpenMetrics (1.0.0).  Names and units are those that its
 * conventions ask for, and process_* those of its own client libraries.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "gateway/fetcher.h"
#include "gateway/messenger.h"
#include "gateway/meter.h"
#include "gateway/retention.h"
#include "recorder/recorder.h"
#include "recorder/shipper.h"
#include "replay/library.h"

struct buf;
struct shared;

/* Of the process, as the kernel tells; what it does not tell is 0. */
struct metrics_process {
	double cpu_seconds, start_seconds; /* user and system; since 1970 */
	uint64_t resident_bytes, virtual_bytes, open_fds, max_fds, threads;
};

/* How things stand. */
struct metrics_now {
	struct meter_figures met;
	struct meter_route *routes;
	size_t nroutes;
	struct meter_reloads reloads;
	struct recorder_figures recorder;
	struct shipper_figures shipping;
	uint64_t store_away;
	struct retention_figures retention;
	struct library_figures library;
	struct fetcher_figures fetcher;
	struct messenger_figures callbacks;
	struct metrics_process process;
	uint64_t refused, failed; /* requests */
	uint64_t body_bytes;      /* of requests, held */
	uint64_t spooled_bytes;   /* the same, in files */
	uint64_t questions;       /* that wait for the explainer */
	uint64_t sessions;
	double began_seconds; /* since 1970 */
};

/* From any thread, while the workers and all that they share live. */
void metrics_gather(const struct shared *g, struct metrics_now *now);
void metrics_fini(struct metrics_now *now);

/* Whether an Accept field (may be empty) prefers OpenMetrics. */
bool metrics_wants_open(struct str accept);

/* The Content-Type of either. */
const char *metrics_type(bool open);

/* Appends all metrics as text, of OpenMetrics if open. */
void metrics_write(const struct metrics_now *now, bool open, struct buf *out);

#endif
