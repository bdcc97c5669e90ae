/* One line of the access log. */
#include "config.h"

#include <inttypes.h>
#include <stdio.h>
#include <time.h>

#include "base/buf.h"
#include "gateway/traffic.h"
#include "gateway/traffic_json.h"
#include "har/json_write.h"
#include "har/url.h"

#include "gateway/access_log.h"

/* What could end a field or a line, or do things to a terminal, is written as
 * nginx writes it. */
static void
access_line_quote(struct buf *out, struct str s)
{
	unsigned char c;
	size_t i;

	for (i = 0; i < s.n; i++) {
		c = (unsigned char)s.p[i];
		if (c < 0x20 || c > 0x7e || c == '"' || c == '\\')
			buf_addf(out, "\\x%02X", c);
		else
			buf_add(out, &s.p[i], 1);
	}
}

static void
access_line_field(struct buf *out, struct str fields, const char *name)
{
	struct str value = traffic_field(fields, name);

	buf_add_text(out, " \"");
	access_line_quote(out, value.n > 0 ? value : STR("-"));
	buf_add_text(out, "\"");
}

/* "[21/Nov/2026:19:30:00 +0000]"; the names of months whatever the locale. */
static void
access_line_time(struct buf *out, int64_t us)
{
	static const char *const months[] = { "Jan", "Feb", "Mar", "Apr", "May",
		"Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec" };
	time_t seconds = (time_t)(us / 1000000);
	struct tm tm;

	gmtime_r(&seconds, &tm);
	buf_addf(out, "[%02d/%s/%04d:%02d:%02d:%02d +0000]", tm.tm_mday,
	    months[tm.tm_mon], tm.tm_year + 1900, tm.tm_hour, tm.tm_min,
	    tm.tm_sec);
}

static void
access_line_combined(struct buf *out, const struct traffic_row *r)
{
	const struct str *x = r->text;
	struct str client = url_host(x[TRAFFIC_CLIENT]);

	access_line_quote(out, client.n > 0 ? client : STR("-"));
	buf_add_text(out, " - - ");
	access_line_time(out, r->started_us);
	buf_add_text(out, " \"");
	access_line_quote(out, x[TRAFFIC_METHOD]);
	buf_add(out, " ", 1);
	access_line_quote(
	    out, x[TRAFFIC_PATH].n > 0 ? x[TRAFFIC_PATH] : x[TRAFFIC_HOST]);
	buf_addf(out, " HTTP/1.%d\" %d %" PRIu64, r->minor, r->status,
	    r->response_bytes);
	access_line_field(out, x[TRAFFIC_REQUEST_FIELDS], "Referer");
	access_line_field(out, x[TRAFFIC_REQUEST_FIELDS], "User-Agent");
	buf_add_text(out, "\n");
}

static void
access_line_json(struct buf *out, const struct traffic_row *r)
{
	struct json_write w;

	json_write_init(&w, false, NULL, NULL);
	traffic_json_summary(&w, r);
	buf_add_str(out, buf_str(&w.out));
	buf_add_text(out, "\n");
	json_write_fini(&w);
}

void
access_line_add(
    struct buf *out, enum access_format format, const struct traffic_row *r)
{
	if (format == ACCESS_COMBINED)
		access_line_combined(out, r);
	else
		access_line_json(out, r);
}
