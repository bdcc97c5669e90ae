#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/digest.h"
#include "base/mem.h"
#include "har/feed.h"
#include "har/frame.h"
#include "recorder/rules.h"
#include "replay/identity.h"
#include "replay/intake.h"
#include "replay/level.h"
#include "replay/multipart.h"
#include "replay/normal.h"

#include "replay/key.h"

/*
 * What is digested for an exact key: the version, then method, scope and
 * target, each with its length in eight bytes (least significant first) in
 * front, then header fields if some count, then how the body is given and the
 * body.  For a normal key it is the version, a tag and the normal form.  Keys
 * are stored, so whatever changes here or in the normal form is a new version,
 * and entries under older keys are not found any more until their tape is
 * indexed anew.
 */
#define KEY_VERSION 1
#define KEY_NORMAL 'n'
#define KEY_HEADERS 'h'

enum key_body_form {
	KEY_BODY_UNKNOWN = 'u',
	KEY_BODY_BYTES = 'b',
	KEY_BODY_MULTIPART = 'm',
	KEY_BODY_LONG = 'l',
};

/* Small parts are put together first: the digest has a price per call. */
#define KEY_GATHERED 1024

#define KEY_RULES (RULES_OF_MATCHING & ~RULE_BIT(RULE_IGNORE_HEADER))

struct keyer {
	struct digest *digest;
	struct buf parts;
	const struct rules *rules;
	struct normal *normal; /* NULL when no rule is for keys */
	struct buf form;
	struct level level;
};

const char *
tier_text(enum tier t)
{
	return t == TIER_EXACT ? "exact" : "normalized";
}

struct keyer *
keyer_new(const struct rules *r)
{
	struct keyer *k = xcalloc(1, sizeof(*k));

	k->digest = digest_new();
	k->rules = r;
	if ((rules_verbs(r) & KEY_RULES) != 0)
		k->normal = normal_new(r);
	return k;
}

void
keyer_free(struct keyer *k)
{
	if (k == NULL)
		return;
	digest_free(k->digest);
	normal_free(k->normal);
	buf_free(&k->parts);
	buf_free(&k->form);
	level_fini(&k->level);
	free(k);
}

bool
keyer_has_rules(const struct keyer *k)
{
	return k->normal != NULL;
}

static void
key_length(struct keyer *k, uint64_t n)
{
	char *p = buf_reserve(&k->parts, 8);
	int i;

	for (i = 0; i < 8; i++)
		p[i] = (char)(n >> (8 * i));
	k->parts.n += 8;
}

static void
key_part(struct keyer *k, struct str part)
{
	key_length(k, part.n);
	buf_add_str(&k->parts, part);
}

static void
key_byte(struct keyer *k, uint8_t byte)
{
	buf_add(&k->parts, &byte, 1);
}

static void
key_flush(struct keyer *k)
{
	digest_add(k->digest, k->parts.p, k->parts.n);
	buf_clear(&k->parts, 64 * KEY_GATHERED);
}

static void
key_bytes(struct keyer *k, struct str body)
{
	key_byte(k, KEY_BODY_BYTES);
	key_length(k, body.n);
	if (body.n <= KEY_GATHERED) {
		buf_add_str(&k->parts, body);
		key_flush(k);
		return;
	}
	key_flush(k);
	digest_add(k->digest, body.p, body.n);
}

/* Only where rules want it: the keys of all others stay what they were. */
static void
key_headers(struct keyer *k, const struct key_parts *p)
{
	buf_clear(&k->form, 64 * KEY_GATHERED);
	normal_headers(k->normal, p, &k->form);
	if (k->form.n == 0)
		return;
	key_byte(k, KEY_HEADERS);
	key_part(k, buf_str(&k->form));
}

static void
key_identity(struct keyer *k, const struct identity *identity)
{
	key_byte(k, KEY_BODY_LONG);
	key_byte(k, (uint8_t)identity->form);
	buf_add(&k->parts, identity->sum, sizeof(identity->sum));
	key_flush(k);
}

static struct str
key_content_type(const struct key_parts *p)
{
	struct str type = p->headers != NULL
			      ? headers_get(p->headers, "Content-Type")
			      : STR("");

	return type.p != NULL ? type : STR("");
}

static void
key_body(struct keyer *k, const struct key_parts *p)
{
	struct str boundary;
	struct identity identity;

	if (p->identity != NULL) {
		key_identity(k, p->identity);
	} else if (p->body.n > IDENTITY_LEAST) {
		identity = identity_of(p->headers, p->body);
		key_identity(k, &identity);
	} else if (p->body.p == NULL) {
		key_byte(k, KEY_BODY_UNKNOWN);
		key_flush(k);
	} else if (p->body.n > 0 &&
		   multipart_boundary(key_content_type(p), &boundary) &&
		   multipart_fits(boundary, p->body)) {
		key_byte(k, KEY_BODY_MULTIPART);
		key_flush(k);
		multipart_digest(k->digest, boundary, p->body);
	} else {
		key_bytes(k, p->body);
	}
}

struct key
key_of(struct keyer *k, const struct key_parts *given)
{
	struct key_parts level =
	    level_parts(&k->level, given, k->normal != NULL);
	const struct key_parts *p = &level;
	uint8_t sum[DIGEST_BYTES];
	struct key key;

	key_byte(k, KEY_VERSION);
	key_part(k, p->socket ? STR(KEY_SOCKET) : p->method);
	key_part(k, p->scope);
	key_part(k, p->target);
	if (k->normal != NULL)
		key_headers(k, p);
	key_body(k, p);
	digest_end(k->digest, sum);
	memcpy(key.bytes, sum, sizeof(key.bytes));
	return key;
}

bool
key_normal(struct keyer *k, const struct key_parts *p, struct key *key)
{
	uint8_t sum[DIGEST_BYTES];
	char start[] = { KEY_VERSION, KEY_NORMAL };
	struct key_parts level;

	if (k->normal == NULL)
		return false;
	level = level_parts(&k->level, p, true);
	buf_clear(&k->form, 64 * KEY_GATHERED);
	buf_add(&k->form, start, sizeof(start));
	if (!normal_form(k->normal, &level, &k->form))
		return false;
	digest_add(k->digest, k->form.p, k->form.n);
	digest_end(k->digest, sum);
	memcpy(key->bytes, sum, sizeof(key->bytes));
	return true;
}

void
key_made_by(const struct rules *r, struct buf *out)
{
	if ((rules_verbs(r) & KEY_RULES) == 0)
		return;
	buf_addf(out, "keys %d\n", KEY_VERSION);
	rules_text(r, KEY_RULES, out);
}

/*
 * Exchanges
 */

static struct key_parts
key_parts_of(const struct exchange *x)
{
	const struct body *body = &x->request.body;
	struct key_parts p = {
		.method = x->method,
		.scope = x->scope,
		.target = x->target,
		.headers = &x->request.headers,
		.body = buf_str(&body->bytes),
		.socket = frame_asked(x),
	};

	if (!body->known || body->stored_id > 0)
		p.body = (struct str){ NULL, 0 };
	return p;
}

static void
key_set(struct keyer *k, struct exchange *x, const struct key_parts *p)
{
	struct key key = key_of(k, p);

	memcpy(x->key, key.bytes, sizeof(x->key));
	x->keyed = true;
	x->normal_keyed = key_normal(k, p, &key);
	if (x->normal_keyed)
		memcpy(x->normal_key, key.bytes, sizeof(x->normal_key));
}

void
key_exchange(struct keyer *k, struct exchange *x)
{
	struct key_parts p = key_parts_of(x);

	key_set(k, x, &p);
}

void
key_exchange_taken(
    struct keyer *k, struct exchange *x, const struct intake *body)
{
	struct key_parts p = key_parts_of(x);

	intake_parts(body, &p);
	key_set(k, x, &p);
}

static int
key_take(struct intake *i, struct feed *body, struct err *e)
{
	struct str piece;
	int r;

	while ((r = feed_next(body, &piece, e)) == 1)
		if (intake_add(i, piece, e) == -1)
			return -1;
	return r == -1 ? -1 : intake_end(i, e);
}

int
key_exchange_fed(
    struct keyer *k, struct exchange *x, struct feed *body, struct err *e)
{
	struct intake *i = intake_new(k, &x->request.headers);
	int r = key_take(i, body, e);

	if (r == 0)
		key_exchange_taken(k, x, i);
	intake_free(i);
	return r;
}

int
key_exchange_spooled(struct keyer *k, struct exchange *x, struct err *e)
{
	struct feed *body;
	int r;

	if (x->request.body.spool == NULL) {
		key_exchange(k, x);
		return 0;
	}
	body = feed_of_spool(x->request.body.spool);
	r = key_exchange_fed(k, x, body, e);
	feed_free(body);
	return r;
}
