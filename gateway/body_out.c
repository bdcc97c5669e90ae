#include "config.h"

#include "base/arena.h"
#include "base/err.h"
#include "gateway/commands.h"
#include "har/exchange.h"
#include "recorder/store.h"

#include "gateway/body_out.h"

#define STEP (1u << 20)

enum coding_result
body_out_decode(const struct message *m, size_t budget, struct buf *scratch,
    struct str *bytes)
{
	struct arena a = { 0 };
	struct str list = coding_list(&m->headers, &a);
	enum coding_result rc = CODING_DONE;

	*bytes = buf_str(&m->body.bytes);
	scratch->n = 0;
	if (list.n > 0 && bytes->n > 0) {
		rc = coding_decode(list, *bytes, budget, scratch);
		if (rc == CODING_DONE)
			*bytes = buf_str(scratch);
	}
	arena_fini(&a);
	return rc;
}

struct str
body_out_plain(const struct message *m, size_t budget, struct buf *scratch)
{
	struct str bytes;

	if (!m->body.known || m->body.stored_id > 0 || m->body.spool != NULL ||
	    m->body.bytes.n > budget ||
	    body_out_decode(m, budget, scratch, &bytes) != CODING_DONE)
		return (struct str){ NULL, 0 };
	return bytes.p != NULL ? bytes : STR("");
}

int
body_out_print(struct store *s, struct body *b, struct err *e)
{
	uint64_t offset = 0;
	int64_t n = 1;

	while (b->stored_id > 0 && n > 0) {
		n = store_body_read(s, b->stored_id, offset,
		    buf_reserve(&b->bytes, STEP), STEP, e);
		if (n == -1)
			return commands_fail(STATUS_FAILED, e);
		b->bytes.n = (size_t)n;
		offset += (uint64_t)n;
		if (commands_print(&b->bytes) != STATUS_FINE)
			return STATUS_FAILED;
	}
	return commands_print(&b->bytes);
}
