#ifndef HAR_HAR_READ_H
#define HAR_HAR_READ_H

/*
 * Reads HAR 1.x, entry by entry, or entries with nothing around them, one per
 * line: memory holds one entry, and of its bodies no more than wanted, however
 * long the file is.  Files that hark wrote come back exactly.  Of others,
 * everything that real producers do is understood, and what had to be repaired,
 * guessed or passed over is reported with its place, so that nobody has to
 * trust it blindly.
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"
#include "har/json.h"

struct bulk;
struct err;
struct exchange;

/* A body is in memory up to this and otherwise in a file (see exchange.h); one
 * that is longer than any disk is taken for unknown. */
#define HAR_IN_MEMORY (8u << 20)
#define HAR_MOST_BODY (UINT64_C(1) << 40)

/* A body that is longer without its content coding stays as it is. */
#define HAR_MOST_DECODED (UINT64_C(1) << 32)

/* Something that was not as HAR 1.2 wants it. */
struct har_note {
	uint64_t entry;   /* its index */
	const char *path; /* "/log/entries/3/response/content" */
	const char *text;
	bool skipped; /* the entry was passed over; repaired otherwise */
	bool idle;    /* neither, but it will never be an answer */
};

struct har_read_options {
	json_read_fn read; /* the file's text, in UTF-8 */
	void *read_arg;
	bool strict;        /* any repair is an error */
	bool lines;         /* a text without anything has no entries */
	size_t in_memory;   /* instead of HAR_IN_MEMORY; or 0 */
	const char *folder; /* for files of bodies; see spool.h */

	/* Takes x over.  own: hark wrote it, so that its target and scope are
	 * those it was recorded under; otherwise the target is the URL's and
	 * there is no scope.  0, or -1 with *e set to end the reading. */
	int (*on_exchange)(
	    void *arg, struct exchange *x, bool own, struct err *e);

	/* Takes what log has beside the entries, the text of an object as
	 * har_log.h explains it; at the end, if there is anything.  May be
	 * NULL.  0, or -1 with *e set. */
	int (*on_log)(void *arg, struct str object, struct err *e);

	/* May be NULL, as may be side_file, which adds the bytes of a
	 * payload file to out: 0, or -1 with *e set when there is none. */
	void (*on_note)(void *arg, const struct har_note *n);
	int (*side_file)(
	    void *arg, struct str name, struct bulk *out, struct err *e);
	void *arg;
};

struct har_figures {
	uint64_t entries;  /* given to on_exchange */
	uint64_t repaired; /* of these */
	uint64_t idle;     /* of entries: WebSockets without messages */
	uint64_t skipped;
	uint64_t unsafe; /* of the skipped: text in them would inject */
};

/* 0, or -1 with the position or entry in *e.  *f counts even then. */
int har_read(
    const struct har_read_options *o, struct har_figures *f, struct err *e);

/* Calls on_url with the request URL of each entry, for those who must know
 * the origins first; far quicker than har_read().  o says what to read. */
int har_read_urls(const struct har_read_options *o,
    void (*on_url)(void *arg, struct str url), void *arg, struct err *e);

#endif
