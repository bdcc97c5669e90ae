#include "config.h"

#include <string.h>

#include "base/buf.h"

#include "replay/location.h"

/*
 * A URL that is being put together.  path is "" or begins with a slash; what
 * of query and fragment is there begins with its mark.
 */
struct location {
	bool https;
	struct buf userinfo; /* with its @ */
	struct buf host;
	int port; /* -1: the scheme's own */
	struct buf path, query, fragment;
};

/* The percent-encode sets, beside controls and all above "~". */
static const char location_in_fragment[] = " \"<>`";
static const char location_in_query[] = " \"#<>'";
static const char location_in_path[] = " \"#<>?`{}";
static const char location_in_userinfo[] = " \"#<>?`{}^/:;=@[\\]|";

/* Code points that no host name has. */
static const char location_forbidden[] = " #%/:<>?@[\\]^|";

static void
location_fini(struct location *l)
{
	buf_free(&l->userinfo);
	buf_free(&l->host);
	buf_free(&l->path);
	buf_free(&l->query);
	buf_free(&l->fragment);
}

static bool
location_is_in(char c, const char *set)
{
	return c != '\0' && strchr(set, c) != NULL;
}

static bool
location_is_slash(char c)
{
	return c == '/' || c == '\\';
}

static void
location_encode(struct buf *out, struct str s, const char *set)
{
	size_t i;

	for (i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];

		if (c < ' ' || c > '~' || location_is_in(s.p[i], set))
			buf_addf(out, "%%%02X", c);
		else
			buf_add(out, &s.p[i], 1);
	}
}

/* The part of *rest in front of the first of the marks; *rest then begins
 * with that mark, or is empty. */
static struct str
location_until(struct str *rest, const char *marks)
{
	struct str part = { rest->p, 0 };

	while (part.n < rest->n && !location_is_in(rest->p[part.n], marks))
		part.n++;
	rest->p += part.n;
	rest->n -= part.n;
	return part;
}

/*
 * Authority
 */

static int
location_host(struct location *l, struct str host)
{
	size_t i;
	int byte;

	for (i = 0; i < host.n; i++) {
		char c = host.p[i];

		byte = str_percent((struct str){ host.p + i, host.n - i });
		if (byte != -1) {
			c = (char)byte;
			i += 2;
		}
		if (c >= 'A' && c <= 'Z')
			c |= 32;
		if ((unsigned char)c < ' ' || c == 0x7f ||
		    location_is_in(c, location_forbidden))
			return -1;
		buf_add(&l->host, &c, 1);
	}
	return l->host.n > 0 ? 0 : -1;
}

/* An IPv6 address in its brackets. */
static int
location_address(struct location *l, struct str address)
{
	size_t i;

	if (address.n < 4 || address.p[address.n - 1] != ']')
		return -1;
	for (i = 0; i < address.n; i++) {
		char c = address.p[i];

		if (c >= 'A' && c <= 'F')
			c |= 32;
		if (i > 0 && i + 1 < address.n && str_hex(c) == -1 &&
		    c != ':' && c != '.')
			return -1;
		buf_add(&l->host, &c, 1);
	}
	return 0;
}

static int
location_port(struct location *l, struct str port)
{
	int v = 0;
	size_t i;

	for (i = 0; i < port.n; i++) {
		if (port.p[i] < '0' || port.p[i] > '9')
			return -1;
		v = 10 * v + (port.p[i] - '0');
		if (v > 65535)
			return -1;
	}
	l->port = port.n == 0 || v == (l->https ? 443 : 80) ? -1 : v;
	return 0;
}

static int
location_authority(struct location *l, struct str authority)
{
	struct str host = authority, port = { NULL, 0 };
	const char *at =
	    authority.n > 0 ? memrchr(authority.p, '@', authority.n) : NULL;
	const char *colon, *bracket;

	if (at != NULL) {
		host.p = at + 1;
		host.n = authority.n - (size_t)(host.p - authority.p);
		authority.n = (size_t)(at - authority.p);
		/* The first colon parts the name from the password. */
		location_encode(&l->userinfo, location_until(&authority, ":"),
		    location_in_userinfo);
		if (authority.n > 1) {
			buf_add(&l->userinfo, ":", 1);
			authority.p++;
			authority.n--;
			location_encode(
			    &l->userinfo, authority, location_in_userinfo);
		}
		if (l->userinfo.n > 0)
			buf_add(&l->userinfo, "@", 1);
	}
	colon = host.n > 0 ? memrchr(host.p, ':', host.n) : NULL;
	bracket = host.n > 0 ? memrchr(host.p, ']', host.n) : NULL;
	if (colon != NULL && (bracket == NULL || bracket < colon)) {
		port = (struct str){ colon + 1,
			host.n - (size_t)(colon + 1 - host.p) };
		host.n = (size_t)(colon - host.p);
	}
	if (location_port(l, port) == -1)
		return -1;
	return host.n > 0 && host.p[0] == '[' ? location_address(l, host)
					      : location_host(l, host);
}

/*
 * Path, query and fragment
 */

static void
location_shorten(struct buf *path)
{
	while (path->n > 0 && path->p[path->n - 1] != '/')
		path->n--;
	if (path->n > 0)
		path->n--;
}

/* How many dots segment stands for: 1 or 2, each plain or as "%2e"; 0 when it
 * is another name. */
static int
location_dots(struct str segment)
{
	int dots = 0;
	size_t i;

	for (i = 0; i < segment.n; dots++)
		if (segment.p[i] == '.')
			i++;
		else if (segment.n - i >= 3 && segment.p[i] == '%' &&
			 segment.p[i + 1] == '2' &&
			 (segment.p[i + 2] | 32) == 'e')
			i += 3;
		else
			return 0;
	return dots <= 2 ? dots : 0;
}

/* Adds the segments of text, which stand behind a slash, to l->path. */
static void
location_path(struct location *l, struct str text)
{
	struct str segment;
	bool last;
	int dots;

	do {
		segment = location_until(&text, "/\\");
		last = text.n == 0;
		dots = location_dots(segment);
		if (dots == 2)
			location_shorten(&l->path);
		if (dots == 0 || last)
			buf_add(&l->path, "/", 1);
		if (dots == 0)
			location_encode(&l->path, segment, location_in_path);
		if (!last) {
			text.p++;
			text.n--;
		}
	} while (!last);
}

/* What stands behind the path, with its marks. */
static void
location_rest(struct location *l, struct str rest)
{
	struct str query = location_until(&rest, "#");

	if (query.n > 0) {
		buf_add(&l->query, "?", 1);
		location_encode(&l->query,
		    (struct str){ query.p + 1, query.n - 1 },
		    location_in_query);
	}
	if (rest.n > 0) {
		buf_add(&l->fragment, "#", 1);
		location_encode(&l->fragment,
		    (struct str){ rest.p + 1, rest.n - 1 },
		    location_in_fragment);
	}
}

/* A URL behind its scheme and slashes: authority and all that follows. */
static int
location_absolute(struct location *l, struct str rest)
{
	struct str path;

	while (rest.n > 0 && location_is_slash(rest.p[0])) {
		rest.p++;
		rest.n--;
	}
	if (location_authority(l, location_until(&rest, "/\\?#")) == -1)
		return -1;
	path = location_until(&rest, "?#");
	if (path.n > 0) {
		path.p++;
		path.n--;
	}
	location_path(l, path);
	location_rest(l, rest);
	return 0;
}

/* The same as seen from the URL that l is already. */
static int
location_relative(struct location *l, struct str rest)
{
	struct str path;

	l->fragment.n = 0;
	if (rest.n > 1 && location_is_slash(rest.p[0]) &&
	    location_is_slash(rest.p[1])) {
		l->userinfo.n = l->host.n = l->path.n = l->query.n = 0;
		return location_absolute(l, rest);
	}
	path = location_until(&rest, "?#");
	if (path.n > 0 || (rest.n > 0 && rest.p[0] == '?'))
		l->query.n = 0;
	if (path.n > 0 && location_is_slash(path.p[0])) {
		l->path.n = 0;
		path.p++;
		path.n--;
		location_path(l, path);
	} else if (path.n > 0) {
		location_shorten(&l->path);
		location_path(l, path);
	}
	location_rest(l, rest);
	return 0;
}

/*
 * The whole
 */

/* Takes the scheme and its colon off *text; n is 0 when there is none. */
static struct str
location_scheme(struct str *text)
{
	struct str none = { NULL, 0 }, scheme = { text->p, 0 };

	for (; scheme.n < text->n && text->p[scheme.n] != ':'; scheme.n++) {
		char c = text->p[scheme.n];
		bool letter = (c | 32) >= 'a' && (c | 32) <= 'z';

		if (!letter &&
		    (scheme.n == 0 || !location_is_in(c, "+-.0123456789")))
			return none;
	}
	if (scheme.n == 0 || scheme.n == text->n)
		return none;
	text->p += scheme.n + 1;
	text->n -= scheme.n + 1;
	return scheme;
}

/* Without white space and controls around it, and without tabs and line ends
 * anywhere. */
static void
location_clean(struct buf *out, struct str text)
{
	size_t i;

	while (text.n > 0 && (unsigned char)text.p[0] <= ' ') {
		text.p++;
		text.n--;
	}
	while (text.n > 0 && (unsigned char)text.p[text.n - 1] <= ' ')
		text.n--;
	for (i = 0; i < text.n; i++)
		if (text.p[i] != '\t' && text.p[i] != '\r' && text.p[i] != '\n')
			buf_add(out, &text.p[i], 1);
}

static void
location_write(const struct location *l, struct buf *out)
{
	buf_add_text(out, l->https ? "https://" : "http://");
	buf_add_str(out, buf_str(&l->userinfo));
	buf_add_str(out, buf_str(&l->host));
	if (l->port >= 0)
		buf_addf(out, ":%d", l->port);
	buf_add_str(out, buf_str(&l->path));
	buf_add_str(out, buf_str(&l->query));
	buf_add_str(out, buf_str(&l->fragment));
}

/* The one URL in text, which must be absolute. */
static int
location_base(struct location *l, struct str text)
{
	struct str scheme = location_scheme(&text);

	l->https = str_iis(scheme, "https");
	if (!l->https && !str_iis(scheme, "http"))
		return -1;
	return location_absolute(l, text);
}

/* location, cleaned, as seen from base. */
static int
location_from(struct location *l, struct str base, struct str location)
{
	struct str rest = location, scheme = location_scheme(&rest);
	bool https = str_iis(scheme, "https"), slashes;

	if (scheme.n == 0)
		return location_base(l, base) == -1
			   ? -1
			   : location_relative(l, location);
	slashes = rest.n > 1 && location_is_slash(rest.p[0]) &&
		  location_is_slash(rest.p[1]);
	/* "http:path" goes on from a base of the same scheme. */
	if (!slashes && str_istarts(base, https ? "https:" : "http:"))
		return location_base(l, base) == -1
			   ? -1
			   : location_relative(l, rest);
	l->https = https;
	return location_absolute(l, rest);
}

int
location_resolve(struct str base, struct str location, struct buf *out)
{
	struct buf clean = { 0 };
	struct location l = { 0 };
	struct str rest, scheme;
	int r = 0;

	location_clean(&clean, location);
	rest = buf_str(&clean);
	scheme = location_scheme(&rest);
	out->n = 0;
	if (scheme.n > 0 && !str_iis(scheme, "http") &&
	    !str_iis(scheme, "https"))
		buf_add_str(out, buf_str(&clean));
	else if ((r = location_from(&l, base, buf_str(&clean))) == 0)
		location_write(&l, out);
	location_fini(&l);
	buf_free(&clean);
	return r;
}
