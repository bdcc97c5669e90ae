#ifndef REPLAY_LIBRARY_H
#define REPLAY_LIBRARY_H

/*
 * The library finds the recorded answer to a request.  It is shared by all
 * workers: answers that were asked for lately are kept in memory, bounded in
 * bytes; the rest is one index probe in the store away.  It also keeps the
 * cursors: which of several answers under one key comes next.
 *
 * Choosing among several entries under one key (DESIGN 5):
 *  1. failed exchanges are left out, as is a 304 for a request that is not
 *     conditional and a 206 for one without Range;
 *  2. an entry whose response has Vary counts only if those request header
 *     fields are equal (Host, which names the gateway, *, traceparent and
 *     tracestate and those that rules ignore count for nothing); when none is
 * left so, there is no answer; When the request has conditions or ranges and
 * HTTP's own rules apply (replay/http_rules.h), those recorded for exactly the
 * same ones stay, else the full answers to derive one from, else what others
 * were told who had conditions;
 *  3. those recorded with the same secrets in target and body stay, if there
 *     are some (replay/level.h);
 *  4. those whose recorded request header fields agree with the most of the
 *     live ones stay; again without those that rules ignore;
 *  5. of these the oldest that this session has not served yet, and when
 *     all were served, what the policy says; or another by a policy that
 *     does not go by what was served (replay/repeat.h).
 * The bounds of this are in replay/shelf.h and replay/cursor.h.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "har/exchange.h"
#include "recorder/rules.h"
#include "replay/key.h"
#include "replay/repeat.h"

struct backlog;
struct basket;
struct err;
struct id_ranges;
struct library; /* opaque; one per process */
struct reader;  /* opaque; one per thread, with a connection of its own */
struct redact_key;
struct redactor;
struct store_extent;
struct store_weight;

/*
 * A recorded answer, ready to be sent; immutable and counted.  head is the
 * status line and the end-to-end fields, each line with its CRLF, in
 * recorded order, without framing fields but Content-Length (see framing):
 * the sender adds what the connection needs and the empty line.
 */
struct answer {
	int64_t entry; /* 0: not written to the store yet */
	int status;
	uint64_t asked; /* http_rules_asks() of the recorded request */
	struct str reason;
	struct str head;        /* from "HTTP/1.1 " to the last field's CRLF */
	bool head_has_length;   /* head has a Content-Length field */
	bool had_chunked;       /* Transfer-Encoding: chunked was on the wire */
	struct headers headers; /* all fields as recorded */
	struct headers trailers;
	const struct body *body;
	const struct chunk_mark *chunks;
	size_t nchunks;
	int64_t wait_us; /* request sent to first byte; -1: not known */
	int64_t head_us; /* start of the exchange to first byte; the same */
};

struct answer *answer_ref(struct answer *a);
void answer_unref(struct answer *a); /* safe on NULL */

struct library_options {
	const char *path; /* of the store */
	const char *tape;
	size_t cache_bytes; /* 0 means 64 MiB */
	size_t most_body;   /* bodies above this stay in the store; 0: 1 MiB */
	const struct redact_key *redact_key; /* copied; NULL: none */
	bool watch; /* look for other processes' commits (no own recorder) */
	struct backlog *backlog; /* entries that wait for the store are found,
				    too; NULL: there is none */
	bool share_cursors; /* with all gateways of the store, a shared one */
	int64_t poll_us;    /* between looks for changes in a shared store; 0:
			       its own */
};

/* NULL with *e set on failure.  The store need not have the tape yet. */
struct library *library_open(const struct library_options *o, struct err *e);
void library_close(struct library *l); /* safe on NULL; readers first */

struct reader *reader_open(struct library *l, struct err *e);
void reader_close(struct reader *r);

/*
 * How secrets are kept out of the tape: the newest way for i = 0, then older
 * ones, NULL behind the last.  A request is looked for as each of them makes
 * it, and then as it is.  Lives until the next call of the reader's.
 */
const struct redactor *reader_redactor(struct reader *r, size_t i);

/*
 * One that has no store and never waits for one: what is not in memory is an
 * errand (replay/errand.h).  reader_look() says in which basket those of the
 * look-up are that follows; NULL when it is over.
 */
struct reader *reader_that_sends(struct library *l);
bool reader_sends(const struct reader *r);
void reader_look(struct reader *r, struct basket *b);

/* What is looked up: the key, and what choosing among equals needs. */
struct wanted {
	enum tier tier; /* of the key */
	struct key key;
	struct key any_body;           /* the key with an unknown body */
	bool has_body;                 /* so that any_body is worth a probe */
	const struct headers *headers; /* of the live request */
	/* Rules that say which header fields do not count in choosing; NULL
	 * for none.  Then whom they are to be for. */
	const struct rules *ignoring;
	struct rules_request asked;
	uint64_t asks;    /* http_rules_asks() of it; 0: derive nothing */
	uint64_t secrets; /* level_hash() of it */
	uint64_t home;    /* entries of others do not count; 0: of anybody */
	struct str session;
	int64_t now_us; /* monotonic */
	enum repeat repeat;
	bool waits;  /* a read that only a write moves on (replay/written.h) */
	bool writes; /* a write that does */
	struct str scope, target; /* of such a read or write */
	/* Set by library_find() for library_served(). */
	struct key under; /* which key it was found under */
	uint64_t variant;
};

enum found {
	FOUND,
	FOUND_NOTHING,   /* no entry under this key */
	FOUND_UNUSABLE,  /* entries, but failed, or their Vary fields differ */
	FOUND_EXHAUSTED, /* entries, but all were served (policy fail) */
	FOUND_ERROR,     /* the store could not be read; *e says why */
	FOUND_LATER,     /* an errand has to be run first (replay/errand.h) */
};

/* On FOUND *a is the caller's reference.  The cursor does not move yet. */
enum found library_find(
    struct reader *r, struct wanted *w, struct answer **a, struct err *e);

/* The last of the answer, which w found last, is about to be written: the
 * cursor of its key and session moves behind it.  Not later, or a client that
 * has read it all could be served it again by another worker. */
void library_served(
    struct reader *r, const struct wanted *w, const struct answer *a);

/* The entry was of use: its answer is being sent, led to another, or was put
 * beside a live one. */
void reader_used(struct reader *r, int64_t entry);

/* The entries that were, by all readers that are open; their threads have to
 * have ended.  Added to out, which is settled then. */
void library_used(struct library *l, struct id_ranges *out);

/* The tape as it was when the library was opened. */
const struct store_extent *library_extent(const struct library *l);

/* The keys of a recording. */
struct library_keys {
	struct key exact, normal;
	bool keyed, normal_keyed;
};
struct library_keys library_keys(const struct exchange *x);

/*
 * Makes a fresh recording findable before it is committed (mode auto); x is
 * copied and stays the caller's.  Nothing happens when its body is not in
 * memory.  library_written() says that it is in the store now as entry, or
 * (entry -1) never will be.
 */
void library_add(struct library *l, const struct exchange *x);
void library_written(
    struct library *l, const struct library_keys *keys, int64_t entry);

/* Up to n bytes of an answer's stored body (body->stored_id) from offset on;
 * the count, 0 at its end, or -1.  Not of a reader that sends. */
int64_t reader_body(struct reader *r, const struct answer *a, uint64_t offset,
    void *out, size_t n, struct err *e);

/*
 * Looks into the store that come in a row can share what only the first has to
 * do, as long as nobody writes there.  on_asked is told of the first; by it
 * comes reader_rest() behind the last of the row, before r's thread waits for
 * anything.  Without on_asked each look is on its own.
 */
void reader_on_asked(struct reader *r, void (*on_asked)(void *arg), void *arg);
void reader_rest(struct reader *r);

/* Whether some entry of the tape has a scope, so that a look-up under other
 * scopes than a route's is worth its while.  Cheap. */
bool reader_has_scopes(struct reader *r);

struct library_figures {
	uint64_t hits, misses; /* of the memory cache */
	uint64_t cached_bytes, cached_keys;
	uint64_t mapped_keys; /* of the newest map of keys */
};
void library_figures(struct library *l, struct library_figures *f);

/* From any thread: looks for other processes' commits from now on, or not any
 * more. */
void library_watch(struct library *l, bool on);

/* From any thread: the store was changed by somebody who is not the recorder;
 * what is cached of it is forgotten. */
void library_changed(struct library *l);

/* From any thread: the tape has another way in which secrets are kept out, as
 * mark says (recorder/redact_mark.h). */
void library_redacted(struct library *l, struct str mark);

/* From any thread: these entries are not in the store any more. */
void library_removed(
    struct library *l, const struct store_weight *gone, size_t n);

/* From any thread: which of several answers comes next begins anew, for all
 * sessions; with shared cursors for all gateways.  0, or -1 with *e set and
 * the shared ones where they were. */
int library_rewind(struct library *l, struct err *e);

/* Forgets cached answers and the cursors in memory. */
void library_reset(struct library *l);

#endif
