#ifndef RECORDER_USED_H
#define RECORDER_USED_H

/*
 * Which entries replays have served: a text file beside the store, PATH-used,
 * to which each gateway appends one line when it stops.
 *
 *	hark-used 1
 *	TAPE CREATED LAST 1-5,7;
 *
 * TAPE is the tape's id and CREATED when it was made (us since 1970), so that
 * a line means nothing to a store that was made anew under the same name.
 * LAST is the highest entry there was when the gateway started: it says
 * nothing of those behind it.  The ids of the entries that it served follow.
 * Ids of removed entries are never used again (recorder/schema.c), so that
 * old lines do no harm.
 *
 * A line without its semicolon was torn by a crash and counts as never
 * written; any other that cannot be read is an error, since an entry is
 * thrown away for what is *not* there.  Several processes may append at a
 * time (flock); a file that gets long is written anew with a line per tape.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "recorder/id_ranges.h"

struct err;

/* What one gateway noted, or all that ran on a tape. */
struct used_run {
	int64_t tape, created_us, last;
	struct id_ranges served; /* settled */
};

/* The path of the file of this store, which the caller frees; the same for
 * every symbolic link to it. */
char *used_path(const char *store);

/* Appends the run.  0, 1 when neither the file nor its folder may be written,
 * or -1 with *e set. */
int used_note(const char *store, const struct used_run *run, struct err *e);

/* One run for each tape that is in the file, with all that was noted of it. */
struct used {
	struct used_run *v;
	size_t n;
};

/* Reads the file.  0, or -1 with *e set, also when there is none. */
int used_read(const char *store, struct used *u, struct err *e);
void used_fini(struct used *u);

/* What is known of a tape, or NULL. */
const struct used_run *used_find(
    const struct used *u, int64_t tape, int64_t created_us);

/* Whether the entry of this tape was there and not served; one that came
 * later had no chance yet and is not unused. */
bool used_missed(const struct used_run *r, int64_t entry);

#endif
