#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/digest.h"
#include "base/mem.h"
#include "replay/multipart.h"

#include "replay/key.h"

/*
 * What is digested: the version, then method, scope and target, each with
 * its length in eight bytes (least significant first) in front, then how the
 * body is given and the body.  Keys are stored, so whatever changes here is a
 * new version, and entries under older keys are not found any more.
 */
#define KEY_VERSION 1

enum key_body_form {
	KEY_BODY_UNKNOWN = 'u',
	KEY_BODY_BYTES = 'b',
	KEY_BODY_MULTIPART = 'm',
};

/* Small parts are put together first: the digest has a price per call. */
#define KEY_GATHERED 1024

struct keyer {
	struct digest *digest;
	struct buf parts;
};

struct keyer *
keyer_new(void)
{
	struct keyer *k = xcalloc(1, sizeof(*k));

	k->digest = digest_new();
	return k;
}

void
keyer_free(struct keyer *k)
{
	if (k == NULL)
		return;
	digest_free(k->digest);
	buf_free(&k->parts);
	free(k);
}

static void
key_length(struct keyer *k, size_t n)
{
	char *p = buf_reserve(&k->parts, 8);
	int i;

	for (i = 0; i < 8; i++)
		p[i] = (char)((uint64_t)n >> (8 * i));
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

static void
key_body(struct keyer *k, const struct key_parts *p)
{
	struct str boundary;

	if (p->body.p == NULL) {
		key_byte(k, KEY_BODY_UNKNOWN);
		key_flush(k);
	} else if (multipart_boundary(p->content_type, &boundary) &&
		   multipart_fits(boundary, p->body)) {
		key_byte(k, KEY_BODY_MULTIPART);
		key_flush(k);
		multipart_digest(k->digest, boundary, p->body);
	} else {
		key_bytes(k, p->body);
	}
}

struct key
key_of(struct keyer *k, const struct key_parts *p)
{
	uint8_t sum[DIGEST_BYTES];
	struct key key;

	key_byte(k, KEY_VERSION);
	key_part(k, p->method);
	key_part(k, p->scope);
	key_part(k, p->target);
	key_body(k, p);
	digest_end(k->digest, sum);
	memcpy(key.bytes, sum, sizeof(key.bytes));
	return key;
}

void
key_exchange(struct keyer *k, struct exchange *x)
{
	const struct body *body = &x->request.body;
	struct key_parts p = {
		.method = x->method,
		.scope = x->scope,
		.target = x->target,
		.content_type =
		    headers_get(&x->request.headers, "Content-Type"),
		.body = buf_str(&body->bytes),
	};
	struct key key;

	if (!body->known || body->stored_id > 0)
		p.body = (struct str){ NULL, 0 };
	if (p.content_type.p == NULL)
		p.content_type = STR("");
	key = key_of(k, &p);
	memcpy(x->key, key.bytes, sizeof(x->key));
	x->keyed = true;
}
