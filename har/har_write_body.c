/*
 * What a HAR shows of bodies: their bytes without content codings, as text or
 * base64, in a file, or not at all.  Bodies that are in memory are dealt with
 * there; others are read piece by piece, once to see what they are and once
 * more to write them.
 */

#include "config.h"

#include "base/arena.h"
#include "base/digest.h"
#include "har/coding.h"
#include "har/exchange.h"
#include "har/frame.h"
#include "har/har_name.h"
#include "har/har_read.h"
#include "har/har_socket.h"
#include "har/har_text.h"

#include "har/har_write_priv.h"

/* What is shown of one body. */
struct har_shown {
	struct feed *feed;   /* its bytes; NULL when there are none */
	struct feed *inside; /* what feed is made of, or NULL */
	struct buf decoded;  /* these were, and are in memory */
	struct str bytes;    /* in memory, else p is NULL */
	bool is_decoded;

	/* What a look at them told. */
	bool seen, text;
	uint64_t size;
	uint8_t sha1[DIGEST_BYTES];
};

struct feed *
har_write_feed(const struct har_write *h, const struct body *b)
{
	if (b->stored_id > 0 && h->o->read_body != NULL)
		return feed_of_reader(
		    h->o->read_body, h->o->arg, b->stored_id, b->size);
	return body_held(b) > 0 ? body_feed(b) : NULL;
}

static void
har_write_failed(struct har_write *h, const struct err *e)
{
	if (!h->w->failed)
		h->w->error = *e;
	h->w->failed = true;
}

/* Reads all of the feed.  0, or -1 with *e set. */
static int
har_write_look(struct har_shown *s, bool named, struct err *e)
{
	struct har_text_check text = { .wrong = false };
	struct digest *digest = named ? digest_new_sha1() : NULL;
	struct str piece;
	int r;

	s->size = 0;
	feed_rewind(s->feed);
	while ((r = feed_next(s->feed, &piece, e)) == 1) {
		s->size += piece.n;
		if (named)
			digest_add(digest, piece.p, piece.n);
		else
			har_text_check_piece(&text, piece);
	}
	if (named)
		digest_end(digest, s->sha1);
	digest_free(digest);
	s->text = har_text_check_end(&text);
	s->seen = r == 0;
	return r;
}

static bool
har_write_named(const struct har_write *h)
{
	return h->o->bodies == HAR_BODIES_ATTACH;
}

/* Looks, unless that was done. */
static bool
har_write_seen(struct har_write *h, struct har_shown *s, bool named)
{
	struct err e;

	if (!s->seen && har_write_look(s, named, &e) == -1)
		har_write_failed(h, &e);
	return s->seen;
}

/* A failure is told at the end, as those of writing are. */
static bool
har_write_attach(struct har_write *h, struct har_shown *s, const char *end,
    char name[HAR_NAME_BYTES])
{
	struct err e;

	if (h->w->failed || !har_write_seen(h, s, true))
		return false;
	har_name(s->sha1, end, name);
	feed_rewind(s->feed);
	if (h->o->attach(h->o->arg, name, s->feed, &e) == -1)
		har_write_failed(h, &e);
	return !h->w->failed;
}

static void
har_write_embed(struct har_write *h, struct har_shown *s)
{
	struct json_write *w = h->w;
	bool memory = s->feed == NULL || s->bytes.p != NULL, text;

	if (!memory && !har_write_seen(h, s, false))
		return;
	text = memory ? har_text_is_text(s->bytes) : s->text;
	json_write_name(w, STR("text"));
	if (memory && text)
		json_write_str(w, s->bytes);
	else if (memory)
		json_write_base64(w, s->bytes);
	else if (text)
		json_write_str_feed(w, s->feed);
	else
		json_write_base64_feed(w, s->feed);
	if (!text)
		json_write_member(w, "encoding", STR("base64"));
}

/* As text or base64, decided by the bytes; in a file; or not at all. */
static void
har_write_payload(struct har_write *h, struct har_shown *s, struct str type)
{
	bool empty = s->feed == NULL || (s->is_decoded && s->size == 0);
	char name[HAR_NAME_BYTES];

	if (empty || h->o->bodies == HAR_BODIES_EMBED) {
		har_write_embed(h, s);
	} else if (h->o->bodies == HAR_BODIES_ATTACH) {
		if (har_write_attach(h, s, har_name_of_type(type), name))
			json_write_member(h->w, "_file", str_of(name));
	}
}

static void
har_write_shown(
    const struct har_write *h, const struct body *b, struct har_shown *s)
{
	*s = (struct har_shown){ .feed = har_write_feed(h, b) };
	if (b->bytes.n > 0)
		s->bytes = buf_str(&b->bytes);
}

static void
har_write_forget(struct har_shown *s)
{
	feed_free(s->feed);
	feed_free(s->inside);
	buf_free(&s->decoded);
}

int64_t
har_write_size(const struct body *b)
{
	if (b->bytes.n > 0)
		return (int64_t)b->bytes.n;
	if (b->size > 0)
		return (int64_t)b->size;
	return b->known ? 0 : -1;
}

void
har_write_post_data(struct har_write *h, const struct exchange *x)
{
	struct json_write *w = h->w;
	struct str type = headers_get(&x->request.headers, "Content-Type");
	struct har_shown shown;

	har_write_shown(h, &x->request.body, &shown);
	if (shown.feed == NULL)
		return;
	json_write_name(w, STR("postData"));
	json_write_object(w);
	har_write_text(w, "mimeType", type.p != NULL ? type : STR(""));
	if (h->o->bodies != HAR_BODIES_EMBED) /* readers look for a text */
		json_write_member(w, "text", STR(""));
	har_write_payload(h, &shown, type);
	if (!h->o->minimal)
		har_text_extra(w, x, HAR_POST_DATA);
	json_write_object_end(w);
	har_write_forget(&shown);
}

/*
 * Decoding
 */

/* What is in memory, to memory.  False when there is more to come of it than
 * that should hold. */
static bool
har_write_decode_here(struct har_shown *s, struct str list)
{
	enum coding_result r;

	if (s->bytes.p == NULL)
		return false;
	r = coding_decode(list, s->bytes, HAR_IN_MEMORY, &s->decoded);
	if (r == CODING_DONE) {
		feed_free(s->feed);
		s->bytes = buf_str(&s->decoded);
		s->feed = feed_of_str(s->bytes);
		s->size = s->decoded.n;
		s->is_decoded = true;
	}
	return r != CODING_TOO_BIG;
}

static void
har_write_decode(struct har_write *h, struct har_shown *s, struct str list)
{
	struct feed *decoded;
	struct err e;

	if (list.n == 0 || s->feed == NULL || har_write_decode_here(s, list))
		return;
	decoded = coding_feed(list, s->feed, HAR_MOST_DECODED);
	if (decoded == NULL)
		return;
	s->inside = s->feed;
	s->feed = decoded;
	if (har_write_look(s, har_write_named(h), &e) == 0) {
		s->bytes.p = NULL;
		s->is_decoded = true;
		return;
	}
	if (coding_feed_result(decoded) == CODING_UNREADABLE)
		har_write_failed(h, &e);
	feed_free(decoded);
	s->feed = s->inside;
	s->inside = NULL;
}

/* What content has decoded is also kept as it was on the wire. */
static void
har_write_wire(struct har_write *h, const struct exchange *x, struct str list,
    struct har_hark_needs *needs)
{
	struct har_shown wire;

	if (har_write_named(h)) {
		har_write_shown(h, &x->response.body, &wire);
		(void)har_write_attach(
		    h, &wire, har_name_of_coding(list), needs->file);
		har_write_forget(&wire);
	} else if (h->o->bodies == HAR_BODIES_EMBED) {
		needs->body = har_write_feed(h, &x->response.body);
	}
}

/* What passed on a WebSocket is not content, but may be in content's file. */
static void
har_write_socket_content(struct har_write *h, const struct exchange *x)
{
	struct json_write *w = h->w;
	char name[HAR_NAME_BYTES];
	struct har_shown shown;

	har_write_shown(h, &x->response.body, &shown);
	json_write_name(w, STR("content"));
	json_write_object(w);
	json_write_member_int(w, "size", h->o->minimal ? -1 : 0);
	json_write_member(w, "mimeType", STR(""));
	if (h->o->bodies != HAR_BODIES_ATTACH || shown.feed == NULL)
		json_write_member(w, "text", STR(""));
	else if (har_write_attach(h, &shown, "jsonl", name))
		json_write_member(w, "_file", str_of(name));
	if (!h->o->minimal)
		har_text_extra(w, x, HAR_CONTENT);
	json_write_object_end(w);
	har_write_forget(&shown);
}

void
har_write_messages(struct har_write *h, const struct exchange *x)
{
	const struct body *b = &x->response.body;
	struct feed *lines;

	if (!har_text_has_extra(x, HAR_ENTRY, "_resourceType"))
		json_write_member(h->w, "_resourceType", STR("websocket"));
	lines = har_write_feed(h, b);
	if (b->known && h->o->bodies == HAR_BODIES_EMBED &&
	    (b->size == 0 || lines != NULL)) {
		json_write_name(h->w, STR("_webSocketMessages"));
		har_socket_write(h->w, lines);
	}
	feed_free(lines);
}

void
har_write_content(
    struct har_write *h, const struct exchange *x, struct har_hark_needs *needs)
{
	struct json_write *w = h->w;
	struct str type = headers_get(&x->response.headers, "Content-Type");
	const struct body *b = &x->response.body;
	struct arena arena = { 0 };
	struct str list = coding_list(&x->response.headers, &arena);
	struct har_shown shown;

	if (frame_socket(x)) {
		har_write_socket_content(h, x);
		arena_fini(&arena);
		return;
	}
	har_write_shown(h, b, &shown);
	har_write_decode(h, &shown, list);
	json_write_name(w, STR("content"));
	json_write_object(w);
	json_write_member_int(w, "size",
	    h->o->minimal      ? -1
	    : shown.is_decoded ? (int64_t)shown.size
			       : har_write_size(b));
	if (shown.is_decoded && !h->o->minimal)
		json_write_member_int(
		    w, "compression", (int64_t)shown.size - har_write_size(b));
	har_write_text(w, "mimeType", type.p != NULL ? type : STR(""));
	if (b->known && (b->size == 0 || shown.feed != NULL))
		har_write_payload(h, &shown, type);
	if (!h->o->minimal)
		har_text_extra(w, x, HAR_CONTENT);
	json_write_object_end(w);
	if (shown.is_decoded)
		har_write_wire(h, x, list, needs);
	har_write_forget(&shown);
	arena_fini(&arena);
}
