#ifndef GATEWAY_INDEXED_H
#define GATEWAY_INDEXED_H

/*
 * The keys of a tape go by rules (replay/reindex.h).  Who looks entries up or
 * adds some by other rules makes them anew first, and so it is with those of
 * long request bodies that an older hark has made.
 */

#include <stdbool.h>
#include <stdint.h>

struct err;
struct rules;
struct settings;
struct store;

/*
 * For a gateway that is about to open its store: the tape's keys are those of
 * its rules afterwards.  With writes it will add entries; without, a tape
 * whose keys do is left alone.  0, or -1 with what to do.
 */
int indexed_for_gateway(const struct settings *s, bool writes, struct err *e);

/* The same for a store that is open for writing, whatever it is. */
int indexed_for_recording(
    const struct settings *s, struct store *store, struct err *e);

/*
 * For a command that adds entries to a tape of a store that is open for
 * writing, where keys go by the rules given if there are any, else by those of
 * the tape: these in *of_tape, the caller's to free.  With NULL there the
 * tape goes by those given now; one that is still to be made (tape is 0) has
 * to be told (reindex_say()).  0 or -1.
 */
int indexed_for_command(const struct settings *s, struct store *store,
    int64_t tape, struct rules **of_tape, struct err *e);

#endif
