#include "config.h"

#include <fcntl.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/digest.h"
#include "base/err.h"
#include "base/mem.h"
#include "mock/numbers.h"

#include "mock/environment_old.h"

#include "mock/environment_read.h"

/* ---- what one member does not tell ------------------------------------- */

/* What a body is made of where no bodyType says it. */
static enum mock_body_type
environment_body_type(int said, struct str file_path, struct str databucket)
{
	return said >= 0          ? (enum mock_body_type)said
	       : file_path.n > 0  ? MOCK_BODY_FILE
	       : databucket.n > 0 ? MOCK_BODY_DATABUCKET
				  : MOCK_BODY_INLINE;
}

static void
environment_fix_response(struct response_read *r, struct mock_response *to)
{
	r->r.all_rules = r->rules_operator == 1;
	r->r.body_type = environment_body_type(
	    r->body_type, r->r.file_path, r->r.databucket);
	*to = r->r;
}

static void
environment_fix_callbacks(
    const struct environment_read *from, struct environment *env)
{
	struct callback_read *r;
	size_t i;

	env->callbacks = arena_zalloc(
	    &env->arena, (from->ncallbacks + 1) * sizeof(*env->callbacks));
	env->ncallbacks = from->ncallbacks;
	for (i = 0; i < from->ncallbacks; i++) {
		r = &from->callbacks[i];
		r->c.body_type = environment_body_type(
		    r->body_type, r->c.file_path, r->c.databucket);
		env->callbacks[i] = r->c;
	}
}

/* A state is one of a scenario. */
static int
environment_check_scenario(struct reading *in, const struct mock_response *r,
    size_t route, size_t response)
{
	if (r->scenario.n > 0 || (r->state.n == 0 && r->new_state.n == 0))
		return 0;
	return err_set(in->e,
	    "%.*s: routes[%zu].responses[%zu].hark.%s: expected the name of "
	    "its scenario beside it",
	    STR_ARGS(in->path), route, response,
	    r->state.n > 0 ? "state" : "newState");
}

static int
environment_fix_route(
    struct reading *in, struct route_read *r, size_t number, json_t *from)
{
	struct response_read *read =
	    (struct response_read *)(void *)r->r.responses;
	struct mock_response *v;
	size_t i;

	if (json_object_get(from, "endpoint") == NULL)
		return err_set(in->e,
		    "%.*s: routes[%zu].endpoint: expected the path of the "
		    "route, such as users/:id",
		    STR_ARGS(in->path), number);
	if (r->r.nresponses == 0)
		return err_set(in->e,
		    "%.*s: routes[%zu].responses: expected one response or "
		    "more",
		    STR_ARGS(in->path), number);
	r->r.index = number;
	v = arena_zalloc(in->arena, r->r.nresponses * sizeof(*v));
	for (i = 0; i < r->r.nresponses; i++) {
		environment_fix_response(&read[i], &v[i]);
		if (environment_check_scenario(in, &v[i], number, i) == -1)
			return -1;
		r->r.weighted |= v[i].weight != MOCK_WEIGHT_NONE;
	}
	r->r.responses = v;
	if (json_object_get(from, "responseMode") == NULL)
		r->r.response_mode = r->sequential ? MOCK_MODE_SEQUENTIAL
				     : r->random   ? MOCK_MODE_RANDOM
						   : MOCK_MODE_RULES;
	return 0;
}

/* A rule of older formats said isRegex where there is operator now. */
static void
environment_fix_rules(struct mock_route *route, json_t *from)
{
	json_t *responses = json_object_get(from, "responses"), *rules, *rule;
	size_t i, k;

	for (i = 0; i < route->nresponses; i++) {
		rules = json_object_get(json_array_get(responses, i), "rules");
		for (k = 0; k < route->responses[i].nrules; k++) {
			rule = json_array_get(rules, k);
			if (json_is_true(json_object_get(rule, "isRegex")))
				route->responses[i].rules[k].operator=
				    MOCK_OPERATOR_REGEX;
		}
	}
}

/* ---- keys ---------------------------------------------------------------- */

static uint64_t
environment_key(struct str text)
{
	uint8_t sum[DIGEST_BYTES];
	uint64_t key;

	digest_of(text.p, text.n, sum);
	memcpy(&key, sum, sizeof(key));
	return key;
}

static void
environment_key_routes(struct route_read *routes, size_t n, json_t *from)
{
	char *text;
	size_t i;

	for (i = 0; i < n; i++) {
		text = json_dumps(json_array_get(from, i), JSON_COMPACT);
		routes[i].r.key = environment_key(str_of(text));
		free(text);
	}
}

static void
environment_key_buckets(struct environment *env)
{
	struct buf text = { 0 };
	size_t i;

	for (i = 0; i < env->nbuckets; i++) {
		text.n = 0;
		buf_addf(&text, "%zu ", env->buckets[i].id.n);
		buf_add_str(&text, env->buckets[i].id);
		buf_add_str(&text, env->buckets[i].value);
		env->buckets[i].key = environment_key(buf_str(&text));
	}
	buf_free(&text);
}

/* Who says the same as another is still somebody else. */
static void
environment_tell_apart(struct numbers *known, uint64_t *key)
{
	while (*key == 0 || numbers_find(known, *key) != NULL)
		++*key;
	numbers_set(known, *key, 1);
}

/* Responses that are counted have keys that follow from their route's. */
static void
environment_key_responses(struct numbers *known, struct mock_route *route)
{
	size_t i;

	for (i = 0; i < route->nresponses; i++) {
		if (route->responses[i].times == 0)
			continue;
		route->responses[i].key = route->key + i + 1;
		environment_tell_apart(known, &route->responses[i].key);
	}
}

static void
environment_keys(struct environment *env)
{
	struct numbers known = { 0 };
	size_t i;

	environment_key_buckets(env);
	for (i = 0; i < env->nbuckets; i++)
		environment_tell_apart(&known, &env->buckets[i].key);
	for (i = 0; i < env->nroutes; i++)
		environment_tell_apart(&known, &env->routes[i].key);
	for (i = 0; i < env->nroutes; i++)
		environment_key_responses(&known, &env->routes[i]);
	numbers_fini(&known);
}

/* ---- whole files -------------------------------------------------------- */

static int
environment_build(struct reading *in, struct environment *env,
    struct environment_read *read, json_t *root)
{
	json_t *routes = json_object_get(root, "routes");
	size_t i;

	if (members_read(in, &environment_shape, root, read) == -1)
		return -1;
	if (read->format > ENVIRONMENT_FORMAT)
		members_remark(in, "lastMigration",
		    "the file is of a newer Mockoon; what that added to the "
		    "format has no effect");
	for (i = 0; i < read->nroutes; i++) {
		if (environment_fix_route(in, &read->routes[i], i,
			json_array_get(routes, i)) == -1)
			return -1;
		environment_fix_rules(
		    &read->routes[i].r, json_array_get(routes, i));
	}
	environment_key_routes(read->routes, read->nroutes, routes);
	/* What was read goes to the environment that owns the memory. */
	read->env.arena = env->arena;
	read->env.path = env->path;
	read->env.folder = env->folder;
	*env = read->env;
	environment_fix_callbacks(read, env);
	environment_order(in, env, read, root);
	environment_keys(env);
	return 0;
}

struct environment *
environment_parse(
    const char *path, struct str text, struct buf *remarks, struct err *e)
{
	struct environment *env = xcalloc(1, sizeof(*env));
	struct environment_read read = { .env = { .cors = true },
		.format = ENVIRONMENT_FORMAT };
	struct reading in = {
		.arena = &env->arena, .remarks = remarks, .e = e
	};
	const char *slash = strrchr(path, '/');
	json_error_t why;
	json_t *file, *root = NULL;
	int r = -1;

	/* Some editors begin with a mark. */
	if (str_starts(text, "\xef\xbb\xbf"))
		text = (struct str){ text.p + 3, text.n - 3 };
	env->path = in.path = arena_str(&env->arena, str_of(path));
	env->folder = slash == NULL ? STR(".")
		      : slash == path
			  ? STR("/")
			  : (struct str){ env->path.p, (size_t)(slash - path) };
	file = json_loadb(text.p, text.n, JSON_ALLOW_NUL, &why);
	if (file == NULL)
		err_set(e, "%.300s:%d:%d: %s", path, why.line, why.column,
		    why.text);
	else
		root = environment_of(path, file, e);
	if (root != NULL)
		r = environment_build(&in, env, &read, root);
	json_decref(root);
	json_decref(file);
	buf_free(&in.where);
	if (r == 0)
		return env;
	environment_free(env);
	return NULL;
}

struct environment *
environment_load(const char *path, struct buf *remarks, struct err *e)
{
	struct environment *env = NULL;
	struct buf text = { 0 };
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = 1;

	if (fd == -1) {
		err_sys(e, "%.300s: cannot open", path);
		return NULL;
	}
	while (n > 0 && text.n <= ENVIRONMENT_MOST) {
		n = read(fd, buf_reserve(&text, 1 << 16), 1 << 16);
		text.n += n > 0 ? (size_t)n : 0;
	}
	if (n == -1)
		err_sys(e, "%.300s: cannot read", path);
	else if (text.n > ENVIRONMENT_MOST)
		err_set(e, "%.300s: longer than %u MiB", path,
		    ENVIRONMENT_MOST >> 20);
	else
		env = environment_parse(path, buf_str(&text), remarks, e);
	close(fd);
	buf_free(&text);
	return env;
}

void
environment_free(struct environment *env)
{
	if (env == NULL)
		return;
	arena_fini(&env->arena);
	free(env);
}
