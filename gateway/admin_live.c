/*
 * The traffic log as it grows, as server-sent events (WHATWG HTML, section
 * 9.2).  A reader looks at the log in intervals, so that workers have nothing
 * to do for it.  Whoever reads slowly, or asks for more than is sent in an
 * interval, misses exchanges and is told so; nothing is queued for him.
 * What a look costs, secrets searched for and all, is bounded as well.
 */
#include "config.h"

#include <inttypes.h>
#include <stdlib.h>

#include <event2/event.h>

#include "base/err.h"
#include "base/mem.h"
#include "gateway/admin_table.h"
#include "gateway/query.h"
#include "gateway/traffic.h"
#include "gateway/traffic_json.h"
#include "gateway/traffic_sink.h"
#include "gateway/traffic_view.h"
#include "gateway/worker.h"
#include "har/json_write.h"

#define ADMIN_LIVE_MS 100
#define ADMIN_LIVE_QUIET 150        /* intervals between comments: 15 s */
#define ADMIN_LIVE_SENT 50          /* exchanges in an interval */
#define ADMIN_LIVE_SEEN 500         /* the same, unwanted ones included */
#define ADMIN_LIVE_BYTES (1u << 20) /* that these have */
#define ADMIN_LIVE_BEHIND 1000      /* exchanges; those before are skipped */
#define ADMIN_LIVE_BATCH 10
#define ADMIN_LIVE_CHANGED 25 /* in an interval */
#define ADMIN_LIVE_WAITING \
	(256u * 1024) /* bytes before it is a slow reader \
		       */

struct admin_live {
	struct admin_request *request;
	struct traffic *log;
	struct query *query;
	struct event *tick;
	uint64_t last;    /* number up to which it is told */
	uint64_t changes; /* the same of changes */
	uint64_t news;
	unsigned quiet; /* intervals since something was sent */
	struct buf out;
	unsigned sent; /* in this interval */
	unsigned seen; /* the same */
	size_t bytes;
	bool more; /* is there to be told */
};

static void
admin_live_free(void *arg)
{
	struct admin_live *l = arg;

	event_free(l->tick);
	traffic_leave(l->log);
	query_free(l->query);
	buf_free(&l->out);
	free(l);
}

/* fresh: the number is the reader's new place. */
static void
admin_live_row(struct admin_live *l, const struct traffic_row *row, bool fresh)
{
	struct json_write w;
	struct query_of of;

	l->seen++;
	l->bytes += row->cost;
	traffic_view_query(row, &of);
	if (!query_holds(l->query, &of))
		return;
	buf_add_text(&l->out, "event: exchange\n");
	if (fresh)
		buf_addf(&l->out, "id: %" PRIu64 "\n", row->number);
	json_write_init(&w, false, NULL, NULL);
	traffic_json_summary(&w, row);
	buf_addf(&l->out, "data: %.*s\n\n", STR_ARGS(buf_str(&w.out)));
	json_write_fini(&w);
	l->sent++;
}

/* Those up to and with the number to are not told. */
static void
admin_live_gap(struct admin_live *l, uint64_t to)
{
	buf_addf(&l->out,
	    "event: gap\nid: %" PRIu64 "\ndata: {\"from\":%" PRIu64
	    ",\"to\":%" PRIu64 ",\"missed\":%" PRIu64 "}\n\n",
	    to, l->last + 1, to, to - l->last);
	l->last = to;
}

static bool
admin_live_goes_on(const struct admin_live *l)
{
	return l->sent < ADMIN_LIVE_SENT && l->seen < ADMIN_LIVE_SEEN &&
	       l->bytes < ADMIN_LIVE_BYTES;
}

static void
admin_live_added(struct admin_live *l)
{
	struct traffic_row *rows[ADMIN_LIVE_BATCH];
	size_t n, i;

	while (admin_live_goes_on(l) && (n = traffic_after(l->log, l->last,
					     rows, ADMIN_LIVE_BATCH)) > 0) {
		if (rows[0]->number > l->last + 1)
			admin_live_gap(l, rows[0]->number - 1);
		for (i = 0; i < n; i++) {
			admin_live_row(l, rows[i], true);
			l->last = rows[i]->number;
			traffic_row_unref(rows[i]);
		}
	}
}

static void
admin_live_changed(struct admin_live *l)
{
	uint64_t numbers[ADMIN_LIVE_CHANGED];
	int i, n = traffic_changes(
		   l->log, &l->changes, numbers, ADMIN_LIVE_CHANGED);
	struct traffic_row *row;

	for (i = 0; i < n; i++) {
		if (numbers[i] > l->last)
			continue; /* it is told as it is now */
		row = traffic_get(l->log, numbers[i]);
		if (row != NULL)
			admin_live_row(l, row, false);
		traffic_row_unref(row);
	}
}

/* More comes than is sent in an interval: the newest are next. */
static void
admin_live_skip(struct admin_live *l)
{
	struct traffic_figures f;

	traffic_figures(l->log, &f);
	if (f.last > l->last + ADMIN_LIVE_BEHIND)
		admin_live_gap(l, f.last - ADMIN_LIVE_SENT);
	l->more = f.last > l->last || f.changes > l->changes;
}

static void
admin_live_on_tick(evutil_socket_t fd, short what, void *arg)
{
	struct admin_live *l = arg;

	(void)fd;
	(void)what;
	if (admin_stream_send(l->request, STR("")) > ADMIN_LIVE_WAITING)
		return;
	l->sent = l->seen = 0;
	l->bytes = 0;
	l->quiet++;
	if (traffic_news(l->log, &l->news) || l->more) {
		admin_live_changed(l);
		admin_live_added(l);
		admin_live_skip(l);
	}
	if (l->out.n == 0 && l->quiet >= ADMIN_LIVE_QUIET)
		buf_add_text(&l->out, ": still here\n\n");
	if (l->out.n == 0)
		return;
	l->quiet = 0;
	(void)admin_stream_send(l->request, buf_str(&l->out));
	buf_clear(&l->out, ADMIN_LIVE_WAITING);
}

/* Where to begin: behind what the reader has, or with what comes next. */
static int
admin_live_place(
    const struct admin_request *r, struct admin_live *l, struct err *e)
{
	struct str had = headers_get(&r->head.headers, "Last-Event-ID");
	struct traffic_figures f;

	traffic_figures(l->log, &f);
	l->changes = f.changes;
	l->last = f.last;
	if (had.p == NULL || had.n == 0)
		return 0;
	if (str_u64(had, &l->last) == -1)
		return err_set(e, "Last-Event-ID: expected a number");
	if (l->last > f.last)
		l->last = f.last; /* of an earlier run */
	return 0;
}

static void
admin_live_start(struct admin_live *l)
{
	struct timeval tv = { 0, ADMIN_LIVE_MS * 1000 };

	l->tick = event_new(admin_base(l->request->admin), -1, EV_PERSIST,
	    admin_live_on_tick, l);
	if (l->tick == NULL)
		abort(); /* as for any small piece of memory */
	l->more = true;  /* what there was before */
	admin_stream_begin(l->request, "text/event-stream", admin_live_free, l);
	(void)admin_stream_send(l->request, STR("retry: 1000\n\n"));
	event_add(l->tick, &tv);
}

void
admin_watch_traffic(struct admin_request *r)
{
	struct admin_live *l = xcalloc(1, sizeof(*l));
	struct err e;

	l->request = r;
	l->log = r->of->shared->traffic->log;
	l->query = query_new(admin_text(r, "q"), &e);
	if (l->query == NULL || admin_live_place(r, l, &e) == -1)
		admin_reply_problem(r, 400, "%s", e.text);
	else if (!traffic_join(l->log))
		admin_reply_problem(r, 503,
		    "%d readers look at the traffic already", TRAFFIC_READERS);
	else {
		admin_live_start(l);
		return;
	}
	query_free(l->query);
	free(l);
}
