#include "config.h"

#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "har/har_text.h"
#include "har/headers.h"
#include "mock/cookies.h"
#include "mock/form.h"
#include "mock/form_data.h"
#include "mock/pattern.h"
#include "mock/text.h"
#include "mock/value_json.h"
#include "mock/xml.h"

#include "mock/asked.h"

/* What values may need beyond so many times the request. */
#define ASKED_MEMORY (32u << 20)
#define ASKED_TIMES 16

struct asked {
	struct arena *arena;
	struct values v;
	struct asked_from from;
	struct str url, path;
	struct str query; /* as it came: slashes are not joined in it */
	const struct pattern_match *match;
	bool has[TEMPLATE_PARTS], has_text;
	struct value part[TEMPLATE_PARTS];
	struct str text, remark;
	struct str endpoint;
	struct template_request request;
};

/* A view, or a copy when there is a slash to leave out. */
static struct str
asked_join_slashes(struct arena *a, struct str text)
{
	char *p;
	size_t i, n = 0;

	if (memmem(text.p, text.n, "//", 2) == NULL)
		return text;
	p = arena_alloc(a, text.n);
	for (i = 0; i < text.n; i++)
		if (text.p[i] != '/' || n == 0 || p[n - 1] != '/')
			p[n++] = text.p[i];
	return (struct str){ p, n };
}

/* The target without scheme and authority (RFC 9112, section 3.2.2). */
static struct str
asked_origin_form(struct str target)
{
	const char *at = memmem(target.p, target.n, "://", 3);
	struct str rest = target;

	if (target.n == 0 || target.p[0] == '/' || at == NULL)
		return target;
	rest.p = at + 3;
	rest.n = (size_t)(target.p + target.n - rest.p);
	while (rest.n > 0 && *rest.p != '/' && *rest.p != '?') {
		rest.p++;
		rest.n--;
	}
	return rest;
}

/* A fragment is part of the URL, but neither of path nor query. */
static void
asked_cut_target(struct asked *a)
{
	struct str target = asked_origin_form(a->from.target), rest;

	if (target.n == 0 || *target.p == '?')
		target =
		    str_of(arena_printf(a->arena, "/%.*s", STR_ARGS(target)));
	a->url = a->from.socket ? target : asked_join_slashes(a->arena, target);
	rest = a->url;
	(void)str_cut(&rest, '#', &a->path);
	rest = a->path;
	(void)str_cut(&rest, '?', &a->path);
	(void)str_cut(&target, '#', &rest);
	(void)str_cut(&rest, '?', &target);
	a->query = rest.p == NULL ? STR("") : rest;
}

/* Without its port, as Express has it. */
static struct str
asked_hostname(struct str authority)
{
	const char *from = authority.p, *colon;

	if (authority.n == 0)
		return STR("");
	if (*from == '[') {
		from = memchr(from, ']', authority.n);
		if (from == NULL)
			from = authority.p;
	}
	colon = memchr(from, ':', (size_t)(authority.p + authority.n - from));
	if (colon != NULL)
		authority.n = (size_t)(colon - authority.p);
	return authority;
}

struct asked *
asked_new(struct arena *arena, const struct asked_from *from)
{
	struct asked *a = arena_zalloc(arena, sizeof(*a));

	a->arena = arena;
	a->from = *from;
	a->v.arena = arena;
	a->v.most = ASKED_MEMORY + from->body.n * ASKED_TIMES;
	asked_cut_target(a);
	return a;
}

struct str
asked_path(const struct asked *a)
{
	return a->path;
}

struct str
asked_url(const struct asked *a)
{
	return a->url;
}

struct str
asked_method(const struct asked *a)
{
	return a->from.method;
}

struct str
asked_client(const struct asked *a)
{
	return a->from.client_address;
}

void
asked_set_match(struct asked *a, const struct pattern_match *m)
{
	a->match = m;
	a->has[TEMPLATE_PARAMS] = false;
}

void
asked_set_endpoint(struct asked *a, struct str endpoint)
{
	a->endpoint = endpoint;
}

/* Mockoon gives its one route of Express for all that are not WebSockets. */
struct str
asked_endpoint(const struct asked *a)
{
	if (!a->from.socket)
		return STR("*");
	return str_of(arena_printf(a->arena, "%s%.*s",
	    str_starts(a->endpoint, "/") ? "" : "/", STR_ARGS(a->endpoint)));
}

bool
asked_is_message(const struct asked *a)
{
	return a->from.socket;
}

static struct value
asked_make_params(struct asked *a)
{
	struct value params = value_new_object(&a->v), item;
	const struct pattern_value *p;
	size_t i, k;

	for (i = 0; a->match != NULL && i < a->match->n; i++) {
		p = &a->match->values[i];
		if (p->several) {
			item = value_new_array(&a->v, p->n);
			for (k = 0; k < p->n; k++)
				value_push(
				    &a->v, item, value_text(p->parts[k]));
		} else {
			item = value_text(p->parts[0]);
		}
		value_set(&a->v, params, p->name, item);
	}
	return params;
}

/* bytes as UTF-8; those beyond ASCII each a character when latin. */
static struct str
asked_decode(struct asked *a, struct str bytes, bool latin)
{
	struct buf text = { 0 };
	struct str decoded;
	size_t i;

	if (!latin) {
		if (str_is_utf8(bytes))
			return bytes;
		text_add_decoded(&text, bytes);
	} else {
		for (i = 0; i < bytes.n && (unsigned char)bytes.p[i] < 0x80;)
			i++;
		if (i == bytes.n)
			return bytes;
		har_text_from_latin1(bytes, &text);
	}
	decoded = value_copy_text(&a->v, buf_str(&text)).text;
	buf_free(&text);
	return decoded;
}

static struct value
asked_make_query(struct asked *a)
{
	return form_read_query(&a->v, asked_decode(a, a->query, false));
}

/* Fields of which Node keeps the first. */
static bool
asked_is_single(struct str name)
{
	static const char *const single[] = { "age", "authorization",
		"content-length", "content-type", "etag", "expires", "from",
		"host", "if-modified-since", "if-unmodified-since",
		"last-modified", "location", "max-forwards",
		"proxy-authorization", "referer", "retry-after", "server",
		"user-agent" };
	size_t i;

	for (i = 0; i < sizeof(single) / sizeof(*single); i++)
		if (str_is(name, single[i]))
			return true;
	return false;
}

static struct str
asked_lower(struct asked *a, struct str name)
{
	char *p = arena_alloc(a->arena, name.n);
	size_t i;

	for (i = 0; i < name.n; i++)
		p[i] = (char)(name.p[i] >= 'A' && name.p[i] <= 'Z'
				  ? name.p[i] | 0x20
				  : name.p[i]);
	return (struct str){ p, name.n };
}

/* The lines of one name as one text. */
static struct value
asked_join(struct asked *a, struct str name, struct value lines)
{
	const struct value_array *of = lines.array;
	struct buf text = { 0 };
	struct value joined;
	size_t i;

	if (str_is(name, "set-cookie"))
		return lines;
	if (of->n == 1 || asked_is_single(name))
		return of->at[0];
	for (i = 0; i < of->n; i++) {
		if (i > 0)
			buf_add_text(
			    &text, str_is(name, "cookie") ? "; " : ", ");
		buf_add_str(&text, of->at[i].text);
	}
	joined = value_copy_text(&a->v, buf_str(&text));
	buf_free(&text);
	return joined;
}

/* A client's wish to hear from us before it sends its body is over. */
static bool
asked_is_over(struct str name, struct str value)
{
	return str_is(name, "expect") &&
	       memmem(value.p, value.n, "100-continue", 12) != NULL;
}

static struct value
asked_make_headers(struct asked *a)
{
	struct value headers = value_new_object(&a->v), lines;
	struct value_object *o = headers.object;
	const struct headers *from = a->from.headers;
	struct str name, value;
	size_t i;

	for (i = 0; from != NULL && i < from->n; i++) {
		name = asked_lower(a, from->v[i].name);
		value = asked_decode(a, from->v[i].value, true);
		if (asked_is_over(name, asked_lower(a, value)))
			continue;
		lines = value_get(headers, name);
		if (lines.kind == VALUE_UNDEFINED) {
			lines = value_new_array(&a->v, 1);
			value_set(&a->v, headers, name, lines);
		}
		value_push(&a->v, lines, value_text(value));
	}
	for (i = 0; i < o->n; i++)
		o->at[i].value = asked_join(a, o->at[i].name, o->at[i].value);
	return headers;
}

static struct value
asked_make_cookies(struct asked *a)
{
	struct value line = asked_header(a, STR("cookie"));

	return cookies_read(
	    &a->v, line.kind == VALUE_TEXT ? line.text : STR(""));
}

static bool
asked_has(struct str type, const char *part)
{
	return memmem(type.p, type.n, part, strlen(part)) != NULL;
}

/* application/...+json */
static bool
asked_is_json(struct str type)
{
	const char *at = memmem(type.p, type.n, "application/", 12);

	if (asked_has(type, "application/json"))
		return true;
	return at != NULL &&
	       memmem(at, (size_t)(type.p + type.n - at), "+json", 5) != NULL;
}

static struct value
asked_remarked(struct asked *a, const char *remark)
{
	a->remark = str_of(remark);
	return VALUE_NONE;
}

static struct value
asked_make_json(struct asked *a)
{
	struct value body;

	if (value_read_json(&a->v, asked_text(a), &body) == 0)
		return body;
	return asked_remarked(a, a->from.body.n == 0
				     ? ""
				     : "the body says that it is JSON and "
				       "is none");
}

static struct value
asked_make_xml(struct asked *a)
{
	struct value body;
	struct err e;

	if (xml_read(&a->v, asked_text(a), &body, &e) == 0)
		return body;
	a->remark = str_of(
	    arena_printf(a->arena, "the body says that it is XML: %s", e.text));
	return VALUE_NONE;
}

static struct value
asked_make_form_data(struct asked *a, struct str type)
{
	struct value body = VALUE_NONE;
	struct err e;

	if (form_data_read(&a->v, type, a->from.body, &body, &e) == -1)
		a->remark = str_of(arena_printf(a->arena,
		    "the body says that it is multipart/form-data: %s",
		    e.text));
	return body;
}

static struct value
asked_make_typed(struct asked *a)
{
	struct value line = asked_header(a, STR("content-type"));
	struct str type;

	if (line.kind != VALUE_TEXT)
		return VALUE_NONE;
	type = asked_lower(a, line.text);
	if (asked_is_json(type))
		return asked_make_json(a);
	if (a->from.socket && !asked_has(type, "xml"))
		return VALUE_NONE;
	if (asked_has(type, "application/x-www-form-urlencoded"))
		return form_read_body(&a->v, asked_text(a));
	if (asked_has(type, "multipart/form-data"))
		return asked_make_form_data(a, line.text);
	if (asked_has(type, "application/xml") ||
	    asked_has(type, "application/soap+xml") ||
	    asked_has(type, "text/xml"))
		return asked_make_xml(a);
	return VALUE_NONE;
}

static struct value
asked_make_body(struct asked *a)
{
	struct value body = asked_make_typed(a);

	if (a->v.over)
		return asked_remarked(
		    a, "the body needs too much memory when it is read");
	if (a->from.socket && body.kind == VALUE_UNDEFINED)
		return value_text(asked_text(a));
	return body;
}

static struct value
asked_make_base_url(struct asked *a)
{
	const struct asked_from *f = &a->from;
	struct str hostname = asked_hostname(f->authority);
	struct str prefix = f->prefix;

	while (prefix.n > 0 && *prefix.p == '/') {
		prefix.p++;
		prefix.n--;
	}
	if (f->public_url.p != NULL)
		return value_text(str_of(arena_printf(a->arena, "%.*s%s%.*s",
		    STR_ARGS(f->public_url), prefix.n > 0 ? "/" : "",
		    STR_ARGS(prefix))));
	return value_text(str_of(arena_printf(a->arena, "%s://%.*s:%u%s%.*s",
	    f->https ? "https" : "http", STR_ARGS(hostname), (unsigned)f->port,
	    prefix.n > 0 ? "/" : "", STR_ARGS(prefix))));
}

struct value
asked_part(struct asked *a, enum template_part part)
{
	static struct value (*const make[TEMPLATE_PARTS])(struct asked *) = {
		[TEMPLATE_PARAMS] = asked_make_params,
		[TEMPLATE_QUERY] = asked_make_query,
		[TEMPLATE_HEADERS] = asked_make_headers,
		[TEMPLATE_COOKIES] = asked_make_cookies,
		[TEMPLATE_BODY] = asked_make_body,
		[TEMPLATE_BASE_URL] = asked_make_base_url,
	};

	if (!a->has[part]) {
		a->part[part] = make[part](a);
		a->has[part] = true;
	}
	return a->part[part];
}

struct value
asked_header(struct asked *a, struct str name)
{
	struct value headers = asked_part(a, TEMPLATE_HEADERS), value;

	name = asked_lower(a, name);
	if (str_is(name, "referer") || str_is(name, "referrer")) {
		value = value_get(headers, STR("referrer"));
		if (value_is_true(value))
			return value;
		name = STR("referer");
	}
	return value_get(headers, name);
}

struct str
asked_text(struct asked *a)
{
	if (!a->has_text) {
		a->text = asked_decode(a, a->from.body, false);
		a->has_text = true;
	}
	return a->text;
}

struct str
asked_remark(const struct asked *a)
{
	return a->remark;
}

static struct value
asked_template_part(void *arg, enum template_part part)
{
	return asked_part(arg, part);
}

const struct template_request *
asked_template(struct asked *a)
{
	struct template_request *r = &a->request;
	struct value via;

	if (r->part != NULL)
		return r;
	r->method = a->from.method;
	r->hostname = asked_hostname(a->from.authority);
	r->ip = a->from.client_address;
	if (a->from.socket) {
		r->hostname = a->from.authority;
		via = asked_header(a, STR("x-forwarded-for"));
		if (via.kind == VALUE_TEXT && via.text.n > 0)
			r->ip = via.text;
	}
	r->body = asked_text(a);
	r->part = asked_template_part;
	r->arg = a;
	return r;
}
