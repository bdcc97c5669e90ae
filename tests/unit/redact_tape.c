/* How a tape says that it is redacted, with which key, and what keys of
 * requests make of it. */
#include "config.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/mem.h"
#include "har/coding.h"
#include "recorder/pseudonym.h"
#include "recorder/redact_key.h"
#include "recorder/redact_mark.h"
#include "recorder/rules.h"
#include "replay/key.h"
#include "replay/level.h"
#include "replay/ways.h"

#include "folder.h"
#include "tap.h"

#define HEX32 "000102030405060708090a0b0c0d0e0f"

static struct err e;

/* ---- keys ------------------------------------------------------------- */

static int
load(struct redact_key *k, const char *file, const char *text,
    const char *store, bool make)
{
	const struct redact_key_sources from = { file, text, store };

	return redact_key_load(k, &from, make, &e);
}

static void
a_key_is_made_once_and_for_its_owner(void)
{
	char *path = xasprintf("%s/t.db", dir);
	char *file = xasprintf("%s-key", path);
	struct redact_key a, b;
	struct stat st;

	CHECK_INT(load(&a, NULL, NULL, path, false), 0);
	CHECK(!a.known && access(file, F_OK) == -1);
	CHECK_INT(load(&a, NULL, NULL, path, true), 0);
	CHECK(a.known);
	CHECK_INT(stat(file, &st), 0);
	CHECK_INT(st.st_mode & 0777, 0600);
	CHECK_INT(st.st_size, 65);
	CHECK_INT(load(&b, NULL, NULL, path, true), 0);
	CHECK(memcmp(a.bytes, b.bytes, sizeof(a.bytes)) == 0);
	CHECK_STR(a.fingerprint, b.fingerprint);
	CHECK_INT(strlen(a.fingerprint), REDACT_FINGERPRINT);
	free(file);
	free(path);
}

static void
a_key_may_be_given(void)
{
	struct redact_key k;

	CHECK_INT(load(&k, NULL, HEX32 HEX32, "/nowhere/t.db", true), 0);
	CHECK(k.known && k.bytes[1] == 1 && k.bytes[31] == 15);
	CHECK_INT(load(&k, NULL, HEX32, "/nowhere/t.db", true), -1);
	CHECK_STR(e.text, "expected a key of 64 hexadecimal digits");
	CHECK_INT(load(&k, NULL, HEX32 HEX32 "g", "/nowhere/t.db", true), -1);
	CHECK_INT(load(&k, "/nowhere/key", HEX32 HEX32, "/t.db", false), -1);
	CHECK_STR(e.text, "redaction key /nowhere/key: no such file");
	CHECK_INT(load(&k, NULL, NULL, "/nowhere/t.db", true), -1);
}

/* ---- ways ------------------------------------------------------------- */

static void
the_ways_of_a_tape_are_merged_and_read(void)
{
	struct rules *rules = rules_new();
	struct buf on = { 0 }, off = { 0 }, all = { 0 };
	struct redact_mark m;
	struct redact_key k;
	struct str rest;

	CHECK_INT(load(&k, NULL, HEX32 HEX32, "", true), 0);
	CHECK_INT(rules_add_text(rules,
		      STR("* * redact query a\n* /x ignore query b\n"), &e),
	    0);
	redact_mark(&k, rules, &on);
	redact_mark(NULL, rules, &off);
	CHECK_STR(buf_text(&off), ":off 1\n");
	CHECK_INT(redact_mark_merge(&all, buf_str(&off)), 0);
	CHECK_INT(redact_mark_merge(&all, buf_str(&on)), 0);
	CHECK_INT(redact_mark_merge(&all, buf_str(&off)), 0);
	CHECK_INT(all.n, off.n + on.n);
	rest = buf_str(&all);
	CHECK(redact_mark_next(&rest, &m) && !m.on);
	CHECK(redact_mark_next(&rest, &m) && m.on);
	CHECK_VIEW(m.fingerprint, k.fingerprint);
	CHECK_VIEW(m.rules, "* * redact query a\n");
	CHECK(!redact_mark_next(&rest, &m));
	rest = STR(":on 2 x\n* * y\n:odd\n:off 1\n");
	CHECK(redact_mark_next(&rest, &m) && !m.on);
	rules_free(rules);
	buf_free(&on);
	buf_free(&off);
	buf_free(&all);
}

static void
a_tape_has_only_so_many_ways(void)
{
	struct buf all = { 0 }, one = { 0 };
	int i;

	for (i = 0; i < REDACT_MARKS; i++) {
		one.n = 0;
		buf_addf(&one, ":on 1 %d\n", i);
		CHECK_INT(redact_mark_merge(&all, buf_str(&one)), 0);
	}
	CHECK_INT(redact_mark_merge(&all, buf_str(&one)), 0);
	CHECK_INT(redact_mark_merge(&all, STR(":off 1\n")), -1);
	buf_free(&all);
	buf_free(&one);
}

static void
replay_goes_by_each_way_once_and_the_newest_first(void)
{
	struct redact_key k;
	struct ways *w;

	CHECK_INT(load(&k, NULL, HEX32 HEX32, "", true), 0);
	w = ways_new(STR(":off 1\n:on 1 a\n:on 1 b\n* * redact query x\n"
			 ":on 1 c\n"),
	    &k);
	CHECK(ways_get(w, 0) != NULL && ways_get(w, 1) != NULL);
	CHECK(ways_get(w, 2) == NULL);
	CHECK(ways_are(w, STR(":off 1\n:on 1 a\n:on 1 b\n* * redact query x\n"
			      ":on 1 c\n")));
	CHECK(!ways_are(w, STR("")));
	ways_free(w);
	CHECK(ways_get(NULL, 0) == NULL);
}

/* ---- keys of requests ------------------------------------------------- */

/* text with each $ replaced by the pseudonym of secret. */
static char *
with(const char *text, const char *secret)
{
	struct pseudonyms *p = pseudonyms_new(STR("k"));
	struct buf b = { 0 };

	for (; *text != '\0'; text++)
		if (*text == '$')
			pseudonym_add(p, str_of(secret), &b);
		else
			buf_add(&b, text, 1);
	pseudonyms_free(p);
	(void)buf_text(&b);
	return b.p;
}

static bool
same_keys(const char *target, const char *body, const struct headers *h)
{
	struct keyer *k = keyer_new(NULL);
	struct buf coded[2] = { { 0 }, { 0 } };
	struct key key[2];
	int i;

	for (i = 0; i < 2; i++) {
		char *t = with(target, i == 0 ? "a" : "b");
		char *b = with(body, i == 0 ? "a" : "b");
		struct key_parts p = { .method = STR("POST"),
			.scope = STR(""),
			.target = str_of(t),
			.headers = h };

		if (h != NULL)
			CHECK_INT(
			    coding_encode(STR("gzip"), str_of(b), &coded[i]),
			    0);
		p.body = h != NULL ? buf_str(&coded[i]) : str_of(b);
		key[i] = key_of(k, &p);
		free(t);
		free(b);
		buf_free(&coded[i]);
	}
	keyer_free(k);
	return memcmp(&key[0], &key[1], sizeof(key[0])) == 0;
}

static void
secrets_make_no_difference_to_keys(void)
{
	struct headers h = { 0 };
	struct arena a = { 0 };

	CHECK(same_keys("/?t=$", "", NULL));
	CHECK(same_keys("/", "{\"a\":\"$\"}", NULL));
	headers_add(&h, &a, STR("Content-Encoding"), STR("gzip"));
	CHECK(same_keys("/", "{\"a\":\"$\"}", &h));
	arena_fini(&a);
}

static void
they_are_told_apart_besides(void)
{
	char *a = with("/?t=$", "a"), *b = with("/?t=$", "b");

	CHECK(level_same(str_of(a), str_of(b)));
	CHECK(!level_same(str_of(a), STR("/?t=x")));
	CHECK(!level_same(str_of(a), STR("")));
	CHECK(level_same(STR(""), STR("")));
	CHECK(level_hash(str_of(a), STR("")) != level_hash(str_of(b), STR("")));
	CHECK(level_hash(STR("/"), str_of(a)) != 0);
	CHECK(level_hash(STR("/"), STR("hark-")) == 0);
	free(a);
	free(b);
}

RUN(TEST(a_key_is_made_once_and_for_its_owner), TEST(a_key_may_be_given),
    TEST(the_ways_of_a_tape_are_merged_and_read),
    TEST(a_tape_has_only_so_many_ways),
    TEST(replay_goes_by_each_way_once_and_the_newest_first),
    TEST(secrets_make_no_difference_to_keys), TEST(they_are_told_apart_besides))
