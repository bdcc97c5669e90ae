#include "config.h"

#include "har/date.h"

#include "har/cookie.h"

static bool
cookie_pair(struct str text, struct cookie *c)
{
	struct str rest = text;

	if (!str_cut(&rest, '=', &c->name) || rest.p == NULL)
		return false;
	c->name = str_trim(c->name);
	c->value = str_trim(rest);
	return c->name.n > 0 || c->value.n > 0;
}

bool
cookie_next(struct str *rest, struct cookie *c)
{
	struct str part;

	*c = (struct cookie){ 0 };
	while (str_cut(rest, ';', &part))
		if (cookie_pair(part, c))
			return true;
	return false;
}

static void
cookie_max_age(struct str value, int64_t now_us, struct cookie *c)
{
	uint64_t seconds = 0;
	bool past = value.n > 0 && value.p[0] == '-';

	if (!past && str_u64(value, &seconds) == -1)
		return;
	if (seconds > 400ULL * 86400) /* what browsers cut it to */
		seconds = 400ULL * 86400;
	c->has_expires = true;
	c->expires_us = past ? 0 : now_us + (int64_t)seconds * 1000000;
}

static void
cookie_attribute(
    struct str name, struct str value, int64_t now_us, struct cookie *c)
{
	if (str_iis(name, "Path"))
		c->path = value;
	else if (str_iis(name, "Domain"))
		c->domain = value;
	else if (str_iis(name, "SameSite"))
		c->same_site = value;
	else if (str_iis(name, "HttpOnly"))
		c->http_only = true;
	else if (str_iis(name, "Secure"))
		c->secure = true;
	else if (str_iis(name, "Max-Age"))
		cookie_max_age(value, now_us, c);
}

bool
cookie_parse(struct str value, int64_t now_us, struct cookie *c)
{
	struct str rest = value, part, name, expires = { NULL, 0 };

	*c = (struct cookie){ 0 };
	if (!str_cut(&rest, ';', &part) || !cookie_pair(part, c))
		return false;
	while (str_cut(&rest, ';', &part)) {
		if (!str_cut(&part, '=', &name))
			continue;
		name = str_trim(name);
		part = str_trim(part.p != NULL ? part : STR(""));
		if (str_iis(name, "Expires"))
			expires = part;
		else
			cookie_attribute(name, part, now_us, c);
	}
	if (!c->has_expires && expires.p != NULL)
		c->has_expires =
		    date_parse_cookie(expires, &c->expires_us) == 0;
	return true;
}
