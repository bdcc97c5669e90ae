/* The one face of all stores: each call goes to whose it is. */
#include "config.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "base/mem.h"
#include "har/feed.h"
#include "recorder/store_ops.h"

#include "recorder/store.h"

void
store_init(struct store *s, const struct store_ops *ops, const char *path)
{
	s->ops = ops;
	s->path = xstrdup(path);
	s->digest = digest_new();
}

void
store_fini(struct store *s)
{
	digest_free(s->digest);
	repeats_fini(&s->repeats);
	row_scratch_fini(&s->scratch);
	free(s->path);
}

int
store_body_damaged(struct store *s, int64_t body, struct err *e)
{
	return err_set(e,
	    "store %s: body %lld is damaged: its bytes are not those of its "
	    "digest; restore it from a copy",
	    s->path, (long long)body);
}

int
store_body_verify(struct store *s, const struct body *b, struct err *e)
{
	uint8_t sum[DIGEST_BYTES];

	if (b->bytes.n != b->size)
		return err_set(e, "store %s: body %lld has %zu bytes, not %llu",
		    s->path, (long long)b->stored_id, b->bytes.n,
		    (unsigned long long)b->size);
	if (!b->hashed)
		return 0;
	digest_add(s->digest, b->bytes.p, b->bytes.n);
	digest_end(s->digest, sum);
	return memcmp(sum, b->sha256, DIGEST_BYTES) == 0
		   ? 0
		   : store_body_damaged(s, b->stored_id, e);
}

/* The pieces of from as parts that are full but for the last. */
static int
store_put_pieces(struct store *s, int64_t id, struct feed *from, struct err *e)
{
	struct buf part = { 0 };
	struct str piece;
	int r;

	while ((r = feed_next(from, &piece, e)) == 1) {
		digest_add(s->digest, piece.p, piece.n);
		buf_add_str(&part, piece);
		if (part.n < BODY_PART)
			continue;
		r = store_body_part(
		    s, id, (struct str){ part.p, BODY_PART }, e);
		if (r == -1)
			break;
		buf_drop(&part, BODY_PART);
	}
	if (r == 0)
		r = store_body_part(s, id, buf_str(&part), e);
	buf_free(&part);
	return r;
}

int64_t
store_put_spool(struct store *s, struct body *b, struct err *e)
{
	struct feed *from = body_feed(b);
	int64_t id = store_body_begin(s, e);
	int r = id < 0 ? -1 : store_put_pieces(s, id, from, e);

	feed_free(from);
	digest_end(s->digest, b->sha256);
	if (r != 0)
		return -1;
	b->hashed = true;
	return store_body_end(s, id, body_held(b), b->sha256, e);
}

void
store_filter_statuses(const struct store_filter *f, int *low, int *high)
{
	*low = *high = f->status;
	if (f->status == 0) {
		*low = INT_MIN;
		*high = INT_MAX;
	} else if (f->status < 10) {
		*low = 100 * f->status;
		*high = *low + 99;
	}
}

bool
store_is_shared(const char *path)
{
	return str_starts(str_of(path), "postgresql://") ||
	       str_starts(str_of(path), "postgres://");
}

bool
store_exists(const char *path)
{
	return store_is_shared(path) ? pg_exists(path)
				     : access(path, F_OK) == 0;
}

bool
store_answers(const char *url)
{
	return pg_answers(url);
}

char *
store_beside(const char *path)
{
	return xstrdup(store_is_shared(path) ? "./hark-shared" : path);
}

int
store_name_check(const char *path, struct err *e)
{
	return store_is_shared(path) ? pg_name_check(path, e) : 0;
}

struct store *
store_open(
    const char *path, enum store_access access, bool durable, struct err *e)
{
	if (store_is_shared(path))
		return pg_open(path, access, durable, e);
	return sqlite_open(path, access, durable, e);
}

void
store_close(struct store *s)
{
	if (s != NULL)
		s->ops->close(s);
}

int64_t
store_body_begin(struct store *s, struct err *e)
{
	return s->ops->body_begin(s, e);
}

void
store_no_sync(struct store *s)
{
	s->ops->no_sync(s);
}

int64_t
store_tape(struct store *s, struct str name, bool create, struct err *e)
{
	return s->ops->tape(s, name, create, e);
}

int
store_tapes(struct store *s,
    int (*on_tape)(void *arg, const struct store_tape_row *), void *arg,
    struct err *e)
{
	return s->ops->tapes(s, on_tape, arg, e);
}

int
store_extent(
    struct store *s, struct str tape, struct store_extent *x, struct err *e)
{
	return s->ops->extent(s, tape, x, e);
}

int
store_hold(struct store *s, struct err *e)
{
	return s->ops->hold(s, e);
}

int
store_hold_next(struct store *s, struct err *e)
{
	return s->ops->hold_next(s, e);
}

int
store_check(struct store *s, struct buf *faults, struct err *e)
{
	return s->ops->check(s, faults, e);
}

int
store_begin(struct store *s, struct err *e)
{
	return s->ops->begin(s, e);
}

int
store_commit(struct store *s, struct err *e)
{
	return s->ops->commit(s, e);
}

void
store_rollback(struct store *s)
{
	s->ops->rollback(s);
}

bool
store_stuck(const struct store *s)
{
	return s->ops->stuck(s);
}

bool
store_refused(const struct store *s)
{
	return s->ops->refused(s);
}

int
store_body_part(struct store *s, int64_t body, struct str bytes, struct err *e)
{
	return s->ops->body_part(s, body, bytes, e);
}

int64_t
store_body_end(struct store *s, int64_t body, uint64_t size,
    const uint8_t sha256[DIGEST_BYTES], struct err *e)
{
	return s->ops->body_end(s, body, size, sha256, e);
}

int
store_body_forget(struct store *s, int64_t body, struct err *e)
{
	return s->ops->body_forget(s, body, e);
}

int
store_draft(struct store *s, int64_t tape, struct exchange *x, int64_t body,
    struct err *e)
{
	return s->ops->draft(s, tape, x, body, e);
}

int
store_draft_chunks(
    struct store *s, int64_t draft, struct str packed, struct err *e)
{
	return s->ops->draft_chunks(s, draft, packed, e);
}

int
store_body_cut(struct store *s, int64_t body, uint64_t offset, struct err *e)
{
	return s->ops->body_cut(s, body, offset, e);
}

int
store_put(struct store *s, int64_t tape, struct exchange *x, struct err *e)
{
	return s->ops->put(s, tape, x, e);
}

int
store_put_all(struct store *s, int64_t tape, struct exchange *const *x,
    size_t n, struct err *e)
{
	size_t i;

	if (s->ops->put_all != NULL)
		return s->ops->put_all(s, tape, x, n, e);
	for (i = 0; i < n; i++)
		if (store_put(s, tape, x[i], e) != 0)
			return -1;
	return 0;
}

int
store_replace(struct store *s, struct exchange *x, struct err *e)
{
	return s->ops->replace(s, x, e);
}

int
store_count_again(struct store *s, int64_t entry, struct err *e)
{
	return s->ops->count_again(s, entry, e);
}

int
store_remove(struct store *s, int64_t entry, struct err *e)
{
	return s->ops->remove(s, entry, e);
}

int64_t
store_remove_many(struct store *s, int64_t tape, const int64_t *entries,
    size_t n, struct err *e)
{
	return n > 0 ? s->ops->remove_many(s, tape, entries, n, e) : 0;
}

int64_t
store_removed(struct store *s, int64_t tape, struct err *e)
{
	return s->ops->removed(s, tape, e);
}

int64_t
store_weigh(struct store *s, int64_t tape, int64_t after,
    struct store_weight *out, size_t most, struct err *e)
{
	return s->ops->weigh(s, tape, after, out, most, e);
}

int64_t
store_turn(struct store *s, int64_t tape, const uint8_t name[STORE_CURSOR_NAME],
    int64_t total, bool cycle, struct err *e)
{
	return s->ops->turn(s, tape, name, total, cycle, e);
}

int
store_rewind(struct store *s, int64_t tape, struct err *e)
{
	return s->ops->rewind(s, tape, e);
}

int64_t
store_find(struct store *s, int64_t tape, const uint8_t key[EXCHANGE_KEY_BYTES],
    bool normal, struct store_candidate *out, size_t cap, struct err *e)
{
	return s->ops->find(s, tape, key, normal, out, cap, e);
}

int
store_get(struct store *s, int64_t entry, size_t most_body, struct exchange **x,
    struct err *e)
{
	return s->ops->get(s, entry, most_body, x, e);
}

int
store_get_answer(struct store *s, int64_t entry, size_t most_body,
    struct exchange **x, struct err *e)
{
	return s->ops->get_answer != NULL
		   ? s->ops->get_answer(s, entry, most_body, x, e)
		   : s->ops->get(s, entry, most_body, x, e);
}

int
store_body_load(struct store *s, struct body *b, uint64_t most, struct err *e)
{
	return s->ops->body_load(s, b, most, e);
}

int64_t
store_body_read(struct store *s, int64_t body, uint64_t offset, void *out,
    size_t n, struct err *e)
{
	return s->ops->body_read(s, body, offset, out, n, e);
}

int
store_list(struct store *s, const struct store_filter *f,
    int (*on_entry)(void *arg, const struct store_entry_row *), void *arg,
    struct err *e)
{
	return s->ops->list(s, f, on_entry, arg, e);
}

int
store_ids(struct store *s, int64_t tape,
    void (*on_id)(void *arg, int64_t entry), void *arg, struct err *e)
{
	return s->ops->ids(s, tape, on_id, arg, e);
}

int
store_keys(struct store *s, int64_t tape,
    int (*on_key)(void *arg, const uint8_t *key, int64_t entry), void *arg,
    struct err *e)
{
	if (s->ops->keys == NULL)
		return err_set(
		    e, "store %s: keys are not read one by one", s->path);
	return s->ops->keys(s, tape, on_key, arg, e);
}

bool
store_moment(struct store *s, struct store_moment *m)
{
	return s->ops->moment != NULL && s->ops->moment(s, m);
}

int
store_requests(struct store *s, int64_t after,
    void (*on_request)(void *arg, const struct store_request *), void *arg,
    struct err *e)
{
	return s->ops->requests(s, after, on_request, arg, e);
}

int
store_near(struct store *s, int64_t tape, struct str target,
    int (*on_row)(void *arg, const struct store_near_row *), void *arg,
    struct err *e)
{
	return s->ops->near(s, tape, target, on_row, arg, e);
}

int
store_next_request(struct store *s, int64_t tape, int64_t after,
    size_t most_body, struct exchange *x, struct err *e)
{
	return s->ops->next_request(s, tape, after, most_body, x, e);
}

int
store_set_keys(struct store *s, const struct exchange *x, struct err *e)
{
	return s->ops->set_keys(s, x, e);
}

int
store_long_requests(struct store *s, int64_t tape,
    int (*on_entry)(void *arg, int64_t tape, int64_t entry), void *arg,
    struct err *e)
{
	return s->ops->long_requests(s, tape, on_entry, arg, e);
}

int
store_long_keyed(struct store *s, struct err *e)
{
	return s->ops->long_keyed(s, e);
}

int
store_set_long_keyed(struct store *s, struct err *e)
{
	return s->ops->set_long_keyed(s, e);
}

void
store_patience(struct store *s, int64_t us)
{
	if (s->ops->patience != NULL)
		s->ops->patience(s, us);
}

void
store_poll(struct store *s, int64_t us)
{
	if (s->ops->poll != NULL)
		s->ops->poll(s, us);
}

void
store_hasten(struct store *s)
{
	if (s->ops->hasten != NULL)
		s->ops->hasten(s);
}

int64_t
store_version(struct store *s)
{
	return s->ops->version(s);
}

enum store_news
store_news(struct store *s, int64_t tape, int64_t *seen,
    void (*on_key)(void *arg, const uint8_t key[EXCHANGE_KEY_BYTES]), void *arg)
{
	return s->ops->news(s, tape, seen, on_key, arg);
}

bool
store_has_unknown_bodies(struct store *s, int64_t tape)
{
	return s->ops->has_unknown_bodies(s, tape);
}

bool
store_has_scopes(struct store *s, int64_t tape)
{
	return s->ops->has_scopes(s, tape);
}

bool
store_again(struct store *s, int attempt)
{
	return s->ops->again(s, attempt);
}
