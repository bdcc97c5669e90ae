#include "config.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"
#include "gateway/ws_handshake.h"

#include "gateway/ws_tap.h"

#define WS_TAP_MOST (4u << 20) /* bytes of one message that are told */

struct ws_tap {
	struct ws_message_reader sides[2]; /* of client and server */
	bool lost[2];
	bool closed[2]; /* they have said Close */
	ws_tap_fn on_frame;
	void *arg;
	char trouble[160];
};

struct ws_tap *
ws_tap_new(const struct headers *answer, ws_tap_fn on_frame, void *arg)
{
	struct ws_tap *p = xcalloc(1, sizeof(*p));
	struct ws_deflate d;
	int i;

	p->on_frame = on_frame;
	p->arg = arg;
	if (!ws_handshake_extensions(answer, &d)) {
		p->lost[0] = p->lost[1] = true;
		snprintf(p->trouble, sizeof(p->trouble),
		    "messages are not recorded: an extension that is not "
		    "known here was agreed on");
	}
	for (i = 0; i < 2; i++) {
		ws_message_start(&p->sides[i], i == 0, WS_TAP_MOST, &d);
		ws_message_watch(&p->sides[i]);
	}
	return p;
}

void
ws_tap_free(struct ws_tap *p)
{
	if (p == NULL)
		return;
	ws_message_fini(&p->sides[0]);
	ws_message_fini(&p->sides[1]);
	free(p);
}

/* A text that was cut ends with a whole character. */
static struct str
ws_tap_whole(struct str text)
{
	struct str end;
	size_t back;
	bool whole;

	for (back = 1; back < 4 && back < text.n; back++) {
		end = (struct str){ text.p + text.n - back, back };
		if (((unsigned char)end.p[0] & 0xc0) == 0x80)
			continue;
		(void)str_utf8(end, &whole);
		return whole ? text : (struct str){ text.p, text.n - back };
	}
	return text;
}

static void
ws_tap_tell(struct ws_tap *p, bool from_client, const struct ws_message *m)
{
	struct frame f = { .sent = from_client,
		.opcode = m->opcode,
		.data = m->payload,
		.size = m->size };

	if (m->opcode == WS_CLOSE) {
		p->closed[!from_client] = true;
		if (m->code != WS_CODE_NONE) /* stands in front of the reason */
			f.data =
			    (struct str){ m->payload.p - 2, m->payload.n + 2 };
	} else if (m->opcode == WS_TEXT && f.size != f.data.n) {
		f.data = ws_tap_whole(f.data);
	}
	p->on_frame(p->arg, &f);
}

void
ws_tap_take(struct ws_tap *p, bool from_client, struct str bytes)
{
	struct ws_message_reader *r = &p->sides[!from_client];
	enum ws_fault fault;
	struct ws_message m;
	enum ws_step step;
	size_t used;

	while (!p->lost[!from_client] && bytes.n > 0) {
		step = ws_message_read(r, bytes.p, bytes.n, &used, &m, &fault);
		bytes.p += used;
		bytes.n -= used;
		if (step == WS_DONE) {
			ws_tap_tell(p, from_client, &m);
		} else if (step == WS_FAULTY) {
			p->lost[!from_client] = true;
			snprintf(p->trouble, sizeof(p->trouble),
			    "not all messages of the %s are recorded: %s",
			    from_client ? "client" : "server",
			    ws_fault_text(fault));
		}
	}
}

bool
ws_tap_closed(const struct ws_tap *p)
{
	return p->closed[0] || p->closed[1];
}

bool
ws_tap_over(const struct ws_tap *p)
{
	return p->closed[0] && p->closed[1];
}

const char *
ws_tap_trouble(const struct ws_tap *p)
{
	return p->trouble;
}
