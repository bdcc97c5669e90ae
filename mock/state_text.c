/* A state as lines of JSON.  A name is there for people; what finds a bucket
 * or counter again is its key. */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/mem.h"
#include "mock/environment.h"
#include "mock/value_json.h"

#include "mock/state_priv.h"

/* What a state had at one moment. */
struct image {
	struct number *counters;
	size_t ncounters;
	struct snapshot **buckets; /* by their place in env; or NULL */
	struct variable *globals;
	size_t nglobals;
	struct scenario *scenarios;
	size_t nscenarios;
};

static void
image_take(struct image *i, struct state *s, const struct environment *env)
{
	const struct kept *k;
	size_t n;

	i->buckets = xcalloc(env->nbuckets + 1, sizeof(struct snapshot *));
	pthread_mutex_lock(&s->lock);
	s->changed = false;
	i->counters = xcalloc(s->served.count + 1, sizeof(*i->counters));
	for (n = 0; n < s->served.room; n++)
		if (s->served.v[n].key != 0)
			i->counters[i->ncounters++] = s->served.v[n];
	for (n = 0; n < env->nbuckets; n++) {
		k = state_kept(s, env->buckets[n].key);
		i->buckets[n] = k != NULL ? snapshot_ref(k->now) : NULL;
	}
	i->nglobals = s->nglobals;
	i->globals = xcalloc(s->nglobals + 1, sizeof(*i->globals));
	for (n = 0; n < s->nglobals; n++) {
		i->globals[n].name = xstrdup(s->globals[n].name);
		i->globals[n].now = snapshot_ref(s->globals[n].now);
	}
	i->nscenarios = s->nscenarios;
	i->scenarios = xcalloc(s->nscenarios + 1, sizeof(*i->scenarios));
	for (n = 0; n < s->nscenarios; n++) {
		buf_add_str(
		    &i->scenarios[n].name, buf_str(&s->scenarios[n].name));
		buf_add_str(
		    &i->scenarios[n].state, buf_str(&s->scenarios[n].state));
	}
	pthread_mutex_unlock(&s->lock);
}

static void
image_fini(struct image *i, const struct environment *env)
{
	size_t n;

	for (n = 0; n < env->nbuckets; n++)
		snapshot_unref(i->buckets[n]);
	for (n = 0; n < i->nglobals; n++) {
		free(i->globals[n].name);
		snapshot_unref(i->globals[n].now);
	}
	for (n = 0; n < i->nscenarios; n++) {
		buf_free(&i->scenarios[n].name);
		buf_free(&i->scenarios[n].state);
	}
	free(i->scenarios);
	free(i->buckets);
	free(i->globals);
	free(i->counters);
}

/* ---- writing ------------------------------------------------------------ */

static struct value
state_key_text(struct values *v, uint64_t key)
{
	char text[17];

	snprintf(text, sizeof(text), "%016llx", (unsigned long long)key);
	return value_copy_text(v, str_of(text));
}

static void
state_write_line(struct values *v, struct value line, struct buf *out)
{
	(void)value_write_json(v, out, line, 0, true); /* never undefined */
	buf_add_text(out, "\n");
	arena_reset(v->arena);
}

static void
state_write_counters(const struct image *i, struct values *v, struct buf *out)
{
	struct value line = value_new_object(v), all = value_new_object(v);
	size_t n;

	if (i->ncounters == 0)
		return;
	value_set(v, line, STR("counters"), all);
	for (n = 0; n < i->ncounters; n++)
		value_set(v, all, state_key_text(v, i->counters[n].key).text,
		    value_number((double)i->counters[n].n));
	state_write_line(v, line, out);
}

static void
state_write_bucket(const struct mock_bucket *b, const struct snapshot *now,
    struct values *v, struct buf *out)
{
	struct value line = value_new_object(v);

	value_set(v, line, STR("bucket"), value_text(b->id));
	value_set(v, line, STR("name"), value_text(b->name));
	value_set(v, line, STR("key"), state_key_text(v, b->key));
	value_set(v, line, STR("value"), now->value);
	state_write_line(v, line, out);
}

static void
state_write_variable(
    const struct variable *x, struct values *v, struct buf *out)
{
	struct value line = value_new_object(v);

	value_set(v, line, STR("variable"), value_text(str_of(x->name)));
	value_set(v, line, STR("value"), x->now->value);
	state_write_line(v, line, out);
}

static void
state_write_scenario(
    const struct scenario *x, struct values *v, struct buf *out)
{
	struct value line = value_new_object(v);

	value_set(v, line, STR("scenario"), value_text(buf_str(&x->name)));
	value_set(v, line, STR("state"), value_text(buf_str(&x->state)));
	state_write_line(v, line, out);
}

void
state_write(struct state *s, const struct environment *env, struct buf *out)
{
	struct arena arena = { 0 };
	struct values v = { .arena = &arena };
	struct image i = { 0 };
	size_t n;

	image_take(&i, s, env);
	state_write_counters(&i, &v, out);
	for (n = 0; n < env->nbuckets; n++)
		if (i.buckets[n] != NULL)
			state_write_bucket(
			    &env->buckets[n], i.buckets[n], &v, out);
	for (n = 0; n < i.nglobals; n++)
		state_write_variable(&i.globals[n], &v, out);
	for (n = 0; n < i.nscenarios; n++)
		state_write_scenario(&i.scenarios[n], &v, out);
	image_fini(&i, env);
	arena_fini(&arena);
}

/* ---- reading ------------------------------------------------------------ */

/* 0 when it is none. */
static uint64_t
state_key_of(struct value text)
{
	uint64_t key = 0;
	size_t i;
	int digit;

	if (text.kind != VALUE_TEXT || text.text.n != 16)
		return 0;
	for (i = 0; i < text.text.n; i++) {
		digit = str_hex(text.text.p[i]);
		if (digit == -1)
			return 0;
		key = key << 4 | (uint64_t)digit;
	}
	return key;
}

static int
state_read_counters(struct state *s, const struct numbers *known,
    struct value all, struct err *e)
{
	const struct value_member *m;
	size_t i, lost = 0;
	uint64_t key;

	if (all.kind != VALUE_OBJECT)
		return err_set(e, "expected counters by their keys");
	for (i = 0; i < all.object->n; i++) {
		m = &all.object->at[i];
		key = state_key_of(value_text(m->name));
		if (key == 0 || m->value.kind != VALUE_NUMBER ||
		    !(m->value.number >= 0 && m->value.number < 0x1p53))
			return err_set(e, "expected counters by their keys");
		if (numbers_find(known, key) != NULL)
			numbers_set(&s->served, key, (uint64_t)m->value.number);
		else
			lost++;
	}
	if (lost == 0)
		return 0;
	err_set(e,
	    "%zu routes are not as they were; what they count begins anew",
	    lost);
	return 1;
}

static int
state_read_value(struct value line, struct snapshot **to, struct err *e)
{
	struct values v;
	struct snapshot *s = snapshot_new(&v);

	s->value = value_copy(&v, value_get(line, STR("value")));
	value_settle(s->value);
	if (v.over) {
		snapshot_unref(s);
		return err_set(e, "expected a value of at most %u MiB",
		    STATE_MOST_VALUE >> 20);
	}
	snapshot_unref(*to);
	*to = s;
	return 0;
}

static int
state_read_bucket(struct state *s, const struct environment *env,
    struct value line, struct err *e)
{
	struct value id = value_get(line, STR("bucket"));
	uint64_t key = state_key_of(value_get(line, STR("key")));
	struct kept *k;
	size_t i;

	if (id.kind != VALUE_TEXT || key == 0)
		return err_set(e, "expected the id and key of a bucket");
	for (i = 0; i < env->nbuckets && env->buckets[i].key != key; i++)
		;
	if (i == env->nbuckets) {
		i = state_bucket_of(env, id.text);
		err_set(e, "bucket %.*s is %s",
		    id.text.n < 100 ? (int)id.text.n : 100, id.text.p,
		    i < env->nbuckets
			? "not defined as it was; its data begins anew"
			: "not in the file any more; its data is forgotten");
		return 1;
	}
	k = state_kept(s, key);
	if (k == NULL)
		k = state_keep(s, key);
	return state_read_value(line, &k->now, e);
}

static int
state_read_variable(struct state *s, struct value line, struct err *e)
{
	struct value name = value_get(line, STR("variable"));

	if (name.kind != VALUE_TEXT || state_variable(s, name.text) != NULL ||
	    s->nglobals == STATE_GLOBALS)
		return err_set(
		    e, "expected another variable, at most %u", STATE_GLOBALS);
	return state_read_value(
	    line, &state_new_variable(s, name.text)->now, e);
}

static int
state_read_scenario(struct state *s, const struct environment *env,
    struct value line, struct err *e)
{
	struct value name = value_get(line, STR("scenario"));
	struct value state = value_get(line, STR("state"));
	const struct mock_route *r;
	size_t i, k;

	if (name.kind != VALUE_TEXT || state.kind != VALUE_TEXT)
		return err_set(e, "expected a scenario and its state");
	for (i = 0; i < env->nroutes; i++) {
		r = &env->routes[i];
		for (k = 0; k < r->nresponses; k++)
			if (str_eq(r->responses[k].scenario, name.text)) {
				state_move(s, name.text, state.text);
				return 0;
			}
	}
	err_set(e,
	    "scenario %.*s is not in the file any more; its state is "
	    "forgotten",
	    name.text.n < 100 ? (int)name.text.n : 100, name.text.p);
	return 1;
}

int
state_read(struct state *s, const struct environment *env,
    const struct numbers *known, struct value line, struct err *e)
{
	int rc;

	pthread_mutex_lock(&s->lock);
	if (value_has(line, STR("counters")))
		rc = state_read_counters(
		    s, known, value_get(line, STR("counters")), e);
	else if (value_has(line, STR("bucket")))
		rc = state_read_bucket(s, env, line, e);
	else if (value_has(line, STR("variable")))
		rc = state_read_variable(s, line, e);
	else if (value_has(line, STR("scenario")))
		rc = state_read_scenario(s, env, line, e);
	else
		rc = err_set(
		    e, "expected counters, a bucket, a variable or a scenario");
	pthread_mutex_unlock(&s->lock);
	return rc;
}
