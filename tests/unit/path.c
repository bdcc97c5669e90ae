#include "config.h"

#include "recorder/path.h"

#include "tap.h"

static struct path_place
at(const char *target)
{
	return path_place(str_of(target));
}

static bool
alike(const char *a, const char *b)
{
	return at(a).shape == at(b).shape;
}

static bool
near(const char *a, const char *b, int bits)
{
	return at(a).shape >> bits == at(b).shape >> bits;
}

static void
a_path_ends_at_its_query(void)
{
	CHECK_VIEW(path_of(STR("/a/b?c=/d")), "/a/b");
	CHECK_VIEW(path_of(STR("/a/b")), "/a/b");
	CHECK_VIEW(path_of(STR("?a")), "");
	CHECK_INT(path_of((struct str){ NULL, 0 }).n, 0);
}

static void
segments_stand_between_slashes(void)
{
	CHECK_INT(path_segments(STR("/a/b")), 2);
	CHECK_INT(path_segments(STR("/a/b/")), 3);
	CHECK_INT(path_segments(STR("/")), 1);
	CHECK_INT(path_segments(STR("//")), 2);
	CHECK_INT(path_segments(STR("/a//b")), 3);
	CHECK_INT(path_segments(STR("*")), 1);
}

static void
values_look_like_ids(void)
{
	static const char *const ids[] = { "1", "4711", "2026-01-31",
		"10.0.0.1", "6fa459ea-ee8a-3ca4-894e-db77e160355e", "deadbeef1",
		"01ARZ3NDEKTSV4RRFFQ69G5FAV", "cus_9s6XKzkNRiz8i3", "user-1",
		"item_12", "item123", "12.json", "a%40b.example", "a@b.example",
		"eyJhbGciOiJIUzI1NiJ9" };
	size_t i;

	for (i = 0; i < sizeof(ids) / sizeof(*ids); i++)
		if (!path_is_id(str_of(ids[i])))
			printf("# %s\n", ids[i]);
	for (i = 0; i < sizeof(ids) / sizeof(*ids); i++)
		CHECK(path_is_id(str_of(ids[i])));
}

static void
names_do_not(void)
{
	static const char *const names[] = { "", "users", "v1", "v10", "v2.0",
		"oauth2", "s3", "index.html", "a%20b", "a%2F2", "deadbeef",
		"feedback", "3d", "-", "_all_docs", "configuration-settings" };
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (path_is_id(str_of(names[i])))
			printf("# %s\n", names[i]);
	for (i = 0; i < sizeof(names) / sizeof(*names); i++)
		CHECK(!path_is_id(str_of(names[i])));
}

static void
ids_make_no_difference_to_a_shape(void)
{
	CHECK(alike("/users/1/posts?x=1", "/users/2000/posts?y=2"));
	CHECK(alike("/1", "/6fa459ea-ee8a-3ca4-894e-db77e160355e"));
	CHECK(!alike("/users/1/posts", "/users/1/likes"));
	CHECK(!alike("/users/1", "/users/me"));
	CHECK(alike("/users/1", "/users/1/"));
	CHECK(at("/users/1").path == at("/users/1/?x").path);
	CHECK(!alike("/a/b/c/d", "/a/b/cd"));
	CHECK(!alike("/a/b/c/d/", "/a/b/c//d"));
	CHECK(at("/a?b").path == at("/a?c").path);
	CHECK(at("/a/1").path != at("/a/2").path);
}

static void
shapes_are_near_when_their_paths_begin_alike(void)
{
	CHECK(near("/api/v1/a", "/x/y/z", PATH_SAME_COUNT));
	CHECK(!near("/api/v1/a", "/api/v1/a/b", PATH_SAME_COUNT));
	CHECK(near("/api/v1/a", "/api/v2/b", PATH_SAME_FIRST));
	CHECK(!near("/api/v1/a", "/ipa/v1/a", PATH_SAME_FIRST));
	CHECK(near("/api/v1/a", "/api/v1/b", PATH_SAME_SECOND));
	CHECK(!near("/api/v1/a", "/api/v2/a", PATH_SAME_SECOND));
}

/* They are in files. */
static void
the_numbers_stay_what_they_are(void)
{
	CHECK_INT(at("/").shape, 4471135273680);
	CHECK_INT(at("/").path, 3015376);
	CHECK_INT(at("/users/17?x=1").shape, 13084572517487);
	CHECK_INT(at("/users/17?x=1").path, 5166261);
}

static void
the_numbers_are_small(void)
{
	char deep[4096];

	memset(deep, '/', sizeof(deep) - 1);
	deep[sizeof(deep) - 1] = '\0';
	CHECK_INT(at(deep).shape >> PATH_SAME_COUNT, 31);
	CHECK(at(deep).shape < INT64_C(1) << 47);
	CHECK(at(deep).path < 1 << 23 && at(deep).path >= 0);
}

RUN(TEST(a_path_ends_at_its_query), TEST(segments_stand_between_slashes),
    TEST(values_look_like_ids), TEST(names_do_not),
    TEST(ids_make_no_difference_to_a_shape),
    TEST(shapes_are_near_when_their_paths_begin_alike),
    TEST(the_numbers_stay_what_they_are), TEST(the_numbers_are_small))
