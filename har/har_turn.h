#ifndef HAR_HAR_TURN_H
#define HAR_HAR_TURN_H

/*
 * The text of a body turned into what it stands for, however long it is.
 * All replace what is in b and return 0; or 1, with b as it was, when the text
 * is not of that kind; or -1 with *e set when a file failed.
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"

struct bulk;
struct err;

/* *odd gets a set of enum base64_oddity. */
int har_turn_base64(struct bulk *b, unsigned *odd, struct err *e);
int har_turn_hex(struct bulk *b, struct err *e);

/* A JSON array of strings, each in base64 or hex (Polly.JS). */
int har_turn_pieces(
    const struct bulk *b, bool base64, struct bulk *out, struct err *e);

/* A lone surrogate is what a browser writes as U+FFFD, which is as long. */
int har_turn_surrogates(struct bulk *b, struct err *e);

/* What the text is in another encoding goes to out; b stays. */
int har_turn_charset(
    const struct bulk *b, struct str charset, struct bulk *out, struct err *e);
int har_turn_latin1(const struct bulk *b, struct bulk *out, struct err *e);

#endif
