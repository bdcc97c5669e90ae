/* Where the references of a description lead. */
#include "config.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/mem.h"

#include "mock/document.h"

#include "mock/openapi.h"

#define STEPS 32 /* of references to references */

/* A token of a pointer in a URI (RFC 6901, sections 4 and 6). */
static void
openapi_unescape(struct str token, struct buf *out)
{
	struct buf raw = { 0 };
	size_t i;

	buf_add_decoded(&raw, token, false);
	for (i = 0; i < raw.n; i++) {
		if (raw.p[i] == '~' && i + 1 < raw.n &&
		    (raw.p[i + 1] == '0' || raw.p[i + 1] == '1'))
			buf_add(out, raw.p[++i] == '0' ? "~" : "/", 1);
		else
			buf_add(out, raw.p + i, 1);
	}
	buf_free(&raw);
}

static json_t *
openapi_point(json_t *v, struct str pointer)
{
	struct buf token = { 0 };
	struct str part;
	uint64_t i;

	if (pointer.n == 0)
		return v;
	if (pointer.p[0] != '/')
		return NULL;
	pointer = (struct str){ pointer.p + 1, pointer.n - 1 };
	while (v != NULL && str_cut(&pointer, '/', &part)) {
		buf_clear(&token, 4096);
		openapi_unescape(part, &token);
		if (json_is_array(v))
			v = str_u64(buf_str(&token), &i) == 0
				? json_array_get(v, (size_t)i)
				: NULL;
		else
			v = json_object_get(v, buf_text(&token));
	}
	buf_free(&token);
	return v;
}

/* ---- files -------------------------------------------------------------- */

/*
 * References in another file count from there: each becomes one that counts
 * from the folder of the description.
 */
static void
openapi_rebase(json_t *v, const char *file)
{
	const char *slash = strrchr(file, '/'), *ref, *name;
	json_t *member;
	char *text;
	size_t i;

	json_array_foreach(v, i, member) openapi_rebase(member, file);
	json_object_foreach(v, name, member)
	{
		ref = json_string_value(member);
		if (ref == NULL || strcmp(name, "$ref") != 0) {
			openapi_rebase(member, file);
			continue;
		}
		if (strstr(ref, "://") != NULL || ref[0] == '/')
			continue;
		if (ref[0] == '#')
			text = xasprintf("%s%s", file, ref);
		else
			text = xasprintf("%.*s%s",
			    slash != NULL ? (int)(slash - file) + 1 : 0, file,
			    ref);
		json_string_set(member, text);
		free(text);
	}
}

/* The file called name in or below the description's folder; NULL and a note
 * when it cannot be had. */
static json_t *
openapi_read(struct openapi *o, const char *name)
{
	char *path = xasprintf("%s%s", o->folder, name);
	char real[PATH_MAX];
	json_t *shared, *v = NULL;
	struct err e;

	if (realpath(path, real) == NULL)
		err_sys(&e, "%.300s", path);
	else if (!str_starts(str_of(real), o->real_folder))
		err_set(&e,
		    "%.300s: not in or below the folder of the description",
		    path);
	else if (json_object_size(o->files) >= OPENAPI_FILES)
		err_set(&e, "%.300s: more than %d files", path, OPENAPI_FILES);
	else if ((shared = document_load(real, &e)) != NULL) {
		v = json_deep_copy(shared); /* aliases are one value */
		json_decref(shared);
		openapi_rebase(v, name);
	}
	free(path);
	if (v == NULL)
		openapi_note(o, "%s", e.text);
	return v;
}

static json_t *
openapi_file(struct openapi *o, struct str name)
{
	char *text = xmemdup0(name.p, name.n);
	json_t *v = json_object_get(o->files, text);

	if (v == NULL) {
		v = openapi_read(o, text);
		json_object_set_new(
		    o->files, text, v != NULL ? v : json_null());
	}
	free(text);
	return json_is_null(v) ? NULL : v;
}

/* ---- following ---------------------------------------------------------- */

static json_t *
openapi_refer(struct openapi *o, struct str ref)
{
	struct str rest = ref, file;
	json_t *v;

	str_cut(&rest, '#', &file);
	if (memmem(file.p, file.n, "://", 3) != NULL) {
		openapi_note(o, "%.*s: nothing is fetched from the network",
		    STR_ARGS(ref));
		return NULL;
	}
	v = file.n == 0 ? o->root : openapi_file(o, file);
	if (v == NULL || rest.p == NULL)
		return v;
	v = openapi_point(v, rest);
	if (v == NULL)
		openapi_note(o, "%.*s: leads to nothing", STR_ARGS(ref));
	return v;
}

json_t *
openapi_step(struct openapi *o, json_t *v)
{
	const json_t *ref = json_object_get(v, "$ref");

	return openapi_refer(
	    o, (struct str){ json_string_value(ref), json_string_length(ref) });
}

json_t *
openapi_follow(struct openapi *o, json_t *v)
{
	int i;

	for (i = 0; i < STEPS && v != NULL; i++) {
		if (!json_is_string(json_object_get(v, "$ref")))
			return v;
		v = openapi_step(o, v);
	}
	if (v != NULL)
		openapi_note(o, "references that lead round and round");
	return NULL;
}
