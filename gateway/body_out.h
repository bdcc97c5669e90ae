#ifndef GATEWAY_BODY_OUT_H
#define GATEWAY_BODY_OUT_H

/* Recorded bodies on their way to a person: as they were on the wire, or
 * without their content coding. */

#include <stddef.h>

#include "base/str.h"
#include "har/coding.h"

struct body;
struct buf;
struct err;
struct message;
struct store;

/*
 * The body of m, which is in memory, without its content codings: *bytes are
 * m's own or, decoded, those of scratch, at most budget of them.  Unless
 * CODING_DONE, *bytes is the body as recorded.
 */
enum coding_result body_out_decode(const struct message *m, size_t budget,
    struct buf *scratch, struct str *bytes);

/* The same for those who want to look into it: p is NULL when it is not known,
 * in the store, or cannot be decoded. */
struct str body_out_plain(
    const struct message *m, size_t budget, struct buf *scratch);

/* Prints a body as recorded, piece by piece when it is in the store.  The
 * exit status; a failure is said. */
int body_out_print(struct store *s, struct body *b, struct err *e);

#endif
