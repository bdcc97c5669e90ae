#include "config.h"

#include <stdbool.h>
#include <stdlib.h>

#include "base/err.h"
#include "base/mem.h"
#include "har/bulk.h"
#include "har/headers.h"
#include "har/spool.h"
#include "replay/identity.h"
#include "replay/key.h"
#include "replay/normal.h"

#include "replay/intake.h"

struct intake {
	struct identifier *identifier;
	struct identity identity;
	struct bulk kept; /* all of it, as long as it is not too long */
	bool keeps;
	struct str whole; /* all that was kept */
};

/* Below a content coding there may be what keys are made of. */
struct intake *
intake_new(const struct keyer *k, const struct headers *h)
{
	struct intake *i = xcalloc(1, sizeof(*i));

	i->identifier = identifier_new(h);
	i->keeps = true;
	i->kept.in_memory = IDENTITY_LEAST;
	i->kept.limit =
	    keyer_has_rules(k) || headers_get(h, "Content-Encoding").p != NULL
		? NORMAL_MOST
		: IDENTITY_LEAST;
	return i;
}

static void
intake_forget(struct intake *i)
{
	bulk_free(&i->kept);
	i->keeps = false;
}

void
intake_free(struct intake *i)
{
	if (i == NULL)
		return;
	identifier_free(i->identifier);
	if (i->keeps && i->kept.spool != NULL && i->whole.p != NULL)
		spool_unmap(i->kept.spool, i->whole);
	bulk_free(&i->kept);
	free(i);
}

int
intake_add(struct intake *i, struct str bytes, struct err *e)
{
	identifier_add(i->identifier, bytes);
	if (!i->keeps)
		return 0;
	if (bulk_size(&i->kept) + bytes.n > i->kept.limit) {
		intake_forget(i);
		return 0;
	}
	if (bulk_add(&i->kept, bytes.p, bytes.n, e) == 0)
		return 0;
	intake_forget(i);
	return -1;
}

int
intake_end(struct intake *i, struct err *e)
{
	i->identity = identifier_end(i->identifier);
	if (!i->keeps)
		return 0;
	if (bulk_end(&i->kept, e) == 0) {
		i->whole = buf_str(&i->kept.bytes);
		if (i->kept.spool == NULL ||
		    spool_map(i->kept.spool, &i->whole, e) == 0)
			return 0;
	}
	i->whole = STR("");
	intake_forget(i);
	return -1;
}

void
intake_parts(const struct intake *i, struct key_parts *p)
{
	p->identity = i->keeps ? NULL : &i->identity;
	p->body = STR("");
	if (i->keeps && i->whole.n > 0)
		p->body = i->whole;
}
