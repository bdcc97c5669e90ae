#ifndef GATEWAY_DOCTOR_H
#define GATEWAY_DOCTOR_H

/*
 * Looks at a set-up before a gateway runs on it: what would fail, what may
 * become a trouble, and what to do about it.  It opens what a gateway would
 * open, changes nothing, and asks each upstream once (HEAD) where the mode
 * may.
 */

#include <stdint.h>

struct err;
struct settings;

enum doctor_result {
	DOCTOR_OK,
	DOCTOR_WARNING, /* it works, but look at it */
	DOCTOR_FAILED,  /* it will not work */
};

/* "ok", "warning", "failed" */
const char *doctor_text(enum doctor_result r);

struct doctor_finding {
	const char *check; /* the name of its row */
	enum doctor_result result;
	const char *text;
	const char *advice; /* what to do; NULL: nothing */
};

typedef void (*doctor_fn)(void *arg, const struct doctor_finding *f);

struct doctor {
	const struct settings *settings;
	doctor_fn on_finding;
	void *arg;

	/* Of doctor_run() and its checks. */
	const char *check;
	enum doctor_result worst;
	int64_t wall_us, mono_us; /* when it began */
};

/* Does all checks of the table for a gateway with d->settings; the worst that
 * was found. */
enum doctor_result doctor_run(struct doctor *d);

/* The settings could not even be read. */
void doctor_refuse(struct doctor *d, const struct err *why);

/* ---- for the checks --------------------------------------------------- */

/* advice may be NULL. */
void doctor_say(struct doctor *d, enum doctor_result result, const char *advice,
    const char *fmt, ...) __attribute__((format(printf, 4, 5)));

/* doctor_files.c: what the settings say and name */
void doctor_settings(struct doctor *d);
void doctor_mocks(struct doctor *d);
void doctor_contracts(struct doctor *d);
void doctor_certificates(struct doctor *d);
void doctor_trust(struct doctor *d);

/* doctor_store.c */
void doctor_store(struct doctor *d);
void doctor_disk(struct doctor *d);

/* doctor_reach.c: ports and upstreams */
void doctor_ports(struct doctor *d);
void doctor_upstreams(struct doctor *d);

/* doctor_machine.c */
void doctor_libraries(struct doctor *d);
void doctor_clock(struct doctor *d);
void doctor_descriptors(struct doctor *d);
void doctor_memory(struct doctor *d);
void doctor_kernel(struct doctor *d);

#endif
