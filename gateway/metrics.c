#include "config.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/number.h"

#include "gateway/metrics_priv.h"

/* ---- samples --------------------------------------------------------- */

/* A label's value: backslash, quote and line feed escaped, UTF-8. */
static void
metrics_add_value(struct buf *b, const char *text)
{
	struct str rest = str_of(text);
	bool whole;
	size_t n;

	while (rest.n > 0) {
		n = str_utf8(rest, &whole);
		if (!whole)
			buf_add_text(b, "\xef\xbf\xbd");
		else if (*rest.p == '\n')
			buf_add_text(b, "\\n");
		else if (*rest.p == '"' || *rest.p == '\\')
			buf_addf(b, "\\%c", *rest.p);
		else
			buf_add(b, rest.p, n);
		rest.p += n;
		rest.n -= n;
	}
}

void
metrics_name(struct metrics_out *o, const struct metric *m, const char *after,
    const char *const *labels)
{
	size_t i;

	buf_addf(o->b, "%s%s", m->name, after);
	for (i = 0; labels[i] != NULL; i += 2) {
		buf_addf(o->b, "%s%s=\"", i == 0 ? "{" : ",", labels[i]);
		metrics_add_value(o->b, labels[i + 1]);
		buf_add_text(o->b, "\"");
	}
	buf_add_text(o->b, i > 0 ? "} " : " ");
}

void
metrics_real(struct metrics_out *o, double v)
{
	char text[NUMBER_BYTES];

	(void)number_format(v, text);
	buf_addf(o->b, "%s\n", text);
}

static const char *
metric_suffix(const struct metric *m)
{
	return m->kind == METRIC_COUNTER ? "_total" : "";
}

void
metrics_sample(struct metrics_out *o, const struct metric *m,
    const char *const *labels, uint64_t v)
{
	metrics_name(o, m, metric_suffix(m), labels);
	buf_addf(o->b, "%" PRIu64 "\n", v);
}

/* The one number of a metric without labels. */
static void
metrics_plain(struct metrics_out *o, const struct metric *m)
{
	static const char *const none[] = { NULL };
	const char *now = (const char *)o->now;
	uint64_t v, less = 0;
	double real;

	if (m->real) {
		memcpy(&real, now + m->offset, sizeof(real));
		metrics_name(o, m, metric_suffix(m), none);
		metrics_real(o, real);
		return;
	}
	memcpy(&v, now + m->offset, sizeof(v));
	if (m->less != 0)
		memcpy(&less, now + m->less, sizeof(less));
	/* The sums of two moments may seem to have closed more than there
	 * were. */
	metrics_sample(o, m, none, v > less ? v - less : 0);
}

static const char *const metric_kinds[] = {
	[METRIC_COUNTER] = "counter",
	[METRIC_GAUGE] = "gauge",
	[METRIC_HISTOGRAM] = "histogram",
};

static void
metrics_family(struct metrics_out *o, const struct metric *m)
{
	const char *after = o->open ? "" : metric_suffix(m);

	buf_addf(o->b, "# HELP %s%s %s\n", m->name, after, m->help);
	buf_addf(
	    o->b, "# TYPE %s%s %s\n", m->name, after, metric_kinds[m->kind]);
	if (m->write != NULL)
		m->write(o, m);
	else
		metrics_plain(o, m);
}

void
metrics_write(const struct metrics_now *now, bool open, struct buf *out)
{
	struct metrics_out o = { now, out, open };
	const struct metric *m;

	for (m = metrics_table; m->name != NULL; m++)
		metrics_family(&o, m);
	if (open)
		buf_add_text(out, "# EOF\n");
}

void
metrics_fini(struct metrics_now *now)
{
	free(now->routes);
}

/* ---- which of the two forms ------------------------------------------ */

const char *
metrics_type(bool open)
{
	return open ? "application/openmetrics-text; version=1.0.0; "
		      "charset=utf-8"
		    : "text/plain; version=0.0.4; charset=utf-8";
}

/* The weight of a media range of an Accept field, in thousandths (RFC 9110
 * section 12.4.2); without one, or with one that is none, it is whole. */
static int
metrics_weight(struct str parameters)
{
	struct str part;
	double q;

	while (str_cut(&parameters, ';', &part)) {
		part = str_trim(part);
		if (!str_istarts(part, "q="))
			continue;
		q = number_of((struct str){ part.p + 2, part.n - 2 });
		return q >= 0 && q <= 1 ? (int)(q * 1000) : 1000;
	}
	return 1000;
}

bool
metrics_wants_open(struct str accept)
{
	int open = 0, text = 0, *to, q;
	struct str rest = accept, range, type;

	while (rest.p != NULL && str_cut(&rest, ',', &range)) {
		if (!str_cut(&range, ';', &type))
			continue;
		type = str_trim(type);
		if (str_iis(type, "application/openmetrics-text"))
			to = &open;
		else if (str_iis(type, "text/plain") ||
			 str_iis(type, "text/*") || str_iis(type, "*/*"))
			to = &text;
		else
			continue;
		q = metrics_weight(range);
		if (q > *to)
			*to = q;
	}
	return open > 0 && open >= text;
}
