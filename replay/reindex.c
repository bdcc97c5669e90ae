#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/mem.h"
#include "har/exchange.h"
#include "har/feed.h"
#include "recorder/rules.h"
#include "recorder/store.h"
#include "replay/identity.h"
#include "replay/library.h"
#include "replay/normal.h"

#include "replay/reindex.h"

/* A transaction is over after so many entries, or bytes of their bodies. */
#define REINDEX_ENTRIES 4000
#define REINDEX_BYTES (32u << 20)

/* Of no version: no rules make it. */
#define REINDEX_UNKNOWN "keys 0\n"

struct reindex {
	struct store *store;
	int64_t tape;
	struct keyer *keyer;
	const struct rules *rules;
	struct exchange *x;
	int64_t at; /* the entry done last */
	struct reindex_figures figures;
};

int
reindex_is_by(
    struct store *s, int64_t tape, const struct rules *r, struct err *e)
{
	struct buf is = { 0 }, wanted = { 0 };
	int rc = store_tape_rules(s, tape, &is, e);

	key_made_by(r, &wanted);
	if (rc == 0)
		rc = str_eq(buf_str(&is), buf_str(&wanted));
	buf_free(&is);
	buf_free(&wanted);
	return rc;
}

struct rules *
reindex_rules_of(struct store *s, int64_t tape, struct err *e)
{
	struct rules *r = rules_new();
	struct buf text = { 0 };
	struct str rest, version;
	struct err ignored;

	if (store_tape_rules(s, tape, &text, e) == -1) {
		rules_free(r);
		r = NULL;
	} else if (text.n > 0) {
		rest = buf_str(&text);
		(void)str_cut(&rest, '\n', &version);
		/* What a newer hark has written may be no rules here; then
		 * its keys are made anew anyway. */
		if (rest.p != NULL && rules_add_text(r, rest, &ignored) == -1) {
			rules_free(r);
			r = rules_new();
		}
	}
	buf_free(&text);
	return r;
}

/* Whether rules make other exact keys than none at all. */
static bool
reindex_exact(const struct rules *r)
{
	return (rules_verbs(r) & NORMAL_HEADERS) != 0;
}

int
reindex_fits(struct store *s, int64_t tape, const struct rules *r,
    enum tier most, struct err *e)
{
	int fits = reindex_is_by(s, tape, r, e);
	struct rules *was;

	/* Normal keys do no harm to those who do not look for them. */
	if (fits != 0 || reindex_exact(r) ||
	    (most == TIER_NORMALIZED && (rules_verbs(r) & NORMAL_VERBS) != 0))
		return fits;
	was = reindex_rules_of(s, tape, e);
	if (was == NULL)
		return -1;
	fits = !reindex_exact(was);
	rules_free(was);
	return fits;
}

int
reindex_say(struct store *s, int64_t tape, const struct rules *r, struct err *e)
{
	struct buf text = { 0 };
	int rc;

	if (r == NULL)
		buf_add_text(&text, REINDEX_UNKNOWN);
	else
		key_made_by(r, &text);
	rc = store_tape_set_rules(s, tape, buf_str(&text), e);
	buf_free(&text);
	return rc;
}

static bool
reindex_same(const struct library_keys *a, const struct library_keys *b)
{
	return memcmp(&a->exact, &b->exact, sizeof(a->exact)) == 0 &&
	       a->normal_keyed == b->normal_keyed &&
	       (!a->normal_keyed ||
		   memcmp(&a->normal, &b->normal, sizeof(a->normal)) == 0);
}

static int64_t
reindex_read(
    void *arg, int64_t id, uint64_t at, void *p, size_t n, struct err *e)
{
	return store_body_read(arg, id, at, p, n, e);
}

/* The keys of i->x, whose body may still be in the store. */
static int
reindex_key(struct reindex *i, struct err *e)
{
	const struct body *b = &i->x->request.body;
	struct feed *body;
	int r;

	if (b->stored_id == 0) {
		key_exchange(i->keyer, i->x);
		return 0;
	}
	body = feed_of_reader(reindex_read, i->store, b->stored_id, b->size);
	r = key_exchange_fed(i->keyer, i->x, body, e);
	feed_free(body);
	return r;
}

/* The next entry.  1, 0 behind the last, -1. */
static int
reindex_entry(struct reindex *i, struct err *e)
{
	struct library_keys was, is;
	struct exchange *x = i->x;
	int r;

	exchange_reset(x, BODY_PART);
	r = store_next_request(i->store, i->tape, i->at, BODY_PART, x, e);
	if (r != 1)
		return r;
	i->at = x->id;
	i->figures.entries++;
	if (!x->keyed) /* as sockets are, which nothing asks for */
		return 1;
	was = library_keys(x);
	if (reindex_key(i, e) == -1)
		return -1;
	is = library_keys(x);
	i->figures.normal += x->normal_keyed;
	if (reindex_same(&was, &is))
		return 1;
	return store_set_keys(i->store, x, e) == 0 ? 1 : -1;
}

/* Entries for one transaction. */
static int
reindex_some(struct reindex *i, struct err *e)
{
	uint64_t bytes = 0;
	size_t n;
	int r = 1;

	for (n = 0; r == 1 && n < REINDEX_ENTRIES && bytes < REINDEX_BYTES;
	     n++) {
		r = reindex_entry(i, e);
		bytes += i->x->request.body.size;
	}
	return r;
}

struct reindex *
reindex_new(int64_t tape, const struct rules *rules)
{
	struct reindex *i = xcalloc(1, sizeof(*i));

	i->tape = tape;
	i->rules = rules;
	i->keyer = keyer_new(rules);
	i->x = exchange_new();
	return i;
}

void
reindex_free(struct reindex *i)
{
	if (i == NULL)
		return;
	exchange_free(i->x);
	keyer_free(i->keyer);
	free(i);
}

int
reindex_step(struct reindex *i, struct store *s, struct err *e)
{
	int r;

	i->store = s;
	if (store_begin(s, e) == -1)
		return -1;
	r = i->at == 0 ? reindex_say(s, i->tape, NULL, e) : 0;
	if (r == 0)
		r = reindex_some(i, e);
	if (r == 0)
		r = reindex_say(s, i->tape, i->rules, e);
	if (r >= 0 && store_commit(s, e) == 0)
		return r;
	store_rollback(s);
	return -1;
}

int
reindex_tape(struct store *s, int64_t tape, const struct rules *rules,
    struct reindex_figures *f, struct err *e)
{
	struct reindex *i = reindex_new(tape, rules);
	int r;

	do
		r = reindex_step(i, s, e);
	while (r == 1);
	*f = i->figures;
	reindex_free(i);
	return r;
}

/* ---- long bodies ------------------------------------------------------- */

_Static_assert(IDENTITY_LEAST == BODY_PART, "the store finds those");

struct reindex_found {
	int64_t tape, entry;
};

static int
reindex_long_any(void *arg, int64_t tape, int64_t entry)
{
	(void)arg;
	(void)tape;
	(void)entry;
	return 1;
}

int
reindex_long_due(struct store *s, int64_t tape, struct err *e)
{
	int r = store_long_keyed(s, e);

	if (r != 0)
		return r == 1 ? 0 : -1;
	return store_long_requests(s, tape, reindex_long_any, NULL, e);
}

static int
reindex_long_found(void *arg, int64_t tape, int64_t entry)
{
	struct reindex_found f = { tape, entry };

	buf_add(arg, &f, sizeof(f));
	return 0;
}

/* Found entries of one tape for one transaction: as many as are done, or -1.
 */
static int64_t
reindex_long_some(
    struct reindex *i, const struct reindex_found *f, size_t n, struct err *e)
{
	uint64_t bytes = 0;
	size_t k;

	if (store_begin(i->store, e) == -1)
		return -1;
	for (k = 0; k < n && f[k].tape == i->tape && bytes < REINDEX_BYTES;
	     k++) {
		i->at = f[k].entry - 1;
		if (reindex_entry(i, e) == -1)
			break;
		bytes += i->x->request.body.size;
	}
	if ((k == n || f[k].tape != i->tape || bytes >= REINDEX_BYTES) &&
	    store_commit(i->store, e) == 0)
		return (int64_t)k;
	store_rollback(i->store);
	return -1;
}

/* The tape of the first one.  As many as are done, or -1. */
static int64_t
reindex_long_tape(
    struct reindex *i, const struct reindex_found *f, size_t n, struct err *e)
{
	struct rules *rules = reindex_rules_of(i->store, f->tape, e);
	int64_t done = 0, some;

	if (rules == NULL)
		return -1;
	i->tape = f->tape;
	i->keyer = keyer_new(rules);
	do {
		some = reindex_long_some(i, f + done, n - (size_t)done, e);
		done += some;
	} while (some > 0 && (size_t)done < n && f[done].tape == i->tape);
	keyer_free(i->keyer);
	rules_free(rules);
	return some == -1 ? -1 : done;
}

int
reindex_long(struct store *s, struct reindex_figures *figures, struct err *e)
{
	struct reindex i = { .store = s, .x = exchange_new() };
	struct buf found = { 0 };
	const struct reindex_found *f;
	size_t n, done = 0;
	int64_t r = store_long_requests(s, 0, reindex_long_found, &found, e);

	f = (const struct reindex_found *)(const void *)found.p;
	n = found.n / sizeof(*f);
	while (r >= 0 && done < n) {
		r = reindex_long_tape(&i, f + done, n - done, e);
		done += r > 0 ? (size_t)r : 0;
	}
	if (r >= 0)
		r = store_set_long_keyed(s, e);
	*figures = i.figures;
	exchange_free(i.x);
	buf_free(&found);
	return r >= 0 ? 0 : -1;
}
