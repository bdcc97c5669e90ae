#ifndef GATEWAY_DRIFT_RUN_H
#define GATEWAY_DRIFT_RUN_H

/*
 * The requests of a tape, sent to the live API once more, and what of the
 * answers' structure is not as recorded.
 *
 * First all recordings are read, so that what they have in common is known,
 * then their requests are sent; a recording is read a second time when its
 * answer is compared, since a tape may be larger than memory.
 */

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/err.h"
#include "gateway/drift_report.h"
#include "gateway/redacting.h"

struct drift_entry;
struct settings;
struct store;
struct store_filter;

struct drift_run {
	struct settings *settings;  /* upstreams are added to them */
	struct store *store;        /* open for writing to accept */
	struct redacting redacting; /* of what is accepted */
	bool all_methods;
	size_t concurrency;         /* but one at a time with all methods */
	int64_t most_us;            /* that one request may take */
	struct drift_report report; /* accept in it says what becomes of the
				       tape */

	/* drift_run.c's own */
	bool own_origins; /* each request goes where it was recorded */
	struct origins *origins;
	struct drift *drift;
	struct buf decoded;
	struct drift_entry *v; /* as listed */
	size_t n, cap;
	size_t next;     /* to be sent */
	size_t reported; /* all in front of it are */
	bool failed;     /* the store did; e says how */
	struct err e;
};

/*
 * Sends what the filter leaves of the tape to the upstreams of the settings,
 * or without any to where it was recorded, and reports each entry.  Accepted
 * is in one transaction, and nothing when nothing drifted.  0 or -1.
 */
int drift_run(struct drift_run *d, struct store_filter *f, struct err *e);

void drift_run_fini(struct drift_run *d); /* settings and store stay */

#endif
