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
#include <stddef.h>

#include "base/str.h"

enum log_level { LOG_ERROR, LOG_WARN, LOG_INFO, LOG_DEBUG };

/* From any thread.  Default: info, text. */
void log_setup(enum log_level most, bool json);
bool log_is_json(void);
bool log_wants(enum log_level level);

/*
 * What more there is to say of a subject where lines are JSON: members of each
 * line that this thread writes about it, until it names another subject here.
 * A literal is written as it is; one whose value has no p is left out, and so
 * is what is too much for one line.
 */
struct log_member {
	const char *name;
	struct str value;
	bool literal;
};
void log_about(const char *subject, const struct log_member *m, size_t n);
/* From any thread: no more than this is told from now on. */
void log_set_level(enum log_level most);
enum log_level log_level(void);

/* "error", "warn", "info", "debug". */
const char *log_level_name(enum log_level level);
bool log_level_of(const char *name, enum log_level *level);

void log_error(const char *subject, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
void log_warn(const char *subject, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
void log_info(const char *subject, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
void log_debug(const char *subject, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

#endif
