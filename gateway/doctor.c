#include "config.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/clock.h"
#include "base/err.h"

#include "gateway/doctor.h"

/* The clock comes last: the others take a while, in which it may jump. */
static const struct {
	const char *name;
	void (*run)(struct doctor *d);
} doctor_checks[] = {
	{ "settings", doctor_settings },
	{ "libraries", doctor_libraries },
	{ "kernel", doctor_kernel },
	{ "descriptors", doctor_descriptors },
	{ "memory", doctor_memory },
	{ "ports", doctor_ports },
	{ "store", doctor_store },
	{ "disk", doctor_disk },
	{ "mocks", doctor_mocks },
	{ "openapi", doctor_contracts },
	{ "certificates", doctor_certificates },
	{ "trust", doctor_trust },
	{ "upstreams", doctor_upstreams },
	{ "clock", doctor_clock },
};

const char *
doctor_text(enum doctor_result r)
{
	static const char *const texts[] = {
		[DOCTOR_OK] = "ok",
		[DOCTOR_WARNING] = "warning",
		[DOCTOR_FAILED] = "failed",
	};

	return texts[r];
}

void
doctor_say(struct doctor *d, enum doctor_result result, const char *advice,
    const char *fmt, ...)
{
	struct doctor_finding f = {
		.check = d->check, .result = result, .advice = advice
	};
	char text[1024];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	f.text = text;
	if (result > d->worst)
		d->worst = result;
	d->on_finding(d->arg, &f);
}

void
doctor_refuse(struct doctor *d, const struct err *why)
{
	d->check = "settings";
	doctor_say(d, DOCTOR_FAILED,
	    "correct the option or the file that is named", "%s", why->text);
}

enum doctor_result
doctor_run(struct doctor *d)
{
	size_t i;

	d->wall_us = clock_wall_us();
	d->mono_us = clock_mono_us();
	for (i = 0; i < sizeof(doctor_checks) / sizeof(doctor_checks[0]); i++) {
		d->check = doctor_checks[i].name;
		doctor_checks[i].run(d);
	}
	return d->worst;
}
