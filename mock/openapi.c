#include "config.h"

#include <limits.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/mem.h"

#include "mock/document.h"

#include "mock/openapi.h"

void
openapi_enter(struct openapi *o, const char *name)
{
	buf_add(&o->where, "/", 1);
	for (; *name != '\0'; name++) {
		if (*name == '~')
			buf_add_text(&o->where, "~0");
		else if (*name == '/')
			buf_add_text(&o->where, "~1");
		else
			buf_add(&o->where, name, 1);
	}
}

void
openapi_note(struct openapi *o, const char *fmt, ...)
{
	va_list ap;
	char *text;

	va_start(ap, fmt);
	text = xvasprintf(fmt, ap);
	va_end(ap);
	o->on_note(o->arg, buf_str(&o->where), text);
	free(text);
}

void
openapi_server(struct str url, const json_t *variables, struct buf *out)
{
	const char *open, *close;
	const json_t *v;
	char *name;

	while ((open = memchr(url.p, '{', url.n)) != NULL &&
	       (close = memchr(open, '}', url.n - (size_t)(open - url.p))) !=
		   NULL) {
		buf_add(out, url.p, (size_t)(open - url.p));
		name = xmemdup0(open + 1, (size_t)(close - open) - 1);
		v = json_object_get(
		    json_object_get(variables, name), "default");
		if (json_is_string(v))
			buf_add_text(out, json_string_value(v));
		else if (json_is_integer(v))
			buf_addf(out, "%" JSON_INTEGER_FORMAT,
			    json_integer_value(v));
		free(name);
		url.n -= (size_t)(close + 1 - url.p);
		url.p = close + 1;
	}
	buf_add_str(out, url);
}

struct str
openapi_path_of(struct str url)
{
	const char *at = memmem(url.p, url.n, "//", 2);
	struct str path;
	size_t n;

	if (at != NULL && (at == url.p || at[-1] == ':')) {
		n = url.n - (size_t)(at + 2 - url.p);
		at = memchr(at + 2, '/', n);
		if (at == NULL)
			return STR("");
		url = (struct str){ at, url.n - (size_t)(at - url.p) };
	}
	str_cut(&url, '#', &path);
	url = path;
	str_cut(&url, '?', &path);
	return path;
}

bool
openapi_is_method(const char *name)
{
	static const char *const methods[] = { "get", "put", "post", "delete",
		"options", "head", "patch", "trace", "query", NULL };
	size_t i;

	for (i = 0; methods[i] != NULL; i++)
		if (strcmp(methods[i], name) == 0)
			return true;
	return false;
}

static int
openapi_version(struct openapi *o, const char *path, struct err *e)
{
	const json_t *v2 = json_object_get(o->root, "swagger");
	const json_t *v3 = json_object_get(o->root, "openapi");
	/* Without quotes 3.1 is a number in YAML. */
	bool is_3 = json_is_real(v3)
			? json_real_value(v3) >= 3 && json_real_value(v3) < 4
			: str_starts(document_text(o->root, "openapi"), "3.");

	o->v2 = v2 != NULL;
	if (o->v2 ? !json_is_string(v2) && !json_is_real(v2) : !is_3)
		return err_set(e,
		    "%.300s: expected an OpenAPI description: \"openapi\": "
		    "\"3.x.y\" or \"swagger\": \"2.0\"",
		    path);
	return 0;
}

static void
openapi_folder(struct openapi *o, const char *path)
{
	const char *slash = strrchr(path, '/');
	size_t n = slash != NULL ? (size_t)(slash - path) + 1 : 0;
	char real[PATH_MAX];

	o->folder = xmemdup0(path, n);
	/* Without one nothing is below it. */
	if (realpath(n > 0 ? o->folder : ".", real) == NULL)
		o->real_folder = xstrdup("//");
	else
		o->real_folder =
		    xasprintf("%s%s", real, real[1] == '\0' ? "" : "/");
}

int
openapi_open(
    struct openapi *o, const char *path, struct str text, struct err *e)
{
	*o = (struct openapi){ .files = json_object() };
	o->root = document_parse(path, text, e);
	if (o->root == NULL || openapi_version(o, path, e) == -1)
		return -1;
	openapi_folder(o, path);
	buf_add(&o->where, "#", 1);
	return 0;
}

void
openapi_close(struct openapi *o)
{
	json_decref(o->root);
	json_decref(o->files);
	buf_free(&o->where);
	free(o->folder);
	free(o->real_folder);
}
