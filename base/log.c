#include "config.h"

#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"

#include "base/log.h"

static enum log_level log_most = LOG_INFO;
static bool log_json;

static const char *const log_words[] = { "error", "warn", "info", "debug" };

void
log_setup(enum log_level most, bool json)
{
	log_most = most;
	log_json = json;
}

bool
log_wants(enum log_level level)
{
	return level <= log_most;
}

/* A log line stays one line and valid JSON whatever a peer sent. */
static void
log_add_escaped(struct buf *b, const char *text)
{
	const unsigned char *p;

	for (p = (const unsigned char *)text; *p != '\0'; p++) {
		if (*p < 0x20 || *p == 0x7f || (!log_json && *p == '\\'))
			buf_addf(b, log_json ? "\\u%04x" : "\\x%02x", *p);
		else if (log_json && (*p == '"' || *p == '\\'))
			buf_addf(b, "\\%c", *p);
		else if (log_json && *p >= 0x80)
			buf_addf(b, "\\u%04x", *p);
		else
			buf_add(b, p, 1);
	}
}

static void
log_line(enum log_level level, const char *subject, const char *text)
{
	int64_t now = clock_wall_us();
	time_t seconds = (time_t)(now / 1000000);
	struct buf b = { 0 };
	struct tm tm;
	char when[32];

	gmtime_r(&seconds, &tm);
	strftime(when, sizeof(when), "%Y-%m-%dT%H:%M:%S", &tm);
	buf_addf(&b,
	    log_json ? "{\"time\":\"%s.%03dZ\",\"level\":\"%s\""
		     : "%s.%03dZ %s",
	    when, (int)(now / 1000 % 1000), log_words[level]);
	if (subject != NULL) {
		buf_add_text(&b, log_json ? ",\"subject\":\"" : " ");
		log_add_escaped(&b, subject);
		buf_add_text(&b, log_json ? "\"" : ":");
	}
	buf_add_text(&b, log_json ? ",\"message\":\"" : " ");
	log_add_escaped(&b, text);
	buf_add_text(&b, log_json ? "\"}\n" : "\n");
	if (write(STDERR_FILENO, b.p, b.n) == -1)
		return buf_free(&b); /* nobody reads */
	buf_free(&b);
}

#define LOG_AT(level) \
	va_list ap; \
	char text[2048]; \
	if (!log_wants(level)) \
		return; \
	va_start(ap, fmt); \
	vsnprintf(text, sizeof(text), fmt, ap); \
	va_end(ap); \
	log_line(level, subject, text)

void
log_error(const char *subject, const char *fmt, ...)
{
	LOG_AT(LOG_ERROR);
}

void
log_warn(const char *subject, const char *fmt, ...)
{
	LOG_AT(LOG_WARN);
}

void
log_info(const char *subject, const char *fmt, ...)
{
	LOG_AT(LOG_INFO);
}

void
log_debug(const char *subject, const char *fmt, ...)
{
	LOG_AT(LOG_DEBUG);
}
