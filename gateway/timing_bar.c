#include "config.h"

#include <inttypes.h>

#include "base/buf.h"
#include "har/exchange.h"

#include "gateway/timing_bar.h"

struct phase {
	const char *name;
	int64_t us;    /* -1 unknown */
	int64_t start; /* since the exchange began */
};

enum { BLOCKED, DNS, CONNECT, TLS, SEND, WAIT, RECEIVE, PHASES };

/* tls is the end of connect; all others follow one another.  The sum. */
static int64_t
timing_bar_place(struct phase *p)
{
	int64_t at = 0;
	int i;

	for (i = 0; i < PHASES; i++) {
		p[i].start = at;
		if (p[i].us > 0 && i != TLS)
			at += p[i].us;
	}
	if (p[TLS].us > 0)
		p[TLS].start = p[SEND].start - p[TLS].us;
	if (p[TLS].start < p[CONNECT].start)
		p[TLS].start = p[CONNECT].start;
	return at;
}

static void
timing_bar_add_line(
    struct buf *out, const struct phase *p, int64_t total, size_t width)
{
	double scale = total > 0 ? (double)width / (double)total : 0;
	size_t from = (size_t)((double)p->start * scale);
	size_t to = (size_t)((double)(p->start + p->us) * scale + 0.5);
	size_t i;

	buf_addf(out, "  %-8s %9" PRId64 ".%03d ms", p->name, p->us / 1000,
	    (int)(p->us % 1000));
	if (p->us > 0 && width > 0) {
		if (to > width)
			to = width;
		if (from >= width)
			from = width - 1;
		buf_add_text(out, "  ");
		for (i = 0; i < from; i++)
			buf_add_text(out, " ");
		buf_add_text(out, "#");
		for (i = from + 1; i < to; i++)
			buf_add_text(out, "#");
	}
	buf_add_text(out, "\n");
}

void
timing_bar_add(struct buf *out, const struct timings *t, size_t width)
{
	struct phase p[PHASES] = {
		[BLOCKED] = { "blocked", t->blocked, 0 },
		[DNS] = { "dns", t->dns, 0 },
		[CONNECT] = { "connect", t->connect, 0 },
		[TLS] = { "tls", t->tls, 0 },
		[SEND] = { "send", t->send, 0 },
		[WAIT] = { "wait", t->wait, 0 },
		[RECEIVE] = { "receive", t->receive, 0 },
	};
	int64_t total = timing_bar_place(p);
	int i;

	for (i = 0; i < PHASES; i++)
		if (p[i].us >= 0)
			timing_bar_add_line(out, &p[i], total, width);
}
