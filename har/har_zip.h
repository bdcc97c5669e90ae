#ifndef HAR_HAR_ZIP_H
#define HAR_HAR_ZIP_H

/*
 * A HAR in a zip, as Playwright packs it: har.har and the payload files, all
 * at the top.  The same content gives the same bytes: names are sorted and
 * times are those of 1980.  Memory does not grow with the content, which
 * waits in temporary files until it is complete.
 */

#include "har/json_write.h"

struct feed;
struct har_zip; /* opaque */

/* Temporary files go to folder.  NULL with *e set on failure. */
struct har_zip *har_zip_open(const char *folder, struct err *e);
void har_zip_close(struct har_zip *z); /* safe on NULL */

/* More of har.har: a json_write_fn whose arg is the struct har_zip. */
int har_zip_text(void *zip, const void *p, size_t n, struct err *e);

/* A payload file, unless there is one of that name; see har_write.h. */
int har_zip_attach(
    void *zip, const char *name, struct feed *bytes, struct err *e);

/* Gives the zip to write, once everything is in it.  0 or -1. */
int har_zip_finish(
    struct har_zip *z, json_write_fn write, void *arg, struct err *e);

#endif
