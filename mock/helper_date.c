/* Dates and times, in the time zone of the process. */

#include "config.h"

#include <math.h>

#include "base/buf.h"
#include "base/err.h"
#include "mock/moment.h"

#include "mock/helper.h"

static double
helper_now_ms(const struct helper_call *c)
{
	return floor((double)c->c->now_us / 1000);
}

static int
helper_format(
    struct helper_call *c, double ms, struct value format, struct value *result)
{
	struct err e;

	if (moment_format(helper_scratch(c), ms,
		format.kind == VALUE_TEXT ? format.text : STR(MOMENT_DEFAULT),
		&e) == -1)
		return helper_fail(c, "%s", e.text);
	*result = helper_built(c);
	return 0;
}

static int
helper_now(struct helper_call *c, struct value *result)
{
	return helper_format(c, helper_now_ms(c), helper_arg(c, 0), result);
}

static int
helper_date_format(struct helper_call *c, struct value *result)
{
	struct value date = helper_plain(c, 0), format = helper_plain(c, 1);

	if (date.kind == VALUE_TEXT)
		date = value_date(moment_parse(date.text));
	*result = value_text(STR(""));
	if (date.kind != VALUE_DATE || format.kind != VALUE_TEXT)
		return 0;
	return helper_format(c, date.number, format, result);
}

/* What new Date(of) makes of a value. */
static double
helper_moment(struct helper_call *c, struct value of)
{
	switch (of.kind) {
	case VALUE_DATE:
	case VALUE_NUMBER:
		return of.number;
	case VALUE_NULL:
	case VALUE_BOOL:
		return value_to_number(of);
	case VALUE_UNDEFINED:
		return NAN;
	default:
		return moment_parse(value_to_str(c->v, of));
	}
}

static int
helper_is_valid_date(struct helper_call *c, struct value *result)
{
	struct moment m;

	*result = value_bool(
	    c->n > 0 && moment_local(helper_moment(c, helper_given(c, 0)), &m));
	return 0;
}

static int64_t *
helper_unit(struct moment *m, unsigned i)
{
	int64_t *const units[] = { &m->day, &m->month, &m->year, &m->hour,
		&m->minute, &m->second };

	return units[i];
}

/* One unit after the other, so that each begins where the last one led. */
static int
helper_shift(struct helper_call *c, bool is_date, double *ms)
{
	static const char *const names[] = { "days", "months", "years", "hours",
		"minutes", "seconds" };
	struct moment m;
	struct value by;
	double n;
	unsigned i;

	for (i = 0; i < sizeof(names) / sizeof(*names); i++) {
		by = helper_unsafe(value_get(c->hash, str_of(names[i])));
		n = helper_int_of(c, by);
		if (isnan(n))
			continue;
		if (!is_date)
			return helper_fail(c, "the date is none");
		if (!moment_local(*ms, &m))
			continue;
		if (fabs(n) > 1e15) {
			*ms = NAN;
			continue;
		}
		*helper_unit(&m, i) += (int64_t)n;
		*ms = moment_of_local(&m);
	}
	return 0;
}

static int
helper_date_time_shift(struct helper_call *c, struct value *result)
{
	struct value date, format = VALUE_NONE;
	double ms = helper_now_ms(c);
	bool is_date = true;

	/* With an argument Mockoon does not see what is behind it. */
	if (c->n > 0)
		return helper_format(c, ms, format, result);
	date = helper_unsafe(value_get(c->hash, STR("date")));
	format = helper_unsafe(value_get(c->hash, STR("format")));
	if (date.kind != VALUE_UNDEFINED) {
		ms = helper_moment(c, date);
		is_date = date.kind == VALUE_TEXT || date.kind == VALUE_DATE;
	}
	if (helper_shift(c, is_date, &ms) == -1)
		return -1;
	return helper_format(c, ms, format, result);
}

const struct helper helper_date[] = {
	{ "dateFormat", helper_date_format, HELPER_ANY },
	{ "dateTimeShift", helper_date_time_shift, HELPER_ANY },
	{ "isValidDate", helper_is_valid_date, HELPER_ANY },
	{ "now", helper_now, HELPER_ANY },
	{ NULL, NULL, HELPER_ANY },
};
