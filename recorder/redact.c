#include "config.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/mem.h"
#include "har/coding.h"
#include "har/frame.h"
#include "recorder/pseudonym.h"
#include "recorder/redact_priv.h"
#include "recorder/rules.h"

#include "recorder/redact.h"

/* Digests of the body, which is another one now. */
static const char *const redact_digests[] = { "Content-MD5", "Digest",
	"Content-Digest", "Repr-Digest", "x-amz-content-sha256",
	"x-amz-checksum-crc32", "x-amz-checksum-crc32c",
	"x-amz-checksum-crc64nvme", "x-amz-checksum-sha1",
	"x-amz-checksum-sha256", "x-goog-hash", NULL };

#define KNOWN_LEAST 12 /* bytes of a secret that is looked for again */
#define KNOWN_MOST 4096
#define KNOWN_BYTES 65536 /* of all of them */
#define REDACT_PASSES 8   /* over a body without rules */

struct redactor *
redactor_new(struct str key, const struct rules *rules)
{
	struct redactor *r = xcalloc(1, sizeof(*r));

	r->finder = finder_new();
	r->pseudonyms = pseudonyms_new(key);
	r->rules = rules;
	return r;
}

void
redactor_free(struct redactor *r)
{
	if (r == NULL)
		return;
	finder_free(r->finder);
	pseudonyms_free(r->pseudonyms);
	free(r);
}

void
redaction_begin(struct redaction *d, const struct redactor *r,
    const struct rules_request *q)
{
	*d = (struct redaction){ .redactor = r,
		.rules = secret_rules_new(r->rules, q) };
}

void
redaction_end(struct redaction *d)
{
	secret_rules_free(d->rules);
	secrets_fini(&d->found);
	buf_free(&d->scratch);
	buf_free(&d->known);
}

void
redaction_answers(struct redaction *d)
{
	d->answers = true;
}

void
redaction_join(struct redaction *d, const struct redaction *from)
{
	d->dropped |= from->dropped;
	if (d->known.n + from->known.n <= KNOWN_BYTES)
		buf_add_str(&d->known, buf_str(&from->known));
}

/* Remembers a secret of the request; a short one, or one that is a word, may
 * be in the answer by chance. */
static void
redaction_learn(struct redaction *d, struct str value)
{
	size_t i, digits = 0, letters = 0;

	if (d->answers || value.n < KNOWN_LEAST || value.n > KNOWN_MOST ||
	    d->known.n > KNOWN_BYTES || memchr(value.p, '\0', value.n) != NULL)
		return;
	for (i = 0; i < value.n; i++) {
		digits += value.p[i] >= '0' && value.p[i] <= '9';
		letters += (value.p[i] | 32) >= 'a' && (value.p[i] | 32) <= 'z';
	}
	if (digits == 0 || letters == 0)
		return;
	buf_add_str(&d->known, value);
	buf_add(&d->known, "", 1);
}

struct secrets_in
redaction_in(struct redaction *d)
{
	return (struct secrets_in){ .finder = d->redactor->finder,
		.rules = d->rules,
		.found = &d->found,
		.known = d->answers ? buf_str(&d->known) : STR("") };
}

/* ---- one text --------------------------------------------------------- */

static void
redact_shifts_add(struct redact_shifts *s, uint64_t at, int64_t by)
{
	if (s->n == s->cap) {
		s->cap = s->cap == 0 ? 16 : 2 * s->cap;
		s->v = xrealloc(s->v, s->cap * sizeof(*s->v));
	}
	s->v[s->n++] = (struct redact_shift){ at, by };
}

void
redaction_apply(struct redaction *d, struct str text, size_t from, size_t to,
    struct buf *out, struct redact_shifts *shifts, uint64_t base)
{
	const struct pseudonyms *names = d->redactor->pseudonyms;
	const struct secret *s;
	struct str value;
	size_t done = from, was, i;

	for (i = 0; i < d->found.n; i++) {
		s = &d->found.v[i];
		if (s->at < from || s->at + s->n > to)
			continue;
		buf_add(out, text.p + done, s->at - done);
		value = secret_value(s, text, &d->scratch);
		redaction_learn(d, value);
		was = out->n;
		if (s->number)
			pseudonym_add_number(names, value, out);
		else
			pseudonym_add(names, value, out);
		done = s->at + s->n;
		if (shifts != NULL && out->n - was != s->n)
			redact_shifts_add(shifts, base + done,
			    (int64_t)(out->n - was) - (int64_t)s->n);
	}
	buf_add(out, text.p + done, to - done);
}

static bool
redaction_replace(struct redaction *d, struct str text, struct buf *out)
{
	if (d->found.n == 0)
		return false;
	redaction_apply(d, text, 0, text.n, out, NULL, 0);
	return true;
}

bool
redact_url(struct redaction *d, struct str url, struct buf *out)
{
	struct secrets_in in = redaction_in(d);

	secrets_in_url(&in, url);
	return redaction_replace(d, url, out);
}

bool
redact_text(struct redaction *d, struct str text, struct buf *out)
{
	struct secrets_in in = redaction_in(d);

	secrets_in_text(&in, text, 0);
	return redaction_replace(d, text, out);
}

bool
redact_har(struct redaction *d, struct str object, struct buf *out)
{
	struct secrets_in in = redaction_in(d);

	secrets_in_har(&in, object);
	return redaction_replace(d, object, out);
}

const struct headers *
redact_fields(struct redaction *d, const struct headers *h, struct arena *a)
{
	struct secrets_in in = redaction_in(d);
	struct headers *copy = NULL;
	struct buf value = { 0 };
	size_t i;

	for (i = 0; i < h->n; i++) {
		secrets_in_field(&in, h->v[i].name, h->v[i].value);
		if (d->found.n == 0)
			continue;
		if (copy == NULL) {
			copy = arena_alloc(a, sizeof(*copy));
			copy->v = arena_alloc(a, h->n * sizeof(*copy->v));
			memcpy(copy->v, h->v, h->n * sizeof(*copy->v));
			copy->n = copy->cap = h->n;
		}
		value.n = 0;
		(void)redaction_replace(d, h->v[i].value, &value);
		copy->v[i].value = arena_str(a, buf_str(&value));
	}
	buf_free(&value);
	return copy != NULL ? copy : h;
}

/* ---- bodies ----------------------------------------------------------- */

bool
redact_is_coded(const struct headers *h)
{
	struct arena a = { 0 };
	bool coded = headers_get(h, "Content-Encoding").p != NULL &&
		     coding_list(h, &a).n > 0;

	arena_fini(&a);
	return coded;
}

static struct str
redact_type(const struct headers *h)
{
	struct str type = headers_get(h, "Content-Type");

	return type.p != NULL ? type : STR("");
}

/*
 * A body without coding; x is where its chunk marks are, or NULL.  A secret
 * that was replaced may show another one: a name and its value are closer
 * together, or a quote has another partner.  So it goes on until nothing is
 * found, but with rules, whose patterns may match pseudonyms.
 */
static enum redact_body
redact_plain(struct redaction *d, struct str type, struct str body,
    struct buf *out, struct exchange *x)
{
	struct secrets_in in = redaction_in(d);
	struct redact_shifts shifts = { 0 };
	struct buf was = { 0 }, swap;
	unsigned passes;

	if (!secrets_are_possible(type, body))
		return REDACT_SAME;
	secrets_in_body(&in, type, body);
	if (d->found.n == 0)
		return REDACT_SAME;
	for (passes = d->rules == NULL ? REDACT_PASSES : 1;
	     passes > 0 && d->found.n > 0; passes--) {
		shifts.n = out->n = 0;
		redaction_apply(d, body, 0, body.n, out, &shifts, 0);
		if (x != NULL)
			redact_shift_marks(&shifts, x->chunks, x->nchunks);
		swap = was;
		was = *out;
		*out = swap;
		body = buf_str(&was);
		if (passes > 1)
			secrets_in_body(&in, type, body);
	}
	free(shifts.v);
	buf_free(out);
	*out = was;
	return REDACT_CHANGED;
}

static enum redact_body
redact_coded(struct redaction *d, const struct headers *h, struct str body,
    struct buf *out)
{
	struct buf plain = { 0 }, changed = { 0 };
	struct arena a = { 0 };
	struct str list = coding_list(h, &a), type = redact_type(h);
	enum redact_body r;

	if (!secrets_are_possible(type, STR("?"))) {
		r = REDACT_SAME; /* its type says so */
	} else if (coding_decode(list, body, REDACT_DECODED, &plain) ==
		   CODING_DONE) {
		r = redact_plain(d, type, buf_str(&plain), &changed, NULL);
		if (r == REDACT_CHANGED &&
		    coding_encode(list, buf_str(&changed), out) == -1)
			r = REDACT_DROPPED;
	} else if (secrets_are_possible(type, body) && str_is_utf8(body)) {
		/* In no coding at all, whatever its fields say. */
		r = redact_plain(d, type, body, out, NULL);
	} else {
		r = REDACT_DROPPED;
	}
	buf_free(&plain);
	buf_free(&changed);
	arena_fini(&a);
	return r;
}

enum redact_body
redact_body(struct redaction *d, const struct headers *h, struct str body,
    struct buf *out)
{
	enum redact_body r;

	if (body.n == 0)
		return REDACT_SAME;
	if (!redact_is_coded(h))
		return redact_plain(d, redact_type(h), body, out, NULL);
	r = redact_coded(d, h, body, out);
	d->dropped |= r == REDACT_DROPPED;
	return r;
}

void
redact_shift_marks(
    const struct redact_shifts *shifts, struct chunk_mark *marks, size_t n)
{
	int64_t by = 0;
	size_t i, k = 0;

	for (i = 0; i < n; i++) {
		while (k < shifts->n && shifts->v[k].at <= marks[i].offset)
			by += shifts->v[k++].by;
		marks[i].offset = (uint64_t)((int64_t)marks[i].offset + by);
	}
	/* One inside of a secret that became shorter may have passed the
	 * next. */
	for (i = n; i-- > 1;)
		if (marks[i - 1].offset > marks[i].offset)
			marks[i - 1].offset = marks[i].offset;
}

void
redact_scale_marks(
    struct chunk_mark *marks, size_t n, uint64_t was, uint64_t is)
{
	size_t i;

	for (i = 0; i < n; i++)
		marks[i].offset = was == 0
				      ? 0
				      : (uint64_t)((double)marks[i].offset /
						   (double)was * (double)is);
}

static bool
redact_is_digest(struct str name)
{
	const char *const *digest;

	for (digest = redact_digests; *digest != NULL; digest++)
		if (str_iis(name, *digest))
			return true;
	return false;
}

void
redact_follow(struct message *m, struct arena *a, uint64_t size)
{
	struct headers *h = &m->headers;
	size_t i, n = 0;

	for (i = 0; i < h->n; i++) {
		if (redact_is_digest(h->v[i].name))
			continue;
		h->v[n] = h->v[i];
		if (str_iis(h->v[n].name, "Content-Length"))
			h->v[n].value =
			    str_of(arena_printf(a, "%" PRIu64, size));
		n++;
	}
	h->n = n;
}

static void
redact_take_body(struct body *b, struct buf *bytes)
{
	buf_free(&b->bytes);
	b->bytes = *bytes;
	b->size = bytes->n;
	b->hashed = false;
}

/* What cannot be looked into is not kept; that it was there is. */
static void
redact_drop_body(struct body *b)
{
	body_clear(b);
	b->known = false;
}

/* x is where the marks are; NULL for a request. */
static void
redact_message_body(
    struct redaction *d, struct message *m, struct exchange *x, struct arena *a)
{
	struct body *b = &m->body;
	struct buf out = { 0 };
	uint64_t was = b->bytes.n;
	enum redact_body r;

	if (b->spool != NULL && !redact_spooled(d, m, a)) {
		d->dropped = true;
		redact_drop_body(b);
	}
	if (!b->known || b->stored_id > 0 || was == 0)
		return;
	if (redact_is_coded(&m->headers)) {
		r = redact_body(d, &m->headers, buf_str(&b->bytes), &out);
		if (r == REDACT_CHANGED && x != NULL)
			redact_scale_marks(x->chunks, x->nchunks, was, out.n);
	} else {
		r = redact_plain(
		    d, redact_type(&m->headers), buf_str(&b->bytes), &out, x);
	}
	if (r == REDACT_CHANGED) {
		redact_take_body(b, &out);
		redact_follow(m, a, b->size);
	} else if (r == REDACT_DROPPED) {
		redact_drop_body(b);
	}
}

/* ---- exchanges -------------------------------------------------------- */

static void
redact_in_arena(struct redaction *d, struct arena *a, struct str *text,
    bool (*redact)(struct redaction *d, struct str text, struct buf *out))
{
	struct buf out = { 0 };

	if (text->n > 0 && redact(d, *text, &out))
		*text = arena_str(a, buf_str(&out));
	buf_free(&out);
}

static void
redact_message_fields(struct redaction *d, struct message *m, struct arena *a)
{
	m->headers = *redact_fields(d, &m->headers, a);
	m->trailers = *redact_fields(d, &m->trailers, a);
}

void
redact_request(struct redaction *d, struct exchange *x)
{
	redact_in_arena(d, &x->arena, &x->target, redact_url);
	redact_in_arena(d, &x->arena, &x->url, redact_url);
	redact_message_body(d, &x->request, NULL, &x->arena);
	redact_message_fields(d, &x->request, &x->arena);
}

void
redact_response_body(struct redaction *d, struct exchange *x)
{
	if (!frame_socket(x))
		redact_message_body(d, &x->response, x, &x->arena);
	else if (!redact_frames(d, &x->response.body))
		d->dropped = true;
}

void
redact_response(struct redaction *d, struct exchange *x)
{
	struct interim *i;

	redact_message_fields(d, &x->response, &x->arena);
	for (i = x->interims; i != NULL; i = i->next)
		i->headers = *redact_fields(d, &i->headers, &x->arena);
	redact_in_arena(d, &x->arena, &x->failure, redact_text);
	redact_in_arena(d, &x->arena, &x->comment, redact_text);
	redact_in_arena(d, &x->arena, &x->extra, redact_har);
}

bool
redact_exchange(const struct redactor *r, struct exchange *x)
{
	const struct rules_request q = { x->method, x->scope, x->target };
	struct redaction d;
	bool whole;

	redaction_begin(&d, r, &q);
	redact_request(&d, x);
	redaction_answers(&d);
	redact_response_body(&d, x);
	redact_response(&d, x);
	whole = !d.dropped;
	redaction_end(&d);
	return whole;
}
