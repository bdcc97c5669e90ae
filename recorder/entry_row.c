#include "config.h"

#include <string.h>

#include "recorder/entry_row.h"
#include "recorder/pack.h"
#include "recorder/path.h"

/* Scratch memory above this is given back after each entry. */
#define ROW_SCRATCH (64u << 10)

void
row_scratch_fini(struct row_scratch *s)
{
	size_t i;

	for (i = 0; i < 2; i++) {
		buf_free(&s->heads[i]);
		buf_free(&s->trailers[i]);
	}
	buf_free(&s->interims);
	buf_free(&s->chunks);
}

static void
row_number(struct value *v, int64_t number)
{
	*v = VALUE_OF_NUMBER(number);
}

static void
row_time(struct value *v, int64_t us)
{
	if (us >= 0)
		row_number(v, us);
}

static void
row_bytes(struct value *v, struct str bytes)
{
	*v = VALUE_OF_BYTES(bytes);
}

static void
row_key(struct value *v, const uint8_t *key, bool keyed)
{
	if (keyed)
		row_bytes(
		    v, (struct str){ (const char *)key, EXCHANGE_KEY_BYTES });
}

static void
row_packed(struct value *v, const struct buf *bytes)
{
	if (bytes->n > 0)
		row_bytes(v, buf_str(bytes));
}

static void
row_fields(struct buf *b, const struct headers *h)
{
	buf_clear(b, ROW_SCRATCH);
	headers_render(h, b);
}

static int64_t
row_size(const struct body *b)
{
	return (
	    int64_t)(b->stored_id > 0 || !b->known ? b->size : body_held(b));
}

static void
row_fill_request(
    struct row_scratch *s, const struct message *m, struct value *v)
{
	row_bytes(&v[ENTRY_request_version], m->version);
	row_number(&v[ENTRY_request_minor], m->minor);
	row_bytes(&v[ENTRY_request_framing], str_of(pack_framing(m->framing)));
	row_time(&v[ENTRY_request_head_bytes], m->head_bytes);
	row_number(&v[ENTRY_request_known], m->body.known);
	row_number(&v[ENTRY_request_size], row_size(&m->body));
	row_fields(&s->heads[0], &m->headers);
	row_bytes(&v[ENTRY_request_head], buf_str(&s->heads[0]));
	row_fields(&s->trailers[0], &m->trailers);
	row_packed(&v[ENTRY_request_trailers], &s->trailers[0]);
}

static void
row_fill_response(
    struct row_scratch *s, const struct exchange *x, struct value *v)
{
	const struct message *m = &x->response;

	row_bytes(&v[ENTRY_reason], x->reason);
	row_bytes(&v[ENTRY_response_version], m->version);
	row_number(&v[ENTRY_response_minor], m->minor);
	row_bytes(&v[ENTRY_response_framing], str_of(pack_framing(m->framing)));
	row_time(&v[ENTRY_response_head_bytes], m->head_bytes);
	row_number(&v[ENTRY_response_known], m->body.known);
	row_number(&v[ENTRY_response_size], row_size(&m->body));
	row_fields(&s->heads[1], &m->headers);
	row_bytes(&v[ENTRY_response_head], buf_str(&s->heads[1]));
	row_fields(&s->trailers[1], &m->trailers);
	row_packed(&v[ENTRY_response_trailers], &s->trailers[1]);
	buf_clear(&s->interims, ROW_SCRATCH);
	pack_interims(x, &s->interims);
	row_packed(&v[ENTRY_interims], &s->interims);
	buf_clear(&s->chunks, ROW_SCRATCH);
	pack_chunks(x, &s->chunks);
	row_packed(&v[ENTRY_chunks], &s->chunks);
}

static void
row_fill_timings(const struct timings *t, struct value *v)
{
	row_time(&v[ENTRY_blocked_us], t->blocked);
	row_time(&v[ENTRY_dns_us], t->dns);
	row_time(&v[ENTRY_connect_us], t->connect);
	row_time(&v[ENTRY_tls_us], t->tls);
	row_time(&v[ENTRY_send_us], t->send);
	row_time(&v[ENTRY_wait_us], t->wait);
	row_time(&v[ENTRY_receive_us], t->receive);
}

static void
row_fill_exchange(const struct exchange *x, struct value *v)
{
	struct path_place place = path_place(x->target);

	row_key(&v[ENTRY_key], x->key, x->keyed);
	row_key(&v[ENTRY_normal_key], x->normal_key, x->normal_keyed);
	row_number(&v[ENTRY_times], (int64_t)x->times);
	row_number(&v[ENTRY_shape], place.shape);
	row_number(&v[ENTRY_path], place.path);
	row_number(&v[ENTRY_started_us], x->started_us);
	row_bytes(&v[ENTRY_method], x->method);
	row_bytes(&v[ENTRY_scope], x->scope);
	row_bytes(&v[ENTRY_target], x->target);
	row_bytes(&v[ENTRY_url], x->url);
	row_number(&v[ENTRY_status], x->status);
	row_bytes(&v[ENTRY_outcome], str_of(outcome_text(x->outcome)));
	row_bytes(&v[ENTRY_failure], x->failure);
	row_bytes(&v[ENTRY_server_addr], x->server_addr);
	row_bytes(&v[ENTRY_client_addr], x->client_addr);
	row_bytes(&v[ENTRY_connection], x->connection);
	row_bytes(&v[ENTRY_session], x->session);
	row_bytes(&v[ENTRY_mode], x->mode);
	row_bytes(&v[ENTRY_comment], x->comment);
	row_bytes(&v[ENTRY_extra], x->extra);
}

void
entry_row_fill(struct row_scratch *s, const struct exchange *x,
    struct value v[ENTRY_VALUES])
{
	memset(v, 0, ENTRY_VALUES * sizeof(*v));
	row_fill_exchange(x, v);
	row_fill_timings(&x->timings, v);
	row_fill_request(s, &x->request, v);
	row_fill_response(s, x, v);
}

void
entry_row_body(struct value *v, int64_t id)
{
	if (id > 0)
		*v = VALUE_OF_NUMBER(id);
}

enum outcome
entry_row_outcome(struct str name)
{
	int o = outcome_of(name);

	return o < 0 ? OUTCOME_BAD_ANSWER : (enum outcome)o;
}

static int64_t
row_time_of(const struct value *v)
{
	return v->kind == VALUE_NULL ? -1 : v->number;
}

static struct str
row_packed_of(const struct value *v)
{
	return v->kind == VALUE_BYTES ? v->bytes : STR("");
}

static struct str
row_text(struct exchange *x, const struct value *v)
{
	return arena_str(&x->arena, row_packed_of(v));
}

static bool
row_key_of(const struct value *v, uint8_t *key)
{
	if (v->kind != VALUE_BYTES || v->bytes.n != EXCHANGE_KEY_BYTES)
		return false;
	memcpy(key, v->bytes.p, EXCHANGE_KEY_BYTES);
	return true;
}

static int
row_read_request(struct exchange *x, const struct value *v)
{
	struct message *m = &x->request;

	m->version = row_text(x, &v[ENTRY_request_version]);
	m->minor = (int)v[ENTRY_request_minor].number;
	m->framing = unpack_framing(v[ENTRY_request_framing].bytes);
	m->head_bytes = row_time_of(&v[ENTRY_request_head_bytes]);
	m->body.known = v[ENTRY_request_known].number != 0;
	m->body.size = (uint64_t)v[ENTRY_request_size].number;
	m->body.stored_id = v[ENTRY_request_body].number;
	if (headers_parse(&m->headers, &x->arena,
		row_text(x, &v[ENTRY_request_head])) != 0)
		return -1;
	return headers_parse(
	    &m->trailers, &x->arena, row_text(x, &v[ENTRY_request_trailers]));
}

static int
row_read_response(struct exchange *x, const struct value *v)
{
	struct message *m = &x->response;

	x->reason = row_text(x, &v[ENTRY_reason]);
	m->version = row_text(x, &v[ENTRY_response_version]);
	m->minor = (int)v[ENTRY_response_minor].number;
	m->framing = unpack_framing(v[ENTRY_response_framing].bytes);
	m->head_bytes = row_time_of(&v[ENTRY_response_head_bytes]);
	m->body.known = v[ENTRY_response_known].number != 0;
	m->body.size = (uint64_t)v[ENTRY_response_size].number;
	m->body.stored_id = v[ENTRY_response_body].number;
	if (headers_parse(&m->headers, &x->arena,
		row_text(x, &v[ENTRY_response_head])) != 0 ||
	    headers_parse(&m->trailers, &x->arena,
		row_text(x, &v[ENTRY_response_trailers])) != 0)
		return -1;
	if (unpack_interims(x, row_packed_of(&v[ENTRY_interims])) != 0)
		return -1;
	return unpack_chunks(x, row_packed_of(&v[ENTRY_chunks]));
}

static void
row_read_timings(struct timings *t, const struct value *v)
{
	t->blocked = row_time_of(&v[ENTRY_blocked_us]);
	t->dns = row_time_of(&v[ENTRY_dns_us]);
	t->connect = row_time_of(&v[ENTRY_connect_us]);
	t->tls = row_time_of(&v[ENTRY_tls_us]);
	t->send = row_time_of(&v[ENTRY_send_us]);
	t->wait = row_time_of(&v[ENTRY_wait_us]);
	t->receive = row_time_of(&v[ENTRY_receive_us]);
}

int
entry_row_read(struct exchange *x, const struct value v[ENTRY_VALUES])
{
	x->id = v[ENTRY_id].number;
	x->keyed = row_key_of(&v[ENTRY_key], x->key);
	x->normal_keyed = row_key_of(&v[ENTRY_normal_key], x->normal_key);
	x->times = (uint64_t)v[ENTRY_times].number;
	x->started_us = v[ENTRY_started_us].number;
	x->method = row_text(x, &v[ENTRY_method]);
	x->scope = row_text(x, &v[ENTRY_scope]);
	x->target = row_text(x, &v[ENTRY_target]);
	x->url = row_text(x, &v[ENTRY_url]);
	x->status = (int)v[ENTRY_status].number;
	x->outcome = entry_row_outcome(v[ENTRY_outcome].bytes);
	x->failure = row_text(x, &v[ENTRY_failure]);
	row_read_timings(&x->timings, v);
	x->server_addr = row_text(x, &v[ENTRY_server_addr]);
	x->client_addr = row_text(x, &v[ENTRY_client_addr]);
	x->connection = row_text(x, &v[ENTRY_connection]);
	x->session = row_text(x, &v[ENTRY_session]);
	x->mode = row_text(x, &v[ENTRY_mode]);
	x->comment = row_text(x, &v[ENTRY_comment]);
	x->extra = row_text(x, &v[ENTRY_extra]);
	if (row_read_request(x, v) != 0)
		return -1;
	return row_read_response(x, v);
}
