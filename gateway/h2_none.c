/* Without nghttp2: TLS never agrees on HTTP/2, so nothing of this is called. */
#include "config.h"

#include "gateway/client_priv.h"
#include "gateway/upstream_priv.h"

void
h2_front_begin(struct client *c)
{
	client_doom(c);
}

void
h2_front_take(struct client *c, const char *p, size_t n)
{
	(void)c;
	(void)p;
	(void)n;
}

void
h2_front_flush(struct client *c)
{
	(void)c;
}

void
h2_front_drain(struct client *c)
{
	(void)c;
}

void
h2_front_expire(struct client *c)
{
	(void)c;
}

void
h2_front_end(struct client *c)
{
	(void)c;
}

void
h2_front_free(struct client *c)
{
	(void)c;
}

void
h2_request_write(struct client *c, const struct iovec *v, int n)
{
	(void)c;
	(void)v;
	(void)n;
}

void
h2_request_may_trail(struct client *c)
{
	(void)c;
}

void
h2_request_give_trailers(struct client *c, const struct headers *trailers)
{
	(void)c;
	(void)trailers;
}

void
h2_request_finish(struct client *c)
{
	(void)c;
}

void
h2_request_doom(struct client *c)
{
	(void)c;
}

void
h2_request_read(struct client *c)
{
	(void)c;
}

void
h2_request_free(struct client *c)
{
	(void)c;
}

void
h2_back_read(struct conn *c)
{
	(void)c;
}

void
h2_back_flush(struct conn *c)
{
	(void)c;
}

void
h2_back_free(struct conn *c)
{
	(void)c;
}

void
h2_call_write(struct conn *c)
{
	(void)c;
}

void
h2_call_read(struct conn *c)
{
	(void)c;
}

void
h2_call_late(struct conn *c)
{
	(void)c;
}

void
h2_call_free(struct conn *c)
{
	(void)c;
}

void
h2_back_begin(struct conn *c)
{
	conn_fail(c, CALL_TLS, OUTCOME_REFUSED, "HTTP/2, which is not spoken");
}

bool
h2_back_take(struct pool *p, struct call *call)
{
	(void)p;
	(void)call;
	return false;
}
