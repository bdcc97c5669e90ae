/* What is recorded: lists of entries, single ones, their bodies; tapes. */
#include "config.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "gateway/admin_mocks.h"
#include "gateway/admin_out.h"
#include "gateway/admin_store.h"
#include "gateway/admin_table.h"
#include "gateway/body_out.h"
#include "gateway/curl_line.h"
#include "gateway/mock_entries.h"
#include "gateway/settings.h"
#include "har/date.h"
#include "har/har_write.h"
#include "har/json_write.h"
#include "mock/draft.h"
#include "recorder/store.h"

#define ADMIN_BODY_DECODED (64u << 20) /* a longer one is not decoded */
#define ADMIN_BODY_STEP (256u << 10)
#define ADMIN_BODY_MEMORY (8u << 20) /* a longer one stays in the store */

const char *const admin_entry_forms[] = { "har", "curl", "mock", NULL };

/* ---- lists --------------------------------------------------------------- */

struct admin_entries {
	struct json_write json;
	uint64_t left;
	int64_t last;
	bool more;
};

static void
admin_entries_member_text(
    struct json_write *w, const char *name, struct str text)
{
	json_write_name(w, str_of(name));
	if (text.n > 0)
		json_write_str(w, text);
	else
		json_write_null(w);
}

static void
admin_entries_add(struct json_write *w, const struct store_entry_row *row)
{
	char time[DATE_BYTES];

	date_format(row->started_us, time);
	json_write_object(w);
	json_write_member_int(w, "id", row->id);
	json_write_member(w, "tape", row->tape);
	json_write_member(w, "time", str_of(time));
	json_write_member(w, "method", row->method);
	json_write_member(w, "url", row->url);
	json_write_member_int(w, "status", row->status);
	json_write_member(w, "outcome", str_of(outcome_text(row->outcome)));
	admin_entries_member_text(w, "failure", row->failure);
	admin_entries_member_text(w, "content_type", row->mime_type);
	json_write_member_int(w, "request_bytes", (int64_t)row->request_size);
	json_write_member_int(w, "response_bytes", (int64_t)row->response_size);
	json_write_name(w, STR("duration_us"));
	if (row->time_us >= 0)
		json_write_int(w, row->time_us);
	else
		json_write_null(w);
	json_write_object_end(w);
}

static int
admin_entries_on_row(void *arg, const struct store_entry_row *row)
{
	struct admin_entries *l = arg;

	if (l->left == 0) {
		l->more = true;
		return 1;
	}
	l->left--;
	l->last = row->id;
	admin_entries_add(&l->json, row);
	return 0;
}

/* Behind the entry with that number, if one was named. */
static void
admin_entries_after(const struct admin_request *r, struct store_filter *f)
{
	int64_t after = (int64_t)admin_number(r, "after");

	if (after >= f->first_id)
		f->first_id = after + 1;
	if (f->last_id == 0)
		f->last_id = INT64_MAX;
}

static int
admin_entries_list(struct admin_request *r, struct store *s,
    const struct store_filter *f, struct admin_out *out, struct err *e)
{
	struct admin_entries l = { .left = admin_number(r, "limit") };
	int rc = 0;

	json_write_init(&l.json, false, admin_out_write, out);
	json_write_object(&l.json);
	json_write_name(&l.json, STR("entries"));
	json_write_array(&l.json);
	if (f->first_id <= f->last_id)
		rc = store_list(s, f, admin_entries_on_row, &l, e);
	json_write_array_end(&l.json);
	json_write_name(&l.json, STR("next"));
	if (l.more)
		json_write_int(&l.json, l.last);
	else
		json_write_null(&l.json);
	json_write_object_end(&l.json);
	json_write_newline(&l.json);
	if (rc != -1)
		rc = json_write_end(&l.json, e);
	json_write_fini(&l.json);
	return rc == -1 ? -1 : 0;
}

void
admin_list_entries(struct admin_request *r)
{
	struct store *s = admin_store_read(r);
	struct admin_out out = { 0 };
	struct store_filter f;
	struct err e;

	if (s == NULL)
		return;
	if (admin_store_filter(r, s, &f) == 0) {
		admin_entries_after(r, &f);
		if (admin_entries_list(r, s, &f, &out, &e) == 0)
			admin_out_reply(&out, r, "application/json");
		else
			admin_reply_problem(r, 500, "%s", e.text);
		admin_out_drop(&out);
	}
	store_close(s);
}

static int
admin_tapes_on_row(void *arg, const struct store_tape_row *row)
{
	struct json_write *w = arg;
	char time[DATE_BYTES];

	date_format(row->created_us, time);
	json_write_object(w);
	json_write_member(w, "name", row->name);
	json_write_member_int(w, "entries", row->entries);
	json_write_member(w, "created", str_of(time));
	json_write_object_end(w);
	return 0;
}

void
admin_list_tapes(struct admin_request *r)
{
	struct store *s = admin_store_read(r);
	struct json_write w;
	struct err e;

	if (s == NULL)
		return;
	json_write_init(&w, false, NULL, NULL);
	json_write_object(&w);
	json_write_name(&w, STR("tapes"));
	json_write_array(&w);
	if (store_tapes(s, admin_tapes_on_row, &w, &e) == -1) {
		admin_reply_problem(r, 500, "%s", e.text);
	} else {
		json_write_array_end(&w);
		json_write_object_end(&w);
		json_write_newline(&w);
		admin_reply_bytes(r, 200, "application/json", &w.out);
	}
	json_write_fini(&w);
	store_close(s);
}

/* ---- single ones ----------------------------------------------------------
 */

/* The entry that the path names, with bodies of up to most bytes, or NULL and
 * the request is answered. */
static struct exchange *
admin_entry(struct admin_request *r, struct store *s, size_t most)
{
	int64_t id = (int64_t)admin_number(r, "id");
	struct exchange *x = NULL;
	struct err e;
	int rc = store_get(s, id, most, &x, &e);

	if (rc == 0)
		admin_reply_problem(
		    r, 404, "entry %" PRId64 ": no such entry", id);
	else if (rc == -1)
		admin_reply_problem(r, 500, "%s", e.text);
	return rc == 1 ? x : NULL;
}

bool
admin_has_entry(struct admin_request *r)
{
	struct store *s = admin_store_read(r);
	struct exchange *x = s != NULL ? admin_entry(r, s, 0) : NULL;
	bool has = x != NULL;

	exchange_free(x);
	store_close(s);
	return has;
}

static int64_t
admin_entry_read_body(
    void *arg, int64_t id, uint64_t at, void *p, size_t n, struct err *e)
{
	return store_body_read(arg, id, at, p, n, e);
}

static void
admin_entry_as_har(struct admin_request *r, struct store *s)
{
	struct exchange *x = admin_entry(r, s, ADMIN_BODY_MEMORY);
	struct har_write_options o = { .version = PACKAGE_VERSION,
		.lines = true,
		.read_body = admin_entry_read_body,
		.arg = s };

	if (x == NULL)
		return;
	admin_out_har(r, x, &o);
	exchange_free(x);
}

static void
admin_entry_as_curl(struct admin_request *r, struct store *s)
{
	struct exchange *x = admin_entry(r, s, ADMIN_BODY_MEMORY);
	struct buf line = { 0 };

	if (x == NULL)
		return;
	if (!x->request.body.known) {
		admin_reply_problem(r, 409, "the request body was not kept");
	} else if (x->request.body.stored_id > 0) {
		admin_reply_problem(
		    r, 409, "the request body is too long for a line");
	} else {
		curl_line_add(&line, x);
		admin_reply_bytes(r, 200, "text/plain; charset=utf-8", &line);
	}
	buf_free(&line);
	exchange_free(x);
}

static void
admin_entry_as_mock(struct admin_request *r, struct store *s)
{
	struct mock_entries how = { .settings = r->of->settings,
		.output = "-" };
	char text[24], *ids[] = { text };
	struct exchange *x = admin_entry(r, s, 0);
	struct draft *d;
	struct buf out = { 0 };
	struct err e;

	if (x == NULL)
		return;
	exchange_free(x);
	snprintf(text, sizeof(text), "%" PRIu64, admin_number(r, "id"));
	d = mock_entries_store(&how, ids, 1, &e);
	if (d == NULL) {
		admin_reply_problem(r, 500, "%s", e.text);
		return;
	}
	draft_write(d, &out);
	draft_free(d);
	admin_reply_bytes(r, 200, "application/json", &out);
}

void
admin_get_entry(struct admin_request *r)
{
	static void (*const as[])(struct admin_request *, struct store *) = {
		admin_entry_as_har,
		admin_entry_as_curl,
		admin_entry_as_mock,
	};
	struct store *s = admin_store_read(r);

	if (s != NULL)
		as[admin_number(r, "as")](r, s);
	store_close(s);
}

/* ---- bodies ---------------------------------------------------------------
 */

/* Nothing that was recorded may run as a page of the admin port. */
static void
admin_body_reply(
    struct admin_request *r, const struct message *m, struct admin_out *out)
{
	struct str type = headers_get(&m->headers, "Content-Type");

	admin_reply_header(r, "Content-Disposition", STR("attachment"));
	if (type.n > 0)
		admin_reply_header(r, "X-Hark-Content-Type", type);
	admin_out_reply(out, r, "application/octet-stream");
}

static int
admin_body_copy(
    struct store *s, const struct body *b, struct admin_out *out, struct err *e)
{
	struct buf step = { 0 };
	uint64_t at = 0;
	int64_t n = 1;

	if (b->stored_id == 0)
		return admin_out_write(out, b->bytes.p, b->bytes.n, e);
	while (n > 0) {
		n = store_body_read(s, b->stored_id, at,
		    buf_reserve(&step, ADMIN_BODY_STEP), ADMIN_BODY_STEP, e);
		if (n > 0 && admin_out_write(out, step.p, (size_t)n, e) == -1)
			n = -1;
		at += n > 0 ? (uint64_t)n : 0;
	}
	buf_free(&step);
	return (int)n;
}

/* Without its content codings, if that is wanted and can be done. */
static int
admin_body_decode(const struct message *m, struct admin_out *out, struct err *e)
{
	struct buf scratch = { 0 };
	struct str bytes = body_out_plain(m, ADMIN_BODY_DECODED, &scratch);
	int rc = bytes.p != NULL
		     ? admin_out_write(out, bytes.p, bytes.n, e)
		     : err_set(e, "the body is too long to be decoded, or its "
				  "coding is not known");

	buf_free(&scratch);
	return rc;
}

static void
admin_get_body(struct admin_request *r, bool request)
{
	bool decoded = admin_number(r, "decoded") == 1;
	struct store *s = admin_store_read(r);
	struct exchange *x =
	    s == NULL ? NULL
		      : admin_entry(r, s, decoded ? ADMIN_BODY_DECODED : 0);
	struct admin_out out = { 0 };
	struct message *m;
	struct err e;
	int rc;

	if (x != NULL) {
		m = request ? &x->request : &x->response;
		if (!m->body.known) {
			admin_reply_problem(r, 404, "the body was not kept");
		} else {
			rc = decoded ? admin_body_decode(m, &out, &e)
				     : admin_body_copy(s, &m->body, &out, &e);
			if (rc == 0)
				admin_body_reply(r, m, &out);
			else
				admin_reply_problem(r, 409, "%s", e.text);
		}
		admin_out_drop(&out);
	}
	exchange_free(x);
	store_close(s);
}

void
admin_get_request_body(struct admin_request *r)
{
	admin_get_body(r, true);
}

void
admin_get_response_body(struct admin_request *r)
{
	admin_get_body(r, false);
}

/* ---- removal ---------------------------------------------------------------
 */

/* 1, 0 if there was none, or -1. */
static int
admin_entry_remove(struct store *s, void *arg, struct err *e)
{
	const int64_t *id = arg;
	int rc;

	if (store_begin(s, e) == -1)
		return -1;
	rc = store_remove(s, *id, e);
	if (rc == 1 && store_commit(s, e) == 0)
		return 1;
	store_rollback(s);
	return rc == 0 ? 0 : -1;
}

void
admin_delete_entry(struct admin_request *r)
{
	int64_t id = (int64_t)admin_number(r, "id");
	struct store *s = admin_store_read(r);
	struct err e;
	int rc;

	if (s == NULL)
		return;
	store_close(s);
	rc = admin_store_write(r->of, admin_entry_remove, &id, &e);
	if (rc == 1)
		admin_reply_nothing(r);
	else if (rc == 0)
		admin_reply_problem(
		    r, 404, "entry %" PRId64 ": no such entry", id);
	else
		admin_reply_problem(r, 409, "%s", e.text);
}
