#ifndef BASE_LOG_H
#define BASE_LOG_H

/*
 * One line per event on standard error, as text or as a JSON object.  Only
 * gateway/ logs.  The subject says what the line is about ("c42 GET /a",
 * "store a.db"; NULL for the program itself).  No newline and no full stop
 * at the end of fmt.  Safe from any thread: a line is one write(2).
 */

#include <stdarg.h>
#include <stdbool.h>

enum log_level { LOG_ERROR, LOG_WARN, LOG_INFO, LOG_DEBUG };

/* Call once, before the first thread.  Default: info, text. */
void log_setup(enum log_level most, bool json);
bool log_wants(enum log_level level);

void log_error(const char *subject, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
void log_warn(const char *subject, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
void log_info(const char *subject, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
void log_debug(const char *subject, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

#endif
