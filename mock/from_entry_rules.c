/* What a recorded request has to say for its answer to come again. */
#include "config.h"

#include <string.h>

#include "base/buf.h"
#include "base/number.h"

#include "mock/draft.h"

#include "mock/from_entry_priv.h"

#define LEAVES 32 /* of a JSON body that has a rule for each */
#define DEPTH 16

/* ---- one rule ----------------------------------------------------------- */

/* Modifier and value are templates, and neither text is meant as one. */
static void
from_entry_rule(struct draft *d, json_t *response, struct str where,
    const char *target, struct str modifier, struct str value)
{
	struct buf quoted[2] = { { 0 }, { 0 } };

	if (!str_is_utf8(modifier) || !str_is_utf8(value) ||
	    !draft_quote(&quoted[0], modifier) ||
	    !draft_quote(&quoted[1], value))
		draft_note(d, where,
		    "%s %.*s is not compared: no rule can have it", target,
		    STR_ARGS(modifier));
	else
		draft_rule(response, target, buf_str(&quoted[0]), "equals",
		    buf_str(&quoted[1]), false);
	buf_free(&quoted[0]);
	buf_free(&quoted[1]);
}

static void
from_entry_add_step(struct buf *path, struct str name)
{
	size_t i;

	if (path->n > 0)
		buf_add(path, ".", 1);
	for (i = 0; i < name.n; i++) {
		if (name.p[i] == '.' || name.p[i] == '\\')
			buf_add(path, "\\", 1);
		buf_add(path, name.p + i, 1);
	}
}

/* ---- pairs -------------------------------------------------------------- */

static bool
from_entry_is_index(struct str s)
{
	uint64_t v;

	return s.n == 0 || str_u64(s, &v) == 0;
}

/* "a[b][]" as the path "a.b": any item of a list may be equal. */
static void
from_entry_modifier(struct buf *out, struct str name)
{
	struct str rest = name, part;

	if (name.n > 0 && name.p[0] == '$') {
		/* It would be JSONPath; this one is. */
		buf_addf(out, "$['%.*s']", STR_ARGS(name));
		return;
	}
	str_cut(&rest, '[', &part);
	from_entry_add_step(out, part);
	while (rest.p != NULL && str_cut(&rest, '[', &part)) {
		if (part.n > 0 && part.p[part.n - 1] == ']')
			part.n--;
		if (!from_entry_is_index(part))
			from_entry_add_step(out, part);
	}
}

void
from_entry_pairs(struct draft *d, json_t *response, const char *target,
    struct str where, struct str pairs)
{
	struct buf name = { 0 }, value = { 0 }, modifier = { 0 };
	struct str pair, part;

	while (pairs.p != NULL && str_cut(&pairs, '&', &pair)) {
		if (pair.n == 0)
			continue;
		name.n = value.n = modifier.n = 0;
		str_cut(&pair, '=', &part);
		buf_add_decoded(&name, part, true);
		buf_add_decoded(&value, pair, true);
		from_entry_modifier(&modifier, buf_str(&name));
		if (modifier.n > 0)
			from_entry_rule(d, response, where, target,
			    buf_str(&modifier), buf_str(&value));
	}
	buf_free(&name);
	buf_free(&value);
	buf_free(&modifier);
}

/* ---- JSON --------------------------------------------------------------- */

/* How many values without members there are, as far as that matters. */
static size_t
from_entry_leaves(const json_t *v, unsigned depth)
{
	json_t *member, *list = (json_t *)(uintptr_t)v;
	const char *name;
	size_t n = 0, i;

	if (depth > DEPTH)
		return LEAVES + 1;
	json_object_foreach(list, name, member) n +=
	    n > LEAVES ? 0 : from_entry_leaves(member, depth + 1);
	json_array_foreach(list, i, member) n +=
	    n > LEAVES ? 0 : from_entry_leaves(member, depth + 1);
	return n > 0 ? n : 1;
}

struct leaves {
	struct draft *draft;
	json_t *response;
	struct str where;
	struct buf path;
};

static void
from_entry_leaf(struct leaves *l, const json_t *v)
{
	struct str path = buf_str(&l->path), text = STR("");
	char number[NUMBER_BYTES];

	if (json_is_null(v) || json_is_array(v)) {
		draft_rule(l->response, "body", path,
		    json_is_null(v) ? "null" : "empty_array", text, false);
		return;
	}
	if (json_is_object(v))
		return; /* an empty one: there is nothing to compare */
	if (json_is_string(v))
		text =
		    (struct str){ json_string_value(v), json_string_length(v) };
	else if (json_is_boolean(v))
		text = json_is_true(v) ? STR("true") : STR("false");
	else
		text = (struct str){ number,
			number_format(json_number_value(v), number) };
	from_entry_rule(l->draft, l->response, l->where, "body", path, text);
}

static void
from_entry_walk(struct leaves *l, const json_t *v)
{
	json_t *member, *list = (json_t *)(uintptr_t)v;
	size_t had = l->path.n, i;
	const char *name;
	char index[24];
	bool leaf = true;

	json_object_foreach(list, name, member)
	{
		leaf = false;
		from_entry_add_step(&l->path, str_of(name));
		from_entry_walk(l, member);
		l->path.n = had;
	}
	json_array_foreach(list, i, member)
	{
		leaf = false;
		snprintf(index, sizeof(index), "%zu", i);
		from_entry_add_step(&l->path, str_of(index));
		from_entry_walk(l, member);
		l->path.n = had;
	}
	if (leaf)
		from_entry_leaf(l, v);
}

/* Objects member by member, so that neither spaces nor order count; what is
 * long, and what only paths could not tell, as the text it is. */
static bool
from_entry_json(
    struct draft *d, json_t *response, struct str where, struct str body)
{
	struct leaves l = { .draft = d, .response = response, .where = where };
	json_t *v = json_loadb(body.p, body.n, JSON_REJECT_DUPLICATES, NULL);
	const char *name;
	json_t *member;
	bool paths =
	    json_object_size(v) > 0 && from_entry_leaves(v, 0) <= LEAVES;

	json_object_foreach(v, name, member) paths =
	    paths && name[0] != '$' && name[0] != '\0';
	if (paths)
		from_entry_walk(&l, v);
	json_decref(v);
	buf_free(&l.path);
	return paths;
}

static bool
from_entry_type_is(struct str type, const char *what)
{
	return type.n > 0 && memmem(type.p, type.n, what, strlen(what)) != NULL;
}

void
from_entry_body(struct draft *d, json_t *response, struct str where,
    struct str type, struct str body)
{
	if (from_entry_type_is(type, "x-www-form-urlencoded")) {
		from_entry_pairs(d, response, "body", where, body);
		return;
	}
	if (from_entry_type_is(type, "multipart/")) {
		draft_note(d, where,
		    "the request's body is not compared: its "
		    "parts are cut differently each time");
		return;
	}
	if (from_entry_type_is(type, "json") &&
	    from_entry_json(d, response, where, body))
		return;
	from_entry_rule(d, response, where, "body", STR(""), body);
}
