#include "config.h"

#include <stdlib.h>

#include "base/err.h"
#include "base/mem.h"
#include "recorder/store.h"

#include "recorder/retain.h"

#define RETAIN_PAGE 500

struct retain {
	struct store *reader;
	char *tape_name;
	struct retain_limits most;
	int64_t tape;    /* 0: not there yet */
	bool begun;      /* removed is that of the writer */
	int64_t removed; /* what store_removed() has to say */
	bool stale;
	int64_t seen;     /* counted up to this entry */
	bool counted;     /* up to the end, once */
	bool reading;     /* there may be more behind seen */
	int64_t gone;     /* up to this entry there are none */
	int64_t gone_now; /* and up to this when the victims went */
	uint64_t entries, bytes;
	struct store_weight page[RETAIN_PAGE];
	struct store_weight victims[RETAIN_BATCH];
	size_t nvictims;
	uint64_t victim_bytes;
	bool victims_counted; /* they are in entries and bytes */
	bool written;         /* they went */
	struct retain_figures total;
};

struct retain *
retain_new(
    struct store *reader, const char *tape, const struct retain_limits *most)
{
	struct retain *r = xcalloc(1, sizeof(*r));

	r->reader = reader;
	r->tape_name = xstrdup(tape);
	r->most = *most;
	return r;
}

void
retain_free(struct retain *r)
{
	if (r == NULL)
		return;
	free(r->tape_name);
	free(r);
}

void
retain_again(struct retain *r)
{
	r->begun = false;
}

static bool
retain_is_old(
    const struct retain *r, const struct store_weight *w, int64_t now_us)
{
	return r->most.age_us > 0 && w->started_us < now_us - r->most.age_us;
}

/* Whether it matters how much there is. */
static bool
retain_counts(const struct retain *r)
{
	return r->most.entries > 0 || r->most.bytes > 0;
}

static bool
retain_is_over(const struct retain *r, uint64_t entries, uint64_t bytes)
{
	return (r->most.entries > 0 && entries > r->most.entries) ||
	       (r->most.bytes > 0 && bytes > r->most.bytes);
}

/* False when the batch is full. */
static bool
retain_take(struct retain *r, const struct store_weight *w)
{
	if (r->nvictims == RETAIN_BATCH ||
	    (r->nvictims > 0 &&
		r->victim_bytes + w->bytes > RETAIN_BATCH_BYTES))
		return false;
	r->victims[r->nvictims++] = *w;
	r->victim_bytes += w->bytes;
	return true;
}

/* Counts what came behind what was seen, but for what is old already. */
static enum retain_step
retain_read(struct retain *r, int64_t now_us, struct err *e)
{
	int64_t n =
	    store_weigh(r->reader, r->tape, r->seen, r->page, RETAIN_PAGE, e);
	const struct store_weight *w;

	if (n < 0)
		return RETAIN_FAILED;
	r->reading = n > 0;
	r->counted = r->counted || n == 0;
	for (w = r->page; w < r->page + n; w++) {
		if (!retain_is_old(r, w, now_us)) {
			r->entries++;
			r->bytes += w->bytes;
		} else if (!retain_take(r, w)) {
			break;
		}
		r->seen = w->id;
	}
	r->victims_counted = false;
	return r->nvictims > 0 ? RETAIN_WRITE : RETAIN_LOOK;
}

/* Finds what goes of what was counted: the oldest while there is too much, and
 * what has become old. */
static enum retain_step
retain_trim(struct retain *r, int64_t now_us, struct err *e)
{
	int64_t n =
	    store_weigh(r->reader, r->tape, r->gone, r->page, RETAIN_BATCH, e);
	uint64_t entries = r->entries, bytes = r->bytes;
	const struct store_weight *w;
	bool stays = false;

	if (n < 0)
		return RETAIN_FAILED;
	r->gone_now = r->gone;
	/* What is not counted yet is not to be taken off. */
	for (w = r->page; w < r->page + n && w->id <= r->seen; w++) {
		if (!retain_is_old(r, w, now_us) &&
		    !retain_is_over(r, entries, bytes)) {
			stays = true;
			continue;
		}
		if (!retain_take(r, w))
			break;
		entries--;
		bytes -= w->bytes < bytes ? w->bytes : bytes;
		if (!stays)
			r->gone_now = w->id;
	}
	r->victims_counted = true;
	r->reading = r->nvictims == 0;
	return r->nvictims > 0 ? RETAIN_WRITE : RETAIN_IDLE;
}

static int
retain_find_tape(struct retain *r, struct err *e)
{
	if (r->tape == 0)
		r->tape = store_tape(r->reader, str_of(r->tape_name), false, e);
	if (r->tape >= 0)
		return 0;
	r->tape = 0;
	return -1;
}

enum retain_step
retain_look(struct retain *r, int64_t now_us, struct err *e)
{
	r->nvictims = 0;
	r->victim_bytes = 0;
	r->written = false;
	if (retain_find_tape(r, e) != 0)
		return RETAIN_FAILED;
	if (r->tape == 0)
		return RETAIN_IDLE;
	if (r->stale) {
		r->stale = false;
		return RETAIN_STALE;
	}
	if (!r->begun)
		return RETAIN_WRITE;
	if (r->reading)
		return retain_read(r, now_us, e);
	return retain_trim(r, now_us, e);
}

/* From now on what others remove is told by the writer's count. */
static int
retain_begin(struct retain *r, int64_t removed)
{
	r->removed = removed;
	r->begun = r->reading = true;
	r->seen = r->gone = 0;
	r->entries = r->bytes = 0;
	r->counted = false;
	return 0;
}

static int
retain_remove(struct retain *r, struct store *writer, struct err *e)
{
	int64_t ids[RETAIN_BATCH], n;
	size_t i;

	for (i = 0; i < r->nvictims; i++)
		ids[i] = r->victims[i].id;
	n = store_remove_many(writer, r->tape, ids, r->nvictims, e);
	if (n < 0)
		return -1;
	r->removed += n;
	/* Some were gone already: so says the count, too. */
	r->begun = n == (int64_t)r->nvictims;
	return 0;
}

static void
retain_note(struct retain *r)
{
	r->written = true;
	r->total.removed += r->nvictims;
	r->total.removed_bytes += r->victim_bytes;
	if (!r->victims_counted)
		return;
	r->gone = r->gone_now;
	r->entries -= r->nvictims;
	r->bytes -= r->victim_bytes < r->bytes ? r->victim_bytes : r->bytes;
}

int
retain_write(struct store *writer, void *retain, struct err *e)
{
	struct retain *r = retain;
	int64_t removed;

	if (store_begin(writer, e) != 0)
		return -1;
	removed = store_removed(writer, r->tape, e);
	if (removed >= 0 && !r->begun) {
		store_rollback(writer);
		return retain_begin(r, removed);
	}
	if (removed >= 0 && removed != r->removed && retain_counts(r)) {
		store_rollback(writer);
		r->begun = false;
		r->stale = true;
		return 0;
	}
	if (removed >= 0 && retain_remove(r, writer, e) == 0 &&
	    store_commit(writer, e) == 0) {
		retain_note(r);
		return 0;
	}
	store_rollback(writer);
	/* Whether the engine took it is not known. */
	r->begun = false;
	return -1;
}

const struct store_weight *
retain_gone(const struct retain *r, size_t *n)
{
	*n = r->written ? r->nvictims : 0;
	return r->victims;
}

void
retain_figures(const struct retain *r, struct retain_figures *f)
{
	*f = r->total;
	f->counted = r->counted;
	f->entries = r->entries;
	f->bytes = r->bytes;
}
