/* Ports to listen on, and upstreams to ask. */
#include "config.h"

#include <errno.h>
#include <inttypes.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/mem.h"
#include "gateway/asker.h"
#include "gateway/origin.h"
#include "gateway/settings.h"
#include "har/exchange.h"

#include "gateway/doctor.h"

#define DOCTOR_PATIENCE_US 15000000
#define DOCTOR_AT_A_TIME 8
#define DOCTOR_SLOW_US 2000000

/* ---- ports ------------------------------------------------------------- */

/* What to do about an errno of bind(2). */
static const char *
doctor_bind_advice(int error)
{
	switch (error) {
	case EADDRINUSE:
		return "end what listens there (ss -ltnp tells), or name "
		       "another port; port 0 takes any that is free";
	case EACCES:
		return "ports below 1024 need CAP_NET_BIND_SERVICE, or take "
		       "a higher one";
	case EADDRNOTAVAIL:
		return "name an address of this machine (ip addr lists them)";
	default:
		return NULL;
	}
}

/* 0, or an errno. */
static int
doctor_bind(const struct addrinfo *a)
{
	int fd = socket(a->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0), one = 1;
	int error = 0;

	if (fd == -1)
		return errno;
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (a->ai_family == AF_INET6)
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &one, sizeof(one));
	if (bind(fd, a->ai_addr, a->ai_addrlen) == -1 || listen(fd, 1) == -1)
		error = errno;
	close(fd);
	return error;
}

static struct addrinfo *
doctor_resolve(struct doctor *d, const char *option, const char *text)
{
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM,
		.ai_flags = AI_PASSIVE | AI_NUMERICSERV };
	const char *colon = strrchr(text, ':');
	struct addrinfo *list = NULL;
	size_t n = colon != NULL ? (size_t)(colon - text) : 0;
	bool bare = n >= 2 && text[0] == '[' && text[n - 1] == ']';
	char *host = bare ? xmemdup0(text + 1, n - 2) : xmemdup0(text, n);
	int error = getaddrinfo(host[0] == '\0' ? NULL : host,
	    colon != NULL ? colon + 1 : "", &hints, &list);

	free(host);
	if (error != 0)
		doctor_say(d, DOCTOR_FAILED,
		    "name an address of this machine (ip addr lists them)",
		    "--%s %s: %s", option, text, gai_strerror(error));
	return error == 0 ? list : NULL;
}

/* spare says that another port is taken when it is not free. */
static void
doctor_port(struct doctor *d, const char *option, const char *text, bool spare)
{
	struct addrinfo *list = doctor_resolve(d, option, text);
	int error;

	if (list == NULL)
		return;
	error = doctor_bind(list);
	freeaddrinfo(list);
	if (error == 0)
		doctor_say(d, DOCTOR_OK, NULL, "--%s %s is free", option, text);
	else
		doctor_say(d, spare ? DOCTOR_WARNING : DOCTOR_FAILED,
		    doctor_bind_advice(error), "--%s %s: %s%s", option, text,
		    strerror(error),
		    spare ? "; the admin port will be another one" : "");
}

/* The path of a unix socket: that of a server that is gone is taken over. */
static void
doctor_socket(struct doctor *d, const char *path)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd == -1)
		return;
	strncpy(a.sun_path, path, sizeof(a.sun_path) - 1);
	if (strlen(path) >= sizeof(a.sun_path))
		doctor_say(d, DOCTOR_FAILED, "take a shorter path",
		    "--admin unix:%s: longer than the %zu bytes of a socket's "
		    "path",
		    path, sizeof(a.sun_path) - 1);
	else if (connect(fd, (struct sockaddr *)&a, sizeof(a)) == 0)
		doctor_say(d, DOCTOR_FAILED,
		    "end the other server, or name another path",
		    "--admin unix:%s: somebody listens there", path);
	else
		doctor_say(d, DOCTOR_OK, NULL, "--admin unix:%s is free", path);
	close(fd);
}

void
doctor_ports(struct doctor *d)
{
	const struct settings *s = d->settings;
	size_t i;

	for (i = 0; i < s->listen.n; i++)
		doctor_port(d, "listen", s->listen.v[i], false);
	if (!settings_has_admin(s))
		return;
	if (s->admin == NULL)
		doctor_port(d, "admin", "127.0.0.1:8081", true);
	else if (strncmp(s->admin, "unix:", 5) == 0)
		doctor_socket(d, s->admin + 5);
	else
		doctor_port(d, "admin", s->admin, false);
}

/* ---- upstreams --------------------------------------------------------- */

struct doctor_visit {
	const char *url;
	struct origin *origin;
	struct buf head;
};

struct doctor_visits {
	struct doctor *d;
	struct doctor_visit *v;
	size_t n, next;
};

static bool
doctor_next(void *arg, struct call_request *r, void **what)
{
	struct doctor_visits *all = arg;
	struct doctor_visit *v = &all->v[all->next];

	if (all->next == all->n)
		return false;
	all->next++;
	*what = v;
	*r = (struct call_request){ .origin = v->origin,
		.method = STR("HEAD"),
		.head = buf_str(&v->head) };
	return true;
}

static const char *
doctor_call_advice(const struct doctor_visit *v, const struct exchange *x)
{
	const struct timings *t = &x->timings;

	if (t->dns < 0 && !v->origin->literal)
		return "look at the name and at DNS (getent hosts NAME), or "
		       "give the address with --resolve";
	if (t->connect < 0)
		return "look whether the server runs and a firewall or proxy "
		       "(HTTPS_PROXY, --upstream-proxy) is in between";
	if (v->origin->url.https && t->tls < 0)
		return "if its authority is your own, name it with "
		       "--upstream-ca; openssl s_client -connect shows the "
		       "chain";
	return "ask it with curl -I from here";
}

static void
doctor_phase(struct buf *b, const char *name, int64_t us)
{
	if (us >= 0)
		buf_addf(b, ", %s %.1f ms", name, (double)us / 1000);
}

static void
doctor_told(
    struct doctor *d, const struct doctor_visit *v, const struct exchange *x)
{
	const struct timings *t = &x->timings;
	struct buf b = { 0 };
	bool slow = t->wait > DOCTOR_SLOW_US, bad = x->status >= 500;

	doctor_phase(&b, "name", t->dns);
	doctor_phase(&b, "connection",
	    t->connect >= 0 && t->tls > 0 ? t->connect - t->tls : t->connect);
	doctor_phase(&b, "TLS", t->tls);
	doctor_phase(&b, "answer", t->wait);
	doctor_say(d, slow || bad ? DOCTOR_WARNING : DOCTOR_OK,
	    bad    ? "it is reached; ask those who run it"
	    : slow ? "it is reached, but takes its time"
		   : NULL,
	    "%s: HEAD gives %d from %.*s%s", v->url, x->status,
	    STR_ARGS(x->server_addr), buf_text(&b));
	buf_free(&b);
}

static bool
doctor_on_answer(void *arg, void *what, struct exchange *x)
{
	const struct doctor_visits *all = arg;
	const struct doctor_visit *v = what;

	if (x->outcome == OUTCOME_COMPLETE)
		doctor_told(all->d, v, x);
	else
		doctor_say(all->d, DOCTOR_FAILED, doctor_call_advice(v, x),
		    "%s: %.*s", v->url, STR_ARGS(x->failure));
	exchange_free(x);
	return true;
}

static void
doctor_visit_make(struct doctor_visit *v, const char *url)
{
	struct url u;
	struct err e;

	v->url = url;
	if (url_parse(&u, str_of(url), &e) == -1)
		abort(); /* settings_upstream() has tried it */
	v->origin = origin_alone(&u);
	buf_addf(&v->head,
	    "HEAD %.*s/ HTTP/1.1\r\nHost: %s\r\nAccept: */*\r\n"
	    "User-Agent: hark-doctor/%s\r\nConnection: close\r\n\r\n",
	    STR_ARGS(v->origin->base_path), v->origin->authority,
	    PACKAGE_VERSION);
}

static void
doctor_visit_all(struct doctor *d)
{
	const struct settings *s = d->settings;
	struct doctor_visits all = { .d = d, .n = s->nupstreams };
	struct asker_job job = { .next = doctor_next,
		.on_answer = doctor_on_answer,
		.arg = &all,
		.most = DOCTOR_AT_A_TIME,
		.most_us = DOCTOR_PATIENCE_US };
	struct origins *o;
	struct err e;
	size_t i;

	all.v = xcalloc(all.n, sizeof(*all.v));
	for (i = 0; i < all.n; i++)
		doctor_visit_make(&all.v[i], s->upstreams[i].url);
	o = origins_new(s, NULL, &e);
	if (o == NULL || asker_run(s, o, &job, &e) == -1)
		doctor_say(d, DOCTOR_FAILED, NULL, "%s", e.text);
	origins_free(o);
	for (i = 0; i < all.n; i++) {
		origin_alone_free(all.v[i].origin);
		buf_free(&all.v[i].head);
	}
	free(all.v);
}

void
doctor_upstreams(struct doctor *d)
{
	const struct mode *m = &modes[d->settings->mode];

	if (!m->forwards && d->settings->on_miss != ON_MISS_FORWARD)
		doctor_say(d, DOCTOR_OK, NULL,
		    "mode %s asks none, nor does this", m->name);
	else if (d->settings->nupstreams == 0)
		doctor_say(d, DOCTOR_OK, NULL, "clients name them");
	else
		doctor_visit_all(d);
}
