#include "config.h"

#include <string.h>

#include "base/buf.h"
#include "har/base64.h"
#include "har/json.h"
#include "har/json_write.h"

#include "recorder/jwt.h"

static const char *const jwt_header[] = { "alg", "typ", NULL };
static const char *const jwt_claims[] = { "iss", "sub", "aud", "exp", "nbf",
	"iat", "auth_time", "azp", "client_id", "scope", "scp", NULL };

bool
jwt_is_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       (c >= '0' && c <= '9') || c == '-' || c == '_';
}

/* The run of base64url at the start of text. */
static struct str
jwt_part(struct str text)
{
	size_t n = 0;

	while (n < text.n && jwt_is_char(text.p[n]))
		n++;
	return (struct str){ text.p, n };
}

/* Cuts a dot and the part behind it off *rest. */
static bool
jwt_dot(struct str *rest, struct str *part)
{
	if (rest->n == 0 || rest->p[0] != '.')
		return false;
	*part = jwt_part((struct str){ rest->p + 1, rest->n - 1 });
	*rest = (struct str){ part->p + part->n, rest->n - 1 - part->n };
	return true;
}

/* Whether part decodes to what looks like a JSON object; member, unless it is
 * empty, must occur in it.  Looking is enough: what is kept of it is read
 * with more care. */
static bool
jwt_is_object(struct str part, struct str member)
{
	struct buf text = { 0 };
	unsigned odd;
	bool is;

	is = part.n > 1 && base64_decode(part, &text, &odd) == 0 &&
	     text.n > 1 && text.p[0] == '{' && text.p[text.n - 1] == '}' &&
	     memmem(text.p, text.n, member.p, member.n) != NULL;
	buf_free(&text);
	return is;
}

bool
jwt_parse(struct str text, struct jwt *t)
{
	struct str rest = text, more;

	if (!str_starts(text, "ey"))
		return false;
	t->header = jwt_part(rest);
	rest = (struct str){ rest.p + t->header.n, rest.n - t->header.n };
	if (!jwt_dot(&rest, &t->payload) || !jwt_dot(&rest, &t->signature))
		return false;
	t->encrypted = jwt_dot(&rest, &more) && jwt_dot(&rest, &more);
	t->whole = (struct str){ text.p, (size_t)(rest.p - text.p) };
	if (t->whole.n > JWT_MOST)
		return false;
	if (t->encrypted)
		return jwt_is_object(t->header, STR("\"enc\""));
	t->whole.n = (size_t)(t->signature.p + t->signature.n - text.p);
	return jwt_is_object(t->header, STR("\"alg\"")) &&
	       jwt_is_object(t->payload, STR(""));
}

static bool
jwt_listed(const char *const *names, struct str name)
{
	while (*names != NULL)
		if (str_is(name, *names++))
			return true;
	return false;
}

/* Adds the object in part with only the members in names.  False when it is
 * none after all. */
static bool
jwt_keep(struct str part, const char *const *names, struct buf *out)
{
	struct buf text = { 0 };
	struct json_write w;
	struct json *j;
	enum json_token t;
	unsigned odd;
	bool is;

	(void)base64_decode(part, &text, &odd); /* jwt_parse() has done it */
	json_write_init(&w, false, NULL, NULL);
	json_write_object(&w);
	j = json_open_str(buf_str(&text));
	(void)json_next(j);
	while ((t = json_next(j)) == JSON_NAME) {
		if (jwt_listed(names, json_text(j))) {
			json_write_name(&w, json_text(j));
			(void)json_write_value(&w, j, json_next(j));
		} else {
			(void)json_skip(j, json_next(j));
		}
	}
	is = t == JSON_OBJECT_END && json_next(j) == JSON_END;
	json_close(j);
	json_write_object_end(&w);
	buf_add_str(out, buf_str(&w.out));
	json_write_fini(&w);
	buf_free(&text);
	return is;
}

static void
jwt_encode(const struct buf *text, struct buf *out)
{
	struct buf encoded = { 0 };
	size_t i;

	base64_encode(buf_str(text), &encoded);
	while (encoded.n > 0 && encoded.p[encoded.n - 1] == '=')
		encoded.n--;
	for (i = 0; i < encoded.n; i++)
		encoded.p[i] = encoded.p[i] == '+'   ? '-'
			       : encoded.p[i] == '/' ? '_'
						     : encoded.p[i];
	buf_add_str(out, buf_str(&encoded));
	buf_free(&encoded);
}

bool
jwt_without_secret(const struct jwt *t, struct str signature, struct buf *out)
{
	struct buf header = { 0 }, payload = { 0 };
	bool is = !t->encrypted && jwt_keep(t->header, jwt_header, &header) &&
		  header.n > 2 && jwt_keep(t->payload, jwt_claims, &payload);

	if (is) {
		jwt_encode(&header, out);
		buf_add(out, ".", 1);
		jwt_encode(&payload, out);
		buf_add(out, ".", 1);
		buf_add_str(out, signature);
	}
	buf_free(&header);
	buf_free(&payload);
	return is;
}
