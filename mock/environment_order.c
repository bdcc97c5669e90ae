/* The order of routes: that of the tree of folders. */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"

#include "mock/environment_read.h"

#define ENVIRONMENT_DEPTH 64 /* of folders */

struct ordering {
	struct reading *in;
	struct environment *env;
	const struct environment_read *from;
	json_t *root; /* rootChildren */
	json_t *folders;
	bool *taken;  /* routes */
	bool *opened; /* folders */
};

static size_t
environment_route_called(const struct environment_read *from, const char *uuid)
{
	size_t i;

	for (i = 0; i < from->nroutes; i++)
		if (uuid != NULL && str_is(from->routes[i].r.uuid, uuid))
			break;
	return i;
}

static void
environment_take(struct ordering *o, size_t i)
{
	struct environment *env = o->env;

	if (o->taken[i])
		return;
	o->taken[i] = true;
	if (o->from->routes[i].r.enabled)
		env->routes[env->nroutes++] = o->from->routes[i].r;
}

#define ENVIRONMENT_ROOT SIZE_MAX /* rootChildren, instead of a folder's */

static void environment_walk(struct ordering *o, size_t folder, unsigned depth);

/* About the child at i. */
static void
environment_remark_child(struct ordering *o, size_t folder, size_t i,
    const char *uuid, const char *what)
{
	size_t had = o->in->where.n;
	char text[120];

	if (folder == ENVIRONMENT_ROOT)
		buf_addf(&o->in->where, "rootChildren[%zu]", i);
	else
		buf_addf(
		    &o->in->where, "folders[%zu].children[%zu]", folder, i);
	snprintf(text, sizeof(text), "%.50s: %s", uuid, what);
	members_remark(o->in, "uuid", text);
	o->in->where.n = had;
}

/* The folder with that uuid.  False when there is none that is not open. */
static bool
environment_open(struct ordering *o, const char *uuid, unsigned depth)
{
	size_t i;
	json_t *folder;
	const char *is;

	json_array_foreach(o->folders, i, folder)
	{
		is = json_string_value(json_object_get(folder, "uuid"));
		if (is == NULL || strcmp(is, uuid) != 0 || o->opened[i])
			continue;
		o->opened[i] = true;
		environment_walk(o, i, depth + 1);
		return true;
	}
	return false;
}

static void
environment_walk(struct ordering *o, size_t folder, unsigned depth)
{
	json_t *children =
		   folder == ENVIRONMENT_ROOT
		       ? o->root
		       : json_object_get(
			     json_array_get(o->folders, folder), "children"),
	       *child;
	const char *uuid, *type;
	size_t i, found;

	if (depth > ENVIRONMENT_DEPTH)
		return;
	json_array_foreach(children, i, child)
	{
		uuid = json_string_value(json_object_get(child, "uuid"));
		type = json_string_value(json_object_get(child, "type"));
		uuid = uuid != NULL ? uuid : "";
		if (type != NULL && strcmp(type, "folder") == 0) {
			if (!environment_open(o, uuid, depth))
				environment_remark_child(o, folder, i, uuid,
				    "no such folder, or it is in another "
				    "already");
			continue;
		}
		found = environment_route_called(o->from, uuid);
		if (found < o->from->nroutes)
			environment_take(o, found);
		else
			environment_remark_child(
			    o, folder, i, uuid, "no such route");
	}
}

void
environment_order(struct reading *in, struct environment *env,
    const struct environment_read *from, json_t *root)
{
	json_t *folders = json_object_get(root, "folders");
	struct ordering o = {
		.in = in,
		.env = env,
		.from = from,
		.root = json_object_get(root, "rootChildren"),
		.folders = folders,
	};
	size_t i;

	env->routes = arena_zalloc(
	    &env->arena, (from->nroutes + 1) * sizeof(*env->routes));
	env->nroutes = 0;
	o.taken = xcalloc(from->nroutes + 1, sizeof(*o.taken));
	o.opened = xcalloc(json_array_size(folders) + 1, sizeof(*o.opened));
	environment_walk(&o, ENVIRONMENT_ROOT, 0);
	for (i = 0; i < json_array_size(folders); i++)
		if (!o.opened[i]) {
			o.opened[i] = true;
			environment_walk(&o, i, 0);
		}
	for (i = 0; i < from->nroutes; i++)
		environment_take(&o, i);
	free(o.taken);
	free(o.opened);
}
