/* What settings ask of one another, and of the machine. */
#include "config.h"

#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "gateway/privileges.h"
#include "gateway/proxies.h"
#include "recorder/store.h"

#include "gateway/settings.h"

/* A file that is named must be there before the gateway starts. */
static int
settings_check_file(const char *option, const char *path, struct err *e)
{
	if (path != NULL && access(path, R_OK) == -1)
		return err_sys(e, "option %s: %s", option, path);
	return 0;
}

int
settings_check_upstream(const struct settings *s, struct err *e)
{
	size_t i;

	if ((s->upstream_cert == NULL) != (s->upstream_key == NULL))
		return err_set(e,
		    "option %s: needs --%s, too: a client certificate and "
		    "its key go together",
		    s->upstream_cert != NULL ? "upstream-cert" : "upstream-key",
		    s->upstream_cert != NULL ? "upstream-key"
					     : "upstream-cert");
	if (proxies_check(s->upstream_proxy, e) == -1)
		return -1;
	for (i = 0; i < s->ncerts; i++) {
		if (s->certs[i].cert == NULL)
			return err_set(e,
			    "option upstream-key: needs --upstream-cert "
			    "%s=FILE, too",
			    s->certs[i].host);
		if (settings_check_file("upstream-cert", s->certs[i].cert, e) ==
			-1 ||
		    settings_check_file("upstream-key", s->certs[i].key, e) ==
			-1)
			return -1;
	}
	if (settings_check_file("upstream-ca", s->upstream_ca, e) == -1 ||
	    settings_check_file("upstream-cert", s->upstream_cert, e) == -1)
		return -1;
	return settings_check_file("upstream-key", s->upstream_key, e);
}

bool
settings_relays(const struct settings *s)
{
	switch (s->forward_proxy) {
	case FORWARD_PROXY_ON:
		return true;
	case FORWARD_PROXY_OFF:
		return false;
	case FORWARD_PROXY_AUTO:
		break;
	}
	return s->nupstreams == 0 && s->nmocks == 0;
}

static bool
settings_is_loopback(const char *address)
{
	return strncmp(address, "127.", 4) == 0 ||
	       strncmp(address, "[::1]:", 6) == 0;
}

bool
settings_is_remote(const struct settings *s)
{
	size_t i;

	for (i = 0; i < s->listen.n; i++)
		if (!settings_is_loopback(s->listen.v[i]))
			return true;
	return false;
}

/* Whoever reached it could reach all that this machine can. */
static int
settings_check_relay(
    const struct settings *s, const struct mode *m, struct err *e)
{
	size_t i;

	if (!settings_relays(s)) {
		if (s->intercept.n > 0)
			return err_set(
			    e, "option intercept: needs --forward-proxy");
		return 0;
	}
	if (!m->forwards && s->on_miss != ON_MISS_FORWARD)
		return 0;
	for (i = 0; i < s->listen.n; i++)
		if (!settings_is_loopback(s->listen.v[i]) &&
		    s->proxy_auth == NULL && !s->allow_remote)
			return err_set(e,
			    "option listen: %s: without a URL this is a "
			    "forward proxy, open to whoever reaches it: give "
			    "the URL of an upstream, --proxy-auth USER:PASS, "
			    "or --allow-remote",
			    s->listen.v[i]);
	return 0;
}

static int
settings_check_tls(const struct settings *s, struct err *e)
{
	if (s->tls == TLS_AUTO && s->tls_cert != NULL)
		return err_set(e, "option tls: auto and --tls-cert exclude "
				  "each other");
	if (s->tls_cert == NULL && s->tls_key != NULL)
		return err_set(e, "option tls-key: needs --tls-cert");
	if (s->tls_cert == NULL && s->tls == TLS_OFF &&
	    s->tls_client_ca != NULL)
		return err_set(e, "option tls-client-ca: needs --tls-cert or "
				  "--tls auto");
	if (settings_check_file("tls-cert", s->tls_cert, e) == -1 ||
	    settings_check_file("tls-key", s->tls_key, e) == -1)
		return -1;
	return settings_check_file("tls-client-ca", s->tls_client_ca, e);
}

/* The mode of an upstream that is none would never do anything. */
static int
settings_check_upstream_modes(
    const struct settings *s, const struct mode_rows *r, struct err *e)
{
	const struct mode_row *row;
	size_t i, k;

	for (k = 0; k < r->n; k++) {
		row = &r->v[k];
		for (i = 0; i < s->nupstreams; i++)
			if (strcmp(s->upstreams[i].prefix, row->prefix) == 0)
				break;
		if (i == s->nupstreams)
			return err_set(e,
			    "mode of upstream %.200s: expected %s",
			    row->prefix[0] != '\0' ? row->prefix : "(default)",
			    row->prefix[0] != '\0'
				? "the prefix of an upstream"
				: "an upstream without a prefix, such as "
				  "http://localhost:3000");
	}
	return 0;
}

static int
settings_check_diff(
    const struct settings *s, const struct mode_set *m, struct err *e)
{
	if (s->diff && m->mode != MODE_SPY)
		return err_set(e,
		    "option diff: needs mode spy, which reads recordings, "
		    "forwards and records nothing");
	if (s->diff && s->match != MATCH_EXACT)
		return err_set(e,
		    "option diff: needs --match exact, by which one entry "
		    "is for one request");
	return 0;
}

int
settings_check(const struct settings *s, struct err *e)
{
	struct mode_set m;
	int rc;

	if (s->user != NULL && privileges_check(s->user, e) == -1)
		return -1;
	settings_modes(s, &m);
	rc = settings_check_modes(s, &m, e);
	mode_set_fini(&m);
	return rc;
}

int
settings_check_modes(
    const struct settings *s, const struct mode_set *set, struct err *e)
{
	const struct mode sum = mode_set_sum(set), *m = &sum;

	if (m->forwards && s->nupstreams == 0 && s->nmocks == 0 &&
	    !settings_relays(s))
		return err_set(e,
		    "mode %s forwards and needs an upstream: give its URL, "
		    "such as http://localhost:3000, or --upstream PREFIX=URL",
		    m->name);
	if (s->http2 && !HTTP2_BUILT)
		return err_set(e, "option http2: this hark was built without "
				  "nghttp2 and speaks HTTP/1.1 only");
	if (s->cursors == CURSORS_SHARED && !store_is_shared(s->store))
		return err_set(e, "option cursors: shared needs a store that "
				  "gateways share, --store postgresql://...; "
				  "a file is one gateway's");
	if (settings_check_tls(s, e) == -1 ||
	    settings_check_relay(s, m, e) == -1 ||
	    settings_check_upstream_modes(s, &set->upstreams, e) == -1 ||
	    settings_check_diff(s, set, e) == -1)
		return -1;
	if (s->on_miss == ON_MISS_FORWARD && s->nupstreams == 0 &&
	    !settings_relays(s))
		return err_set(e, "option on-miss: forward needs an upstream: "
				  "give its URL or --upstream PREFIX=URL");
	if (s->sandbox == SANDBOX_OFFLINE &&
	    (m->forwards || s->on_miss == ON_MISS_FORWARD ||
		s->callbacks == CALLBACKS_ON))
		return err_set(e, "option sandbox: offline is for modes that "
				  "open no connection, such as replay");
	if (s->mock_state != NULL && s->nmocks == 0)
		return err_set(e, "option mock-state: needs --mocks, which "
				  "is what it keeps the state of");
	if (s->max_request_body > s->request_body_budget)
		return err_set(e,
		    "option max-request-body: is above request-body-budget, "
		    "so that such a body could never be taken");
	return settings_check_upstream(s, e);
}
