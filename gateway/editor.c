#include "config.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/err.h"
#include "base/mem.h"

#include "gateway/editor.h"

static const char *
editor_variable(const char *name, const char *otherwise)
{
	const char *value = getenv(name);

	return value != NULL && value[0] != '\0' ? value : otherwise;
}

int
editor_open(struct editor *d, const char *name, struct err *e)
{
	*d = (struct editor){ 0 };
	d->folder =
	    xasprintf("%s/hark-edit-XXXXXX", editor_variable("TMPDIR", "/tmp"));
	if (mkdtemp(d->folder) == NULL) {
		err_sys(e, "%.300s", d->folder);
		editor_keep(d);
		return -1;
	}
	d->path = xasprintf("%s/%s", d->folder, name);
	return 0;
}

/* The keys that end a program on a terminal are the editor's alone. */
static void
editor_ignore(struct sigaction old[2])
{
	struct sigaction ignore = { .sa_handler = SIG_IGN };

	sigaction(SIGINT, &ignore, &old[0]);
	sigaction(SIGQUIT, &ignore, &old[1]);
}

static void
editor_restore(const struct sigaction old[2])
{
	sigaction(SIGINT, &old[0], NULL);
	sigaction(SIGQUIT, &old[1], NULL);
}

static int
editor_spawn(char **argv, pid_t *child, const struct sigaction old[2])
{
	posix_spawnattr_t attributes;
	sigset_t defaults;
	int rc;

	sigemptyset(&defaults);
	if (old[0].sa_handler != SIG_IGN)
		sigaddset(&defaults, SIGINT);
	if (old[1].sa_handler != SIG_IGN)
		sigaddset(&defaults, SIGQUIT);
	posix_spawnattr_init(&attributes);
	posix_spawnattr_setsigdefault(&attributes, &defaults);
	posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF);
	rc = posix_spawnp(child, argv[0], NULL, &attributes, argv, environ);
	posix_spawnattr_destroy(&attributes);
	return rc;
}

static int
editor_wait(pid_t child, int *status)
{
	while (waitpid(child, status, 0) == -1)
		if (errno != EINTR)
			return -1;
	return 0;
}

int
editor_run(const struct editor *d, struct err *e)
{
	const char *name =
	    editor_variable("VISUAL", editor_variable("EDITOR", "vi"));
	char sh[] = "sh", c[] = "-c";
	/* Its options are the shell's to take apart, the path is not. */
	char *line = xasprintf("%s \"$@\"", name), *zero = xstrdup(name);
	char *argv[] = { sh, c, line, zero, d->path, NULL };
	struct sigaction old[2];
	pid_t child;
	int status = 0, rc;

	editor_ignore(old);
	rc = editor_spawn(argv, &child, old);
	if (rc == 0 && editor_wait(child, &status) == -1)
		rc = errno;
	editor_restore(old);
	free(line);
	free(zero);
	errno = rc;
	if (rc != 0)
		return err_sys(e, "editor %.100s", name);
	if (WIFSIGNALED(status))
		return err_set(e, "editor %.100s: ended by signal %d", name,
		    WTERMSIG(status));
	if (WEXITSTATUS(status) != 0)
		return err_set(e, "editor %.100s: exit status %d", name,
		    WEXITSTATUS(status));
	return 0;
}

void
editor_keep(struct editor *d)
{
	free(d->path);
	free(d->folder);
	*d = (struct editor){ 0 };
}

/* Editors leave copies beside the file. */
void
editor_close(struct editor *d)
{
	DIR *folder = d->folder != NULL ? opendir(d->folder) : NULL;
	struct dirent *file;

	while (folder != NULL && (file = readdir(folder)) != NULL)
		if (strcmp(file->d_name, ".") != 0 &&
		    strcmp(file->d_name, "..") != 0)
			(void)unlinkat(dirfd(folder), file->d_name, 0);
	if (folder != NULL)
		closedir(folder);
	/* What cannot be removed stays; there is nothing better to do. */
	if (d->folder != NULL)
		(void)rmdir(d->folder);
	editor_keep(d);
}
