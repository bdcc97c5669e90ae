#ifndef GATEWAY_REPORT_H
#define GATEWAY_REPORT_H

/*
 * What a run came to: which entries of the tape it used, what it missed, and
 * what went out to the live API.
 *
 *	report.c          the counts, and what they make of the exit status
 *	report_summary.c  a table for people, a JSON object for programs
 *	report_tests.c    JUnit and TAP
 *
 * An entry is used when its answer was sent, if only in part; one that came
 * while the gateway ran is new, and neither used nor unused.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "gateway/gateway.h"

struct buf;
struct err;
struct store;
struct store_entry_row;

/* What makes a run fail. */
enum {
	FAIL_ON_MISS = 1,
	FAIL_ON_LIVE = 2,
	FAIL_ON_UNUSED = 4,
	FAIL_ON_CONTRACT = 8,
};

/* "miss,unused,live,contract" or "none"; a NULL text is what goes without
 * saying: a miss where the mode does not forward.  0, or -1 with *e set. */
int report_fail_on(const char *text, const struct settings *s,
    unsigned *fail_on, struct err *e);

enum report_entry { REPORT_USED, REPORT_UNUSED, REPORT_NEW, REPORT_ENTRIES };

struct report {
	const struct settings *settings;
	unsigned fail_on;
	struct gateway_figures figures;
	const struct tally *tally;
	const struct violations *violations; /* NULL: nothing is watched */
	const struct verify *verify; /* checked; NULL: nothing is verified */
	const struct id_ranges *served;
	const struct store_extent *extent; /* NULL: no recordings are read */
	struct store *store;               /* held at one moment; or NULL */
	int64_t tape;
	uint64_t entries[REPORT_ENTRIES];
	int64_t first_unused; /* entry; 0: there is none */
};

/* Reads what g, which was stopped, and its store have to say; both settings
 * and gateway must outlive r.  0 or -1; report_close() cleans up. */
int report_open(struct report *r, const struct gateway *g,
    const struct settings *s, unsigned fail_on, struct err *e);
void report_close(struct report *r);

/* Whether the run has used it. */
enum report_entry report_entry(const struct report *r, int64_t entry);

/* Calls on_entry for the tape's entries, first to last, from the one with id
 * from on.  As store_list(). */
int report_list(const struct report *r, int64_t from,
    int (*on_entry)(void *arg, const struct store_entry_row *), void *arg,
    struct err *e);

/* The exit status, when status is what it would be without the report. */
int report_status(const struct report *r, int status);

/* The table; lines are cut to columns unless 0.  status is the exit status.
 * 0, or -1 when the store fails. */
int report_summary(const struct report *r, size_t columns, bool colours,
    int status, struct buf *out, struct err *e);

/* "GET /a (nearest: GET /b, entry 7)", printable. */
struct tally_line;
void report_add_request(struct buf *out, const struct tally_line *line);

/* The JSON object, on one line. */
int report_json(
    const struct report *r, int status, struct buf *out, struct err *e);

/* Where to, beside the table; NULL: nowhere.  "-" is standard output. */
struct report_files {
	const char *json, *junit, *tap;
};

/* Writes each whole or not at all, whatever became of the others.  0, or -1
 * with the last error. */
int report_write(const struct report *r, const struct report_files *f,
    int status, struct err *e);

/* report_tests.c: one of the files, in the format of test_file.h. */
enum test_format;
int report_tests(const struct report *r, enum test_format format,
    const char *path, struct err *e);

#endif
