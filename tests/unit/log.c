/* What the log writes goes through a pipe in the place of stderr. */
#include "config.h"

#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/str.h"
#include "tests/unit/tap.h"

/* What one line of a warning is, behind its time. */
static struct str
logged(const char *subject, struct str text, bool json, char *line, size_t n)
{
	int ends[2], before = dup(STDERR_FILENO);
	ssize_t got;
	struct str s;

	CHECK(before != -1 && pipe(ends) == 0);
	dup2(ends[1], STDERR_FILENO);
	log_setup(LOG_INFO, json);
	log_warn(subject, "%.*s", STR_ARGS(text));
	dup2(before, STDERR_FILENO);
	got = read(ends[0], line, n);
	close(ends[0]);
	close(ends[1]);
	close(before);
	s = (struct str){ line, got > 0 ? (size_t)got : 0 };
	CHECK(s.n > 24 && s.p[s.n - 1] == '\n');
	s.n--;
	if (!json) { /* 2026-11-22T02:37:27.123Z */
		CHECK(s.p[4] == '-' && s.p[10] == 'T' && s.p[19] == '.' &&
		      s.p[23] == 'Z' && s.p[24] == ' ');
		return (struct str){ s.p + 25, s.n - 25 };
	}
	CHECK(str_starts(s, "{\"time\":\"") && s.p[32] == 'Z');
	return (struct str){ s.p + 34, s.n - 34 };
}

#define CHECK_LOGGED(subject, text, json, wanted) \
	CHECK_VIEW(logged(subject, STR(text), json, line, sizeof(line)), wanted)

static void
a_line_stays_one_line(void)
{
	char line[512];

	CHECK_LOGGED(
	    "c1 GET /", "plain text", false, "warn c1 GET /: plain text");
	CHECK_LOGGED(NULL, "", false, "warn ");
	CHECK_LOGGED("a\nb", "\x1b[0m\\\"\x7f\xc3\xa9.", false,
	    "warn a\\x0ab: \\x1b[0m\\x5c\"\\x7f\xc3\xa9.");
}

static void
a_line_of_json_is_json(void)
{
	char line[512];

	CHECK_LOGGED("c1 GET /", "plain", true,
	    ",\"level\":\"warn\",\"subject\":\"c1 GET /\","
	    "\"message\":\"plain\"}");
	CHECK_LOGGED(NULL, "\"a\\b\"\t\x7f\xe9", true,
	    ",\"level\":\"warn\",\"message\":"
	    "\"\\\"a\\\\b\\\"\\u0009\\u007f\\u00e9\"}");
}

RUN(TEST(a_line_stays_one_line), TEST(a_line_of_json_is_json))
