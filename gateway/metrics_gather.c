/* Where the numbers of metrics come from. */
#include "config.h"

#include <stdatomic.h>

#include "gateway/explainer.h"
#include "gateway/fetcher.h"
#include "gateway/metrics_process.h"
#include "gateway/sessions.h"
#include "gateway/worker.h"

#include "gateway/metrics.h"

void
metrics_gather(const struct shared *g, struct metrics_now *now)
{
	struct worker_counts counts;

	*now = (struct metrics_now){ 0 };
	workers_sum(g, &counts);
	meters_sum(g->meters, &now->met);
	/* What was taken again is not idle either. */
	now->met.dropped += now->met.taken;
	now->routes = meters_routes(g->meters, &now->nroutes);
	meters_reloads(g->meters, &now->reloads);
	if (g->recorder != NULL)
		recorder_figures(g->recorder, &now->recorder);
	if (g->recorder != NULL &&
	    recorder_shipping(g->recorder, &now->shipping))
		now->store_away = now->shipping.away;
	if (g->retention != NULL)
		retention_figures(g->retention, &now->retention);
	if (g->library != NULL)
		library_figures(g->library, &now->library);
	if (g->fetcher != NULL)
		fetcher_figures(g->fetcher, &now->fetcher);
	if (g->messenger != NULL)
		messenger_figures(g->messenger, &now->callbacks);
	if (g->explainer != NULL)
		now->questions = explainer_waiting(g->explainer);
	if (g->sessions != NULL)
		now->sessions = sessions_open(g->sessions);
	now->refused = counts.refused;
	now->failed = counts.failed;
	now->body_bytes = atomic_load(&g->body_bytes);
	now->spooled_bytes = atomic_load(&g->spooled_bytes);
	now->began_seconds = (double)g->began_us / 1e6;
	metrics_process_look(&now->process);
}
