/* What --sandbox says: which files, which calls, and what where the kernel
 * cannot. */
#include "config.h"

#include <libgen.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/log.h"
#include "base/mem.h"
#include "gateway/authority.h"
#include "gateway/settings.h"
#include "recorder/store.h"

#include "gateway/sandbox.h"

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANDBOX_OPEN true
#else
#define SANDBOX_OPEN false
#endif

/* What the C library, the resolver and OpenSSL read, and where temporary files
 * are. */
static const struct sandbox_path sandbox_system[] = {
	{ "/etc", SANDBOX_READ },
	{ "/usr", SANDBOX_READ },
	{ "/lib", SANDBOX_READ },
	{ "/lib64", SANDBOX_READ },
	{ "/run/systemd/resolve", SANDBOX_READ },
	{ "/run/nscd", SANDBOX_READ },
	{ "/run/resolvconf", SANDBOX_READ },
	{ "/run/NetworkManager", SANDBOX_READ },
	{ "/sys/devices/system", SANDBOX_READ },
	{ "/sys/fs/cgroup", SANDBOX_READ },
	{ "/proc", SANDBOX_READ },
	{ "/dev/urandom", SANDBOX_READ },
	{ "/dev/tty", SANDBOX_READ },
	{ "/dev/null", SANDBOX_WRITE },
	{ "/dev/shm", SANDBOX_WRITE },
#ifdef SANDBOX_COUNTERS
	/* Where a build of make coverage writes what it has reached. */
	{ SANDBOX_COUNTERS, SANDBOX_WRITE },
#endif
};

#define SANDBOX_SYSTEM (sizeof(sandbox_system) / sizeof(*sandbox_system))

struct sandbox_list {
	struct sandbox_path *v;
	size_t n;
};

bool
sandbox_is_open(void)
{
	return SANDBOX_OPEN;
}

/* ---- which files ----------------------------------------------------- */

static void
sandbox_add(
    struct sandbox_list *l, const char *path, enum sandbox_access access)
{
	l->v = xrealloc(l->v, (l->n + 1) * sizeof(*l->v));
	l->v[l->n++] =
	    (struct sandbox_path){ .path = xstrdup(path), .access = access };
}

/* The folder of a file, since another takes its place by another name. */
static void
sandbox_add_folder(
    struct sandbox_list *l, const char *file, enum sandbox_access access)
{
	char *copy = xstrdup(file);

	sandbox_add(l, dirname(copy), access);
	free(copy);
}

/* Where the name says, and where a link there leads. */
static void
sandbox_add_file(
    struct sandbox_list *l, const char *file, enum sandbox_access access)
{
	char *real = file != NULL ? realpath(file, NULL) : NULL;

	if (file == NULL)
		return;
	sandbox_add_folder(l, file, access);
	if (real != NULL)
		sandbox_add_folder(l, real, access);
	free(real);
}

/* A file, or a folder of some. */
static void
sandbox_add_either(struct sandbox_list *l, const char *path)
{
	if (path == NULL)
		return;
	sandbox_add(l, path, SANDBOX_READ);
	sandbox_add_file(l, path, SANDBOX_READ);
}

static void
sandbox_add_temporary(struct sandbox_list *l)
{
	const char *folder = getenv("TMPDIR");

	if (folder != NULL && folder[0] != '\0') {
		sandbox_add(l, folder, SANDBOX_WRITE);
		return;
	}
	sandbox_add(l, "/var/tmp", SANDBOX_WRITE);
	sandbox_add(l, "/tmp", SANDBOX_WRITE);
}

static void
sandbox_add_certificates(struct sandbox_list *l, const struct settings *s)
{
	struct err e;
	char *folder = authority_folder(s->ca_dir, &e);
	size_t i;

	if (folder != NULL)
		sandbox_add(l, folder, SANDBOX_READ);
	free(folder);
	sandbox_add_file(l, s->tls_cert, SANDBOX_READ);
	sandbox_add_file(l, s->tls_key, SANDBOX_READ);
	sandbox_add_file(l, s->tls_password_file, SANDBOX_READ);
	sandbox_add_either(l, s->tls_client_ca);
	sandbox_add_either(l, s->upstream_ca);
	sandbox_add_file(l, s->upstream_cert, SANDBOX_READ);
	sandbox_add_file(l, s->upstream_key, SANDBOX_READ);
	for (i = 0; i < s->ncerts; i++) {
		sandbox_add_file(l, s->certs[i].cert, SANDBOX_READ);
		sandbox_add_file(l, s->certs[i].key, SANDBOX_READ);
	}
	sandbox_add_either(l, getenv("SSL_CERT_FILE"));
	sandbox_add_either(l, getenv("SSL_CERT_DIR"));
}

static void
sandbox_add_settings(struct sandbox_list *l, const struct settings *s)
{
	char *beside = store_beside(s->store);
	size_t i;

	/* Edits of mocks are written beside them. */
	for (i = 0; i < s->nmocks; i++)
		sandbox_add_file(l, s->mocks[i].file, SANDBOX_WRITE);
	for (i = 0; i < s->nopenapi; i++)
		sandbox_add_file(l, s->openapi[i].file, SANDBOX_READ);
	for (i = 0; i < s->nconfigs; i++)
		sandbox_add_file(l, s->configs[i], SANDBOX_READ);
	sandbox_add_file(l, s->mocks_write, SANDBOX_WRITE);
	sandbox_add_file(l, s->mock_state, SANDBOX_WRITE);
	sandbox_add_file(l, beside, SANDBOX_WRITE);
	free(beside);
	sandbox_add_file(l, s->buffer, SANDBOX_WRITE);
	sandbox_add_file(l, s->redact_key, SANDBOX_WRITE);
	sandbox_add_file(l, s->ready_file, SANDBOX_WRITE);
	if (s->access_log != NULL && strcmp(s->access_log, "-") != 0)
		sandbox_add_file(l, s->access_log, SANDBOX_WRITE);
	if (s->admin != NULL && strncmp(s->admin, "unix:", 5) == 0)
		sandbox_add_file(l, s->admin + 5, SANDBOX_WRITE);
	for (i = 0; i < s->sandbox_paths.n; i++)
		sandbox_add(l, s->sandbox_paths.v[i], SANDBOX_READ);
	for (i = 0; i < s->files.n; i++)
		sandbox_add_file(l, s->files.v[i], SANDBOX_WRITE);
}

static int
sandbox_confine_files(const struct settings *s, struct err *e)
{
	struct sandbox_list l = { NULL, 0 };
	size_t i;
	int rc;

	for (i = 0; i < SANDBOX_SYSTEM; i++)
		sandbox_add(
		    &l, sandbox_system[i].path, sandbox_system[i].access);
	sandbox_add_temporary(&l);
	sandbox_add_certificates(&l, s);
	sandbox_add_settings(&l, s);
	rc = sandbox_files(l.v, l.n, e);
	for (i = 0; i < l.n; i++)
		free((char *)(uintptr_t)l.v[i].path); /* ours */
	free(l.v);
	return rc;
}

/* ---- when ------------------------------------------------------------ */

/* What it means that the kernel could (1), cannot (0) or failed (-1). */
static int
sandbox_judge(const struct settings *s, int rc, struct err *e)
{
	if (rc == 1)
		return 0;
	if (s->sandbox != SANDBOX_AUTO)
		return err_wrap(e, "option sandbox");
	log_warn(NULL, "no such sandbox here: %s", e->text);
	return 0;
}

static bool
sandbox_is_wanted(const struct settings *s)
{
	return s->sandbox != SANDBOX_OFF &&
	       (s->sandbox != SANDBOX_AUTO || !sandbox_is_open());
}

int
sandbox_begin(const struct settings *s, struct err *e)
{
	if (!sandbox_is_wanted(s))
		return 0;
	if (sandbox_is_open())
		return err_set(e, "option sandbox: this hark was built with "
				  "sanitizers, which need more");
	return sandbox_judge(s, sandbox_confine_files(s, e), e);
}

int
sandbox_finish(const struct settings *s, struct err *e)
{
	if (!sandbox_is_wanted(s))
		return 0;
	return sandbox_judge(
	    s, sandbox_calls(s->sandbox == SANDBOX_OFFLINE, e), e);
}
