#include "config.h"

#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"

#include "base/log.h"

static atomic_int log_most = LOG_INFO;
static atomic_bool log_json;

#define LOG_SUBJECT 512
#define LOG_MEMBERS 2048

/* In place, so that a thread that ends leaves nothing behind. */
static _Thread_local char log_subject[LOG_SUBJECT];
static _Thread_local char log_members[LOG_MEMBERS];
static _Thread_local size_t log_nmembers;
static _Thread_local time_t log_second; /* that log_when says */
static _Thread_local char log_when[32];

static const char *const log_words[] = { "error", "warn", "info", "debug" };

void
log_setup(enum log_level most, bool json)
{
	log_most = (int)most;
	log_json = json;
}

bool
log_is_json(void)
{
	return log_json;
}

bool
log_wants(enum log_level level)
{
	return (int)level <=
	       atomic_load_explicit(&log_most, memory_order_relaxed);
}

void
log_set_level(enum log_level most)
{
	log_most = (int)most;
}

enum log_level
log_level(void)
{
	return (enum log_level)log_most;
}

const char *
log_level_name(enum log_level level)
{
	return log_words[level];
}

bool
log_level_of(const char *name, enum log_level *level)
{
	int i;

	for (i = LOG_ERROR; i <= LOG_DEBUG; i++)
		if (strcmp(log_words[i], name) == 0) {
			*level = (enum log_level)i;
			return true;
		}
	return false;
}

static bool
log_escapes(unsigned char c, bool json)
{
	return c < 0x20 || c == 0x7f || c == '\\' ||
	       (json && (c == '"' || c >= 0x80));
}

/* A log line stays one line and valid JSON whatever a peer sent. */
static void
log_add_escaped(struct buf *b, struct str text)
{
	bool json = log_json;
	size_t i, from = 0;
	unsigned char c;

	for (i = 0; i < text.n; i++) {
		c = (unsigned char)text.p[i];
		if (!log_escapes(c, json))
			continue;
		buf_add(b, text.p + from, i - from);
		from = i + 1;
		if (json && (c == '"' || c == '\\'))
			buf_addf(b, "\\%c", c);
		else
			buf_addf(b, json ? "\\u%04x" : "\\x%02x", c);
	}
	buf_add(b, text.p + from, text.n - from);
}

void
log_about(const char *subject, const struct log_member *m, size_t n)
{
	struct buf b = { 0 };
	size_t i;

	log_nmembers = 0;
	log_subject[0] = '\0';
	if (!log_json || strlen(subject) >= LOG_SUBJECT)
		return;
	strcpy(log_subject, subject);
	for (i = 0; i < n; i++) {
		if (m[i].value.p == NULL)
			continue;
		buf_clear(&b, LOG_MEMBERS);
		buf_addf(&b, ",\"%s\":%s", m[i].name, m[i].literal ? "" : "\"");
		log_add_escaped(&b, m[i].value);
		buf_add_text(&b, m[i].literal ? "" : "\"");
		if (log_nmembers + b.n > LOG_MEMBERS)
			continue;
		memcpy(log_members + log_nmembers, b.p, b.n);
		log_nmembers += b.n;
	}
	buf_free(&b);
}

/* The second is the same for most lines of a thread that has much to say. */
static void
log_add_time(struct buf *b)
{
	int64_t now = clock_wall_us();
	time_t second = (time_t)(now / 1000000);
	int ms = (int)(now / 1000 % 1000);
	const char rest[] = { '.', (char)('0' + ms / 100),
		(char)('0' + ms / 10 % 10), (char)('0' + ms % 10), 'Z' };
	struct tm tm;

	if (second != log_second || log_when[0] == '\0') {
		gmtime_r(&second, &tm);
		strftime(log_when, sizeof(log_when), "%Y-%m-%dT%H:%M:%S", &tm);
		log_second = second;
	}
	buf_add_text(b, log_when);
	buf_add(b, rest, sizeof(rest));
}

static void
log_line(enum log_level level, const char *subject, const char *text)
{
	struct buf b = { 0 };

	buf_reserve(&b, LOG_SUBJECT);
	buf_add_text(&b, log_json ? "{\"time\":\"" : "");
	log_add_time(&b);
	buf_add_text(&b, log_json ? "\",\"level\":\"" : " ");
	buf_add_text(&b, log_words[level]);
	buf_add_text(&b, log_json ? "\"" : "");
	if (subject != NULL) {
		buf_add_text(&b, log_json ? ",\"subject\":\"" : " ");
		log_add_escaped(&b, str_of(subject));
		buf_add_text(&b, log_json ? "\"" : ":");
	}
	if (log_json && subject != NULL && strcmp(subject, log_subject) == 0)
		buf_add(&b, log_members, log_nmembers);
	buf_add_text(&b, log_json ? ",\"message\":\"" : " ");
	log_add_escaped(&b, str_of(text));
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
