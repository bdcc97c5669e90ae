#include "config.h"

#include <math.h>
#include <string.h>

#include "base/number.h"
#include "mock/jsonpath.h"

#include "mock/value_path.h"

#define VALUE_PATH_GAP 10000 /* an array is not stretched further at once */

/*
 * Cuts the first name off *rest.  In a path with an escaped dot backslash-dot
 * is one, and there no name is a number.
 */
static bool
value_path_cut(struct values *v, struct str *rest, struct str *name)
{
	struct value copy;
	char *to;
	size_t i;

	if (rest->p == NULL)
		return false;
	for (i = 0; i < rest->n && rest->p[i] != '.'; i++)
		if (rest->p[i] == '\\' && i + 1 < rest->n &&
		    rest->p[i + 1] == '.')
			i++;
	*name = (struct str){ rest->p, i };
	*rest = i < rest->n ? (struct str){ rest->p + i + 1, rest->n - i - 1 }
			    : (struct str){ NULL, 0 };
	if (name->n == 0 || memmem(name->p, name->n, "\\.", 2) == NULL)
		return true;
	copy = value_copy_text(v, *name);
	to = (char *)copy.text.p;
	for (i = 0; i < copy.text.n; i++) {
		if (copy.text.p[i] == '\\' && i + 1 < copy.text.n &&
		    copy.text.p[i + 1] == '.')
			i++;
		*to++ = copy.text.p[i];
	}
	*name = (struct str){ copy.text.p, (size_t)(to - copy.text.p) };
	return true;
}

struct value
value_path_names(struct values *v, struct value of, struct str path)
{
	struct str rest = path, name;

	while (of.kind != VALUE_UNDEFINED && value_path_cut(v, &rest, &name))
		of = value_is_nothing(of) ? VALUE_NONE : value_get(of, name);
	return of;
}

int
value_path_find(
    struct values *v, struct value of, struct str path, struct value *found)
{
	*found = of;
	if (path.n == 0 || (of.kind != VALUE_NULL && !value_is_object(of)))
		return 0;
	*found = VALUE_NONE;
	if (path.p[0] == '$')
		return jsonpath_find(v, of, path, found);
	*found = value_path_names(v, of, path);
	return 0;
}

/* Sets an item of an array, which grows by what was not there. */
static int
value_path_set_item(
    struct values *v, struct value_array *a, size_t at, struct value item)
{
	struct value array = { .kind = VALUE_ARRAY, .array = a };

	if (at > a->n + VALUE_PATH_GAP)
		return -1;
	while (a->n <= at && !v->over)
		value_push(v, array, VALUE_NONE);
	if (at < a->n)
		a->at[at] = item;
	return 0;
}

static int
value_path_put(
    struct values *v, struct value of, struct str name, struct value item)
{
	size_t at;

	if (of.kind == VALUE_OBJECT)
		value_set(v, of, value_copy_text(v, name).text, item);
	else if (of.kind != VALUE_ARRAY)
		return -1;
	else if (value_is_index(name, &at))
		return value_path_set_item(v, of.array, at, item);
	return 0; /* other properties of an array are not seen again */
}

int
value_path_set(
    struct values *v, struct value of, struct str path, struct value item)
{
	bool escaped = memmem(path.p, path.n, "\\.", 2) != NULL;
	struct str rest = path, name, next;
	struct value inner;
	size_t at;

	if (!value_path_cut(v, &rest, &name))
		return 0;
	while (value_path_cut(v, &rest, &next)) {
		inner = value_is_nothing(of) ? of : value_get(of, name);
		if (inner.kind == VALUE_UNDEFINED) {
			inner = !escaped && value_is_index(next, &at)
				    ? value_new_array(v, 0)
				    : value_new_object(v);
			if (value_path_put(v, of, name, inner) == -1)
				return -1;
		}
		of = inner;
		name = next;
	}
	return value_path_put(v, of, name, item);
}

/* What splice(name, 1) takes out of an array. */
static void
value_path_splice(struct value_array *a, struct str name)
{
	double at = number_of(name);

	at = isnan(at) ? 0 : trunc(at);
	if (at < 0)
		at = fmax(0, at + (double)a->n);
	if (at >= (double)a->n)
		return;
	memmove(a->at + (size_t)at, a->at + (size_t)at + 1,
	    (a->n - (size_t)at - 1) * sizeof(*a->at));
	a->n--;
}

void
value_path_delete(struct values *v, struct value of, struct str path)
{
	struct str rest = path, name, next;

	if (!value_path_cut(v, &rest, &name))
		return;
	while (value_path_cut(v, &rest, &next)) {
		of = value_is_nothing(of) ? of : value_get(of, name);
		name = next;
	}
	if (of.kind == VALUE_OBJECT)
		value_remove(of, name);
	else if (of.kind == VALUE_ARRAY)
		value_path_splice(of.array, name);
}
