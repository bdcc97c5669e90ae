#include "config.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/mem.h"
#include "base/seeded.h"
#include "gateway/origin.h"

#include "gateway/named.h"

#define NAMED_ROWS 4096
#define NAMED_TEXT 320 /* "https://", a host and a port */

struct named_one {
	struct named_one *next;
	struct origin *origin;
	char *scope;
};

struct named {
	pthread_mutex_t lock;
	struct named_one *rows[NAMED_ROWS];
	struct known_origins *known;
	size_t n;
};

struct named *
named_new(struct known_origins *known)
{
	struct named *n = xcalloc(1, sizeof(*n));

	n->known = known;
	pthread_mutex_init(&n->lock, NULL);
	return n;
}

void
named_free(struct named *n)
{
	struct named_one *one;
	size_t i;

	if (n == NULL)
		return;
	for (i = 0; i < NAMED_ROWS; i++) {
		while ((one = n->rows[i]) != NULL) {
			n->rows[i] = one->next;
			origin_alone_free(one->origin);
			free(one->scope);
			free(one);
		}
	}
	pthread_mutex_destroy(&n->lock);
	free(n);
}

static size_t
named_row(const char *text)
{
	return seeded_hash(str_of(text)) % NAMED_ROWS;
}

/* The URL as all ways to write it have it. */
static int
named_text(char text[NAMED_TEXT], bool https, struct str authority)
{
	static const char *const ports[] = { ":80", ":443" };
	const char *scheme = https ? "https://" : "http://";
	size_t n = strlen(scheme), i;

	if (!url_is_authority(authority) || authority.n > NAMED_TEXT - 16)
		return -1;
	if (str_ends(authority, ports[https]))
		authority.n -= strlen(ports[https]);
	else if (authority.p[authority.n - 1] == ':')
		authority.n--;
	memcpy(text, scheme, n);
	for (i = 0; i < authority.n; i++)
		text[n + i] = str_lower(authority.p[i]);
	text[n + i] = '\0';
	return 0;
}

static char *
named_scope(const struct url *u)
{
	if (u->has_port || u->https)
		return xmemdup0(u->authority.p, u->authority.n);
	return xasprintf("%.*s:80", STR_ARGS(u->authority));
}

static struct named_one *
named_find(struct named *n, const char *text)
{
	struct named_one *one = n->rows[named_row(text)];

	while (one != NULL && strcmp(one->origin->text, text) != 0)
		one = one->next;
	return one;
}

static struct named_one *
named_add(struct named *n, const char *text)
{
	struct named_one *one, **row = &n->rows[named_row(text)];
	struct url u;
	struct err e;

	if (n->n == NAMED_MOST || url_parse(&u, str_of(text), &e) == -1 ||
	    u.port == 0 || u.host.n == 0)
		return NULL;
	one = xcalloc(1, sizeof(*one));
	one->origin = origin_alone(&u);
	one->origin->index = known_origins_index(n->known);
	n->n++;
	one->scope = named_scope(&one->origin->url);
	one->next = *row;
	*row = one;
	return one;
}

bool
named_route(struct named *n, bool https, struct str authority, struct route *r)
{
	char text[NAMED_TEXT];
	struct named_one *one;

	if (named_text(text, https, authority) == -1)
		return false;
	pthread_mutex_lock(&n->lock);
	one = named_find(n, text);
	if (one == NULL)
		one = named_add(n, text);
	pthread_mutex_unlock(&n->lock);
	if (one == NULL)
		return false;
	*r = (struct route){ .origin = one->origin,
		.scope = str_of(one->scope),
		.strip = STR("") };
	return true;
}
