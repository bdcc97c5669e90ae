#include "config.h"

#include <stdlib.h>

#include "base/err.h"
#include "har/coding.h"
#include "har/exchange.h"
#include "har/json_path.h"
#include "replay/answer.h"
#include "replay/refresh.h"

#include "tap.h"

#define HOUR (3600 * (int64_t)1000000)
#define DAY (24 * HOUR)
#define RECORDED (1700000000 * (int64_t)1000000) /* 2023-11-14 22:13:20 */

static struct buf out;

static const char *
date(const char *text, int64_t us)
{
	out.n = 0;
	return refresh_date(str_of(text), us, &out) ? buf_text(&out) : "no";
}

static const char *
number(const char *text, int64_t us)
{
	out.n = 0;
	return refresh_number(str_of(text), us, &out) ? buf_text(&out) : "no";
}

static void
dates_keep_their_form(void)
{
	CHECK_STR(date("2023-11-14T22:13:20Z", DAY), "2023-11-15T22:13:20Z");
	CHECK_STR(date("2023-11-14T22:13:20.12z", 2 * HOUR + 999),
	    "2023-11-15T00:13:20.12z");
	CHECK_STR(date("2023-12-31 23:59:59.123456+05:30", 1000000),
	    "2024-01-01 00:00:00.123456+05:30");
	CHECK_STR(
	    date("2023-11-14T22:13:20-0800", -DAY), "2023-11-13T22:13:20-0800");
	CHECK_STR(date("2023-11-14T22:13:20", HOUR), "2023-11-14T23:13:20");
	CHECK_STR(date("2024-02-28", DAY), "2024-02-29");
	CHECK_STR(date("Sun, 06 Nov 1994 08:49:37 GMT", HOUR),
	    "Sun, 06 Nov 1994 09:49:37 GMT");
	CHECK_STR(date("Sunday, 06-Nov-94 08:49:37 GMT", HOUR),
	    "Sun, 06 Nov 1994 09:49:37 GMT");
	CHECK_STR(date("0", HOUR), "no");
	CHECK_STR(date("", HOUR), "no");
	CHECK_STR(date("yesterday", HOUR), "no");
	CHECK_STR(date("2023-13-14T22:13:20Z", HOUR), "no");
	CHECK_STR(date("2023-11-14T22:13:20Z and more", HOUR), "no");
}

static void
numbers_are_of_the_unit_that_fits_their_size(void)
{
	CHECK_STR(number("1700000000", HOUR), "1700003600");
	CHECK_STR(number("1700000000.25", HOUR), "1700003600.25");
	CHECK_STR(number("1700000000123", -HOUR), "1699996400123");
	CHECK_STR(number("1700000000123456", 7), "1700000000123463");
	CHECK_STR(number("1700000000123456789", 7), "1700000000123463789");
	CHECK_STR(number("99", HOUR), "no");
	CHECK_STR(number("-1700000000", HOUR), "no");
	CHECK_STR(number("1.7e9", HOUR), "no");
	CHECK_STR(number("12345678901", HOUR), "no");
	CHECK_STR(number("123456789012345678901", HOUR), "no");
}

static struct exchange *
recorded(const char *fields, const char *codings, const char *body)
{
	struct exchange *x = exchange_new();

	x->method = STR("GET");
	x->status = 200;
	x->reason = STR("OK");
	x->id = 7;
	x->started_us = RECORDED;
	CHECK_INT(coding_encode(
		      str_of(codings), str_of(body), &x->response.body.bytes),
	    0);
	x->response.body.size = x->response.body.bytes.n;
	CHECK_INT(
	    headers_parse(&x->response.headers, &x->arena, str_of(fields)), 0);
	return x;
}

/* What an answer made of x is a day later; the gateway began 12 hours
 * earlier. */
static struct answer *
a_day_later(struct exchange *x, bool fields, const char *place)
{
	struct json_paths *paths = json_paths_new();
	struct refresh r = { .now_us = RECORDED + DAY,
		.began_us = RECORDED + DAY / 2,
		.fields = fields,
		.places = *place != '\0' ? paths : NULL };
	struct answer_kept *k = answer_new(x, &x->response.body.bytes);
	struct answer *a;
	struct err e;

	exchange_free(x);
	if (*place != '\0')
		CHECK_INT(json_paths_add(paths, str_of(place), 1, &e), 0);
	a = refresh_answer(&k->answer, &r);
	json_paths_free(paths);
	return a;
}

static void
fields_move_and_others_stay(void)
{
	struct answer *a = a_day_later(
	    recorded("Date: Tue, 14 Nov 2023 22:13:20 GMT\r\n"
		     "expires: Tue, 14 Nov 2023 23:13:20 GMT\r\n"
		     "Last-Modified: Tue, 14 Nov 2023 00:00:00 GMT\r\n"
		     "X-At: Tue, 14 Nov 2023 00:00:00 GMT\r\n"
		     "Retry-After: 120\r\n"
		     "Set-Cookie: a=\"1;b\"; Expires=Tue, 14-Nov-23 22:13:21 "
		     "GMT; Path=/\r\n"
		     "Set-Cookie: b=2; Max-Age=3\r\n"
		     "Content-Length: 2\r\n",
		"", "hi"),
	    true, "");

	CHECK(str_is(a->head,
	    "HTTP/1.1 200 OK\r\n"
	    "Date: Wed, 15 Nov 2023 22:13:20 GMT\r\n"
	    "expires: Wed, 15 Nov 2023 23:13:20 GMT\r\n"
	    "Last-Modified: Tue, 14 Nov 2023 12:00:00 GMT\r\n"
	    "X-At: Tue, 14 Nov 2023 00:00:00 GMT\r\n"
	    "Retry-After: 120\r\n"
	    "Set-Cookie: a=\"1;b\"; Expires=Wed, 15 Nov 2023 22:13:21 GMT; "
	    "Path=/\r\n"
	    "Set-Cookie: b=2; Max-Age=3\r\n"
	    "Content-Length: 2\r\n"));
	CHECK(str_is(headers_get(&a->headers, "Last-Modified"),
	    "Tue, 14 Nov 2023 12:00:00 GMT"));
	CHECK(str_is(buf_str(&a->body->bytes), "hi"));
	CHECK_INT(a->entry, 7);
	answer_unref(a);
}

static void
dates_in_json_move_where_they_are_named(void)
{
	struct answer *a = a_day_later(
	    recorded("Date: Tue, 14 Nov 2023 22:13:20 GMT\r\n"
		     "Content-Encoding: gzip\r\nContent-Length: 9\r\n",
		"gzip",
		"{\"a\": {\"at\":\"2023-11-14T22:13:20Z\" , \"at\": "
		"1700000000,\"x\":1700000000}}"),
	    false, "$..at");
	struct buf plain = { 0 };
	char length[64];

	CHECK_INT(
	    coding_decode(STR("gzip"), buf_str(&a->body->bytes), 1000, &plain),
	    CODING_DONE);
	CHECK_STR(buf_text(&plain),
	    "{\"a\": {\"at\":\"2023-11-15T22:13:20Z\" , \"at\": "
	    "1700086400,\"x\":1700000000}}");
	snprintf(length, sizeof(length), "Content-Length: %zu\r\n",
	    a->body->bytes.n);
	CHECK(memmem(a->head.p, a->head.n, length, strlen(length)) != NULL);
	CHECK_INT(a->body->size, a->body->bytes.n);
	CHECK(str_is(
	    headers_get(&a->headers, "Date"), "Tue, 14 Nov 2023 22:13:20 GMT"));
	buf_free(&plain);
	answer_unref(a);
}

static void
what_has_nothing_to_move_is_the_same_answer(void)
{
	struct answer *a =
	    a_day_later(recorded("", "", "no json"), false, "/at");

	CHECK(str_is(buf_str(&a->body->bytes), "no json"));
	CHECK(answer_kept_of(a)->of == NULL);
	answer_unref(a);
	a = a_day_later(recorded("", "", "{\"at\":\"x\"}"), true, "/at");
	CHECK(str_is(buf_str(&a->body->bytes), "{\"at\":\"x\"}"));
	answer_unref(a);
	buf_free(&out);
}

RUN(TEST(dates_keep_their_form),
    TEST(numbers_are_of_the_unit_that_fits_their_size),
    TEST(fields_move_and_others_stay),
    TEST(dates_in_json_move_where_they_are_named),
    TEST(what_has_nothing_to_move_is_the_same_answer))
