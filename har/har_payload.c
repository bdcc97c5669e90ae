#include "config.h"

#include <string.h>

#include "base/err.h"
#include "har/base64.h"
#include "har/coding.h"
#include "har/har_charset.h"
#include "har/json_write.h"

#include "har/har_payload.h"

#define HAR_MOST_BASE64 (HAR_MOST_BODY / 3 * 4 + 4)

int
har_payload_read_text(struct har_in *in, enum json_token t, void *slot)
{
	struct har_payload *p = slot;
	struct json_write w;
	int r;

	if (t == JSON_NULL)
		return 0;
	p->has_text = true;
	p->text.n = 0;
	if (t == JSON_STRING) {
		(void)json_flaws(in->j); /* of what was passed over */
		r = json_decode(in->j, &p->text, HAR_MOST_BASE64);
		p->cut = r == 1;
		p->flaws = json_flaws(in->j);
		return r == -1 ? har_in_fail(in) : 0;
	}
	json_write_init(&w, false, NULL, NULL);
	w.out = p->text;
	r = json_write_value(&w, in->j, t);
	p->text = w.out;
	if (r == -1)
		return har_in_fail(in);
	return har_in_repair(in, "%s, expected a string", json_token_text(t));
}

int
har_payload_unknown(struct har_in *in, struct body *b, const char *path,
    int64_t size, const char *why)
{
	buf_free(&b->bytes);
	b->known = false;
	b->size = size > 0 ? (uint64_t)size : 0;
	return har_in_repair_at(in, path, "%s: the body is unknown", why);
}

int
har_payload_take(struct body *b, struct buf *bytes)
{
	buf_free(&b->bytes);
	b->bytes = *bytes;
	*bytes = (struct buf){ 0 };
	b->size = b->bytes.n;
	b->known = true;
	return 0;
}

/*
 * Text
 */

/* A lone surrogate is what a browser writes as U+FFFD, which is as long. */
static void
har_payload_surrogates(struct buf *b)
{
	unsigned char *p = (unsigned char *)b->p;
	size_t i;

	for (i = 0; i + 2 < b->n; i++)
		if (p[i] == 0xed && p[i + 1] >= 0xa0)
			memcpy(p + i, "\xef\xbf\xbd", 3);
}

/* The text as bytes of another encoding, if that is what they were. */
static int
har_payload_transcode(
    struct har_in *in, const struct har_source *s, struct buf *text)
{
	struct str charset = har_charset_of(s->content_type);
	struct buf other = { 0 };

	if ((int64_t)text->n == s->size)
		return 0; /* UTF-8 is as long as it was */
	if (!har_charset_is_utf8(charset)) {
		if (har_charset_encode(charset, buf_str(text), &other) == -1) {
			buf_free(&other);
			return har_in_repair_at(in, s->path,
			    "left in UTF-8: not possible in %.*s",
			    STR_ARGS(charset));
		}
		if (str_eq(buf_str(&other), buf_str(text))) {
			buf_free(&other);
			return 0;
		}
		buf_free(text);
		*text = other;
		return har_in_repair_at(
		    in, s->path, "put back into %.*s", STR_ARGS(charset));
	}
	if (s->size <= 0)
		return 0;
	buf_add_str(&other, buf_str(text));
	if (har_text_to_latin1(&other) == -1 || (int64_t)other.n != s->size ||
	    other.n == text->n) {
		buf_free(&other);
		return 0;
	}
	buf_free(text);
	*text = other;
	return har_in_repair_at(
	    in, s->path, "one character per byte, turned back");
}

static int
har_payload_text(struct har_in *in, const struct har_source *s)
{
	struct buf *text = &s->payload->text;

	if ((s->payload->flaws & JSON_LONE_SURROGATE) != 0) {
		har_payload_surrogates(text);
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

static int
har_payload_hex(struct str text, struct buf *out)
{
	size_t i, n = out->n;
	int v, half = -1;

	for (i = 0; i < text.n; i++) {
		unsigned char c = (unsigned char)text.p[i] | 32;

		v = c >= '0' && c <= '9'   ? c - '0'
		    : c >= 'a' && c <= 'f' ? c - 'a' + 10
					   : -1;
		if (v == -1)
			break;
		if (half != -1)
			buf_add(out, &(char){ (char)(half << 4 | v) }, 1);
		half = half == -1 ? v : -1;
	}
	if (i == text.n && half == -1)
		return 0;
	out->n = n;
	return -1;
}

static int
har_payload_chunk(struct str text, bool base64, struct buf *out)
{
	unsigned odd;

	return base64 ? base64_decode(text, out, &odd)
		      : har_payload_hex(text, out);
}

/* Binary bodies as a JSON array of pieces, each in hex or base64, as the
 * text itself (Polly.JS).  0, or -1 when text is not of that kind. */
static int
har_payload_pieces(struct str text, bool base64, struct buf *out)
{
	struct json *j = json_open_str(text);
	struct buf piece = { 0 };
	enum json_token t;
	int r = json_next(j) == JSON_ARRAY ? 0 : -1;

	while (r == 0 && (t = json_next(j)) != JSON_ARRAY_END) {
		piece.n = 0;
		r = t != JSON_STRING ? -1
				     : json_decode(j, &piece, HAR_MOST_BASE64);
		if (r == 0)
			r = har_payload_chunk(buf_str(&piece), base64, out);
	}
	if (r == 0 && json_next(j) != JSON_END)
		r = -1;
	buf_free(&piece);
	json_close(j);
	return r;
}

/* Whether the text may be pieces: it says so, or its fields do. */
static bool
har_payload_may_be_pieces(
    const struct har_source *s, struct str codings, bool base64)
{
	struct buf *text = &s->payload->text;

	return text->n >= 2 && text->p[0] == '[' && text->p[1] == '"' &&
	       (base64 || s->payload->binary || codings.n > 0);
}

static int
har_payload_base64(
    struct har_in *in, const struct har_source *s, struct body *b)
{
	unsigned odd;

	if (base64_decode_in_place(&s->payload->text, &odd) == -1)
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

/* A JSON body may look like pieces, too.  Where nothing but a coding in the
 * fields speaks for them, they have to be in that coding. */
static bool
har_payload_are_pieces(const struct har_source *s, struct str codings,
    bool base64, const struct buf *bytes)
{
	struct buf decoded = { 0 };
	bool done;

	if (base64 || s->payload->binary)
		return true;
	done = bytes->n > 0 && coding_decode(codings, buf_str(bytes),
				   HAR_MOST_BODY, &decoded) == CODING_DONE;
	buf_free(&decoded);
	return done;
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
	struct buf bytes = { 0 };

	if (p->cut)
		return har_payload_unknown(
		    in, b, s->path, s->size, "longer than the limit");
	if (!in->entry->own && har_payload_may_be_pieces(s, codings, base64)) {
		if (har_payload_pieces(buf_str(&p->text), base64, &bytes) ==
			0 &&
		    har_payload_are_pieces(s, codings, base64, &bytes)) {
			har_payload_take(b, &bytes);
			return har_in_repair_at(
			    in, s->path, "pieces, put together");
		}
		buf_free(&bytes);
	}
	if (base64)
		return har_payload_base64(in, s, b);
	if (str_iis(how, "hex")) {
		if (har_payload_hex(buf_str(&p->text), &bytes) == 0)
			return har_payload_take(b, &bytes);
		buf_free(&bytes);
		return har_payload_unknown(
		    in, b, s->path, s->size, "the text is not hex");
	}
	if (how.n > 0 && !har_charset_is_utf8(how) &&
	    har_in_repair_at(in, s->path, "encoding %.*s taken for text",
		(int)(how.n < 40 ? how.n : 40), how.p) == -1)
		return -1;
	if (!in->entry->own && har_payload_text(in, s) == -1)
		return -1;
	return har_payload_take(b, &p->text);
}

/* Bytes in a file beside the HAR. */
int
har_payload_file(struct har_in *in, const struct har_source *s, struct body *b)
{
	struct buf bytes = { 0 };
	struct err e;

	if (in->o->side_file == NULL)
		return har_payload_unknown(
		    in, b, s->path, s->size, "it is in a file beside the HAR");
	if (in->o->side_file(in->o->arg, s->payload->file, &bytes, &e) == -1) {
		buf_free(&bytes);
		return har_payload_unknown(in, b, s->path, s->size, e.text);
	}
	return har_payload_take(b, &bytes);
}
