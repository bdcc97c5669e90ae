#ifndef TESTS_UNIT_STORE_CASES_H
#define TESTS_UNIT_STORE_CASES_H

/*
 * What holds for every store, whatever keeps it.  Who includes it defines
 * before: writer() and reader(), which open the store of a name (none has been
 * made under it before), and of(), which gives the number that SQL calls what
 * of its table entry, body or part.
 */

#include <stdlib.h>
#include <time.h>

#include "base/err.h"
#include "base/mem.h"
#include "recorder/retain.h"
#include "recorder/store.h"

#include "tap.h"

static struct err e;

static struct store *writer(const char *name);
static struct store *reader(const char *name);
static int64_t of(const char *name, const char *what, const char *table);

static int64_t
tape(struct store *s, const char *name)
{
	int64_t id = store_tape(s, str_of(name), true, &e);

	CHECK(id > 0);
	return id;
}

static void
set_body(struct body *b, const void *p, size_t n)
{
	buf_add(&b->bytes, p, n);
	b->size = n;
}

/* n bytes that differ from body to body and hold every value. */
static void
set_noise(struct body *b, size_t n, unsigned seed)
{
	char *p = buf_reserve(&b->bytes, n);
	uint64_t v = seed * 2654435761u + 1;
	size_t i;

	for (i = 0; i < n; i++) {
		v = v * 6364136223846793005u + 1442695040888963407u;
		p[i] = (char)(v >> 56);
	}
	b->bytes.n = b->size = n;
}

static struct exchange *
exchange(const char *method, const char *target, const char *body)
{
	struct exchange *x = exchange_new();

	x->method = arena_str(&x->arena, str_of(method));
	x->target = arena_str(&x->arena, str_of(target));
	x->url = str_of(arena_printf(&x->arena, "http://api.test%s", target));
	x->status = 200;
	x->reason = STR("OK");
	x->started_us = 1700000000123456;
	set_body(&x->response.body, body, strlen(body));
	memset(x->key, 'k', sizeof(x->key));
	x->keyed = true;
	return x;
}

/* Stores it and frees it; gives the id. */
static int64_t
put(struct store *s, int64_t t, struct exchange *x)
{
	int r = store_put(s, t, x, &e);
	int64_t id = x->id;

	exchange_free(x);
	if (r != 0)
		printf("# %s\n", e.text);
	CHECK_INT(r, 0);
	CHECK(id > 0);
	return id;
}

static struct exchange *
get(struct store *s, int64_t id)
{
	struct exchange *x;
	int r = store_get(s, id, SIZE_MAX, &x, &e);

	if (r < 0)
		printf("# %s\n", e.text);
	CHECK_INT(r, 1);
	return x;
}

static void
add_field(
    struct headers *h, struct exchange *x, const char *name, const char *value)
{
	headers_add(h, &x->arena, str_of(name), str_of(value));
}

/* One with something in every member. */
static struct exchange *
rich_exchange(void)
{
	static struct chunk_mark marks[] = { { 0, 1500 }, { 4, 301200 },
		{ 200, 301100 }, { UINT64_C(1) << 40, 1 << 30 } };
	struct exchange *x = exchange("POST", "/a%2fb//c?x=1&y", "");
	struct interim *i = arena_zalloc(&x->arena, sizeof(*i));

	buf_clear(&x->response.body.bytes, 0);
	x->timings = (struct timings){ 0, 1000, 2500, 1200, 7, 80000, 9 };
	x->scope = STR("other.test");
	x->request.version = STR("h2");
	x->request.minor = -1;
	x->request.framing = FRAMING_CHUNKED;
	x->request.head_bytes = 321;
	add_field(&x->request.headers, x, "HOST", "api.test");
	add_field(&x->request.headers, x, "x-dup", "1");
	add_field(&x->request.headers, x, "X-Dup", "");
	add_field(&x->request.trailers, x, "Checksum", "abc");
	set_body(&x->request.body, "a\0b", 3);
	x->status = 201;
	x->reason = STR("Cr\xe9"
			"ated");
	x->response.framing = FRAMING_CLOSE;
	add_field(&x->response.headers, x, "Content-Type", "text/plain");
	add_field(&x->response.headers, x, "Set-Cookie", "a=1; \xff");
	add_field(&x->response.trailers, x, "T", "u");
	set_noise(&x->response.body, 70000, 7);
	i->status = 103;
	add_field(&i->headers, x, "Link", "</s.css>");
	i->next = arena_zalloc(&x->arena, sizeof(*i));
	i->next->status = 102;
	x->interims = i;
	x->chunks = marks;
	x->nchunks = 4;
	x->outcome = OUTCOME_TRUNCATED;
	x->failure = STR("12 bytes missing");
	x->server_addr = STR("192.0.2.1:443");
	x->client_addr = STR("[::1]:5000");
	x->connection = STR("c7");
	x->session = STR("s");
	x->mode = STR("record");
	x->comment = STR("a comment");
	x->extra = STR("{\"_x\":1}");
	return x;
}

static void
same_headers(const struct headers *a, const struct headers *b)
{
	size_t i;

	CHECK_INT(a->n, b->n);
	for (i = 0; i < a->n; i++) {
		CHECK(str_eq(a->v[i].name, b->v[i].name));
		CHECK(str_eq(a->v[i].value, b->v[i].value));
	}
}

static void
same_message(const struct message *a, const struct message *b)
{
	CHECK(str_eq(a->version, b->version));
	CHECK_INT(a->minor, b->minor);
	CHECK_INT(a->framing, b->framing);
	CHECK_INT(a->head_bytes, b->head_bytes);
	same_headers(&a->headers, &b->headers);
	same_headers(&a->trailers, &b->trailers);
	CHECK_INT(a->body.known, b->body.known);
	CHECK_INT(a->body.size, b->body.size);
	CHECK(str_eq(buf_str(&a->body.bytes), buf_str(&b->body.bytes)));
}

static void
same_places(const struct exchange *a, const struct exchange *b)
{
	CHECK(str_eq(a->server_addr, b->server_addr));
	CHECK(str_eq(a->client_addr, b->client_addr));
	CHECK(str_eq(a->connection, b->connection));
	CHECK(str_eq(a->session, b->session));
	CHECK(str_eq(a->mode, b->mode));
	CHECK(str_eq(a->comment, b->comment));
	CHECK(str_eq(a->extra, b->extra));
}

static void
same_exchange(const struct exchange *a, const struct exchange *b)
{
	size_t i;

	CHECK(a->keyed && b->keyed);
	CHECK(memcmp(a->key, b->key, EXCHANGE_KEY_BYTES) == 0);
	CHECK_INT(a->started_us, b->started_us);
	CHECK(memcmp(&a->timings, &b->timings, sizeof(a->timings)) == 0);
	CHECK(str_eq(a->method, b->method));
	CHECK(str_eq(a->target, b->target));
	CHECK(str_eq(a->scope, b->scope));
	CHECK(str_eq(a->url, b->url));
	CHECK_INT(a->status, b->status);
	CHECK(str_eq(a->reason, b->reason));
	CHECK_INT(a->outcome, b->outcome);
	CHECK(str_eq(a->failure, b->failure));
	same_message(&a->request, &b->request);
	same_message(&a->response, &b->response);
	same_places(a, b);
	CHECK_INT(a->nchunks, b->nchunks);
	for (i = 0; i < a->nchunks; i++) {
		CHECK_INT(a->chunks[i].offset, b->chunks[i].offset);
		CHECK_INT(a->chunks[i].at_us, b->chunks[i].at_us);
	}
}

static void
an_entry_comes_back_as_it_was_put(void)
{
	struct store *s = writer("rich.db");
	struct exchange *x = rich_exchange(), *y;

	CHECK_INT(store_put(s, tape(s, "default"), x, &e), 0);
	y = get(s, x->id);
	same_exchange(x, y);
	CHECK_INT(y->interims->status, 103);
	CHECK_VIEW(headers_get(&y->interims->headers, "Link"), "</s.css>");
	CHECK_INT(y->interims->next->status, 102);
	CHECK_INT(y->interims->next->headers.n, 0);
	CHECK(y->interims->next->next == NULL);
	exchange_free(x);
	exchange_free(y);
	store_close(s);
}

#define AT_ONCE 75 /* more than one statement adds, and some that are left */

/* Every third is rich, the others are alike but for their target. */
static void
many_entries_come_back_as_they_were_put(void)
{
	struct store *s = writer("many.db");
	int64_t t = tape(s, "default"), first;
	struct exchange *x[AT_ONCE], *y;
	int i;

	for (i = 0; i < AT_ONCE; i++) {
		x[i] = i % 3 == 0 ? rich_exchange()
				  : exchange("GET", "/", "the same");
		x[i]->target = str_of(arena_printf(&x[i]->arena, "/%d", i));
	}
	first = put(s, t, exchange("GET", "/before", "another"));
	CHECK_INT(store_begin(s, &e), 0);
	CHECK_INT(store_put_all(s, t, x, AT_ONCE, &e), 0);
	CHECK_INT(store_commit(s, &e), 0);
	for (i = 0; i < AT_ONCE; i++) {
		CHECK_INT(x[i]->id, first + 1 + i);
		y = get(s, x[i]->id);
		same_exchange(x[i], y);
		exchange_free(y);
		exchange_free(x[i]);
	}
	CHECK_INT(put(s, t, exchange("GET", "/behind", "another")),
	    first + 1 + AT_ONCE);
	store_close(s);
}

static void
same_answer(const struct exchange *a, const struct exchange *b)
{
	size_t i;

	CHECK_INT(a->id, b->id);
	CHECK(b->keyed);
	CHECK(memcmp(a->key, b->key, EXCHANGE_KEY_BYTES) == 0);
	CHECK_INT(b->normal_keyed, false);
	CHECK_INT(a->times, b->times);
	CHECK_INT(a->started_us, b->started_us);
	CHECK_INT(a->timings.blocked, b->timings.blocked);
	CHECK_INT(a->timings.dns, b->timings.dns);
	CHECK_INT(a->timings.connect, b->timings.connect);
	CHECK_INT(a->timings.send, b->timings.send);
	CHECK_INT(a->timings.wait, b->timings.wait);
	CHECK(str_eq(a->method, b->method));
	CHECK(str_eq(a->target, b->target));
	CHECK(str_eq(a->url, b->url));
	CHECK_INT(a->status, b->status);
	CHECK(str_eq(a->reason, b->reason));
	CHECK_INT(a->outcome, b->outcome);
	same_headers(&a->request.headers, &b->request.headers);
	CHECK_INT(a->request.body.known, b->request.body.known);
	CHECK_INT(a->request.body.size, b->request.body.size);
	same_headers(&a->response.headers, &b->response.headers);
	same_headers(&a->response.trailers, &b->response.trailers);
	CHECK_INT(a->response.body.known, b->response.body.known);
	CHECK_INT(a->response.body.size, b->response.body.size);
	CHECK_INT(a->nchunks, b->nchunks);
	for (i = 0; i < a->nchunks; i++)
		CHECK_INT(a->chunks[i].at_us, b->chunks[i].at_us);
}

/* Whatever is left out of it. */
static void
an_answer_comes_back_as_it_was_put(void)
{
	struct store *s = writer("answer.db");
	struct exchange *x = rich_exchange(), *y;

	CHECK_INT(store_put(s, tape(s, "default"), x, &e), 0);
	CHECK_INT(store_get_answer(s, x->id, 70000, &y, &e), 1);
	same_answer(x, y);
	CHECK(str_eq(buf_str(&x->response.body.bytes),
	    buf_str(&y->response.body.bytes)));
	CHECK_INT(y->response.body.stored_id, 0);
	exchange_free(y);
	CHECK_INT(store_get_answer(s, x->id, 69999, &y, &e), 1);
	same_answer(x, y);
	CHECK(y->response.body.stored_id > 0);
	CHECK_INT(y->response.body.bytes.n, 0);
	exchange_free(y);
	CHECK_INT(store_get_answer(s, x->id + 1, 70000, &y, &e), 0);
	exchange_free(x);
	x = exchange("GET", "/none", "");
	CHECK_INT(store_put(s, tape(s, "default"), x, &e), 0);
	CHECK_INT(store_get_answer(s, x->id, 70000, &y, &e), 1);
	same_answer(x, y);
	exchange_free(x);
	exchange_free(y);
	x = exchange("GET", "/parts", "");
	set_noise(&x->response.body, BODY_PART + 1, 3);
	CHECK_INT(store_put(s, tape(s, "default"), x, &e), 0);
	CHECK_INT(store_get_answer(s, x->id, SIZE_MAX, &y, &e), 1);
	same_answer(x, y);
	CHECK(str_eq(buf_str(&x->response.body.bytes),
	    buf_str(&y->response.body.bytes)));
	exchange_free(x);
	exchange_free(y);
	store_close(s);
}

static void
an_empty_exchange_comes_back_as_it_was_put(void)
{
	struct store *s = writer("empty.db");
	struct exchange *x = exchange_new(), *y;

	CHECK_INT(store_put(s, tape(s, "default"), x, &e), 0);
	y = get(s, x->id);
	CHECK(!y->keyed);
	CHECK_INT(y->timings.blocked, -1);
	CHECK_INT(y->timings.receive, -1);
	CHECK_INT(y->request.head_bytes, -1);
	CHECK(y->interims == NULL);
	CHECK_INT(y->nchunks, 0);
	same_message(&x->request, &y->request);
	same_message(&x->response, &y->response);
	same_places(x, y);
	exchange_free(x);
	exchange_free(y);
	store_close(s);
}

static void
an_unknown_body_is_not_an_empty_one(void)
{
	struct store *s = writer("unknown.db");
	int64_t t = tape(s, "default"), other = tape(s, "other"), id;
	struct exchange *x = exchange("POST", "/a", "");

	put(s, other, exchange("GET", "/b", ""));
	CHECK(!store_has_unknown_bodies(s, t));
	x->request.body.known = false;
	x->request.body.size = 77;
	id = put(s, t, x);
	x = get(s, id);
	CHECK(!x->request.body.known);
	CHECK_INT(x->request.body.size, 77);
	CHECK_INT(x->request.body.stored_id, 0);
	CHECK(x->response.body.known);
	CHECK(store_has_unknown_bodies(s, t));
	CHECK(!store_has_unknown_bodies(s, other));
	exchange_free(x);
	store_close(s);
}

static void
equal_bodies_are_stored_once(void)
{
	struct store *s = writer("once.db");
	int64_t t = tape(s, "default");

	put(s, t, exchange("GET", "/a", "same"));
	put(s, t, exchange("GET", "/b", "same"));
	put(s, t, exchange("GET", "/c", "other"));
	put(s, t, exchange("GET", "/d", ""));
	store_close(s);
	CHECK_INT(of("once.db", "count(*)", "body"), 2);
	CHECK_INT(of("once.db", "count(DISTINCT response_body)", "entry"), 2);
}

/* Two entries, each with a body of its own and one in common. */
static void
removing_keeps_the_bodies_that_others_use(void)
{
	struct store *s = writer("remove.db");
	int64_t t = tape(s, "default"), a, b;
	struct exchange *x = exchange("GET", "/a", "shared");

	set_body(&x->request.body, "only a", 6);
	a = put(s, t, x);
	x = exchange("GET", "/b", "only b");
	set_body(&x->request.body, "shared", 6);
	b = put(s, t, x);
	CHECK_INT(store_remove(s, a, &e), 1);
	CHECK_INT(store_remove(s, a, &e), 0);
	x = get(s, b);
	CHECK_VIEW(buf_str(&x->request.body.bytes), "shared");
	exchange_free(x);
	CHECK_INT(of("remove.db", "count(*)", "body"), 2);
	CHECK_INT(store_remove(s, b, &e), 1);
	CHECK_INT(store_get(s, b, 0, &x, &e), 0);
	CHECK(x == NULL);
	CHECK_INT(of("remove.db", "count(*)", "body"), 0);
	store_close(s);
}

static void
a_replaced_entry_keeps_its_number_tape_and_place(void)
{
	struct store *s = writer("replace.db");
	int64_t a = put(s, tape(s, "d"), exchange("GET", "/a", "shared"));
	int64_t b = put(s, tape(s, "other"), exchange("GET", "/b", "shared"));
	struct exchange *x = exchange("GET", "/new", "new");

	x->id = a;
	set_body(&x->request.body, "shared", 6);
	CHECK_INT(store_replace(s, x, &e), 1);
	x->id = b + 1;
	CHECK_INT(store_replace(s, x, &e), 0);
	exchange_free(x);
	x = get(s, a);
	CHECK_VIEW(x->target, "/new");
	CHECK_VIEW(buf_str(&x->request.body.bytes), "shared");
	CHECK_VIEW(buf_str(&x->response.body.bytes), "new");
	exchange_free(x);
	CHECK_INT(of("replace.db", "tape", "entry WHERE id = 1"), tape(s, "d"));
	CHECK_INT(of("replace.db", "count(*)", "entry"), 2);
	CHECK_INT(of("replace.db", "count(*)", "body"), 2);
	CHECK(put(s, tape(s, "d"), exchange("GET", "/c", "")) > b);
	store_close(s);
}

static void
an_id_is_never_given_twice(void)
{
	struct store *s = writer("ids.db");
	int64_t t = tape(s, "default");
	int64_t id = put(s, t, exchange("GET", "/a", ""));

	CHECK_INT(store_remove(s, id, &e), 1);
	CHECK(put(s, t, exchange("GET", "/b", "")) > id);
	store_close(s);
}

static void
a_body_above_1_mib_is_kept_in_parts(void)
{
	struct store *s = writer("parts.db");
	int64_t t = tape(s, "default"), id;
	struct exchange *x = exchange("GET", "/a", ""), *y;
	static char piece[300000];
	uint64_t offset = 0;
	int64_t n;

	set_noise(&x->response.body, 2 * BODY_PART + 12345, 3);
	CHECK_INT(store_put(s, t, x, &e), 0);
	put(s, t, exchange("GET", "/b", "small"));
	CHECK_INT(of("parts.db", "count(*)", "part"), 3);
	CHECK_INT(of("parts.db", "max(length(bytes))", "part"), BODY_PART);
	y = get(s, x->id);
	same_message(&x->response, &y->response);
	CHECK(y->response.body.hashed);
	CHECK(memcmp(y->response.body.sha256, x->response.body.sha256,
		  DIGEST_BYTES) == 0);
	exchange_free(y);
	CHECK_INT(store_get(s, x->id, BODY_PART, &y, &e), 1);
	id = y->response.body.stored_id;
	CHECK(id > 0);
	CHECK_INT(y->response.body.bytes.n, 0);
	CHECK_INT(y->response.body.size, 2 * BODY_PART + 12345);
	while ((n = store_body_read(s, id, offset, piece, sizeof(piece), &e)) >
	       0) {
		CHECK(memcmp(piece, x->response.body.bytes.p + offset,
			  (size_t)n) == 0);
		offset += (uint64_t)n;
	}
	CHECK_INT(n, 0);
	CHECK_INT(offset, x->response.body.size);
	CHECK_INT(store_body_read(s, id, UINT64_MAX, piece, 1, &e), 0);
	exchange_free(x);
	exchange_free(y);
	store_close(s);
}

static void
a_small_body_can_be_read_in_pieces_too(void)
{
	struct store *s = writer("pieces.db");
	int64_t id = put(s, tape(s, "d"), exchange("GET", "/a", "0123456789"));
	struct exchange *x;
	char piece[8];

	CHECK_INT(store_get(s, id, 5, &x, &e), 1);
	id = x->response.body.stored_id;
	CHECK_INT(store_body_read(s, id, 4, piece, 3, &e), 3);
	CHECK(memcmp(piece, "456", 3) == 0);
	CHECK_INT(store_body_read(s, id, 8, piece, 8, &e), 2);
	CHECK_INT(store_body_read(s, id, 10, piece, 8, &e), 0);
	CHECK_INT(store_body_read(s, 999, 0, piece, 8, &e), -1);
	CHECK(strstr(e.text, "cannot open a body") != NULL);
	exchange_free(x);
	store_close(s);
}

/* Whether somebody else's commit becomes visible, within ten seconds. */
static bool
changed(struct store *r, int64_t before)
{
	struct timespec rest = { .tv_nsec = 10000000 };
	int i;

	for (i = 0; i < 1000 && store_version(r) == before; i++)
		nanosleep(&rest, NULL);
	return store_version(r) != before;
}

/* ---- retention --------------------------------------------------------- */

/* One of that age on a clock that stands at a million seconds, with a body of
 * its own that is as long as said. */
#define CLOCK_US INT64_C(1000000000000)

static int64_t
put_aged(struct store *s, int64_t t, int64_t age_us, size_t n)
{
	static unsigned seed = 100;
	struct exchange *x = exchange("GET", "/aged", "");

	x->started_us = CLOCK_US - age_us;
	set_noise(&x->response.body, n, seed++);
	return put(s, t, x);
}

/* Does all there is to do; how many entries went, or -1. */
static int64_t
retained(struct retain *r, struct store *s, int *stale)
{
	struct retain_figures f;
	enum retain_step step;

	while ((step = retain_look(r, CLOCK_US, &e)) > RETAIN_IDLE) {
		*stale += step == RETAIN_STALE;
		if (step == RETAIN_WRITE && retain_write(s, r, &e) != 0)
			return -1;
	}
	if (step == RETAIN_FAILED)
		return -1;
	retain_figures(r, &f);
	return (int64_t)f.removed;
}

/* How many go of a tape by these limits, once. */
static int64_t
retain_once(const char *name, struct store *s, struct retain_limits most)
{
	struct store *reads = reader(name);
	struct retain *r = retain_new(reads, "d", &most);
	int stale = 0;
	int64_t n = retained(r, s, &stale);

	CHECK_INT(stale, 0);
	retain_free(r);
	store_close(reads);
	return n;
}

static void
the_oldest_entries_go_when_there_are_too_many(void)
{
	struct store *s = writer("keep-many.db");
	int64_t t = tape(s, "d"), other = tape(s, "other"), id = 0, kept;
	int i;

	kept = put_aged(s, other, 5, 10);
	for (i = 0; i < 250; i++)
		id = put_aged(s, t, 5, 10);
	CHECK_INT(retain_once("keep-many.db", s,
		      (struct retain_limits){ .entries = 300 }),
	    0);
	CHECK_INT(retain_once("keep-many.db", s,
		      (struct retain_limits){ .entries = 3 }),
	    247);
	CHECK_INT(of("keep-many.db", "count(*)", "entry"), 4);
	CHECK_INT(of("keep-many.db", "count(*)", "body"), 4);
	CHECK_INT(of("keep-many.db", "max(id)", "entry"), id);
	exchange_free(get(s, id - 2));
	exchange_free(get(s, kept));
	store_close(s);
}

static void
what_is_too_old_goes_wherever_it_is(void)
{
	struct store *s = writer("keep-old.db");
	int64_t t = tape(s, "d"), young = put_aged(s, t, 9, 10);

	put_aged(s, t, 11, 10);
	put_aged(s, t, 10, 10);
	put_aged(s, tape(s, "other"), 11, 10);
	put_aged(s, t, 12, 10);
	CHECK_INT(retain_once(
		      "keep-old.db", s, (struct retain_limits){ .age_us = 10 }),
	    2);
	exchange_free(get(s, young));
	CHECK_INT(of("keep-old.db", "count(*)", "entry"), 3);
	store_close(s);
}

static void
the_oldest_entries_go_when_they_are_too_large(void)
{
	struct store *s = writer("keep-large.db");
	int64_t t = tape(s, "d"), id;

	put_aged(s, t, 5, 3000000);
	put_aged(s, t, 5, 400);
	id = put_aged(s, t, 5, 700);
	put_aged(s, t, 5, 300);
	CHECK_INT(retain_once("keep-large.db", s,
		      (struct retain_limits){ .bytes = 1000 }),
	    2);
	CHECK_INT(of("keep-large.db", "min(id)", "entry"), id);
	CHECK_INT(of("keep-large.db", "count(*)", "part"), 0);
	CHECK_INT(of("keep-large.db", "count(*)", "body"), 2);
	store_close(s);
}

static void
a_body_that_others_have_stays(void)
{
	struct store *s = writer("keep-common.db");
	int64_t t = tape(s, "d"), id;

	put(s, t, exchange("GET", "/a", "the same"));
	put(s, t, exchange("GET", "/b", "another"));
	id = put(s, t, exchange("GET", "/c", "the same"));
	CHECK_INT(retain_once("keep-common.db", s,
		      (struct retain_limits){ .entries = 1 }),
	    2);
	CHECK_INT(of("keep-common.db", "count(*)", "body"), 1);
	exchange_free(get(s, id));
	store_close(s);
}

static void
what_is_recorded_later_is_counted_and_what_others_remove_is_not(void)
{
	struct store *s = writer("keep-later.db"),
		     *reads = reader("keep-later.db");
	struct retain_limits most = { .entries = 3 };
	struct retain *r = retain_new(reads, "d", &most);
	int64_t ids[6], t = tape(s, "d");
	int i, stale = 0;

	for (i = 0; i < 4; i++)
		ids[i] = put_aged(s, t, 5, 10);
	CHECK_INT(retained(r, s, &stale), 1);
	CHECK_INT(store_remove(s, ids[3], &e), 1);
	ids[4] = put_aged(s, t, 5, 10);
	/* It counts one too many, and sees so in time. */
	CHECK_INT(retained(r, s, &stale), 1);
	CHECK_INT(stale, 1);
	ids[5] = put_aged(s, t, 5, 10);
	CHECK_INT(retained(r, s, &stale), 2);
	CHECK_INT(stale, 1);
	CHECK_INT(of("keep-later.db", "min(id)", "entry"), ids[2]);
	CHECK_INT(of("keep-later.db", "count(*)", "entry"), 3);
	retain_free(r);
	store_close(reads);
	store_close(s);
}

static void
nothing_goes_when_the_transaction_fails(void)
{
	struct store *s = writer("keep-undone.db"),
		     *reads = reader("keep-undone.db");
	struct retain_limits most = { .entries = 1 };
	struct retain *r = retain_new(reads, "d", &most);
	struct retain_figures f;
	int64_t t = tape(s, "d");
	enum retain_step step;
	int written = 0;

	put_aged(s, t, 5, 10);
	put_aged(s, t, 5, 10);
	while ((step = retain_look(r, CLOCK_US, &e)) != RETAIN_WRITE ||
	       written++ == 0)
		if (step == RETAIN_WRITE)
			CHECK_INT(retain_write(s, r, &e), 0);
	/* The writer is in the middle of something. */
	CHECK_INT(store_begin(s, &e), 0);
	CHECK_INT(retain_write(s, r, &e), -1);
	store_rollback(s);
	retain_figures(r, &f);
	CHECK_INT(f.removed, 0);
	CHECK_INT(of("keep-undone.db", "count(*)", "entry"), 2);
	CHECK_INT(retained(r, s, &written), 1);
	retain_free(r);
	store_close(reads);
	store_close(s);
}

/* As the recorder does it. */
static int64_t
stream_body(struct store *s, const struct body *b)
{
	uint8_t sum[DIGEST_BYTES];
	int64_t id = store_body_begin(s, &e);
	size_t half = b->bytes.n / 2;
	struct str first = { b->bytes.p, half };
	struct str second = { b->bytes.p + half, b->bytes.n - half };

	CHECK(id > 0);
	CHECK_INT(store_body_part(s, id, first, &e), 0);
	CHECK_INT(store_body_part(s, id, second, &e), 0);
	digest_of(b->bytes.p, b->bytes.n, sum);
	return store_body_end(s, id, b->bytes.n, sum, &e);
}

static void
a_streamed_body_meets_its_older_equal(void)
{
	struct store *s = writer("stream.db");
	struct body b = { .known = true };
	int64_t first;

	set_noise(&b, 3000000, 1);
	first = stream_body(s, &b);
	CHECK(first > 0);
	CHECK_INT(stream_body(s, &b), first);
	CHECK_INT(of("stream.db", "count(*)", "body"), 1);
	CHECK_INT(of("stream.db", "sum(length(bytes))", "part"), 3000000);
	buf_free(&b.bytes);
	store_close(s);
}

static void
a_forgotten_body_leaves_nothing(void)
{
	struct store *s = writer("forget.db");
	int64_t id = store_body_begin(s, &e);

	CHECK_INT(store_body_part(s, id, STR("abc"), &e), 0);
	CHECK_INT(store_body_forget(s, id, &e), 0);
	CHECK_INT(of("forget.db", "count(*)", "body") +
		      of("forget.db", "count(*)", "part"),
	    0);
	store_close(s);
}

static void
a_body_that_never_ended_is_swept_out_by_the_next_writer(void)
{
	struct store *s = writer("sweep.db");
	int64_t id = put(s, tape(s, "d"), exchange("GET", "/a", "whole"));
	struct exchange *x;

	CHECK_INT(
	    store_body_part(s, store_body_begin(s, &e), STR("half"), &e), 0);
	store_close(s);
	CHECK_INT(of("sweep.db", "count(*)", "part"), 1);
	s = writer("sweep.db");
	CHECK_INT(of("sweep.db", "count(*)", "part"), 0);
	CHECK_INT(of("sweep.db", "count(*)", "body"), 1);
	x = get(s, id);
	CHECK_VIEW(buf_str(&x->response.body.bytes), "whole");
	exchange_free(x);
	store_close(s);
}

static void
a_rollback_takes_back_entries_and_bodies(void)
{
	struct store *s = writer("rollback.db");
	int64_t t = tape(s, "d");

	CHECK_INT(store_begin(s, &e), 0);
	put(s, t, exchange("GET", "/a", "gone"));
	store_rollback(s);
	store_rollback(s);
	CHECK_INT(store_begin(s, &e), 0);
	put(s, t, exchange("GET", "/b", "kept"));
	CHECK_INT(store_commit(s, &e), 0);
	CHECK_INT(of("rollback.db", "count(*)", "entry"), 1);
	CHECK_INT(of("rollback.db", "count(*)", "body"), 1);
	CHECK_INT(store_commit(s, &e), -1);
	store_close(s);
}

static void
keys_are_found_oldest_first_and_counted(void)
{
	struct store *s = writer("find.db");
	int64_t t = tape(s, "d"), other = tape(s, "other"), ids[3];
	struct store_candidate c[2] = { { 0 } };
	uint8_t key[EXCHANGE_KEY_BYTES];
	struct exchange *x;
	int i;

	for (i = 0; i < 3; i++) {
		x = exchange("GET", "/a", "");
		x->status = 200 + i;
		x->outcome = i == 1 ? OUTCOME_RESET : OUTCOME_COMPLETE;
		ids[i] = put(s, t, x);
		put(s, other, exchange("GET", "/a", ""));
	}
	memset(key, 'k', sizeof(key));
	CHECK_INT(store_find(s, t, key, false, c, 2, &e), 3);
	CHECK_INT(c[0].id, ids[0]);
	CHECK_INT(c[0].outcome, OUTCOME_COMPLETE);
	CHECK_INT(c[1].id, ids[1]);
	CHECK_INT(c[1].outcome, OUTCOME_RESET);
	CHECK_INT(c[1].status, 201);
	CHECK_INT(store_find(s, t, key, false, NULL, 0, &e), 3);
	key[15] = 'K';
	CHECK_INT(store_find(s, t, key, false, c, 2, &e), 0);
	CHECK_INT(store_find(s, 99, key, false, c, 2, &e), 0);
	store_close(s);
}

struct seen {
	int64_t ids[16];
	int n;
	int stop_at;
	struct store_entry_row last;
	char mime_type[64], url[64];
};

static int
on_entry(void *arg, const struct store_entry_row *row)
{
	struct seen *seen = arg;

	seen->ids[seen->n++] = row->id;
	seen->last = *row;
	snprintf(seen->mime_type, sizeof(seen->mime_type), "%.*s",
	    STR_ARGS(row->mime_type));
	snprintf(seen->url, sizeof(seen->url), "%.*s", STR_ARGS(row->url));
	return seen->n == seen->stop_at ? 42 : 0;
}

static int
listed(struct store *s, struct store_filter f, struct seen *seen)
{
	*seen = (struct seen){ 0 };
	CHECK_INT(store_list(s, &f, on_entry, seen, &e), 0);
	return seen->n;
}

/* Six entries: ids 1 to 6, at seconds 1 to 6. */
static struct store *
listing(const char *name)
{
	static const struct {
		const char *tape, *method, *target;
		int status;
	} rows[] = {
		{ "a", "GET", "/users", 200 },
		{ "a", "POST", "/users", 201 },
		{ "b", "GET", "/users?page=2", 304 },
		{ "a", "GET", "/orders", 404 },
		{ "a", "get", "/orders/1", 500 },
		{ "b", "GET", "/", 0 },
	};
	struct store *s = writer(name);
	struct exchange *x;
	size_t i;

	for (i = 0; i < 6; i++) {
		x = exchange(rows[i].method, rows[i].target, "12345");
		x->status = rows[i].status;
		x->started_us = (int64_t)(i + 1) * 1000000;
		add_field(
		    &x->response.headers, x, "content-type", "text/plain");
		put(s, tape(s, rows[i].tape), x);
	}
	return s;
}

static void
a_list_has_all_entries_in_order(void)
{
	struct store *s = listing("list.db");
	struct seen seen;

	CHECK_INT(listed(s, (struct store_filter){ 0 }, &seen), 6);
	CHECK_INT(seen.ids[0], 1);
	CHECK_INT(seen.ids[5], 6);
	CHECK_STR(seen.mime_type, "text/plain");
	CHECK_STR(seen.url, "http://api.test/");
	CHECK_INT(seen.last.status, 0);
	CHECK_INT(seen.last.request_size, 0);
	CHECK_INT(seen.last.response_size, 5);
	CHECK_INT(seen.last.time_us, -1);
	CHECK_INT(seen.last.started_us, 6000000);
	store_close(s);
}

static void
the_time_of_a_listed_entry_is_the_sum_of_its_timings(void)
{
	struct store *s = writer("time.db");
	struct seen seen;

	put(s, tape(s, "d"), rich_exchange());
	CHECK_INT(listed(s, (struct store_filter){ 0 }, &seen), 1);
	/* tls is a part of connect and does not count twice. */
	CHECK_INT(seen.last.time_us, 0 + 1000 + 2500 + 7 + 80000 + 9);
	CHECK_INT(seen.last.outcome, OUTCOME_TRUNCATED);
	put(s, tape(s, "d"), exchange("GET", "/", ""));
	CHECK_INT(listed(s, (struct store_filter){ 0 }, &seen), 2);
	CHECK_INT(listed(s, (struct store_filter){ .failed = true }, &seen), 1);
	CHECK_INT(seen.last.outcome, OUTCOME_TRUNCATED);
	store_close(s);
}

static void
a_list_is_filtered_by_each_member(void)
{
	struct store *s = listing("filter.db");
	struct seen seen;

#define LISTED(...) listed(s, (struct store_filter){ __VA_ARGS__ }, &seen)
	CHECK_INT(LISTED(.tape = store_tape(s, STR("b"), false, &e)), 2);
	CHECK_INT(seen.ids[0], 3);
	CHECK_INT(LISTED(.first_id = 5), 2);
	CHECK_INT(LISTED(.last_id = 2), 2);
	CHECK_INT(LISTED(.first_id = 2, .last_id = 2), 1);
	CHECK_INT(LISTED(.method = STR("GET")), 4);
	CHECK_INT(LISTED(.method = STR("get")), 1);
	CHECK_INT(LISTED(.url = STR("*/users*")), 3);
	CHECK_INT(LISTED(.url = STR("http://api.test/orders")), 1);
	CHECK_INT(LISTED(.status = 404), 1);
	CHECK_INT(LISTED(.status = 2), 2);
	CHECK_INT(LISTED(.status = 5), 1);
	CHECK_INT(LISTED(.since_us = 5000000), 2);
	CHECK_INT(LISTED(.until_us = 2000000), 1);
	CHECK_INT(
	    LISTED(.method = STR("GET"), .status = 2, .url = STR("*users")), 1);
	CHECK_INT(LISTED(.tape = 99), 0);
#undef LISTED
	store_close(s);
}

static void
a_list_stops_when_it_is_told_to(void)
{
	struct store *s = listing("stop.db");
	struct seen seen = { .stop_at = 2 };
	struct store_filter all = { 0 };

	CHECK_INT(store_list(s, &all, on_entry, &seen, &e), 42);
	CHECK_INT(seen.n, 2);
	store_close(s);
}

static int
on_tape(void *arg, const struct store_tape_row *row)
{
	struct buf *b = arg;

	CHECK(row->created_us > INT64_C(1600000000000000));
	buf_addf(b, "%.*s=%d ", STR_ARGS(row->name), (int)row->entries);
	return 0;
}

static void
tapes_are_listed_with_their_entries(void)
{
	struct store *s = listing("tapes.db");
	struct buf b = { 0 };

	tape(s, "empty");
	CHECK_INT(store_tapes(s, on_tape, &b, &e), 0);
	CHECK_STR(buf_text(&b), "a=4 b=2 empty=0 ");
	CHECK_INT(store_tape(s, STR("nobody"), false, &e), 0);
	buf_free(&b);
	store_close(s);
}

static void
a_reader_sees_what_is_committed_while_it_is_open(void)
{
	struct store *s = writer("live.db"), *r = reader("live.db");
	int64_t t = tape(s, "d"), before = store_version(r), id;
	struct exchange *x;

	CHECK_INT(store_begin(s, &e), 0);
	id = put(s, t, exchange("GET", "/a", "body"));
	before = store_version(r);
	CHECK_INT(store_get(r, id, SIZE_MAX, &x, &e), 0);
	CHECK_INT(store_commit(s, &e), 0);
	CHECK(changed(r, before));
	x = get(r, id);
	CHECK_VIEW(buf_str(&x->response.body.bytes), "body");
	exchange_free(x);
	store_close(r);
	store_close(s);
}

static void
a_reader_cannot_write(void)
{
	struct store *s, *r;
	struct exchange *x = exchange("GET", "/a", "");

	s = writer("query.db");
	put(s, tape(s, "d"), exchange("GET", "/a", ""));
	r = reader("query.db");
	CHECK_INT(store_put(r, 1, x, &e), -1);
	CHECK_INT(store_remove(r, 1, &e), -1);
	CHECK_INT(store_tape(r, STR("new"), true, &e), -1);
	exchange_free(x);
	store_close(r);
	store_close(s);
}

static void
an_entry_that_is_recorded_again_is_counted(void)
{
	struct store *s = writer("again.db");
	int64_t t = tape(s, "d"), id = put(s, t, exchange("GET", "/a", "a"));

	put(s, t, exchange("GET", "/b", "b"));
	CHECK_INT(store_count_again(s, id, &e), 0);
	CHECK_INT(store_count_again(s, id, &e), 0);
	CHECK_INT(store_count_again(s, 99, &e), 0);
	CHECK_INT(of("again.db", "max(times)", "entry"), 3);
	CHECK_INT(of("again.db", "sum(times)", "entry"), 4);
	store_close(s);
}

/* Gives each entry of the tape another key, and every other one a normal key,
 * too; how many there are. */
static int
key_anew(struct store *s, int64_t t)
{
	struct exchange *x;
	int64_t after = 0;
	int n = 0, r = 1;

	while (r == 1) {
		x = exchange_new();
		r = store_next_request(s, t, after, BODY_PART, x, &e);
		if (r == 1) {
			CHECK(x->id > after);
			after = x->id;
			memset(x->key, 'n', sizeof(x->key));
			memset(x->normal_key, 'N', sizeof(x->normal_key));
			x->keyed = true;
			x->normal_keyed = n++ % 2 == 0;
			CHECK_INT(store_set_keys(s, x, &e), 0);
		}
		exchange_free(x);
	}
	CHECK_INT(r, 0);
	return n;
}

static void
keys_are_made_anew_of_what_was_asked_for(void)
{
	struct store *s = writer("keys.db");
	int64_t t = tape(s, "d"), other = tape(s, "other"), first;
	struct exchange *x;
	uint8_t key[EXCHANGE_KEY_BYTES];

	first = put(s, t, rich_exchange());
	put(s, other, exchange("GET", "/a", ""));
	put(s, t, exchange_new());
	x = exchange_new();
	CHECK_INT(store_next_request(s, t, 0, BODY_PART, x, &e), 1);
	CHECK_INT(x->id, first);
	CHECK(x->keyed && !x->normal_keyed);
	CHECK_VIEW(x->method, "POST");
	CHECK_VIEW(x->scope, "other.test");
	CHECK_VIEW(x->target, "/a%2fb//c?x=1&y");
	CHECK_VIEW(headers_get(&x->request.headers, "Host"), "api.test");
	CHECK(str_eq(buf_str(&x->request.body.bytes), STR("a\0b")));
	exchange_free(x);
	CHECK_INT(key_anew(s, t), 2);
	memset(key, 'n', sizeof(key));
	CHECK_INT(store_find(s, t, key, false, NULL, 0, &e), 2);
	CHECK_INT(store_find(s, other, key, false, NULL, 0, &e), 0);
	memset(key, 'N', sizeof(key));
	CHECK_INT(store_find(s, t, key, true, NULL, 0, &e), 1);
	memset(key, 'k', sizeof(key));
	CHECK_INT(store_find(s, t, key, false, NULL, 0, &e), 0);
	store_close(s);
}

static void
add_request(void *arg, const struct store_request *r)
{
	struct buf *b = arg;

	buf_addf(b, "%d:%d %.*s %.*s %d ", (int)r->id, (int)r->tape,
	    STR_ARGS(r->method), STR_ARGS(r->target), (int)r->size);
}

static void
add_id(void *arg, int64_t entry)
{
	*(int64_t *)arg += entry;
}

static void
requests_are_told_over_all_tapes_in_order(void)
{
	struct store *s = writer("requests.db");
	struct exchange *x = exchange("POST", "/b", "");
	int64_t t = tape(s, "d"), other = tape(s, "other"), sum = 0;
	struct buf b = { 0 };

	put(s, t, exchange("GET", "/a", "a"));
	set_body(&x->request.body, "12345", 5);
	put(s, other, x);
	put(s, t, exchange("GET", "/c", "c"));
	CHECK_INT(store_requests(s, 0, add_request, &b, &e), 0);
	CHECK_STR(buf_text(&b), "1:1 GET /a 0 2:2 POST /b 5 3:1 GET /c 0 ");
	buf_clear(&b, 0);
	CHECK_INT(store_requests(s, 2, add_request, &b, &e), 0);
	CHECK_STR(buf_text(&b), "3:1 GET /c 0 ");
	CHECK_INT(store_ids(s, t, add_id, &sum, &e), 0);
	CHECK_INT(sum, 4);
	buf_free(&b);
	store_close(s);
}

struct longs {
	int n, give;
	int64_t last;
};

static int
on_long(void *arg, int64_t t, int64_t entry)
{
	struct longs *l = arg;

	CHECK(t > 0);
	l->n++;
	l->last = entry;
	return l->give;
}

static void
entries_with_long_requests_are_told(void)
{
	struct store *s = writer("long.db");
	int64_t t = tape(s, "d"), other = tape(s, "other"), id;
	struct longs l = { 0 };
	struct exchange *x;

	put(s, t, exchange("POST", "/short", ""));
	x = exchange("POST", "/a", "");
	set_noise(&x->request.body, BODY_PART + 1, 3);
	id = put(s, t, x);
	x = exchange("POST", "/b", "");
	set_noise(&x->request.body, BODY_PART + 1, 3);
	put(s, other, x);
	CHECK_INT(store_long_requests(s, t, on_long, &l, &e), 0);
	CHECK_INT(l.n, 1);
	CHECK_INT(l.last, id);
	CHECK_INT(store_long_requests(s, 0, on_long, &l, &e), 0);
	CHECK_INT(l.n, 3);
	l.give = 7;
	CHECK_INT(store_long_requests(s, 0, on_long, &l, &e), 7);
	CHECK_INT(l.n, 4);
	CHECK_INT(store_set_long_keyed(s, &e), 0);
	CHECK_INT(store_long_keyed(s, &e), 1);
	store_close(s);
}

#define STORE_CASES \
	TEST(an_entry_comes_back_as_it_was_put), \
	    TEST(many_entries_come_back_as_they_were_put), \
	    TEST(an_answer_comes_back_as_it_was_put), \
	    TEST(an_empty_exchange_comes_back_as_it_was_put), \
	    TEST(an_unknown_body_is_not_an_empty_one), \
	    TEST(equal_bodies_are_stored_once), \
	    TEST(removing_keeps_the_bodies_that_others_use), \
	    TEST(a_replaced_entry_keeps_its_number_tape_and_place), \
	    TEST(an_id_is_never_given_twice), \
	    TEST(a_body_above_1_mib_is_kept_in_parts), \
	    TEST(a_small_body_can_be_read_in_pieces_too), \
	    TEST(the_oldest_entries_go_when_there_are_too_many), \
	    TEST(what_is_too_old_goes_wherever_it_is), \
	    TEST(the_oldest_entries_go_when_they_are_too_large), \
	    TEST(a_body_that_others_have_stays), \
	    TEST( \
		what_is_recorded_later_is_counted_and_what_others_remove_is_not), \
	    TEST(nothing_goes_when_the_transaction_fails), \
	    TEST(a_streamed_body_meets_its_older_equal), \
	    TEST(a_forgotten_body_leaves_nothing), \
	    TEST(a_body_that_never_ended_is_swept_out_by_the_next_writer), \
	    TEST(a_rollback_takes_back_entries_and_bodies), \
	    TEST(keys_are_found_oldest_first_and_counted), \
	    TEST(an_entry_that_is_recorded_again_is_counted), \
	    TEST(keys_are_made_anew_of_what_was_asked_for), \
	    TEST(requests_are_told_over_all_tapes_in_order), \
	    TEST(entries_with_long_requests_are_told), \
	    TEST(a_list_has_all_entries_in_order), \
	    TEST(the_time_of_a_listed_entry_is_the_sum_of_its_timings), \
	    TEST(a_list_is_filtered_by_each_member), \
	    TEST(a_list_stops_when_it_is_told_to), \
	    TEST(tapes_are_listed_with_their_entries), \
	    TEST(a_reader_sees_what_is_committed_while_it_is_open), \
	    TEST(a_reader_cannot_write)

#endif
