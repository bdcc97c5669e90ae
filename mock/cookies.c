#include "config.h"

#include <string.h>

#include "mock/form.h"
#include "mock/value_json.h"

#include "mock/cookies.h"

/* A value: without its quotes and percent encoding, or the value of JSON. */
static struct value
cookies_value(struct values *v, struct str text)
{
	struct value value;
	char *p;
	size_t n;

	if (text.n > 0 && text.p[0] == '"' && text.p[text.n - 1] == '"') {
		text.p++;
		text.n = text.n > 1 ? text.n - 2 : 0;
	}
	value = value_copy_text(v, text);
	n = value.text.n;
	p = (char *)(uintptr_t)value.text.p;
	if (n > 0 && form_decode(p, &n))
		value.text.n = n;
	text = value.text;
	if (str_starts(text, "j:") &&
	    value_read_json(
		v, (struct str){ text.p + 2, text.n - 2 }, &value) == 0 &&
	    !value_is_true(value))
		return value_text(text);
	return value;
}

static void
cookies_take(struct values *v, struct value cookies, struct str pair)
{
	struct str name, value = pair;

	(void)str_cut(&value, '=', &name);
	if (value.p == NULL)
		return;
	name = str_trim(name);
	if (value_get(cookies, name).kind == VALUE_UNDEFINED &&
	    !str_is(name, "__proto__"))
		value_set(v, cookies, name, cookies_value(v, str_trim(value)));
}

struct value
cookies_read(struct values *v, struct str line)
{
	struct value cookies = value_new_object(v);
	struct str rest = line, pair;

	while (line.n > 1 && str_cut(&rest, ';', &pair))
		cookies_take(v, cookies, pair);
	return cookies;
}
