/* The traffic log at the admin port: lists of exchanges, single ones, their
 * bodies. */
#include "config.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/err.h"
#include "gateway/admin_mocks.h"
#include "gateway/admin_out.h"
#include "gateway/admin_table.h"
#include "gateway/curl_line.h"
#include "gateway/mock_entries.h"
#include "gateway/query.h"
#include "gateway/traffic.h"
#include "gateway/traffic_json.h"
#include "gateway/traffic_sink.h"
#include "gateway/traffic_view.h"
#include "gateway/worker.h"
#include "har/exchange.h"
#include "har/frame.h"
#include "har/har_write.h"
#include "har/json_write.h"

static struct traffic *
admin_traffic(const struct admin_request *r)
{
	return r->of->shared->traffic->log;
}

/* ---- lists --------------------------------------------------------------- */

struct admin_traffic_list {
	const struct query *query;
	struct json_write json;
	uint64_t left;
	uint64_t last; /* number of the one that was written last */
	bool more;
};

/* False when there is no room for more. */
static bool
admin_traffic_row(struct admin_traffic_list *l, const struct traffic_row *row)
{
	struct query_of of;

	traffic_view_query(row, &of);
	if (!query_holds(l->query, &of))
		return true;
	if (l->left == 0) {
		l->more = true;
		return false;
	}
	l->left--;
	l->last = row->number;
	traffic_json_summary(&l->json, row);
	return true;
}

static void
admin_traffic_rows(
    struct traffic *t, uint64_t before, struct admin_traffic_list *l)
{
	struct traffic_row *rows[TRAFFIC_BATCH];
	bool room = true;
	size_t n, i;

	while (
	    room && (n = traffic_before(t, before, rows, TRAFFIC_BATCH)) > 0) {
		before = rows[n - 1]->number;
		for (i = 0; i < n; i++) {
			room = room && admin_traffic_row(l, rows[i]);
			traffic_row_unref(rows[i]);
		}
	}
}

static void
admin_traffic_write_list(struct admin_request *r, struct admin_traffic_list *l)
{
	struct traffic *t = admin_traffic(r);
	struct json_write *w = &l->json;
	struct traffic_figures f;

	json_write_object(w);
	json_write_name(w, STR("entries"));
	json_write_array(w);
	admin_traffic_rows(t,
	    admin_given(r, "before") ? admin_number(r, "before") : UINT64_MAX,
	    l);
	json_write_array_end(w);
	json_write_name(w, STR("next"));
	if (l->more)
		json_write_int(w, (int64_t)l->last);
	else
		json_write_null(w);
	traffic_figures(t, &f);
	json_write_member_int(w, "first", (int64_t)f.first);
	json_write_member_int(w, "last", (int64_t)f.last);
	json_write_member_int(w, "dropped", (int64_t)f.dropped);
	json_write_object_end(w);
	json_write_newline(w);
}

void
admin_list_traffic(struct admin_request *r)
{
	struct admin_traffic_list l = { .left = admin_number(r, "limit") };
	struct admin_out out = { 0 };
	struct query *q;
	struct err e;

	q = query_new(admin_text(r, "q"), &e);
	if (q == NULL) {
		admin_reply_problem(r, 400, "%s", e.text);
		return;
	}
	l.query = q;
	json_write_init(&l.json, false, admin_out_write, &out);
	admin_traffic_write_list(r, &l);
	if (json_write_end(&l.json, &e) == 0)
		admin_out_reply(&out, r, "application/json");
	else
		admin_reply_problem(r, 500, "%s", e.text);
	admin_out_drop(&out);
	json_write_fini(&l.json);
	query_free(q);
}

void
admin_delete_traffic(struct admin_request *r)
{
	traffic_clear(admin_traffic(r));
	admin_reply_nothing(r);
}

/* ---- single ones ----------------------------------------------------------
 */

/* The row that the path names, or NULL and the request is answered. */
static struct traffic_row *
admin_traffic_named(struct admin_request *r)
{
	uint64_t id = admin_number(r, "id");
	struct traffic_row *row = traffic_get(admin_traffic(r), id);

	if (row == NULL)
		admin_reply_problem(r, 404,
		    "exchange %" PRIu64
		    " is not in the traffic log, or not any more",
		    id);
	return row;
}

void
admin_get_traffic(struct admin_request *r)
{
	struct traffic_row *row = admin_traffic_named(r);
	struct json_write w;

	if (row == NULL)
		return;
	json_write_init(&w, false, NULL, NULL);
	traffic_json_details(&w, row);
	json_write_newline(&w);
	admin_reply_bytes(r, 200, "application/json", &w.out);
	json_write_fini(&w);
	traffic_row_unref(row);
}

/* Nothing that passed may run as a page of the admin port. */
static void
admin_traffic_body(struct admin_request *r, enum traffic_side side)
{
	struct traffic_row *row = admin_traffic_named(r);
	struct buf body = { 0 };
	struct str type;
	bool whole;

	if (row == NULL)
		return;
	whole = admin_number(r, "decoded") == 1
		    ? traffic_view_decoded(row, side, &body)
		    : traffic_view_body(row, side, &body);
	type = traffic_field(
	    row->text[side == TRAFFIC_OF_REQUEST ? TRAFFIC_REQUEST_FIELDS
						 : TRAFFIC_RESPONSE_FIELDS],
	    "Content-Type");
	admin_reply_header(r, "Content-Disposition", STR("attachment"));
	if (type.n > 0)
		admin_reply_header(r, "X-Hark-Content-Type", type);
	admin_reply_header(r, "X-Hark-Cut", whole ? STR("no") : STR("yes"));
	admin_reply_bytes(r, 200, "application/octet-stream", &body);
	buf_free(&body);
	traffic_row_unref(row);
}

void
admin_get_traffic_request_body(struct admin_request *r)
{
	admin_traffic_body(r, TRAFFIC_OF_REQUEST);
}

void
admin_get_traffic_response_body(struct admin_request *r)
{
	admin_traffic_body(r, TRAFFIC_OF_RESPONSE);
}

void
admin_get_traffic_curl(struct admin_request *r)
{
	struct traffic_row *row = admin_traffic_named(r);
	struct exchange *x;
	struct buf line = { 0 };

	if (row == NULL)
		return;
	x = traffic_view_exchange(row);
	if (x->request.body.known) {
		curl_line_add(&line, x);
		admin_reply_bytes(r, 200, "text/plain; charset=utf-8", &line);
	} else {
		admin_reply_problem(r, 409,
		    "only the start of the request body is kept "
		    "(--traffic-body)");
	}
	buf_free(&line);
	exchange_free(x);
	traffic_row_unref(row);
}

void
admin_get_traffic_har(struct admin_request *r)
{
	struct har_write_options o = { .version = PACKAGE_VERSION };
	struct traffic_row *row = admin_traffic_named(r);
	struct exchange *x;

	if (row == NULL)
		return;
	x = traffic_view_exchange(row);
	admin_out_har(r, x, &o);
	exchange_free(x);
	traffic_row_unref(row);
}

/* ---- a mock of one ------------------------------------------------------- */

/* Why no mock can be made of it, or NULL. */
static const char *
admin_promote_unfit(const struct traffic_row *row, const struct exchange *x)
{
	if (row->state == TRAFFIC_OPEN)
		return "it goes on: its end is not known yet";
	if (frame_socket(x))
		return "the traffic log has no whole WebSockets: record it and "
		       "promote the entry";
	if (!x->request.body.known || !x->response.body.known)
		return "only the start of a body is kept (--traffic-body)";
	return NULL;
}

/* What the gateway says of its replies is said anew by the mock's. */
static void
admin_promote_fields(struct headers *h)
{
	size_t i, n = 0;

	for (i = 0; i < h->n; i++)
		if (!str_istarts(h->v[i].name, "x-hark-"))
			h->v[n++] = h->v[i];
	h->n = n;
}

static void
admin_promote_exchange(
    struct admin_request *r, const struct exchange *x, uint64_t number)
{
	struct mock_entries how = { .settings = r->of->settings };
	struct draft *d;
	char where[40];
	struct err e;

	how.output = admin_promote_place(r);
	if (how.output == NULL)
		return;
	snprintf(where, sizeof(where), "exchange %" PRIu64, number);
	d = mock_entries_one(&how, x, where, &e);
	if (d != NULL)
		admin_promote(r, d);
	else
		admin_reply_problem(r, 409, "%s", e.text);
}

void
admin_promote_traffic(struct admin_request *r)
{
	struct traffic_row *row = admin_traffic_named(r);
	struct exchange *x;
	const char *unfit;

	if (row == NULL)
		return;
	x = traffic_view_exchange(row);
	unfit = admin_promote_unfit(row, x);
	if (unfit != NULL)
		admin_reply_problem(r, 409, "%s", unfit);
	else {
		admin_promote_fields(&x->response.headers);
		admin_promote_exchange(r, x, row->number);
	}
	exchange_free(x);
	traffic_row_unref(row);
}
