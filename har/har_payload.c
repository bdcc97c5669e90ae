#include "config.h"

#include <string.h>

#include "base/err.h"
#include "har/base64.h"
#include "har/coding.h"
#include "har/feed.h"
#include "har/har_charset.h"
#include "har/har_turn.h"
#include "har/json_write.h"

#include "har/har_payload.h"

#define HAR_PAYLOAD_STEP (64u << 10)

int
har_payload_failed(struct har_in *in, const struct err *why)
{
	*in->e = *why;
	return -1;
}

/* The string just announced, as far as the limit goes. */
static int
har_payload_string(struct har_in *in, struct bulk *to, bool *cut)
{
	struct err e;
	size_t most;
	int r;

	do {
		/* One byte more shows that memory does not do. */
		most = to->spool == NULL ? to->in_memory - to->bytes.n + 4
					 : HAR_PAYLOAD_STEP;
		r = json_decode_some(in->j, &to->bytes, most);
		if (r == -1)
			return har_in_fail(in);
		if (bulk_settle(to, &e) == -1) {
			*cut = !to->failed;
			break;
		}
	} while (r == 1);
	if (!*cut && (to->failed || bulk_end(to, &e) == -1))
		return har_payload_failed(in, &e);
	return 0;
}

int
har_payload_read_string(struct har_in *in, struct bulk *to, bool *cut)
{
	bulk_free(to);
	*to = har_in_bulk(in);
	*cut = false;
	if (har_payload_string(in, to, cut) == -1)
		return -1;
	if (*cut)
		bulk_free(to);
	return 0;
}

static int
har_payload_put(void *to, const void *p, size_t n, struct err *e)
{
	return bulk_add(to, p, n, e);
}

/* What is no string is taken as its JSON text. */
static int
har_payload_read_value(
    struct har_in *in, enum json_token t, struct har_payload *p)
{
	struct json_write w;
	struct err e;
	int r, end;

	p->text = har_in_bulk(in);
	json_write_init(&w, false, har_payload_put, &p->text);
	r = json_write_value(&w, in->j, t);
	end = json_write_end(&w, &e);
	json_write_fini(&w);
	if (r == -1)
		return har_in_fail(in);
	p->cut = end == -1 && !p->text.failed;
	if (!p->cut && (end == -1 || bulk_end(&p->text, &e) == -1))
		return har_payload_failed(in, &e);
	return har_in_repair(in, "%s, expected a string", json_token_text(t));
}

int
har_payload_read_text(struct har_in *in, enum json_token t, void *slot)
{
	struct har_payload *p = slot;
	int r;

	if (t == JSON_NULL)
		return 0;
	bulk_free(&p->text);
	if (t != JSON_STRING)
		return har_payload_read_value(in, t, p);
	(void)json_flaws(in->j); /* of what was passed over */
	r = har_payload_read_string(in, &p->text, &p->cut);
	p->flaws = json_flaws(in->j);
	return r;
}

int
har_payload_unknown(struct har_in *in, struct body *b, const char *path,
    int64_t size, const char *why)
{
	body_clear(b);
	b->known = false;
	b->size = size > 0 ? (uint64_t)size : 0;
	return har_in_repair_at(in, path, "%s: the body is unknown", why);
}

int
har_payload_take(struct body *b, struct bulk *bytes)
{
	body_clear(b);
	b->size = bulk_size(bytes);
	b->bytes = bytes->bytes;
	b->spool = bytes->spool;
	b->known = true;
	*bytes = bulk_like(bytes);
	return 0;
}

/*
 * Text
 */

/* other takes the place of what is in text. */
static void
har_payload_replace(struct bulk *text, struct bulk *other)
{
	bulk_free(text);
	*text = *other;
}

/* Whether both have the same bytes, or -1. */
static int
har_payload_same(const struct bulk *a, const struct bulk *b, struct err *e)
{
	struct feed *x, *y;
	int r;

	if (bulk_size(a) != bulk_size(b))
		return 0;
	x = bulk_feed(a);
	y = bulk_feed(b);
	r = feed_same(x, y, e);
	feed_free(x);
	feed_free(y);
	return r;
}

static int
har_payload_to_charset(struct har_in *in, const struct har_source *s,
    struct str charset, struct bulk *text)
{
	struct bulk other = bulk_like(text);
	struct err e;
	int r = har_turn_charset(text, charset, &other, &e), same;

	if (r == -1)
		return har_payload_failed(in, &e);
	if (r == 1)
		return har_in_repair_at(in, s->path,
		    "left in UTF-8: not possible in %.*s", STR_ARGS(charset));
	same = har_payload_same(text, &other, &e);
	if (same != 0) {
		bulk_free(&other);
		return same == 1 ? 0 : har_payload_failed(in, &e);
	}
	har_payload_replace(text, &other);
	return har_in_repair_at(
	    in, s->path, "put back into %.*s", STR_ARGS(charset));
}

/* The text as bytes of another encoding, if that is what they were. */
static int
har_payload_transcode(
    struct har_in *in, const struct har_source *s, struct bulk *text)
{
	struct str charset = har_charset_of(s->content_type);
	struct bulk other = bulk_like(text);
	struct err e;
	int r;

	if ((int64_t)bulk_size(text) == s->size)
		return 0; /* UTF-8 is as long as it was */
	if (!har_charset_is_utf8(charset))
		return har_payload_to_charset(in, s, charset, text);
	if (s->size <= 0 || s->size > (int64_t)bulk_size(text))
		return 0;
	r = har_turn_latin1(text, &other, &e);
	if (r == -1)
		return har_payload_failed(in, &e);
	if (r == 1 || (int64_t)bulk_size(&other) != s->size) {
		bulk_free(&other);
		return 0;
	}
	har_payload_replace(text, &other);
	return har_in_repair_at(
	    in, s->path, "one character per byte, turned back");
}

static int
har_payload_text(struct har_in *in, const struct har_source *s)
{
	struct bulk *text = &s->payload->text;
	struct err e;

	if ((s->payload->flaws & JSON_LONE_SURROGATE) != 0) {
		if (har_turn_surrogates(text, &e) != 0)
			return har_payload_failed(in, &e);
		if (har_in_repair_at(in, s->path,
			"a surrogate without its other half, replaced") == -1)
			return -1;
	}
	if ((s->payload->flaws & JSON_BAD_UTF8) != 0)
		return har_in_repair_at(
		    in, s->path, "bytes that are not UTF-8, left as they are");
	return har_payload_transcode(in, s, text);
}

/*
 * Encodings
 */

/* Whether the text may be pieces: it says so, or its fields do. */
static bool
har_payload_may_be_pieces(const struct har_source *s, struct str codings,
    bool base64, const char start[2])
{
	return start[0] == '[' && start[1] == '"' &&
	       (base64 || s->payload->binary || codings.n > 0);
}

/* The first two bytes of the text, or NULs.  0 or -1. */
static int
har_payload_start(struct har_in *in, const struct bulk *text, char start[2])
{
	struct feed *s = bulk_feed(text);
	struct str piece = STR("");
	struct err e;
	int r = feed_next(s, &piece, &e);

	start[0] = start[1] = '\0';
	if (r == 1 && piece.n >= 2)
		memcpy(start, piece.p, 2);
	feed_free(s);
	return r == -1 ? har_payload_failed(in, &e) : 0;
}

int
har_payload_decodes(
    struct har_in *in, struct feed *from, struct str codings, uint64_t *size)
{
	struct feed *s = coding_feed(codings, from, HAR_MOST_DECODED);
	enum coding_result result;
	struct str piece;
	struct err e;

	*size = 0;
	if (s == NULL)
		return CODING_UNKNOWN;
	while (feed_next(s, &piece, &e) == 1)
		*size += piece.n;
	result = coding_feed_result(s);
	feed_free(s);
	if (result == CODING_UNREADABLE)
		return har_payload_failed(in, &e);
	return (int)result;
}

/* A JSON body may look like pieces, too.  Where nothing but a coding in the
 * fields speaks for them, they have to be in that coding.  1, 0 or -1. */
static int
har_payload_are_pieces(struct har_in *in, const struct har_source *s,
    struct str codings, bool base64, const struct bulk *bytes)
{
	struct feed *from;
	uint64_t size;
	int r;

	if (base64 || s->payload->binary)
		return 1;
	if (bulk_size(bytes) == 0)
		return 0;
	from = bulk_feed(bytes);
	r = har_payload_decodes(in, from, codings, &size);
	feed_free(from);
	return r == -1 ? -1 : r == CODING_DONE;
}

/* 1 when the text was pieces, which are in b then; 0 or -1. */
static int
har_payload_pieces(struct har_in *in, const struct har_source *s,
    struct str codings, bool base64, struct body *b)
{
	struct bulk *text = &s->payload->text, bytes = bulk_like(text);
	char start[2];
	struct err e;
	int r;

	if (in->entry->own)
		return 0;
	if (har_payload_start(in, text, start) == -1)
		return -1;
	if (!har_payload_may_be_pieces(s, codings, base64, start))
		return 0;
	r = har_turn_pieces(text, base64, &bytes, &e);
	if (r != 0)
		return r == 1 ? 0 : har_payload_failed(in, &e);
	r = har_payload_are_pieces(in, s, codings, base64, &bytes);
	if (r == 1)
		har_payload_take(b, &bytes);
	bulk_free(&bytes);
	if (r == 1 &&
	    har_in_repair_at(in, s->path, "pieces, put together") == -1)
		return -1;
	return r;
}

static int
har_payload_base64(
    struct har_in *in, const struct har_source *s, struct body *b)
{
	unsigned odd;
	struct err e;
	int r = har_turn_base64(&s->payload->text, &odd, &e);

	if (r == -1)
		return har_payload_failed(in, &e);
	if (r == 1)
		return har_payload_unknown(
		    in, b, s->path, s->size, "the text is not base64");
	har_payload_take(b, &s->payload->text);
	if (odd == 0)
		return 0;
	return har_in_repair_at(in, s->path, "base64%s%s%s",
	    (odd & BASE64_URL_SAFE) != 0 ? " in the URL-safe alphabet" : "",
	    (odd & BASE64_UNPADDED) != 0 ? " without padding" : "",
	    (odd & BASE64_SPACED) != 0 ? " with white space" : "");
}

static int
har_payload_hex(struct har_in *in, const struct har_source *s, struct body *b)
{
	struct err e;
	int r = har_turn_hex(&s->payload->text, &e);

	if (r == -1)
		return har_payload_failed(in, &e);
	if (r == 1)
		return har_payload_unknown(
		    in, b, s->path, s->size, "the text is not hex");
	return har_payload_take(b, &s->payload->text);
}

/* Text that there is, to bytes.  codings are those of the fields. */
int
har_payload_decode(struct har_in *in, const struct har_source *s,
    struct str codings, struct body *b)
{
	struct har_payload *p = s->payload;
	struct str how =
	    str_trim(p->encoding.p != NULL ? p->encoding : STR(""));
	bool base64 = str_iis(how, "base64") || str_iis(how, "base64url");
	int r;

	if (p->cut)
		return har_payload_unknown(
		    in, b, s->path, s->size, "longer than the limit");
	r = har_payload_pieces(in, s, codings, base64, b);
	if (r != 0)
		return r == 1 ? 0 : -1;
	if (base64)
		return har_payload_base64(in, s, b);
	if (str_iis(how, "hex"))
		return har_payload_hex(in, s, b);
	if (how.n > 0 && !har_charset_is_utf8(how) &&
	    har_in_repair_at(in, s->path, "encoding %.*s taken for text",
		(int)(how.n < 40 ? how.n : 40), how.p) == -1)
		return -1;
	if (!in->entry->own && har_payload_text(in, s) == -1)
		return -1;
	return har_payload_take(b, &p->text);
}

int
har_payload_side_file(
    struct har_in *in, struct str name, struct bulk *to, struct err *e)
{
	*to = har_in_bulk(in);
	if (in->o->side_file == NULL)
		return err_set(e, "it is in a file beside the HAR");
	if (in->o->side_file(in->o->arg, name, to, e) == 0 &&
	    bulk_end(to, e) == 0)
		return 0;
	bulk_free(to);
	return -1;
}

/* Bytes in a file beside the HAR. */
int
har_payload_file(struct har_in *in, const struct har_source *s, struct body *b)
{
	struct bulk bytes;
	struct err e;

	if (har_payload_side_file(in, s->payload->file, &bytes, &e) == 0)
		return har_payload_take(b, &bytes);
	if (bytes.failed)
		return har_payload_failed(in, &e);
	return har_payload_unknown(in, b, s->path, s->size, e.text);
}
