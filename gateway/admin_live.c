/*
 * The traffic log as it grows, as server-sent events (WHATWG HTML, section
 * 9.2).  A reader looks at the log in intervals, so that workers have nothing
 * to do for it.  Whoever reads slowly, or asks for more than is sent in an
 * interval, misses exchanges and is told so; nothing is queued for him.
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

#define ADMIN_LIVE_MS 50
#define ADMIN_LIVE_QUIET 300 /* intervals between comments: 15 s */
#define ADMIN_LIVE_SENT 100  /* exchanges in an interval */
#define ADMIN_LIVE_SEEN 4096 /* the same, those that do not fit included */
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
	bool more;     /* is there to be told */
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

static void
admin_live_added(struct admin_live *l)
{
	struct traffic_row *rows[TRAFFIC_BATCH];
	uint64_t seen = 0;
	size_t n, i;

	while (l->sent < ADMIN_LIVE_SENT && seen < ADMIN_LIVE_SEEN &&
	       (n = traffic_after(l->log, l->last, rows)) > 0) {
		if (rows[0]->number > l->last + 1)
			admin_live_gap(l, rows[0]->number - 1);
		for (i = 0; i < n; i++) {
			if (l->sent < ADMIN_LIVE_SENT) {
				admin_live_row(l, rows[i], true);
				l->last = rows[i]->number;
			}
			traffic_row_unref(rows[i]);
		}
		seen += n;
	}
}

static void
admin_live_changed(struct admin_live *l)
{
	uint64_t numbers[TRAFFIC_CHANGES];
	int n = traffic_changes(l->log, &l->changes, numbers), i;
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

/* More came than is sent in an interval: the newest are next. */
static void
admin_live_skip(struct admin_live *l)
{
	struct traffic_figures f;

	traffic_figures(l->log, &f);
	if (f.last > l->last + ADMIN_LIVE_SEEN)
		admin_live_gap(l, f.last - ADMIN_LIVE_SENT);
	l->more = f.last > l->last;
}

static void
admin_live_on_tick(evutil_socket_t fd, short what, void *arg)
{
	struct admin_live *l = arg;

	(void)fd;
	(void)what;
	if (admin_stream_send(l->request, STR("")) > ADMIN_LIVE_WAITING)
		return;
	l->sent = 0;
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
