/*
 * Reads streams of WebSocket frames for messages.py, which compares what comes
 * of them with what python3-websockets says.  Each line of input is "c" (a
 * client's frames) or "s", a space and the bytes in hexadecimal; each line of
 * output has a word per message, OPCODE:HEX or 8:CODE:HEX, and !CODE behind
 * the last when the rest is refused.
 */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/buf.h"
#include "base/str.h"
#include "gateway/ws_message.h"

#define MOST 4096

static void
messages_hex(struct str bytes)
{
	size_t i;

	for (i = 0; i < bytes.n; i++)
		printf("%02x", (unsigned char)bytes.p[i]);
}

static void
messages_tell(const struct ws_message *m)
{
	printf("%d:", (int)m->opcode);
	if (m->opcode == WS_CLOSE)
		printf("%u:", m->code);
	messages_hex(m->payload);
	putchar(' ');
}

static void
messages_read(bool from_client, struct str bytes)
{
	struct ws_message_reader r;
	enum ws_fault fault;
	enum ws_step step = WS_MORE;
	struct ws_message m;
	size_t used;

	ws_message_start(&r, from_client, MOST, NULL);
	while (step != WS_FAULTY && bytes.n > 0) {
		step = ws_message_read(&r, bytes.p, bytes.n, &used, &m, &fault);
		bytes.p += used;
		bytes.n -= used;
		if (step == WS_DONE)
			messages_tell(&m);
	}
	if (step == WS_FAULTY)
		printf("!%u", ws_fault_code(fault));
	putchar('\n');
	ws_message_fini(&r);
}

int
main(void)
{
	struct buf bytes = { 0 };
	int who, high, low;
	char byte;

	while ((who = getchar()) != EOF) {
		(void)getchar(); /* the space */
		bytes.n = 0;
		while ((high = getchar()) != '\n' && high != EOF) {
			low = getchar();
			byte = (char)(str_hex((char)high) << 4 |
				      str_hex((char)low));
			buf_add(&bytes, &byte, 1);
		}
		messages_read(who == 'c', buf_str(&bytes));
	}
	buf_free(&bytes);
	return 0;
}
