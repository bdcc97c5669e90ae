/*
 * All paths are one row of steps, each with the next of its path behind it.
 * A walk keeps, for each level it is in, the steps that a child could take:
 * of a path only those along which the walk went, so that most levels have
 * none, and a step behind ".." on every level below.
 */

#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/mem.h"

#include "har/json_path.h"

#define JSON_STEP_NO_INDEX UINT64_MAX

struct json_step {
	bool any;     /* name and index do not count */
	bool deep;    /* at any depth */
	bool is_name; /* it can be a member */
	struct str name;
	uint64_t index; /* or JSON_STEP_NO_INDEX */
	uint64_t tags;  /* of the path whose last step it is, else 0 */
};

struct json_paths {
	struct json_step *v;
	size_t n, cap;
	uint64_t root; /* tags of the paths without steps */
	struct arena arena;
	size_t *first; /* step of each path */
	size_t paths, first_cap;
};

/* The steps of a level are those of the row from start on, up to those of
 * the next level. */
struct json_walk {
	const struct json_paths *paths;
	size_t *steps;
	size_t n, cap;
	size_t *start;
	size_t depth, start_cap;
	uint64_t *seen; /* per step: the child it was last added for */
	size_t seen_cap;
	uint64_t child;
};

/*
 * Paths
 */

struct json_paths *
json_paths_new(void)
{
	return xcalloc(1, sizeof(struct json_paths));
}

void
json_paths_free(struct json_paths *p)
{
	if (p == NULL)
		return;
	arena_fini(&p->arena);
	free(p->v);
	free(p->first);
	free(p);
}

void
json_paths_clear(struct json_paths *p)
{
	p->n = 0;
	p->paths = 0;
	p->root = 0;
	arena_reset(&p->arena);
}

/* Room for one more of size bytes behind n. */
static void *
json_grow(void *v, size_t n, size_t *cap, size_t size)
{
	if (n < *cap)
		return v;
	*cap = *cap == 0 ? 16 : 2 * *cap;
	return xrealloc(v, *cap * size);
}

static struct json_step *
json_step_add(struct json_paths *p)
{
	p->v = json_grow(p->v, p->n, &p->cap, sizeof(*p->v));
	p->v[p->n] = (struct json_step){ .index = JSON_STEP_NO_INDEX };
	return &p->v[p->n++];
}

/* The index that text is (RFC 6901 section 4), or JSON_STEP_NO_INDEX. */
static uint64_t
json_step_index(struct str text)
{
	uint64_t v;

	if (str_u64(text, &v) == -1 || (text.n > 1 && text.p[0] == '0'))
		return JSON_STEP_NO_INDEX;
	return v;
}

static int
json_pointer_token(
    struct json_paths *p, struct str token, struct json_step *s, struct err *e)
{
	char *out = arena_alloc(&p->arena, token.n);
	size_t i, n = 0;

	for (i = 0; i < token.n; i++) {
		if (token.p[i] != '~') {
			out[n++] = token.p[i];
			continue;
		}
		if (++i == token.n || (token.p[i] != '0' && token.p[i] != '1'))
			return err_set(e, "expected ~0 or ~1 behind a tilde");
		out[n++] = token.p[i] == '0' ? '~' : '/';
	}
	s->any = str_is(token, "*");
	s->is_name = true;
	s->name = (struct str){ out, n };
	s->index = json_step_index(s->name);
	return 0;
}

static int
json_pointer(struct json_paths *p, struct str path, struct err *e)
{
	struct str rest = { path.p + 1, path.n - 1 }, token;

	while (str_cut(&rest, '/', &token))
		if (json_pointer_token(p, token, json_step_add(p), e) == -1)
			return -1;
	return 0;
}

/* A name between quotes, *rest behind the opening one.  The escapes are
 * those of JSON without \u, and the quote. */
static int
json_path_quoted(struct json_paths *p, struct str *rest, char quote,
    struct json_step *s, struct err *e)
{
	static const char from[] = "bfnrt", to[] = "\b\f\n\r\t";
	char *out = arena_alloc(&p->arena, rest->n);
	const char *at;
	size_t i, n = 0;

	for (i = 0; i < rest->n && rest->p[i] != quote; i++) {
		if (rest->p[i] != '\\') {
			out[n++] = rest->p[i];
			continue;
		}
		if (++i == rest->n || rest->p[i] == 'u')
			return err_set(e, "an escape that is not taken");
		at = memchr(from, rest->p[i], sizeof(from) - 1);
		out[n++] = at != NULL ? to[at - from] : rest->p[i];
	}
	if (i == rest->n)
		return err_set(e, "a quoted name does not end");
	s->is_name = true;
	s->name = (struct str){ out, n };
	*rest = (struct str){ rest->p + i + 1, rest->n - i - 1 };
	return 0;
}

/* What stands between brackets, *rest behind the opening one. */
static int
json_path_bracket(
    struct json_paths *p, struct str *rest, struct json_step *s, struct err *e)
{
	size_t n = 0;
	char c;

	*rest = str_trim(*rest);
	c = rest->n > 0 ? rest->p[0] : ']';
	if (c == '\'' || c == '"') {
		*rest = (struct str){ rest->p + 1, rest->n - 1 };
		if (json_path_quoted(p, rest, c, s, e) == -1)
			return -1;
	} else {
		while (n < rest->n && rest->p[n] >= '0' && rest->p[n] <= '9')
			n++;
		s->any = c == '*';
		n += s->any;
		s->index = json_step_index((struct str){ rest->p, n });
		*rest = (struct str){ rest->p + n, rest->n - n };
		if (!s->any && s->index == JSON_STEP_NO_INDEX)
			return err_set(e, "expected a name in quotes, an index "
					  "or * between brackets");
	}
	*rest = str_trim(*rest);
	if (rest->n == 0 || rest->p[0] != ']')
		return err_set(e, "expected ] behind one name, index or *");
	*rest = (struct str){ rest->p + 1, rest->n - 1 };
	return 0;
}

/* A name or * without quotes. */
static int
json_path_word(
    struct json_paths *p, struct str *rest, struct json_step *s, struct err *e)
{
	size_t n = 0;

	while (n < rest->n && memchr(".[]*'\"() ,:?@", rest->p[n], 13) == NULL)
		n++;
	if (n == 0 && rest->n > 0 && rest->p[0] == '*') {
		s->any = true;
		n = 1;
	} else if (n == 0) {
		return err_set(e, "expected a name or * behind a dot");
	}
	s->is_name = true;
	s->name = arena_str(&p->arena, (struct str){ rest->p, n });
	*rest = (struct str){ rest->p + n, rest->n - n };
	return 0;
}

static int
json_path_step(struct json_paths *p, struct str *rest, struct err *e)
{
	struct json_step *s = json_step_add(p);
	size_t dots = 0;

	while (dots < rest->n && dots < 2 && rest->p[dots] == '.')
		dots++;
	*rest = (struct str){ rest->p + dots, rest->n - dots };
	s->deep = dots == 2;
	if (dots != 1 && rest->n > 0 && rest->p[0] == '[') {
		*rest = (struct str){ rest->p + 1, rest->n - 1 };
		return json_path_bracket(p, rest, s, e);
	}
	if (dots == 0)
		return err_set(e, "expected a dot or [");
	return json_path_word(p, rest, s, e);
}

static int
json_path_text(struct json_paths *p, struct str path, struct err *e)
{
	struct str rest = { path.p + 1, path.n - 1 };

	while (rest.n > 0)
		if (json_path_step(p, &rest, e) == -1)
			return -1;
	return 0;
}

static int
json_paths_parse(struct json_paths *p, struct str path, struct err *e)
{
	if (path.n == 0)
		return 0; /* the pointer to the whole */
	if (path.p[0] == '/')
		return json_pointer(p, path, e);
	if (path.p[0] == '$')
		return json_path_text(p, path, e);
	return err_set(e, "expected a JSON Pointer such as /user/id or a "
			  "JSONPath such as $.items[*].id");
}

int
json_paths_add(
    struct json_paths *p, struct str path, uint64_t tags, struct err *e)
{
	size_t was = p->n;
	int r = json_paths_parse(p, path, e);

	if (r == 0 && p->n - was > JSON_PATH_STEPS)
		r = err_set(e, "expected at most %d steps", JSON_PATH_STEPS);
	if (r == -1) {
		p->n = was;
		return err_wrap(
		    e, "%.*s", (int)(path.n < 200 ? path.n : 200), path.p);
	}
	if (p->n == was) {
		p->root |= tags;
		return 0;
	}
	p->v[p->n - 1].tags = tags;
	p->first =
	    json_grow(p->first, p->paths, &p->first_cap, sizeof(*p->first));
	p->first[p->paths++] = was;
	return 0;
}

/*
 * A walk
 */

struct json_walk *
json_walk_new(void)
{
	return xcalloc(1, sizeof(struct json_walk));
}

void
json_walk_free(struct json_walk *w)
{
	if (w == NULL)
		return;
	free(w->steps);
	free(w->start);
	free(w->seen);
	free(w);
}

/* A new level, above those that are there. */
static void
json_walk_down(struct json_walk *w)
{
	w->start =
	    json_grow(w->start, w->depth, &w->start_cap, sizeof(*w->start));
	w->start[w->depth++] = w->n;
	w->child++;
}

/* A step that children of the current level could take. */
static void
json_walk_add(struct json_walk *w, size_t step)
{
	if (w->seen[step] == w->child)
		return;
	w->seen[step] = w->child;
	w->steps = json_grow(w->steps, w->n, &w->cap, sizeof(*w->steps));
	w->steps[w->n++] = step;
}

uint64_t
json_walk_begin(struct json_walk *w, const struct json_paths *p)
{
	size_t i;

	w->paths = p;
	w->n = w->depth = 0;
	if (p == NULL)
		return 0;
	if (p->n > w->seen_cap) {
		w->seen_cap = p->n;
		free(w->seen);
		w->seen = xcalloc(w->seen_cap, sizeof(*w->seen));
		w->child = 0;
	}
	json_walk_down(w);
	for (i = 0; i < p->paths; i++)
		json_walk_add(w, p->first[i]);
	return p->root;
}

static bool
json_step_fits(const struct json_step *s, const struct str *name, uint64_t at)
{
	if (s->any)
		return true;
	return name != NULL ? s->is_name && str_eq(s->name, *name)
			    : s->index == at;
}

static uint64_t
json_walk_into(struct json_walk *w, const struct str *name, uint64_t at)
{
	const struct json_step *s;
	size_t i, end = w->n;
	uint64_t tags = 0;

	if (w->paths == NULL)
		return 0;
	i = w->start[w->depth - 1];
	json_walk_down(w);
	for (; i < end; i++) {
		s = &w->paths->v[w->steps[i]];
		if (s->deep)
			json_walk_add(w, w->steps[i]);
		if (!json_step_fits(s, name, at))
			continue;
		if (s->tags != 0)
			tags |= s->tags;
		else
			json_walk_add(w, w->steps[i] + 1);
	}
	return tags;
}

uint64_t
json_walk_name(struct json_walk *w, struct str name)
{
	return json_walk_into(w, &name, 0);
}

uint64_t
json_walk_index(struct json_walk *w, uint64_t index)
{
	return json_walk_into(w, NULL, index);
}

void
json_walk_up(struct json_walk *w)
{
	if (w->paths != NULL)
		w->n = w->start[--w->depth];
}

/*
 * All places
 */

/* An object or array that is open. */
struct json_search_level {
	size_t place;  /* its own, to be ended; SIZE_MAX for none */
	size_t behind; /* where its last child, or its bracket, ends */
	uint64_t next; /* index of the next child; counts members, too */
	bool object;
};

struct json_search {
	struct json *j;
	struct json_walk *walk;
	struct json_places *places;
	size_t most;
	struct json_search_level *open;
	size_t depth, cap;
};

static size_t
json_search_place(
    struct json_search *s, enum json_token kind, uint64_t tags, size_t from)
{
	struct json_places *p = s->places;
	struct json_search_level *o =
	    s->depth > 0 ? &s->open[s->depth - 1] : NULL;

	if (tags == 0)
		return SIZE_MAX;
	p->v = json_grow(p->v, p->n, &p->cap, sizeof(*p->v));
	p->v[p->n] = (struct json_place){ .tags = tags,
		.kind = kind,
		.from = from,
		.cut_from = o != NULL ? o->behind : from,
		.first = o != NULL && o->next == 0 };
	return p->n++;
}

/* A value is over. */
static void
json_search_close(struct json_search *s, size_t place)
{
	size_t to = (size_t)json_offset(s->j);

	if (place != SIZE_MAX)
		s->places->v[place].to = to;
	if (s->depth > 0) {
		s->open[s->depth - 1].behind = to;
		s->open[s->depth - 1].next++;
		json_walk_up(s->walk);
	}
}

static void
json_search_open(struct json_search *s, size_t place, bool object)
{
	s->open = json_grow(s->open, s->depth, &s->cap, sizeof(*s->open));
	s->open[s->depth++] = (struct json_search_level){ .place = place,
		.behind = (size_t)json_offset(s->j),
		.object = object };
}

/* The value that begins with t.  0 or -1. */
static int
json_search_value(struct json_search *s, enum json_token t, uint64_t tags)
{
	size_t place = json_search_place(s, t, tags, (size_t)json_start(s->j));

	if (t == JSON_OBJECT || t == JSON_ARRAY) {
		json_search_open(s, place, t == JSON_OBJECT);
		return 0;
	}
	if (t == JSON_STRING && json_decode(s->j, NULL, 0) == -1)
		return -1;
	json_search_close(s, place);
	return 0;
}

/* One token and what belongs to it.  1, 0 at the end, -1. */
static int
json_search_next(struct json_search *s, struct err *e)
{
	enum json_token t = json_next(s->j);
	struct json_search_level *o;
	uint64_t tags;

	if (s->places->n > s->most)
		return err_set(e, "more than %zu places", s->most);
	if (t == JSON_END)
		return 0;
	if (t == JSON_OBJECT_END || t == JSON_ARRAY_END) {
		json_search_close(s, s->open[--s->depth].place);
		return 1;
	}
	o = s->depth > 0 ? &s->open[s->depth - 1] : NULL;
	if (t == JSON_NAME) {
		tags = json_walk_name(s->walk, json_text(s->j));
		t = json_next(s->j);
	} else {
		tags = o == NULL ? 0 : json_walk_index(s->walk, o->next);
	}
	if (t != JSON_ERROR && json_search_value(s, t, tags) == 0)
		return 1;
	return json_error(s->j, e);
}

static int
json_search_all(
    struct json_search *s, const struct json_paths *p, struct err *e)
{
	enum json_token t;
	uint64_t root;
	int r;

	do {
		root = json_walk_begin(s->walk, p);
		t = json_next(s->j);
		if (t == JSON_ERROR || json_search_value(s, t, root) == -1)
			return json_error(s->j, e);
		while (s->depth > 0)
			if ((r = json_search_next(s, e)) <= 0)
				return r;
	} while (json_more(s->j));
	return json_search_next(s, e);
}

int
json_paths_find(const struct json_paths *p, struct str text, size_t most,
    struct json_places *places, struct err *e)
{
	struct json_search s = { .j = json_open_str(text),
		.walk = json_walk_new(),
		.places = places,
		.most = most };
	int r;

	places->n = 0;
	r = json_search_all(&s, p, e);
	if (r == 0 && places->n > most)
		r = err_set(e, "more than %zu places", most);
	if (r != 0)
		places->n = 0;
	json_close(s.j);
	json_walk_free(s.walk);
	free(s.open);
	return r;
}

void
json_places_fini(struct json_places *places)
{
	free(places->v);
	*places = (struct json_places){ 0 };
}

/*
 * Editing
 */

struct json_editing {
	struct str text;
	struct buf *out;
	size_t at;      /* what is in front is done */
	bool comma_too; /* all that stood in front of at in its object or array
			   was cut: so is the comma that comes */
};

static bool
json_is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* Adds the text up to to. */
static void
json_editing_copy(struct json_editing *x, size_t to)
{
	size_t at = x->at;

	if (x->comma_too) {
		while (at < to && json_is_space(x->text.p[at]))
			at++;
		if (at < to && x->text.p[at] == ',')
			x->at = at + 1;
		x->comma_too = false;
	}
	buf_add(x->out, x->text.p + x->at, to - x->at);
	x->at = to;
}

static void
json_editing_cut(struct json_editing *x, const struct json_place *p)
{
	bool run = x->comma_too && x->at == p->cut_from;

	if (!run && x->at < p->cut_from)
		json_editing_copy(x, p->cut_from);
	x->at = p->to;
	x->comma_too = run || p->first;
}

void
json_places_edit(const struct json_places *places, struct str text,
    json_edit_fn fn, void *arg, struct buf *out)
{
	struct json_editing x = { .text = text, .out = out };
	struct buf put = { 0 };
	const struct json_place *p;
	size_t i;

	for (i = 0; i < places->n; i++) {
		p = &places->v[i];
		if (p->from < x.at)
			continue;
		put.n = 0;
		switch (fn(arg, p,
		    (struct str){ text.p + p->from, p->to - p->from }, &put)) {
		case JSON_EDIT_KEEP:
			break;
		case JSON_EDIT_PUT:
			json_editing_copy(&x, p->from);
			buf_add(out, put.p, put.n);
			x.at = p->to;
			break;
		case JSON_EDIT_CUT:
			json_editing_cut(&x, p);
			break;
		}
	}
	json_editing_copy(&x, text.n);
	buf_free(&put);
}
