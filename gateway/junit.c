#include "config.h"

#include <inttypes.h>

#include "base/err.h"
#include "gateway/out_file.h"

#include "gateway/junit.h"

/* What XML 1.0 cannot say is a question mark: control characters but tab, LF
 * and CR, and U+FFFE and U+FFFF. */
static bool
junit_can_say(struct str c)
{
	if (c.n == 1)
		return (unsigned char)c.p[0] >= ' ' || c.p[0] == '\t' ||
		       c.p[0] == '\n';
	return c.n != 3 || (unsigned char)c.p[0] != 0xef ||
	       (unsigned char)c.p[1] != 0xbf || (unsigned char)c.p[2] < 0xbe;
}

static void
junit_add_character(struct buf *out, struct str c)
{
	static const struct {
		char c;
		const char *text;
	} names[] = {
		{ '&', "&amp;" },
		{ '<', "&lt;" },
		{ '>', "&gt;" },
		{ '"', "&quot;" },
		{ '\n', "&#10;" }, /* stays one in an attribute */
		{ '\t', "&#9;" },
	};
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(*names); i++) {
		if (c.n == 1 && c.p[0] == names[i].c) {
			buf_add_text(out, names[i].text);
			return;
		}
	}
	buf_add_str(out, junit_can_say(c) ? c : STR("?"));
}

static void
junit_add_text(struct buf *out, struct str s)
{
	bool whole;
	size_t n;

	while (s.n > 0) {
		n = str_utf8(s, &whole);
		junit_add_character(
		    out, whole ? (struct str){ s.p, n } : STR("?"));
		s.p += n;
		s.n -= n;
	}
}

static void
junit_add_attribute(struct buf *out, const char *name, struct str value)
{
	buf_addf(out, " %s=\"", name);
	junit_add_text(out, value);
	buf_add_text(out, "\"");
}

/* In seconds. */
static void
junit_add_time(struct buf *out, int64_t us)
{
	buf_addf(out, " time=\"%" PRId64 ".%06" PRId64 "\"", us / 1000000,
	    us % 1000000);
}

static void
junit_add_element(struct buf *out, const char *name, struct str text)
{
	buf_addf(out, "<%s>", name);
	junit_add_text(out, text);
	buf_addf(out, "</%s>", name);
}

void
junit_add_case(struct buf *out, const struct junit_case *c)
{
	static const char *const elements[JUNIT_RESULTS] = {
		[JUNIT_FAILED] = "failure",
		[JUNIT_ERROR] = "error",
		[JUNIT_SKIPPED] = "skipped",
	};

	buf_add_text(out, "    <testcase");
	junit_add_attribute(out, "classname", c->class);
	junit_add_attribute(out, "name", c->name);
	if (c->time_us >= 0)
		junit_add_time(out, c->time_us);
	buf_add_text(out, ">");
	if (elements[c->result] != NULL) {
		buf_addf(out, "<%s", elements[c->result]);
		junit_add_attribute(out, "message", c->message);
		buf_add_text(out, ">");
		junit_add_text(out, c->details);
		buf_addf(out, "</%s>", elements[c->result]);
	}
	if (c->output.n > 0)
		junit_add_element(out, "system-out", c->output);
	buf_add_text(out, "</testcase>\n");
}

static void
junit_add_counts(
    struct buf *out, const uint64_t results[JUNIT_RESULTS], int64_t time_us)
{
	uint64_t all = 0;
	size_t i;

	for (i = 0; i < JUNIT_RESULTS; i++)
		all += results[i];
	buf_addf(out,
	    " tests=\"%" PRIu64 "\" failures=\"%" PRIu64 "\" errors=\"%" PRIu64
	    "\" skipped=\"%" PRIu64 "\"",
	    all, results[JUNIT_FAILED], results[JUNIT_ERROR],
	    results[JUNIT_SKIPPED]);
	junit_add_time(out, time_us);
	buf_add_text(out, ">\n");
}

void
junit_begin(
    struct buf *out, const uint64_t results[JUNIT_RESULTS], int64_t time_us)
{
	buf_add_text(
	    out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites");
	junit_add_counts(out, results, time_us);
}

void
junit_begin_suite(struct buf *out, struct str name,
    const uint64_t results[JUNIT_RESULTS], int64_t time_us)
{
	buf_add_text(out, "  <testsuite");
	junit_add_attribute(out, "name", name);
	junit_add_counts(out, results, time_us);
}

void
junit_end_suite(struct buf *out)
{
	buf_add_text(out, "  </testsuite>\n");
}

void
junit_end(struct buf *out)
{
	buf_add_text(out, "</testsuites>\n");
}

void
junit_add(struct junit *j, const struct junit_case *c)
{
	j->results[c->result]++;
	if (c->time_us >= 0)
		j->time_us += c->time_us;
	junit_add_case(&j->cases, c);
}

void
junit_render(const struct junit *j, struct str suite, struct buf *out)
{
	junit_begin(out, j->results, j->time_us);
	junit_begin_suite(out, suite, j->results, j->time_us);
	buf_add_str(out, buf_str(&j->cases));
	junit_end_suite(out);
	junit_end(out);
}

int
junit_write(
    const struct junit *j, struct str suite, const char *path, struct err *e)
{
	struct buf text = { 0 };
	int r;

	junit_render(j, suite, &text);
	r = out_file_save(out_file_open, path, buf_str(&text), e);
	buf_free(&text);
	return r;
}

void
junit_fini(struct junit *j)
{
	buf_free(&j->cases);
	*j = (struct junit){ .time_us = 0 };
}
