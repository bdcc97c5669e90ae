#ifndef RECORDER_STORE_OPS_H
#define RECORDER_STORE_OPS_H

/*
 * What a store is to those that keep one: sqlite_*.c an SQLite file, pg_*.c a
 * PostgreSQL database.  An operation does what the function of its name in
 * store.h says, which calls it; what they all do alike is in store_*.c.
 */

#include "base/buf.h"
#include "base/digest.h"
#include "recorder/entry_row.h"
#include "recorder/repeats.h"

#include "recorder/store.h"

/* Texts that belong to a tape. */
enum store_text { STORE_EXTRA, STORE_RULES, STORE_REDACTION, STORE_TEXTS };

struct store_ops {
	void (*close)(struct store *s);
	int64_t (*body_begin)(struct store *s, struct err *e);
	void (*no_sync)(struct store *s);
	int64_t (*tape)(
	    struct store *s, struct str name, bool create, struct err *e);
	int (*tapes)(struct store *s,
	    int (*on_tape)(void *arg, const struct store_tape_row *), void *arg,
	    struct err *e);
	int (*extent)(struct store *s, struct str tape, struct store_extent *x,
	    struct err *e);
	int (*hold)(struct store *s, struct err *e);
	int (*hold_next)(struct store *s, struct err *e); /* as moment */
	int (*check)(struct store *s, struct buf *faults, struct err *e);
	int (*begin)(struct store *s, struct err *e);
	int (*commit)(struct store *s, struct err *e);
	void (*rollback)(struct store *s);
	bool (*stuck)(const struct store *s);
	bool (*refused)(const struct store *s);
	int (*body_part)(
	    struct store *s, int64_t body, struct str bytes, struct err *e);
	int64_t (*body_end)(struct store *s, int64_t body, uint64_t size,
	    const uint8_t sha256[DIGEST_BYTES], struct err *e);
	int (*body_forget)(struct store *s, int64_t body, struct err *e);
	int (*draft)(struct store *s, int64_t tape, struct exchange *x,
	    int64_t body, struct err *e);
	int (*draft_chunks)(
	    struct store *s, int64_t draft, struct str packed, struct err *e);
	int (*body_cut)(
	    struct store *s, int64_t body, uint64_t offset, struct err *e);
	int (*put)(
	    struct store *s, int64_t tape, struct exchange *x, struct err *e);
	int (*put_all)(struct store *s, int64_t tape, struct exchange *const *x,
	    size_t n, struct err *e); /* NULL: one by one */
	int (*replace)(struct store *s, struct exchange *x, struct err *e);
	int (*count_again)(struct store *s, int64_t entry, struct err *e);
	int (*remove)(struct store *s, int64_t entry, struct err *e);
	int64_t (*remove_many)(struct store *s, int64_t tape,
	    const int64_t *entries, size_t n, struct err *e);
	int64_t (*removed)(struct store *s, int64_t tape, struct err *e);
	int64_t (*weigh)(struct store *s, int64_t tape, int64_t after,
	    struct store_weight *out, size_t most, struct err *e);
	int64_t (*turn)(struct store *s, int64_t tape,
	    const uint8_t name[STORE_CURSOR_NAME], int64_t total, bool cycle,
	    struct err *e);
	int (*rewind)(struct store *s, int64_t tape, struct err *e);
	int64_t (*find)(struct store *s, int64_t tape,
	    const uint8_t key[EXCHANGE_KEY_BYTES], bool normal,
	    struct store_candidate *out, size_t cap, struct err *e);
	int (*get)(struct store *s, int64_t entry, size_t most_body,
	    struct exchange **x, struct err *e);
	/* NULL: get does */
	int (*get_answer)(struct store *s, int64_t entry, size_t most_body,
	    struct exchange **x, struct err *e);
	int (*body_load)(
	    struct store *s, struct body *b, uint64_t most, struct err *e);
	int64_t (*body_read)(struct store *s, int64_t body, uint64_t offset,
	    void *out, size_t n, struct err *e);
	int (*list)(struct store *s, const struct store_filter *f,
	    int (*on_entry)(void *arg, const struct store_entry_row *),
	    void *arg, struct err *e);
	int (*ids)(struct store *s, int64_t tape,
	    void (*on_id)(void *arg, int64_t entry), void *arg, struct err *e);
	int (*keys)(struct store *s, int64_t tape,
	    int (*on_key)(void *arg, const uint8_t *key, int64_t entry),
	    void *arg, struct err *e); /* NULL, as the next: there is none */
	bool (*moment)(struct store *s, struct store_moment *m);
	int (*requests)(struct store *s, int64_t after,
	    void (*on_request)(void *arg, const struct store_request *),
	    void *arg, struct err *e);
	int (*near)(struct store *s, int64_t tape, struct str target,
	    int (*on_row)(void *arg, const struct store_near_row *), void *arg,
	    struct err *e);
	int (*next_request)(struct store *s, int64_t tape, int64_t after,
	    size_t most_body, struct exchange *x, struct err *e);
	int (*set_keys)(
	    struct store *s, const struct exchange *x, struct err *e);
	int (*long_requests)(struct store *s, int64_t tape,
	    int (*on_entry)(void *arg, int64_t tape, int64_t entry), void *arg,
	    struct err *e);
	int (*long_keyed)(struct store *s, struct err *e);
	int (*set_long_keyed)(struct store *s, struct err *e);
	void (*patience)(struct store *s, int64_t us); /* NULL: no matter */
	void (*poll)(struct store *s, int64_t us);     /* the same */
	void (*hasten)(struct store *s);               /* the same */
	int64_t (*version)(struct store *s);
	enum store_news (*news)(struct store *s, int64_t tape, int64_t *seen,
	    void (*on_key)(void *arg, const uint8_t key[EXCHANGE_KEY_BYTES]),
	    void *arg);
	bool (*has_unknown_bodies)(struct store *s, int64_t tape);
	bool (*has_scopes)(struct store *s, int64_t tape);
	int (*tape_text)(struct store *s, int64_t tape, enum store_text which,
	    struct buf *out, struct err *e);
	int (*tape_set_text)(struct store *s, int64_t tape,
	    enum store_text which, struct str text, struct err *e);
	bool (*again)(struct store *s, int attempt);
};

/* The beginning of each store. */
struct store {
	const struct store_ops *ops;
	char *path; /* as it was given */
	struct digest *digest;
	struct repeats repeats;
	struct row_scratch scratch; /* for writing */
};

void store_init(struct store *s, const struct store_ops *ops, const char *path);
void store_fini(struct store *s);

/* The statuses that the filter wants, both included. */
void store_filter_statuses(const struct store_filter *f, int *low, int *high);

/* Stores a body that is in a file, in parts, and gives its id, or -1.  Its
 * digest is known then. */
int64_t store_put_spool(struct store *s, struct body *b, struct err *e);

/* What was read of a body is held against its size and digest before anybody
 * has it.  0, or -1 with *e set. */
int store_body_verify(struct store *s, const struct body *b, struct err *e);

/* Says in *e that a body's bytes are not those of its digest.  Always -1. */
int store_body_damaged(struct store *s, int64_t body, struct err *e);

/* sqlite.c, pg.c: as store_open(). */
struct store *sqlite_open(
    const char *path, enum store_access access, bool durable, struct err *e);
struct store *pg_open(
    const char *path, enum store_access access, bool durable, struct err *e);

/*
 * pg_source.c: of what is shipped to a shared store (backlog.h).  In a
 * transaction: the last entry that came of the run, 0 for none; from then on
 * nobody else can change it.  Then, with the entries, what is the last now.
 * Outside of one: forgets runs of which nothing came for 30 days.  0 or -1.
 */
int pg_source_last(
    struct store *s, struct str run, int64_t *last, struct err *e);
int pg_source_set(struct store *s, struct str run, int64_t last, struct err *e);
int pg_source_sweep(struct store *s, struct err *e);

/* Outside of one: the store's version when something else happened to the tape
 * than entries at its end; 0 or -1. */
int pg_source_epoch(
    struct store *s, struct str tape, int64_t *epoch, struct err *e);

/* pg.c, pg_answer.c: as store_name_check(), store_exists() and store_answers()
 * of a URL. */
int pg_name_check(const char *url, struct err *e);
bool pg_exists(const char *url);
bool pg_answers(const char *url);

#endif
