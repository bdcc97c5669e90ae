#include "config.h"

#include "base/buf.h"
#include "base/str.h"
#include "gateway/printable.h"
#include "har/base64.h"
#include "har/exchange.h"

#include "gateway/curl_line.h"

/* Linux refuses a single argument of 128 KiB. */
#define ARGUMENT_MOST (64u << 10)

/* The smallest body with which any curl asks for a 100 first. */
#define EXPECT_FROM 1024

/* Bytes that no terminal or editor would leave as they are, as the output of
 * printf, whose format octal escapes keep plain. */
static void
curl_line_add_escaped(struct buf *out, struct str s)
{
	size_t i;

	buf_add_text(out, "\"$(printf '");
	for (i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];

		if (c < ' ' || c > '~' || c == '\'' || c == '\\' || c == '%' ||
		    (c == '-' && i == 0))
			buf_addf(out, "\\%03o", c);
		else
			buf_add(out, &c, 1);
	}
	buf_add_text(out, "')\"");
}

static void
curl_line_add_quoted(struct buf *out, struct str s)
{
	struct str part;

	buf_add_text(out, "'");
	while (str_cut(&s, '\'', &part)) {
		buf_add_str(out, part);
		if (s.p != NULL)
			buf_add_text(out, "'\\''");
	}
	buf_add_text(out, "'");
}

/* One word for the shell, whatever bytes but NUL and a newline at the end it
 * has. */
static void
curl_line_add_word(struct buf *out, struct str s)
{
	struct buf shown = { 0 };

	printable_add(&shown, s, false);
	if (str_eq(buf_str(&shown), s))
		curl_line_add_quoted(out, s);
	else
		curl_line_add_escaped(out, s);
	buf_free(&shown);
}

static void
curl_line_add_option(struct buf *out, const char *option, struct str s)
{
	buf_addf(out, " \\\n  %s ", option);
	curl_line_add_word(out, s);
}

/* Fields that curl makes of the URL and of the body.  The recorded Host is
 * the one that the client knew the gateway by. */
static bool
curl_line_is_own(const struct header *f)
{
	return str_iis(f->name, "Content-Length") || str_iis(f->name, "Host");
}

static void
curl_line_add_fields(struct buf *out, const struct exchange *x)
{
	const struct headers *h = &x->request.headers;
	const struct header *f;
	struct buf line = { 0 };

	for (f = h->v; f < h->v + h->n; f++) {
		if (!headers_end_to_end(h, f) || curl_line_is_own(f))
			continue;
		line.n = 0;
		buf_add_str(&line, f->name);
		/* A name with a colon alone takes the field away. */
		buf_add_text(&line, f->value.n > 0 ? ": " : ";");
		buf_add_str(&line, f->value);
		curl_line_add_option(out, "-H", buf_str(&line));
	}
	buf_free(&line);
}

/* Takes the field away that curl would add where the request had none. */
static void
curl_line_add_absence(
    struct buf *out, const struct exchange *x, const char *name)
{
	if (headers_get(&x->request.headers, name).p == NULL)
		buf_addf(out, " \\\n  -H '%s:'", name);
}

static void
curl_line_add_absences(struct buf *out, const struct exchange *x, bool body)
{
	curl_line_add_absence(out, x, "User-Agent");
	curl_line_add_absence(out, x, "Accept");
	if (body)
		curl_line_add_absence(out, x, "Content-Type");
	if (x->request.body.bytes.n > EXPECT_FROM)
		curl_line_add_absence(out, x, "Expect");
}

/* Whether the body can stand in the line as it is. */
static bool
curl_line_is_word(struct str body)
{
	struct buf shown = { 0 };
	bool same;

	if (body.n >= ARGUMENT_MOST)
		return false;
	printable_add(&shown, body, true);
	same = str_eq(buf_str(&shown), body);
	buf_free(&shown);
	return same;
}

static void
curl_line_add_method(struct buf *out, const struct exchange *x, bool body)
{
	if (str_is(x->method, "HEAD") && !body)
		buf_add_text(out, " -I"); /* waits for no body */
	else if (!str_is(x->method, body ? "POST" : "GET"))
		curl_line_add_option(out, "-X", x->method);
}

void
curl_line_add(struct buf *out, const struct exchange *x)
{
	const struct message *m = &x->request;
	struct str bytes = buf_str(&m->body.bytes);
	bool word = curl_line_is_word(bytes);
	bool body = bytes.n > 0 || m->framing == FRAMING_LENGTH;

	if (!word) {
		buf_add_text(out, "printf %s '");
		base64_encode(bytes, out);
		buf_add_text(out, "' | base64 -d |\n");
	}
	/* Neither brackets nor dots in the URL mean anything to it. */
	buf_add_text(out, "curl -g --path-as-is");
	curl_line_add_method(out, x, body);
	curl_line_add_fields(out, x);
	curl_line_add_absences(out, x, body);
	if (!word) {
		buf_add_text(out, " \\\n  --data-binary @-");
	} else if (body) {
		buf_add_text(out, " \\\n  --data-raw ");
		curl_line_add_quoted(out, bytes);
	}
	curl_line_add_option(out, "--url", x->url);
	buf_add_text(out, "\n");
}
