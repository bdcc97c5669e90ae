#include "config.h"

#include <string.h>

#include "base/arena.h"
#include "base/buf.h"

#include "har/headers.h"

void
headers_add(
    struct headers *h, struct arena *a, struct str name, struct str value)
{
	struct header *v;

	if (h->n == h->cap) {
		h->cap = h->cap == 0 ? 16 : 2 * h->cap;
		v = arena_alloc(a, h->cap * sizeof(*v));
		if (h->n > 0)
			memcpy(v, h->v, h->n * sizeof(*v));
		h->v = v;
	}
	h->v[h->n++] = (struct header){ name, value };
}

struct headers
headers_copy(const struct headers *h, struct arena *a)
{
	struct headers copy = { 0 };
	size_t i, bytes = 0;
	char *p;

	if (h->n == 0)
		return copy;
	for (i = 0; i < h->n; i++)
		bytes += h->v[i].name.n + h->v[i].value.n;
	copy.v = arena_alloc(a, h->n * sizeof(*copy.v));
	copy.n = copy.cap = h->n;
	p = arena_alloc(a, bytes);
	for (i = 0; i < h->n; i++) {
		memcpy(p, h->v[i].name.p, h->v[i].name.n);
		copy.v[i].name = (struct str){ p, h->v[i].name.n };
		p += h->v[i].name.n;
		if (h->v[i].value.n > 0)
			memcpy(p, h->v[i].value.p, h->v[i].value.n);
		copy.v[i].value = (struct str){ p, h->v[i].value.n };
		p += h->v[i].value.n;
	}
	return copy;
}

const struct header *
headers_next(const struct headers *h, const char *name, size_t *at)
{
	struct str want = str_of(name);

	while (*at < h->n) {
		const struct header *f = &h->v[(*at)++];

		if (str_ieq(f->name, want))
			return f;
	}
	return NULL;
}

struct str
headers_get(const struct headers *h, const char *name)
{
	size_t at = 0;
	const struct header *f = headers_next(h, name, &at);

	return f != NULL ? f->value : (struct str){ NULL, 0 };
}

bool
headers_have_token(const struct headers *h, const char *name, const char *token)
{
	const struct header *f;
	struct str rest, part;
	size_t at = 0;

	while ((f = headers_next(h, name, &at)) != NULL) {
		rest = f->value;
		while (str_cut(&rest, ',', &part))
			if (str_iis(str_trim(part), token))
				return true;
	}
	return false;
}

/* Both lists end with an empty name.  Most names differ in length already. */
static bool
headers_listed(struct str name, const struct str *list)
{
	for (; list->n > 0; list++)
		if (list->n == name.n && str_ieq(name, *list))
			return true;
	return false;
}

static bool
headers_connection_names(const struct headers *h, struct str name)
{
	const struct header *f;
	struct str rest, part;
	size_t at = 0;

	while ((f = headers_next(h, "Connection", &at)) != NULL) {
		rest = f->value;
		while (str_cut(&rest, ',', &part))
			if (str_ieq(str_trim(part), name))
				return true;
	}
	return false;
}

bool
headers_end_to_end(const struct headers *h, const struct header *f)
{
	static const struct str hop[] = { STR("Connection"), STR("Keep-Alive"),
		STR("Proxy-Connection"), STR("TE"), STR("Transfer-Encoding"),
		STR("Upgrade"), STR("HTTP2-Settings"),
		STR("Proxy-Authenticate"), STR("Proxy-Authorization"),
		{ NULL, 0 } };
	static const struct str needed[] = { STR("Host"), STR("Content-Length"),
		STR("Content-Type"), STR("Content-Encoding"),
		STR("Content-Range"), { NULL, 0 } };

	if (headers_listed(f->name, hop))
		return false;
	if (headers_listed(f->name, needed))
		return true;
	return !headers_connection_names(h, f->name);
}

void
headers_render(const struct headers *h, struct buf *out)
{
	size_t i;

	for (i = 0; i < h->n; i++) {
		buf_add_str(out, h->v[i].name);
		buf_add(out, ": ", 2);
		buf_add_str(out, h->v[i].value);
		buf_add(out, "\r\n", 2);
	}
}

int
headers_parse(struct headers *h, struct arena *a, struct str block)
{
	struct str line, name;
	const char *colon, *end;

	while (block.n > 0) {
		end = memmem(block.p, block.n, "\r\n", 2);
		if (end == NULL)
			return -1;
		line = (struct str){ block.p, (size_t)(end - block.p) };
		block.p += line.n + 2;
		block.n -= line.n + 2;
		colon = memchr(line.p, ':', line.n);
		if (colon == NULL)
			return -1;
		name = (struct str){ line.p, (size_t)(colon - line.p) };
		line.p += name.n + 1;
		line.n -= name.n + 1;
		headers_add(h, a, name, str_trim(line));
	}
	return 0;
}
