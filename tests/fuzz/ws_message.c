#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "gateway/ws_message.h"

#include "tests/fuzz/fuzz.h"

/*
 * The first byte says whose messages are read (bit 0: a client's), whether
 * they may be compressed (1), each for itself (2), and whether the reader only
 * looks on (3); the second how to cut the rest.  What must hold: what is read
 * does not depend on the cuts, limits and rules are kept, and messages
 * written again read the same.
 */

#define MOST 300

struct input {
	unsigned how, cut;
	const char *p;
	size_t n;
};

static void
must(bool holds)
{
	if (!holds)
		abort();
}

static size_t
next_cut(unsigned *seed)
{
	*seed = *seed * 1103515245 + 12345;
	return *seed >> 30 == 0 ? *seed >> 20 & 255 : 1 + (*seed >> 16 & 15);
}

static void
check_message(const struct ws_message *m, bool watches)
{
	bool control = ws_opcode_is_control(m->opcode);

	must(m->opcode != WS_CONTINUATION);
	must(m->payload.n <= (control ? 125 : MOST));
	must(watches || m->opcode == WS_CLOSE || m->size == m->payload.n);
	must(m->opcode != WS_TEXT || m->utf8 == str_is_utf8(m->payload));
	if (watches)
		return;
	must(m->opcode != WS_TEXT || m->utf8);
	must(m->opcode != WS_CLOSE || m->code == WS_CODE_NONE ||
	     ws_message_code(m->code));
}

/* Each message as one unmasked frame, and the fault behind them. */
static void
add_message(struct buf *out, const struct ws_message *m)
{
	if (m->opcode == WS_CLOSE)
		ws_message_close(out, m->code, m->payload, NULL);
	else
		ws_message_write(out, m->opcode, m->payload, NULL);
}

static enum ws_fault
take(const struct input *in, unsigned how, unsigned cut, struct buf *out)
{
	const struct ws_deflate d = {
		.on = how & 2, .client_own = how & 4, .server_own = how & 4
	};
	enum ws_fault fault = WS_FAULT_NONE;
	enum ws_step step = WS_MORE;
	struct ws_message_reader r;
	struct ws_message m;
	size_t at, used, n;
	char *piece;

	ws_message_start(&r, how & 1, MOST, &d);
	if (how & 8)
		ws_message_watch(&r);
	for (at = 0; at < in->n && step != WS_FAULTY; at += used) {
		n = cut == 0 ? in->n : next_cut(&cut);
		if (n > in->n - at)
			n = in->n - at;
		piece = xmalloc(n);
		memcpy(piece, in->p + at, n);
		step = ws_message_read(&r, piece, n, &used, &m, &fault);
		must(used <= n && (step != WS_MORE || used == n));
		must((step == WS_FAULTY) == (fault != WS_FAULT_NONE));
		if (step == WS_DONE) {
			check_message(&m, how & 8);
			add_message(out, &m);
		}
		free(piece);
	}
	ws_message_fini(&r);
	return fault;
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	struct buf whole = { 0 }, cut = { 0 }, again = { 0 };
	enum ws_fault fault;
	struct input in;

	if (n < 2)
		return 0;
	in = (struct input){ .how = bytes[0],
		.cut = bytes[1],
		.p = (const char *)bytes + 2,
		.n = n - 2 };
	fault = take(&in, in.how, 0, &whole);
	must(take(&in, in.how, in.cut + 1, &cut) == fault);
	must(str_eq(buf_str(&whole), buf_str(&cut)));
	if (!(in.how & 8) && whole.n > 0) {
		in.p = whole.p;
		in.n = whole.n;
		must(take(&in, 0, in.cut + 1, &again) == WS_FAULT_NONE);
		must(str_eq(buf_str(&whole), buf_str(&again)));
	}
	buf_free(&whole);
	buf_free(&cut);
	buf_free(&again);
	return 0;
}
