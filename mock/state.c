#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/mem.h"
#include "mock/environment.h"
#include "mock/value_json.h"

#include "mock/state_priv.h"

/* ---- snapshots --------------------------------------------------------- */

struct snapshot *
snapshot_ref(struct snapshot *s)
{
	if (s != NULL)
		atomic_fetch_add(&s->refs, 1);
	return s;
}

void
snapshot_unref(struct snapshot *s)
{
	if (s == NULL || atomic_fetch_sub(&s->refs, 1) != 1)
		return;
	arena_fini(&s->arena);
	free(s);
}

struct snapshot *
snapshot_new(struct values *v)
{
	struct snapshot *s = xcalloc(1, sizeof(*s));

	atomic_init(&s->refs, 1);
	s->value = VALUE_NONE;
	*v = (struct values){ .arena = &s->arena, .most = STATE_MOST_VALUE };
	return s;
}

/* What slot has, held until the request is over.  With the lock. */
static struct value
state_hold(struct state_use *u, struct snapshot *s)
{
	if (s == NULL)
		return VALUE_NONE;
	if ((u->nheld & (u->nheld - 1)) == 0)
		u->held = xrealloc(u->held,
		    (u->nheld == 0 ? 1 : 2 * u->nheld) * sizeof(*u->held));
	u->held[u->nheld++] = snapshot_ref(s);
	return s->value;
}

/*
 * Puts a changed copy into slot, and gives whether edit wanted it.  With the
 * lock; edit must not ask for state.
 */
static bool
state_edit(struct snapshot **slot, template_edit_fn edit, void *cookie)
{
	struct values v;
	struct snapshot *next = snapshot_new(&v);
	bool keep;

	if (*slot != NULL)
		next->value = value_copy(&v, (*slot)->value);
	keep = edit(cookie, &v, &next->value) && !v.over;
	value_settle(next->value);
	if (!keep) {
		snapshot_unref(next);
		return false;
	}
	snapshot_unref(*slot);
	*slot = next;
	return true;
}

/* ---- the state --------------------------------------------------------- */

struct state *
state_new(struct state *like)
{
	struct state *s = xcalloc(1, sizeof(*s));

	atomic_init(&s->refs, 1);
	pthread_mutex_init(&s->lock, NULL);
	s->like = like != NULL ? state_ref(like) : NULL;
	return s;
}

struct state *
state_ref(struct state *s)
{
	atomic_fetch_add(&s->refs, 1);
	return s;
}

void
state_on_change(struct state *s, void (*on_change)(void *arg), void *arg)
{
	s->on_change = on_change;
	s->arg = arg;
}

void
state_change_told(struct state *s)
{
	if (s->on_change != NULL && !s->changed) {
		s->changed = true;
		s->on_change(s->arg);
	}
}

static void
kept_fini(struct kept *k)
{
	snapshot_unref(k->now);
	snapshot_unref(k->first);
}

static void
state_drop_buckets(struct state *s)
{
	while (s->nbuckets > 0)
		kept_fini(&s->buckets[--s->nbuckets]);
	numbers_fini(&s->places);
}

static void
state_drop_variables(struct state *s)
{
	struct variable *x;

	while (s->nglobals > 0) {
		x = &s->globals[--s->nglobals];
		free(x->name);
		snapshot_unref(x->now);
	}
}

static void
state_drop_scenarios(struct state *s)
{
	struct scenario *x;

	while (s->nscenarios > 0) {
		x = &s->scenarios[--s->nscenarios];
		buf_free(&x->name);
		buf_free(&x->state);
	}
}

void
state_unref(struct state *s)
{
	if (s == NULL || atomic_fetch_sub(&s->refs, 1) != 1)
		return;
	state_drop_buckets(s);
	state_drop_variables(s);
	state_drop_scenarios(s);
	pthread_mutex_destroy(&s->lock);
	free(s->scenarios);
	numbers_fini(&s->served);
	free(s->globals);
	free(s->buckets);
	state_unref(s->like);
	free(s);
}

uint64_t
state_number(struct state *s, uint64_t route)
{
	const uint64_t *served;
	uint64_t n;

	pthread_mutex_lock(&s->lock);
	served = numbers_find(&s->served, route);
	n = served != NULL ? *served + 1 : 1;
	pthread_mutex_unlock(&s->lock);
	return n;
}

void
state_count(struct state *s, uint64_t key)
{
	uint64_t *served = numbers_find(&s->served, key);

	if (served != NULL)
		++*served;
	else
		numbers_set(&s->served, key, 1);
}

void
state_served(struct state *s, uint64_t route)
{
	pthread_mutex_lock(&s->lock);
	state_count(s, route);
	state_change_told(s);
	pthread_mutex_unlock(&s->lock);
}

void
state_forget(struct state *s, const struct numbers *known)
{
	struct numbers served = { 0 }, places = { 0 };
	const struct number *old;
	size_t i, n = 0;

	pthread_mutex_lock(&s->lock);
	for (i = 0; i < s->served.room; i++) {
		old = &s->served.v[i];
		if (old->key != 0 && numbers_find(known, old->key) != NULL)
			numbers_set(&served, old->key, old->n);
	}
	for (i = 0; i < s->nbuckets; i++) {
		if (numbers_find(known, s->buckets[i].key) == NULL) {
			kept_fini(&s->buckets[i]);
			continue;
		}
		numbers_set(&places, s->buckets[i].key, n);
		s->buckets[n++] = s->buckets[i];
	}
	s->nbuckets = n;
	numbers_fini(&s->served);
	numbers_fini(&s->places);
	s->served = served;
	s->places = places;
	state_change_told(s);
	pthread_mutex_unlock(&s->lock);
}

void
state_reset(struct state *s, bool counters, bool buckets, bool variables)
{
	pthread_mutex_lock(&s->lock);
	if (counters) {
		numbers_fini(&s->served);
		state_drop_scenarios(s);
	}
	if (buckets)
		state_drop_buckets(s);
	if (variables)
		state_drop_variables(s);
	state_change_told(s);
	pthread_mutex_unlock(&s->lock);
}

/* ---- buckets ----------------------------------------------------------- */

size_t
state_bucket_of(const struct environment *env, struct str id)
{
	size_t i;

	for (i = 0; i < env->nbuckets; i++)
		if (str_eq(env->buckets[i].id, id))
			break;
	return i;
}

/* As Mockoon's helpers look: by id, or by what is in the name. */
static size_t
state_bucket_called(const struct environment *env, struct str name)
{
	size_t i;

	for (i = 0; i < env->nbuckets; i++)
		if (str_eq(env->buckets[i].id, name) ||
		    str_ihas(env->buckets[i].name, name))
			break;
	return i;
}

/* JSON when it is, else the text itself, or what went wrong. */
static struct snapshot *
state_render(struct state_use *u, size_t bucket)
{
	struct values v;
	struct snapshot *s = snapshot_new(&v);
	struct template *t = u->templates[bucket];
	struct buf text = { 0 };
	struct err e;
	struct str at;

	if (t == NULL)
		buf_add_str(&text, u->env->buckets[bucket].value);
	else if (template_render(t, u->c, &text, &e) == -1)
		buf_add_text(&text, e.text);
	at = arena_str(&s->arena, buf_str(&text));
	if (value_read_json(&v, at, &s->value) == -1)
		s->value = value_text(at);
	value_settle(s->value);
	buf_free(&text);
	return s;
}

static bool
state_is_generating(const struct state_use *u, size_t bucket)
{
	size_t i;

	for (i = 0; i < u->ngenerating; i++)
		if (u->generating[i] == bucket)
			return true;
	return u->ngenerating == STATE_NESTED;
}

struct kept *
state_kept(struct state *s, uint64_t key)
{
	const uint64_t *place = numbers_find(&s->places, key);

	return place != NULL ? &s->buckets[*place] : NULL;
}

struct kept *
state_keep(struct state *s, uint64_t key)
{
	struct kept *k;

	numbers_set(&s->places, key, s->nbuckets);
	s->buckets =
	    xrealloc(s->buckets, (s->nbuckets + 1) * sizeof(*s->buckets));
	k = &s->buckets[s->nbuckets++];
	*k = (struct kept){ .key = key };
	return k;
}

/* The caller's reference to the bucket as it was generated, or NULL. */
static struct snapshot *
state_first(struct state *s, uint64_t key)
{
	struct snapshot *first = NULL;
	const struct kept *k;

	if (s == NULL)
		return NULL;
	pthread_mutex_lock(&s->lock);
	k = state_kept(s, key);
	if (k != NULL)
		first = snapshot_ref(k->first);
	pthread_mutex_unlock(&s->lock);
	return first;
}

/* Two requests may generate one at a time; the first that ends wins. */
static void
state_generate_one(struct state_use *u, size_t bucket)
{
	uint64_t key = u->env->buckets[bucket].key;
	struct state *s = u->state;
	struct snapshot *made;
	struct kept *k;

	if (state_is_generating(u, bucket))
		return;
	made = state_first(s->like, key);
	if (made == NULL) {
		u->generating[u->ngenerating++] = bucket;
		made = state_render(u, bucket);
		u->ngenerating--;
	}
	pthread_mutex_lock(&s->lock);
	if (state_kept(s, key) == NULL) {
		k = state_keep(s, key);
		k->now = snapshot_ref(made);
		k->first = snapshot_ref(made);
		state_change_told(s);
	}
	pthread_mutex_unlock(&s->lock);
	snapshot_unref(made);
}

/* False when it is not generated yet. */
static bool
state_bucket_now(struct state_use *u, size_t bucket, struct value *value)
{
	struct state *s = u->state;
	const struct kept *k;

	pthread_mutex_lock(&s->lock);
	k = state_kept(s, u->env->buckets[bucket].key);
	if (k != NULL)
		*value = state_hold(u, k->now);
	pthread_mutex_unlock(&s->lock);
	return k != NULL;
}

struct value
state_bucket(struct state_use *u, size_t bucket)
{
	struct value value = VALUE_NONE;

	if (!state_bucket_now(u, bucket, &value)) {
		state_generate_one(u, bucket);
		(void)state_bucket_now(u, bucket, &value);
	}
	return value;
}

void
state_generate(struct state_use *u)
{
	static const char *const asking[] = { "body", "bodyRaw", "method", "ip",
		"urlParam", "urlParams", "queryParam", "queryParamRaw",
		"queryParams", "header", "headers", "cookie", "baseUrl",
		"hostname" };
	struct template *t;
	size_t i, k;

	for (i = 0; i < u->env->nbuckets; i++) {
		t = u->templates[i];
		for (k = 0; t != NULL && k < sizeof(asking) / sizeof(*asking);
		     k++)
			if (template_uses(t, asking[k]))
				break;
		if (t == NULL || k == sizeof(asking) / sizeof(*asking))
			(void)state_bucket(u, i);
	}
}

int
state_change(
    struct state_use *u, size_t bucket, template_edit_fn edit, void *cookie)
{
	struct state *s = u->state;
	struct kept *k;

	(void)state_bucket(u, bucket); /* it is there before it changes */
	pthread_mutex_lock(&s->lock);
	k = state_kept(s, u->env->buckets[bucket].key);
	if (k != NULL && state_edit(&k->now, edit, cookie))
		state_change_told(s);
	pthread_mutex_unlock(&s->lock);
	return 0;
}

static struct value
state_bucket_get(void *arg, struct values *v, struct str name)
{
	struct state_use *u = arg;
	size_t i = state_bucket_called(u->env, name);

	(void)v;
	return i < u->env->nbuckets ? state_bucket(u, i) : VALUE_NONE;
}

static bool
state_bucket_has(void *arg, struct str name)
{
	const struct state_use *u = arg;

	return state_bucket_called(u->env, name) < u->env->nbuckets;
}

static int
state_bucket_change(
    void *arg, struct str name, template_edit_fn edit, void *cookie)
{
	struct state_use *u = arg;
	size_t i = state_bucket_called(u->env, name);

	if (i == u->env->nbuckets)
		return -1;
	return state_change(u, i, edit, cookie);
}

/* ---- global variables --------------------------------------------------- */

struct variable *
state_variable(struct state *s, struct str name)
{
	size_t i;

	for (i = 0; i < s->nglobals; i++)
		if (str_is(name, s->globals[i].name))
			return &s->globals[i];
	return NULL;
}

struct variable *
state_new_variable(struct state *s, struct str name)
{
	struct variable *x;

	s->globals =
	    xrealloc(s->globals, (s->nglobals + 1) * sizeof(*s->globals));
	x = &s->globals[s->nglobals++];
	*x = (struct variable){ .name = xmemdup0(name.p, name.n) };
	return x;
}

static struct value
state_global_get(void *arg, struct values *v, struct str name)
{
	struct state_use *u = arg;
	struct value value = VALUE_NONE;
	struct variable *x;

	(void)v;
	pthread_mutex_lock(&u->state->lock);
	x = state_variable(u->state, name);
	if (x != NULL)
		value = state_hold(u, x->now);
	pthread_mutex_unlock(&u->state->lock);
	return value;
}

static int
state_global_change(
    void *arg, struct str name, template_edit_fn edit, void *cookie)
{
	struct state_use *u = arg;
	struct state *s = u->state;
	struct snapshot *fresh = NULL;
	struct variable *x;
	int r = 0;

	pthread_mutex_lock(&s->lock);
	x = state_variable(s, name);
	if (x != NULL) {
		if (state_edit(&x->now, edit, cookie))
			state_change_told(s);
	} else if (s->nglobals == STATE_GLOBALS) {
		r = -1;
	} else if (state_edit(&fresh, edit, cookie)) {
		state_new_variable(s, name)->now = fresh;
		state_change_told(s);
	}
	pthread_mutex_unlock(&s->lock);
	return r;
}

/* ---- one request -------------------------------------------------------- */

void
state_use_begin(struct state_use *u, struct state *s,
    const struct environment *env, struct template *const *templates,
    struct template_context *c)
{
	*u = (struct state_use){
		.state = s,
		.env = env,
		.templates = templates,
		.c = c,
		.buckets = { state_bucket_get, state_bucket_change, u,
		    state_bucket_has },
		.globals = { state_global_get, state_global_change, u, NULL },
	};
	c->buckets = &u->buckets;
	c->globals = &u->globals;
}

void
state_use_end(struct state_use *u)
{
	while (u->nheld > 0)
		snapshot_unref(u->held[--u->nheld]);
	free(u->held);
	u->held = NULL;
}
