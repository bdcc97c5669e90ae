#include "config.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/digest.h"
#include "base/err.h"
#include "base/mem.h"
#include "har/headers.h"
#include "har/url.h"
#include "mock/file.h"
#include "mock/mime.h"
#include "mock/mocks.h"
#include "mock/template.h"

#include "mock/callback.h"

#define CALLBACK_DEPTH "X-Mockoon-Callback-Depth"
#define CALLBACK_DEEPEST 1000000 /* that a request can say it is */
#define CALLBACK_NAME 100        /* bytes of a name in the log */

/* A callback while it is made. */
struct calling {
	const struct responding *d;
	const struct callback_plan *plan;
	struct callback *c;
	struct headers fields;
	struct buf *remarks;
};

void
callback_free(struct callback *c)
{
	if (c == NULL)
		return;
	buf_free(&c->body);
	arena_fini(&c->arena);
	free(c);
}

void
callback_free_all(struct callback *c)
{
	struct callback *next;

	for (; c != NULL; c = next) {
		next = c->next;
		callback_free(c);
	}
}

/* ---- keys --------------------------------------------------------------- */

static int
callback_key_file(const struct mock_signing *s, struct environment *env,
    struct buf *key, struct err *e)
{
	struct buf path = { 0 };
	int r = file_resolve(env->folder, s->key_file, s->key_file, &path, e);

	if (r == 0)
		r = file_read(buf_text(&path), key, e);
	buf_free(&path);
	while (key->n > 0 &&
	       (key->p[key->n - 1] == '\n' || key->p[key->n - 1] == '\r'))
		key->n--;
	return r;
}

static int
callback_key_of(const struct mock_signing *s, struct environment *env,
    struct buf *key, struct err *e)
{
	int n = (s->key.n > 0) + (s->key_file.n > 0) + (s->key_env.n > 0);
	const char *value;
	char *name;

	if (n != 1)
		return err_set(e, "expected one of key, keyFile and keyEnv");
	if (s->key_file.n > 0)
		return callback_key_file(s, env, key, e);
	buf_add_str(key, s->key);
	if (s->key.n > 0)
		return 0;
	name = xmemdup0(s->key_env.p, s->key_env.n);
	value = getenv(name);
	if (value != NULL)
		buf_add_text(key, value);
	else
		err_set(e, "no environment variable %.100s", name);
	free(name);
	return value != NULL ? 0 : -1;
}

void
callback_read_key(struct callback_plan *p, struct environment *env)
{
	const struct mock_signing *s = p->of->signing;
	struct buf key = { 0 };
	struct err e;
	int r;

	if (s == NULL)
		return;
	r = callback_key_of(s, env, &key, &e);
	if (r == 0 && (key.n == 0 || key.n > CALLBACK_KEY_MOST))
		r = err_set(&e, "expected a key of 1 to %d bytes, not %zu",
		    CALLBACK_KEY_MOST, key.n);
	if (r == 0 && !str_is_token(s->header))
		r = err_set(&e, "expected the name of a field as its header");
	if (r == 0)
		p->key = arena_str(&env->arena, buf_str(&key));
	else
		p->wrong = str_of(
		    arena_printf(&env->arena, "its signature: %s", e.text));
	buf_free(&key);
}

/* ---- where to ----------------------------------------------------------- */

static int
callback_fail(struct calling *k, const char *doing, const char *why)
{
	k->c->wrong = str_of(arena_printf(&k->c->arena, "%s: %s", doing, why));
	return -1;
}

/* As fetch() writes a URL before it sends it (URL Standard, 1.3 and 4.4): no
 * white space around and in it, no fragment, other bytes in their place. */
static void
callback_clean(struct str from, struct buf *out)
{
	bool query = false;
	unsigned char c;
	size_t i;

	for (i = 0; i < from.n && from.p[i] != '#'; i++) {
		c = (unsigned char)from.p[i];
		query = query || c == '?';
		if (c == '\t' || c == '\n' || c == '\r')
			continue;
		if (c <= ' ' || c >= 0x7f ||
		    strchr(query ? "\"<>'" : "\"<>`{}", c) != NULL)
			buf_addf(out, "%%%02X", c);
		else
			buf_add(out, c == '\\' && !query ? "/" : &from.p[i], 1);
	}
}

static struct str
callback_trim(struct str s)
{
	while (s.n > 0 && (unsigned char)s.p[0] <= ' ')
		s = (struct str){ s.p + 1, s.n - 1 };
	while (s.n > 0 && (unsigned char)s.p[s.n - 1] <= ' ')
		s.n--;
	return s;
}

/* Nothing of a URL is quoted: it may be secret. */
static int
callback_check_url(struct calling *k)
{
	struct url u;
	struct err e;

	if (str_starts(k->c->url, "/"))
		return 0;
	if (url_parse(&u, k->c->url, &e) == -1 || u.port == 0 ||
	    !url_is_authority(u.authority))
		return callback_fail(k, "its URL",
		    "expected an absolute one of http or https, or a path");
	if (u.userinfo.n == 0)
		return 0;
	k->c->url = STR("");
	return callback_fail(k, "its URL",
	    "expected no user name in it; a header can have an "
	    "Authorization");
}

static int
callback_url(struct calling *k)
{
	struct buf rendered = { 0 }, whole = { 0 }, url = { 0 };
	struct str text, prefix = k->d->prefix;
	struct err e;
	int r = respond_text(&k->plan->uri, k->d->c, &rendered, &e);

	if (r == -1)
		r = callback_fail(k, "its URL", e.text);
	text = callback_trim(buf_str(&rendered));
	while (prefix.n > 0 && prefix.p[prefix.n - 1] == '/')
		prefix.n--;
	if (str_starts(text, "/"))
		buf_add_str(&whole, prefix);
	buf_add_str(&whole, text);
	callback_clean(buf_str(&whole), &url);
	k->c->url = arena_str(&k->c->arena, buf_str(&url));
	if (r == 0)
		r = callback_check_url(k);
	buf_free(&rendered);
	buf_free(&whole);
	buf_free(&url);
	return r;
}

static int
callback_method(struct calling *k)
{
	static const char *const no[] = { "CONNECT", "TRACE", "TRACK", NULL };
	struct str from = k->plan->of->method;
	char *method = arena_strndup(&k->c->arena, from.p, from.n);
	size_t i;

	for (i = 0; i < from.n; i++)
		if (method[i] >= 'a' && method[i] <= 'z')
			method[i] = (char)(method[i] - 'a' + 'A');
	k->c->method = (struct str){ method, from.n };
	for (i = 0; no[i] != NULL && !str_is(k->c->method, no[i]);)
		i++;
	if (no[i] != NULL || !str_is_token(from))
		return callback_fail(k, "its method", "no callback has it");
	return 0;
}

/* ---- bodies ------------------------------------------------------------- */

static bool
callback_has(const struct calling *k, const char *field)
{
	return headers_get(&k->fields, field).p != NULL;
}

static void
callback_set(struct calling *k, const char *field, struct str value)
{
	respond_set_field(&k->fields, &k->c->arena, str_of(field), value);
}

static void
callback_default(struct calling *k, const char *field, struct str value)
{
	if (!callback_has(k, field))
		callback_set(k, field, value);
}

/* Form data with the file in it, as Mockoon's FormData has it.  The boundary
 * follows from the bytes, in which it cannot be by chance. */
static void
callback_form(struct calling *k, struct str file)
{
	uint8_t sum[DIGEST_BYTES];
	char hex[2 * DIGEST_BYTES + 1];
	struct buf *b = &k->c->body;

	digest_of(file.p, file.n, sum);
	digest_hex(sum, DIGEST_BYTES, hex);
	buf_addf(b,
	    "------hark-%.32s\r\nContent-Disposition: form-data; "
	    "name=\"file\"; filename=\"blob\"\r\n"
	    "Content-Type: application/octet-stream\r\n\r\n",
	    hex);
	buf_add_str(b, file);
	buf_addf(b, "\r\n------hark-%.32s--\r\n", hex);
	callback_default(k, "Content-Type",
	    str_of(arena_printf(&k->c->arena,
		"multipart/form-data; boundary=----hark-%.32s", hex)));
}

static bool
callback_renders(const struct calling *k)
{
	return !k->d->plan->of->disable_templating;
}

static int
callback_file_body(
    struct calling *k, struct str path, struct str file, struct err *e)
{
	struct str type = mime_of(path);
	struct template *t;
	int r = 0;

	if (!k->plan->of->send_file_as_body) {
		callback_form(k, file);
		return 0;
	}
	if (type.n > 0)
		callback_default(k, "Content-Type", type);
	if (!mime_is_template(type, path) || !callback_renders(k)) {
		buf_add_str(&k->c->body, file);
		return 0;
	}
	t = template_compile(file, NULL, e);
	if (t == NULL || template_render(t, k->d->c, &k->c->body, e) == -1)
		r = -1;
	template_free(t);
	return r;
}

static int
callback_file(struct calling *k, struct err *e)
{
	struct buf rendered = { 0 }, path = { 0 }, file = { 0 };
	int r = respond_text(&k->plan->file_path, k->d->c, &rendered, e);

	if (r == 0)
		r = file_resolve(k->d->env->folder, k->plan->of->file_path,
		    buf_str(&rendered), &path, e);
	if (r == 0)
		r = file_read(buf_text(&path), &file, e);
	if (r == 0)
		r = callback_file_body(k, buf_str(&path), buf_str(&file), e);
	buf_free(&rendered);
	buf_free(&path);
	buf_free(&file);
	return r;
}

/* The body as it is without looking at the method: making it may change data
 * buckets, and a file's type is told in any case. */
static int
callback_body(struct calling *k)
{
	const struct mock_callback *of = k->plan->of;
	struct buf *b = &k->c->body;
	struct err e;
	int r = 0;

	if (of->body_type == MOCK_BODY_DATABUCKET && of->databucket.n > 0 &&
	    k->plan->bucket < k->d->env->nbuckets)
		respond_bucket_text(k->d, k->plan->bucket, &k->c->arena, b);
	else if (of->body_type == MOCK_BODY_FILE && of->file_path.n > 0)
		r = callback_file(k, &e);
	else if (of->body_type != MOCK_BODY_DATABUCKET && callback_renders(k))
		r = respond_text(&k->plan->body, k->d->c, b, &e);
	else
		buf_add_str(b, of->body);
	if (r == 0 && b->n > CALLBACK_BODY_MOST)
		r = err_set(&e, "longer than %u MiB", CALLBACK_BODY_MOST >> 20);
	return r == 0 ? 0 : callback_fail(k, "its body", e.text);
}

/* ---- all of it ---------------------------------------------------------- */

static uint64_t
callback_depth(struct str text)
{
	uint64_t n = 0;

	text = callback_trim(text);
	if (text.n > 0 && text.p[0] == '+')
		text = (struct str){ text.p + 1, text.n - 1 };
	for (; text.n > 0 && text.p[0] >= '0' && text.p[0] <= '9' &&
	       n < CALLBACK_DEEPEST;
	     text.p++, text.n--)
		n = n * 10 + (uint64_t)(text.p[0] - '0');
	return n;
}

static void
callback_head(struct calling *k)
{
	struct callback *c = k->c;
	struct buf text = { 0 };
	struct header *f;

	c->has_body = str_is(c->method, "POST") || str_is(c->method, "PUT") ||
		      str_is(c->method, "PATCH");
	if (c->has_body)
		callback_default(
		    k, "Content-Type", STR("text/plain;charset=UTF-8"));
	else
		buf_free(&c->body);
	/* The environment may be that of a host only. */
	if (str_starts(c->url, "/"))
		c->host = arena_str(&c->arena, k->d->authority);
	c->has_host = callback_has(k, "Host");
	callback_default(k, "Accept", STR("*/*"));
	callback_default(
	    k, "User-Agent", STR(PACKAGE_NAME "/" PACKAGE_VERSION));
	callback_set(k, CALLBACK_DEPTH,
	    str_of(arena_printf(
		&c->arena, "%" PRIu64, callback_depth(k->d->depth) + 1)));
	for (f = k->fields.v; k->fields.n > 0 && f < k->fields.v + k->fields.n;
	     f++)
		if (!respond_is_framing(f->name))
			buf_addf(&text, "%.*s: %.*s\r\n", STR_ARGS(f->name),
			    STR_ARGS(f->value));
	c->headers = arena_str(&c->arena, buf_str(&text));
	buf_free(&text);
}

/* What a callback is called in the log, in one line. */
static struct str
callback_name(const struct mock_callback *of, struct arena *a)
{
	struct str from = of->name.n > 0 ? of->name : of->uuid;
	size_t n = from.n < CALLBACK_NAME ? from.n : CALLBACK_NAME, i;
	char *name = arena_strndup(a, from.p, n);

	for (i = 0; i < n; i++)
		if ((unsigned char)name[i] < ' ' || name[i] == 0x7f)
			name[i] = '?';
	return (struct str){ name, n };
}

static struct callback *
callback_make(const struct responding *d, const struct callback_use *use,
    struct buf *remarks)
{
	struct callback *c = xcalloc(1, sizeof(*c));
	const struct mock_callback *of = use->plan->of;
	struct calling k = {
		.d = d, .plan = use->plan, .c = c, .remarks = remarks
	};

	c->name = callback_name(of, &c->arena);
	c->latency_ms = use->latency_ms;
	c->retry = of->retry;
	c->key = arena_str(&c->arena, use->plan->key);
	if (of->signing != NULL) {
		c->signature = arena_str(&c->arena, of->signing->header);
		c->form = of->signing->form;
	}
	if (use->plan->wrong.p != NULL)
		c->wrong = arena_str(&c->arena, use->plan->wrong);
	if (callback_method(&k) == -1 || callback_url(&k) == -1)
		return c;
	respond_fields(
	    &use->plan->headers, d->c, &k.fields, &c->arena, remarks);
	if (callback_body(&k) == 0)
		callback_head(&k);
	return c;
}

void
callback_make_all(const struct responding *d, struct mock_reply *r)
{
	const struct respond_plan *p = d->plan;
	struct callback **end = &r->callbacks;
	int ignored = 0;
	size_t i;

	if (p->ncallbacks == 0)
		return;
	if (callback_depth(d->depth) >= d->most_depth) {
		buf_addf(&r->remarks,
		    "no callback follows: the request is in a chain of "
		    "%" PRIu64 " already\n",
		    callback_depth(d->depth));
		return;
	}
	d->c->status = &ignored;
	for (i = 0; i < p->ncallbacks; i++) {
		*end = callback_make(d, &p->callbacks[i], &r->remarks);
		end = &(*end)->next;
	}
	d->c->status = NULL;
}

/* ---- signatures --------------------------------------------------------- */

void
callback_sign(const struct callback *c, int64_t now_us, struct buf *out)
{
	struct digest_key *key;
	struct buf text = { 0 };
	uint8_t sum[DIGEST_BYTES];
	char hex[2 * DIGEST_BYTES + 1];
	long long seconds = (long long)(now_us / 1000000);

	if (c->key.n == 0)
		return;
	if (c->form == MOCK_SIGNING_STRIPE)
		buf_addf(&text, "%lld.", seconds);
	buf_add_str(&text, buf_str(&c->body));
	key = digest_key_new(c->key.p, c->key.n);
	digest_hmac(key, text.p, text.n, sum);
	digest_key_free(key);
	digest_hex(sum, DIGEST_BYTES, hex);
	buf_free(&text);
	buf_addf(out, "%.*s: ", STR_ARGS(c->signature));
	if (c->form == MOCK_SIGNING_STRIPE)
		buf_addf(out, "t=%lld,v1=%s\r\n", seconds, hex);
	else
		buf_addf(out, "sha256=%s\r\n", hex);
}
