/* What Prometheus asks for. */
#include "config.h"

#include "base/buf.h"
#include "gateway/admin_table.h"
#include "gateway/metrics.h"
#include "har/headers.h"

void
admin_get_metrics(struct admin_request *r)
{
	bool open = metrics_wants_open(headers_get(&r->head.headers, "Accept"));
	struct metrics_now now;
	struct buf out = { 0 };

	metrics_gather(r->of->shared, &now);
	metrics_write(&now, open, &out);
	metrics_fini(&now);
	admin_reply_bytes(r, 200, metrics_type(open), &out);
}
