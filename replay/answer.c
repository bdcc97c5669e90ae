#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "har/frame.h"
#include "har/headers.h"
#include "replay/http_rules.h"
#include "replay/variant.h"

#include "replay/answer.h"

/* Where the pieces of an answer's one block are written. */
struct answer_space {
	struct header *fields;
	char *text;
};

/* Whether the message ends with its head whatever its fields say (RFC 9112
 * section 6.3); the length of such an answer is the one of another. */
static bool
answer_borrows_length(const struct exchange *x)
{
	return str_is(x->method, "HEAD") || x->status == 304;
}

static bool
answer_bodiless(const struct exchange *x)
{
	return answer_borrows_length(x) || x->status == 204;
}

bool
answer_usable(const struct exchange *x)
{
	return x->outcome == OUTCOME_COMPLETE &&
	       ((x->status >= 200 && x->status <= 599) || frame_socket(x)) &&
	       (x->response.body.known || answer_bodiless(x));
}

/* Nothing that would end its line early: imported text can hold anything. */
static bool
answer_one_line(struct str s)
{
	size_t i;

	for (i = 0; i < s.n; i++)
		if (s.p[i] == '\r' || s.p[i] == '\n' || s.p[i] == '\0')
			return false;
	return true;
}

static void
answer_line(struct buf *head, struct str name, struct str value)
{
	buf_add_str(head, name);
	buf_add(head, ": ", 2);
	buf_add_str(head, value);
	buf_add(head, "\r\n", 2);
}

/* The one Content-Length that goes out.  Imported ones are of the body
 * before some decoding, or no numbers at all.  False: none. */
static bool
answer_length(const struct exchange *x, struct str value, struct buf *head,
    struct str name)
{
	char text[24];
	uint64_t length;
	bool number = str_u64(value, &length) == 0;

	if (answer_borrows_length(x)) {
		if (number)
			answer_line(head, name, value);
		return number;
	}
	if (!number || length != x->response.body.size || x->status == 204) {
		length = x->status == 204 ? 0 : x->response.body.size;
		snprintf(
		    text, sizeof(text), "%llu", (unsigned long long)length);
		value = str_of(text);
	}
	answer_line(head, name, value);
	return true;
}

/* Renders the head; whether it has a Content-Length. */
static bool
answer_head(const struct exchange *x, struct buf *head)
{
	const struct headers *h = &x->response.headers;
	const struct header *f;
	bool length = false;
	size_t i;

	buf_addf(head, "HTTP/1.1 %d ", x->status);
	if (answer_one_line(x->reason))
		buf_add_str(head, x->reason);
	buf_add(head, "\r\n", 2);
	for (i = 0; i < h->n; i++) {
		f = &h->v[i];
		if (!str_is_token(f->name) || !answer_one_line(f->value) ||
		    !headers_end_to_end(h, f))
			continue;
		if (!str_iis(f->name, "Content-Length"))
			answer_line(head, f->name, f->value);
		else if (!length)
			length = answer_length(x, f->value, head, f->name);
	}
	return length;
}

static size_t
answer_text_size(const struct headers *h)
{
	size_t i, n = 0;

	for (i = 0; i < h->n; i++)
		n += h->v[i].name.n + h->v[i].value.n;
	return n;
}

static struct str
answer_text(struct answer_space *to, struct str s)
{
	struct str copy = { to->text, s.n };

	if (s.n > 0)
		memcpy(to->text, s.p, s.n);
	to->text += s.n;
	return copy;
}

static struct headers
answer_headers(struct answer_space *to, const struct headers *h)
{
	struct headers copy = { .v = to->fields, .n = h->n, .cap = h->n };
	size_t i;

	for (i = 0; i < h->n; i++) {
		copy.v[i].name = answer_text(to, h->v[i].name);
		copy.v[i].value = answer_text(to, h->v[i].value);
	}
	to->fields += h->n;
	return copy;
}

static void
answer_free(struct cache_item *i)
{
	struct answer_kept *k = (struct answer_kept *)i;

	variant_free(k->own);
	if (k->of != NULL)
		cache_item_unref(&k->of->item);
	if (k->body.bytes.cap > 0) /* else it is in the same block */
		buf_free(&k->body.bytes);
	free(k);
}

/* A copy of all of an answer but its body, in one block; *near is where it
 * ends with room for n bytes of that. */
static struct answer_kept *
answer_keep(const struct answer *from, size_t n, char **near)
{
	size_t marks = from->nchunks * sizeof(*from->chunks);
	size_t fields =
	    (from->headers.n + from->trailers.n) * sizeof(struct header);
	size_t text = from->head.n + from->reason.n +
		      answer_text_size(&from->headers) +
		      answer_text_size(&from->trailers);
	size_t size = sizeof(struct answer_kept) + marks + fields + text;
	struct answer_kept *k = xcalloc(1, size + n);
	struct chunk_mark *chunks = (struct chunk_mark *)(k + 1);
	struct answer_space to = { (struct header *)(chunks + from->nchunks),
		(char *)chunks + marks + fields };

	if (marks > 0)
		memcpy(chunks, from->chunks, marks);
	k->answer = *from;
	k->answer.chunks = chunks;
	k->answer.headers = answer_headers(&to, &from->headers);
	k->answer.trailers = answer_headers(&to, &from->trailers);
	k->answer.head = answer_text(&to, from->head);
	k->answer.reason = answer_text(&to, from->reason);
	k->answer.body = &k->body;
	k->body.known = true;
	cache_item_init(
	    &k->item, CACHE_ANSWER, &(struct key){ { 0 } }, answer_free);
	k->item.cost = size;
	*near = to.text;
	return k;
}

/* How much of a body lies with the rest of its answer. */
static size_t
answer_near(const struct exchange *x, const struct buf *body)
{
	return !answer_bodiless(x) && x->response.body.stored_id == 0 &&
		       body->n <= ANSWER_NEAR
		   ? body->n
		   : 0;
}

static void
answer_body(struct answer_kept *k, const struct exchange *x, struct buf *body,
    char *near)
{
	if (answer_bodiless(x))
		return;
	k->body = x->response.body;
	k->body.bytes = (struct buf){ 0 };
	if (k->body.stored_id > 0)
		return;
	k->body.size = body->n;
	if (body->n == 0)
		return;
	k->item.cost += k->body.size;
	k->body.bytes.n = body->n;
	if (body->n <= ANSWER_NEAR) {
		k->body.bytes.p = near;
		memcpy(near, body->p, body->n);
		return;
	}
	k->body.bytes.cap = body->n;
	k->body.bytes.p = xrealloc(body->p, body->n);
	*body = (struct buf){ 0 };
}

/* When the head came, since the exchange started. */
static int64_t
answer_head_us(const struct timings *t)
{
	const int64_t before[] = { t->blocked, t->dns, t->connect, t->send };
	int64_t sum = t->wait;
	size_t i;

	for (i = 0; sum >= 0 && i < sizeof(before) / sizeof(*before); i++)
		if (before[i] > 0 && before[i] < INT64_MAX - sum)
			sum += before[i];
	return sum;
}

struct answer_kept *
answer_new(const struct exchange *x, struct buf *body)
{
	struct buf head = { 0 };
	bool length = answer_head(x, &head);
	struct answer from = {
		.entry = x->id,
		.status = x->status,
		.asked = http_rules_asks(x->method, &x->request.headers),
		.reason = x->reason,
		.head = buf_str(&head),
		.head_has_length = length,
		.had_chunked = headers_have_token(
		    &x->response.headers, "Transfer-Encoding", "chunked"),
		.headers = x->response.headers,
		.trailers = x->response.trailers,
		.chunks = x->chunks,
		.nchunks = x->nchunks,
		.wait_us = x->timings.wait,
		.head_us = answer_head_us(&x->timings),
	};
	char *near;
	struct answer_kept *k = answer_keep(&from, answer_near(x, body), &near);

	answer_body(k, x, body, near);
	k->started_us = x->started_us;
	atomic_init(&k->mark, x->id);
	buf_free(&head);
	return k;
}

struct answer_kept *
answer_changed(struct answer_kept *a, struct str head,
    const struct headers *fields, struct buf *body)
{
	struct answer from = a->answer;
	struct answer_kept *k;
	char *near;

	from.head = head;
	from.headers = *fields;
	if (body != NULL) /* whose pieces are not where they were */
		from.nchunks = 0;
	k = answer_keep(&from, 0, &near);
	k->started_us = a->started_us;
	k->of = a;
	k->body = a->body;
	k->body.bytes = (struct buf){ 0 };
	if (body == NULL && a->body.stored_id == 0) {
		buf_add_str(&k->body.bytes, buf_str(&a->body.bytes));
	} else if (body != NULL) {
		k->body.size = body->n;
		k->body.bytes = *body;
		*body = (struct buf){ 0 };
	}
	return k;
}

struct answer_kept *
answer_kept_of(const struct answer *a)
{
	return (struct answer_kept *)((char *)(uintptr_t)a -
				      offsetof(struct answer_kept, answer));
}

struct answer *
answer_ref(struct answer *a)
{
	cache_item_ref(&answer_kept_of(a)->item);
	return a;
}

void
answer_unref(struct answer *a)
{
	if (a != NULL)
		cache_item_unref(&answer_kept_of(a)->item);
}
