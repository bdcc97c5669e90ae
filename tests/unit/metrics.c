/* Counting on several threads, and the two forms in which it is told. */
#include "config.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/buf.h"
#include "gateway/metrics.h"

#include "tests/unit/tap.h"

#define THREADS 4
#define ROUNDS 10000

static bool
says(struct buf *b, const char *line)
{
	char *at = strstr(buf_text(b), line);

	return at != NULL && (at == b->p || at[-1] == '\n') &&
	       at[strlen(line)] == '\n';
}

static struct meter_request
request(const char *method, int status, int64_t us)
{
	return (struct meter_request){ .source = SOURCE_UPSTREAM,
		.mode = MODE_RECORD,
		.method = str_of(method),
		.status = status,
		.us = us };
}

/* What ms has counted, as text. */
static void
tell(const struct meters *ms, bool open, struct buf *out)
{
	struct metrics_now now = { 0 };

	meters_sum(ms, &now.met);
	meters_reloads(ms, &now.reloads);
	now.routes = meters_routes(ms, &now.nroutes);
	metrics_write(&now, open, out);
	metrics_fini(&now);
}

static void
requests_are_counted_by_what_they_are(void)
{
	struct meters *ms = meters_new(2);
	struct meter_request a = request("GET", 200, 700);
	struct meter_request b = request("BREW", 418, 2000000);
	struct meter_request c = request("GET", 777, -1);
	struct buf out = { 0 };

	meter_request(meters_get(ms, 0), &a);
	meter_request(meters_get(ms, 1), &a);
	meter_request(meters_get(ms, 1), &b);
	meter_request(meters_get(ms, 1), &c);
	tell(ms, false, &out);
	CHECK(says(&out,
	    "hark_requests_total{source=\"upstream\",mode=\"record\","
	    "method=\"GET\",status=\"2xx\"} 2"));
	CHECK(says(&out,
	    "hark_requests_total{source=\"upstream\",mode=\"record\","
	    "method=\"other\",status=\"4xx\"} 1"));
	CHECK(says(&out,
	    "hark_requests_total{source=\"upstream\",mode=\"record\","
	    "method=\"GET\",status=\"other\"} 1"));
	CHECK(says(
	    &out, "hark_responses_total{source=\"upstream\",code=\"418\"} 1"));
	CHECK(strstr(buf_text(&out), "code=\"777\"") == NULL);
	buf_free(&out);
	meters_free(ms);
}

static void
latencies_add_up(void)
{
	static const int64_t us[] = { 0, 50, 51, 1000, 60000000, 60000001 };
	struct meters *ms = meters_new(1);
	struct meter_request r;
	struct buf out = { 0 };
	size_t i;

	for (i = 0; i < sizeof(us) / sizeof(us[0]); i++) {
		r = request("GET", 200, us[i]);
		meter_request(meters_get(ms, 0), &r);
	}
	tell(ms, false, &out);
#define BUCKET(le, n) \
	"hark_request_duration_seconds_bucket{source=\"upstream\",le=\"" le \
	"\"} " n
	CHECK(says(&out, BUCKET("0.00005", "2")));
	CHECK(says(&out, BUCKET("0.0001", "3")));
	CHECK(says(&out, BUCKET("0.0005", "3")));
	CHECK(says(&out, BUCKET("0.001", "4")));
	CHECK(says(&out, BUCKET("10", "4")));
	CHECK(says(&out, BUCKET("60", "5")));
	CHECK(says(&out, BUCKET("+Inf", "6")));
	CHECK(says(&out,
	    "hark_request_duration_seconds_count{source=\"upstream\"} 6"));
	CHECK(
	    says(&out, "hark_request_duration_seconds_sum{source=\"upstream\"} "
		       "120.001102"));
	buf_clear(&out, 0);
	tell(ms, true, &out);
	CHECK(says(&out, BUCKET("10.0", "4")));
	buf_free(&out);
	meters_free(ms);
}

static void
routes_have_a_bound(void)
{
	struct meters *ms = meters_new(2);
	struct meter_request r = request("GET", 200, 1);
	struct meter_route *v;
	char name[32];
	size_t i, n;

	for (i = 0; i < METER_ROUTES + 10; i++) {
		snprintf(name, sizeof(name), "route-%03zu", i);
		r.route = str_of(name);
		meter_request(meters_get(ms, 0), &r);
	}
	r.route = STR("route-000");
	meter_request(meters_get(ms, 1), &r);
	meter_request(meters_get(ms, 1), &r);
	v = meters_routes(ms, &n);
	CHECK_INT(n, METER_ROUTES + 1);
	CHECK_STR(v[0].name, "route-000");
	CHECK_INT(v[0].n, 3);
	CHECK_STR(v[n - 1].name, "other");
	CHECK_INT(v[n - 1].n, 10);
	free(v);
	/* Each worker has its own; together there are not more either. */
	r.route = STR("zzz");
	meter_request(meters_get(ms, 1), &r);
	v = meters_routes(ms, &n);
	CHECK_INT(n, METER_ROUTES + 1);
	CHECK_INT(v[n - 1].n, 11);
	free(v);
	meters_free(ms);
}

static void
labels_are_escaped(void)
{
	struct meters *ms = meters_new(1);
	struct meter_request r = request("GET", 200, 1);
	struct buf out = { 0 };
	char text[METER_ROUTE_NAME * 2];

	r.route = STR("a\"b\\c\nd\xff");
	meter_request(meters_get(ms, 0), &r);
	/* A long name is cut inside of a letter. */
	memset(text, 'x', sizeof(text));
	memcpy(text + METER_ROUTE_NAME - 2, "\xc3\xa9", 2);
	r.route = (struct str){ text, sizeof(text) };
	meter_request(meters_get(ms, 0), &r);
	tell(ms, false, &out);
	CHECK(
	    says(&out, "hark_mock_route_requests_total{route=\"a\\\"b\\\\c\\nd"
		       "\xef\xbf\xbd\"} 1"));
	CHECK(strstr(buf_text(&out), "xx\xef\xbf\xbd\"} 1\n") != NULL);
	CHECK(str_is_utf8(buf_str(&out)));
	buf_free(&out);
	meters_free(ms);
}

static void
what_is_open_is_never_below_zero(void)
{
	struct meters *ms = meters_new(1);
	struct buf out = { 0 };

	meter_add(meters_get(ms, 0), METER_AT(accepted), 3);
	meter_add(meters_get(ms, 0), METER_AT(closed), 1);
	meter_add(meters_get(ms, 0), METER_AT(ended), 1);
	tell(ms, false, &out);
	CHECK(says(&out, "hark_connections_open 2"));
	CHECK(says(&out, "hark_upstream_connections_open 0"));
	buf_free(&out);
	meters_free(ms);
}

static void
reloads_are_remembered(void)
{
	struct meters *ms = meters_new(1);
	struct buf out = { 0 };

	tell(ms, false, &out);
	CHECK(says(&out, "hark_last_reload_successful 1"));
	meters_reloaded(ms, true, 1500000);
	meters_reloaded(ms, false, 2500000);
	buf_clear(&out, 0);
	tell(ms, false, &out);
	CHECK(says(&out, "hark_reloads_total{result=\"success\"} 1"));
	CHECK(says(&out, "hark_reloads_total{result=\"failure\"} 1"));
	CHECK(says(&out, "hark_last_reload_successful 0"));
	CHECK(says(&out, "hark_last_reload_success_timestamp_seconds 1.5"));
	buf_free(&out);
	meters_free(ms);
}

static void
openmetrics_names_families_without_total(void)
{
	struct meters *ms = meters_new(1);
	struct buf out = { 0 };

	tell(ms, true, &out);
	CHECK(says(&out, "# TYPE hark_requests_refused counter"));
	CHECK(says(&out, "hark_requests_refused_total 0"));
	CHECK(str_ends(buf_str(&out), "\n# EOF\n"));
	buf_clear(&out, 0);
	tell(ms, false, &out);
	CHECK(says(&out, "# TYPE hark_requests_refused_total counter"));
	CHECK(strstr(buf_text(&out), "# EOF") == NULL);
	buf_free(&out);
	meters_free(ms);
}

static void
accept_chooses_the_form(void)
{
	CHECK(!metrics_wants_open(STR("")));
	CHECK(!metrics_wants_open((struct str){ NULL, 0 }));
	CHECK(!metrics_wants_open(STR("*/*")));
	CHECK(!metrics_wants_open(STR("text/plain;version=0.0.4")));
	CHECK(metrics_wants_open(STR("application/openmetrics-text")));
	/* As Prometheus asks. */
	CHECK(metrics_wants_open(
	    STR("application/openmetrics-text;version=1.0.0;q=0.5,"
		"text/plain;version=0.0.4;q=0.2,*/*;q=0.1")));
	CHECK(!metrics_wants_open(
	    STR("text/plain, application/openmetrics-text; q=0.3")));
	CHECK(!metrics_wants_open(STR("application/openmetrics-text;q=0")));
}

static void *
count(void *arg)
{
	struct meter_request r = request("GET", 200, 10);
	int i;

	r.route = STR("shared");
	for (i = 0; i < ROUNDS; i++)
		meter_request(arg, &r);
	return NULL;
}

static void
nothing_is_lost_while_others_look(void)
{
	struct meters *ms = meters_new(THREADS);
	struct meter_figures f;
	struct meter_route *v;
	pthread_t threads[THREADS];
	uint64_t before = 0, now = 0;
	size_t i, n;

	for (i = 0; i < THREADS; i++)
		CHECK_INT(
		    pthread_create(&threads[i], NULL, count, meters_get(ms, i)),
		    0);
	while (now < (uint64_t)THREADS * ROUNDS) {
		meters_sum(ms, &f);
		free(meters_routes(ms, &n));
		now = f.requests[SOURCE_UPSTREAM][MODE_RECORD][METER_GET][2];
		CHECK(now >= before);
		before = now;
	}
	for (i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	meters_sum(ms, &f);
	CHECK_INT(f.codes[SOURCE_UPSTREAM][100], THREADS * ROUNDS);
	v = meters_routes(ms, &n);
	CHECK_INT(n, 1);
	CHECK_INT(v[0].n, THREADS * ROUNDS);
	free(v);
	meters_free(ms);
}

static void
without_a_meter_nothing_happens(void)
{
	struct meter_request r = request("GET", 200, 1);

	meter_add(NULL, METER_AT(cut), 1);
	meter_more(meter_of(NULL, METER_AT(cut)), 1);
	meter_request(NULL, &r);
	meter_route(NULL, STR("a"));
	meters_reloaded(NULL, true, 1);
}

RUN(TEST(requests_are_counted_by_what_they_are), TEST(latencies_add_up),
    TEST(routes_have_a_bound), TEST(labels_are_escaped),
    TEST(what_is_open_is_never_below_zero), TEST(reloads_are_remembered),
    TEST(openmetrics_names_families_without_total),
    TEST(accept_chooses_the_form), TEST(nothing_is_lost_while_others_look),
    TEST(without_a_meter_nothing_happens))
