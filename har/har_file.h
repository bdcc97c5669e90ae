#ifndef HAR_HAR_FILE_H
#define HAR_HAR_FILE_H

/*
 * A HAR as it lies on disk: plain, compressed with gzip, in a zip with its
 * payload files (Playwright's layout), in UTF-16, or on standard input.  Gives
 * its text in UTF-8, as often as wanted, and the payload files beside it.
 */

#include <stddef.h>
#include <stdint.h>

struct bulk;
struct err;
struct har_file; /* opaque */
struct spool;
struct str;

/* Opens path; "-" is standard input, which goes to a temporary file first
 * when it cannot be read twice.  NULL with *e set on failure. */
struct har_file *har_file_open(const char *path, struct err *e);

/* The same of bytes that came from somewhere: there is no folder beside them
 * with payload files. */
struct har_file *har_file_open_spool(const struct spool *s, struct err *e);
void har_file_close(struct har_file *f); /* safe on NULL */

/* The text: a json_read_fn whose arg is the struct har_file. */
int64_t har_file_read(void *f, void *p, size_t n, struct err *e);

/* Starts over.  0 or -1. */
int har_file_rewind(struct har_file *f, struct err *e);

/*
 * Adds the payload file called name, from the zip or the HAR's folder, to
 * out.  A name that leads out of the folder is refused.  0 or -1.
 */
int har_file_side(
    struct har_file *f, struct str name, struct bulk *out, struct err *e);

/* How much of the file (of its text only in a zip) was read, and its size. */
void har_file_progress(const struct har_file *f, uint64_t *at, uint64_t *size);

#endif
