#include "config.h"

#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "recorder/rules.h"
#include "recorder/store.h"
#include "replay/library.h"
#include "replay/reindex.h"

#include "tests/unit/folder.h"
#include "tests/unit/tap.h"

static struct err e;

/* The case at hand: a store with a tape, and rules. */
static struct {
	char path[64];
	struct store *store;
	int64_t tape;
	struct rules *rules;
	struct keyer *keyer;
	struct library *library;
	struct reader *reader;
} c;

static void
end(void)
{
	reader_close(c.reader);
	library_close(c.library);
	keyer_free(c.keyer);
	rules_free(c.rules);
	store_close(c.store);
	memset(&c, 0, sizeof(c));
}

__attribute__((constructor)) static void
end_last(void)
{
	atexit(end);
}

static struct rules *
rules_of(const char *text)
{
	struct rules *r = rules_new();

	CHECK_INT(rules_add_text(r, str_of(text), &e), 0);
	return r;
}

static void
begin(const char *rules)
{
	static int n;
	struct library_options o = { .path = c.path, .tape = "t" };

	end();
	snprintf(c.path, sizeof(c.path), "%s/%d.db", dir, n++);
	c.store = store_open(c.path, STORE_WRITE, false, &e);
	c.tape = store_tape(c.store, STR("t"), true, &e);
	CHECK(c.tape > 0);
	c.rules = rules_of(rules);
	c.keyer = keyer_new(c.rules);
	c.library = library_open(&o, &e);
	CHECK(c.library != NULL);
	c.reader = reader_open(c.library, &e);
	CHECK(c.reader != NULL);
}

static struct exchange *
exchange(const char *target, const char *body)
{
	struct exchange *x = exchange_new();

	x->method = STR("GET");
	x->target = arena_str(&x->arena, str_of(target));
	x->url = x->target;
	x->status = 200;
	buf_add_text(&x->request.body.bytes, body);
	x->request.body.size = x->request.body.bytes.n;
	buf_add_text(&x->response.body.bytes, target);
	x->response.body.size = x->response.body.bytes.n;
	return x;
}

/* Stores it with keys by c.rules. */
static void
put(struct exchange *x)
{
	if (c.keyer != NULL)
		key_exchange(c.keyer, x);
	CHECK_INT(store_put(c.store, c.tape, x, &e), 0);
	exchange_free(x);
}

/* What answers by c.rules: the recorded target, with the tier's letter. */
static const char *
get(const char *target, const char *body)
{
	static char text[64];
	struct key_parts p = { .method = STR("GET"),
		.scope = STR(""),
		.target = str_of(target),
		.body = str_of(body) };
	struct wanted w = {
		.session = STR(""), .scope = STR(""), .target = STR("")
	};
	struct answer *a;
	enum found found;

	w.key = key_of(c.keyer, &p);
	found = library_find(c.reader, &w, &a, &e);
	if (found == FOUND_NOTHING && key_normal(c.keyer, &p, &w.key)) {
		w.tier = TIER_NORMALIZED;
		found = library_find(c.reader, &w, &a, &e);
	}
	if (found != FOUND)
		return "nothing";
	snprintf(text, sizeof(text), "%c %.*s", tier_text(w.tier)[0],
	    STR_ARGS(buf_str(&a->body->bytes)));
	library_served(c.reader, &w, a);
	answer_unref(a);
	return text;
}

static bool
is_by(const char *rules)
{
	struct rules *r = rules_of(rules);
	int is = reindex_is_by(c.store, c.tape, r, &e);

	rules_free(r);
	CHECK(is != -1);
	return is == 1;
}

static bool
fits(const char *rules, enum tier most)
{
	struct rules *r = rules_of(rules);
	int does = reindex_fits(c.store, c.tape, r, most, &e);

	rules_free(r);
	CHECK(does != -1);
	return does == 1;
}

static struct reindex_figures
reindex(const char *rules)
{
	struct reindex_figures f;

	rules_free(c.rules);
	keyer_free(c.keyer);
	c.rules = rules_of(rules);
	c.keyer = keyer_new(c.rules);
	CHECK_INT(reindex_tape(c.store, c.tape, c.rules, &f, &e), 0);
	library_reset(c.library);
	return f;
}

static void
entries_are_found_by_rules_they_were_not_recorded_with(void)
{
	struct reindex_figures f;

	begin("");
	put(exchange("/a?ts=1", ""));
	put(exchange("/b", "{\"id\":1}"));
	CHECK_STR(get("/a?ts=1", ""), "e /a?ts=1");
	CHECK_STR(get("/a?ts=2", ""), "nothing");
	f = reindex("* /a ignore query ts");
	CHECK_INT(f.entries, 2);
	CHECK_INT(f.normal, 1);
	CHECK_STR(get("/a?ts=1", ""), "e /a?ts=1");
	CHECK_STR(get("/a?ts=2", ""), "n /a?ts=1");
	CHECK_STR(get("/b", "{}"), "nothing");
	CHECK_INT(reindex("* /b ignore json /id").normal, 1);
	CHECK_STR(get("/a?ts=2", ""), "nothing");
	CHECK_STR(get("/b", "{}"), "n /b");
	CHECK_INT(reindex("").normal, 0);
	CHECK_STR(get("/b", "{}"), "nothing");
	CHECK_STR(get("/b", "{\"id\":1}"), "e /b");
}

static void
exact_keys_go_by_rules_of_header_fields(void)
{
	struct exchange *x;

	begin("");
	x = exchange("/a", "");
	headers_add(&x->request.headers, &x->arena, STR("X"), STR("1"));
	put(x);
	CHECK_STR(get("/a", ""), "e /a");
	(void)reindex("* * compare header X");
	CHECK_STR(get("/a", ""), "nothing");
	(void)reindex("");
	CHECK_STR(get("/a", ""), "e /a");
}

static void
a_tape_says_what_its_keys_go_by(void)
{
	begin("");
	CHECK(is_by(""));
	CHECK(is_by("* * repeat cycle\n* * ignore header X"));
	CHECK(!is_by("* * ignore query a"));
	(void)reindex("* * ignore query a");
	CHECK(is_by("* * ignore query a"));
	CHECK(is_by("# more\n* * ignore query a\n* * repeat cycle"));
	CHECK(!is_by("* * ignore query b"));
	CHECK(!is_by(""));
	CHECK_INT(reindex_say(c.store, c.tape, NULL, &e), 0);
	CHECK(!is_by("* * ignore query a"));
	CHECK(!is_by(""));
}

static void
normal_keys_harm_nobody_who_does_not_look_for_them(void)
{
	const char *query = "* * ignore query a",
		   *header = "* * compare header X";

	begin("");
	CHECK(fits("", TIER_NORMALIZED));
	CHECK(!fits(query, TIER_NORMALIZED));
	CHECK(fits(query, TIER_EXACT));
	CHECK(!fits(header, TIER_EXACT));
	(void)reindex(query);
	CHECK(fits(query, TIER_NORMALIZED));
	CHECK(fits("", TIER_NORMALIZED));
	CHECK(!fits("* * ignore query b", TIER_NORMALIZED));
	(void)reindex(header);
	CHECK(!fits("", TIER_NORMALIZED));
	CHECK(fits(header, TIER_NORMALIZED));
}

static void
the_rules_of_a_tape_can_be_had_from_it(void)
{
	struct rules *r;

	begin("");
	(void)reindex("* /a ignore query x\n* /b compare header A");
	r = reindex_rules_of(c.store, c.tape, &e);
	CHECK(rules_verbs(r) ==
	      (RULE_BIT(RULE_IGNORE_QUERY) | RULE_BIT(RULE_COMPARE_HEADER)));
	rules_free(r);
	CHECK_INT(store_tape_set_rules(
		      c.store, c.tape, STR("keys 99\n* * levitate\n"), &e),
	    0);
	r = reindex_rules_of(c.store, c.tape, &e);
	CHECK(rules_verbs(r) == 0);
	rules_free(r);
}

static void
entries_without_a_key_and_other_tapes_stay_as_they_are(void)
{
	int64_t tape = 0;
	struct key_parts p = { .method = STR("GET"),
		.scope = STR(""),
		.target = STR("/a?ts=1"),
		.body = STR("") };
	struct store_candidate found;
	struct key key;

	begin("");
	keyer_free(c.keyer);
	c.keyer = NULL;
	put(exchange("/socket", ""));
	c.keyer = keyer_new(c.rules);
	tape = c.tape;
	c.tape = store_tape(c.store, STR("other"), true, &e);
	put(exchange("/a?ts=1", ""));
	c.tape = tape;
	CHECK_INT(reindex("* * ignore query ts").entries, 1);
	CHECK_STR(get("/socket", ""), "nothing");
	tape = store_tape(c.store, STR("other"), false, &e);
	CHECK(key_normal(c.keyer, &p, &key));
	CHECK_INT(store_find(c.store, tape, key.bytes, true, &found, 1, &e), 0);
	key = key_of(c.keyer, &p);
	CHECK_INT(
	    store_find(c.store, tape, key.bytes, false, &found, 1, &e), 1);
}

/* More than one transaction has room for. */
static void
many_entries_are_indexed_in_turn(void)
{
	char target[32];
	int i;

	begin("");
	CHECK_INT(store_begin(c.store, &e), 0);
	for (i = 0; i < 9000; i++) {
		snprintf(target, sizeof(target), "/%d?ts=1", i);
		put(exchange(target, ""));
	}
	CHECK_INT(store_commit(c.store, &e), 0);
	CHECK_INT(reindex("* /*9 ignore query ts").normal, 900);
	CHECK(is_by("* /*9 ignore query ts"));
	CHECK_STR(get("/8999?ts=2", ""), "n /8999?ts=1");
	CHECK_STR(get("/9?ts=2", ""), "n /9?ts=1");
	CHECK_STR(get("/8?ts=2", ""), "nothing");
}

static void
a_fresh_recording_is_found_in_both_tiers_until_it_is_written(void)
{
	struct exchange *x = exchange("/a?ts=1", "");
	struct library_keys keys;

	begin("* * ignore query ts");
	key_exchange(c.keyer, x);
	keys = library_keys(x);
	library_add(c.library, x);
	CHECK_STR(get("/a?ts=1", ""), "e /a?ts=1");
	CHECK_STR(get("/a?ts=2", ""), "n /a?ts=1");
	library_written(c.library, &keys, -1);
	CHECK_STR(get("/a?ts=1", ""), "nothing");
	CHECK_STR(get("/a?ts=2", ""), "nothing");
	library_add(c.library, x);
	CHECK_INT(store_put(c.store, c.tape, x, &e), 0);
	library_written(c.library, &keys, x->id);
	CHECK_STR(get("/a?ts=2", ""), "n /a?ts=1");
	exchange_free(x);
}

/* Each tier has a cursor of its own, whichever found the answer first. */
static void
one_entry_can_be_found_under_two_keys(void)
{
	begin("* * ignore query ts");
	put(exchange("/a?ts=1", ""));
	put(exchange("/a?ts=2", ""));
	CHECK_STR(get("/a?ts=1", ""), "e /a?ts=1");
	CHECK_STR(get("/a?ts=3", ""), "n /a?ts=1");
	CHECK_STR(get("/a?ts=2", ""), "e /a?ts=2");
	CHECK_STR(get("/a?ts=3", ""), "n /a?ts=2");
	CHECK_STR(get("/a?ts=1", ""), "e /a?ts=1");
	CHECK_STR(get("/a?ts=3", ""), "n /a?ts=2");
}

RUN(TEST(entries_are_found_by_rules_they_were_not_recorded_with),
    TEST(exact_keys_go_by_rules_of_header_fields),
    TEST(a_tape_says_what_its_keys_go_by),
    TEST(normal_keys_harm_nobody_who_does_not_look_for_them),
    TEST(the_rules_of_a_tape_can_be_had_from_it),
    TEST(entries_without_a_key_and_other_tapes_stay_as_they_are),
    TEST(many_entries_are_indexed_in_turn),
    TEST(a_fresh_recording_is_found_in_both_tiers_until_it_is_written),
    TEST(one_entry_can_be_found_under_two_keys))
