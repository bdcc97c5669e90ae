#include "config.h"

#include "base/buf.h"
#include "base/number.h"

#include "mock/json_text.h"

void
json_text_line(struct buf *out, unsigned level)
{
	buf_addf(out, "\n%*s", (int)level * 2, "");
}

/* JSON; a template takes {{ for its own, which \u007b keeps it from. */
void
json_text_add_string(struct buf *out, struct str s, bool template)
{
	size_t i;
	unsigned char c;

	buf_add(out, "\"", 1);
	for (i = 0; i < s.n; i++) {
		c = (unsigned char)s.p[i];
		if (template && c == '{' && i > 0 && s.p[i - 1] == '{')
			buf_add_text(out, "\\u007b");
		else if (c == '"' || c == '\\')
			buf_addf(out, "\\%c", c);
		else if (c == '\n')
			buf_add_text(out, "\\n");
		else if (c < 0x20)
			buf_addf(out, "\\u%04x", c);
		else
			buf_add(out, &c, 1);
	}
	buf_add(out, "\"", 1);
}

void
json_text_add_number(struct buf *out, double v)
{
	char text[NUMBER_BYTES];

	number_format(v, text);
	buf_add_text(out, text);
}

static void
json_text_number(struct buf *out, const json_t *v)
{
	if (json_is_integer(v))
		buf_addf(out, "%" JSON_INTEGER_FORMAT, json_integer_value(v));
	else
		json_text_add_number(out, json_real_value(v));
}

static void
json_text_list(struct buf *out, const json_t *v, unsigned level, bool template)
{
	size_t i, n = json_array_size(v);

	buf_add(out, "[", 1);
	for (i = 0; i < n; i++) {
		json_text_line(out, level + 1);
		json_text_add(out, json_array_get(v, i), level + 1, template);
		buf_add_text(out, i + 1 < n ? "," : "");
	}
	if (n > 0)
		json_text_line(out, level);
	buf_add(out, "]", 1);
}

static void
json_text_object(
    struct buf *out, const json_t *v, unsigned level, bool template)
{
	const char *name;
	json_t *member;
	bool first = true;

	buf_add(out, "{", 1);
	json_object_foreach((json_t *)(uintptr_t)v, name, member)
	{
		buf_add_text(out, first ? "" : ",");
		first = false;
		json_text_line(out, level + 1);
		json_text_add_string(out, str_of(name), template);
		buf_add_text(out, ": ");
		json_text_add(out, member, level + 1, template);
	}
	if (!first)
		json_text_line(out, level);
	buf_add(out, "}", 1);
}

void
json_text_add(struct buf *out, const json_t *v, unsigned level, bool template)
{
	if (json_is_object(v))
		json_text_object(out, v, level, template);
	else if (json_is_array(v))
		json_text_list(out, v, level, template);
	else if (json_is_string(v))
		json_text_add_string(out,
		    (struct str){ json_string_value(v), json_string_length(v) },
		    template);
	else if (json_is_number(v))
		json_text_number(out, v);
	else
		buf_add_text(out, json_is_true(v)    ? "true"
				  : json_is_false(v) ? "false"
						     : "null");
}
