#ifndef REPLAY_DRIFT_H
#define REPLAY_DRIFT_H

/*
 * Drift: how the structure of what an API answers now differs from what is
 * recorded.  Values do not count, but for strings that look like one of a few
 * words.
 *
 * A live answer is compared with all that is recorded for its endpoint and
 * status: what only some of those have may be missing, and each type that one
 * of them has is expected.  Of what no recording shows, as the elements of
 * arrays that were empty, nothing is expected.  A difference is breaking when
 * a client that can read all the recordings may fail over it, otherwise it is
 * informational.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/str.h"

struct buf;
struct drift; /* opaque; what is recorded */
struct err;
struct exchange;

/* K(NAME, word, breaking) */
#define DRIFT_KINDS(K) \
	K(STATUS, "status", true) \
	K(MEDIA, "media-type", true) \
	K(FIELD_REMOVED, "header-removed", true) /* not of all fields */ \
	K(FIELD_ADDED, "header-added", false) \
	K(REMOVED, "removed", true)   /* a member that was always there */ \
	K(OPTIONAL, "optional", true) /* the same, missing in some objects */ \
	K(ADDED, "added", false) \
	K(TYPE, "type", true) \
	K(NULLABLE, "nullable", true) /* null was never seen there */ \
	K(FILLED, "filled", false)    /* only null was seen there */ \
	K(WORD, "word", false)        /* none of the words seen there */

enum drift_kind {
#define K(name, word, breaking) DRIFT_##name,
	DRIFT_KINDS(K)
#undef K
	    DRIFT_KIND_COUNT
};
const char *drift_kind_text(enum drift_kind k);

struct drift_finding {
	enum drift_kind kind;
	bool breaking;
	struct str place; /* "$.users[].name", "x-total"; "" for the answer */
	struct str was, now; /* "200", "string|null"; "" where there is none */
};

/* Those of one answer.  All zero is none; memory is used again. */
#define DRIFT_FINDINGS 1000
struct drift_findings {
	struct arena arena;
	struct drift_finding *v;
	size_t n, cap;                    /* at most DRIFT_FINDINGS are kept */
	uint64_t breaking, informational; /* all that there are */
};
void drift_findings_reset(struct drift_findings *f);
void drift_findings_fini(struct drift_findings *f);

struct drift *drift_new(void);
void drift_free(struct drift *d); /* safe on NULL */

/* Takes in a recording that has a response.  body is its response body without
 * content coding; p is NULL when that is not at hand.  0, or -1 when there is
 * more to remember than memory is for. */
int drift_learn(
    struct drift *d, const struct exchange *x, struct str body, struct err *e);

/*
 * What now, the live answer to the recorded request of was, and its body have
 * that is not as learned, into *out.  Nothing can be learned any more.  200,
 * 206 and 304 only differ by what the client had already, and then nothing
 * else is compared.  0 or -1.
 */
int drift_compare(struct drift *d, const struct exchange *was,
    const struct exchange *now, struct str body, struct drift_findings *out,
    struct err *e);

/* "body $.id: number is now string"; what the API sent is not made
 * printable. */
void drift_text(const struct drift_finding *f, struct buf *out);

#endif
