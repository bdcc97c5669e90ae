/* Mocks files that are changed while they are served. */
#include "config.h"

#include <dirent.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "base/mem.h"
#include "gateway/out_file.h"
#include "gateway/settings.h"
#include "mock/document.h"
#include "mock/environment.h"
#include "mock/mocks.h"

#include "gateway/mocking_priv.h"

size_t
mocking_count(const struct mocking *m)
{
	return m->edits ? m->settings->nmocks + 1 : 0;
}

bool
mocking_is_promoted(const struct mocking *m, size_t i)
{
	return i == m->settings->nmocks;
}

/* ---- the file of promoted -------------------------------------------------
 */

static int
mocking_make_folder(struct mocking *m, struct err *e)
{
	const char *base = getenv("TMPDIR");

	m->folder = xasprintf("%s/hark-promoted-XXXXXX",
	    base != NULL && base[0] != '\0' ? base : "/tmp");
	if (mkdtemp(m->folder) == NULL) {
		err_sys(e, "%.300s", m->folder);
		free(m->folder);
		m->folder = NULL;
		return -1;
	}
	m->promoted = xasprintf("%s/promoted.json", m->folder);
	m->paths[m->settings->nmocks] = m->promoted;
	return 0;
}

void
mocking_edit_end(struct mocking *m)
{
	struct dirent *d;
	DIR *dir;

	if (m->folder == NULL)
		return;
	dir = opendir(m->folder);
	while (dir != NULL && (d = readdir(dir)) != NULL)
		(void)unlinkat(dirfd(dir), d->d_name, 0); /* . and .. stay */
	if (dir != NULL)
		closedir(dir);
	(void)rmdir(m->folder); /* somebody else's may be in it */
	free(m->folder);
	m->folder = NULL;
}

/* With changing held. */
static const char *
mocking_path(struct mocking *m, size_t i, struct err *e)
{
	if (m->paths[i] == NULL && mocking_make_folder(m, e) == -1)
		return NULL;
	return m->paths[i];
}

const char *
mocking_file(struct mocking *m, size_t i, struct err *e)
{
	const char *path;

	pthread_mutex_lock(&m->changing);
	path = mocking_path(m, i, e);
	pthread_mutex_unlock(&m->changing);
	return path;
}

/* ---- reading ---------------------------------------------------------------
 */

static json_t *
mocking_empty(void)
{
	return json_pack("{s:s, s:s, s:i, s:b, s:[], s:[]}", "uuid", "promoted",
	    "name", "promoted", "lastMigration", ENVIRONMENT_FORMAT, "cors", 0,
	    "routes", "rootChildren");
}

/* With changing held. */
static json_t *
mocking_document_held(struct mocking *m, size_t i, struct err *e)
{
	const char *path = m->paths[i];
	json_t *root;

	if (mocking_is_promoted(m, i) &&
	    (path == NULL || access(path, F_OK) == -1))
		return mocking_empty();
	root = document_load(path, e);
	if (root == NULL || json_is_array(json_object_get(root, "routes")))
		return root;
	json_decref(root);
	err_set(e, "%.300s: routes: expected a list", path);
	return NULL;
}

json_t *
mocking_document(struct mocking *m, size_t i, struct err *e)
{
	json_t *root;

	pthread_mutex_lock(&m->changing);
	root = mocking_document_held(m, i, e);
	pthread_mutex_unlock(&m->changing);
	return root;
}

/* ---- writing ----------------------------------------------------------------
 */

/* A link stays, and leads to the new text. */
static int
mocking_write(const char *path, struct str text, struct err *e)
{
	char *real = realpath(path, NULL);
	int rc = out_file_save(
	    out_file_open_again, real != NULL ? real : path, text, e);

	free(real);
	return rc;
}

/* What is written is what was understood. */
static int
mocking_put(struct mocking *m, size_t i, json_t *root, struct err *e)
{
	const char *path = mocking_path(m, i, e);
	struct environment *env;
	struct mocks *next = NULL;
	char *text;
	int rc = -1;

	if (path == NULL)
		return -1;
	text = json_dumps(root, JSON_INDENT(2));
	if (text == NULL)
		return err_set(e, "%.300s: not a JSON text", path);
	env = environment_parse(path, str_of(text), NULL, e);
	if (env != NULL)
		next = mocking_make(m, i, env, e);
	if (next != NULL)
		rc = mocking_write(path, str_of(text), e);
	if (rc == 0)
		mocking_use(m, i, next);
	else
		mocks_unref(next);
	free(text);
	return rc;
}

/* YAML would lose what is said beside its values. */
static bool
mocking_is_json(const char *path)
{
	struct str name = str_of(path);

	return !str_ends(name, ".yaml") && !str_ends(name, ".yml");
}

int
mocking_edit(
    struct mocking *m, size_t i, mocking_edit_fn edit, void *arg, struct err *e)
{
	json_t *root = NULL;
	int rc = -1;

	pthread_mutex_lock(&m->changing);
	if (m->ending)
		err_set(e, "the gateway stops");
	else if (m->paths[i] != NULL && !mocking_is_json(m->paths[i]))
		err_set(e, "%.300s: only JSON files are changed", m->paths[i]);
	else
		root = mocking_document_held(m, i, e);
	if (root != NULL && edit(arg, root, e) == 0)
		rc = mocking_put(m, i, root, e);
	pthread_mutex_unlock(&m->changing);
	json_decref(root);
	return rc;
}
