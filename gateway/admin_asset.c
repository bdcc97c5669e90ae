/* The page and the description of the API: files within the program. */
#include "config.h"

#include <string.h>

#include "gateway/admin_table.h"
#include "gateway/asset.h"

/* What a page may do: nothing from elsewhere, and nothing that is written into
 * it. */
#define ADMIN_PAGE_POLICY \
	"default-src 'none'; script-src 'self'; style-src 'self'; " \
	"img-src 'self' blob:; connect-src 'self'; base-uri 'none'; " \
	"form-action 'none'; frame-ancestors 'none'; " \
	"require-trusted-types-for 'script'; trusted-types 'none'"

static const struct admin_asset_type {
	const char *suffix, *type;
} admin_asset_types[] = {
	{ ".html", "text/html; charset=utf-8" },
	{ ".css", "text/css; charset=utf-8" },
	{ ".js", "text/javascript; charset=utf-8" },
	{ ".json", "application/json" },
	{ ".svg", "image/svg+xml" },
	{ ".ico", "image/x-icon" },
	{ ".png", "image/png" },
	{ ".woff2", "font/woff2" },
	{ NULL, "application/octet-stream" },
};

static const char *
admin_asset_type(struct str name)
{
	const struct admin_asset_type *t = admin_asset_types;

	while (t->suffix != NULL && !str_ends(name, t->suffix))
		t++;
	return t->type;
}

static struct str
admin_asset_name(const struct admin_request *r)
{
	if (str_is(r->path, "/"))
		return STR("index.html");
	if (str_is(r->path, "/v1/openapi.json"))
		return STR("openapi.json");
	return admin_text(r, "name");
}

void
admin_get_asset(struct admin_request *r)
{
	struct str name = admin_asset_name(r);
	const struct asset *a = assets;

	while (a->name != NULL && !str_is(name, a->name))
		a++;
	if (a->name == NULL) {
		admin_reply_problem(r, 404, "there is no such file");
		return;
	}
	if (str_ends(name, ".html"))
		admin_reply_header(
		    r, "Content-Security-Policy", STR(ADMIN_PAGE_POLICY));
	admin_reply_fixed(
	    r, admin_asset_type(name), (struct str){ a->p, a->n });
}
