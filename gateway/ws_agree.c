/* The head of a 101 by which the gateway itself agrees to a WebSocket. */
#include "config.h"

#include <string.h>

#include "gateway/worker.h"
#include "gateway/ws_handshake.h"

#include "gateway/transaction.h"

/* What such an answer says of its own connection, key and compression is not
 * what this one has. */
static bool
ws_agree_drops(const struct headers *h, const struct header *f)
{
	static const char *const names[] = { "Sec-WebSocket-Accept",
		"Sec-WebSocket-Extensions", "Content-Length" };
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (str_iis(f->name, names[i]))
			return true;
	return !headers_end_to_end(h, f) || !str_is_token(f->name) ||
	       memchr(f->value.p, '\n', f->value.n) != NULL ||
	       memchr(f->value.p, '\r', f->value.n) != NULL ||
	       memchr(f->value.p, '\0', f->value.n) != NULL;
}

void
ws_agree(struct transaction *t, const struct headers *fields)
{
	struct buf *b = &t->w->head;
	char accept[WS_ACCEPT_BYTES];
	size_t i;

	ws_handshake_accept(
	    headers_get(&t->r->head.headers, "Sec-WebSocket-Key"), accept);
	t->status = 101;
	b->n = 0;
	buf_add_text(b, "HTTP/1.1 101 Switching Protocols\r\n"
			"Upgrade: websocket\r\nConnection: Upgrade\r\n");
	buf_addf(b, "Sec-WebSocket-Accept: %s\r\n", accept);
	for (i = 0; i < fields->n; i++) {
		if (ws_agree_drops(fields, &fields->v[i]))
			continue;
		buf_add_str(b, fields->v[i].name);
		buf_add(b, ": ", 2);
		buf_add_str(b, fields->v[i].value);
		buf_add(b, "\r\n", 2);
	}
}
