/*
 * A forward proxy's part: requests that name their origin themselves, in an
 * absolute target or by the tunnel that they come through (RFC 9110 sections
 * 3.7 and 9.3.6).
 */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include "base/log.h"
#include "base/mem.h"
#include "gateway/named.h"
#include "gateway/plan.h"
#include "gateway/problem.h"
#include "gateway/tally.h"
#include "gateway/traffic_note.h"
#include "gateway/tunnel.h"
#include "gateway/upstream.h"
#include "gateway/worker.h"
#include "har/url.h"

#include "gateway/transaction.h"

/* ---- who may --------------------------------------------------------- */

/* "Basic" and what the settings have in base64 (RFC 7617). */
static bool
relay_is_known(const struct transaction *t)
{
	const char *pair = t->settings->proxy_auth;
	struct str given =
	    headers_get(&t->r->head.headers, "Proxy-Authorization");
	unsigned char wanted[700];
	int n;

	if (pair == NULL)
		return true;
	if (given.p == NULL || !str_istarts(given, "Basic "))
		return false;
	given.p += 6;
	given.n -= 6;
	given = str_trim(given);
	n = EVP_EncodeBlock(
	    wanted, (const unsigned char *)pair, (int)strlen(pair));
	return given.n == (size_t)n &&
	       CRYPTO_memcmp(given.p, wanted, given.n) == 0;
}

/* Whether the request is for the gateway itself, as from a program that takes
 * it for its proxy and its API at once. */
static bool
relay_is_own(struct client *c, struct str authority)
{
	struct str host = url_host(authority), port = STR("80");
	uint64_t number;

	if (host.n + 1 < authority.n)
		port = (struct str){ authority.p + host.n + 1,
			authority.n - host.n - 1 };
	return str_u64(port, &number) == 0 && number == client_local_port(c) &&
	       (str_iis(host, "localhost") || str_starts(host, "127.") ||
		   str_is(host, "[::1]") || client_is_local(c, host));
}

/* The origin that the request names, "" for none. */
static struct str
relay_authority(struct client *c, const struct client_request *r)
{
	const char *tunnel = client_tunnel(c);
	struct str authority = STR("");

	if (client_worker(c)->shared->named == NULL)
		return authority;
	if (tunnel != NULL)
		authority = str_of(tunnel);
	else if (r->head.form == TARGET_ABSOLUTE)
		authority = r->head.authority;
	if (authority.n == 0)
		return authority;
	return relay_is_own(c, authority) ? STR("") : authority;
}

bool
relay_names(struct client *c, const struct client_request *r)
{
	return relay_authority(c, r).n > 0;
}

bool
relay_route(const struct plan *p, struct client *c,
    const struct client_request *r, struct route *route, bool *named)
{
	struct named *origins = client_worker(c)->shared->named;
	struct str authority = relay_authority(c, r);
	bool https =
	    client_tunnel(c) != NULL ? client_is_secure(c) : r->head.https;

	/* A host that settings send elsewhere goes there. */
	if (origins_route(p->origins, authority, r->head.path, route) &&
	    route->scope.n > 0)
		return true;
	*named = true;
	return named_route(origins, https, authority, route);
}

/* What is asked in a tunnel is asked of its other end (RFC 9110 section
 * 7.4). */
static bool
relay_is_astray(const struct transaction *t)
{
	const char *tunnel = client_tunnel(t->c);

	return tunnel != NULL && !str_ieq(url_host(t->r->head.authority),
				     url_host(str_of(tunnel)));
}

bool
relay_refuses(struct transaction *t)
{
	struct problem p = { .status = 407,
		.title = "Who are you?",
		.detail = STR("This proxy serves who knows its user name and "
			      "password.") };
	bool asks = t->r->head.form == TARGET_AUTHORITY ||
		    t->r->head.form == TARGET_ABSOLUTE;

	if (t->w->shared->named == NULL)
		return false;
	if (relay_is_astray(t)) {
		p = (struct problem){ .status = 421,
			.title = "Another host than the tunnel's",
			.detail = STR("The request is for another host than "
				      "the CONNECT before it.") };
		reply_problem(t, &p);
		return true;
	}
	if (!asks || client_tunnel(t->c) != NULL || relay_is_known(t))
		return false;
	reply_problem(t, &p);
	return true;
}

/* ---- tunnels --------------------------------------------------------- */

static void
relay_refuse(struct transaction *t, int status, const char *detail)
{
	struct problem p = {
		.status = status, .title = "No tunnel", .detail = str_of(detail)
	};

	reply_problem(t, &p);
}

static bool
relay_intercepts(const struct transaction *t)
{
	const struct strings *globs = &t->settings->intercept;
	struct str host = url_host(t->r->head.authority);
	char text[256];
	size_t i;

	if (t->w->shared->intercept == NULL || host.n > sizeof(text))
		return false;
	for (i = 0; i < host.n; i++)
		text[i] = str_lower(host.p[i]);
	host.p = text;
	for (i = 0; i < globs->n; i++)
		if (str_glob(str_of(globs->v[i]), host))
			return true;
	return globs->n == 0;
}

static void
relay_agree(struct transaction *t)
{
	struct buf *b = &t->w->head;
	struct iovec v;

	t->status = 200;
	t->head_out = t->begun = true;
	b->n = 0;
	buf_add_text(b, "HTTP/1.1 200 Connection Established\r\n\r\n");
	traffic_note_head(t);
	v = (struct iovec){ b->p, b->n };
	client_write(t->c, &v, 1);
}

static void
relay_on_over(void *arg, enum tunnel_end end, const char *why)
{
	struct transaction *t = arg;
	char subject[256];

	(void)end;
	t->tunnel = NULL;
	log_debug(transaction_subject(t, subject, sizeof(subject)),
	    "the tunnel is over%s%s", why[0] != '\0' ? ": " : "", why);
	transaction_over(t);
}

static void
relay_on_lane(void *arg, const struct http1_head *h, struct lane *lane)
{
	static const struct tunnel_events events = {
		.on_over = relay_on_over,
	};
	struct transaction *t = arg;

	(void)h;
	t->call = NULL;
	t->source = SOURCE_UPSTREAM;
	traffic_note_call(t);
	relay_agree(t);
	traffic_note_open(t);
	t->tunnel = tunnel_new(client_take_over(t->c), lane, &events, t);
}

static void
relay_on_failure(void *arg, const struct call_failure *f)
{
	struct transaction *t = arg;
	char subject[256];

	traffic_note_call(t);
	traffic_note_text(t, f->text);
	t->call = NULL;
	log_warn(transaction_subject(t, subject, sizeof(subject)),
	    "no tunnel to %.*s: %s: %s", STR_ARGS(t->r->head.authority),
	    call_phase_text(f->phase), f->text);
	transaction_failed(t, f);
}

/* Bytes go both ways as they are. */
static void
relay_tunnel(struct transaction *t)
{
	static const struct call_handler handler = {
		.on_lane = relay_on_lane,
		.on_failure = relay_on_failure,
	};
	struct call_request r = { .method = t->r->head.method };

	if (!named_route(
		t->w->shared->named, false, t->r->head.authority, &t->route)) {
		relay_refuse(t, 400, "The target is no host and port.");
		return;
	}
	tally_add(t->w->shared->tally, TALLY_LIVE, t->r->head.method,
	    t->r->head.authority, t->route.origin->authority);
	r.origin = t->route.origin;
	t->call = call_start(t->w, &r, &handler, t);
}

/* Tunnels are nothing to record or to replay: a mode opens them or not. */
static bool
relay_goes_out(struct transaction *t)
{
	const struct route host = { .scope = url_host(t->r->head.authority) };

	t->mode = plan_mode(t->plan, t->r->head.method, STR("/"), &host);
	return t->mode->forwards || t->settings->on_miss == ON_MISS_FORWARD;
}

void
relay_connect(struct transaction *t)
{
	if (t->w->shared->named == NULL)
		relay_refuse(t, 501,
		    "This port is a reverse proxy (--forward-proxy is off).");
	else if (client_tunnel(t->c) != NULL)
		relay_refuse(t, 501, "Tunnels in tunnels are not served.");
	else if (relay_is_own(t->c, t->r->head.authority) ||
		 relay_intercepts(t)) {
		relay_agree(t);
		client_intercept(t->c, t->r->head.authority);
	} else if (relay_goes_out(t))
		relay_tunnel(t);
	else if (t->w->shared->intercept == NULL)
		relay_refuse(t, 501,
		    "This mode opens no tunnels, and there is no local "
		    "authority to answer in the host's place (see hark ca).");
	else
		relay_refuse(t, 501,
		    "This mode opens no tunnels, and --intercept leaves this "
		    "host out.");
}
