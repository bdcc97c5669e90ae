#include "config.h"

#include <inttypes.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/log.h"
#include "base/str.h"
#include "gateway/settings.h"
#include "har/exchange.h"
#include "recorder/rules.h"
#include "recorder/store.h"
#include "replay/reindex.h"

#include "gateway/indexed.h"

static int
indexed_anew(struct store *store, const char *tape_name, int64_t tape,
    const struct rules *rules, struct err *e)
{
	struct reindex_figures f;
	int64_t began = clock_mono_us();

	if (reindex_tape(store, tape, rules, &f, e) == -1)
		return err_wrap(e, "cannot index tape %.100s", tape_name);
	if (f.entries > 0)
		log_info(NULL,
		    "tape %s was indexed anew, since its rules are others now: "
		    "%" PRIu64 " entries in %" PRId64 " ms",
		    tape_name, f.entries, (clock_mono_us() - began) / 1000);
	return 0;
}

/* Where long request bodies have keys as they were made once. */
static int
indexed_long(struct store *store, struct err *e)
{
	struct reindex_figures f;
	int64_t began = clock_mono_us();
	int r = reindex_long_due(store, 0, e);

	if (r != 1)
		return r;
	if (reindex_long(store, &f, e) == -1)
		return err_wrap(e, "cannot index long request bodies anew");
	log_info(NULL,
	    "entries with request bodies over 1 MiB were indexed anew, since "
	    "an older hark made their keys in another way: %" PRIu64
	    " entries in %" PRId64 " ms",
	    f.entries, (clock_mono_us() - began) / 1000);
	return 0;
}

/* Whether rules make other keys than none at all. */
static bool
indexed_some(const struct rules *rules)
{
	struct buf by = { 0 };
	bool some;

	key_made_by(rules, &by);
	some = by.n > 0;
	buf_free(&by);
	return some;
}

/* For one that only reads: whether the keys are of no use to it, though there
 * are entries.  1, 0 or -1. */
static int
indexed_in_the_way(
    const struct settings *s, struct store *store, int64_t tape, struct err *e)
{
	int r = reindex_fits(store, tape, s->rules, s->max_tier, e);
	struct exchange *x;

	if (r != 0)
		return r == 1 ? 0 : -1;
	x = exchange_new();
	r = store_next_request(store, tape, 0, 0, x, e);
	exchange_free(x);
	return r;
}

/* Something that has to be done before the gateway starts. */
enum indexed_due {
	INDEXED_NOTHING,
	INDEXED_RULES, /* it has other rules */
	INDEXED_LONG,  /* long bodies have keys of an older hark */
};

/* Whoever writes does it for all tapes: nobody else can meanwhile. */
static int
indexed_look_long(struct store *store, int64_t tape, struct err *e)
{
	int r = reindex_long_due(store, tape, e);

	return r == 1 ? INDEXED_LONG : r;
}

/* Of the tape of a store.  One of them or -1. */
static int
indexed_look_at(const struct settings *s, struct store *store, int64_t tape,
    bool writes, struct err *e)
{
	int r;

	if (writes) {
		r = reindex_is_by(store, tape, s->rules, e);
		r = r == -1 ? -1 : !r;
	} else {
		r = indexed_in_the_way(s, store, tape, e);
	}
	if (r != 0)
		return r == 1 ? INDEXED_RULES : -1;
	return indexed_look_long(store, writes ? 0 : tape, e);
}

static int
indexed_look(const struct settings *s, bool writes, struct err *e)
{
	bool make = writes && indexed_some(s->rules);
	struct store *store;
	int64_t tape;
	int r;

	if (!store_exists(s->store))
		return make ? INDEXED_RULES : INDEXED_NOTHING;
	store = store_open(s->store, STORE_READ, false, e);
	if (store == NULL)
		return -1;
	tape = store_tape(store, str_of(s->tape), false, e);
	if (tape > 0)
		r = indexed_look_at(s, store, tape, writes, e);
	else if (tape == 0 && make)
		r = INDEXED_RULES;
	else if (tape == 0 && writes)
		r = indexed_look_long(store, 0, e);
	else
		r = tape == 0 ? INDEXED_NOTHING : -1;
	store_close(store);
	return r;
}

static int
indexed_by_rules(const struct settings *s, struct store *store, struct err *e)
{
	int64_t tape = store_tape(store, str_of(s->tape), true, e);

	return tape > 0 ? indexed_anew(store, s->tape, tape, s->rules, e) : -1;
}

int
indexed_for_gateway(const struct settings *s, bool writes, struct err *e)
{
	int due = indexed_look(s, writes, e), r;
	struct store *store;

	if (due <= INDEXED_NOTHING)
		return due;
	/* What a power cut undoes is done again. */
	store = store_open(s->store, STORE_WRITE, false, e);
	if (store == NULL)
		return err_wrap(e,
		    "tape %.100s has to be indexed anew for %s first, "
		    "by hark reindex with the same rules where nothing else "
		    "writes to its store",
		    s->tape,
		    due == INDEXED_RULES ? "these rules"
					 : "request bodies over 1 MiB");
	r = indexed_long(store, e);
	if (r == 0 && due == INDEXED_RULES)
		r = indexed_by_rules(s, store, e);
	store_close(store);
	return r;
}

int
indexed_for_recording(
    const struct settings *s, struct store *store, struct err *e)
{
	int64_t tape =
	    store_tape(store, str_of(s->tape), indexed_some(s->rules), e);
	int r = tape == -1 ? -1 : indexed_long(store, e);

	if (r == -1 || tape == 0)
		return r;
	r = reindex_is_by(store, tape, s->rules, e);
	if (r == 0)
		return indexed_anew(store, s->tape, tape, s->rules, e);
	return r == 1 ? 0 : -1;
}

int
indexed_for_command(const struct settings *s, struct store *store, int64_t tape,
    struct rules **of_tape, struct err *e)
{
	int r;

	*of_tape = NULL;
	if (indexed_long(store, e) == -1)
		return -1;
	if (!indexed_some(s->rules)) {
		*of_tape =
		    tape > 0 ? reindex_rules_of(store, tape, e) : rules_new();
		return *of_tape != NULL ? 0 : -1;
	}
	if (tape == 0)
		return 0;
	r = reindex_is_by(store, tape, s->rules, e);
	if (r == 0)
		r = indexed_anew(store, s->tape, tape, s->rules, e) == 0;
	return r == 1 ? 0 : -1;
}
