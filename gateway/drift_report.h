#ifndef GATEWAY_DRIFT_REPORT_H
#define GATEWAY_DRIFT_REPORT_H

/* What hark drift says: lines, JSON objects, and a JUnit report. */

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "gateway/junit.h"
#include "replay/drift.h"

enum drift_result {
	DRIFT_SAME,
	DRIFT_INFORMATIONAL,
	DRIFT_BREAKING,
	DRIFT_UNANSWERED, /* why says how it failed */
	DRIFT_SKIPPED,    /* not sent; why says why */
	DRIFT_RESULTS
};

/* One recorded request; the texts live in the arena or for ever. */
struct drift_case {
	struct arena arena;
	int64_t id; /* of the entry */
	struct str method, url;
	enum drift_result result;
	int was, now; /* statuses; 0 for none */
	int64_t time_us;
	struct drift_findings findings;
	struct str why;
	const char *kept_out; /* --accept did not take it; NULL: it did, or was
				 not asked to */
	bool expected;        /* skipped, and not worth a line */
};

struct drift_report {
	bool json, colours, accept;
	struct buf out;
	struct junit junit;
	uint64_t results[DRIFT_RESULTS];
	uint64_t kept_out;      /* of those that drifted */
	uint64_t kept_breaking; /* of these, with breaking drift */
	bool failed;            /* standard output takes nothing any more */
};

/* Adds c in the order of calls, and frees what it holds. */
void drift_report_add(struct drift_report *r, struct drift_case *c);

/* The last line, and what is still to be written.  The exit status. */
int drift_report_end(struct drift_report *r);

#endif
