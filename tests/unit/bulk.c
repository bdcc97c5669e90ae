#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "har/base64.h"
#include "har/bulk.h"
#include "har/coding.h"
#include "har/feed.h"
#include "har/har_text.h"
#include "har/har_turn.h"
#include "har/json_write.h"
#include "har/spool.h"

#include "tests/unit/tap.h"

#define LONG 500000 /* bytes; more than two windows of a feed */

/*
 * Bytes that are long, and feeds that give them in pieces of any size
 */

/* No two parts of it are alike. */
static struct buf
noise(size_t n)
{
	struct buf b = { 0 };
	uint32_t v = 7;

	while (b.n < n) {
		v = v * 1664525 + 1013904223;
		buf_add(&b, (char *)&v + 2, 2);
	}
	b.n = n;
	return b;
}

/* Characters of one to four bytes, shifted by some bytes. */
static struct buf
text_of(size_t n, size_t shift)
{
	static const char row[] =
	    "a\"b\\\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\n";
	struct buf b = { 0 };

	while (shift-- > 0)
		buf_add(&b, "x", 1);
	while (b.n < n)
		buf_add(&b, row, sizeof(row) - 1);
	return b;
}

/* A feed of bytes in memory in pieces of step. */
struct steps {
	struct feed feed;
	struct str bytes, rest;
	size_t step;
};

static int
steps_next(struct feed *feed, struct str *piece, struct err *e)
{
	struct steps *s = (struct steps *)feed;
	size_t n = s->rest.n < s->step ? s->rest.n : s->step;

	(void)e;
	*piece = (struct str){ s->rest.p, n };
	s->rest = (struct str){ s->rest.p + n, s->rest.n - n };
	return n > 0;
}

static void
steps_rewind(struct feed *feed)
{
	struct steps *s = (struct steps *)feed;

	s->rest = s->bytes;
}

static const struct feed_kind steps_kind = { steps_next, steps_rewind, NULL };

static struct steps
in_steps(struct str bytes, size_t step)
{
	return (struct steps){ { &steps_kind }, bytes, bytes, step };
}

static struct buf
all_of(struct feed *f)
{
	struct buf b = { 0 };
	struct str piece;
	struct err e;
	int r;

	while ((r = feed_next(f, &piece, &e)) == 1) {
		CHECK(piece.n > 0);
		buf_add_str(&b, piece);
	}
	CHECK_INT(r, 0);
	return b;
}

static bool
feeds(struct feed *f, struct str bytes)
{
	struct buf b = all_of(f);
	bool same = str_eq(buf_str(&b), bytes);

	buf_free(&b);
	return same;
}

static struct bulk
bulk_of(struct str bytes, size_t in_memory)
{
	struct bulk b = { .in_memory = in_memory, .limit = 1u << 30 };
	struct err e;

	CHECK_INT(bulk_add(&b, bytes.p, bytes.n, &e), 0);
	CHECK_INT(bulk_end(&b, &e), 0);
	return b;
}

static bool
bulk_has(const struct bulk *b, struct str bytes)
{
	struct feed *f = bulk_feed(b);
	bool same = bulk_size(b) == bytes.n && feeds(f, bytes);

	feed_free(f);
	return same;
}

/*
 * Bulks and feeds
 */

static void
few_bytes_stay_in_memory_and_many_go_to_a_file(void)
{
	struct buf bytes = noise(LONG);
	struct bulk few = bulk_of(buf_str(&bytes), LONG);
	struct bulk many = bulk_of(buf_str(&bytes), LONG - 1);

	CHECK(few.spool == NULL);
	CHECK(many.spool != NULL);
	CHECK_INT(many.bytes.n, 0);
	CHECK(bulk_has(&few, buf_str(&bytes)));
	CHECK(bulk_has(&many, buf_str(&bytes)));
	bulk_free(&few);
	bulk_free(&many);
	buf_free(&bytes);
}

static void
a_limit_is_an_error_and_no_failure(void)
{
	struct bulk b = { .in_memory = 4, .limit = 10 };
	struct err e;

	CHECK_INT(bulk_add(&b, "0123456789", 10, &e), 0);
	CHECK_INT(bulk_add(&b, "x", 1, &e), -1);
	CHECK_STR(e.text, "longer than the limit");
	CHECK(!b.failed);
	bulk_free(&b);
}

static void
a_folder_that_is_not_there_is_a_failure(void)
{
	struct bulk b = {
		.in_memory = 1, .limit = 10, .folder = "/nonexistent/folder"
	};
	struct err e;

	CHECK_INT(bulk_add(&b, "ab", 2, &e), -1);
	CHECK(b.failed);
	CHECK(strstr(e.text, "/nonexistent/folder") != NULL);
	bulk_free(&b);
}

static void
a_spool_can_be_read_anywhere_and_mapped(void)
{
	struct err e;
	struct spool *s = spool_new(NULL, &e);
	struct str mapped;
	char p[4];

	CHECK(s != NULL);
	CHECK_INT(spool_add(s, "0123456789", 10, &e), 0);
	CHECK_INT(spool_read(s, 8, p, sizeof(p), &e), 2);
	CHECK_INT(p[0], '8');
	CHECK_INT(spool_read(s, 10, p, sizeof(p), &e), 0);
	CHECK_INT(spool_map(s, &mapped, &e), 0);
	CHECK_VIEW(mapped, "0123456789");
	spool_unmap(s, mapped);
	spool_free(s);
}

static int64_t
read_short(void *arg, int64_t id, uint64_t at, void *p, size_t n, struct err *e)
{
	struct str *s = arg;

	if (id != 7)
		return err_set(e, "no such body");
	if (at >= s->n)
		return 0;
	if (n > s->n - at)
		n = s->n - at;
	if (n > 1000)
		n = 1000;
	memcpy(p, s->p + at, n);
	return (int64_t)n;
}

static void
a_feed_starts_over_as_often_as_wanted(void)
{
	struct buf bytes = noise(LONG);
	struct str view = buf_str(&bytes);
	struct feed *f = feed_of_reader(read_short, &view, 7, view.n);
	struct str piece;
	struct err e;

	CHECK(feeds(f, view));
	CHECK_INT(feed_next(f, &piece, &e), 0);
	feed_rewind(f);
	CHECK_INT(feed_next(f, &piece, &e), 1);
	CHECK_INT(piece.n, FEED_WINDOW);
	feed_rewind(f);
	CHECK(feeds(f, view));
	feed_free(f);
	buf_free(&bytes);
}

static void
a_body_that_ends_early_is_an_error(void)
{
	struct str bytes = STR("abc"), piece;
	struct feed *f = feed_of_reader(read_short, &bytes, 7, 5);
	struct err e;

	CHECK_INT(feed_next(f, &piece, &e), -1);
	CHECK_STR(e.text, "a body ends after 3 bytes, not 5");
	feed_free(f);
	f = feed_of_reader(read_short, &bytes, 8, 5);
	CHECK_INT(feed_next(f, &piece, &e), -1);
	CHECK_STR(e.text, "no such body");
	feed_free(f);
}

static void
feeds_are_compared_wherever_they_are_cut(void)
{
	struct buf bytes = noise(1000), other = noise(1000);
	struct steps a = in_steps(buf_str(&bytes), 7), b;
	struct err e;
	size_t step;

	for (step = 1; step < 1200; step += 13) {
		b = in_steps(buf_str(&other), step);
		CHECK_INT(feed_same(&a.feed, &b.feed, &e), 1);
		b.bytes.n--;
		CHECK_INT(feed_same(&a.feed, &b.feed, &e), 0);
		CHECK_INT(feed_same(&b.feed, &a.feed, &e), 0);
	}
	other.p[999] ^= 1;
	b = in_steps(buf_str(&other), 100);
	CHECK_INT(feed_same(&a.feed, &b.feed, &e), 0);
	buf_free(&bytes);
	buf_free(&other);
}

/*
 * Text that comes in pieces
 */

static void
text_in_pieces_is_text_when_the_whole_is(void)
{
	static const char *const texts[] = { "", "plain", "\xc3\xa9t\xc3\xa9",
		"\xf0\x9f\x98\x80\xe2\x82\xac", "\xc3", "\xe2\x82", "a\xff",
		"\xed\xa0\x80", "\xc3\xc3\xa9", "\xf0\x9f\x98", "\x80",
		"a\xf5\x80\x80\x80", "\xe0\x80\x80" };
	struct har_text_check check;
	struct str piece;
	struct steps s;
	struct err e;
	size_t i, step;

	for (i = 0; i < sizeof(texts) / sizeof(*texts); i++)
		for (step = 1; step < 6; step++) {
			check = (struct har_text_check){ .wrong = false };
			s = in_steps(str_of(texts[i]), step);
			while (feed_next(&s.feed, &piece, &e) == 1)
				har_text_check_piece(&check, piece);
			CHECK_INT(har_text_check_end(&check),
			    har_text_is_text(str_of(texts[i])));
		}
	check = (struct har_text_check){ .wrong = false };
	har_text_check_piece(&check, (struct str){ "a\0b", 3 });
	CHECK(!har_text_check_end(&check));
}

static struct buf
json_of(struct str bytes, size_t step, bool base64)
{
	struct steps s = in_steps(bytes, step);
	struct json_write w;

	json_write_init(&w, false, NULL, NULL);
	json_write_array(&w);
	if (base64)
		json_write_base64_feed(&w, &s.feed);
	else
		json_write_str_feed(&w, &s.feed);
	json_write_bool(&w, true);
	json_write_array_end(&w);
	return w.out;
}

static void
a_string_in_pieces_is_written_as_in_one(void)
{
	static const char *const texts[] = { "", "a\"\\\n\x01",
		"\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80",
		"\xed\xa0\xbd\xed\xb8\x80", "\xed\xa0\xbd-\xed\xb8\x80",
		"\xed\xa0\xbd\xed\xa0\xbd\xed\xb8\x80", "\xed\xa0\xbd",
		"\xff\xc3\xf0\x9f", "\xf0\x9f\x98", "\xed\xb8\x80\xed" };
	struct buf one, many;
	size_t i, step;

	for (i = 0; i < sizeof(texts) / sizeof(*texts); i++)
		for (step = 1; step < 8; step++) {
			one = json_of(str_of(texts[i]), 100, false);
			many = json_of(str_of(texts[i]), step, false);
			CHECK_STR(buf_text(&many), buf_text(&one));
			buf_free(&one);
			buf_free(&many);
			one = json_of(str_of(texts[i]), 100, true);
			many = json_of(str_of(texts[i]), step, true);
			CHECK_STR(buf_text(&many), buf_text(&one));
			buf_free(&one);
			buf_free(&many);
		}
}

static void
a_feed_that_fails_fails_the_writer(void)
{
	struct str bytes = STR("abc");
	struct feed *f = feed_of_reader(read_short, &bytes, 7, 5);
	struct json_write w;
	struct err e;

	json_write_init(&w, false, NULL, NULL);
	json_write_str_feed(&w, f);
	CHECK_INT(json_write_end(&w, &e), -1);
	CHECK_STR(e.text, "a body ends after 3 bytes, not 5");
	json_write_fini(&w);
	feed_free(f);
}

static void
a_string_is_read_in_pieces(void)
{
	struct buf text = text_of(LONG, 1), json = { 0 }, got = { 0 };
	struct json_write w;
	struct json *j;
	size_t was;
	int r;

	json_write_init(&w, false, NULL, NULL);
	json_write_array(&w);
	json_write_str(&w, buf_str(&text));
	json_write_int(&w, 5);
	json_write_array_end(&w);
	json = w.out;
	j = json_open_str(buf_str(&json));
	CHECK_INT(json_next(j), JSON_ARRAY);
	CHECK_INT(json_next(j), JSON_STRING);
	do {
		was = got.n;
		r = json_decode_some(j, &got, 5);
		CHECK(got.n - was <= 5 && r != -1);
		CHECK(r == 0 || got.n > was);
		CHECK(
		    har_text_is_text((struct str){ got.p + was, got.n - was }));
	} while (r == 1);
	CHECK(str_eq(buf_str(&got), buf_str(&text)));
	CHECK_INT(json_next(j), JSON_NUMBER);
	json_close(j);
	j = json_open_str(buf_str(&json));
	CHECK_INT(json_next(j), JSON_ARRAY);
	CHECK_INT(json_next(j), JSON_STRING);
	CHECK_INT(json_decode_some(j, &got, 5), 1);
	CHECK_INT(json_next(j), JSON_NUMBER); /* the rest is passed over */
	json_close(j);
	buf_free(&text);
	buf_free(&json);
	buf_free(&got);
}

/*
 * What text stands for
 */

static void
base64_of_a_file_is_decoded(void)
{
	struct buf bytes = noise(LONG + 1), text = { 0 };
	struct bulk b;
	unsigned odd;
	struct err e;

	base64_encode(buf_str(&bytes), &text);
	b = bulk_of(buf_str(&text), 10);
	CHECK_INT(har_turn_base64(&b, &odd, &e), 0);
	CHECK_INT(odd, 0);
	CHECK(bulk_has(&b, buf_str(&bytes)));
	bulk_free(&b);
	text.p[1] = '-';
	text.n = text.n / 4 * 4 - 1;
	b = bulk_of(buf_str(&text), 10);
	CHECK_INT(har_turn_base64(&b, &odd, &e), 0);
	CHECK_INT(odd, BASE64_URL_SAFE | BASE64_UNPADDED);
	bulk_free(&b);
	text.p[LONG - 1] = '!';
	b = bulk_of(buf_str(&text), 10);
	CHECK_INT(har_turn_base64(&b, &odd, &e), 1);
	CHECK(bulk_has(&b, buf_str(&text)));
	bulk_free(&b);
	buf_free(&bytes);
	buf_free(&text);
}

static void
pieces_of_any_length_are_put_together(void)
{
	struct buf bytes = noise(LONG), text = { 0 };
	struct bulk b, out = { .in_memory = 10, .limit = 1u << 30 };
	struct err e;

	buf_add_text(&text, "[\"");
	base64_encode(buf_str(&bytes), &text);
	buf_add_text(&text, "\" , \"AAEC\"]");
	buf_add(&bytes, "\0\1\2", 3);
	b = bulk_of(buf_str(&text), 10);
	CHECK_INT(har_turn_pieces(&b, true, &out, &e), 0);
	CHECK(bulk_has(&out, buf_str(&bytes)));
	bulk_free(&out);
	CHECK_INT(har_turn_pieces(&b, false, &out, &e), 1);
	CHECK_INT(bulk_size(&out), 0);
	bulk_free(&b);
	b = bulk_of(STR("[\"00\",\"0a\", \"Ff\"]"), 4);
	CHECK_INT(har_turn_pieces(&b, false, &out, &e), 0);
	CHECK(bulk_has(&out, STR("\0\n\xff")));
	bulk_free(&out);
	bulk_free(&b);
	buf_free(&bytes);
	buf_free(&text);
}

static void
characters_on_the_edge_of_a_piece_are_turned(void)
{
	struct buf text = { 0 }, wanted = { 0 };
	struct bulk b, out;
	size_t shift, i;
	struct err e;

	for (shift = 0; shift < 3; shift++) {
		text.n = wanted.n = 0;
		for (i = 0; i < shift; i++) {
			buf_add(&text, "x", 1);
			buf_add(&wanted, "x", 1);
		}
		while (text.n < LONG) {
			buf_add_text(&text, "\xc3\xa9\xc2\x80");
			buf_add_text(&wanted, "\xe9\x80");
		}
		b = bulk_of(buf_str(&text), 10);
		out = bulk_like(&b);
		CHECK_INT(har_turn_latin1(&b, &out, &e), 0);
		CHECK(bulk_has(&out, buf_str(&wanted)));
		bulk_free(&out);
		/* windows-1252 has a euro sign at 0x80, but no U+0080. */
		CHECK_INT(har_turn_charset(&b, STR("iso-8859-1"), &out, &e), 0);
		CHECK(bulk_has(&out, buf_str(&wanted)));
		bulk_free(&out);
		CHECK_INT(har_turn_charset(&b, STR("koi8-r"), &out, &e), 1);
		bulk_free(&b);
	}
	buf_free(&text);
	buf_free(&wanted);
}

static void
an_encoding_with_wide_characters_is_no_different(void)
{
	struct buf text = text_of(LONG, 2), start = { 0 };
	struct bulk b = bulk_of(buf_str(&text), 10), out = bulk_like(&b);
	struct feed *f;
	struct err e;

	CHECK_INT(har_turn_charset(&b, STR("utf-16"), &out, &e), 0);
	f = bulk_feed(&out);
	start = all_of(f);
	CHECK(str_eq((struct str){ start.p, 8 }, STR("x\0x\0a\0\"\0")));
	CHECK_INT(start.n, (text.n - 2) / 14 * 2 * 9 + 4);
	feed_free(f);
	bulk_free(&b);
	bulk_free(&out);
	buf_free(&text);
	buf_free(&start);
}

static void
surrogates_are_replaced_across_pieces(void)
{
	struct buf text = { 0 }, wanted = { 0 };
	struct bulk b;
	size_t shift, i;
	struct err e;

	for (shift = 0; shift < 3; shift++) {
		text.n = wanted.n = 0;
		for (i = 0; i < shift; i++) {
			buf_add(&text, "x", 1);
			buf_add(&wanted, "x", 1);
		}
		while (text.n < LONG) {
			buf_add_text(&text, "\xed\xa0\xbd");
			buf_add_text(&wanted, "\xef\xbf\xbd");
		}
		b = bulk_of(buf_str(&text), 10);
		CHECK_INT(har_turn_surrogates(&b, &e), 0);
		CHECK(bulk_has(&b, buf_str(&wanted)));
		bulk_free(&b);
	}
	buf_free(&text);
	buf_free(&wanted);
}

/*
 * Content codings
 */

static void
codings_come_off_whatever_the_pieces(void)
{
	static const char *const lists[] = { "gzip", "deflate", "br", "zstd",
		"deflate, gzip", "br, zstd", "identity" };
	struct buf text = text_of(LONG, 0), coded = { 0 };
	struct steps s;
	struct feed *f;
	size_t i, k;

	for (i = 0; i < sizeof(lists) / sizeof(*lists); i++) {
		static const size_t steps[] = { 1, 7, 4096, 1u << 20 };

		coded.n = 0;
		CHECK_INT(
		    coding_encode(str_of(lists[i]), buf_str(&text), &coded), 0);
		if (strstr(lists[i], "gzip") != NULL)
			buf_add_text(&coded, "what follows is ignored");
		for (k = 0; k < 4; k++) {
			s = in_steps(buf_str(&coded), steps[k]);
			f = coding_feed(str_of(lists[i]), &s.feed, text.n);
			CHECK(feeds(f, buf_str(&text)));
			feed_rewind(f);
			CHECK(feeds(f, buf_str(&text)));
			CHECK_INT(coding_feed_result(f), CODING_DONE);
			feed_free(f);
		}
	}
	buf_free(&text);
	buf_free(&coded);
}

/* What becomes of bytes in a coding. */
static enum coding_result
result_of(const char *list, struct str bytes, size_t step, uint64_t budget)
{
	struct steps s = in_steps(bytes, step);
	struct feed *f = coding_feed(str_of(list), &s.feed, budget);
	enum coding_result result;
	struct str piece;
	struct err e;

	while (feed_next(f, &piece, &e) == 1)
		;
	result = coding_feed_result(f);
	feed_free(f);
	return result;
}

static void
a_budget_and_a_cut_hold_whatever_the_pieces(void)
{
	static const char *const lists[] = { "gzip", "deflate", "br", "zstd" };
	struct buf text = text_of(LONG, 0), coded = { 0 };
	struct str cut;
	size_t i, step;

	for (i = 0; i < sizeof(lists) / sizeof(*lists); i++)
		for (step = 1; step < 3000; step += 999) {
			coded.n = 0;
			coding_encode(str_of(lists[i]), buf_str(&text), &coded);
			cut = buf_str(&coded);
			CHECK_INT(result_of(lists[i], cut, step, text.n),
			    CODING_DONE);
			CHECK_INT(result_of(lists[i], cut, step, text.n - 1),
			    CODING_TOO_BIG);
			cut.n--;
			CHECK_INT(result_of(lists[i], cut, step, text.n),
			    CODING_BROKEN);
			cut.n = 1;
			CHECK_INT(result_of(lists[i], cut, step, text.n),
			    CODING_BROKEN);
		}
	buf_free(&text);
	buf_free(&coded);
}

static void
all_members_of_a_gzip_come_whatever_the_pieces(void)
{
	struct buf coded = { 0 };
	struct steps s;
	struct feed *f;
	size_t step;

	coding_encode(STR("gzip"), STR("one "), &coded);
	coding_encode(STR("gzip"), STR("two"), &coded);
	buf_add(&coded, "\x1f\x8b", 2); /* too short to begin a member */
	for (step = 1; step < 60; step++) {
		s = in_steps(buf_str(&coded), step);
		f = coding_feed(STR("gzip"), &s.feed, 100);
		CHECK(feeds(f, STR("one two")));
		feed_free(f);
	}
	buf_free(&coded);
}

static void
what_is_wrong_below_shows_whatever_the_pieces(void)
{
	struct buf coded = { 0 };
	size_t step;

	coding_encode(STR("deflate, gzip"), STR("hello"), &coded);
	coded.p[coded.n - 5] ^= 1; /* of the sum of gzip */
	for (step = 1; step < 60; step++)
		CHECK_INT(
		    result_of("deflate, gzip", buf_str(&coded), step, 100),
		    CODING_BROKEN);
	buf_free(&coded);
}

static void
bytes_that_cannot_be_had_are_no_broken_coding(void)
{
	struct str bytes = STR("\x1f\x8b\x08"), piece;
	struct feed *from = feed_of_reader(read_short, &bytes, 7, 50);
	struct feed *f = coding_feed(STR("gzip"), from, 100);
	struct err e;

	CHECK_INT(feed_next(f, &piece, &e), -1);
	CHECK_INT(coding_feed_result(f), CODING_UNREADABLE);
	CHECK(coding_feed(STR("foo"), from, 100) == NULL);
	feed_free(f);
	feed_free(from);
}

RUN(TEST(few_bytes_stay_in_memory_and_many_go_to_a_file),
    TEST(a_limit_is_an_error_and_no_failure),
    TEST(a_folder_that_is_not_there_is_a_failure),
    TEST(a_spool_can_be_read_anywhere_and_mapped),
    TEST(a_feed_starts_over_as_often_as_wanted),
    TEST(a_body_that_ends_early_is_an_error),
    TEST(feeds_are_compared_wherever_they_are_cut),
    TEST(text_in_pieces_is_text_when_the_whole_is),
    TEST(a_string_in_pieces_is_written_as_in_one),
    TEST(a_feed_that_fails_fails_the_writer), TEST(a_string_is_read_in_pieces),
    TEST(base64_of_a_file_is_decoded),
    TEST(pieces_of_any_length_are_put_together),
    TEST(characters_on_the_edge_of_a_piece_are_turned),
    TEST(an_encoding_with_wide_characters_is_no_different),
    TEST(surrogates_are_replaced_across_pieces),
    TEST(codings_come_off_whatever_the_pieces),
    TEST(a_budget_and_a_cut_hold_whatever_the_pieces),
    TEST(all_members_of_a_gzip_come_whatever_the_pieces),
    TEST(what_is_wrong_below_shows_whatever_the_pieces),
    TEST(bytes_that_cannot_be_had_are_no_broken_coding))
