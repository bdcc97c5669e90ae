#include "config.h"

#include "har/headers.h"
#include "recorder/redact.h"

#include "gateway/redacted.h"

void
redacted_make(struct redacted *r, const struct redactor *by,
    const struct rules_request *q, const struct headers *headers,
    struct str body)
{
	struct redaction d;

	*r = (struct redacted){ .target = q->target, .body = body };
	redaction_begin(&d, by, q);
	if (redact_url(&d, q->target, &r->target_made)) {
		r->target = buf_str(&r->target_made);
		r->changed = true;
	}
	switch (redact_body(&d, headers, body, &r->body_made)) {
	case REDACT_SAME:
		break;
	case REDACT_CHANGED:
		r->body = buf_str(&r->body_made);
		r->changed = true;
		break;
	case REDACT_DROPPED:
		r->body = (struct str){ NULL, 0 };
		r->changed = true;
	}
	r->headers = redact_fields(&d, headers, &r->arena);
	redaction_end(&d);
}

void
redacted_fini(struct redacted *r)
{
	arena_fini(&r->arena);
	buf_free(&r->target_made);
	buf_free(&r->body_made);
}
