#include "config.h"

#include <stdlib.h>

#include "base/err.h"
#include "recorder/recorder.h"
#include "recorder/store.h"

#include "recorder/group.h"

#define GROUP_PLAIN 256 /* entries that a store is given at a time */

static void
recording_free(struct recording *p)
{
	if (p == NULL)
		return;
	digest_free(p->digest);
	free(p);
}

static void
recording_sum(struct recording *p, struct str bytes)
{
	digest_add(p->digest, bytes.p, bytes.n);
	p->size += bytes.n;
}

static int
recording_begin(struct recording *p, struct store *s, struct err *e)
{
	int64_t body;

	if (p->body != 0)
		return 0;
	body = store_body_begin(s, e);
	if (body < 0)
		return -1;
	p->body = body;
	return 0;
}

/* The bytes are the last that were summed. */
static int
recording_write(
    struct recording *p, struct store *s, struct str bytes, struct err *e)
{
	if (recording_begin(p, s, e) != 0)
		return -1;
	if (p->drafted && store_body_cut(s, p->body, p->size - bytes.n, e) != 0)
		return -1;
	return store_body_part(s, p->body, bytes, e);
}

/*
 * Ends the recording of b: what b still has in memory is its last part.  b
 * keeps those bytes, for another try after a rollback.
 */
static int
recording_end(
    struct recording *p, struct store *s, struct body *b, struct err *e)
{
	int64_t id;

	if (p == NULL || !p->parted)
		return 0;
	if (p->failed)
		return err_set(e, "a part of a body could not be stored");
	if (!p->ended) {
		recording_sum(p, buf_str(&b->bytes));
		digest_end(p->digest, p->sha256);
		p->ended = true;
	}
	if (recording_write(p, s, buf_str(&b->bytes), e) != 0)
		return -1;
	id = store_body_end(s, p->body, p->size, p->sha256, e);
	if (id < 0)
		return -1;
	b->stored_id = id;
	b->size = p->size;
	return 0;
}

/* After a rollback: nothing of it is in the store but what was before. */
static void
recording_reset(struct recording *p)
{
	if (p == NULL)
		return;
	p->body = p->kept;
	p->draft = p->kept_draft;
}

/* Of an exchange that is given up, the parts that were committed before; but
 * a draft is all that is left of it.  What cannot be deleted now is swept out
 * when the store is next opened. */
static void
recording_forget(struct recording *p, struct store *s)
{
	struct err e;

	if (p != NULL && p->body > 0 && p->draft == 0)
		(void)store_body_forget(s, p->body, &e);
}

/* The draft goes; its body stays if it is an entry's by now. */
static int
recording_undraft(const struct recording *p, struct store *s, struct err *e)
{
	if (p == NULL || p->draft == 0)
		return 0;
	return store_remove(s, p->draft, e) == -1 ? -1 : 0;
}

static int
recording_undo(const struct recording *p, struct store *s, struct err *e)
{
	if (p == NULL || p->body == 0)
		return recording_undraft(p, s, e);
	if (store_body_forget(s, p->body, e) != 0)
		return -1;
	return recording_undraft(p, s, e);
}

/* Once, however often it is written. */
static void
item_finish(struct item *i)
{
	if (i->finish != NULL)
		i->finish(i->arg, i->x);
	i->finish = NULL;
}

static int
item_write_exchange(
    const struct group_target *to, struct item *i, struct err *e)
{
	struct exchange *x = i->x;
	int apply = on_record_apply(to->on_record, to->store, to->tape, x, e);

	if (apply == -1)
		return -1;
	if (apply == 0) {
		i->declined = true;
		if (recording_undo(i->request, to->store, e) != 0)
			return -1;
		return recording_undo(i->response, to->store, e);
	}
	if (recording_end(i->request, to->store, &x->request.body, e) != 0 ||
	    recording_end(i->response, to->store, &x->response.body, e) != 0)
		return -1;
	if (store_put(to->store, to->tape, x, e) != 0)
		return -1;
	return recording_undraft(i->response, to->store, e);
}

static int
item_write_part(const struct group_target *to, struct item *i, struct err *e)
{
	struct recording *p = i->recording;

	if (!i->summed)
		recording_sum(p, buf_str(&i->part));
	i->summed = true;
	p->parted = true;
	if (p->failed)
		return 0;
	return recording_write(p, to->store, buf_str(&i->part), e);
}

/* The draft's row. */
static int
item_begin_draft(const struct group_target *to, struct item *i, struct err *e)
{
	struct recording *p = i->recording;
	struct exchange *x = i->x;
	int apply;

	x->outcome = OUTCOME_TRUNCATED;
	/* What comes of it may be the same as what there is. */
	apply = to->on_record == ON_RECORD_FOLD
		    ? 1
		    : on_record_apply(to->on_record, to->store, to->tape, x, e);
	p->undrafted = apply == 0;
	if (apply <= 0)
		return apply;
	if (x->response.body.known && recording_begin(p, to->store, e) != 0)
		return -1;
	if (store_draft(to->store, to->tape, x,
		x->response.body.known ? p->body : 0, e) != 0)
		return -1;
	p->draft = x->id;
	return 0;
}

static int
item_write_draft(const struct group_target *to, struct item *i, struct err *e)
{
	struct recording *p = i->recording;

	if (p->failed || p->undrafted)
		return 0;
	if (i->x != NULL && item_begin_draft(to, i, e) != 0)
		return -1;
	if (p->draft == 0)
		return 0;
	p->drafted = true;
	if (i->part.n > 0 &&
	    store_body_part(to->store, p->body, buf_str(&i->part), e) != 0)
		return -1;
	return i->chunks.n == 0 ? 0
				: store_draft_chunks(to->store, p->draft,
				      buf_str(&i->chunks), e);
}

static int
item_write(const struct group_target *to, struct item *i, struct err *e)
{
	switch (i->kind) {
	case ITEM_EXCHANGE:
		return item_write_exchange(to, i, e);
	case ITEM_PART:
		return item_write_part(to, i, e);
	case ITEM_DRAFT:
		return item_write_draft(to, i, e);
	case ITEM_DROP:
		return recording_undo(i->recording, to->store, e);
	}
	return 0;
}

static void
item_reset(struct item *i)
{
	recording_reset(i->recording);
	if (i->kind != ITEM_EXCHANGE)
		return;
	i->declined = false;
	i->x->id = 0;
	if (i->request != NULL)
		i->x->request.body.stored_id = 0;
	if (i->response != NULL)
		i->x->response.body.stored_id = 0;
	recording_reset(i->request);
	recording_reset(i->response);
}

static void
item_keep(struct item *i)
{
	struct recording *p = i->recording;

	if (i->kind != ITEM_PART && i->kind != ITEM_DRAFT)
		return;
	p->kept = p->body;
	p->kept_draft = p->draft;
}

static void
item_lose(struct item *i, struct store *s)
{
	i->lost = true;
	if (i->kind == ITEM_PART)
		i->recording->failed = true;
	if (i->kind == ITEM_DRAFT)
		i->recording->undrafted = true;
	if (i->kind == ITEM_EXCHANGE) {
		recording_forget(i->request, s);
		recording_forget(i->response, s);
	}
}

/* Its exchange, or NULL, goes to the caller, and with it its memory if it is an
 * exchange's. */
static struct exchange *
item_end(struct item *i)
{
	struct exchange *x = i->x;

	if (i->kind == ITEM_EXCHANGE) {
		recording_free(i->request);
		recording_free(i->response);
	} else if (i->kind == ITEM_DROP) {
		recording_free(i->recording);
	}
	buf_free(&i->part);
	buf_free(&i->chunks);
	if (i->kind != ITEM_EXCHANGE)
		free(i);
	return x;
}

/* Whether i cannot be written whatever the store says: no reason to take the
 * rest of its group apart. */
static bool
item_hopeless(const struct item *i)
{
	return (i->request != NULL && i->request->failed) ||
	       (i->response != NULL && i->response->failed);
}

/* Whether i is an entry to add and nothing else. */
static bool
item_is_plain(const struct group_target *to, const struct item *i)
{
	return i->kind == ITEM_EXCHANGE && !i->lost && i->request == NULL &&
	       i->response == NULL && to->on_record == ON_RECORD_APPEND;
}

static int
group_write_items(const struct group_target *to, struct item *first,
    const struct item *end, struct err *e)
{
	struct exchange *plain[GROUP_PLAIN];
	struct item *i;
	size_t n;

	for (i = first; i != end;) {
		for (n = 0; i != end && n < GROUP_PLAIN && item_is_plain(to, i);
		     i = i->next)
			plain[n++] = i->x;
		if (n > 0) {
			if (store_put_all(to->store, to->tape, plain, n, e) !=
			    0)
				return -1;
			continue;
		}
		if (!i->lost && item_write(to, i, e) != 0)
			return -1;
		i = i->next;
	}
	return 0;
}

/* All up to end in one transaction; rolled back when something fails. */
static int
group_try(const struct group_target *to, struct item *first,
    const struct item *end, struct err *e)
{
	struct item *i;

	if (store_begin(to->store, e) != 0)
		return -1;
	if (group_write_items(to, first, end, e) == 0 &&
	    store_commit(to->store, e) == 0) {
		for (i = first; i != end; i = i->next)
			item_keep(i);
		return 0;
	}
	store_rollback(to->store);
	for (i = first; i != end; i = i->next)
		item_reset(i);
	return -1;
}

static void
group_lose(const struct group_target *to, struct item *first)
{
	struct item *i;

	for (i = first; i != NULL; i = i->next)
		if (!i->lost)
			item_lose(i, to->store);
}

/* As group_try(), also when others write. */
static int
group_insist(const struct group_target *to, struct item *first,
    const struct item *end, struct err *e)
{
	int attempt = 0;

	while (group_try(to, first, end, e) != 0)
		if (!store_again(to->store, attempt++))
			return -1;
	return 0;
}

uint64_t
group_write(const struct group_target *to, struct item *first, bool *failed,
    struct err *e)
{
	struct item *i;
	uint64_t commits = 0;
	struct err later;
	bool told = false;

	*failed = false;
	for (i = first; i != NULL; i = i->next) {
		item_finish(i);
		if (item_hopeless(i)) {
			item_lose(i, to->store);
			*failed = true;
			err_set(e, "a part of a body could not be stored");
		}
	}
	if (group_insist(to, first, NULL, e) == 0)
		return 1;
	/* A store that is stuck would make each of them wait. */
	for (i = first; i != NULL; i = i->next) {
		if (store_stuck(to->store)) {
			group_lose(to, i);
			*failed = true;
			break;
		}
		if (i->lost)
			continue;
		/* The first says why; of what follows from it others tell. */
		if (group_insist(to, i, i->next, told ? &later : e) == 0) {
			commits++;
			continue;
		}
		item_lose(i, to->store);
		*failed = told = true;
	}
	return commits;
}

void
group_end(
    struct item *first, void (*done)(void *arg, struct exchange *x), void *arg)
{
	struct item *i;
	struct exchange *x;

	while ((i = first) != NULL) {
		first = i->next;
		if (i->on_written != NULL)
			i->on_written(i->arg, i->lost ? -1 : i->x->id);
		x = item_end(i);
		if (x != NULL)
			done(arg, x);
	}
}
