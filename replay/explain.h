#ifndef REPLAY_EXPLAIN_H
#define REPLAY_EXPLAIN_H

/*
 * Why no recording answers a request: none is under its key, or those that
 * are cannot be used.  Reads the store and takes its time (some hundred
 * microseconds), so it is not for threads that serve.
 */

#include <stdbool.h>
#include <stdint.h>

#include "replay/library.h"
#include "replay/nearest.h"

struct rules;

/* The texts are for JSON. */
#define EXPLAIN_REASONS(R) \
	R(EMPTY, "empty-tape")            /* nothing is recorded at all */ \
	R(UNKNOWN, "not-recorded")        /* nothing equal to it is */ \
	R(EXHAUSTED, "exhausted")         /* matched, and all were served */ \
	R(FAILED, "failed-recording")     /* matched, but no answer came */ \
	R(VARY, "vary")                   /* matched, but for fields */ \
	R(CONDITIONAL, "not-conditional") /* matched, a 304 */ \
	R(RANGE, "no-range")              /* matched, a 206 */

enum explain_reason {
#define R(name, text) EXPLAIN_##name,
	EXPLAIN_REASONS(R)
#undef R
	    EXPLAIN_REASON_COUNT
};

const char *explain_reason_text(enum explain_reason r);

#define EXPLAIN_MATCHED 64 /* entries under a key that are looked at */
#define EXPLAIN_KEYS 40
#define EXPLAIN_SCOPES 3
#define EXPLAIN_ELSEWHERE 2

struct explain_key {
	enum tier tier;
	struct key key;
	uint64_t home; /* entries of others are not meant; 0: of anybody */
};

/* The request as it was looked for. */
struct explain_request {
	struct str method, target;
	struct str scopes[EXPLAIN_SCOPES]; /* looked under */
	size_t nscopes;                    /* at least one */
	/* Where only entries of this home count (replay/home.h). */
	struct str elsewhere[EXPLAIN_ELSEWHERE];
	size_t nelsewhere;
	uint64_t home;
	const struct headers *headers;
	struct str body; /* p is NULL when it is not at hand */
	uint64_t size;   /* of the body */
	enum found found;
	struct explain_key keys[EXPLAIN_KEYS]; /* it may be found under */
	size_t nkeys;
	const struct rules *rules; /* that count; may be NULL */
	bool lines;                /* others are proposed */
};

/* All zero to begin. */
struct explanation {
	enum explain_reason reason;
	int64_t matched;        /* entries under its key */
	struct nearest nearest; /* of those when there are some */
	char failure[160];      /* how the nearest one failed */
};

/* 0 or -1. */
int explain_miss(struct reader *r, const struct explain_request *q,
    struct explanation *x, struct err *e);
void explanation_fini(struct explanation *x);

/* Adds what is to be said of it as a sentence: "The nearest is entry 7,
 * ...: query ts: recorded 1, asked 2." */
void explanation_text(const struct explanation *x, struct buf *out);

/* The same in few words: "nearest: GET http://..., entry 7". */
void explanation_note(const struct explanation *x, struct buf *out);

/* Adds, each once and with a line feed, the rules that together make the
 * nearest match.  False, and nothing is added, when some difference has
 * none. */
bool explanation_rules(const struct explanation *x, struct buf *out);

/*
 * The entries that an answer was chosen from.
 */

/* The texts are for JSON. */
#define EXPLAIN_STATES(S) \
	S(CHOSEN, "chosen") \
	S(FAILED, "failed-recording") \
	S(VARY, "vary")         /* fields that its response varies by differ, \
				   or it is a 304 or 206 */ \
	S(LESS, "less-alike")   /* fewer header fields are equal */ \
	S(OTHERWISE, "another") /* as good, and it is another one's turn */

enum explain_state {
#define S(name, text) CANDIDATE_##name,
	EXPLAIN_STATES(S)
#undef S
	    EXPLAIN_STATE_COUNT
};

const char *explain_state_text(enum explain_state s);

struct explain_candidate {
	int64_t id;
	int status;
	enum explain_state state;
	size_t agreement; /* header fields that are equal */
};

struct explain_choice {
	struct explain_candidate v[EXPLAIN_MATCHED];
	size_t n;
	int64_t all; /* how many there are; more than n have no room */
};

/* Those under the keys of q, of which chosen answers.  0 or -1. */
int explain_choice(struct reader *r, const struct explain_request *q,
    int64_t chosen, struct explain_choice *c, struct err *e);

#endif
