#include "config.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdlib.h>

#include "base/buf.h"
#include "base/mem.h"
#include "gateway/printable.h"
#include "replay/drift.h"

#include "gateway/differences.h"

struct difference {
	char *line;
	bool breaking;
	uint64_t times;
};

struct differences {
	pthread_mutex_t lock;                   /* for all below */
	uint64_t same, informational, breaking; /* answers */
	struct difference v[DIFFERENCES_MOST];
	size_t n;
	bool more; /* than these */
};

struct differences *
differences_new(void)
{
	struct differences *d = xcalloc(1, sizeof(*d));

	pthread_mutex_init(&d->lock, NULL);
	return d;
}

void
differences_free(struct differences *d)
{
	size_t i;

	if (d == NULL)
		return;
	for (i = 0; i < d->n; i++)
		free(d->v[i].line);
	pthread_mutex_destroy(&d->lock);
	free(d);
}

static void
differences_count(struct differences *d, struct str line, bool breaking)
{
	size_t i;

	for (i = 0; i < d->n; i++) {
		if (str_is(line, d->v[i].line)) {
			d->v[i].times++;
			return;
		}
	}
	if (d->n == DIFFERENCES_MOST) {
		d->more = true;
		return;
	}
	d->v[d->n++] = (struct difference){
		.line = xmemdup0(line.p, line.n),
		.breaking = breaking,
		.times = 1,
	};
}

void
differences_add(
    struct differences *d, struct str endpoint, const struct drift_findings *f)
{
	struct buf line = { 0 }, text = { 0 };
	size_t i;

	pthread_mutex_lock(&d->lock);
	if (f->breaking > 0)
		d->breaking++;
	else if (f->informational > 0)
		d->informational++;
	else
		d->same++;
	for (i = 0; i < f->n; i++) {
		line.n = text.n = 0;
		buf_add_str(&text, endpoint);
		buf_add_text(&text, ": ");
		drift_text(&f->v[i], &text);
		printable_add(&line, buf_str(&text), false);
		differences_count(d, buf_str(&line), f->v[i].breaking);
	}
	pthread_mutex_unlock(&d->lock);
	buf_free(&line);
	buf_free(&text);
}

uint64_t
differences_breaking(struct differences *d)
{
	uint64_t n;

	pthread_mutex_lock(&d->lock);
	n = d->breaking;
	pthread_mutex_unlock(&d->lock);
	return n;
}

static void
differences_lines(const struct differences *d, bool breaking, struct buf *out)
{
	const struct difference *v;

	for (v = d->v; v < d->v + d->n; v++)
		if (v->breaking == breaking)
			buf_addf(out, "%s: %s (%" PRIu64 " %s)\n",
			    breaking ? "breaking" : "informational", v->line,
			    v->times, v->times == 1 ? "answer" : "answers");
}

void
differences_report(struct differences *d, struct buf *out)
{
	uint64_t all;

	pthread_mutex_lock(&d->lock);
	all = d->same + d->informational + d->breaking;
	buf_addf(out,
	    "%" PRIu64 " %s: %" PRIu64 " as recorded, %" PRIu64
	    " with informational drift, %" PRIu64 " with breaking drift\n",
	    all,
	    all == 1 ? "answer compared with its recording"
		     : "answers compared with their recordings",
	    d->same, d->informational, d->breaking);
	differences_lines(d, true, out);
	differences_lines(d, false, out);
	if (d->more)
		buf_addf(out, "and others than these %d\n", DIFFERENCES_MOST);
	pthread_mutex_unlock(&d->lock);
}
