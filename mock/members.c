#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/err.h"

#include "mock/members.h"

int
members_expected(
    struct reading *in, const char *name, const char *what, json_t *got)
{
	char *is = json_dumps(got, JSON_ENCODE_ANY | JSON_COMPACT);

	err_set(in->e, "%.*s: %s%s%s: expected %s%s%.60s", STR_ARGS(in->path),
	    in->where.n > 0 ? buf_text(&in->where) : "",
	    in->where.n > 0 ? "." : "", name, what, is != NULL ? ", not " : "",
	    is != NULL ? is : "");
	free(is);
	return -1;
}

static struct str
members_copy(struct reading *in, json_t *text)
{
	return arena_str(in->arena,
	    (struct str){ json_string_value(text), json_string_length(text) });
}

static int
members_read_text(
    struct reading *in, const struct member *m, json_t *from, struct str *to)
{
	char *text;
	size_t i;

	if ((m->kind == MEMBER_BODY || m->kind == MEMBER_LINE) &&
	    !json_is_string(from)) {
		text = json_dumps(from,
		    JSON_ENCODE_ANY | (m->kind == MEMBER_BODY ? JSON_INDENT(2)
							      : JSON_COMPACT));
		*to = arena_str(in->arena, str_of(text));
		free(text);
		return 0;
	}
	if (json_is_null(from))
		return 0;
	if (!json_is_string(from))
		return members_expected(in, m->name, "a text", from);
	*to = members_copy(in, from);
	for (i = 0; m->kind == MEMBER_LOWER && i < to->n; i++)
		if (to->p[i] >= 'A' && to->p[i] <= 'Z')
			((char *)(uintptr_t)to->p)[i] |= 32;
	return 0;
}

static int
members_expected_number(
    struct reading *in, const struct member *m, json_t *from)
{
	char what[64];

	snprintf(what, sizeof(what), "a number from %llu to %llu",
	    (unsigned long long)m->least, (unsigned long long)m->most);
	return members_expected(in, m->name, what, from);
}

static int
members_read_number(
    struct reading *in, const struct member *m, json_t *from, uint64_t *to)
{
	json_int_t v = json_integer_value(from);
	double real = json_real_value(from);

	if (json_is_null(from))
		return 0;
	/* Older formats wrote numbers as texts. */
	if (json_is_string(from))
		v = strtoll(json_string_value(from), NULL, 10);
	else if (json_is_real(from))
		v = real >= 0 && real < 1e18 ? (json_int_t)real : -1;
	if ((!json_is_number(from) && !json_is_string(from)) || v < 0 ||
	    (uint64_t)v < m->least || (uint64_t)v > m->most)
		return members_expected_number(in, m, from);
	*to = (uint64_t)v;
	return 0;
}

static int
members_read_real(
    struct reading *in, const struct member *m, json_t *from, double *to)
{
	double v = json_number_value(from);

	if (json_is_null(from))
		return 0;
	if (!json_is_number(from) || !(v >= (double)m->least) ||
	    v > (double)m->most)
		return members_expected_number(in, m, from);
	*to = v;
	return 0;
}

static int
members_read_word(
    struct reading *in, const struct member *m, json_t *from, int *to)
{
	struct buf what = { 0 };
	int i, r;

	if (json_is_null(from))
		return 0;
	for (i = 0; json_is_string(from) && m->words[i] != NULL; i++)
		if (m->words[i][0] != '\0' &&
		    strcmp(m->words[i], json_string_value(from)) == 0) {
			*to = i;
			return 0;
		}
	buf_add_text(&what, "one of");
	for (i = 0; m->words[i] != NULL; i++)
		buf_addf(&what, " %s",
		    m->words[i][0] != '\0' ? m->words[i] : "null");
	r = members_expected(in, m->name, buf_text(&what), from);
	buf_free(&what);
	return r;
}

/* All lists of the model are a pointer and their length behind it. */
struct list {
	void *v;
	size_t n;
};

static int
members_read_list(
    struct reading *in, const struct member *m, json_t *from, struct list *to)
{
	size_t i, n = json_array_size(from), was = in->where.n;
	char *at;
	int r = 0;

	if (json_is_null(from))
		return 0;
	if (!json_is_array(from))
		return members_expected(in, m->name, "a list", from);
	to->v = arena_zalloc(in->arena, (n + 1) * m->of->size);
	for (i = 0; r == 0 && i < n; i++) {
		buf_addf(
		    &in->where, "%s%s[%zu]", was > 0 ? "." : "", m->name, i);
		at = (char *)to->v + i * m->of->size;
		if (m->of->init != NULL)
			m->of->init(at);
		r = members_read(in, m->of, json_array_get(from, i), at);
		in->where.n = was;
	}
	to->n = n;
	return r;
}

int
members_read_part(
    struct reading *in, const struct member *m, json_t *from, void *to)
{
	size_t was = in->where.n;
	int r;

	if (json_is_null(from))
		return 0;
	if (!json_is_object(from))
		return members_expected(in, m->name, "an object", from);
	buf_addf(&in->where, "%s%s", was > 0 ? "." : "", m->name);
	r = members_read(in, m->of, from, to);
	in->where.n = was;
	return r;
}

int
members_read_new(
    struct reading *in, const struct member *m, json_t *from, void *to)
{
	void *made;

	if (json_is_null(from))
		return 0;
	made = arena_zalloc(in->arena, m->of->size);
	if (m->of->init != NULL)
		m->of->init(made);
	memcpy(to, &made, sizeof(made));
	return members_read_part(in, m, from, made);
}

static int
members_read_member(
    struct reading *in, const struct member *m, json_t *from, void *object)
{
	void *to = (char *)object + m->slot;

	switch (m->kind) {
	case MEMBER_TEXT:
	case MEMBER_BODY:
	case MEMBER_LINE:
	case MEMBER_LOWER:
		return members_read_text(in, m, from, to);
	case MEMBER_NUMBER:
		return members_read_number(in, m, from, to);
	case MEMBER_REAL:
		return members_read_real(in, m, from, to);
	case MEMBER_BOOL:
		if (!json_is_boolean(from) && !json_is_null(from))
			return members_expected(
			    in, m->name, "true or false", from);
		*(bool *)to = json_is_true(from);
		return 0;
	case MEMBER_WORD:
		return members_read_word(in, m, from, to);
	case MEMBER_LIST:
		return members_read_list(in, m, from, to);
	case MEMBER_OBJECT:
		return members_read_new(in, m, from, to);
	case MEMBER_GROUP:
		return members_read_part(in, m, from, object);
	case MEMBER_OWN:
		return m->read(in, m, from, to);
	case MEMBER_OTHER:
		break;
	}
	return 0;
}

void
members_remark(struct reading *in, const char *name, const char *what)
{
	if (in->remarks != NULL)
		buf_addf(in->remarks, "%.*s: %s%s%s: %s\n", STR_ARGS(in->path),
		    in->where.n > 0 ? buf_text(&in->where) : "",
		    in->where.n > 0 ? "." : "", name, what);
}

/* What the object has not, but has to have. */
static int
members_missing(struct reading *in, const struct shape *shape, json_t *from)
{
	const struct member *m;

	for (m = shape->members; m->name != NULL; m++)
		if (m->needed && json_object_get(from, m->name) == NULL)
			return members_expected(in, m->name, "it here", NULL);
	return 0;
}

int
members_read(
    struct reading *in, const struct shape *shape, json_t *from, void *to)
{
	const struct member *m;
	const char *name;
	json_t *value;

	if (!json_is_object(from))
		return err_set(in->e, "%.*s: %s: expected an object",
		    STR_ARGS(in->path), buf_text(&in->where));
	json_object_foreach(from, name, value)
	{
		for (m = shape->members; m->name != NULL; m++)
			if (strcmp(m->name, name) == 0)
				break;
		if (m->name == NULL)
			members_remark(in, name, "nobody knows it");
		else if (members_read_member(in, m, value, to) == -1)
			return -1;
	}
	return members_missing(in, shape, from);
}
