#include "config.h"

#include "gateway/access_log.h"
#include "gateway/settings.h"
#include "gateway/traffic.h"

#include "gateway/traffic_sink.h"

int
traffic_sink_open(
    struct traffic_sink *k, const struct settings *s, struct err *e)
{
	struct traffic_limits limits = { .rows = (size_t)s->traffic,
		.bytes = (size_t)s->traffic_bytes };

	k->body = (size_t)s->traffic_body;
	k->slab = traffic_slab_size(limits.bytes);
	if (s->keep_traffic || settings_has_admin(s))
		k->log = traffic_new(&limits);
	if (s->access_log == NULL)
		return 0;
	k->access = access_log_open(s->access_log, s->access_format, e);
	return k->access != NULL ? 0 : -1;
}

void
traffic_sink_reopen(struct traffic_sink *k)
{
	if (k->access != NULL)
		access_log_reopen(k->access);
}

void
traffic_sink_flush(struct traffic_sink *k)
{
	access_log_close(k->access);
	k->access = NULL;
}

void
traffic_sink_close(struct traffic_sink *k)
{
	traffic_sink_flush(k);
	traffic_free(k->log);
	k->log = NULL;
}
