/* Whether requests were made, asked at the admin port. */
#include "config.h"

#include "base/err.h"
#include "gateway/admin_table.h"
#include "gateway/gateway.h"
#include "gateway/traffic_sink.h"
#include "gateway/verify.h"
#include "gateway/worker.h"

#define ADMIN_VERIFY_SETTLE_US 2000000

/*
 * Whoever has his answer may ask here at once: what workers are just doing
 * comes to its end first.  A failed verification is 406, as MockServer has it,
 * so that curl --fail and its like notice.
 */
void
admin_verify(struct admin_request *r)
{
	struct buf out = { 0 };
	struct verify *v;
	struct err e;
	bool ok;

	v = verify_new(r->body, &e);
	if (v == NULL) {
		admin_reply_problem(r, 400, "%s", e.text);
		return;
	}
	(void)gateway_answers(r->of->gateway, ADMIN_VERIFY_SETTLE_US);
	ok = verify_check(v, r->of->shared->traffic->log, &out, NULL);
	admin_reply_bytes(r, ok ? 200 : 406, "application/json", &out);
	buf_free(&out);
	verify_free(v);
}
