/* Encodings: base64, JSON and the parts of a JSON Web Token. */

#include "config.h"

#include <string.h>

#include "base/buf.h"
#include "har/base64.h"
#include "mock/text.h"
#include "mock/value_json.h"

#include "mock/helper.h"

/* The digits of the URL's alphabet, and no padding. */
static void
helper_make_url_safe(struct buf *b)
{
	size_t i;

	while (b->n > 0 && b->p[b->n - 1] == '=')
		b->n--;
	for (i = 0; i < b->n; i++)
		if (b->p[i] == '+')
			b->p[i] = '-';
		else if (b->p[i] == '/')
			b->p[i] = '_';
}

static void
helper_encode(struct str text, struct buf *out)
{
	base64_encode(text, out);
}

static void
helper_encode_url(struct str text, struct buf *out)
{
	base64_encode(text, out);
	helper_make_url_safe(out);
}

static bool
helper_is_digit(char c)
{
	return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
	       (c >= '0' && c <= '9') || c == '+' || c == '/' || c == '-' ||
	       c == '_';
}

/* What is no digit is passed over, the first = ends the text, and so does a
 * digit too many. */
static void
helper_decode(struct str text, struct buf *out)
{
	struct buf digits = { 0 }, bytes = { 0 };
	unsigned oddities;
	size_t i;

	for (i = 0; i < text.n && text.p[i] != '='; i++)
		if (helper_is_digit(text.p[i]))
			buf_add(&digits, text.p + i, 1);
	if (digits.n % 4 == 1)
		digits.n--;
	if (base64_decode(buf_str(&digits), &bytes, &oddities) == 0)
		text_add_decoded(out, buf_str(&bytes));
	buf_free(&digits);
	buf_free(&bytes);
}

/* Puts the coded form of what the block wrote in the place of that. */
static int
helper_code_block(struct helper_call *c, void (*code)(struct str, struct buf *))
{
	struct helper_run run = { .context = helper_self(c) };
	struct buf *out = helper_out(c), *coded;
	size_t mark = out->n;

	if (helper_run(c, c->fn, &run) == -1)
		return -1;
	coded = helper_scratch(c);
	code((struct str){ mark < out->n ? out->p + mark : "", out->n - mark },
	    coded);
	out->n = mark;
	buf_add_str(out, buf_str(coded));
	return 0;
}

static int
helper_coded(struct helper_call *c, void (*code)(struct str, struct buf *),
    struct value *result)
{
	struct str text;

	if (c->n == 0) {
		result->kind = VALUE_OUT;
		return helper_code_block(c, code);
	}
	if (value_is_nothing(c->args[0]))
		return helper_fail(c, "it takes a text");
	text = value_to_str(c->v, c->args[0]);
	code(text, helper_scratch(c));
	*result = helper_built(c);
	result->kind = VALUE_SAFE;
	return 0;
}

static int
helper_base64(struct helper_call *c, struct value *result)
{
	return helper_coded(c, helper_encode, result);
}

static int
helper_base64_decode(struct helper_call *c, struct value *result)
{
	return helper_coded(c, helper_decode, result);
}

static int
helper_base64url(struct helper_call *c, struct value *result)
{
	return helper_coded(c, helper_encode_url, result);
}

static int
helper_json_parse(struct helper_call *c, struct value *result)
{
	struct value text = helper_given(c, 0);

	if (text.kind == VALUE_TEXT)
		(void)value_read_json(c->v, text.text, result);
	return 0;
}

static int
helper_stringify(struct helper_call *c, struct value *result)
{
	struct value of = helper_arg(c, 0);
	struct buf *out = helper_scratch(c);

	if (!value_is_true(helper_arg(c, 1)))
		return 0;
	*result = of;
	if (!value_is_object(of))
		return 0;
	(void)value_write_json(c->v, out, of, 2, true);
	*result = helper_built(c);
	return 0;
}

/* A part of header.payload.signature, or a member of it.  What is no token
 * gives nothing; the signature is nobody's business here. */
static int
helper_jwt(struct helper_call *c, unsigned part, struct value *result)
{
	struct value token = helper_given(c, 0), key = helper_given(c, 1);
	struct str rest, piece = STR("");
	struct value json = VALUE_NONE;
	unsigned i;

	if (token.kind != VALUE_TEXT)
		return 0;
	rest = token.text;
	if (str_starts(rest, "Bearer "))
		rest = (struct str){ rest.p + 7, rest.n - 7 };
	for (i = 0; i <= part; i++)
		if (!str_cut(&rest, '.', &piece))
			return 0;
	helper_decode(piece, helper_scratch(c));
	piece = helper_built(c).text;
	if (value_read_json(c->v, piece, &json) == -1)
		return 0;
	*result = key.kind == VALUE_UNDEFINED
		      ? json
		      : value_get(json, value_to_str(c->v, key));
	return 0;
}

static int
helper_jwt_header(struct helper_call *c, struct value *result)
{
	return helper_jwt(c, 0, result);
}

static int
helper_jwt_payload(struct helper_call *c, struct value *result)
{
	return helper_jwt(c, 1, result);
}

const struct helper helper_code[] = {
	{ "base64", helper_base64, HELPER_ANY },
	{ "base64Decode", helper_base64_decode, HELPER_ANY },
	{ "base64url", helper_base64url, HELPER_ANY },
	{ "base64urlDecode", helper_base64_decode, HELPER_ANY },
	{ "jsonParse", helper_json_parse, HELPER_ANY },
	{ "jwtHeader", helper_jwt_header, HELPER_ANY },
	{ "jwtPayload", helper_jwt_payload, HELPER_ANY },
	{ "stringify", helper_stringify, HELPER_ANY },
	{ NULL, NULL, HELPER_ANY },
};
