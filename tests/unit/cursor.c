#include "config.h"

#include "replay/cursor.h"

#include "tap.h"

static const struct key a = { { 1 } }, b = { { 2 } };
static struct cursors *c;

static void
move(
    const struct key *key, const char *session, uint64_t variant, int64_t entry)
{
	_Atomic int64_t to = entry;

	cursors_move(c, key, str_of(session), variant, &to);
}

static int64_t
mark(const struct key *key, const char *session, uint64_t variant)
{
	struct cursor_at out;

	cursors_marks(c, key, str_of(session), &variant, 1, &out);
	return out.entry;
}

static void
begin(void)
{
	cursors_free(c);
	c = cursors_new();
}

static void
nothing_is_served_at_first(void)
{
	begin();
	CHECK_INT(mark(&a, "", 7), 0);
}

static void
a_mark_moves_for_its_key_session_and_variant_only(void)
{
	begin();
	move(&a, "s", 7, 42);
	CHECK_INT(mark(&a, "s", 7), 42);
	CHECK_INT(mark(&b, "s", 7), 0);
	CHECK_INT(mark(&a, "t", 7), 0);
	CHECK_INT(mark(&a, "", 7), 0);
	CHECK_INT(mark(&a, "s", 8), 0);
}

static void
a_mark_never_moves_back(void)
{
	begin();
	move(&a, "s", 7, 42);
	move(&a, "s", 7, 41);
	CHECK_INT(mark(&a, "s", 7), 42);
	move(&a, "s", 7, 43);
	CHECK_INT(mark(&a, "s", 7), 43);
}

static void
an_entry_without_an_id_moves_nothing(void)
{
	begin();
	move(&a, "s", 7, 0);
	CHECK_INT(mark(&a, "s", 7), 0);
}

static void
several_marks_are_told_at_once(void)
{
	const uint64_t variants[] = { 1, 2, 3 };
	struct cursor_at out[3];

	begin();
	move(&a, "s", 3, 30);
	move(&a, "s", 1, 10);
	move(&a, "s", 1, 10);
	cursors_marks(c, &a, STR("s"), variants, 3, out);
	CHECK_INT(out[0].entry, 10);
	CHECK_INT(out[0].times, 2);
	CHECK_INT(out[1].entry, 0);
	CHECK_INT(out[2].entry, 30);
	CHECK_INT(out[2].times, 1);
}

static void
a_served_entry_is_known_by_its_id_once_it_has_one(void)
{
	begin();
	move(&a, "s", 7, 1000);
	move(&a, "t", 7, 1000);
	move(&b, "s", 7, 1000);
	cursors_rename(c, &a, 1000, 5);
	CHECK_INT(mark(&a, "s", 7), 5);
	CHECK_INT(mark(&a, "t", 7), 5);
	CHECK_INT(mark(&b, "s", 7), 1000);
}

static void
a_reset_forgets_all(void)
{
	begin();
	move(&a, "s", 7, 42);
	cursors_reset(c);
	CHECK_INT(mark(&a, "s", 7), 0);
	move(&a, "s", 7, 1);
	CHECK_INT(mark(&a, "s", 7), 1);
}

static void
the_sessions_that_moved_last_are_kept_when_there_are_too_many(void)
{
	char session[32];
	int i, n = CURSOR_MOST + 100;

	begin();
	for (i = 0; i < n; i++) {
		snprintf(session, sizeof(session), "session %d", i);
		move(&a, session, 7, 1);
		move(&a, "busy", 7, 2);
	}
	CHECK_INT(mark(&a, "session 0", 7), 0);
	CHECK_INT(mark(&a, session, 7), 1);
	CHECK_INT(mark(&a, "busy", 7), 2);
}

static void
the_variants_that_moved_last_are_kept_when_there_are_too_many(void)
{
	uint64_t v;

	begin();
	for (v = 1; v <= CURSOR_MARKS + 10; v++) {
		move(&a, "s", v, 1);
		move(&a, "s", 1, 2);
	}
	CHECK_INT(mark(&a, "s", 1), 2);
	CHECK_INT(mark(&a, "s", 2), 0);
	CHECK_INT(mark(&a, "s", CURSOR_MARKS + 10), 1);
}

static void
marks_are_forgotten_unless_they_have_moved_on(void)
{
	static const uint64_t variants[] = { 7, 8, 9 };
	static const struct cursor_at marks[] = { { 3, 1 }, { 5, 1 },
		{ 1, 1 } };

	begin();
	move(&a, "s", 7, 3);
	move(&a, "s", 8, 6);
	move(&a, "t", 7, 3);
	cursors_forget(c, &a, STR("s"), variants, marks, 3);
	cursors_forget(c, &a, STR("u"), variants, marks, 3);
	CHECK_INT(mark(&a, "s", 7), 0);
	CHECK_INT(mark(&a, "s", 8), 6);
	CHECK_INT(mark(&a, "t", 7), 3);
	move(&a, "s", 7, 1);
	CHECK_INT(mark(&a, "s", 7), 1);
}

static void
all_of_it_can_be_freed(void)
{
	cursors_free(c);
	c = NULL;
	cursors_free(NULL);
}

RUN(TEST(nothing_is_served_at_first),
    TEST(a_mark_moves_for_its_key_session_and_variant_only),
    TEST(a_mark_never_moves_back), TEST(an_entry_without_an_id_moves_nothing),
    TEST(several_marks_are_told_at_once),
    TEST(a_served_entry_is_known_by_its_id_once_it_has_one),
    TEST(a_reset_forgets_all),
    TEST(the_sessions_that_moved_last_are_kept_when_there_are_too_many),
    TEST(the_variants_that_moved_last_are_kept_when_there_are_too_many),
    TEST(marks_are_forgotten_unless_they_have_moved_on),
    TEST(all_of_it_can_be_freed))
