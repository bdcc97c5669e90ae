/*
 * What belongs to settings beyond the values of single options: the lists
 * (addresses, upstreams) and the checks over several options.
 */
#include "config.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "base/mem.h"
#include "base/str.h"
#include "gateway/command_line.h"
#include "gateway/privileges.h"
#include "gateway/proxies.h"
#include "har/url.h"
#include "recorder/rules.h"
#include "recorder/store.h"

#include "gateway/settings.h"

/* Whether text is a number from 0 to 65535. */
static bool
settings_is_port(struct str text)
{
	uint64_t port;

	return text.n <= 5 && str_u64(text, &port) == 0 && port <= 65535;
}

/* ADDR:PORT, where ADDR is an IPv4 address or an IPv6 one in brackets: a
 * name could stand for several addresses, or for another one tomorrow. */
static bool
settings_is_address(const char *text)
{
	const char *colon = strrchr(text, ':');
	unsigned char address[sizeof(struct in6_addr)];
	char host[INET6_ADDRSTRLEN];
	size_t n;
	bool v6 = text[0] == '[';

	if (colon == NULL || !settings_is_port(str_of(colon + 1)))
		return false;
	n = (size_t)(colon - text);
	if (v6 && (n < 2 || text[n - 1] != ']'))
		return false;
	n -= v6 ? 2 : 0;
	if (n >= sizeof(host))
		return false;
	memcpy(host, text + (v6 ? 1 : 0), n);
	host[n] = '\0';
	return inet_pton(v6 ? AF_INET6 : AF_INET, host, address) == 1;
}

static void
settings_list_free(struct strings *l)
{
	size_t i;

	for (i = 0; i < l->n; i++)
		free(l->v[i]);
	free(l->v);
	*l = (struct strings){ 0 };
}

static void
settings_list_add(struct strings *l, const char *text)
{
	l->v = xrealloc(l->v, (l->n + 1) * sizeof(*l->v));
	l->v[l->n++] = xstrdup(text);
}

int
settings_sandbox_path(struct settings *s, const char *text, struct err *e)
{
	if (access(text, F_OK) == -1)
		return err_sys(e, "%.300s", text);
	settings_list_add(&s->sandbox_paths, text);
	return 0;
}

void
settings_add_file(struct settings *s, const char *path)
{
	if (path != NULL)
		settings_list_add(&s->files, path);
}

/* A name of hosts with * and ?, and nothing that no name has. */
int
settings_intercept(struct settings *s, const char *text, struct err *e)
{
	size_t i;

	for (i = 0; i < 256 && text[i] != '\0'; i++)
		if ((unsigned char)text[i] <= ' ' || text[i] == '/' ||
		    text[i] == 0x7f)
			break;
	if (i == 0 || text[i] != '\0')
		return err_set(e,
		    "%.200s: expected a host, with * and ? for any part, such "
		    "as *.example.com",
		    text);
	settings_list_add(&s->intercept, text);
	return 0;
}

int
settings_ca_permit(struct settings *s, const char *text, struct err *e)
{
	(void)e; /* authority_make() judges */
	settings_list_add(&s->ca_permit, text);
	return 0;
}

/* The certificate of the host in front of the =, made if need be; NULL where
 * there is none, as in a file's own name. */
static struct cert_setting *
settings_cert(struct settings *s, const char *text, const char **path)
{
	const char *equals = strchr(text, '=');
	struct str host = { text,
		equals != NULL ? (size_t)(equals - text) : 0 };
	size_t i;

	if (host.n == 0 || !url_is_authority(host) || access(text, F_OK) == 0)
		return NULL;
	*path = equals + 1;
	for (i = 0; i < s->ncerts; i++)
		if (str_iis(host, s->certs[i].host))
			return &s->certs[i];
	s->certs = xrealloc(s->certs, (i + 1) * sizeof(*s->certs));
	s->certs[s->ncerts++] =
	    (struct cert_setting){ .host = xmemdup0(host.p, host.n) };
	return &s->certs[i];
}

static int
settings_set_path(char **slot, const char *path, struct err *e)
{
	if (path[0] == '\0' || strlen(path) > 4095)
		return err_set(e, "%.200s: expected [HOST=]FILE", path);
	free(*slot);
	*slot = xstrdup(path);
	return 0;
}

int
settings_upstream_cert(struct settings *s, const char *text, struct err *e)
{
	const char *path = text;
	struct cert_setting *c = settings_cert(s, text, &path);

	return settings_set_path(
	    c != NULL ? &c->cert : &s->upstream_cert, path, e);
}

int
settings_upstream_key(struct settings *s, const char *text, struct err *e)
{
	const char *path = text;
	struct cert_setting *c = settings_cert(s, text, &path);

	return settings_set_path(
	    c != NULL ? &c->key : &s->upstream_key, path, e);
}

/* An address as curl has it: IPv6 with or without its brackets. */
static char *
settings_pin_address(struct str text)
{
	unsigned char bytes[sizeof(struct in6_addr)];
	char *address;

	if (text.n > 2 && text.p[0] == '[' && text.p[text.n - 1] == ']')
		text = (struct str){ text.p + 1, text.n - 2 };
	address = xmemdup0(text.p, text.n);
	if (inet_pton(AF_INET, address, bytes) == 1 ||
	    inet_pton(AF_INET6, address, bytes) == 1)
		return address;
	free(address);
	return NULL;
}

int
settings_resolve(struct settings *s, const char *text, struct err *e)
{
	struct str rest = str_of(text), host, port;
	uint64_t number;
	char *address = NULL;

	if (str_cut(&rest, ':', &host) && host.n > 0 && rest.p != NULL &&
	    str_cut(&rest, ':', &port) && settings_is_port(port) &&
	    str_u64(port, &number) == 0 && rest.p != NULL)
		address = settings_pin_address(rest);
	if (address == NULL)
		return err_set(e,
		    "%.200s: expected HOST:PORT:ADDRESS such as "
		    "api.example.com:443:127.0.0.1",
		    text);
	s->pins = xrealloc(s->pins, (s->npins + 1) * sizeof(*s->pins));
	s->pins[s->npins++] = (struct pin_setting){
		.host = xmemdup0(host.p, host.n),
		.port = (uint16_t)number,
		.address = address,
	};
	return 0;
}

int
settings_proxy_auth(struct settings *s, const char *text, struct err *e)
{
	size_t i, n = strlen(text);

	for (i = 0; i < n; i++)
		if ((unsigned char)text[i] < ' ' || text[i] == 0x7f)
			break;
	if (n > 512 || i < n || strchr(text, ':') == NULL || text[0] == ':')
		return err_set(e, "expected USER:PASS, at most 512 bytes");
	free(s->proxy_auth);
	s->proxy_auth = xstrdup(text);
	return 0;
}

int
settings_listen(struct settings *s, const char *text, struct err *e)
{
	if (!settings_is_address(text))
		return err_set(e,
		    "%.200s: expected ADDR:PORT such as 127.0.0.1:8080, "
		    "[::1]:8080 or 0.0.0.0:0",
		    text);
	if (s->listen_inherited)
		settings_list_free(&s->listen);
	s->listen_inherited = false;
	settings_list_add(&s->listen, text);
	return 0;
}

int
settings_admin(struct settings *s, const char *text, struct err *e)
{
	if (strcmp(text, "off") != 0 &&
	    (strncmp(text, "unix:", 5) != 0 || text[5] == '\0') &&
	    !settings_is_address(text))
		return err_set(e,
		    "%.200s: expected ADDR:PORT such as 127.0.0.1:8081, "
		    "unix:PATH or off",
		    text);
	free(s->admin);
	s->admin = xstrdup(text);
	return 0;
}

bool
settings_has_admin(const struct settings *s)
{
	return s->admin == NULL || strcmp(s->admin, "off") != 0;
}

int
settings_admin_host(struct settings *s, const char *text, struct err *e)
{
	if (!url_is_authority(str_of(text)) || strchr(text, ':') != NULL)
		return err_set(
		    e, "%.200s: expected a host's name without a port", text);
	settings_list_add(&s->admin_hosts, text);
	return 0;
}

static void
settings_session_clear(struct settings *s)
{
	while (s->nsessions > 0)
		free(s->sessions[--s->nsessions].name);
	free(s->sessions);
	s->sessions = NULL;
}

int
settings_session(struct settings *s, const char *text, struct err *e)
{
	struct session_setting one;

	if (strcmp(text, "none") != 0 && session_parse(&one, text, e) == -1)
		return -1;
	if (s->sessions_inherited || strcmp(text, "none") == 0)
		settings_session_clear(s);
	s->sessions_inherited = false;
	if (strcmp(text, "none") == 0)
		return 0;
	s->sessions =
	    xrealloc(s->sessions, (s->nsessions + 1) * sizeof(*s->sessions));
	s->sessions[s->nsessions++] = one;
	return 0;
}

/* A prefix as it is compared: host in lower case, no slash at the end. */
static char *
settings_prefix(struct str prefix, struct err *e)
{
	const char *slash = prefix.n > 0 ? memchr(prefix.p, '/', prefix.n) : "";
	struct str host = prefix;
	char *copy;
	size_t i;

	for (i = 0; i < prefix.n; i++)
		if ((unsigned char)prefix.p[i] <= ' ' || prefix.p[i] == 0x7f ||
		    prefix.p[i] == '?' || prefix.p[i] == '#')
			break;
	if (slash != NULL)
		host.n = (size_t)(slash - prefix.p);
	if (prefix.n == 0 || i < prefix.n ||
	    (host.n > 0 && !url_is_authority(host))) {
		err_set(e, "expected /PATH, HOST or HOST/PATH before the =");
		return NULL;
	}
	while (prefix.n > 0 && prefix.p[prefix.n - 1] == '/')
		prefix.n--;
	copy = xmemdup0(prefix.p, prefix.n);
	for (i = 0; i < host.n; i++)
		copy[i] = (char)tolower((unsigned char)copy[i]);
	return copy;
}

int
settings_mocks(struct settings *s, const char *text, struct err *e)
{
	const char *equals = strchr(text, '='), *file = text;
	char *prefix = xstrdup(""), *path;

	if (equals != NULL && access(text, F_OK) == -1) {
		free(prefix);
		prefix = settings_prefix(
		    (struct str){ text, (size_t)(equals - text) }, e);
		file = equals + 1;
	}
	if (prefix == NULL)
		return err_wrap(e, "%.200s", text);
	if (file[0] == '\0' || strlen(file) > 4095) {
		free(prefix);
		return err_set(e, "%.200s: expected [PREFIX=]FILE", text);
	}
	path = strchrnul(prefix, '/');
	s->mocks = xrealloc(s->mocks, (s->nmocks + 1) * sizeof(*s->mocks));
	s->mocks[s->nmocks++] = (struct mocks_setting){
		.host = xmemdup0(prefix, (size_t)(path - prefix)),
		.path = xstrdup(path),
		.file = xstrdup(file),
	};
	free(prefix);
	return 0;
}

int
settings_openapi(struct settings *s, const char *text, struct err *e)
{
	const char *equals = strchr(text, '='), *file = text;
	char *prefix = NULL;

	if (text[0] == '/' && equals != NULL && access(text, F_OK) == -1) {
		prefix = settings_prefix(
		    (struct str){ text, (size_t)(equals - text) }, e);
		if (prefix == NULL)
			return err_wrap(e, "%.200s", text);
		file = equals + 1;
	}
	if (file[0] == '\0' || strlen(file) > 4095) {
		free(prefix);
		return err_set(e, "%.200s: expected [/PREFIX=]FILE", text);
	}
	s->openapi =
	    xrealloc(s->openapi, (s->nopenapi + 1) * sizeof(*s->openapi));
	s->openapi[s->nopenapi++] = (struct openapi_setting){
		.prefix = prefix,
		.file = xstrdup(file),
	};
	return 0;
}

static int
settings_check_url(const char *text, struct err *e)
{
	struct url u;

	if (url_parse(&u, str_of(text), e) == -1)
		return -1;
	if (u.userinfo.n > 0)
		return err_set(e, "a user name in it; clients send their own "
				  "Authorization");
	if (u.query.p != NULL)
		return err_set(e, "a query (?) in it");
	if (u.port == 0)
		return err_set(e, "no valid port in it");
	return 0;
}

/* Takes prefix over. */
static void
settings_add_upstream(
    struct settings *s, char *prefix, const char *url, bool keep_prefix)
{
	struct upstream_setting *u;
	size_t i;

	for (i = 0; i < s->nupstreams; i++)
		if (strcmp(s->upstreams[i].prefix, prefix) == 0)
			break;
	if (i == s->nupstreams) {
		s->upstreams =
		    xrealloc(s->upstreams, (i + 1) * sizeof(*s->upstreams));
		s->upstreams[s->nupstreams++] = (struct upstream_setting){ 0 };
	}
	u = &s->upstreams[i];
	free(u->prefix);
	free(u->url);
	*u = (struct upstream_setting){
		.prefix = prefix,
		.url = xstrdup(url),
		.keep_prefix = keep_prefix,
	};
}

int
settings_upstream(struct settings *s, const char *text, struct err *e)
{
	struct str t = str_of(text), prefix;
	const char *equals = strchr(text, '=');
	const char *url = text;
	bool keep = false;
	char *copy;

	if (str_istarts(t, "http://") || str_istarts(t, "https://")) {
		copy = xstrdup("");
	} else if (equals == NULL) {
		return err_set(e,
		    "%.200s: expected [PREFIX=]URL such as "
		    "http://localhost:3000 or /api=https://api.example.com",
		    text);
	} else {
		prefix = (struct str){ text, (size_t)(equals - text) };
		keep = prefix.n > 0 && equals[-1] == '+';
		prefix.n -= keep ? 1 : 0;
		url = equals + 1;
		copy = settings_prefix(prefix, e);
	}
	if (copy == NULL || settings_check_url(url, e) == -1) {
		free(copy);
		return err_wrap(e, "%.200s", text);
	}
	settings_add_upstream(s, copy, url, keep);
	return 0;
}

int
settings_upstream_mode(struct settings *s, const char *text, struct err *e)
{
	const char *equals = strchr(text, '=');
	char *prefix;
	int rc;

	prefix = equals == NULL
		     ? xstrdup("")
		     : settings_prefix(
			   (struct str){ text, (size_t)(equals - text) }, e);
	if (prefix == NULL)
		return err_wrap(e, "%.200s", text);
	rc = mode_set_upstream(
	    &s->modes, prefix, equals == NULL ? text : equals + 1, e);
	free(prefix);
	return rc;
}

int
settings_mode_for(struct settings *s, const char *text, struct err *e)
{
	const char *equals = strrchr(text, '='), *blank = strchr(text, ' ');
	char *methods, *pattern;
	int rc;

	if (equals == NULL)
		return err_set(e,
		    "%.200s: expected [METHODS ]PATTERN=MODE such as "
		    "'GET /v1/*=replay'",
		    text);
	if (blank != NULL && blank < equals) {
		methods = xmemdup0(text, (size_t)(blank - text));
		text = blank + 1;
	} else {
		methods = xstrdup("*");
	}
	pattern = xmemdup0(text, (size_t)(equals - text));
	rc = mode_set_route(&s->modes, methods, pattern, equals + 1, e);
	free(methods);
	free(pattern);
	return rc;
}

void
settings_modes(const struct settings *s, struct mode_set *m)
{
	mode_set_copy(m, &s->modes);
	m->mode = s->mode;
}

int
settings_field(struct settings *s, const char *text, struct err *e)
{
	struct str value = str_of(text), name;
	size_t i;

	(void)str_cut(&value, ':', &name);
	value = str_trim(value);
	for (i = 0; i < value.n; i++)
		if ((unsigned char)value.p[i] < ' ' || value.p[i] == 0x7f)
			break;
	if (!str_is_token(name) || value.p == NULL || i < value.n)
		return err_set(e, "%.200s: expected 'Name: value'", text);
	if (str_iis(name, "Content-Length") ||
	    str_iis(name, "Transfer-Encoding"))
		return err_set(e,
		    "%.200s: expected another field; the body tells this one",
		    text);
	s->fields = xrealloc(s->fields, (s->nfields + 1) * sizeof(*s->fields));
	s->fields[s->nfields++] = (struct field_setting){
		.name = xmemdup0(name.p, name.n),
		.value = xmemdup0(value.p, value.n),
	};
	return 0;
}

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

void
settings_free(struct settings *s)
{
	size_t i;

	if (s == NULL)
		return;
	settings_list_free(&s->listen);
	free(s->admin);
	free(s->admin_token);
	settings_list_free(&s->admin_hosts);
	command_line_free(s->line);
	free(s->configs);
	mode_set_fini(&s->modes);
	settings_session_clear(s);
	for (i = 0; i < s->nmocks; i++) {
		free(s->mocks[i].host);
		free(s->mocks[i].path);
		free(s->mocks[i].file);
	}
	free(s->mocks);
	free(s->faker_locale);
	free(s->mocks_write);
	free(s->mock_state);
	free(s->mockoon_admin);
	for (i = 0; i < s->nopenapi; i++) {
		free(s->openapi[i].prefix);
		free(s->openapi[i].file);
	}
	free(s->openapi);
	rules_free(s->rules);
	for (i = 0; i < s->nupstreams; i++) {
		free(s->upstreams[i].prefix);
		free(s->upstreams[i].url);
	}
	free(s->upstreams);
	for (i = 0; i < s->nfields; i++) {
		free(s->fields[i].name);
		free(s->fields[i].value);
	}
	free(s->fields);
	free(s->store);
	free(s->tape);
	free(s->ready_file);
	free(s->access_log);
	free(s->redact_key);
	free(s->buffer);
	settings_list_free(&s->ca_permit);
	settings_list_free(&s->intercept);
	free(s->tls_cert);
	free(s->tls_key);
	free(s->tls_password_file);
	free(s->tls_client_ca);
	free(s->ca_dir);
	free(s->proxy_auth);
	free(s->upstream_ca);
	free(s->upstream_cert);
	free(s->upstream_key);
	free(s->upstream_proxy);
	for (i = 0; i < s->ncerts; i++) {
		free(s->certs[i].host);
		free(s->certs[i].cert);
		free(s->certs[i].key);
	}
	free(s->certs);
	for (i = 0; i < s->npins; i++) {
		free(s->pins[i].host);
		free(s->pins[i].address);
	}
	free(s->pins);
	ranges_fini(&s->ranges);
	free(s->user);
	settings_list_free(&s->files);
	settings_list_free(&s->sandbox_paths);
	free(s);
}
