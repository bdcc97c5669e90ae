#include "config.h"

#include "base/buf.h"
#include "gateway/traffic.h"
#include "har/exchange.h"
#include "recorder/redact.h"
#include "recorder/rules.h"

#include "gateway/traffic_show.h"

/* The row as an exchange, whose texts are views of it. */
static void
traffic_show_exchange(const struct traffic_row *r, struct exchange *x)
{
	const struct str *v = r->text;

	x->method = v[TRAFFIC_METHOD];
	x->target = v[TRAFFIC_PATH];
	x->url = v[TRAFFIC_PATH];
	x->scope = v[TRAFFIC_SCOPE];
	(void)headers_parse(
	    &x->request.headers, &x->arena, v[TRAFFIC_REQUEST_FIELDS]);
	x->status = r->status;
	(void)headers_parse(
	    &x->response.headers, &x->arena, v[TRAFFIC_RESPONSE_FIELDS]);
	x->failure = v[TRAFFIC_NOTE];
}

/* A body of which only the start is there cannot be searched as a whole. */
static void
traffic_show_body(struct body *b, struct str kept, uint64_t size)
{
	if (kept.n != size)
		return;
	buf_add_str(&b->bytes, kept);
	b->size = kept.n;
}

static void
traffic_show_redact(const struct traffic_row *r, struct exchange *x)
{
	struct redaction d;
	struct rules_request q;

	traffic_show_exchange(r, x);
	traffic_show_body(
	    &x->request.body, r->text[TRAFFIC_REQUEST_BODY], r->request_bytes);
	traffic_show_body(&x->response.body, r->text[TRAFFIC_RESPONSE_BODY],
	    r->response_bytes);
	q = (struct rules_request){ x->method, x->scope, x->target };
	redaction_begin(&d, r->redactor, &q);
	redact_request(&d, x);
	redaction_answers(&d);
	redact_response_body(&d, x);
	redact_response(&d, x);
	redaction_end(&d);
}

/* Whether b is still all of what was kept as a whole. */
static bool
traffic_show_whole(const struct traffic_row *r, enum traffic_text which,
    uint64_t size, const struct body *b)
{
	return r->text[which].n == size && b->known;
}

struct traffic_row *
traffic_show(struct traffic_row *r)
{
	struct buf fields[2] = { { 0 }, { 0 } };
	struct traffic_row *shown;
	struct exchange *x;
	struct str *text;
	struct traffic_row of;

	if (r->redactor == NULL)
		return r;
	x = exchange_new();
	traffic_show_redact(r, x);
	headers_render(&x->request.headers, &fields[0]);
	headers_render(&x->response.headers, &fields[1]);
	traffic_row_view(&of, r);
	text = of.text;
	text[TRAFFIC_PATH] = x->target;
	text[TRAFFIC_REQUEST_FIELDS] = buf_str(&fields[0]);
	text[TRAFFIC_REQUEST_BODY] = buf_str(&x->request.body.bytes);
	text[TRAFFIC_RESPONSE_FIELDS] = buf_str(&fields[1]);
	text[TRAFFIC_RESPONSE_BODY] = buf_str(&x->response.body.bytes);
	text[TRAFFIC_NOTE] = x->failure;
	of.request_changed = traffic_show_whole(
	    r, TRAFFIC_REQUEST_BODY, r->request_bytes, &x->request.body);
	of.response_changed = traffic_show_whole(
	    r, TRAFFIC_RESPONSE_BODY, r->response_bytes, &x->response.body);
	of.redactor = NULL;
	shown = traffic_row_new(&of);
	exchange_free(x);
	buf_free(&fields[0]);
	buf_free(&fields[1]);
	traffic_row_unref(r);
	return shown;
}
