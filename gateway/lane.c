#include "config.h"

#include "gateway/lane.h"

void
lane_listen(struct lane *l, const struct lane_events *events, void *arg)
{
	l->events = events;
	l->arg = arg;
}

size_t
lane_write(struct lane *l, struct str bytes)
{
	struct iovec v = { (char *)bytes.p, bytes.n };

	return l->kind->write(l, &v, 1);
}

void
lane_read(struct lane *l, bool on)
{
	l->kind->read(l, on);
}

void
lane_shut(struct lane *l)
{
	l->kind->shut(l);
}

void
lane_close(struct lane *l)
{
	l->kind->close(l);
}

void
lane_abort(struct lane *l)
{
	l->kind->abort(l);
}
