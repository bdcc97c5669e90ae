#include "config.h"

#include <math.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/random.h"
#include "har/headers.h"
#include "mock/environment.h"
#include "mock/manner.h"
#include "mock/mocks.h"

#include "tap.h"

static struct mocks *mocks;
static const struct mocks_place anywhere;
static struct err e;

static struct environment *
parsed(const char *text)
{
	struct environment *env =
	    environment_parse("x.json", str_of(text), NULL, &e);

	if (env == NULL)
		printf("# %s\n", e.text);
	return env;
}

/* A route with this behind its endpoint. */
static void
given(const char *more)
{
	static const struct mocks_options o = { .seeded = true,
		.seed = 7,
		.choose_by_header = true,
		.most_sessions = 10 };
	struct environment *env;
	struct buf text = { 0 };

	mocks_unref(mocks);
	mocks = mocks_new(&o);
	buf_addf(&text, "{\"routes\":[{\"endpoint\":\"a\",%s}]}", more);
	env = parsed(buf_text(&text));
	buf_free(&text);
	CHECK(env != NULL);
	CHECK_INT(mocks_add(mocks, env, &anywhere, 0, NULL, &e), 0);
}

static void
finish(void)
{
	mocks_unref(mocks);
	mocks = NULL;
}

/* Asks in a session, with a field if it has a value; *r is to be ended if
 * something answers. */
static bool
asked(const char *target, uint64_t session, const char *name,
    struct mock_reply *r)
{
	struct headers fields = { 0 };
	struct arena a = { 0 };
	struct mock_request q = {
		.method = STR("GET"),
		.target = str_of(target),
		.authority = STR("x"),
		.body = STR(""),
		.headers = &fields,
		.session_number = session,
	};
	bool answered;

	*r = (struct mock_reply){ 0 };
	if (name != NULL)
		headers_add(
		    &fields, &a, STR("x-mock-response-name"), str_of(name));
	answered = mocks_answer(mocks, &q, r);
	arena_fini(&a);
	if (!answered)
		mock_reply_fini(r);
	return answered;
}

/* The first letter of the body; - when nothing answers. */
static char
letter(const char *target, uint64_t session)
{
	struct mock_reply r;
	char is = '?';

	if (!asked(target, session, NULL, &r))
		return '-';
	if (r.body.n > 0)
		is = r.body.p[0];
	mock_reply_fini(&r);
	return is;
}

/* The letters of n answers in the session that all share. */
static const char *
letters(size_t n)
{
	static char text[64];
	size_t i;

	for (i = 0; i < n && i + 1 < sizeof(text); i++)
		text[i] = letter("/a", 0);
	text[i] = '\0';
	return text;
}

/* Of 10,000 answers, in thousandths. */
static int
share(char of)
{
	int i, n = 0;

	for (i = 0; i < 10000; i++)
		n += letter("/a", 0) == of;
	return n / 10;
}

static void
weights_share_out_the_answers(void)
{
	int a;

	given("\"responses\":[{\"body\":\"a\",\"hark\":{\"weight\":3}},"
	      "{\"body\":\"b\"},{\"body\":\"c\",\"hark\":{\"weight\":0}}]");
	a = share('a');
	CHECK(a > 735 && a < 765);
	CHECK_INT(share('c'), 0);
	given("\"responseMode\":\"RANDOM\",\"responses\":[{\"body\":\"a\"},"
	      "{\"body\":\"b\",\"hark\":{\"weight\":4}}]");
	a = share('a');
	CHECK(a > 185 && a < 215);
	finish();
}

static void
rules_come_before_weights(void)
{
	int b;

	given("\"responses\":[{\"body\":\"a\"},{\"body\":\"b\",\"hark\":"
	      "{\"weight\":1}},{\"body\":\"c\",\"rules\":[{\"target\":"
	      "\"query\",\"modifier\":\"c\",\"value\":\"1\"}]}]");
	CHECK_INT(letter("/a?c=1", 0), 'c');
	CHECK_INT(share('c'), 0);
	b = share('b');
	CHECK(b > 480 && b < 520);
	finish();
}

static void
a_response_is_served_so_many_times(void)
{
	given("\"responses\":[{\"body\":\"a\",\"hark\":{\"times\":2}},"
	      "{\"body\":\"b\",\"hark\":{\"times\":1}},{\"body\":\"c\"}]");
	CHECK_STR(letters(5), "aabcc");
	given("\"responseMode\":\"SEQUENTIAL\",\"responses\":[{\"body\":\"a\","
	      "\"hark\":{\"times\":1}},{\"body\":\"b\"},{\"body\":\"c\"}]");
	CHECK_STR(letters(7), "abcbbcb");
	given("\"responseMode\":\"RANDOM\",\"responses\":[{\"body\":\"a\","
	      "\"hark\":{\"times\":3}}]");
	CHECK_STR(letters(5), "aaa--");
	given("\"responseMode\":\"DISABLE_RULES\",\"responses\":[{\"body\":"
	      "\"a\"},{\"body\":\"b\",\"default\":true,\"hark\":{\"times\":1}}"
	      "]");
	CHECK_STR(letters(3), "baa");
	finish();
}

static void
times_are_counted_in_each_session(void)
{
	given("\"responses\":[{\"body\":\"a\",\"hark\":{\"times\":1}},"
	      "{\"body\":\"b\"}]");
	CHECK_INT(letter("/a", 1), 'a');
	CHECK_INT(letter("/a", 1), 'b');
	CHECK_INT(letter("/a", 2), 'a');
	CHECK_INT(letter("/a", 0), 'a');
	CHECK_INT(letter("/a", 2), 'b');
	finish();
}

#define CART \
	"\"responses\":[{\"body\":\"e\",\"label\":\"e\",\"hark\":" \
	"{\"scenario\":\"cart\",\"state\":\"Started\",\"newState\":\"full\"}}" \
	",{\"body\":\"f\",\"label\":\"f\",\"hark\":{\"scenario\":\"cart\"," \
	"\"state\":\"full\",\"newState\":\"paid\"}},{\"body\":\"d\"," \
	"\"hark\":{\"scenario\":\"cart\",\"state\":\"paid\",\"newState\":" \
	"\"Started\"},\"rules\":[{\"target\":\"query\",\"modifier\":\"x\"," \
	"\"value\":\"1\"}]},{\"body\":\"o\",\"default\":true}]"

static void
a_scenario_goes_from_state_to_state(void)
{
	given(CART);
	CHECK_STR(letters(4), "efoo");
	CHECK_INT(letter("/a?x=1", 0), 'd');
	CHECK_STR(letters(3), "efo");
	CHECK_INT(letter("/a", 3), 'e');
	CHECK_INT(letter("/a", 4), 'e');
	CHECK_INT(letter("/a", 3), 'f');
	given("\"responseMode\":\"FALLBACK\"," CART);
	CHECK_STR(letters(4), "ef--");
	finish();
}

static void
who_asks_by_name_gets_it_and_moves_the_scenario(void)
{
	struct mock_reply r;

	given(CART);
	CHECK(asked("/a", 0, "f", &r));
	CHECK_INT(r.body.p[0], 'f');
	mock_reply_fini(&r);
	CHECK_INT(letter("/a?x=1", 0), 'd');
	finish();
}

static void *
taking(void *arg)
{
	atomic_int *n = arg;
	int i;

	for (i = 0; i < 200; i++)
		if (letter("/a", 0) == 'a')
			atomic_fetch_add(n, 1);
	return NULL;
}

static void
requests_at_once_do_not_get_more(void)
{
	pthread_t threads[4];
	atomic_int n;
	size_t i;

	given("\"responses\":[{\"body\":\"a\",\"hark\":{\"times\":123}},"
	      "{\"body\":\"b\"}]");
	atomic_init(&n, 0);
	for (i = 0; i < 4; i++)
		CHECK_INT(pthread_create(&threads[i], NULL, taking, &n), 0);
	for (i = 0; i < 4; i++)
		pthread_join(threads[i], NULL);
	CHECK_INT(atomic_load(&n), 123);
	finish();
}

static void
another_version_keeps_what_stayed_the_same(void)
{
	static const char first[] =
	    "{\"routes\":[{\"endpoint\":\"a\",\"responses\":[{\"body\":\"a\","
	    "\"hark\":{\"times\":1}},{\"body\":\"b\"}]}%s]}";
	struct buf text = { 0 };
	struct mocks *next;

	given("\"responses\":[{\"body\":\"a\",\"hark\":{\"times\":1}},"
	      "{\"body\":\"b\"}]");
	CHECK_STR(letters(2), "ab");
	buf_addf(&text, first, ",{\"endpoint\":\"other\",\"responses\":[{}]}");
	next = mocks_with(mocks, 0, parsed(buf_text(&text)), 0, NULL, &e);
	buf_free(&text);
	CHECK(next != NULL);
	mocks_unref(mocks);
	mocks = next;
	mocks_forget(mocks, 0);
	CHECK_STR(letters(2), "bb");
	finish();
}

/* ---- errors -------------------------------------------------------------- */

static void
a_share_of_answers_is_errors(void)
{
	struct mock_reply r;
	int i, wrong = 0;

	given("\"hark\":{\"errors\":{\"rate\":0.25,\"status\":429}},"
	      "\"responses\":[{\"body\":\"a\",\"label\":\"a\",\"hark\":"
	      "{\"times\":6000}},{\"body\":\"b\"}]");
	for (i = 0; i < 8000; i++) {
		CHECK(asked("/a", 0, NULL, &r));
		CHECK(r.status == 200 || r.status == 429);
		wrong += r.status == 429;
		mock_reply_fini(&r);
	}
	CHECK(wrong > 1900 && wrong < 2100);
	/* An error does not count. */
	for (i = 8000 - wrong; i < 6000; i++)
		CHECK(letter("/a", 0) != 'b');
	given("\"hark\":{\"errors\":{\"rate\":1,\"fault\":\"reset\"}},"
	      "\"responses\":[{\"label\":\"a\"}]");
	CHECK(asked("/a", 0, NULL, &r));
	CHECK_INT(r.fault, MOCK_FAULT_RESET);
	mock_reply_fini(&r);
	CHECK(asked("/a", 0, "a", &r));
	CHECK_INT(r.fault, MOCK_FAULT_NONE);
	mock_reply_fini(&r);
	finish();
}

/* ---- delays -------------------------------------------------------------- */

static double
unit(void *arg)
{
	return random_unit(arg);
}

static int
upwards(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

#define DRAWN 20001

/* So many of them, in order. */
static const uint64_t *
drawn(const struct mock_delay *d)
{
	static uint64_t v[DRAWN];
	struct random *random = random_new(true, 11);
	size_t i;

	for (i = 0; i < DRAWN; i++)
		v[i] = manner_delay(d, unit, random);
	random_free(random);
	qsort(v, DRAWN, sizeof(*v), upwards);
	return v;
}

static void
uniform_delays_are_spread_evenly(void)
{
	const struct mock_delay d = {
		.kind = MOCK_DELAY_UNIFORM, .least_ms = 1000, .most_ms = 3000
	};
	const uint64_t *v = drawn(&d);

	CHECK(v[0] >= 1000 && v[0] < 1010);
	CHECK(v[DRAWN / 4] > 1470 && v[DRAWN / 4] < 1530);
	CHECK(v[DRAWN / 2] > 1970 && v[DRAWN / 2] < 2030);
	CHECK(v[DRAWN - 1] > 2990 && v[DRAWN - 1] <= 3000);
}

static void
lognormal_delays_have_their_median_and_spread(void)
{
	struct mock_delay d = {
		.kind = MOCK_DELAY_LOGNORMAL, .median_ms = 10000, .sigma = 0.5
	};
	const uint64_t *v = drawn(&d);
	double low = log((double)v[(int)(DRAWN * 0.1587)]);
	double high = log((double)v[(int)(DRAWN * 0.8413)]);

	CHECK(v[DRAWN / 2] > 9800 && v[DRAWN / 2] < 10200);
	/* A standard deviation to both sides. */
	CHECK(high - low > 0.98 && high - low < 1.02);
	d.most_ms = 12000;
	v = drawn(&d);
	CHECK(v[DRAWN - 1] <= 12000 && v[DRAWN - 1] > 11990);
	d.median_ms = 50000;
	d.sigma = 0;
	CHECK_INT(drawn(&d)[0], 12000);
}

static void
the_nearest_manner_counts(void)
{
	struct environment *env = parsed(
	    "{\"latency\":1,\"hark\":{\"delay\":10,\"bandwidth\":5,"
	    "\"dribble\":{\"pieces\":9,\"over\":90}},\"routes\":["
	    "{\"endpoint\":\"a\",\"hark\":{\"delay\":{\"uniform\":[20,20]}},"
	    "\"responses\":[{\"latency\":2,\"hark\":{\"bandwidth\":7,"
	    "\"fault\":\"cut\"}}]},"
	    "{\"endpoint\":\"b\",\"responses\":[{\"hark\":{\"delay\":{"
	    "\"lognormal\":{\"median\":30,\"sigma\":0}},\"dribble\":"
	    "{\"pieces\":3,\"over\":0}}}]}]}");
	static const struct mocks_options o = { .most_sessions = 1 };
	struct mock_reply r;

	CHECK(env != NULL);
	mocks = mocks_new(&o);
	CHECK_INT(mocks_add(mocks, env, &anywhere, 0, NULL, &e), 0);
	CHECK(asked("/a", 0, NULL, &r));
	CHECK_INT(r.latency_ms, 23);
	CHECK_INT(r.bandwidth, 7);
	CHECK_INT(r.pieces, 9);
	CHECK_INT(r.over_ms, 90);
	CHECK_INT(r.fault, MOCK_FAULT_CUT);
	mock_reply_fini(&r);
	CHECK(asked("/b", 0, NULL, &r));
	CHECK_INT(r.latency_ms, 31);
	CHECK_INT(r.bandwidth, 5);
	CHECK_INT(r.pieces, 3);
	CHECK_INT(r.over_ms, 0);
	mock_reply_fini(&r);
	finish();
}

/* ---- reading ------------------------------------------------------------- */

static void
what_is_wrong_is_told_with_its_place(void)
{
	static const struct {
		const char *hark, *why;
	} cases[] = {
		{ "\"weight\":-1", "weight: expected a number from 0 to" },
		{ "\"times\":0", "times: expected a number from 1 to" },
		{ "\"fault\":\"explode\"",
		    "fault: expected one of null reset empty malformed "
		    "garbage cut stall, not \"explode\"" },
		{ "\"delay\":-5", "delay: expected milliseconds" },
		{ "\"delay\":1e300", "delay: expected milliseconds" },
		{ "\"delay\":{}", "delay: expected milliseconds" },
		{ "\"delay\":{\"uniform\":[5,1]}",
		    "delay.uniform: expected two numbers" },
		{ "\"delay\":{\"uniform\":5}",
		    "delay.uniform: expected two numbers" },
		{ "\"delay\":{\"lognormal\":{\"median\":5}}",
		    "delay.lognormal.sigma: expected it here" },
		{ "\"delay\":{\"lognormal\":{\"median\":5,\"sigma\":-1}}",
		    "delay.lognormal.sigma: expected a number from 0 to 10" },
		{ "\"delay\":{\"lognormal\":5}",
		    "delay.lognormal: expected an object" },
		{ "\"dribble\":{\"pieces\":0,\"over\":1}",
		    "dribble.pieces: expected a number from 1 to 10000" },
		{ "\"dribble\":{\"pieces\":2}",
		    "dribble.over: expected it here" },
		{ "\"bandwidth\":0", "bandwidth: expected a number from 1" },
		{ "\"bandwidth\":\"x\"",
		    "bandwidth: expected a number from 1" },
		{ "\"state\":\"x\"",
		    "state: expected the name of its scenario" },
		{ "\"newState\":\"x\"",
		    "newState: expected the name of its scenario" },
	};
	struct buf text = { 0 }, why = { 0 };
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		text.n = why.n = 0;
		buf_addf(&text,
		    "{\"routes\":[{\"endpoint\":\"a\",\"responses\":[{},"
		    "{\"hark\":{%s}}]}]}",
		    cases[i].hark);
		buf_addf(&why, "x.json: routes[0].responses[1].hark.%s",
		    cases[i].why);
		CHECK(environment_parse("x.json", buf_str(&text), NULL, &e) ==
		      NULL);
		if (strncmp(e.text, buf_text(&why), why.n) != 0)
			CHECK_STR(e.text, buf_text(&why));
	}
	buf_free(&text);
	buf_free(&why);
}

static void
errors_are_a_rate_and_one_way(void)
{
	static const struct {
		const char *errors, *why;
	} cases[] = {
		{ "{\"rate\":5}",
		    "x.json: hark.errors.rate: expected a number from 0 to 1, "
		    "not 5" },
		{ "{\"status\":500}",
		    "x.json: hark.errors.rate: expected it here" },
		{ "{\"rate\":1,\"status\":500,\"fault\":\"cut\"}",
		    "x.json: hark.errors: expected either a status or a "
		    "fault" },
		{ "0.5", "x.json: hark.errors: expected an object" },
	};
	struct buf text = { 0 };
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		text.n = 0;
		buf_addf(&text, "{\"routes\":[],\"hark\":{\"errors\":%s}}",
		    cases[i].errors);
		CHECK(environment_parse("x.json", buf_str(&text), NULL, &e) ==
		      NULL);
		if (strncmp(e.text, cases[i].why, strlen(cases[i].why)) != 0)
			CHECK_STR(e.text, cases[i].why);
	}
	buf_free(&text);
}

RUN(TEST(weights_share_out_the_answers), TEST(rules_come_before_weights),
    TEST(a_response_is_served_so_many_times),
    TEST(times_are_counted_in_each_session),
    TEST(a_scenario_goes_from_state_to_state),
    TEST(who_asks_by_name_gets_it_and_moves_the_scenario),
    TEST(requests_at_once_do_not_get_more),
    TEST(another_version_keeps_what_stayed_the_same),
    TEST(a_share_of_answers_is_errors), TEST(uniform_delays_are_spread_evenly),
    TEST(lognormal_delays_have_their_median_and_spread),
    TEST(the_nearest_manner_counts), TEST(what_is_wrong_is_told_with_its_place),
    TEST(errors_are_a_rate_and_one_way))
