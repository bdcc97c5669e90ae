#include "config.h"

#include <string.h>

#include "base/digest.h"
#include "base/err.h"
#include "har/exchange.h"
#include "recorder/store.h"

#include "recorder/integrity.h"

void
integrity_tell(struct integrity *c, const char *text)
{
	if (c->n++ < INTEGRITY_FAULTS)
		buf_addf(c->faults, "%s%s", c->faults->n > 0 ? "; " : "", text);
}

static void
integrity_about(
    struct integrity *c, const char *what, int64_t id, const char *how)
{
	struct err e;

	err_set(&e, "%s %lld: %s", what, (long long)id, how);
	integrity_tell(c, e.text);
}

void
integrity_missing(struct integrity *c, int64_t entry)
{
	integrity_about(c, "entry", entry, "its body is missing");
}

void
integrity_size(struct integrity *c, int64_t entry)
{
	integrity_about(
	    c, "entry", entry, "its body has another size than it says");
}

void
integrity_entry(struct integrity *c, int64_t entry)
{
	struct exchange *x;
	struct err e;

	if (store_get(c->store, entry, 0, &x, &e) == -1)
		integrity_tell(c, e.text);
	exchange_free(x);
}

/* Whether there are all parts of a body.  What store_body_read() refuses is
 * told in its words: the last one when they are not what the digest says, or
 * any that the database would not give, which is no damage of the body. */
static bool
integrity_parts(struct integrity *c, int64_t body, uint64_t size)
{
	char *to = buf_reserve(&c->piece, BODY_PART);
	uint64_t at = 0;
	struct err e;
	int64_t n;

	while ((n = store_body_read(c->store, body, at, to, BODY_PART, &e)) > 0)
		at += (uint64_t)n;
	if (n == -1)
		integrity_tell(c, e.text);
	return n == -1 || at == size;
}

void
integrity_body(struct integrity *c, int64_t body, uint64_t size,
    struct str digest, struct str bytes)
{
	uint8_t sum[DIGEST_BYTES];
	bool same;

	if (bytes.p == NULL) {
		same = integrity_parts(c, body, size);
	} else {
		digest_of(bytes.p, bytes.n, sum);
		same = bytes.n == size && digest.n == sizeof(sum) &&
		       memcmp(sum, digest.p, sizeof(sum)) == 0;
	}
	if (!same)
		integrity_about(
		    c, "body", body, "its bytes are not those of its digest");
}

static int
integrity_on_near(void *arg, const struct store_near_row *row)
{
	(void)arg;
	(void)row;
	return 0;
}

static void
integrity_on_id(void *arg, int64_t entry)
{
	(void)arg;
	(void)entry;
}

static void
integrity_on_request(void *arg, const struct store_request *q)
{
	(void)arg;
	(void)q;
}

void
integrity_ways(struct integrity *c)
{
	static const uint8_t key[EXCHANGE_KEY_BYTES];
	struct store *s = c->store;
	struct err e;

	c->n = 0;
	if (store_find(s, 0, key, false, NULL, 0, &e) == -1 ||
	    store_find(s, 0, key, true, NULL, 0, &e) == -1 ||
	    store_near(s, 0, STR("/"), integrity_on_near, NULL, &e) == -1 ||
	    store_ids(s, 0, integrity_on_id, NULL, &e) == -1 ||
	    store_requests(s, INT64_MAX, integrity_on_request, NULL, &e) == -1)
		integrity_tell(c, e.text);
}
