#ifndef HAR_HAR_WRITE_PRIV_H
#define HAR_HAR_WRITE_PRIV_H

/* The inside of the writer, for har_write.c and har_write_*.c only. */

#include "har/har_hark.h"

#include "har/har_write.h"

struct buf;
struct body;

struct har_write {
	struct json_write *w;
	const struct har_write_options *o;
	struct json_write file; /* unless w is somebody else's */
};

/* Bytes that may not be text: as ISO 8859-1 then; _hark has them exactly. */
void har_write_text(struct json_write *w, const char *name, struct str s);
void har_write_date(struct json_write *w, const char *name, int64_t us);

/* The URL with everything escaped that no reader takes.  True when that
 * changed it. */
bool har_write_url(struct str url, struct buf *out);

/* har_write_message.c: the members request and response; what content could
 * not hold is noted in needs. */
void har_write_request(
    struct har_write *h, const struct exchange *x, struct str url);
void har_write_response(struct har_write *h, const struct exchange *x,
    struct har_hark_needs *needs);

/* har_write_body.c: the members postData and content. */
void har_write_post_data(struct har_write *h, const struct exchange *x);
void har_write_content(struct har_write *h, const struct exchange *x,
    struct har_hark_needs *needs);

/* What passed on a WebSocket, as members of the entry. */
void har_write_messages(struct har_write *h, const struct exchange *x);

/* The bytes of a body, NULL when there are none; the caller frees. */
struct feed *har_write_feed(const struct har_write *h, const struct body *b);

/* The size on the wire, -1 unknown. */
int64_t har_write_size(const struct body *b);

#endif
