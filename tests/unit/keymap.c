#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "recorder/store.h"
#include "replay/keymap.h"

#include "folder.h"
#include "tap.h"

static struct err e;
static const atomic_bool go_on;

static struct store *
store_of(const char *name)
{
	char path[96];
	struct store *s;

	snprintf(path, sizeof(path), "%s/%s.db", dir, name);
	s = store_open(path, STORE_WRITE, false, &e);
	CHECK(s != NULL);
	return s;
}

/* A key of its first byte, its last but one, and the rest. */
static struct key
key(uint8_t first, uint8_t last, uint8_t rest)
{
	struct key k;

	memset(k.bytes, rest, sizeof(k.bytes));
	k.bytes[0] = first;
	k.bytes[EXCHANGE_KEY_BYTES - 2] = last;
	return k;
}

/* The id of an entry with these keys. */
static int64_t
put(struct store *s, int64_t tape, struct key exact, const struct key *normal)
{
	struct exchange *x = exchange_new();
	int64_t id;

	x->method = STR("GET");
	x->target = x->url = STR("/");
	x->status = 200;
	x->keyed = true;
	memcpy(x->key, exact.bytes, sizeof(x->key));
	x->normal_keyed = normal != NULL;
	if (normal != NULL)
		memcpy(x->normal_key, normal->bytes, sizeof(x->normal_key));
	CHECK_INT(store_put(s, tape, x, &e), 0);
	id = x->id;
	exchange_free(x);
	return id;
}

/* The entry's id, 0 for none, -1 for several. */
static int64_t
find(const struct keymap *m, struct key k)
{
	int64_t entry = -2;

	switch (keymap_find(m, &k, &entry)) {
	case KEYMAP_NONE:
		return 0;
	case KEYMAP_ONE:
		return entry;
	default:
		return -1;
	}
}

static void
every_key_of_the_tape_leads_to_its_entry(void)
{
	struct store *s = store_of("leads");
	int64_t t = store_tape(s, STR("t"), true, &e), ids[256], one, two;
	int64_t other = store_tape(s, STR("o"), true, &e);
	struct key normal = key(7, 7, 9);
	struct keymap *m;
	int i;

	CHECK_INT(store_begin(s, &e), 0);
	for (i = 0; i < 256; i++)
		ids[i] = put(s, t, key((uint8_t)(i * 7), (uint8_t)i, 0), NULL);
	one = put(s, t, key(1, 1, 1), &normal);
	two = put(s, t, key(1, 1, 2), &normal);
	put(s, other, key(1, 1, 3), NULL);
	CHECK_INT(store_commit(s, &e), 0);
	m = keymap_load(s, t, &go_on, &e);
	CHECK(m != NULL);
	for (i = 0; i < 256; i++) {
		CHECK_INT(
		    find(m, key((uint8_t)(i * 7), (uint8_t)i, 0)), ids[i]);
		CHECK_INT(find(m, key((uint8_t)(i * 7), (uint8_t)i, 5)), 0);
	}
	CHECK_INT(find(m, key(1, 1, 1)), one);
	CHECK_INT(find(m, key(1, 1, 2)), two);
	CHECK_INT(find(m, normal), -1);
	CHECK_INT(find(m, key(1, 1, 3)), 0);
	CHECK_INT(keymap_tape(m), t);
	CHECK_INT(keymap_keys(m), 260);
	keymap_unref(m);
	keymap_unref(NULL);
	store_close(s);
}

static void
keys_that_crowd_in_one_place_are_all_found(void)
{
	struct store *s = store_of("crowd");
	int64_t t = store_tape(s, STR("t"), true, &e), ids[64];
	struct keymap *m;
	int i;

	CHECK_INT(store_begin(s, &e), 0);
	for (i = 0; i < 64; i++)
		ids[i] = put(s, t, key(255, (uint8_t)i, 255), NULL);
	CHECK_INT(store_commit(s, &e), 0);
	m = keymap_load(s, t, &go_on, &e);
	CHECK(m != NULL);
	for (i = 0; i < 64; i++)
		CHECK_INT(find(m, key(255, (uint8_t)i, 255)), ids[i]);
	CHECK_INT(find(m, key(255, 64, 255)), 0);
	CHECK_INT(find(m, key(0, 0, 0)), 0);
	keymap_unref(m);
	store_close(s);
}

static void
keys_that_cannot_be_told_apart_send_to_the_store(void)
{
	struct store *s = store_of("alike");
	int64_t t = store_tape(s, STR("t"), true, &e);
	struct key one = key(1, 1, 1), two = one;
	struct keymap *m;

	two.bytes[6] = 9; /* which no slot has */
	put(s, t, one, NULL);
	m = keymap_load(s, t, &go_on, &e);
	CHECK(m != NULL);
	CHECK(find(m, one) > 0);
	CHECK_INT(find(m, two), find(m, one));
	keymap_unref(m);
	put(s, t, two, NULL);
	m = keymap_load(s, t, &go_on, &e);
	CHECK(m != NULL);
	CHECK_INT(find(m, one), -1);
	CHECK_INT(find(m, two), -1);
	keymap_unref(m);
	store_close(s);
}

static void
it_holds_until_somebody_commits(void)
{
	struct store *s = store_of("holds"), *r;
	int64_t t = store_tape(s, STR("t"), true, &e);
	struct keymap *m;
	char path[96];

	snprintf(path, sizeof(path), "%s/holds.db", dir);
	put(s, t, key(1, 1, 1), NULL);
	r = store_open(path, STORE_READ, false, &e);
	CHECK(r != NULL);
	m = keymap_load(r, t, &go_on, &e);
	CHECK(m != NULL);
	CHECK(keymap_holds(m, r));
	CHECK_INT(store_tape(r, STR("t"), false, &e), t);
	CHECK(keymap_holds(m, r));
	CHECK_INT(store_begin(s, &e), 0);
	put(s, t, key(2, 2, 2), NULL);
	CHECK(keymap_holds(m, r));
	CHECK_INT(store_commit(s, &e), 0);
	CHECK(!keymap_holds(m, r));
	keymap_unref(m);
	m = keymap_load(r, t, &go_on, &e);
	CHECK(m != NULL);
	CHECK(keymap_holds(m, r));
	CHECK(find(m, key(2, 2, 2)) > 0);
	keymap_unref(m);
	store_close(r);
	store_close(s);
}

static void
an_empty_tape_has_no_key(void)
{
	struct store *s = store_of("empty");
	int64_t t = store_tape(s, STR("t"), true, &e);
	struct keymap *m = keymap_load(s, t, &go_on, &e);

	CHECK(m != NULL);
	CHECK_INT(find(m, key(0, 0, 0)), 0);
	CHECK_INT(find(m, key(255, 255, 255)), 0);
	keymap_unref(m);
	store_close(s);
}

static void
making_it_can_be_stopped(void)
{
	static const atomic_bool stop = true;
	struct store *s = store_of("stop");
	int64_t t = store_tape(s, STR("t"), true, &e);

	put(s, t, key(1, 1, 1), NULL);
	CHECK(keymap_load(s, t, &stop, &e) == NULL);
	store_close(s);
}

RUN(TEST(every_key_of_the_tape_leads_to_its_entry),
    TEST(keys_that_crowd_in_one_place_are_all_found),
    TEST(keys_that_cannot_be_told_apart_send_to_the_store),
    TEST(it_holds_until_somebody_commits), TEST(an_empty_tape_has_no_key),
    TEST(making_it_can_be_stopped))
