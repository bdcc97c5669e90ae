#ifndef HAR_HAR_FILE_PRIV_H
#define HAR_HAR_FILE_PRIV_H

/* The inside of a file, for har_file.c and har_file_*.c only. */

#include <stdbool.h>

#include <zip.h>
#include <zlib.h>

#include "har/har_file.h"

#define HAR_FILE_WINDOW (64u << 10)

enum har_file_width { HAR_FILE_UTF8, HAR_FILE_UTF16LE, HAR_FILE_UTF16BE };

struct har_file {
	int fd;
	uint64_t at, size;
	char *folder; /* resolved; NULL on standard input */
	zip_t *zip;
	zip_file_t *member; /* of zip: the HAR */
	zip_uint64_t member_index;
	bool gzip;
	bool inflating; /* z is in use */
	bool over;      /* behind the last member of the gzip file */
	z_stream z;
	unsigned char *in; /* compressed bytes */
	enum har_file_width width;
	unsigned char *wide; /* UTF-16 not yet converted */
	size_t nwide;
	bool wide_end;
};

/* The next bytes without gzip.  The count, 0 at the end, -1. */
int64_t har_file_bytes(struct har_file *f, void *p, size_t n, struct err *e);

/* har_file_wide.c: UTF-16 as UTF-8, at least 4 bytes at a time. */
int64_t har_file_narrow(
    struct har_file *f, unsigned char *p, size_t n, struct err *e);

#endif
