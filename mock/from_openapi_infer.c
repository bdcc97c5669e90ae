/* The rules of infer.h as calls in templates. */
#include "config.h"

#include <string.h>

#include "base/buf.h"

#include "mock/infer.h"
#include "mock/json_text.h"

#include "mock/from_openapi_priv.h"

static void infer_add_value(struct buf *out, const json_t *v);

static void
infer_add_members(struct buf *out, const json_t *object)
{
	const char *name;
	json_t *v;

	json_object_foreach((json_t *)(uintptr_t)object, name, v)
	{
		buf_addf(out, " %s=", name);
		infer_add_value(out, v);
	}
}

/* An argument, or one within another. */
static void
infer_add_value(struct buf *out, const json_t *v)
{
	json_t *item;
	size_t i;

	if (json_is_object(v)) {
		buf_add_text(out, "(object");
		infer_add_members(out, v);
		buf_add_text(out, ")");
	} else if (json_is_array(v)) {
		buf_add_text(out, "(array");
		json_array_foreach((json_t *)(uintptr_t)v, i, item)
		{
			buf_add(out, " ", 1);
			infer_add_value(out, item);
		}
		buf_add_text(out, ")");
	} else if (json_is_string(v)) {
		buf_addf(out, "'%s'", json_string_value(v));
	} else {
		json_text_add(out, v, 0, true);
	}
}

static void
infer_add_call(struct buf *out, const struct infer_rule *rule)
{
	json_t *args = rule->args != NULL ? json_loads(rule->args, 0, NULL)
					  : json_array(),
	       *v;
	size_t i;

	buf_addf(out, "faker '%s'", rule->method);
	json_array_foreach(args, i, v)
	{
		if (json_is_object(v)) {
			infer_add_members(out, v);
			continue;
		}
		buf_add(out, " ", 1);
		infer_add_value(out, v);
	}
	json_decref(args);
}

/* What stands around the call of faker, for texts and for numbers. */
static const struct {
	const char *before, *after;
} infer_forms[][2] = {
	[INFER_AS_IT_IS] = { { "{{{", "}}}" }, { "{{", "}}" } },
	[INFER_DATE_TIME] = { { "{{dateFormat (",
				  ") \"yyyy-MM-dd'T'HH:mm:ssxxx\"}}" },
	    { "{{dateFormat (", ") 't'}}" } },
	[INFER_DATE] = { { "{{dateFormat (", ") 'yyyy-MM-dd'}}" },
	    { "{{dateFormat (", ") 't'}}" } },
	[INFER_TIME] = { { "{{dateFormat (", ") 'HH:mm:ss'}}Z" },
	    { "{{dateFormat (", ") 't'}}" } },
	[INFER_MS] = { { "{{dateFormat (", ") 'T'}}" },
	    { "{{dateFormat (", ") 'T'}}" } },
	[INFER_BASE64] = { { "{{{base64 (", ")}}}" },
	    { "{{{base64 (", ")}}}" } },
};

bool
openapi_infer(struct buf *out, struct str name, struct str type)
{
	enum infer_type of = infer_type(type);
	const struct infer_rule *rule = infer_find(name, of, STR(""));
	bool number = of != INFER_STRING;

	/* Not what says nothing of the name, nor patterns of faker's own. */
	if (rule == NULL || rule->names[0] == '\0' ||
	    (rule->args != NULL && strstr(rule->args, "{{") != NULL) ||
	    (of == INFER_INTEGER && strcmp(rule->method, "number.float") == 0))
		return false;
	buf_add_text(out, infer_forms[rule->form][number].before);
	infer_add_call(out, rule);
	buf_add_text(out, infer_forms[rule->form][number].after);
	return true;
}
