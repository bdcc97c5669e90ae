#include "config.h"

#include <string.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/str.h"
#include "har/date.h"
#include "recorder/store.h"

#include "gateway/filters.h"

#define SECOND INT64_C(1000000)
#define AGE_MOST (INT64_C(36500) * 86400 * SECOND) /* a hundred years */

/* "404", or "4xx" as 4; *status stays when text is NULL.  0 or -1. */
static int
filters_status(const char *text, int *status, struct err *e)
{
	uint64_t v;

	if (text == NULL)
		return 0;
	if (strlen(text) == 3 && text[0] >= '1' && text[0] <= '5' &&
	    strcmp(text + 1, "xx") == 0) {
		*status = text[0] - '0';
		return 0;
	}
	if (str_u64(str_of(text), &v) == -1 || v < 100 || v > 999)
		return err_set(e,
		    "option status: %.100s: expected a status such as 404 or "
		    "4xx",
		    text);
	*status = (int)v;
	return 0;
}

/* 0, or -1 when text is no age. */
static int
filters_parse_age(struct str text, int64_t *us)
{
	static const struct {
		char unit;
		int64_t us;
	} units[] = {
		{ 's', SECOND },
		{ 'm', 60 * SECOND },
		{ 'h', 3600 * SECOND },
		{ 'd', 86400 * SECOND },
		{ 'w', 7 * 86400 * SECOND },
	};
	uint64_t v;
	size_t i;

	if (text.n == 0)
		return -1;
	text.n--;
	if (str_u64(text, &v) == -1)
		return -1;
	for (i = 0; i < sizeof(units) / sizeof(*units); i++) {
		if (units[i].unit != text.p[text.n])
			continue;
		if (v > (uint64_t)(AGE_MOST / units[i].us))
			return -1;
		*us = (int64_t)v * units[i].us;
		return 0;
	}
	return -1;
}

int
filters_age(const char *option, const char *text, int64_t *us, struct err *e)
{
	if (filters_parse_age(str_of(text), us) == 0)
		return 0;
	return err_set(e,
	    "option %s: %.100s: expected an age such as 12h, 30d or 4w", option,
	    text);
}

/* A date or an age, which is that long before now; *us stays when text is
 * NULL.  0 or -1. */
static int
filters_moment(const char *option, const char *text, int64_t now_us,
    int64_t *us, struct err *e)
{
	int64_t age;

	if (text == NULL || date_parse(str_of(text), us) != -1)
		return 0;
	if (filters_parse_age(str_of(text), &age) == 0) {
		*us = now_us - age;
		return 0;
	}
	return err_set(e,
	    "option %s: %.100s: expected a date such as 2026-01-31T12:00:00Z "
	    "or an age such as 12h",
	    option, text);
}

/* "7" or "7-12"; nothing is done when text is NULL.  0 or -1. */
static int
filters_ids(const char *text, struct store_filter *f, struct err *e)
{
	struct str rest = str_of(text), first;
	uint64_t a, b;

	if (text == NULL)
		return 0;
	(void)str_cut(&rest, '-', &first);
	if (str_u64(first, &a) == -1 || a == 0)
		goto bad;
	b = a;
	if (rest.p != NULL && (str_u64(rest, &b) == -1 || b < a))
		goto bad;
	f->first_id = (int64_t)a;
	f->last_id = (int64_t)b;
	return 0;
bad:
	return err_set(e, "option ids: %.100s: expected 7 or 7-12", text);
}

int
filters_take(const char *const *values, struct store_filter *f, struct err *e)
{
	int64_t now = clock_wall_us();

	*f = (struct store_filter){
		.method = str_of(values[FILTERS_METHOD]),
		.url = str_of(values[FILTERS_URL]),
	};
	if (filters_status(values[FILTERS_STATUS], &f->status, e) == -1 ||
	    filters_ids(values[FILTERS_IDS], f, e) == -1 ||
	    filters_moment(
		"since", values[FILTERS_SINCE], now, &f->since_us, e) == -1)
		return -1;
	return filters_moment(
	    "until", values[FILTERS_UNTIL], now, &f->until_us, e);
}

int
filters_tape(
    struct store *s, const char *name, struct store_filter *f, struct err *e)
{
	if (name == NULL)
		return 0;
	f->tape = store_tape(s, str_of(name), false, e);
	if (f->tape == 0)
		return err_set(e, "tape %.100s: no such tape", name);
	return f->tape == -1 ? -1 : 0;
}
