/*
 * What belongs to settings beyond the values of single options: the lists.
 * Those of what is below a prefix are in settings_prefix.c, checks over
 * several options in settings_check.c.
 */
#include "config.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "base/mem.h"
#include "base/str.h"
#include "gateway/command_line.h"
#include "har/url.h"
#include "recorder/rules.h"

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

int
settings_field(struct settings *s, const char *text, struct err *e)
{
	struct str value = str_of(text), name;

	(void)str_cut(&value, ':', &name);
	value = str_trim(value);
	if (!str_is_token(name) || value.p == NULL ||
	    !str_is_field_value(value))
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
