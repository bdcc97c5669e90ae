#include "config.h"

#include "base/arena.h"
#include "har/coding.h"
#include "har/exchange.h"
#include "har/har_name.h"
#include "har/har_read.h"
#include "har/har_text.h"

#include "har/har_write_priv.h"

/* A failure is told at the end, as those of writing are. */
static bool
har_write_attach(struct har_write *h, struct str bytes, const char *end,
    char name[HAR_NAME_BYTES])
{
	struct json_write *w = h->w;

	har_name(bytes, end, name);
	if (!w->failed && h->o->attach(h->o->arg, name, bytes, &w->error) == -1)
		w->failed = true;
	return !w->failed;
}

static void
har_write_embed(struct json_write *w, struct str bytes)
{
	if (har_text_is_text(bytes)) {
		json_write_member(w, "text", bytes);
		return;
	}
	json_write_name(w, STR("text"));
	json_write_base64(w, bytes);
	json_write_member(w, "encoding", STR("base64"));
}

/* The bytes of a body as text or base64, decided by the bytes; in a file; or
 * not at all. */
static void
har_write_payload(struct har_write *h, struct str bytes, struct str type)
{
	char name[HAR_NAME_BYTES];

	if (bytes.n == 0 || h->o->bodies == HAR_BODIES_EMBED) {
		har_write_embed(h->w, bytes);
	} else if (h->o->bodies == HAR_BODIES_ATTACH) {
		if (har_write_attach(h, bytes, har_name_of_type(type), name))
			json_write_member(h->w, "_file", str_of(name));
	}
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
	const struct body *b = &x->request.body;
	struct str type = headers_get(&x->request.headers, "Content-Type");

	if (b->bytes.n == 0)
		return;
	json_write_name(w, STR("postData"));
	json_write_object(w);
	har_write_text(w, "mimeType", type.p != NULL ? type : STR(""));
	if (h->o->bodies != HAR_BODIES_EMBED) /* readers look for a text */
		json_write_member(w, "text", STR(""));
	har_write_payload(h, buf_str(&b->bytes), type);
	if (!h->o->minimal)
		har_text_extra(w, x, HAR_POST_DATA);
	json_write_object_end(w);
}

/* What content has decoded is also kept as it was on the wire. */
static void
har_write_wire(struct har_write *h, const struct exchange *x, struct str list,
    struct har_hark_needs *needs)
{
	if (h->o->bodies == HAR_BODIES_ATTACH)
		(void)har_write_attach(h, buf_str(&x->response.body.bytes),
		    har_name_of_coding(list), needs->file);
	else
		needs->body = h->o->bodies == HAR_BODIES_EMBED;
}

void
har_write_content(
    struct har_write *h, const struct exchange *x, struct har_hark_needs *needs)
{
	struct json_write *w = h->w;
	struct str type = headers_get(&x->response.headers, "Content-Type");
	const struct body *b = &x->response.body;
	struct arena arena = { 0 };
	struct buf decoded = { 0 };
	struct str bytes = buf_str(&b->bytes), list;
	bool is_decoded = false;

	list = coding_list(&x->response.headers, &arena);
	if (list.n > 0 && bytes.n > 0 &&
	    coding_decode(list, bytes, HAR_MOST_BODY, &decoded) ==
		CODING_DONE) {
		bytes = buf_str(&decoded);
		is_decoded = true;
	}
	json_write_name(w, STR("content"));
	json_write_object(w);
	json_write_member_int(w, "size",
	    h->o->minimal ? -1
	    : is_decoded  ? (int64_t)bytes.n
			  : har_write_size(b));
	if (is_decoded && !h->o->minimal)
		json_write_member_int(
		    w, "compression", (int64_t)bytes.n - (int64_t)b->bytes.n);
	har_write_text(w, "mimeType", type.p != NULL ? type : STR(""));
	if (b->known && (b->size == 0 || b->bytes.n > 0))
		har_write_payload(h, bytes, type);
	if (!h->o->minimal)
		har_text_extra(w, x, HAR_CONTENT);
	json_write_object_end(w);
	if (is_decoded)
		har_write_wire(h, x, list, needs);
	buf_free(&decoded);
	arena_fini(&arena);
}
